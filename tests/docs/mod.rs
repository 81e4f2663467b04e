//! Documents that are made from the code: each must be what the code says now. `SCRIP_BLESS=1 cargo test` writes them.

mod baseline;
mod compatibility;
mod contributing;
pub mod costs;
mod descriptions;
mod errors;
mod openapi;
mod points_of_sale;

use scrip_test_support::Invocation;
use std::iter::repeat;
use std::path::{Path, PathBuf};

/// How many lines of a difference are shown.
const SHOWN_LINES: usize = 20;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Compares a document with what it must be, or writes it.
fn check(path: &str, expected: &str) {
    let path = root().join(path);
    if std::env::var_os("SCRIP_BLESS").is_some() {
        std::fs::write(&path, expected).expect("the document can be written");
    }
    let actual = std::fs::read_to_string(&path).unwrap_or_default();
    let lines = actual.lines().map(Some).chain(repeat(None)).zip(expected.lines());
    let other =
        lines.filter(|(actual, expected)| *actual != Some(expected)).take(SHOWN_LINES).collect::<Vec<_>>();
    let path = path.display();
    assert!(actual == expected, "{path} is not up to date: run SCRIP_BLESS=1 cargo test. {other:#?}");
}

/// Compares the table of costs with what the operations used.
pub fn check_costs(
    invocations: &[Invocation],
    follow_ups: (&[costs::FollowUp], u64),
    is_route: impl Fn(&str) -> bool,
) {
    check("docs/costs.md", &costs::document(invocations, follow_ups, is_route));
}
