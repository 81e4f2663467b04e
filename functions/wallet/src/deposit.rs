//! The treasury puts money in, from outside.

use crate::access::no_such_account;
use crate::paths::OfAccount;
use schemars::JsonSchema;
use scrip_fields::schema::Text;
use scrip_fields::{MAX_REFERENCE_CHARACTERS, check_text, refuse_card_number};
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_ledger::{AccountClass, Ledger, TransferView};
use scrip_money::Money;
use scrip_money::schema::PositiveMoney;
use scrip_refusal::Code;
use serde::Deserialize;
use serde_json::json;

pub(crate) fn operation() -> Operation {
    Operation::http("deposit", "Put money into an account", deposit)
        .description("Books what the treasury has received outside, into an account of a user or a merchant.")
        .callers(&[Caller::Treasury])
        .refuses(&[
            Code::CardNumberRefused,
            Code::NotFound,
            Code::CurrencyMismatch,
            Code::AccountClosed,
            Code::AmountTooLarge,
        ])
        .request::<Deposit>()
        .response::<TransferView>(201)
        .budget(1, 6)
}

/// How much, and where it comes from.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({ "amount": { "amount": 10_000, "currency": "CNY" }, "reference": "Bank transfer 4711" }))]
pub(crate) struct Deposit {
    /// What came in, in minor units of the account's currency: more than zero.
    #[schemars(with = "PositiveMoney")]
    amount: Money,
    /// What the treasury knows the payment by.
    #[schemars(with = "Text<MAX_REFERENCE_CHARACTERS>")]
    reference: String,
}

pub(crate) async fn deposit(ledger: Ledger, call: Call<OfAccount>) -> Answer {
    let origin = call.origin()?;
    let request: Deposit = call.body()?;
    let amount = request.amount.positive("/amount")?;
    check_text(&request.reference, "/reference", MAX_REFERENCE_CHARACTERS)?;
    refuse_card_number(&request.reference, "/reference")?;
    let account = call.path.account()?;
    if account.class() == AccountClass::External {
        return Err(no_such_account().into());
    }

    let deposited = ledger.deposit(&account, amount, request.reference, &origin).await?;

    Ok(Reply::created(&deposited.value.view()?)?.replayed(deposited.replayed))
}
