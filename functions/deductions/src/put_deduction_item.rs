//! `PUT /v1/merchants/{merchant}/deduction-items/{item}`: the owner says what an item deducts from now on.

use crate::{Counter, item_in, merchant_in};
use scrip_deduction_items::{ItemView, NewItem};
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

/// # Errors
/// `wrong-role`, `not-found`, `already-exists` as another kind, `limit-exceeded` for automatic items.
pub(crate) async fn put_deduction_item(deductions: Counter, call: Call) -> Answer {
    let user = call.user()?;
    let (merchant, item) = (merchant_in(&call)?, item_in(&call)?);
    let new: NewItem = call.body()?;
    let merchant = deductions.directory.merchant_of_owner(&merchant, &user.id).await?;

    Reply::ok(&deductions.put(&merchant, &item, &new).await?)
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new(
        "put-deduction-item",
        "Put a deduction item: the same again is the same version",
        &[
            Code::WrongRole,
            Code::MalformedJson,
            Code::InvalidRequest,
            Code::NotFound,
            Code::AlreadyExists,
            Code::LimitExceeded,
        ],
    )
    .request::<NewItem>()
    .response::<ItemView>(200)
}
