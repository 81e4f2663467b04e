//! A user sends money from an account of theirs, or of a merchant of theirs.

use crate::access::Access;
use schemars::JsonSchema;
use scrip_fields::schema::Text;
use scrip_fields::{MAX_REFERENCE_CHARACTERS, check_text, refuse_card_number};
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_ledger::{AccountClass, AccountId, Ledger, TransferOrder, TransferView, unknown_account};
use scrip_money::Money;
use scrip_money::schema::PositiveMoney;
use scrip_refusal::{Code, Refusal};
use serde::Deserialize;
use serde_json::json;

pub(crate) fn operation() -> Operation {
    Operation::http("transfer", "Send money", transfer)
        .description(
            "From an account of the user's own, or of a merchant of theirs, to any other of the same \
             currency. The money moves at once or not at all.",
        )
        .callers(&[Caller::User])
        .refuses(&[
            Code::CardNumberRefused,
            Code::NotFound,
            Code::CurrencyMismatch,
            Code::SameAccount,
            Code::AccountClosed,
            Code::InsufficientFunds,
            Code::AmountTooLarge,
        ])
        .request::<Transfer>()
        .response::<TransferView>(201)
        .budget(1, 6)
}

/// A payment from an account of the caller's.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({
    "from": "acct_u0123456789abcdefghjkmnpqrs",
    "to": "acct_m0123456789abcdefghjkmnpqrs",
    "amount": { "amount": 1_250, "currency": "CNY" },
    "reference": "Lunch",
}))]
pub(crate) struct Transfer {
    /// The payer's account, `acct_…`.
    #[schemars(pattern(AccountId::pattern()))]
    from: String,
    /// The payee's account.
    #[schemars(pattern(AccountId::pattern()))]
    to: String,
    /// What is to be paid, in minor units of the accounts' currency: more than zero.
    #[schemars(with = "PositiveMoney")]
    amount: Money,
    /// A note for the payee, 1 to 140 characters.
    #[schemars(with = "Option<Text<MAX_REFERENCE_CHARACTERS>>")]
    reference: Option<String>,
}

pub(crate) async fn transfer(ledger: Ledger, access: Access, call: Call) -> Answer {
    let origin = call.origin()?;
    let request: Transfer = call.body()?;
    let amount = request.amount.positive("/amount")?;
    if let Some(reference) = &request.reference {
        check_text(reference, "/reference", MAX_REFERENCE_CHARACTERS)?;
        refuse_card_number(reference, "/reference")?;
    }
    let from = account(&request.from, "/from")?;
    let to = account(&request.to, "/to")?;
    // The write checks who holds a user's account; a merchant's owner stands in the directory.
    if from.class() == AccountClass::Merchant && !access.holds_one(call.principal(), &from).await? {
        return Err(unknown_account("/from").into());
    }

    let order =
        TransferOrder { from, holder: call.principal().name(), to, amount, reference: request.reference };
    let sent = ledger.transfer(order, &origin).await?;

    Ok(Reply::created(&sent.value.view()?)?.replayed(sent.replayed))
}

/// External accounts take part in deposits alone.
fn account(text: &str, pointer: &str) -> Result<AccountId, Refusal> {
    refuse_card_number(text, pointer)?;
    AccountId::parse(text)
        .filter(|account| account.class() != AccountClass::External)
        .ok_or_else(|| unknown_account(pointer))
}
