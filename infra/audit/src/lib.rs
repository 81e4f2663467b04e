//! Whether what is stored is true: money is conserved, balances are what transfers make them, bills are what their
//! items make them and are paid exactly once, what authorizations allow is used up by payments alone, coupons are issued
//! out of stock, each used once and rewarded once, messages have numbers without gap, what is asked of a group is paid share by share, and whatever waits for its time has its slot, or a workflow that waits with it.
//!
//! The checks are pure functions of what was read, and know nothing of how the operations write: they add everything
//! up anew.

mod bills;
mod books;
mod captures;
mod coupons;
mod deductions;
mod groups;
mod ledger;
mod listed;
mod offline;
mod payment_requests;
mod places;
mod redemptions;
mod report;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod sample_coupons;
#[cfg(test)]
mod sample_groups;
#[cfg(test)]
mod sample_offline;
mod settlements;
mod slots;
mod source;
mod workflows;

pub use books::Books;
pub use report::Report;
pub use source::{of_directory, of_platform};

use report::Violation;

/// Checks everything that was read.
pub fn check(books: &Books) -> Report {
    let mut violations: Vec<Violation> = books.unreadable.clone();
    let currencies = ledger::check(books, &mut violations);
    listed::check(books, &mut violations);
    bills::check(books, &mut violations);
    captures::check(books, &mut violations);
    settlements::check(books, &mut violations);
    offline::check(books, &mut violations);
    deductions::check(books, &mut violations);
    coupons::check(books, &mut violations);
    redemptions::check(books, &mut violations);
    groups::check(books, &mut violations);
    payment_requests::check(books, &mut violations);
    slots::check(books, &mut violations);
    workflows::check(books, &mut violations);
    Report::new(books, currencies, violations)
}
