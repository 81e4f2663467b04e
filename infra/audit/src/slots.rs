//! Whether whatever waits for its time lies in the slot of that time, and nothing else lies in one.

use crate::books::Books;
use crate::offline::{Authorization, Transaction};
use crate::redemptions::{ACCEPTED, REVERSED, Redemption};
use crate::report::Violation;
use scrip_bills::{BillRecord, BillStatus};
use scrip_clock::Timestamp;
use scrip_group_payments::{RequestRecord, RequestStatus};
use scrip_slots::{Kind, Slot};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// How long the code of an ended authorization is kept.
const CODE_KEPT_MILLISECONDS: i64 = 48 * 3_600_000;

const CONFIRMATION_PREFIX: &str = "conf_";

/// What an item has to wait for.
struct Expected<'a> {
    kind: Kind,
    item: Cow<'a, str>,
    moment: &'static str,
    at: Timestamp,
}

pub(crate) fn check(books: &Books, violations: &mut Vec<Violation>) {
    for bill in &books.bills {
        let state = format!("the bill is {}", bill.status);
        compare(&bill.id, &state, of_bill(bill), bill.slot.as_ref(), violations);
    }
    let kept: BTreeSet<&String> = books.codes.iter().flat_map(|codes| codes.authorizations.keys()).collect();
    for record in &books.authorizations {
        let is_kept = kept.contains(&record.id);
        let code = if is_kept { "stored" } else { "erased" };
        let state = format!("the authorization is {} and its code {code}", record.status);
        compare(&record.id, &state, of_authorization(record, is_kept), record.slot.as_ref(), violations);
    }
    for transaction in &books.transactions {
        let state = format!("the transaction is {}", transaction.status);
        compare(&transaction.id, &state, of_transaction(transaction), transaction.slot.as_ref(), violations);
    }
    for request in &books.requests {
        let state = format!("the payment request is {}", request.status.as_str());
        compare(&request.id, &state, of_request(request), request.slot.as_ref(), violations);
    }
    for redemption in &books.redemptions {
        check_redemption(redemption, violations);
    }
}

/// What follows from a redemption is finished or not: nothing but its slot tells. One that has not been judged is not.
fn check_redemption(redemption: &Redemption, violations: &mut Vec<Violation>) {
    let is_followed_up = redemption.workflow.is_some() || redemption.id.starts_with(CONFIRMATION_PREFIX);
    let has_ended = !is_followed_up || redemption.status == REVERSED;
    let state = format!("the redemption is {}", redemption.status);
    let at = match &redemption.slot {
        None if redemption.status != ACCEPTED => return,
        slot => slot.as_ref().and_then(Slot::read).map(|waiting| waiting.at),
    };
    let received = Timestamp::from_millisecond(redemption.at).unwrap_or_default();
    let at = at.unwrap_or(received).max(received);
    let item = Cow::Borrowed(redemption.id.as_str());
    let expected = Expected { kind: Kind::CouponReward, item, moment: "unfinished", at };
    let expected = (!has_ended).then_some(expected);
    compare(&redemption.id, &state, expected, redemption.slot.as_ref(), violations);
}

fn of_transaction(transaction: &Transaction) -> Option<Expected<'_>> {
    let (capture, decided) = (transaction.capture.as_ref()?, transaction.decided.as_ref()?);
    let at = Timestamp::from_millisecond(capture.settles_at).ok()?;
    let item = format!("{}#{}#{}", transaction.merchant, decided.currency, transaction.id);
    let kind = Kind::PosSettlement;
    (transaction.status == "approved").then_some(Expected { kind, item: item.into(), moment: "window", at })
}

fn of_authorization(record: &Authorization, is_kept: bool) -> Option<Expected<'_>> {
    let (moment, at) = match record.status.as_str() {
        "approved" => ("expiry", record.valid_until),
        "expired" if is_kept => ("erasure", record.valid_until.saturating_add(CODE_KEPT_MILLISECONDS)),
        _ => return None,
    };
    let at = Timestamp::from_millisecond(at).ok()?;
    Some(Expected { kind: Kind::OfflineAuthorization, item: Cow::Borrowed(&record.id), moment, at })
}

fn of_request(request: &RequestRecord) -> Option<Expected<'_>> {
    let (moment, at) = request.next_moment();
    let at = Timestamp::from_millisecond(at).ok()?;
    let item = Cow::Borrowed(request.id.as_str());
    let expected = Expected { kind: Kind::PaymentRequest, item, moment, at };
    (request.status == RequestStatus::Open).then_some(expected)
}

fn of_bill(bill: &BillRecord) -> Option<Expected<'_>> {
    let (moment, at) = match bill.status {
        BillStatus::Open => ("expiry", Timestamp::from_millisecond(bill.effective_until).ok()?),
        BillStatus::AwaitingVerification => ("grace", bill.lapses_at().ok()?),
        _ => return None,
    };
    Some(Expected { kind: Kind::BillExpiry, item: Cow::Borrowed(&bill.id), moment, at })
}

fn compare(
    id: &str,
    state: &str,
    expected: Option<Expected<'_>>,
    slot: Option<&Slot>,
    violations: &mut Vec<Violation>,
) {
    let mut tell =
        |rule, what: &str| violations.push(Violation::new(rule, id, format!("{state}, but {what}")));
    let (expected, slot) = match (expected, slot) {
        (None, None) => return,
        (None, Some(_)) => return tell("slot-left", "it waits in a slot"),
        (Some(_), None) => return tell("slot-entered", "it waits in no slot"),
        (Some(expected), Some(slot)) => (expected, slot),
    };
    let Some(waiting) = slot.read() else { return tell("slot-known", "its slot says nothing that is known") };
    if (waiting.kind, waiting.item, waiting.moment) != (expected.kind, &*expected.item, expected.moment) {
        tell("slot-known", "its slot is of something else");
    }
    // What was put off lies later than when it was due at first.
    let is_put_off = slot.tries.is_some_and(|tries| tries > 0);
    if waiting.at != expected.at && (!is_put_off || waiting.at < expected.at) {
        tell("slot-timely", &format!("its slot is of {}", waiting.at));
    }
    if waiting.has_failed {
        tell("slot-worked-off", "nobody has been able to end it for days");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{self, broken_by};
    use crate::sample_coupons::{redemption, waiting};
    use crate::sample_offline::authorization;

    fn bill<'a>(books: &'a mut Books, name: &str) -> &'a mut BillRecord {
        books.bills.iter_mut().find(|bill| bill.id == sample::bill(name)).unwrap()
    }

    fn with_slot(change: impl FnOnce(&mut Slot)) -> Vec<&'static str> {
        broken_by(|books| change(bill(books, "open").slot.as_mut().unwrap()))
    }

    #[test]
    fn an_open_bill_that_nobody_will_end_is_found() {
        assert_eq!(broken_by(|books| bill(books, "open").slot = None), ["slot-entered"]);
        assert_eq!(with_slot(|slot| slot.slot = Kind::BillExpiry.failed_slot()), ["slot-worked-off"]);
        for unknown in ["bill-expiry", "other#0"] {
            assert_eq!(with_slot(|slot| slot.slot = unknown.into()), ["slot-known"]);
        }
        let another = |slot: &mut Slot| slot.due = slot.due.replace(&sample::bill("open"), "bill_other");
        assert_eq!(with_slot(another), ["slot-known"]);
    }

    #[test]
    fn a_slot_of_another_time_or_moment_is_found() {
        let later = |slot: &mut Slot| slot.due = slot.due.replacen('7', "8", 1);
        assert_eq!(with_slot(later), ["slot-timely"]);
        let put_off = |slot: &mut Slot| {
            later(slot);
            slot.tries = Some(1);
        };
        assert!(with_slot(put_off).is_empty());
        let awaiting = broken_by(|books| bill(books, "open").status = BillStatus::AwaitingVerification);
        assert_eq!(awaiting, ["slot-known", "slot-timely"]);
    }

    #[test]
    fn a_redemption_that_nobody_will_finish_is_found() {
        let change = |name: &'static str, change: &dyn Fn(&mut Redemption)| {
            broken_by(|books| {
                change(books.redemptions.iter_mut().find(|found| found.id == redemption(name)).unwrap());
            })
        };
        let rules = change("confirmed", &|record| record.status = ACCEPTED.to_owned());
        assert!(rules.contains(&"slot-entered"), "{rules:?}");
        assert!(change("confirmed", &|record| record.slot = Some(waiting(&record.id))).is_empty());
        assert_eq!(change("confirmed", &|record| record.slot = Some(waiting("conf_other"))), ["slot-known"]);
        for ended in ["verified", "reversed"] {
            assert_eq!(change(ended, &|record| record.slot = Some(waiting(&record.id))), ["slot-left"]);
        }
    }

    #[test]
    fn an_authorization_that_nobody_will_end_is_found() {
        let lunch = |books: &mut Books, change: &dyn Fn(&mut Authorization)| {
            let lunch = authorization("lunch");
            change(books.authorizations.iter_mut().find(|record| record.id == lunch).unwrap());
        };
        let without = broken_by(|books| lunch(books, &|record| record.slot = None));
        assert_eq!(without, ["slot-entered"]);
        let early = broken_by(|books| lunch(books, &|record| record.valid_until += 1));
        assert_eq!(early, ["slot-timely"]);
        let moved = |record: &mut Authorization| {
            let at = record.valid_until + CODE_KEPT_MILLISECONDS;
            record.status = "expired".into();
            record.slot.as_mut().unwrap().due = format!("{at}#erasure#{}", record.id);
        };
        let rules = broken_by(|books| lunch(books, &moved));
        assert!(!rules.iter().any(|rule| rule.starts_with("slot")), "{rules:?}");
        let rules = broken_by(|books| {
            lunch(books, &moved);
            books.codes.clear();
        });
        assert!(rules.contains(&"slot-left"), "{rules:?}");
    }

    #[test]
    fn a_payment_request_that_nobody_will_end_is_found() {
        assert_eq!(broken_by(|books| books.requests[0].slot = None), ["slot-entered"]);
        let reminded = broken_by(|books| books.requests[0].reminders = 1);
        assert_eq!(reminded, ["slot-timely"]);
    }

    #[test]
    fn what_has_ended_and_still_waits_is_found() {
        let left = broken_by(|books| {
            let slot = bill(books, "open").slot.clone();
            bill(books, "settled").slot = slot;
        });
        assert_eq!(left, ["slot-left"]);
    }
}
