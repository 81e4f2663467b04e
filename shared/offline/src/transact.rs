//! A point of sale asks to be paid: read and judge, then decide and move the money in one transaction.

use crate::aliases::aliases;
use crate::decline::DeclineCause;
use crate::defer::{DeferredRecord, Timing, not_yet};
use crate::judge::{CaseItems, Consumption, Decline, Judgement, Payer, changed};
use crate::offline::Offline;
use crate::payment::{Order, Pos};
use crate::replay::{Answered, Course, Known, Request, Wanted, course};
use crate::transaction::{
    Capture, DECLINED_KEPT_DAYS, Decided, Decision, TransactionRecord, TransactionStatus, settles_at, time,
    transaction_id,
};
use scrip_clock::{SignedDuration, Timestamp};
use scrip_ledger::{AccountId, NewTransfer, TransferKind, transfer_key};
use scrip_refusal::{Code, Failure};
use scrip_secure_code::Alias;
use scrip_store::{
    Address, AtMostOne, Commit, FromItems, Item, One, Origin, Raw, Transaction, Write, encode,
};
use std::collections::BTreeSet;

/// What a payment is asked for with, beside the payment itself.
#[derive(Clone, Copy)]
pub(crate) struct Asking<'a> {
    pub(crate) pos: Pos<'a>,
    pub(crate) origin: &'a Origin,
    /// The id of the request, under which the log knows all that follows.
    pub(crate) cause: &'a str,
    /// When the request, or the batch that it came in, arrived.
    pub(crate) arrived: Timestamp,
}

/// What was read of the order reference.
pub(crate) struct Found {
    record: Option<TransactionRecord>,
    pin_required: Option<TransactionRecord>,
    key_is_used: bool,
    deferred: Option<DeferredRecord>,
}

impl Offline {
    /// Decides on a payment, and on approval moves the money from the payer to clearing. The stored transaction is the
    /// lock on its order reference, and itself the event that starts its settlement; `cause` is the id of the request.
    ///
    /// # Errors
    /// `idempotency-key-reused`, `order-reference-reused`. That a payment is declined is no error. A stored payment
    /// that has to wait is refused with `too-many-requests`, `pin-locked` or `too-early`, and can be sent again.
    pub async fn transact(
        &self,
        pos: Pos<'_>,
        order: &Order,
        origin: &Origin,
        cause: &str,
    ) -> Result<Answered, Failure> {
        self.decide(Asking { pos, origin, cause, arrived: self.now() }, order).await
    }

    pub(crate) async fn decide(&self, asking: Asking<'_>, order: &Order) -> Result<Answered, Failure> {
        self.store.until_unchanged(|| self.try_decide(asking, order)).await
    }

    async fn try_decide(&self, asking: Asking<'_>, order: &Order) -> Result<Answered, Failure> {
        let id = transaction_id(asking.pos.device, &order.order_reference);
        let request = Request::of(asking.origin);
        match self.read_and_decide(&id, request.clone(), asking, order).await {
            Err(failure) => Err(self.unless_own(&id, &request, failure).await),
            answered => answered,
        }
    }

    async fn read_and_decide(
        &self,
        id: &str,
        request: Request,
        asking: Asking<'_>,
        order: &Order,
    ) -> Result<Answered, Failure> {
        let wanted = Wanted {
            request,
            payer: payer_name(&order.presented.payer),
            amount: order.amount,
            has_pin: order.presented.pin.is_some(),
        };
        let deferred = order.occurred_at.map(|_| DeferredRecord::key(id).at(&self.table));
        let known = self.known_addresses(id, &wanted.request.key, deferred);
        let asked = (known, self.case_addresses(&order.presented)?);
        let (found, case): (Found, CaseItems) = self.store.read(asked).await?;
        let case = self.case(&order.presented, case)?;

        let draft = self.draft(id, asking, order, &wanted);
        match course(found.known(), &wanted, |one, other| self.is_same_payer(one, other))? {
            Course::Answer(answered) => Ok(*answered),
            Course::Reversed => self.tell_reversed(draft, found.record).await,
            Course::Judge => {
                if let Some(occurred_at) = order.occurred_at {
                    let fingerprint = &wanted.request.fingerprint;
                    let known = found.deferred.as_ref();
                    let first = DeferredRecord::first_arrival(known, fingerprint, asking.arrived);
                    match Timing::of(occurred_at, first, asking.arrived) {
                        Timing::Now => self.require_looked_at(&case, &order.presented)?,
                        Timing::Later(wait) => return Err(not_yet(wait).into()),
                        Timing::TooLate => {
                            return self.record_decline(draft, DeclineCause::TooLate, None).await;
                        }
                        Timing::TooEarly => {
                            return self.record_decline(draft, DeclineCause::TooEarly, None).await;
                        }
                    }
                }
                match self.judge(&case, &order.presented, order.amount).await? {
                    Judgement::Declines(decline) => {
                        self.record_decline(draft, decline.cause, Some(&decline)).await
                    }
                    Judgement::Pays(consumption) => self.approve(draft, &consumption, asking).await,
                }
            }
        }
    }

    /// Where all that is known of an order reference and a key stands; with `deferred`, of a stored transaction.
    pub(crate) fn known_addresses(
        &self,
        id: &str,
        key: &str,
        deferred: Option<Address>,
    ) -> (Address, Address, Address, Option<Address>) {
        (
            TransactionRecord::key(id).at(&self.table),
            TransactionRecord::pin_required_key(id).at(&self.table),
            transfer_key(key).at(self.ledger.table()),
            deferred,
        )
    }

    /// What a request is told; but that it changed, if the order reference shows by now that this very request was decided.
    /// All that speaks against a request is not read at one moment: it may be what the same request did, sent twice at once.
    pub(crate) async fn unless_own(&self, id: &str, request: &Request, failure: Failure) -> Failure {
        if failure.code().is_none() {
            return failure;
        }
        let places = [TransactionRecord::key(id), TransactionRecord::pin_required_key(id)];
        let places: Vec<_> = places.into_iter().map(|key| key.at(&self.table)).collect();
        match self.store.read::<_, Vec<Option<TransactionRecord>>>(places).await {
            Ok(records) if records.iter().flatten().any(|record| request.has_made(record)) => changed(),
            Ok(_) => failure,
            Err(unread) => unread,
        }
    }

    /// A record of this payment, declined until it is judged.
    fn draft(&self, id: &str, asking: Asking<'_>, order: &Order, wanted: &Wanted) -> TransactionRecord {
        let now = self.now();
        TransactionRecord {
            id: id.to_owned(),
            device: asking.pos.device.to_owned(),
            merchant: asking.pos.merchant.to_owned(),
            order_reference: order.order_reference.clone(),
            status: TransactionStatus::Declined,
            decided: Some(Decided {
                decision: Decision::Declined,
                reason: None,
                cause_of_decline: None,
                payer: wanted.payer.clone(),
                user: None,
                amount: order.amount.amount,
                currency: order.amount.currency,
                at: now.as_millisecond(),
                occurred_at: order.occurred_at.map(Timestamp::as_millisecond),
                key: wanted.request.key.clone(),
                request_hash: wanted.request.fingerprint.as_str().to_owned(),
            }),
            capture: None,
            reversal: None,
            settled_at: None,
            settlement: None,
            slot: None,
            ttl: Some(forgotten_at(now)),
        }
    }

    async fn approve(
        &self,
        mut record: TransactionRecord,
        consumption: &Consumption,
        asking: Asking<'_>,
    ) -> Result<Answered, Failure> {
        let declined = record.clone();
        let decided = record.decided.as_mut().ok_or_else(|| Failure::broken("an undecided draft"))?;
        decided.decision = Decision::Approved;
        decided.user = user_behind(&decided.payer, Some(&consumption.user));
        let (now, transfer_id) = (time(decided.at)?, decided.key.clone());
        let settles_at = settles_at(decided.at);
        record.status = TransactionStatus::Approved;
        record.ttl = None;
        record.capture = Some(Capture {
            account: consumption.account.clone(),
            consumed: consumption.consumed.clone(),
            settles_at,
        });
        let currency = consumption.debit.amount.currency;
        let slot = self.capture_slot(&record.merchant, currency, &record.id, settles_at)?;
        record.slot = Some(slot.caused_by(asking.cause));

        let amount = consumption.debit.amount;
        let transfer = NewTransfer {
            id: transfer_id,
            kind: TransferKind::Capture,
            from: consumption.account.clone(),
            to: AccountId::clearing(amount.currency),
            amount,
            reference: Some(record.order_reference.clone()),
            reverses: None,
        };
        let mut transaction = Transaction::new();
        transaction.create(&self.table, encode(&TransactionRecord::key(&record.id), &record)?);
        consumption.add_to(&mut transaction);
        let debits = std::slice::from_ref(&consumption.debit);
        self.ledger.add(&mut transaction, &transfer, debits, asking.origin, now)?;
        let note = self.payer_note(&record, "pos-transaction-approved", now)?;
        transaction.require(note, |_| changed());
        match self.store.commit(transaction).await {
            Ok(Commit::Done) => fresh(&record),
            // The order reference or the key was used meanwhile: what by is read anew.
            Ok(Commit::Exists(_)) => Err(changed()),
            Err(failure) => match unpayable(&failure) {
                Some(cause) => {
                    let mut declined = declined;
                    if let Some(decided) = &mut declined.decided {
                        decided.user = user_behind(&decided.payer, Some(&consumption.user));
                    }
                    self.record_decline(declined, cause, None).await
                }
                None => Err(failure),
            },
        }
    }

    /// Stores why a payment is declined, together with what that counts for.
    async fn record_decline(
        &self,
        mut record: TransactionRecord,
        cause: DeclineCause,
        decline: Option<&Decline>,
    ) -> Result<Answered, Failure> {
        let reason = decline.map_or(cause.reason(), |decline| decline.reason);
        if let Some(decided) = &mut record.decided {
            decided.reason = Some(reason.to_string());
            decided.cause_of_decline = Some(cause);
            if let Some(decline) = decline {
                decided.user = user_behind(&decided.payer, decline.user.as_deref());
            }
        }
        let key = match reason {
            Code::PinRequired => TransactionRecord::pin_required_key(&record.id),
            _ => TransactionRecord::key(&record.id),
        };
        let mut transaction = Transaction::new();
        transaction.create(&self.table, encode(&key, &record)?);
        if let Some(decline) = decline {
            decline.add_to(&mut transaction);
        }
        match self.store.commit(transaction).await? {
            Commit::Done => fresh(&record),
            Commit::Exists(_) => Err(changed()),
        }
    }

    /// The reversal came first: its record takes the transaction in, so that a repeated one gets the same answer.
    async fn tell_reversed(
        &self,
        mut record: TransactionRecord,
        tombstone: Option<TransactionRecord>,
    ) -> Result<Answered, Failure> {
        let tombstone = tombstone.ok_or_else(|| Failure::broken("a reversal that was there"))?;
        record.status = TransactionStatus::Reversed;
        record.reversal = tombstone.reversal;
        if let Some(decided) = &mut record.decided {
            decided.reason = Some(Code::Reversed.to_string());
            decided.cause_of_decline = Some(DeclineCause::Reversed);
        }
        let write = Write::put(&self.table, encode(&TransactionRecord::key(&record.id), &record)?)
            .when("attribute_exists(reversal) AND attribute_not_exists(decided)");
        let mut transaction = Transaction::new();
        transaction.require(write, |_| changed());
        self.store.commit(transaction).await?;
        fresh(&record)
    }

    /// Whether two names of payers are one user's. An alias may be any of a user's candidates.
    fn is_same_payer(&self, one: &str, other: &str) -> Result<bool, Failure> {
        if one == other {
            return Ok(true);
        }
        let names = |name: &str| -> Result<BTreeSet<String>, Failure> {
            match name.strip_prefix("user:") {
                Some(user) => Ok(aliases(self.keyring()?, user).into_iter().map(alias_name).collect()),
                None => Ok(BTreeSet::from([name.to_owned()])),
            }
        };
        let is_user = |name: &str| name.starts_with("user:");
        Ok(is_user(one) != is_user(other) && !names(one)?.is_disjoint(&names(other)?))
    }
}

impl FromItems<(One, One, One, AtMostOne)> for Found {
    fn from_items(
        shape: (One, One, One, AtMostOne),
        found: &mut std::vec::IntoIter<Option<Item>>,
    ) -> Result<Self, Failure> {
        let (record, pin_required, transfer, deferred): (_, _, Option<Raw>, _) =
            FromItems::from_items(shape, found)?;
        Ok(Self { record, pin_required, key_is_used: transfer.is_some(), deferred })
    }
}

impl Found {
    pub(crate) fn known(&self) -> Known<'_> {
        Known {
            record: self.record.as_ref(),
            pin_required: self.pin_required.as_ref(),
            key_is_used: self.key_is_used,
        }
    }
}

fn fresh(record: &TransactionRecord) -> Result<Answered, Failure> {
    let cause = record.decided.as_ref().and_then(|decided| decided.cause_of_decline);
    Ok(Answered { view: record.view()?, cause, replayed: false, duplicate: false })
}

/// As a payer is named in records: what was presented, less the code.
pub(crate) fn payer_name(payer: &Payer) -> String {
    match payer {
        Payer::User { user, .. } => format!("user:{user}"),
        Payer::Presentation(presentation) => alias_name(presentation.alias()),
    }
}

fn alias_name(alias: Alias) -> String {
    format!("alias:{alias}")
}

/// The user, unless the payer's name says it.
fn user_behind(payer: &str, user: Option<&str>) -> Option<String> {
    user.filter(|_| !payer.starts_with("user:")).map(str::to_owned)
}

/// What a refused capture says of the payer's account. All else that can refuse it is no reason to decline.
fn unpayable(failure: &Failure) -> Option<DeclineCause> {
    match failure.code()? {
        Code::InsufficientFunds => Some(DeclineCause::InsufficientFunds),
        Code::AccountClosed => Some(DeclineCause::AccountClosed),
        Code::CurrencyMismatch => Some(DeclineCause::CurrencyMismatch),
        _ => None,
    }
}

/// When what moved no money is forgotten, in seconds since the epoch.
pub(crate) fn forgotten_at(now: Timestamp) -> i64 {
    (now + SignedDuration::from_hours(24 * DECLINED_KEPT_DAYS)).as_second()
}

#[cfg(test)]
mod tests;
