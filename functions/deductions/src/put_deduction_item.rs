//! The owner says what an item deducts from now on.

use crate::paths::OfItem;
use scrip_deduction_items::{Deductions, ItemView, NewItem};
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http(
        "put-deduction-item",
        "Put a deduction item: the same again is the same version",
        put_deduction_item,
    )
    .description(
        "Other content is the next version; the kind never changes. At most ten items of a merchant apply \
         without being named.",
    )
    .callers(&[Caller::User])
    .refuses(&[
        Code::MalformedJson,
        Code::InvalidRequest,
        Code::NotFound,
        Code::AlreadyExists,
        Code::LimitExceeded,
    ])
    .request::<NewItem>()
    .response::<ItemView>(200)
    .budget(3, 6)
}

pub(crate) async fn put_deduction_item(deductions: Deductions, call: Call<OfItem>) -> Answer {
    let user = call.user()?;
    let (merchant, item) = (call.path.merchant()?, call.path.item()?);
    let new: NewItem = call.body()?;
    let merchant = deductions.directory.merchant_of_owner(&merchant, &user.id).await?;

    Reply::ok(&deductions.put(&merchant, &item, &new).await?)
}
