//! Whether whatever waits for its time has a workflow that waits with it.

use crate::books::Books;
use crate::places::Machine;
use crate::report::Violation;

/// The status of an execution that goes on.
pub(crate) const RUNNING: &str = "RUNNING";
const SUCCEEDED: &str = "SUCCEEDED";

pub(crate) fn check(books: &Books, violations: &mut Vec<Violation>) {
    for waiting in books.waiting() {
        let found = match books.executions.get(waiting.id) {
            Some(status) if status == RUNNING => continue,
            Some(status) if status == SUCCEEDED => continue,
            _ if waiting.comes_again => continue,
            None if books.pending.contains(waiting.id) => continue,
            Some(status) => format!("its execution is {status}"),
            None => "it has no execution, and the stream has nothing to start one".to_owned(),
        };
        let rule = match waiting.machine {
            Machine::CouponReward => "redemption-followed-up",
        };
        violations.push(Violation::new(rule, waiting.id, format!("{}, but {found}", waiting.state)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::broken_by;
    use crate::sample_coupons::{redemption, waiting};

    #[test]
    fn what_nobody_waits_for_is_found() {
        let all = ["redemption-followed-up"];
        assert_eq!(broken_by(|books| books.executions.clear()), all);
        let ended = |books: &mut Books| {
            books.executions.insert(redemption("confirmed"), "FAILED".into());
        };
        assert_eq!(broken_by(ended), all);
    }

    #[test]
    fn what_comes_again_by_its_slot_may_have_failed() {
        let comes_again = |books: &mut Books| {
            books.executions.insert(redemption("confirmed"), "FAILED".into());
            let slot = books.redemptions.iter_mut().find(|found| found.id == redemption("confirmed"));
            slot.unwrap().slot = Some(waiting(&redemption("confirmed")));
        };
        assert!(broken_by(comes_again).is_empty());
    }

    #[test]
    fn a_workflow_may_be_yet_to_start() {
        let pending = broken_by(|books| {
            books.executions.clear();
            books.pending = [redemption("confirmed")].into();
        });
        assert!(pending.is_empty(), "{pending:?}");
        let ended = broken_by(|books| {
            books.executions.insert(redemption("confirmed"), "FAILED".into());
            books.pending.insert(redemption("confirmed"));
        });
        assert_eq!(ended, ["redemption-followed-up"]);
    }
}
