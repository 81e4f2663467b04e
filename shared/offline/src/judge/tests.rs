use super::*;
use crate::grant::tests::grant;
use crate::tests::{NOW, at, cny, codes, keyring, offline, plan, presented};

fn matched<'a>(codes: &'a Codes, ids: &[&'a str]) -> Vec<Match<'a>> {
    let grants: Vec<_> = codes.grants().collect();
    let of = |id: &&'a str| {
        let (id, grant) = grants.iter().find(|(known, _)| known == id).unwrap();
        Match { id, grant, step: None }
    };
    ids.iter().map(of).collect()
}

fn case(codes: Option<Codes>, others: Vec<Codes>) -> Case {
    Case { codes, others, device: None, pin: None }
}

#[test]
fn the_first_authorization_that_pays_is_picked_and_else_the_first_cause_told() {
    let codes = codes([
        ("auth_1", grant(10, 2)),
        ("auth_2", Grant { uses_left: 0, ..grant(100, 2) }),
        ("auth_3", grant(100, 2)),
    ]);
    let found = |ids: &[&'static str], amount| {
        let found = find(&codes, &matched(&codes, ids), &presented(), cny(amount));
        found.map(|found| (found.user.to_owned(), found.id.to_owned()))
    };
    let by_alice = |id: &str| Ok(("alice".to_owned(), id.to_owned()));
    assert_eq!(found(&["auth_1", "auth_3"], 10), by_alice("auth_1"));
    assert_eq!(found(&["auth_1", "auth_2", "auth_3"], 11), by_alice("auth_3"));
    assert_eq!(found(&["auth_1", "auth_2"], 11), Err(DeclineCause::TransactionLimit));
    assert_eq!(found(&["auth_2", "auth_1"], 11), Err(DeclineCause::NoUsesLeft));
    assert_eq!(found(&[], 1), Err(DeclineCause::WrongCode));
    let nothing = crate::tests::codes([]);
    assert_eq!(find(&nothing, &[], &presented(), cny(1)).err(), Some(DeclineCause::UnknownUser));
}

#[test]
fn a_lock_or_a_payment_in_one_place_of_a_payer_is_one_in_all() {
    let merchant = merchant_tags(&keyring(), "mch_1");
    let mut locked = codes([]);
    for _ in 0..5 {
        let record = locked.record.as_mut().unwrap();
        let next = record.guesses.missed(&merchant, at(NOW));
        record.guesses = next.as_first(&merchant);
    }
    let left = |case: Case| case.left(&merchant, at(NOW));
    assert_eq!(left(case(Some(codes([])), vec![])), None);
    assert_eq!(left(case(Some(codes([])), vec![locked.clone()])), Some(15 * 60_000));
    assert_eq!(left(case(Some(locked), vec![codes([])])), Some(15 * 60_000));

    let mut paid = codes([]);
    let next = paid.record.as_ref().unwrap().guesses.paid(&merchant, at(NOW));
    paid.record.as_mut().unwrap().guesses = next.as_first(&merchant);
    let known = |case: Case| case.merchant(&keyring(), &presented()).paid_at;
    assert_eq!(known(case(Some(codes([])), vec![])), 0);
    assert_eq!(known(case(Some(codes([])), vec![paid.clone()])), NOW);
    assert_eq!(known(case(Some(paid), vec![codes([])])), NOW);
}

#[test]
fn what_was_used_comes_back_until_the_authorization_is_over() {
    let consumed = |reserved| Consumed {
        codes: "CODES#000000007".to_owned(),
        authorization: "auth_1".to_owned(),
        amount: 70,
        day: "2025-11-24".to_owned(),
        reserved,
        valid_until: NOW + 1,
    };
    for reserved in [true, false] {
        let restoration = offline().restoration(&consumed(reserved), at(NOW)).unwrap().unwrap();
        assert_eq!(restoration.to_reserve, reserved);
        assert_eq!(plan([restoration.write]), plan([restored("offline", &consumed(reserved))]));
    }
    assert!(offline().restoration(&consumed(true), at(NOW + 1)).unwrap().is_none());
}

#[test]
fn a_pin_is_read_with_the_codes_where_the_user_is_named() {
    let asked = |pin: Option<&str>| {
        let pin = pin.map(|pin| Pin::parse(pin).unwrap());
        let (codes, _, pin) = offline().case_addresses(&Presented { pin, ..presented() }).unwrap();
        (codes.len(), pin.is_some())
    };
    assert_eq!((asked(None), asked(Some("493817"))), ((3, false), (3, true)));
}

#[test]
fn a_decline_is_told_only_as_it_was_judged() {
    let codes = codes([("auth_1", grant(100, 2))]);
    let decline = Decline {
        reason: Code::PinRequired,
        cause: DeclineCause::PinRequired,
        user: None,
        writes: vec![codes.unchanged("offline")],
    };
    let mut transaction = Transaction::new();
    decline.add_to(&mut transaction);
    assert_eq!(transaction.plan(), ["check offline CODES#000000007 CODES IF guard = 3"]);
}
