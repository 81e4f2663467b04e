use super::*;
use crate::transaction::{Capture, Decision, Reversal, transaction_id};
use crate::{Consumed, Reference};
use proptest::prelude::*;
use scrip_ledger::AccountId;
use scrip_money::Currency;

const DEVICE: &str = "dev_1";

fn request(key: &str) -> Request {
    Request { key: key.into(), fingerprint: Fingerprint::of(&[key.as_bytes()]) }
}

fn wanted(key: &str) -> Wanted {
    Wanted {
        request: request(key),
        payer: "user:alice".into(),
        amount: Money::new(100, Currency::CNY),
        has_pin: false,
    }
}

fn decided(wanted: &Wanted, cause: Option<DeclineCause>) -> TransactionRecord {
    let is_approved = cause.is_none();
    let consumed = Consumed {
        codes: "CODES#123456789".into(),
        authorization: "auth_1".into(),
        amount: 100,
        day: "2026-11-23".into(),
        reserved: false,
        valid_until: 0,
    };
    let account = AccountId::of_merchant("mch_00000000000000000000000000");
    TransactionRecord {
        id: transaction_id(DEVICE, "o-1"),
        device: DEVICE.into(),
        merchant: "mch_1".into(),
        order_reference: "o-1".into(),
        status: if is_approved { TransactionStatus::Approved } else { TransactionStatus::Declined },
        decided: Some(Decided {
            decision: if is_approved { Decision::Approved } else { Decision::Declined },
            reason: cause.map(|cause| cause.reason().to_string()),
            cause_of_decline: cause,
            payer: wanted.payer.clone(),
            user: None,
            amount: wanted.amount.amount,
            currency: wanted.amount.currency,
            at: 1,
            occurred_at: None,
            key: wanted.request.key.clone(),
            request_hash: wanted.request.fingerprint.as_str().to_owned(),
        }),
        capture: is_approved.then_some(Capture { account, consumed, settles_at: 1_800_001 }),
        reversal: None,
        settled_at: None,
        settlement: None,
        slot: None,
        ttl: None,
    }
}

fn reversed(record: TransactionRecord, key: &str) -> TransactionRecord {
    let Request { key, fingerprint } = request(key);
    let request_hash = fingerprint.as_str().to_owned();
    let reversal = Some(Reversal { key, request_hash, at: 2, first: false });
    TransactionRecord { status: TransactionStatus::Reversed, reversal, ..record }
}

fn tombstone(key: &str) -> TransactionRecord {
    let Request { key, fingerprint } = request(key);
    let request_hash = fingerprint.as_str().to_owned();
    TransactionRecord {
        status: TransactionStatus::Reversed,
        decided: None,
        capture: None,
        reversal: Some(Reversal { key, request_hash, at: 2, first: true }),
        ..decided(&wanted("none"), Some(DeclineCause::Reversed))
    }
}

fn of(record: &TransactionRecord) -> Known<'_> {
    Known { record: Some(record), ..Known::default() }
}

fn judged(known: Known<'_>, wanted: &Wanted) -> Result<Course, Failure> {
    course(known, wanted, |one, other| Ok(one == other))
}

#[track_caller]
fn answered(known: Known<'_>, wanted: &Wanted) -> Answered {
    match judged(known, wanted) {
        Ok(Course::Answer(answered)) => *answered,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn refused(known: Known<'_>, wanted: &Wanted) -> Code {
    judged(known, wanted).unwrap_err().code().expect("a refusal")
}

#[test]
fn the_same_request_gets_its_first_answer_whatever_became_of_it() {
    let first = wanted("k1");
    let approved = decided(&first, None);
    let settled =
        TransactionRecord { status: TransactionStatus::Settled, settled_at: Some(3), ..approved.clone() };
    let view = approved.view().unwrap();
    for record in [&approved, &settled, &reversed(approved.clone(), "r1")] {
        let answered = answered(of(record), &first);
        assert_eq!((&answered.view, answered.replayed, answered.duplicate), (&view, true, false));
    }
    let changed =
        Wanted { request: Request { fingerprint: Fingerprint::of(&[b"other"]), ..request("k1") }, ..first };
    assert_eq!(refused(of(&approved), &changed), Code::IdempotencyKeyReused);
}

#[test]
fn another_request_for_the_same_order_gets_the_first_answer_on_the_same_terms_alone() {
    let approved = decided(&wanted("k1"), None);
    let second = wanted("k2");
    let told = answered(of(&approved), &second);
    assert_eq!((told.view.decision, told.replayed, told.duplicate), (Decision::Approved, true, true));

    let other_amount = Wanted { amount: Money::new(101, Currency::CNY), ..second.clone() };
    let other_currency = Wanted { amount: Money::new(100, Currency::JPY), ..second.clone() };
    let other_payer = Wanted { payer: "user:bob".into(), ..second.clone() };
    for wanted in [other_amount, other_currency, other_payer] {
        assert_eq!(refused(of(&approved), &wanted), Code::OrderReferenceReused);
    }
    let scanned = Wanted { payer: "alias:123456789".into(), ..second };
    assert!(matches!(course(of(&approved), &scanned, |_, _| Ok(true)), Ok(Course::Answer(_))));
}

#[test]
fn a_key_pays_one_order() {
    let known = Known { key_is_used: true, ..Known::default() };
    assert_eq!(refused(known, &wanted("k1")), Code::IdempotencyKeyReused);
    let approved = decided(&wanted("k1"), None);
    assert!(matches!(
        judged(Known { key_is_used: true, ..of(&approved) }, &wanted("k1")),
        Ok(Course::Answer(_))
    ));
}

#[test]
fn a_decline_is_final_unless_it_is_for_want_of_a_pin() {
    let with_pin = Wanted { has_pin: true, ..wanted("k2") };
    let declined = decided(&wanted("k1"), Some(DeclineCause::WrongCode));
    let told = answered(of(&declined), &with_pin);
    assert_eq!(
        (told.view.reason.as_deref(), told.cause),
        (Some("code-not-accepted"), Some(DeclineCause::WrongCode))
    );

    let pin_required = decided(&wanted("k1"), Some(DeclineCause::PinRequired));
    let known = Known { pin_required: Some(&pin_required), ..Known::default() };
    assert!(matches!(judged(known, &with_pin), Ok(Course::Judge)));
    assert_eq!(answered(known, &wanted("k2")).view.reason.as_deref(), Some("pin-required"));
    assert_eq!(
        refused(known, &Wanted { amount: Money::new(1, Currency::CNY), ..with_pin.clone() }),
        Code::OrderReferenceReused
    );

    // Once it is approved with a PIN, each request keeps its own answer.
    let approved = decided(&with_pin, None);
    let known = Known { record: Some(&approved), ..known };
    assert_eq!(answered(known, &wanted("k1")).view.reason.as_deref(), Some("pin-required"));
    assert_eq!(answered(known, &with_pin).view.decision, Decision::Approved);
}

#[test]
fn what_was_reversed_is_not_approved_to_anybody_else() {
    let closed = tombstone("r1");
    assert!(matches!(judged(of(&closed), &wanted("k1")), Ok(Course::Reversed)));
    let gone = reversed(decided(&wanted("k1"), None), "r1");
    let told = answered(of(&gone), &wanted("k2"));
    assert_eq!((told.view.decision, told.view.reason.as_deref()), (Decision::Declined, Some("reversed")));
}

fn reversal<'a>(known: Known<'a>, key: &str, order: Option<&str>) -> Result<ReversalCourse<'a>, Failure> {
    reversal_course(known, &request(key), DEVICE, order)
}

#[test]
fn a_reversal_takes_back_what_is_approved_and_closes_what_has_not_come() {
    let approved = decided(&wanted("k1"), None);
    assert!(matches!(reversal(of(&approved), "r1", None), Ok(ReversalCourse::Reverse(_))));
    assert!(
        matches!(reversal(Known::default(), "r1", Some("o-1")), Ok(ReversalCourse::Close(order)) if order == "o-1")
    );
    let pin_required = decided(&wanted("k1"), Some(DeclineCause::PinRequired));
    let known = Known { pin_required: Some(&pin_required), ..Known::default() };
    assert!(matches!(reversal(known, "r1", None), Ok(ReversalCourse::Close(order)) if order == "o-1"));
    assert_eq!(reversal(Known::default(), "r1", None).unwrap_err().code(), Some(Code::NotFound));
    let others = TransactionRecord { device: "dev_2".into(), ..approved };
    assert_eq!(reversal(of(&others), "r1", None).unwrap_err().code(), Some(Code::NotFound));
}

#[test]
fn a_reversal_is_answered_once_and_refused_where_there_is_nothing_to_take_back() {
    let approved = decided(&wanted("k1"), None);
    let gone = reversed(approved.clone(), "r1");
    assert!(matches!(reversal(of(&gone), "r1", None), Ok(ReversalCourse::Answer(_))));
    let settled = TransactionRecord { status: TransactionStatus::Settled, ..approved };
    let declined = decided(&wanted("k1"), Some(DeclineCause::WrongCode));
    for (record, code, current) in [
        (&gone, Code::TransactionReversed, "reversed"),
        (&tombstone("r1"), Code::TransactionReversed, "reversed"),
        (&settled, Code::TransactionSettled, "settled"),
        (&declined, Code::TransactionDeclined, "declined"),
    ] {
        let Err(Failure::Refused(refusal)) = reversal(of(record), "r2", Some("o-1")) else {
            panic!("{record:?}")
        };
        assert_eq!((refusal.code, &refusal.facts["current"]), (code, &current.into()));
    }
    for known in [of(&settled), Known::default()] {
        let used = Known { key_is_used: true, ..known };
        let refused = reversal(used, "r2", Some("o-1")).unwrap_err();
        assert_eq!(refused.code(), Some(Code::IdempotencyKeyReused));
    }
}

#[test]
fn a_reversal_that_came_first_keeps_its_answer_when_its_transaction_comes() {
    let closed = tombstone("r1");
    let first = closed.view().unwrap();
    let late = TransactionRecord {
        status: TransactionStatus::Reversed,
        reversal: closed.reversal.clone(),
        ..decided(&wanted("k1"), Some(DeclineCause::Reversed))
    };
    let Ok(ReversalCourse::Answer(again)) = reversal(of(&late), "r1", None) else { panic!("an answer") };
    assert_eq!(*again, first);
    let told = answered(of(&late), &wanted("k1"));
    assert_eq!(
        (told.view.status, told.view.reason.as_deref()),
        (TransactionStatus::Reversed, Some("reversed"))
    );
    assert_eq!(told.view.amount, Some(Money::new(100, Currency::CNY)));
}

/// What is stored of one order reference, and what a request does to it: as `transact` and `reverse` do, with writes
/// that hold only if nothing came between.
#[derive(Clone, Debug, Default)]
struct Order {
    record: Option<TransactionRecord>,
    pin_required: Option<TransactionRecord>,
    version: usize,
    paid: i64,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Pay { key: u8, has_pin: bool, outcome: u8 },
    Reverse { key: u8 },
    Settle,
}

impl Order {
    fn known(&self) -> Known<'_> {
        Known { record: self.record.as_ref(), pin_required: self.pin_required.as_ref(), key_is_used: false }
    }

    /// What this step would write over what it read, and how much money that moves.
    fn plan(&self, step: Step) -> Option<Order> {
        let mut next = self.clone();
        next.version += 1;
        match step {
            Step::Pay { key, has_pin, outcome } => {
                let wanted = Wanted { has_pin, ..wanted(&format!("k{key}")) };
                let cause = match (outcome, has_pin) {
                    (0, _) => None,
                    (1, false) => Some(DeclineCause::PinRequired),
                    _ => Some(DeclineCause::WrongCode),
                };
                match judged(self.known(), &wanted).ok()? {
                    Course::Answer(_) => return None,
                    Course::Reversed => {
                        let reversal = self.record.as_ref()?.reversal.clone();
                        let late = decided(&wanted, Some(DeclineCause::Reversed));
                        next.record =
                            Some(TransactionRecord { status: TransactionStatus::Reversed, reversal, ..late });
                    }
                    Course::Judge if cause == Some(DeclineCause::PinRequired) => {
                        next.pin_required = Some(decided(&wanted, cause));
                    }
                    Course::Judge => {
                        next.paid += i64::from(cause.is_none());
                        next.record = Some(decided(&wanted, cause));
                    }
                }
            }
            Step::Reverse { key } => match reversal(self.known(), &format!("r{key}"), Some("o-1")).ok()? {
                ReversalCourse::Answer(_) => return None,
                ReversalCourse::Close(_) => next.record = Some(tombstone(&format!("r{key}"))),
                ReversalCourse::Reverse(record) => {
                    next.paid -= 1;
                    next.record = Some(reversed(record.clone(), &format!("r{key}")));
                }
            },
            Step::Settle => {
                let record = self.record.clone().filter(|r| r.status == TransactionStatus::Approved)?;
                next.record = Some(TransactionRecord {
                    status: TransactionStatus::Settled,
                    settled_at: Some(3),
                    ..record
                });
            }
        }
        Some(next)
    }
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..4_u8, any::<bool>(), 0..3_u8)
            .prop_map(|(key, has_pin, outcome)| Step::Pay { key, has_pin, outcome }),
        3 => (0..3_u8).prop_map(|key| Step::Reverse { key }),
        1 => Just(Step::Settle),
    ]
}

proptest! {
    /// Steps read, and write later: `overlap` of them are on their way at once. A write over what has changed is
    /// planned anew.
    #[test]
    fn an_order_is_paid_or_reversed_and_never_both(
        steps in proptest::collection::vec((step(), 0..3_usize), 1..30),
    ) {
        let mut order = Order::default();
        let mut waiting: Vec<(Step, Order)> = Vec::new();
        let mut was_reversed = false;
        for (step, overlap) in steps {
            waiting.push((step, order.clone()));
            while waiting.len() > overlap {
                let (step, read) = waiting.remove(0);
                let planned = read.plan(step);
                let holds = read.version == order.version;
                let planned = if holds { planned } else { order.plan(step) };
                order = planned.unwrap_or(order);

                let status = order.record.as_ref().map(|record| record.status);
                let is_paid = matches!(status, Some(TransactionStatus::Approved | TransactionStatus::Settled));
                prop_assert_eq!(order.paid, i64::from(is_paid));
                was_reversed |= status == Some(TransactionStatus::Reversed);
                prop_assert!(!(was_reversed && is_paid), "reversed once is reversed for good");
                if let Some(record) = &order.record {
                    prop_assert!(record.view().is_ok() && record.first_view().is_ok());
                }
            }
        }
    }

    #[test]
    fn references_and_ids_are_told_apart(text in "[A-Za-z0-9._:-]{1,64}") {
        let reference = Reference::parse(&text);
        if text.starts_with("pos_") {
            prop_assert!(!matches!(reference, Some(Reference::Order(_))));
        } else {
            prop_assert_eq!(reference, Some(Reference::Order(text)));
        }
        let id = transaction_id("dev_1", "o-1");
        prop_assert_eq!(Reference::parse(&id), Some(Reference::Id(id)));
    }

    #[test]
    fn no_text_makes_a_reference_panic(text in "\\PC{0,80}") {
        if let Some(Reference::Order(order)) = Reference::parse(&text) {
            prop_assert!(order.is_ascii() && !order.contains('/') && order.len() <= 64);
        }
    }
}

#[test]
fn a_request_knows_what_it_has_made() {
    let approved = decided(&wanted("k1"), None);
    let both = reversed(approved.clone(), "r1");
    let made = |key: &str| [&approved, &both, &tombstone("t1")].map(|record| request(key).has_made(record));
    assert_eq!(made("k1"), [true, true, false]);
    assert_eq!(made("r1"), [false, true, false]);
    assert_eq!(made("t1"), [false, false, true]);
    assert_eq!(made("k2"), [false; 3]);
    let another = Request { key: "k1".into(), fingerprint: Fingerprint::of(&[b"another"]) };
    assert!(!another.has_made(&approved));
}
