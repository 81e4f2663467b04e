use super::*;
use scrip_money::{Currency, Money};

const POS: Pos<'_> = Pos { device: "dev_1", merchant: "mch_1", currency: "CNY" };

fn stored(number: usize) -> StoredPayment {
    StoredPayment {
        user: Some("alice".into()),
        secure_code: Some("493028174650".into()),
        presentation_code: None,
        amount: Money::new(100, Currency::CNY),
        order_reference: format!("o-{number}"),
        occurred_at: "2026-11-23T10:00:00Z".into(),
        pin: Some("493817".into()),
    }
}

fn parcel() -> Parcel {
    Parcel {
        device: POS.device.into(),
        merchant: POS.merchant.into(),
        currency: POS.currency.into(),
        accepted_at: 1_764_000_000_000,
        transactions: vec![stored(1), stored(2)],
    }
}

fn keyring() -> Keyring {
    Keyring::from_secret("a master secret for tests, long enough").unwrap()
}

#[test]
fn a_message_is_opened_as_what_it_was_sealed_for_alone() {
    let message = Envelope::seal(&keyring(), "btch_1", 3, "r1", &parcel()).unwrap();
    for secret in ["493028174650", "493817", "alice", "o-1"] {
        assert!(!message.contains(secret), "{message}");
    }
    let envelope = || Envelope::read(&message).unwrap();
    assert_eq!(envelope().cause, "r1");
    let opened = envelope().open(&keyring()).unwrap();
    assert_eq!(serde_json::to_value(&opened).unwrap(), serde_json::to_value(parcel()).unwrap());

    let other_part = Envelope { part: 4, ..envelope() };
    let other_batch = Envelope { batch: "btch_2".into(), ..envelope() };
    let damaged = Envelope { sealed: envelope().sealed.replace('A', "B"), ..envelope() };
    for envelope in [other_part, other_batch, damaged] {
        assert!(matches!(envelope.open(&keyring()), Err(Failure::Broken(_))), "{envelope:?}");
    }
}

#[test]
fn what_is_no_message_is_told_without_what_it_says() {
    for message in ["", "secret", "{}", r#"{"batch":"secret"}"#, "[1]"] {
        let Err(Failure::Broken(why)) = Envelope::read(message) else { panic!("{message}") };
        assert!(!why.contains("secret"), "{why}");
    }
}

#[test]
fn a_batch_has_1_to_100_transactions_each_order_once() {
    let code = |transactions: Vec<StoredPayment>| {
        let refused = PosBatch { transactions }.check(POS).err();
        refused.map(|refusal| (refusal.fields[0].pointer.clone(), refusal.fields[0].code))
    };
    assert_eq!(code((0..100).map(stored).collect()), None);
    assert_eq!(code(Vec::new()), Some(("/transactions".into(), Code::OutOfRange)));
    assert_eq!(code((0..101).map(stored).collect()), Some(("/transactions".into(), Code::TooMany)));
    let twice = Some(("/transactions/1/order_reference".into(), Code::InvalidField));
    assert_eq!(code(vec![stored(1), stored(1)]), twice);
}

#[test]
fn a_batch_is_completed_when_each_transaction_has_its_result() {
    let record = BatchRecord {
        id: "btch_1".into(),
        device: "dev_1".into(),
        count: 2,
        accepted_at: 0,
        request_hash: String::new(),
        ttl: 0,
    };
    let result = BatchResult {
        order_reference: "o-1".into(),
        transaction: None,
        decision: Decision::Declined,
        reason: None,
        retry_after_seconds: None,
        duplicate: false,
    };
    for (count, status) in
        [(0, BatchStatus::Accepted), (1, BatchStatus::Accepted), (2, BatchStatus::Completed)]
    {
        assert_eq!(record.view(vec![result.clone(); count]).unwrap().status, status);
    }
}

#[test]
fn the_results_of_all_parts_fit_into_one_read_and_keep_their_order() {
    let parts = MAX_BATCH_TRANSACTIONS.div_ceil(MAX_MESSAGE_TRANSACTIONS);
    assert_eq!(u32::try_from(parts).unwrap() + 1, MAX_PARTITION_ITEMS);
    let keys: Vec<_> = (0..parts).map(|part| results_key("btch_1", part).sk).collect();
    assert!(keys.is_sorted());
}

#[test]
fn results_lie_with_their_batch_until_its_declines_are_forgotten() {
    assert_eq!(results_key("btch_1", 3), Key::new("BATCH#btch_1".to_owned(), "RESULTS#03".to_owned()));
    let day = Timestamp::from_second(batch_forgotten_at(Timestamp::UNIX_EPOCH)).unwrap();
    assert_eq!((day - Timestamp::UNIX_EPOCH).as_secs(), DECLINED_KEPT_DAYS * 24 * 3_600);
}
