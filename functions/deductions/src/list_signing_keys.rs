//! `GET /v1/deductions/keys`: the keys that verify signed rules, as a JWK Set.

use crate::Counter;
use scrip_deduction_items::KeysView;
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};

/// For all who have proven who they are.
pub(crate) async fn list_signing_keys(deductions: Counter, _call: Call) -> Answer {
    std::future::ready(deductions.keys()).await.map(|keys| Reply::ok(&keys))?
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new("list-signing-keys", "List the keys that verify signed rules", &[])
        .response::<KeysView>(200)
}
