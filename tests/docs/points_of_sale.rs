//! `docs/points-of-sale.md` says how many wrong codes are looked at.

use scrip_offline::limits;

const PAGE: &str = include_str!("../../docs/points-of-sale.md");

#[test]
fn the_buckets_are_those_of_the_code() {
    for (bucket, misses, minutes) in [
        ("a device, sales sent at once", limits::DEVICE_MISSES, limits::DEVICE_MISS_MINUTES),
        ("a device, stored sales", limits::STORED_MISSES, limits::STORED_MISS_MINUTES),
        ("a merchant and a user", limits::MERCHANT_MISSES, limits::MERCHANT_MISS_MINUTES),
        (
            "all merchants new to a user, together",
            limits::NEW_MERCHANTS_MISSES,
            limits::NEW_MERCHANTS_MISS_MINUTES,
        ),
        ("a user", limits::USER_MISSES, limits::USER_MISS_MINUTES),
    ] {
        let line = format!("| {bucket} | {misses} | one in {minutes} minutes |");
        assert!(PAGE.contains(&line), "{line}");
    }
}

#[test]
fn the_times_are_those_of_the_code() {
    for words in [
        format!("up to {} hours after it occurred", limits::LATE_HOURS),
        format!("kept for {} hours after its end", limits::CODE_KEPT_HOURS),
        format!("among the {} at which the user paid last", limits::MAX_KNOWN_MERCHANTS),
    ] {
        assert!(PAGE.replace('\n', " ").contains(&words), "{words}");
    }
}
