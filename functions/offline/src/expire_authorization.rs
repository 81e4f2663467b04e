//! Task of the machine `offline-authorization`: an authorization's time is over.

use crate::Till;
use scrip_function::Outcome;
use scrip_offline::Expiration;
use serde::Deserialize;

/// Which authorization.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Task {
    pub(crate) authorization: String,
}

/// Expires an authorization and releases what it reserved.
pub(crate) async fn expire_authorization(till: Till, task: Task) -> Outcome<Expiration> {
    till.expire(&task.authorization).await
}
