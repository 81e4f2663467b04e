//! Task of the machine `offline-authorization`: an authorization's time is over.

use scrip_function::{Operation, Outcome};
use scrip_offline::{Expiration, Offline};
use serde::Deserialize;

pub(crate) fn operation() -> Operation {
    Operation::task(
        "expire-authorization",
        "Expire an authorization and release what it reserved",
        expire_authorization,
    )
    .budget(3, 6)
}

/// Which authorization.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Task {
    pub(crate) authorization: String,
}

pub(crate) async fn expire_authorization(offline: Offline, task: Task) -> Outcome<Expiration> {
    offline.expire(&task.authorization).await
}
