//! The terminal that added an item takes it off again, within minutes.

use crate::paths::OfItem;
use scrip_bills::Bills;
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("remove-item", "Take an item off again", remove_item)
        .description("By the terminal that added it, within five minutes, while the bill is open.")
        .callers(&[Caller::Terminal])
        .refuses(&[Code::NotFound, Code::BillNotOpen, Code::Expired, Code::RemovalWindowOver])
        .budget(2, 4)
}

pub(crate) async fn remove_item(bills: Bills, call: Call<OfItem>) -> Answer {
    let terminal = call.terminal()?;
    let (bill, item) = (call.path.bill()?, call.path.item()?);

    bills.remove_item(&bill, &item, &terminal.id).await?;

    Reply::no_content()
}
