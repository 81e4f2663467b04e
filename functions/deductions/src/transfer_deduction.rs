//! `POST /v1/deductions/transfers`: a purchase is paid, if terminal and server come to the same second value.

use crate::Counter;
use scrip_deduction_items::{ReceiptView, TransferOrder, TransferRequest};
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_money::Currency;
use scrip_refusal::{Code, Failure};

/// # Errors
/// `not-found` for an item, `order-reference-reused`, `rule-version-stale`, `deduction-mismatch`; what the payer's code
/// is declined for: `code-not-accepted`, `limit-exceeded`, `pin-required`, `pin-refused`, `pin-locked`,
/// `currency-mismatch`; `insufficient-funds`, with `item` where it is the item's; `account-closed`, `amount-too-large`.
pub(crate) async fn transfer_deduction(deductions: Counter, call: Call) -> Answer {
    let terminal = call.terminal()?;
    let origin = call.origin_by(&deductions.keyring()?.derive("request", "transfer-deduction"))?;
    let request: TransferRequest = call.body()?;
    let currency: Currency =
        terminal.currency.parse().map_err(|_| Failure::broken("a device of no currency"))?;
    let order =
        TransferOrder { terminal: terminal.id.clone(), merchant: terminal.merchant.clone(), currency };

    let paid = deductions.transfer(&order, &request, &origin).await?;

    Ok(Reply::created(&paid.value)?.replayed(paid.replayed))
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new(
        "transfer-deduction",
        "Pay a purchase with deductions",
        &[
            Code::WrongRole,
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
        ],
    )
    .request::<TransferRequest>()
    .response::<ReceiptView>(201)
}
