//! A purchase is paid, if terminal and server come to the same second value.

use scrip_deduction_items::{Deductions, ReceiptView, TransferOrder, TransferRequest};
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_money::Currency;
use scrip_refusal::{Code, Failure};

pub(crate) fn operation() -> Operation {
    Operation::http("transfer-deduction", "Pay a purchase with deductions", transfer_deduction)
        .description(
            "The server calculates again what the terminal calculated, and the money moves only if they \
             agree, together with the points, coupon or stored value that is used up. Another figure is \
             answered with both, a newer rule with that rule.",
        )
        .callers(&[Caller::Terminal])
        .refuses(&[
            Code::NotFound,
            Code::OrderReferenceReused,
            Code::CurrencyMismatch,
            Code::AccountClosed,
            Code::InsufficientFunds,
            Code::AmountTooLarge,
            Code::LimitExceeded,
            Code::CodeNotAccepted,
            Code::PinRequired,
            Code::PinRefused,
            Code::PinLocked,
            Code::RuleVersionStale,
            Code::DeductionMismatch,
        ])
        .request::<TransferRequest>()
        .response::<ReceiptView>(201)
        .budget(2, 14)
}

pub(crate) async fn transfer_deduction(deductions: Deductions, call: Call) -> Answer {
    let terminal = call.terminal()?;
    let origin = call.origin_by(&deductions.keyring()?.request_keys("transfer-deduction"))?;
    let request: TransferRequest = call.body()?;
    let currency: Currency =
        terminal.currency.parse().map_err(|_| Failure::broken("a device of no currency"))?;
    let order =
        TransferOrder { terminal: terminal.id.clone(), merchant: terminal.merchant.clone(), currency };

    let paid = deductions.transfer(&order, &request, &origin).await?;

    Ok(Reply::created(&paid.value)?.replayed(paid.replayed))
}
