//! `DELETE /v1/bills/{bill}/items/{item}`: the terminal that added an item takes it off again, within minutes.

use crate::{Desk, bill_in};
use scrip_http::{Answer, Call, Reply};

/// # Errors
/// `not-found`, `bill-not-open`, `expired`, `removal-window-over`.
pub(crate) async fn remove_item(bills: Desk, call: Call) -> Answer {
    let terminal = call.terminal()?;
    let item = call.path_parameter("item").unwrap_or_default();

    bills.remove_item(&bill_in(&call)?, item, &terminal.id).await?;

    Reply::no_content()
}
