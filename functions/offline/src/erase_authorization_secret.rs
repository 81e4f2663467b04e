//! Task of the machine `offline-authorization`: no late transaction can need the code any more.

use crate::expire_authorization::Task;
use scrip_function::{Operation, Outcome};
use scrip_offline::{Erasure, Offline};

pub(crate) fn operation() -> Operation {
    Operation::task(
        "erase-authorization-secret",
        "Forget the code of an authorization",
        erase_authorization_secret,
    )
    .budget(3, 4)
}

pub(crate) async fn erase_authorization_secret(offline: Offline, task: Task) -> Outcome<Erasure> {
    offline.erase_secret(&task.authorization).await
}
