use super::*;
use proptest::prelude::*;

const START: i64 = 1_764_000_000_000;
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

fn at(millisecond: i64) -> Timestamp {
    Timestamp::from_millisecond(millisecond).unwrap()
}

/// A merchant's name by keys that have not changed.
fn tag(merchant: &str) -> Tags {
    Tags { current: merchant.to_owned(), others: Vec::new(), paid_at: 0 }
}

/// As the store applies it.
fn apply(guesses: &mut Guesses, merchant: &Tags, next: &Next) {
    let mut merchants = guesses.merchants.take().unwrap_or_default();
    merchants.insert(merchant.current.clone(), next.standing);
    merchants.retain(|tag, _| !next.forgotten.contains(tag));
    *guesses = Guesses { merchants: Some(merchants), ..next.as_first(merchant) };
}

/// Presents a wrong code: whether it was looked at, and which lock the user is told of.
fn miss(guesses: &mut Guesses, merchant: &str, now: i64) -> (bool, Option<Lock>) {
    miss_by(guesses, &tag(merchant), now)
}

fn miss_by(guesses: &mut Guesses, merchant: &Tags, now: i64) -> (bool, Option<Lock>) {
    let is_looked_at = guesses.left(merchant, at(now)).is_none();
    let next = guesses.missed(merchant, at(now));
    let lock = next.lock;
    apply(guesses, merchant, &next);
    (is_looked_at, lock)
}

fn pay(guesses: &mut Guesses, merchant: &str, now: i64) {
    let next = guesses.paid(&tag(merchant), at(now));
    apply(guesses, &tag(merchant), &next);
}

fn known(merchants: &[&str]) -> Guesses {
    let mut guesses = Guesses::default();
    for merchant in merchants {
        pay(&mut guesses, merchant, START);
    }
    guesses
}

#[test]
fn five_misses_keep_one_merchant_from_the_codes_for_a_quarter_of_an_hour_and_the_user_is_told() {
    let mut guesses = known(&["shop"]);
    for _ in 0..4 {
        assert_eq!(miss(&mut guesses, "new", START), (true, None));
    }
    let until = START + 15 * MINUTE;
    assert_eq!(miss(&mut guesses, "new", START), (true, Some(Lock { scope: Scope::Merchant, until })));
    assert_eq!(miss(&mut guesses, "new", START), (false, None));
    assert_eq!(guesses.left(&tag("new"), at(START)), Some(15 * MINUTE));
    assert_eq!([guesses.left(&tag("shop"), at(START)), guesses.left(&tag("other"), at(START))], [None, None]);
    assert_eq!(guesses.left(&tag("new"), at(until)), None);
}

#[test]
fn new_merchants_keep_each_other_from_the_codes_and_nobody_else() {
    let mut guesses = known(&["shop"]);
    let told: Vec<_> =
        (0..15).filter_map(|n| miss(&mut guesses, &format!("new-{}", n % 5), START).1).collect();
    assert_eq!(told, [Lock { scope: Scope::NewMerchants, until: START + HOUR }]);
    assert_eq!(guesses.left(&tag("never-seen"), at(START)), Some(HOUR));
    assert_eq!(guesses.left(&tag("shop"), at(START)), None);
    // Who is paid once is no stranger any more.
    pay(&mut guesses, "never-seen", START);
    assert_eq!(guesses.left(&tag("never-seen"), at(START)), None);
}

#[test]
fn a_wider_lock_is_told_at_once_and_the_same_one_after_an_hour() {
    let mut guesses = Guesses::default();
    let mut told = |merchant: &str, now: i64| miss(&mut guesses, merchant, now).1.map(|lock| lock.scope);
    let first: Vec<_> = (0..5).filter_map(|_| told("a", START)).collect();
    assert_eq!(first, [Scope::Merchant]);
    let second: Vec<_> = (0..5).filter_map(|_| told("b", START + 1)).collect();
    assert_eq!(second, [], "a lock of the same kind is no news");
    let third: Vec<_> = (0..5).filter_map(|_| told("c", START + 2)).collect();
    assert_eq!(third, [Scope::NewMerchants]);
    assert_eq!(told("d", START + HOUR + 1), None, "this hour's miss fits in");
    assert_eq!(told("d", START + HOUR + 2), None);
    assert_eq!(told("d", START + 2 * HOUR + 2), Some(Scope::NewMerchants));
}

#[test]
fn a_payment_forgets_the_misses_at_its_merchant_alone() {
    let mut guesses = known(&["shop"]);
    for merchant in ["shop", "shop", "other"] {
        miss(&mut guesses, merchant, START);
    }
    let before = guesses.clone();
    pay(&mut guesses, "shop", START + 1);
    assert_eq!((guesses.everywhere, guesses.at_new), (before.everywhere, before.at_new));
    assert_eq!(guesses.standing(&tag("shop")), Standing { paid_at: START + 1, misses: Bucket::default() });
    assert_eq!(guesses.standing(&tag("other")), before.standing(&tag("other")));
}

#[test]
fn a_merchant_stands_as_it_did_when_the_keys_change() {
    let mut guesses = known(&["shop", "old"]);
    for _ in 0..4 {
        miss(&mut guesses, "other", START);
    }
    let renamed =
        |old: &str| Tags { current: format!("new {old}"), others: vec![old.to_owned()], paid_at: 0 };
    let until = START + 15 * MINUTE;
    let fifth = miss_by(&mut guesses, &renamed("other"), START);
    assert_eq!(fifth, (true, Some(Lock { scope: Scope::Merchant, until })), "a bucket is as full as it was");
    // Strangers keep each other from the codes, but nobody at whom the user has paid, by whichever keys that is known.
    for n in 0..10 {
        miss(&mut guesses, &format!("stranger {}", n % 3), START);
    }
    assert!(guesses.left(&tag("never seen"), at(START)).is_some());
    assert_eq!(guesses.left(&renamed("shop"), at(START)), None);
    miss_by(&mut guesses, &renamed("shop"), START);
    let merchants = guesses.merchants.clone().unwrap();
    assert!(merchants["new shop"].is_known() && merchants["old"].is_known());
    assert!(!merchants.contains_key("shop") && !merchants.contains_key("other"), "{merchants:?}");
    assert_eq!(
        guesses.left(&tag("shop"), at(START)),
        Some(HOUR),
        "by the old keys alone it is not known any more"
    );
}

#[test]
fn who_is_known_in_another_place_is_no_stranger_in_this_one() {
    let mut there = known(&["a", "b", "c", "d", "e", "f", "g", "shop"]);
    miss(&mut there, "guest", START);
    let mut here = Guesses::default();
    for n in 0..15 {
        miss(&mut here, &format!("stranger {}", n % 3), START);
    }
    let shop = Tags { paid_at: there.paid_at(&tag("shop")), ..tag("shop") };
    assert_eq!((here.left(&shop, at(START)), here.left(&tag("shop"), at(START))), (None, Some(HOUR)));
    miss_by(&mut here, &shop, START);
    assert_eq!(here.left(&tag("shop"), at(START)), None, "it is known here, too, from then on");

    let carried = here.known_elsewhere([&there, &known(&["h"])].into_iter());
    assert!(!carried.contains_key("shop") && carried.len() == 7, "{carried:?}");
    assert!(carried.values().all(|standing| standing.is_known()));
    assert_eq!(there.known_elsewhere([&known(&["h"])].into_iter()), BTreeMap::new(), "there is no room");
}

#[test]
fn what_was_stored_before_there_were_merchants_is_read_as_nothing() {
    let stored = serde_json::json!({ "misses": 3, "missed_at": START, "locked_until": START });
    let guesses: Guesses = serde_json::from_value(stored).unwrap();
    assert_eq!(guesses, Guesses::default());
    assert_eq!(guesses.left(&tag("shop"), at(START)), None);
}

#[derive(Clone, Debug)]
enum Event {
    Miss { merchant: u8 },
    Pay { merchant: u8 },
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => any::<u8>().prop_map(|merchant| Event::Miss { merchant }),
        1 => any::<u8>().prop_map(|merchant| Event::Pay { merchant }),
    ]
}

/// Pauses of a guesser who comes back as early as it is worth it, and of others.
fn pause() -> impl Strategy<Value = i64> {
    prop_oneof![4 => Just(0), 2 => 0..5 * MINUTE, 1 => 0..3 * HOUR]
}

proptest! {
    #[test]
    fn all_new_merchants_and_one_more_never_lock_the_codes_where_the_user_pays(
        guesses in proptest::collection::vec((pause(), 0_u8..12), 1..400),
    ) {
        let (mut state, mut now) = (known(&["shop", "0"]), START);
        for (pause, merchant) in guesses {
            now += pause;
            miss(&mut state, &merchant.to_string(), now);
            prop_assert_eq!(state.left(&tag("shop"), at(now)), None);
        }
    }

    #[test]
    fn of_any_guesses_only_so_many_are_looked_at(
        guesses in proptest::collection::vec((pause(), 0_u8..12), 1..400),
        known_merchants in 0_usize..8,
    ) {
        let names: Vec<_> = (0..known_merchants).map(|merchant| merchant.to_string()).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let (mut state, mut now) = (known(&names), START);
        let (mut all, mut of_new) = (Vec::new(), Vec::new());
        for (pause, merchant) in guesses {
            now += pause;
            if miss(&mut state, &merchant.to_string(), now).0 {
                all.push(now);
                if usize::from(merchant) >= known_merchants {
                    of_new.push(now);
                }
            }
        }
        for (times, rule) in [(all, OF_USER), (of_new, OF_NEW_MERCHANTS)] {
            for (place, first) in times.iter().enumerate() {
                for (more, last) in times[place..].iter().enumerate() {
                    let allowed = rule.misses + (last - first) / (rule.minutes * MINUTE);
                    prop_assert!(i64::try_from(more + 1).unwrap() <= allowed, "{:?}", rule);
                }
            }
        }
    }

    #[test]
    fn the_merchants_that_are_remembered_are_few_and_strangers_displace_none_that_was_paid(
        events in proptest::collection::vec((pause(), event()), 1..200),
    ) {
        let (mut state, mut now) = (Guesses::default(), START);
        let mut paid: Vec<String> = Vec::new();
        for (pause, event) in events {
            now += pause + 1;
            match event {
                Event::Miss { merchant } => {
                    miss(&mut state, &format!("m{}", merchant % 40), now);
                }
                Event::Pay { merchant } => {
                    let merchant = format!("m{}", merchant % 40);
                    if state.left(&tag(&merchant), at(now)).is_none() {
                        pay(&mut state, &merchant, now);
                        paid.retain(|other| *other != merchant);
                        paid.push(merchant);
                    }
                }
            }
            let merchants = state.merchants.clone().unwrap_or_default();
            let strangers = merchants.values().filter(|standing| !standing.is_known()).count();
            prop_assert!(strangers <= MAX_NEW_MERCHANTS, "{}", strangers);
            let mut known: Vec<_> = merchants.iter().filter(|(_, standing)| standing.is_known()).collect();
            known.sort_by_key(|(_, standing)| standing.paid_at);
            let known: Vec<_> = known.into_iter().map(|(tag, _)| tag.clone()).collect();
            let latest = &paid[paid.len().saturating_sub(MAX_KNOWN_MERCHANTS)..];
            prop_assert_eq!(known, latest);
        }
    }
}

/// Three steps of each of five time-based codes of eight digits are right at a time.
#[test]
fn the_chance_of_guessing_a_code_is_the_one_that_is_written_down() {
    let guesses_a_day = |rule: Rule| 24 * 60 / rule.minutes;
    assert_eq!([OF_MERCHANT, OF_NEW_MERCHANTS, OF_USER].map(guesses_a_day), [96, 24, 144]);
    let in_a_year_of_10_to_the_8 = |rule: Rule| 365 * guesses_a_day(rule) * 3 * 5;
    assert!(in_a_year_of_10_to_the_8(OF_NEW_MERCHANTS) < 140_000);
    assert!(in_a_year_of_10_to_the_8(OF_USER) < 800_000);
    // All new merchants and one that is known fill the user's bucket more slowly than it drains.
    assert!(guesses_a_day(OF_MERCHANT) + guesses_a_day(OF_NEW_MERCHANTS) < guesses_a_day(OF_USER));
    const { assert!(OF_MERCHANT.misses + OF_NEW_MERCHANTS.misses < OF_USER.misses) };
}
