//! Task of the machine `offline-authorization`: no late transaction can need the code any more.

use crate::Till;
use crate::expire_authorization::Task;
use scrip_function::Outcome;
use scrip_offline::Erasure;

/// Forgets the code of an authorization.
pub(crate) async fn erase_authorization_secret(till: Till, task: Task) -> Outcome<Erasure> {
    till.erase_secret(&task.authorization).await
}
