//! What is known of an order reference when a request for it arrives: the first answer, the proof that key or reference
//! were used for something else, or nothing. Without I/O.

use crate::decline::DeclineCause;
use crate::transaction::{Decided, TransactionRecord, TransactionStatus, TransactionView};
use scrip_money::Money;
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Fingerprint, Origin};

/// A request, as far as earlier ones are concerned.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// The id of the transfer that it would make.
    pub(crate) key: String,
    pub(crate) fingerprint: Fingerprint,
}

/// A payment, as far as earlier ones are concerned.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) request: Request,
    /// `user:…` or `alias:…`.
    pub(crate) payer: String,
    pub(crate) amount: Money,
    pub(crate) has_pin: bool,
}

/// What was read of an order reference.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Known<'a> {
    pub(crate) record: Option<&'a TransactionRecord>,
    pub(crate) pin_required: Option<&'a TransactionRecord>,
    /// Whether the request's key has made a transfer.
    pub(crate) key_is_used: bool,
}

/// What becomes of a payment.
#[derive(Debug)]
pub(crate) enum Course {
    /// Nothing is known yet: judge it.
    Judge,
    /// Its reversal came first.
    Reversed,
    /// It was answered before.
    Answer(Box<Answered>),
}

/// A transaction with its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The answer.
    pub view: TransactionView,
    /// Why it was declined, for the operator of the wallet.
    pub cause: Option<DeclineCause>,
    /// Whether an earlier request got it.
    pub replayed: bool,
    /// Whether that was another request, for the same order.
    pub duplicate: bool,
}

/// What becomes of a reversal.
#[derive(Debug)]
pub(crate) enum ReversalCourse<'a> {
    /// Money goes back.
    Reverse(&'a TransactionRecord),
    /// There is nothing to reverse: the order reference is closed to what may still arrive.
    Close(String),
    /// It was answered before.
    Answer(Box<TransactionView>),
}

impl Request {
    pub(crate) fn of(origin: &Origin) -> Self {
        Self { key: origin.id("txn_"), fingerprint: origin.fingerprint.clone() }
    }

    /// Whether this same request has decided or reversed a transaction.
    pub(crate) fn has_made(&self, record: &TransactionRecord) -> bool {
        let decided = record.decided.as_ref().map(|decided| (&decided.key, &decided.request_hash));
        let reversed = record.reversal.as_ref().map(|reversal| (&reversal.key, &reversal.request_hash));
        let mut known = decided.into_iter().chain(reversed);
        known.any(|(key, request_hash)| *key == self.key && self.fingerprint.is(request_hash))
    }

    /// Whether an earlier request is this same one.
    fn is(&self, key: &str, request_hash: &str) -> Result<bool, Refusal> {
        match (self.key == key, self.fingerprint.is(request_hash)) {
            (true, true) => Ok(true),
            (true, false) => Err(key_reused()),
            (false, _) => Ok(false),
        }
    }
}

/// Judges a payment by what is known. `same_payer` tells whether two names are one user's.
pub(crate) fn course(
    known: Known<'_>,
    wanted: &Wanted,
    same_payer: impl Fn(&str, &str) -> Result<bool, Failure>,
) -> Result<Course, Failure> {
    for record in [known.record, known.pin_required].into_iter().flatten() {
        if let Some(decided) = &record.decided
            && wanted.request.is(&decided.key, &decided.request_hash)?
        {
            return Ok(Course::Answer(Box::new(answer(record, decided, false)?)));
        }
    }
    if known.key_is_used {
        return Err(key_reused().into());
    }
    let same_terms = |decided: &Decided| {
        let is_same = decided.amount == wanted.amount.amount
            && decided.currency == wanted.amount.currency
            && same_payer(&decided.payer, &wanted.payer)?;
        if is_same {
            return Ok(());
        }
        let detail =
            "This order reference was used for another payer or amount. Use a new one for each order.";
        Err(Failure::from(Refusal::new(Code::OrderReferenceReused, detail)))
    };
    match (known.record, known.pin_required) {
        (Some(TransactionRecord { decided: None, .. }), _) => Ok(Course::Reversed),
        (Some(TransactionRecord { decided: Some(decided), .. }), _) => {
            same_terms(decided)?;
            let record = known.record.ok_or_else(|| Failure::broken("a record that was there"))?;
            Ok(Course::Answer(Box::new(answer(record, decided, true)?)))
        }
        (None, Some(record)) => {
            let decided = record.decided.as_ref().ok_or_else(|| Failure::broken("an undecided decline"))?;
            same_terms(decided)?;
            if wanted.has_pin {
                return Ok(Course::Judge);
            }
            Ok(Course::Answer(Box::new(answer(record, decided, true)?)))
        }
        (None, None) => Ok(Course::Judge),
    }
}

/// The first answer. Another request for an order that was reversed since is told so, lest it hands out goods.
fn answer(record: &TransactionRecord, decided: &Decided, duplicate: bool) -> Result<Answered, Failure> {
    let cause = decided.cause_of_decline;
    if duplicate && record.status == TransactionStatus::Reversed && cause.is_none() {
        let view = TransactionView {
            decision: crate::transaction::Decision::Declined,
            reason: Some(Code::Reversed.to_string()),
            ..record.view()?
        };
        return Ok(Answered { view, cause: Some(DeclineCause::Reversed), replayed: true, duplicate });
    }
    Ok(Answered { view: record.first_view()?, cause, replayed: true, duplicate })
}

/// Judges a reversal by what is known. `order_reference` is there if the caller named one instead of an id.
pub(crate) fn reversal_course<'a>(
    known: Known<'a>,
    request: &Request,
    device: &str,
    order_reference: Option<&str>,
) -> Result<ReversalCourse<'a>, Failure> {
    let own = |record: &&TransactionRecord| record.device == device;
    let (record, pin_required) = (known.record.filter(own), known.pin_required.filter(own));
    if let Some(record) = record
        && let Some(reversal) = &record.reversal
        && request.is(&reversal.key, &reversal.request_hash)?
    {
        return Ok(ReversalCourse::Answer(Box::new(record.view_of_reversal()?)));
    }
    let order_reference = order_reference.or(pin_required.map(|record| record.order_reference.as_str()));
    let Some(record) = record else {
        let order_reference = order_reference.ok_or_else(no_such_transaction)?;
        if known.key_is_used {
            return Err(key_reused().into());
        }
        return Ok(ReversalCourse::Close(order_reference.to_owned()));
    };
    if known.key_is_used {
        return Err(key_reused().into());
    }
    let (code, detail) = match record.status {
        TransactionStatus::Approved => return Ok(ReversalCourse::Reverse(record)),
        TransactionStatus::Declined => {
            (Code::TransactionDeclined, "No money moved, so there is nothing to reverse.")
        }
        TransactionStatus::Reversed => (Code::TransactionReversed, "The transaction was reversed before."),
        TransactionStatus::Settled => {
            (Code::TransactionSettled, "The merchant is paid. Send the money back by a transfer.")
        }
    };
    Err(Refusal::new(code, detail).with("current", record.status.as_str()).into())
}

fn key_reused() -> Refusal {
    let detail = "This Idempotency-Key was used for another request. Use a new key for a new request.";
    Refusal::new(Code::IdempotencyKeyReused, detail)
}

pub(crate) fn no_such_transaction() -> Refusal {
    Refusal::new(Code::NotFound, "No transaction of this point of sale has this id or order reference.")
}

#[cfg(test)]
mod tests;
