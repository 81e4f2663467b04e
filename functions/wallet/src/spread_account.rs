//! The treasury has a merchant's balance spread over more items, so that more payments a second can be credited.

use crate::paths::OfAccount;
use schemars::JsonSchema;
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_ledger::{Ledger, SpreadView};
use scrip_refusal::Code;
use serde::Deserialize;
use serde_json::json;

pub(crate) fn operation() -> Operation {
    Operation::http(
        "spread-account",
        "Spread a merchant's balance over more items, for more payments a second",
        spread_account,
    )
    .description(
        "Each item takes 500 payments a second. Payments, payouts and lists go on meanwhile, and items never become \
         fewer. What broke off is finished by the same request.",
    )
    .callers(&[Caller::Treasury])
    .refuses(&[Code::NotFound])
    .request::<Spread>()
    .response::<SpreadView>(200)
    .budget(114, 112)
}

/// How far the account's balance is to be spread.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({ "shards": 64 }))]
pub(crate) struct Spread {
    /// Each takes 500 payments a second. Never fewer than before.
    #[schemars(range(min = 16, max = 64))]
    shards: u32,
}

pub(crate) async fn spread_account(ledger: Ledger, call: Call<OfAccount>) -> Answer {
    let account = call.path.account()?;
    let request: Spread = call.body()?;

    Reply::ok(&ledger.spread(&account, request.shards).await?)
}
