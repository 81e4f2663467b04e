//! What a rule is.

use super::stack::Stack;

/// Something that must be true of what is deployed.
pub(super) struct Rule {
    /// In kebab case.
    pub(super) id: &'static str,
    /// One sentence.
    pub(super) reason: &'static str,
    /// Finds what is against it.
    pub(super) check: fn(&Stack) -> Vec<Finding>,
    /// Edits of the real stack, each of which it must notice.
    pub(super) broken_by: &'static [Edit],
}

/// Where something is against a rule, and what.
pub(super) struct Finding(String, String);

/// Something is against the rule there.
pub(super) fn finding(place: impl Into<String>, what: impl Into<String>) -> Finding {
    Finding(place.into(), what.into())
}

/// A small change of a stack. Paths are JSON pointers into [`Stack`]'s document, without the slash before.
#[derive(Debug)]
pub(super) enum Edit {
    /// What stands there now is this JSON.
    Set(&'static str, &'static str),
    /// Nothing stands there any more.
    Remove(&'static str),
    /// What stands there stands there so many times more, under other names.
    Repeat(&'static str, usize),
}

impl Rule {
    /// One line for each violation.
    pub(super) fn violations(&self, stack: &Stack) -> Vec<String> {
        let line = |Finding(place, what)| format!("{}: {place}: {what}; {}", self.id, self.reason);
        (self.check)(stack).into_iter().map(line).collect()
    }
}
