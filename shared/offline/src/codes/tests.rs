use super::*;
use crate::grant::DailyLimit;
use crate::grant::tests::grant;
use crate::tests::{NOW, at, bakery, codes, plan};

const MINUTE: i64 = 60_000;
const UPDATE: &str = "update offline CODES#000000007 CODES: SET ";

fn used(grant: &Grant, step: Option<Step>) -> String {
    let change = Change::by_payment(70, "2025-11-24".to_owned());
    let codes = codes([("auth_1", grant.clone())]);
    plan(codes.used("offline", ("auth_1", grant), &change, step, (&bakery(), at(NOW)))).concat()
}

#[test]
fn a_payment_takes_its_amount_and_a_use_while_both_are_left() {
    let expected = format!(
        "{UPDATE}auth.remaining = auth.remaining + -70, auth.uses_left = auth.uses_left + -1, \
         auth.day_counts.2025-11-24 = if_not_exists(auth.day_counts.2025-11-24, 0) - -1, \
         auth.day_amounts.2025-11-24 = if_not_exists(auth.day_amounts.2025-11-24, 0) - -70, \
         merchants.bakery = {{paid_at: {NOW}}} \
         IF guard = 3 AND auth.uses_left >= 1 AND auth.remaining >= 70 AND auth.reserve = false"
    );
    assert_eq!(used(&grant(100, 2), None), expected.replace("auth.", "authorizations.auth_1."));
    let reserved = used(&Grant { reserve: true, ..grant(100, 2) }, None);
    assert!(reserved.ends_with("AND authorizations.auth_1.reserve = true"), "{reserved}");
}

#[test]
fn a_time_based_code_is_used_up_and_a_day_has_its_bounds() {
    let by_code = used(&grant(100, 2), Some(Step(9)));
    let list = "authorizations.auth_1.steps";
    assert!(by_code.contains(&format!(", {list} = list_append({list}, [9]), ")), "{by_code}");
    assert!(by_code.ends_with(&format!("AND NOT contains({list}, 9) AND size({list}) < 200")), "{by_code}");
    let by_day = used(&Grant { per_day: Some(DailyLimit { count: 2, amount: 100 }), ..grant(100, 2) }, None);
    for (name, bound) in [("day_counts", "< 2"), ("day_amounts", "<= 30")] {
        let day = format!("authorizations.auth_1.{name}.2025-11-24");
        assert!(by_day.contains(&format!(" AND (attribute_not_exists({day}) OR {day} {bound})")), "{by_day}");
    }
}

#[test]
fn a_reversal_gives_back_what_was_taken_unless_the_authorization_has_ended() {
    let consumed = Consumed {
        codes: "CODES#000000007".to_owned(),
        authorization: "auth_1".to_owned(),
        amount: 70,
        day: "2025-11-24".to_owned(),
        reserved: false,
        valid_until: NOW + 1,
    };
    let expected = format!(
        "{UPDATE}auth.remaining = auth.remaining + 70, auth.uses_left = auth.uses_left + 1, \
         auth.day_counts.2025-11-24 = if_not_exists(auth.day_counts.2025-11-24, 0) - 1, \
         auth.day_amounts.2025-11-24 = if_not_exists(auth.day_amounts.2025-11-24, 0) - 70 \
         IF auth.ended = false"
    );
    assert_eq!(plan([restored("offline", &consumed)]), [expected.replace("auth.", "authorizations.auth_1.")]);
}

#[test]
fn a_miss_counts_against_merchant_new_merchants_and_user() {
    let now = at(NOW);
    let missed = |codes: &Codes, is_looked_at| {
        let (write, lock) = codes.missed("offline", Some("alice"), (&bakery(), is_looked_at), now).unwrap();
        (plan([write]).concat(), lock)
    };
    let (line, lock) = missed(&codes([("auth_1", grant(100, 2))]), true);
    let expected = format!(
        "{UPDATE}everywhere = {}, at_new = {}, told_at = 0, told = \"merchant\", guard = guard + 1, \
         merchants.bakery = {{misses: {}}} IF guard = 3",
        NOW + 10 * MINUTE,
        NOW + 60 * MINUTE,
        NOW + 15 * MINUTE,
    );
    assert_eq!((line, lock), (expected, None));

    let (line, _) = missed(&codes([]), false);
    let ttl = NOW / 1_000 + 24 * 3_600;
    let expected = format!(
        "{UPDATE}everywhere = 0, at_new = 0, told_at = 0, told = \"merchant\", guard = guard + 1, \
         ttl = {ttl}, merchants.bakery = {{}} IF guard = 3"
    );
    assert_eq!(line, expected);

    let (line, _) = missed(&Codes { alias: Alias::of_number(7), record: None }, true);
    assert!(line.starts_with("put offline {at_new: ") && line.contains("guard: 0, "), "{line}");
    assert!(line.contains(&format!("ttl: {ttl}, user: \"alice\"")), "{line}");
    assert!(line.ends_with("} IF attribute_not_exists(pk)"), "{line}");
}

#[test]
fn what_is_known_of_no_merchant_yet_is_written_whole() {
    let mut old = codes([("auth_1", grant(100, 2))]);
    old.record.as_mut().unwrap().guesses.merchants = None;
    let change = Change::by_payment(70, "2025-11-24".to_owned());
    let write = old.used("offline", ("auth_1", &grant(100, 2)), &change, None, (&bakery(), at(NOW)));
    let line = plan(write).concat();
    assert!(line.contains(&format!(", merchants = {{bakery: {{paid_at: {NOW}}}}} IF ")), "{line}");
    assert!(line.ends_with(" AND attribute_not_exists(merchants)"), "{line}");
}

#[test]
fn an_authorization_is_added_in_place_of_one_that_has_ended_and_forgets_what_strangers_guessed() {
    let granted = |codes: &Codes, instead_of| {
        let write = codes.granted("offline", "alice", ("auth_2", &grant(100, 2)), (instead_of, &[]));
        plan(write).concat()
    };
    let (set, condition) = ("everywhere = 0, at_new = 0, guard = guard + 1 REMOVE ttl", "IF guard = 3");
    let beside = granted(&codes([("auth_1", grant(100, 2))]), None);
    assert!(beside.starts_with(&format!("{UPDATE}user = \"alice\", authorizations.auth_2 = {{")), "{beside}");
    assert!(beside.ends_with(&format!("{set} {condition}")), "{beside}");
    let instead = granted(&codes([("auth_1", grant(100, 2))]), Some("auth_1"));
    assert!(instead.ends_with(&format!("{set}, authorizations.auth_1 {condition}")), "{instead}");
    let first = granted(&Codes { alias: Alias::of_number(7), record: None }, None);
    assert!(
        first.starts_with("put offline {") && first.ends_with("} IF attribute_not_exists(pk)"),
        "{first}"
    );

    let relieved = codes([]).relieved("offline");
    assert_eq!(
        plan(relieved),
        [format!("{UPDATE}everywhere = 0, at_new = 0, guard = guard + 1 IF guard = 3")]
    );
    assert!(Codes { alias: Alias::of_number(7), record: None }.relieved("offline").is_none());
}

#[test]
fn an_authorization_ends_as_it_was_counted_and_its_place_expires_with_the_last() {
    let (one, other) = (grant(100, 2), grant(50, 1));
    let both = codes([("auth_1", one.clone()), ("auth_2", other)]);
    let counted =
        "IF guard = 3 AND authorizations.auth_1.remaining = 100 AND authorizations.auth_1.uses_left = 2";
    assert_eq!(
        plan([both.ended("offline", "auth_1", &one)]),
        [format!(
            "{UPDATE}authorizations.auth_1.ended = true, authorizations.auth_1.reserve = false, \
             guard = guard + 1 {counted}"
        )]
    );
    assert_eq!(
        plan([both.erased("offline", "auth_1", &one, at(NOW))]),
        [format!("{UPDATE}guard = guard + 1 REMOVE authorizations.auth_1 {counted}")]
    );
    let last = codes([("auth_1", one.clone())]);
    let ttl = NOW / 1_000 + 24 * 3_600;
    assert_eq!(
        plan([last.erased("offline", "auth_1", &one, at(NOW))]),
        [format!("{UPDATE}guard = guard + 1, ttl = {ttl} REMOVE authorizations.auth_1 {counted}")]
    );
    assert_eq!(plan([last.unchanged("offline")]), ["check offline CODES#000000007 CODES IF guard = 3"]);
}

#[test]
fn a_device_is_locked_by_five_misses_and_by_twenty_stored_ones_and_its_merchant_is_told_once() {
    let misses = |count: i64, is_stored| {
        let mut told = Vec::new();
        let mut device = None;
        for miss in 1..=count {
            let (next, lock) = DeviceRecord::after_miss(device, is_stored, at(NOW));
            told.extend(lock.map(|left| (miss, left / MINUTE)));
            device = Some(next);
        }
        (device.unwrap(), told)
    };
    let (device, told) = misses(4, false);
    assert_eq!((device.left(at(NOW)), told), (None, vec![]));
    let (device, told) = misses(6, false);
    assert_eq!((device.left(at(NOW)), told), (Some(5 * MINUTE), vec![(5, 5)]));
    assert_eq!((device.left_for_stored(at(NOW)), device.version, device.told_at), (None, 6, NOW));
    assert_eq!(device.ttl, NOW / 1_000 + 24 * 3_600);
    let (device, told) = misses(19, true);
    assert_eq!((device.left_for_stored(at(NOW)), told), (None, vec![]));
    let (device, told) = misses(20, true);
    assert_eq!((device.left_for_stored(at(NOW)), told), (Some(25 * MINUTE), vec![(20, 25)]));
    assert_eq!(device.left(at(NOW)), None);
}

#[test]
fn of_misses_at_once_each_is_counted() {
    let (first, _) = DeviceRecord::after_miss(None, false, at(NOW));
    let (second, _) = DeviceRecord::after_miss(Some(first), false, at(NOW));
    let line = |next: &DeviceRecord, seen| plan(next.write(seen, "offline", "dev_1")).concat();
    assert!(line(&first, None).ends_with("version: 1} IF attribute_not_exists(pk)"));
    assert!(line(&second, Some(first)).ends_with("version: 2} IF version = 1"));
}

#[test]
fn a_merchant_takes_the_places_of_those_that_are_forgotten() {
    let codes = codes([("auth_1", grant(100, 2))]);
    let record = codes.record.as_ref().unwrap();
    let next = record.guesses.paid(&bakery(), at(NOW));
    let next = Next { forgotten: vec!["old".to_owned(), "older".to_owned()], ..next };
    let write =
        Write::update("offline", Key::new("CODES#1", "CODES"), "SET guard = :guard").value(":guard", 4);
    let lines = plan([standing(write, record, &bakery(), &next).unwrap()]);
    let standing = format!("merchants.bakery = {{paid_at: {NOW}}}");
    let expected = format!(
        "update offline CODES#1 CODES: SET guard = 4, {standing} REMOVE merchants.old, merchants.older"
    );
    assert_eq!(lines, [expected]);
}
