use super::*;
use scrip_fields::MAX_ORDER_REFERENCE_CHARACTERS;
use scrip_money::Currency;
use scrip_slots::Slot;
use scrip_store::{Item, encode};

/// Bytes of an item, as `DynamoDB` counts them: names and values, three for each list or map and one for each of its
/// elements, a number half its digits and one.
/// Source: <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>.
fn bytes(value: &scrip_store::AttributeValue) -> usize {
    use scrip_store::AttributeValue::{Bool, L, M, N, Null, S};
    match value {
        S(text) => text.len(),
        N(number) => number.len().div_ceil(2) + 1,
        Bool(_) | Null(_) => 1,
        M(members) => 3 + size(members) + members.len(),
        L(elements) => 3 + elements.iter().map(|element| 1 + bytes(element)).sum::<usize>(),
        other => panic!("{other:?}"),
    }
}

fn size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + bytes(value)).sum()
}

/// One that an approval stores, with every text as long as it usually is at most.
fn longest() -> TransactionRecord {
    let id = |prefix: &str| derive_id(prefix, &["x"]);
    TransactionRecord {
        id: id("pos_"),
        device: id("dev_"),
        merchant: id("mch_"),
        order_reference: "o".repeat(MAX_ORDER_REFERENCE_CHARACTERS),
        status: TransactionStatus::Approved,
        decided: Some(Decided {
            decision: Decision::Approved,
            reason: None,
            cause_of_decline: None,
            payer: format!("user:{}", "u".repeat(64)),
            user: None,
            amount: 1_000_000_000_000_000,
            currency: Currency::CNY,
            at: 1_764_000_000_000,
            occurred_at: Some(1_764_000_000_000),
            key: id("txn_"),
            request_hash: "h".repeat(52),
        }),
        capture: Some(Capture {
            account: AccountId::of_merchant(&id("mch_")),
            consumed: Consumed {
                codes: "CODES#123456789".into(),
                authorization: id("auth_"),
                amount: 1_000_000_000_000_000,
                day: "2026-11-23".into(),
                reserved: true,
                valid_until: 1_764_000_000_000,
            },
            settles_at: 1_764_000_000_000,
        }),
        reversal: None,
        settled_at: None,
        settlement: None,
        slot: Some(Slot {
            slot: "pos-settlement#199".into(),
            due: format!("1764000000000#window#{}#CNY#{}", id("mch_"), id("pos_")),
            cause: Some("00000000-0000-0000-0000-000000000000".into()),
            tries: Some(36),
        }),
        ttl: None,
    }
}

#[test]
fn a_transaction_fits_into_a_kilobyte_and_so_does_its_reversal() {
    let approved = longest();
    let reversal = Reversal {
        key: derive_id("txn_", &["x"]),
        request_hash: "h".repeat(52),
        at: 1_764_000_000_000,
        first: false,
    };
    let reversed = TransactionRecord { reversal: Some(reversal), slot: None, ..approved.clone() };
    let settlement = Some(derive_id("stl_", &["x"]));
    let settled =
        TransactionRecord { settlement, settled_at: Some(1_764_000_000_000), slot: None, ..approved.clone() };
    for record in [approved, reversed, settled] {
        let item = encode(&TransactionRecord::key(&record.id), &record).unwrap();
        assert!(size(&item) <= 1_024, "{}", size(&item));
    }
}

#[test]
fn it_settles_at_the_end_of_the_minute_in_which_its_window_ends() {
    const MINUTE: i64 = 60_000;
    for (approved, settles) in [(0, 30), (1, 31), (MINUTE - 1, 31), (MINUTE, 31), (MINUTE + 1, 32)] {
        assert_eq!(settles_at(approved), settles * MINUTE, "{approved}");
    }
}

#[test]
fn what_is_stored_is_what_is_read() {
    let record = longest();
    let item = encode(&TransactionRecord::key(&record.id), &record).unwrap();
    assert_eq!(scrip_store::decode::<TransactionRecord>(item).unwrap(), record);
}

#[test]
fn the_user_is_who_was_presented_or_who_has_the_alias() {
    let mut record = longest();
    assert_eq!(record.user(), Some("u".repeat(64).as_str()));
    let decided = record.decided.as_mut().unwrap();
    decided.payer = "alias:123456789".into();
    assert_eq!(record.user(), None);
    record.decided.as_mut().unwrap().user = Some("alice".into());
    assert_eq!(record.user(), Some("alice"));
}

#[test]
fn what_was_captured_leaves_clearing_where_it_came_in() {
    let record = longest();
    let debit = record.clearing_debit().unwrap();
    let capture = record.decided.as_ref().unwrap().key.as_str();
    assert_eq!(debit.account, AccountId::clearing(Currency::CNY));
    assert_eq!(debit.shard, debit.account.shard_for(capture));
}

#[test]
fn it_is_named_by_its_id_or_by_its_order() {
    let id = transaction_id("dev_1", "o-1");
    let named = |text: &str, device: &str| Reference::parse(text).unwrap().id(device);
    assert_eq!([named(&id, "dev_1"), named("o-1", "dev_1")], [id.clone(), id.clone()]);
    assert_ne!(named("o-1", "dev_2"), id);
    assert_eq!(Reference::pattern(), "^[A-Za-z0-9._:-]{1,64}$");
}

#[test]
fn a_reversal_shows_what_it_took_back() {
    let reversal =
        Reversal { key: "txn_2".into(), request_hash: "h".into(), at: 1_764_000_060_000, first: false };
    let record =
        TransactionRecord { status: TransactionStatus::Reversed, reversal: Some(reversal), ..longest() };
    let view = record.view_of_reversal().unwrap();
    assert_eq!((view.decision, view.amount), (Decision::Approved, record.money()));
    assert_eq!(view.at.to_string(), "2025-11-24T16:00:00Z");
    assert_eq!(view.reversed_at.unwrap().to_string(), "2025-11-24T16:01:00Z");
}
