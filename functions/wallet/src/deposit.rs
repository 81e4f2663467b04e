//! `POST /v1/accounts/{account}/deposits`: the treasury puts money in, from outside.

use crate::Wallet;
use crate::access::no_such_account;
use schemars::JsonSchema;
use scrip_function::Operation;
use scrip_http::limits::{MAX_REFERENCE_CHARACTERS, check_text, refuse_card_number};
use scrip_http::{Answer, Call, Reply};
use scrip_ledger::{AccountClass, AccountId, TransferView};
use scrip_money::Money;
use scrip_refusal::Code;
use serde::Deserialize;

/// How much, and where it comes from.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Deposit {
    amount: Money,
    /// What the treasury knows the payment by.
    reference: String,
}

/// # Errors
/// `wrong-role`, `card-number-refused`, `not-found`, `currency-mismatch`, `account-closed`, `amount-too-large`.
pub(crate) async fn deposit(wallet: Wallet, call: Call) -> Answer {
    call.user()?.require_treasury()?;
    let origin = call.origin()?;
    let request: Deposit = call.body()?;
    let amount = request.amount.positive("/amount")?;
    check_text(&request.reference, "/reference", MAX_REFERENCE_CHARACTERS)?;
    refuse_card_number(&request.reference, "/reference")?;
    let account = AccountId::parse(call.path_parameter("account").unwrap_or_default())
        .filter(|account| account.class() != AccountClass::External)
        .ok_or_else(no_such_account)?;

    let deposited = wallet.ledger.deposit(&account, amount, request.reference, &origin).await?;

    Ok(Reply::created(&deposited.value.view()?)?.replayed(deposited.replayed))
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new(
        "deposit",
        "Put money into an account",
        &[
            Code::WrongRole,
            Code::CardNumberRefused,
            Code::NotFound,
            Code::CurrencyMismatch,
            Code::AccountClosed,
            Code::AmountTooLarge,
        ],
    )
    .request::<Deposit>()
    .response::<TransferView>(201)
}
