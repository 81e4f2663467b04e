//! Asking the user to verify a bill.

use crate::bill::{BillRecord, BillStatus, no_such_bill};
use crate::bills::{Bills, judge_again};
use crate::limits::MAX_VERIFICATION_REQUESTS;
use crate::verification::{VerificationRecord, VerificationRequestView};
use scrip_clock::Timestamp;
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Commit, Created, Item, Origin, Raw, Transaction, check_replay, decode};

impl Bills {
    /// Asks for the verification of a bill; from then on it takes no more items. `may_ask` tells whether the caller
    /// takes part in it. A later request takes the place of an earlier one, but brings no new attempts.
    pub async fn request_verification(
        &self,
        bill: &str,
        may_ask: impl Fn(&BillRecord) -> bool,
        origin: &Origin,
    ) -> Result<Created<VerificationRequestView>, Failure> {
        self.store.until_unchanged(|| self.try_request_verification(bill, &may_ask, origin)).await
    }

    async fn try_request_verification(
        &self,
        bill: &str,
        may_ask: impl Fn(&BillRecord) -> bool,
        origin: &Origin,
    ) -> Result<Created<VerificationRequestView>, Failure> {
        let id = origin.id_within(bill, "vreq_");
        let asked =
            (BillRecord::key(bill).at(&self.table), VerificationRecord::key(bill, &id).at(&self.table));
        let (record, earlier): (Option<BillRecord>, Option<Raw>) = self.store.read(asked).await?;
        if let Some(Raw(item)) = earlier {
            return replay(item, origin);
        }
        let record = record.filter(|bill| may_ask(bill)).ok_or_else(no_such_bill)?;
        let now = self.now();
        if let Err(refusal) = judge(&record, now) {
            let made = VerificationRecord::key(bill, &id).at(&self.table);
            return Err(self.store.unless_made(made, refusal).await);
        }

        let request = VerificationRecord::new(&record, id, now, origin.fingerprint.as_str().to_owned())?;
        let mut transaction = Transaction::new();
        self.ask(&mut transaction, &record, &request, |item| judge_again(item, |bill| judge(&bill, now)))?;
        match self.store.commit(transaction).await? {
            Commit::Done => Ok(Created { value: request.view()?, replayed: false }),
            Commit::Exists(item) => replay(item, origin),
        }
    }
}

fn judge(bill: &BillRecord, now: Timestamp) -> Result<(), Refusal> {
    match bill.status {
        // One with items whose time is over is to be verified, whether or not the workflow has asked for it.
        BillStatus::Open if bill.item_count == 0 => bill.require_open(now)?,
        BillStatus::Open | BillStatus::AwaitingVerification => {
            let lapsed = bill.lapses_at().map_or(true, |lapses_at| now >= lapses_at);
            if lapsed {
                return Err(Refusal::new(
                    Code::Expired,
                    "The time in which the bill could be verified is over.",
                ));
            }
        }
        status => {
            let detail = format!("The bill is {}.", status.as_str());
            return Err(Refusal::new(Code::BillNotOpen, detail).with("current", status.as_str()));
        }
    }
    if bill.item_count == 0 {
        return Err(Refusal::new(Code::BillEmpty, "Let a terminal add items first."));
    }
    if bill.verification_requests >= MAX_VERIFICATION_REQUESTS {
        let detail = format!("A bill sees at most {MAX_VERIFICATION_REQUESTS} verification requests.");
        return Err(Refusal::new(Code::LimitExceeded, detail));
    }
    Ok(())
}

fn replay(item: Item, origin: &Origin) -> Result<Created<VerificationRequestView>, Failure> {
    check_replay(&item, &origin.fingerprint)?;
    Ok(Created { value: decode::<VerificationRecord>(item)?.view()?, replayed: true })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bill::time;
    use crate::tests::{NOW, NOW_MS, bill};

    #[test]
    fn verification_is_asked_for_while_the_bill_is_open_or_waits_for_it() {
        let code = |bill: &BillRecord, now| judge(bill, now).map_err(|refusal| refusal.code);
        let waits = BillRecord { status: BillStatus::AwaitingVerification, ..bill() };
        assert_eq!(code(&bill(), NOW), Ok(()));
        let over = BillRecord { effective_until: NOW_MS, ..bill() };
        assert_eq!(code(&over, NOW), Ok(()), "its items are to be paid");
        assert_eq!(code(&over, time(NOW_MS + 899_999).unwrap()), Ok(()));
        assert_eq!(code(&over, time(NOW_MS + 900_000).unwrap()), Err(Code::Expired));
        assert_eq!(code(&BillRecord { item_count: 0, ..over }, NOW), Err(Code::Expired));
        assert_eq!(code(&waits, time(NOW_MS + 4_499_999).unwrap()), Ok(()));
        assert_eq!(code(&waits, time(NOW_MS + 4_500_000).unwrap()), Err(Code::Expired));
        assert_eq!(code(&BillRecord { status: BillStatus::Settled, ..bill() }, NOW), Err(Code::BillNotOpen));
        assert_eq!(code(&BillRecord { item_count: 0, ..bill() }, NOW), Err(Code::BillEmpty));
        let asked = |times| BillRecord { verification_requests: times, ..bill() };
        assert_eq!(code(&asked(MAX_VERIFICATION_REQUESTS - 1), NOW), Ok(()));
        assert_eq!(code(&asked(MAX_VERIFICATION_REQUESTS), NOW), Err(Code::LimitExceeded));
    }
}
