//! The keys that verify signed rules, as a JWK Set.

use scrip_deduction_items::{Deductions, KeysView};
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};

pub(crate) fn operation() -> Operation {
    Operation::http("list-signing-keys", "List the keys that verify signed rules", list_signing_keys)
        .description("A JWK Set (RFC 7517); each signature names its key by `kid`.")
        .callers(Caller::WITH_TOKEN)
        .response::<KeysView>(200)
        .budget(0, 0)
}

pub(crate) async fn list_signing_keys(deductions: Deductions, _: Call) -> Answer {
    Reply::ok(&deductions.keys()?)
}
