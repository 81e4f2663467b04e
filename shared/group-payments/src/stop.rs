//! Who asks ends the request: what is paid stays paid, and all else is closed, in one write.

use crate::payments::{Payments, changed};
use crate::request::{RequestRecord, RequestStatus};
use crate::share::{ShareRecord, ShareStatus, debtor};
use crate::view::PaymentRequestView;
use scrip_refusal::Failure;
use scrip_slots::leave;
use scrip_store::{Created, Origin, Transaction, Write};

impl Payments {
    /// Stops a request. A payment that comes at the same moment is in it, or is refused.
    pub async fn stop(
        &self,
        requester: &str,
        request: &str,
        origin: &Origin,
    ) -> Result<Created<PaymentRequestView>, Failure> {
        self.store.until_in_turn(|| self.try_stop(requester, request, origin)).await
    }

    async fn try_stop(
        &self,
        requester: &str,
        request: &str,
        origin: &Origin,
    ) -> Result<Created<PaymentRequestView>, Failure> {
        let (head, mut shares) = self.own(requester, request).await?;
        let this = origin.id_within(request, "stop_");
        let now = self.now();
        if head.stopped_by.as_deref() == Some(this.as_str()) {
            return Ok(Created { value: head.view(&shares, requester, now)?, replayed: true });
        }
        head.require_open(now)?;
        let mut transaction = Transaction::new();
        let write = self.end_write(&head, RequestStatus::Stopped).set("stopped_by = :this");
        transaction.require(write.value(":this", this), |_| changed());
        self.close(&mut transaction, &mut shares);
        self.store.commit(transaction).await?;
        let head = RequestRecord { status: RequestStatus::Stopped, ..head };
        Ok(Created { value: head.view(&shares, requester, now)?, replayed: false })
    }

    /// The write that ends a request which is open.
    pub(crate) fn end_write(&self, head: &RequestRecord, status: RequestStatus) -> Write {
        let write = Write::update(&self.table, RequestRecord::key(&head.id), "SET #status = :ended")
            .when("#status = :open AND expires_at = :expires")
            .name("#status", "status")
            .value(":ended", status.as_str())
            .value(":open", RequestStatus::Open.as_str())
            .value(":expires", head.expires_at);
        leave(write)
    }

    /// Closes what is not paid, as it was read.
    pub(crate) fn close(&self, transaction: &mut Transaction<'_>, shares: &mut [ShareRecord]) {
        for share in shares.iter_mut().filter(|share| share.status.is_payable()) {
            let set = "SET #status = :closed, debtor = :debtor";
            let write = Write::update(&self.table, ShareRecord::key(&share.request, &share.user), set)
                .when("#status = :before AND rest = :due")
                .name("#status", "status")
                .value(":closed", ShareStatus::Closed.as_str())
                .value(":debtor", debtor(&share.user, ShareStatus::Closed))
                .value(":before", share.status.as_str())
                .value(":due", share.due);
            transaction.require(write, |_| changed());
            share.status = ShareStatus::Closed;
        }
    }
}
