//! `POST /v1/transfers/{transfer}/reversals`: the payee sends all or a part back.

use crate::Wallet;
use crate::access::no_such_transfer;
use crate::get_transfer::parties;
use schemars::JsonSchema;
use scrip_function::Operation;
use scrip_http::limits::{MAX_REFERENCE_CHARACTERS, check_text, refuse_card_number};
use scrip_http::{Answer, Call, Reply};
use scrip_ledger::{ReversalOrder, TransferView};
use scrip_money::Money;
use scrip_refusal::{Code, Refusal};
use serde::Deserialize;

/// How much is sent back, and why.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReverseTransfer {
    /// All that is left of the transfer, if not said.
    amount: Option<Money>,
    reference: Option<String>,
}

/// # Errors
/// `wrong-role` for the payer, `card-number-refused`, `not-found`, `currency-mismatch`, `account-closed`,
/// `insufficient-funds`, `amount-too-large`, `reversal-exceeds-transfer`, `not-reversible`.
pub(crate) async fn reverse_transfer(wallet: Wallet, call: Call) -> Answer {
    let id = call.id("transfer", "txn_")?;
    let origin = call.origin()?;
    let request: ReverseTransfer = call.body()?;
    let amount = request.amount.map(|amount| amount.positive("/amount")).transpose()?;
    if let Some(reference) = &request.reference {
        check_text(reference, "/reference", MAX_REFERENCE_CHARACTERS)?;
        refuse_card_number(reference, "/reference")?;
    }
    let of = wallet.ledger.reversible(&id, &origin).await?.ok_or_else(no_such_transfer)?;
    match wallet.holds(call.principal(), &parties(&of.transfer)?).await?.as_slice() {
        [true, _] => {}
        [_, true] => {
            return Err(Refusal::new(Code::WrongRole, "Only the payee can send a transfer back.").into());
        }
        _ => return Err(no_such_transfer().into()),
    }

    let order = ReversalOrder { of, amount, reference: request.reference };
    let reversed = wallet.ledger.reverse(order, &origin).await?;

    Ok(Reply::created(&reversed.value.view()?)?.replayed(reversed.replayed))
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new(
        "reverse-transfer",
        "Send all or a part of a transfer back",
        &[
            Code::WrongRole,
            Code::CardNumberRefused,
            Code::NotFound,
            Code::CurrencyMismatch,
            Code::AccountClosed,
            Code::InsufficientFunds,
            Code::AmountTooLarge,
            Code::ReversalExceedsTransfer,
            Code::NotReversible,
        ],
    )
    .request::<ReverseTransfer>()
    .response::<TransferView>(201)
}
