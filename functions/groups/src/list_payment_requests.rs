//! What is asked of a user, or what a user asks for.

use schemars::json_schema;
use scrip_fields::invalid;
use scrip_function::{Caller, Operation, QueryParameter};
use scrip_group_payments::{PaymentRequestView, Payments, RequestStatus, Role, Wanted};
use scrip_http::{Answer, Call, Problem, Reply};

/// Stands for the role in a query.
enum AskedRole {}

scrip_schema::inline!(AskedRole: json_schema!({ "type": "string", "enum": ["asked", "requester"] }));

/// Stands for the status in a query.
enum WantedStatus {}

scrip_schema::inline!(WantedStatus: json_schema!({
    "type": "string",
    "enum": ["due", "open", "completed", "stopped", "expired"],
}));

const ROLE: QueryParameter = QueryParameter::of::<AskedRole>(
    "role",
    "Whether the caller is asked, or asks; asked, if it is not said.",
);
const STATUS: QueryParameter = QueryParameter::of::<WantedStatus>(
    "status",
    "Only those that stand so; `due` for those on which the caller still owes something.",
);

pub(crate) fn operation() -> Operation {
    Operation::http("list-payment-requests", "List payment requests", list_payment_requests)
        .description(
            "Over all groups, newest first. Where a status is wanted, a page may hold fewer than its limit. The \
             list may lag behind by moments.",
        )
        .callers(&[Caller::User])
        .query(&[ROLE, STATUS])
        .list::<PaymentRequestView>()
        .budget(4, 0)
}

pub(crate) async fn list_payment_requests(payments: Payments, call: Call) -> Answer {
    let user = call.user()?;
    let (role, wanted) = (role(&call)?, wanted(&call)?);
    Reply::page(&payments.list(&user.id, role, wanted, &call.page()?).await?)
}

fn role(call: &Call) -> Result<Role, Problem> {
    match call.query(ROLE.name) {
        None | Some("asked") => Ok(Role::Asked),
        Some("requester") => Ok(Role::Requester),
        Some(_) => Err(invalid("/role", "asked or requester").into()),
    }
}

fn wanted(call: &Call) -> Result<Wanted, Problem> {
    Ok(match call.query(STATUS.name) {
        None => Wanted::All,
        Some("due") => Wanted::Due,
        Some("open") => Wanted::Status(RequestStatus::Open),
        Some("completed") => Wanted::Status(RequestStatus::Completed),
        Some("stopped") => Wanted::Status(RequestStatus::Stopped),
        Some("expired") => Wanted::Status(RequestStatus::Expired),
        Some(_) => return Err(invalid("/status", "due, open, completed, stopped or expired").into()),
    })
}
