use super::*;
use proptest::prelude::*;
use scrip_money::Currency;

const NAMES: [&str; 10] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];

fn equal(count: usize) -> Split {
    let equal = NAMES[..count].iter().map(|name| (*name).to_owned()).collect();
    Split { equal: Some(equal), ..Split::default() }
}

fn weights(weights: &[u64]) -> Split {
    let of = |(user, weight): (&&str, &u64)| WeightOf { user: (*user).to_owned(), weight: *weight };
    Split { weights: Some(NAMES.iter().zip(weights).map(of).collect()), ..Split::default() }
}

fn percentages(percentages: &[&str]) -> Split {
    let of = |(user, percentage): (&&str, &&str)| PercentageOf {
        user: (*user).to_owned(),
        percentage: percentage.parse().unwrap(),
    };
    Split { percentages: Some(NAMES.iter().zip(percentages).map(of).collect()), ..Split::default() }
}

fn amounts(currency: Currency, amounts: &[i64]) -> Split {
    let of = |(user, amount): (&&str, &i64)| AmountOf {
        user: (*user).to_owned(),
        amount: Money::new(*amount, currency),
    };
    Split { amounts: Some(NAMES.iter().zip(amounts).map(of).collect()), ..Split::default() }
}

fn divided(total: i64, currency: Currency, split: &Split) -> Vec<i64> {
    let parts = split.divide(Money::new(total, currency), Allocation::LargestRemainder).unwrap();
    parts.into_iter().map(|part| part.amount).collect()
}

fn refused(total: i64, currency: Currency, split: &Split) -> Refusal {
    match split.divide(Money::new(total, currency), Allocation::LargestRemainder) {
        Err(Failure::Refused(refusal)) => *refusal,
        other => panic!("{other:?}"),
    }
}

fn times(count: usize, amount: i64, rest: usize, less: i64) -> Vec<i64> {
    [vec![amount; count], vec![less; rest]].concat()
}

/// What others got wrong when everybody pays the same: a cent lost, or charged twice over.
#[test]
fn equal_shares_sum_to_the_total() {
    for (total, currency, expected) in [
        (100, Currency::CNY, vec![34, 33, 33]),
        (3_005, Currency::CNY, times(5, 301, 5, 300)),
        (500, Currency::CNY, vec![167, 167, 166]),
        (1_000, Currency::CNY, vec![334, 333, 333]),
        (3_000, Currency::CNY, times(4, 429, 3, 428)),
        (35_316, Currency::CNY, times(4, 4_415, 4, 4_414)),
        (650, Currency::CNY, vec![217, 217, 216]),
        (99, Currency::VND, vec![50, 49]),
        (500, Currency::JPY, vec![167, 167, 166]),
        (1_001, Currency::EUR, vec![501, 500]),
        (100_104, Currency::KWD, vec![33_368; 3]),
        (10_000, Currency::CNY, vec![2_500; 4]),
        (10_000, Currency::CNY, vec![3_334, 3_333, 3_333]),
    ] {
        assert_eq!(divided(total, currency, &equal(expected.len())), expected, "{total} {currency}");
    }
}

#[test]
fn weights_divide_in_proportion() {
    let three = weights(&[1, 2, 3]);
    assert_eq!(divided(600, Currency::CNY, &three), [100, 200, 300]);
    assert_eq!(divided(1_000, Currency::CNY, &three), [167, 333, 500]);
    assert_eq!(divided(10_000, Currency::CNY, &weights(&[1, 2])), [3_333, 6_667]);
    for (weight, code) in [(0, Code::OutOfRange), (1_001, Code::OutOfRange)] {
        let refusal = refused(600, Currency::CNY, &weights(&[1, weight]));
        assert_eq!(refusal.fields[0].code, code);
        assert_eq!(refusal.fields[0].pointer, "/split/weights/1/weight");
    }
}

#[test]
fn percentages_give_a_hundred() {
    let thirds = percentages(&["33.3333", "33.3333", "33.3334"]);
    assert_eq!(divided(1_000, Currency::CNY, &thirds), [333, 333, 334]);
    for (given, left) in [(vec!["33.3"; 3], "0.1"), (vec!["50", "50.5"], "-0.5"), (vec!["90"], "10")] {
        let refusal = refused(1_000, Currency::CNY, &percentages(&given));
        assert_eq!((refusal.code, &refusal.facts["left"]), (Code::SplitMismatch, &json!(left)), "{given:?}");
    }
    let nothing = refused(1_000, Currency::CNY, &percentages(&["100", "0"]));
    assert_eq!((nothing.code, &nothing.facts["user"]), (Code::ShareTooSmall, &json!("b")));
}

#[test]
fn amounts_give_the_total() {
    assert_eq!(divided(1_500, Currency::CNY, &amounts(Currency::CNY, &[500, 1_000])), [500, 1_000]);
    for (total, currency, given, left) in [
        (20_000, Currency::CNY, vec![10_000, 10_000, 2_500], -2_500),
        (100_104, Currency::KWD, vec![33_401, 33_401, 33_301], 1),
    ] {
        let refusal = refused(total, currency, &amounts(currency, &given));
        assert_eq!((refusal.code, &refusal.facts["left"]), (Code::SplitMismatch, &json!(left)));
    }
    let kwd = amounts(Currency::KWD, &[33_401, 33_401, 33_302]);
    assert_eq!(divided(100_104, Currency::KWD, &kwd), [33_401, 33_401, 33_302]);
    let foreign = refused(100, Currency::CNY, &amounts(Currency::EUR, &[100]));
    assert_eq!(foreign.code, Code::CurrencyMismatch);
    let zero = refused(100, Currency::CNY, &amounts(Currency::CNY, &[100, 0]));
    assert_eq!(zero.fields[0].code, Code::AmountNotPositive);
}

#[test]
fn nobody_is_asked_for_nothing() {
    let refusal = refused(2, Currency::CNY, &equal(3));
    assert_eq!((refusal.code, &refusal.facts["user"]), (Code::ShareTooSmall, &json!("c")));
}

#[test]
fn the_order_decides_who_gets_what_is_left_over() {
    let left = |split: &Split| -> Vec<i64> {
        let parts = split.divide(Money::new(1_000, Currency::CNY), Allocation::LargestRemainder).unwrap();
        parts.into_iter().map(|part| part.leftover).collect()
    };
    assert_eq!(left(&equal(3)), [1, 0, 0]);
    assert_eq!(left(&weights(&[1, 2, 3])), [1, 0, 0]);
    let spilled = equal(3).divide(Money::new(1_000, Currency::CNY), Allocation::SpillLast).unwrap();
    assert_eq!(spilled.iter().map(|part| part.leftover).collect::<Vec<_>>(), [0, 0, 1]);
}

#[test]
fn a_split_names_others_each_once() {
    let users =
        |split: &Split| split.users("a").map(|users| users.len()).map_err(|refusal| refusal.fields[0].code);
    assert_eq!(users(&equal(3)), Ok(3));
    assert_eq!(users(&equal(1)), Err(Code::OutOfRange), "nobody else");
    assert_eq!(users(&equal(0)), Err(Code::OutOfRange));
    let twice = Split { equal: Some(vec!["b".to_owned(), "b".to_owned()]), ..Split::default() };
    assert_eq!(users(&twice), Err(Code::InvalidField));
    let many = (0..=MAX_SHARES).map(|n| format!("user-{n}")).collect();
    assert_eq!(users(&Split { equal: Some(many), ..Split::default() }), Err(Code::TooMany));
    assert_eq!(users(&Split::default()), Err(Code::InvalidField));
    assert_eq!(users(&Split { weights: Some(Vec::new()), ..equal(2) }), Err(Code::InvalidField));
}

proptest! {
    #[test]
    fn parts_always_sum_to_the_total(
        total in 1..=scrip_money::MAX_AMOUNT_MINOR_UNITS,
        given in prop::collection::vec(1..=MAX_WEIGHT, 1..=10),
    ) {
        let split = weights(&given);
        match split.divide(Money::new(total, Currency::CNY), Allocation::LargestRemainder) {
            Ok(parts) => {
                prop_assert_eq!(parts.iter().map(|part| part.amount).sum::<i64>(), total);
                prop_assert!(parts.iter().all(|part| part.amount > 0 && (0..=1).contains(&part.leftover)));
            }
            Err(failure) => prop_assert_eq!(failure.code(), Some(Code::ShareTooSmall)),
        }
    }
}
