//! Every await, every fault: each operation, task and job of the catalog is walked over, call by call, and meets at each call
//! everything that can happen to it; also that the same request overtakes it between the items that it reads. Its answer is
//! right or `busy`; sent again, the same request gets the right answer; there is one effect; an audit finds nothing.

mod effects;
mod figures;
mod requests;
mod silence;
mod tasks;
mod tended;
mod told;
mod walk;

use scrip_test_support::{Faults, Scrip, Wire};
use std::collections::BTreeSet;
use std::time::Duration;

/// How long an attempt may take here, so that one that hangs costs little.
const ATTEMPT: Duration = Duration::from_millis(50);

/// How many tests walk.
const TESTS: usize = requests::TESTS + tasks::TESTS;

/// A system whose wire fails as is planned, and whose functions can be kept from their events.
async fn wired() -> (Wire, Faults, Scrip) {
    figures::begin();
    let (wire, faults) = (Wire::default(), Faults::new());
    let scrip = Scrip::wired(faults.around(scrip_catalog::operations()), &wire, ATTEMPT).await;
    (wire, faults, scrip)
}

/// The code of the same coupon with another digit, and the check digit that goes with it.
fn wrong_code(code: &str) -> String {
    let (alias, rest) = code.split_at(10);
    let digit = if rest.starts_with('0') { '1' } else { '0' };
    let body = format!("{alias}{digit}{}", &rest[1..rest.len() - 1]);
    let check = char::from(scrip_secure_code::check_digit(&body));
    format!("{body}{check}")
}

/// A new operation fails this until it is walked over: its case of the matrix does so for what has a route, a scenario of
/// [`tasks`] for all else.
#[test]
fn everything_else_than_a_route_has_a_scenario() {
    let events = scrip_catalog::operations().into_iter().filter(|operation| !operation.is_http());
    let events: BTreeSet<_> = events.map(|operation| operation.name).collect();
    let walked: BTreeSet<_> = tasks::WALKED.iter().chain(&requests::WALKED_BESIDE).copied().collect();
    assert_eq!(events, walked);
}
