//! The payee sends all or a part back.

use crate::access::{Access, no_such_transfer};
use crate::get_transfer::parties;
use crate::paths::OfTransfer;
use schemars::JsonSchema;
use scrip_fields::schema::Text;
use scrip_fields::{MAX_REFERENCE_CHARACTERS, check_text, refuse_card_number};
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_ledger::{Ledger, ReversalOrder, TransferView};
use scrip_money::Money;
use scrip_money::schema::PositiveMoney;
use scrip_refusal::{Code, Refusal};
use serde::Deserialize;
use serde_json::json;

pub(crate) fn operation() -> Operation {
    Operation::http("reverse-transfer", "Send all or a part of a transfer back", reverse_transfer)
        .description(
            "By the payee, as often as something is left of the transfer; all that is left, if no amount is \
             named.",
        )
        .callers(Caller::WITH_TOKEN)
        .refuses(&[
            Code::WrongRole,
            Code::CardNumberRefused,
            Code::NotFound,
            Code::CurrencyMismatch,
            Code::AccountClosed,
            Code::InsufficientFunds,
            Code::AmountTooLarge,
            Code::ReversalExceedsTransfer,
            Code::NotReversible,
        ])
        .request::<ReverseTransfer>()
        .response::<TransferView>(201)
        .budget(4, 8)
}

/// How much is sent back, and why.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({ "amount": { "amount": 250, "currency": "CNY" }, "reference": "One returned" }))]
pub(crate) struct ReverseTransfer {
    /// All that is left of the transfer, if not said.
    #[schemars(with = "Option<PositiveMoney>")]
    amount: Option<Money>,
    /// What the payer of the transfer is told.
    #[schemars(with = "Option<Text<MAX_REFERENCE_CHARACTERS>>")]
    reference: Option<String>,
}

pub(crate) async fn reverse_transfer(ledger: Ledger, access: Access, call: Call<OfTransfer>) -> Answer {
    let id = call.path.transfer()?;
    let origin = call.origin()?;
    let request: ReverseTransfer = call.body()?;
    let amount = request.amount.map(|amount| amount.positive("/amount")).transpose()?;
    if let Some(reference) = &request.reference {
        check_text(reference, "/reference", MAX_REFERENCE_CHARACTERS)?;
        refuse_card_number(reference, "/reference")?;
    }
    let of = ledger.reversible(&id, &origin).await?.ok_or_else(no_such_transfer)?;
    match access.holds(call.principal(), &parties(&of.transfer)?).await?.as_slice() {
        [true, _] => {}
        [_, true] => {
            return Err(Refusal::new(Code::WrongRole, "Only the payee can send a transfer back.").into());
        }
        _ => return Err(no_such_transfer().into()),
    }

    let order = ReversalOrder { of, amount, reference: request.reference };
    let reversed = ledger.reverse(order, &origin).await?;

    Ok(Reply::created(&reversed.value.view()?)?.replayed(reversed.replayed))
}
