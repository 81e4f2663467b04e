use super::*;
use crate::codes::CodesRecord;
use crate::grant::tests::grant;
use crate::tests::{NOW, at, codes, offline, plan, presented};
use scrip_identity::MasterSecret;
use scrip_secure_code::Alias;

#[test]
fn a_merchant_is_named_shortly_by_whoever_has_the_key_alone() {
    let [one, other] = ["a master secret for tests, long enough", "another secret for tests, long enough"];
    let tag = |secret: &str, merchant: &str| {
        merchant_tags(&Keyring::from_secret(secret).unwrap(), merchant).current
    };
    assert_eq!(tag(one, "mch_1").len(), 8);
    assert_eq!(tag(one, "mch_1"), tag(one, "mch_1"));
    assert_ne!(tag(one, "mch_2"), tag(one, "mch_1"));
    assert_ne!(tag(other, "mch_1"), tag(one, "mch_1"));

    let rotated = MasterSecret::parse(one).unwrap().with_next(other, Timestamp::UNIX_EPOCH).unwrap();
    let tags = merchant_tags(&rotated.keyring(Timestamp::UNIX_EPOCH), "mch_1");
    let expected = Tags { current: tag(other, "mch_1"), others: vec![tag(one, "mch_1")], paid_at: 0 };
    assert_eq!(tags, expected);
}

fn case(codes: Option<Codes>, device: Option<DeviceRecord>) -> Case {
    Case { codes, others: Vec::new(), device, pin: None }
}

fn lines(case: &Case, why: DeclineCause) -> Vec<String> {
    plan(offline().decline(case, &presented(), why, at(NOW)).unwrap().writes)
}

/// The kinds of what would be written.
fn kinds(case: &Case, why: DeclineCause) -> Vec<&'static str> {
    let kind = |line: &String| match line.as_str() {
        line if line.contains("kind: \"codes-locked\"") && line.contains("NOTE#user:alice") => {
            "alice is told"
        }
        line if line.contains("kind: \"device-locked\"") && line.contains("NOTE#mch_1") => "mch_1 is told",
        line if line.contains("sk: \"TOLD\"") => "nobody is told",
        line if line.contains("pk: \"DEVICE#dev_1\"") => "device",
        line if line.starts_with("check offline CODES#") => "unchanged",
        line if line.contains("CODES#000000007") => "codes",
        line => panic!("{line}"),
    };
    lines(case, why).iter().map(kind).collect()
}

fn with_misses(mut codes: Codes, misses: usize) -> Codes {
    let merchant = merchant_tags(offline().keyring().unwrap(), "mch_1");
    let record = codes.record.as_mut().unwrap();
    for _ in 0..misses {
        let next = record.guesses.missed(&merchant, at(NOW));
        record.guesses = next.as_first(&merchant);
    }
    codes
}

fn device_with_misses(misses: usize) -> Option<DeviceRecord> {
    (0..misses).fold(None, |device, _| Some(DeviceRecord::after_miss(device, false, at(NOW)).0))
}

#[test]
fn a_wrong_code_counts_for_codes_and_device_and_locks_are_told() {
    let alices = || codes([("auth_1", grant(100, 2))]);
    let wrong = DeclineCause::WrongCode;
    assert_eq!(kinds(&case(Some(alices()), None), wrong), ["codes", "device"]);
    let fifth = || Some(with_misses(alices(), 4));
    assert_eq!(kinds(&case(fifth(), None), wrong), ["codes", "alice is told", "device"]);
    assert_eq!(
        kinds(&case(fifth(), device_with_misses(4)), wrong),
        ["codes", "alice is told", "device", "mch_1 is told"]
    );
    let told = lines(&case(None, device_with_misses(4)), DeclineCause::UnknownUser).concat();
    let until = at(NOW + 5 * 60 * 1_000);
    assert!(told.contains(&format!("until: \"{until}\"")), "{told}");
    let strangers = with_misses(codes([]), 4);
    assert_eq!(kinds(&case(Some(strangers), None), wrong), ["codes", "nobody is told", "device"]);
    assert_eq!(kinds(&case(None, None), DeclineCause::UnknownUser), ["device"]);
}

#[test]
fn what_tells_that_the_code_is_right_holds_only_while_no_miss_comes_between() {
    let alices = || case(Some(codes([("auth_1", grant(100, 2))])), None);
    assert_eq!(kinds(&alices(), DeclineCause::PinRequired), ["unchanged"]);
    assert!(kinds(&alices(), DeclineCause::DeviceLocked).is_empty());
    let locked = with_misses(codes([("auth_1", grant(100, 2))]), 5);
    assert_eq!(kinds(&case(Some(locked), None), DeclineCause::CodesLocked), ["codes", "device"]);
}

#[test]
fn a_decline_names_who_has_authorizations_alone() {
    let user = |codes| {
        let decline =
            offline().decline(&case(Some(codes), None), &presented(), DeclineCause::WrongCode, at(NOW));
        decline.unwrap().user
    };
    assert_eq!(user(codes([("auth_1", grant(100, 2))])).as_deref(), Some("alice"));
    assert_eq!(user(codes([])), None);
    let nobody = Codes { alias: Alias::of_number(7), record: Some(CodesRecord::empty(None)) };
    assert_eq!(user(nobody), None);
}

#[test]
fn what_was_stored_waits_for_the_longer_of_both_locks() {
    let wait = |codes: Option<Codes>, stored_misses: usize| {
        let device = (0..stored_misses)
            .fold(None, |device, _| Some(DeviceRecord::after_miss(device, true, at(NOW)).0));
        let Err(failure) = offline().require_looked_at(&case(codes, device), &presented()) else {
            return None;
        };
        let Failure::Refused(refusal) = failure else { panic!("{failure}") };
        assert_eq!(refusal.code, Code::TooManyRequests);
        refusal.facts["retry_after_seconds"].as_u64()
    };
    let locked = || Some(with_misses(codes([]), 5));
    assert_eq!((wait(Some(codes([])), 0), wait(None, 19)), (None, None));
    assert_eq!((wait(locked(), 0), wait(None, 20)), (Some(15 * 60), Some(25 * 60)));
    assert_eq!(wait(locked(), 20), Some(25 * 60));
}
