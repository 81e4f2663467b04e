//! Whether what is stored is true: money is conserved, balances are what transfers make them, bills are what their
//! items make them and are paid exactly once, and whatever waits for its time has a workflow that waits with it.
//!
//! The checks are pure functions of what was read, and know nothing of how the operations write: they add everything
//! up anew.

mod bills;
mod books;
mod ledger;
mod places;
mod report;
#[cfg(test)]
mod sample;
mod source;

pub(crate) use books::Books;
pub(crate) use report::Report;
pub(crate) use source::{of_directory, of_platform};

use report::Violation;

/// Checks everything that was read.
pub(crate) fn check(books: &Books) -> Report {
    let mut violations: Vec<Violation> = books.unreadable.clone();
    let currencies = ledger::check(books, &mut violations);
    bills::check(books, &mut violations);
    Report::new(books, currencies, violations)
}
