//! Who is asked wants no reminders, or wants them again.

use crate::payments::Payments;
use crate::request::no_such_request;
use crate::share::ShareRecord;
use scrip_refusal::{Failure, SEND_AGAIN};
use scrip_store::{Transaction, Write};

impl Payments {
    /// Says whether a user wants to be reminded of their own share.
    pub async fn mute(&self, user: &str, request: &str, muted: bool) -> Result<(), Failure> {
        let write = Write::update(&self.table, ShareRecord::key(request, user), "SET muted = :muted")
            .when("attribute_exists(pk)")
            .value(":muted", muted);
        let mut transaction = Transaction::new();
        transaction.require(write, |item| match item {
            Some(_) => Failure::Changed(SEND_AGAIN),
            None => no_such_request().into(),
        });
        self.store.commit(transaction).await?;
        Ok(())
    }
}
