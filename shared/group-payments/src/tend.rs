//! What the workflow does with a request at each moment for which it waits: it tells who is asked, reminds who has not paid,
//! and ends it. It moves no money.

use crate::payments::{Payments, changed};
use crate::request::{RequestRecord, RequestStatus};
use crate::share::{ShareRecord, ShareStatus};
use scrip_clock::Timestamp;
use scrip_directory::Recipient;
use scrip_money::Money;
use scrip_refusal::Failure;
use scrip_store::{Transaction, Write};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TendedOutcome {
    /// All who are asked are told of it.
    Announced,
    /// Who has not paid is reminded.
    Reminded,
    /// Its time is over, and what was not paid is closed.
    Expired,
    /// Its time is over, and everything was settled.
    Completed,
    /// It had ended before.
    Ended,
}

/// The answer to the workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tended {
    /// What became of it.
    pub outcome: TendedOutcome,
}

impl Payments {
    /// Does what is due. Repeating it finds the work done.
    pub async fn tend(&self, request: &str) -> Result<Tended, Failure> {
        let outcome = self.store.until_unchanged(|| self.try_tend(request)).await?;
        Ok(Tended { outcome })
    }

    async fn try_tend(&self, request: &str) -> Result<TendedOutcome, Failure> {
        let Some((head, mut shares)) = self.whole(request).await? else { return Ok(TendedOutcome::Ended) };
        match head.status {
            RequestStatus::Open => {}
            RequestStatus::Expired => return Ok(TendedOutcome::Expired),
            RequestStatus::Completed => return Ok(TendedOutcome::Completed),
            RequestStatus::Stopped => return Ok(TendedOutcome::Ended),
        }
        let now = self.now();
        if now.as_millisecond() >= head.expires_at {
            return self.end(&head, &mut shares, now).await;
        }
        let (moment, at) = head.next_moment();
        if now.as_millisecond() < at {
            // What it was started for is done.
            return Ok(if head.reminders > 0 { TendedOutcome::Reminded } else { TendedOutcome::Announced });
        }
        if moment == "announcement" {
            let after = RequestRecord { announced: true, ..head.clone() };
            self.tell(&head, &after, "payment-requested", shares.iter(), now).await?;
            return Ok(TendedOutcome::Announced);
        }
        let after = RequestRecord { reminders: head.reminders + 1, ..head.clone() };
        let late = shares.iter().filter(|share| share.status == ShareStatus::Due && !share.muted);
        self.tell(&head, &after, "payment-reminder", late, now).await?;
        Ok(TendedOutcome::Reminded)
    }

    /// Ends a request whose time is over, and tells who asked.
    async fn end(
        &self,
        head: &RequestRecord,
        shares: &mut [ShareRecord],
        now: Timestamp,
    ) -> Result<TendedOutcome, Failure> {
        let is_settled = !shares.iter().any(|share| share.status.is_payable());
        let (status, kind, outcome) = if is_settled {
            (RequestStatus::Completed, "payment-request-completed", TendedOutcome::Completed)
        } else {
            (RequestStatus::Expired, "payment-request-expired", TendedOutcome::Expired)
        };
        let collected = shares.iter().map(|share| share.amount - share.due).sum();
        let mut transaction = Transaction::new();
        transaction.require(self.end_write(head, status), |_| changed());
        self.close(&mut transaction, shares);
        let mut facts = facts(head);
        facts.insert("collected".to_owned(), json!(Money::new(collected, head.currency)));
        let requester = Recipient::User(head.requester.clone());
        let note = self.directory.notification(&requester, kind, facts, now, &head.id)?;
        transaction.require(note, |_| changed());
        self.store.commit(transaction).await?;
        Ok(outcome)
    }

    /// Tells these users of their own shares, and has the request wait for what comes next.
    async fn tell<'a>(
        &self,
        before: &RequestRecord,
        after: &RequestRecord,
        kind: &str,
        shares: impl Iterator<Item = &'a ShareRecord>,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let set = "SET announced = :announced, reminders = :reminders";
        let write = Write::update(&self.table, RequestRecord::key(&before.id), set)
            .when("#status = :open AND announced = :told AND reminders = :reminded")
            .name("#status", "status")
            .value(":announced", after.announced)
            .value(":reminders", after.reminders)
            .value(":open", RequestStatus::Open.as_str())
            .value(":told", before.announced)
            .value(":reminded", before.reminders);
        let mut transaction = Transaction::new();
        transaction.require(self.slot(after)?.enter(write), |_| changed());
        let unique = format!("{}#{}", before.id, after.reminders);
        for share in shares {
            let mut facts = facts(before);
            facts.insert("due".to_owned(), json!(Money::new(share.due, before.currency)));
            let user = Recipient::User(share.user.clone());
            let note = self.directory.notification(&user, kind, facts, now, &unique)?;
            transaction.require(note, |_| changed());
        }
        self.store.commit(transaction).await?;
        Ok(())
    }
}

/// What a notification says beside its kind.
pub(crate) fn facts(head: &RequestRecord) -> Map<String, Value> {
    let facts = [
        ("payment_request", json!(head.id)),
        ("group", json!(head.group)),
        ("requester", json!(head.requester)),
        ("total", json!(Money::new(head.total, head.currency))),
    ];
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
