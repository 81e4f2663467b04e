//! `DELETE /v1/bills/{bill}/items/{item}`: the terminal that added an item takes it off again, within minutes.

use crate::{Desk, bill_in};
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

/// # Errors
/// `not-found`, `bill-not-open`, `expired`, `removal-window-over`.
pub(crate) async fn remove_item(bills: Desk, call: Call) -> Answer {
    let terminal = call.terminal()?;
    let item = call.path_parameter("item").unwrap_or_default();

    bills.remove_item(&bill_in(&call)?, item, &terminal.id).await?;

    Reply::no_content()
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new(
        "remove-item",
        "Take an item off again",
        &[Code::WrongRole, Code::NotFound, Code::BillNotOpen, Code::Expired, Code::RemovalWindowOver],
    )
}
