//! The messages of a group, backward or forward.

use crate::paths::OfGroup;
use schemars::{JsonSchema, json_schema};
use scrip_function::{Caller, Operation, QueryParameter};
use scrip_group_payments::{PaymentRequestView, Payments};
use scrip_groups::{Direction, Groups, MessageView, PageOf, message_number};
use scrip_http::limits::MAX_PAGE_ITEMS;
use scrip_http::{Answer, Call, Problem, Reply};
use scrip_refusal::{Code, Refusal};
use serde::Serialize;
use serde_json::json;

/// Stands for the number of a message in a query.
enum Number {}

scrip_schema::inline!(Number: json_schema!({ "type": "string", "pattern": "^[0-9]{1,12}$" }));

/// Stands for the length of a page in a query.
enum Limit {}

scrip_schema::inline!(Limit: json_schema!({
    "type": "integer",
    "minimum": 1,
    "maximum": MAX_PAGE_ITEMS,
    "default": 20,
}));

const AFTER: QueryParameter = QueryParameter::of::<Number>(
    "after",
    "Only messages with higher numbers, oldest first: for catching up, and for polling.",
);
const BEFORE: QueryParameter = QueryParameter::of::<Number>(
    "before",
    "Only messages with lower numbers, newest first: for reading back. Without both, the newest.",
);
const LIMIT: QueryParameter = QueryParameter::of::<Limit>("limit", "How many messages at most.");

pub(crate) fn operation() -> Operation {
    Operation::http("list-messages", "Read the messages of a group", list_messages)
        .description(
            "What was written since the caller joined, payment requests as they stand now. Forward, `next` is always where to read on, later too; \
             backward it is null where the caller's messages begin.",
        )
        .callers(&[Caller::User])
        .refuses(&[Code::NotFound, Code::InvalidRequest, Code::InvalidCursor])
        .query(&[AFTER, BEFORE, LIMIT])
        .response::<MessagePage>(200)
        .budget(3, 0)
}

/// Messages of a group, and how to read on.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(example = json!({
    "items": [{
        "id": "msg_0123456789abcdefghjkmnpqrs",
        "seq": 12,
        "kind": "text",
        "from": "alice",
        "at": "2026-11-30T12:00:00Z",
        "text": "Who was at lunch?",
        "event": null,
        "payment_request": null,
    }],
    "next": "12",
    "poll_after_seconds": 2,
}))]
pub(crate) struct MessagePage {
    /// The messages.
    items: Vec<ListedMessage>,
    /// Where to read on: as `after` if that was sent, otherwise as `before`.
    next: Option<String>,
    /// After how many seconds to ask again: 2 while there is talk, 20 in a silent group.
    poll_after_seconds: i64,
}

/// A message, with what it asks for as that stands now.
#[derive(Debug, Serialize, JsonSchema)]
struct ListedMessage {
    #[serde(flatten)]
    message: MessageView,
    /// What is asked for, and who has paid; null where the message is no payment request.
    payment_request: Option<PaymentRequestView>,
}

pub(crate) async fn list_messages(groups: Groups, payments: Payments, call: Call<OfGroup>) -> Answer {
    let user = call.user()?;
    let page = PageOf { direction: direction(&call)?, limit: call.page()?.limit };

    let found = groups.messages(&user.id, &call.path.group()?, page).await?;

    let mut items = Vec::new();
    for message in found.items {
        let payment_request = match message.request.as_deref().filter(|_| message.asks()) {
            Some(request) => payments.card(&user.id, request).await?,
            None => None,
        };
        items.push(ListedMessage { message: message.view()?, payment_request });
    }
    let next = found.next.map(|next| next.to_string());
    Reply::ok(&MessagePage { items, next, poll_after_seconds: found.poll_after_seconds })
}

fn direction(call: &Call<OfGroup>) -> Result<Direction, Problem> {
    match (call.query(AFTER.name), call.query(BEFORE.name)) {
        (Some(_), Some(_)) => {
            let detail = "either this or after, as a page goes one way";
            Err(Refusal::field("/before", Code::InvalidField, detail).into())
        }
        (Some(after), None) => Ok(Direction::After(message_number(after)?)),
        (None, Some(before)) => Ok(Direction::Before(message_number(before)?)),
        (None, None) => Ok(Direction::Newest),
    }
}
