//! Rules for what is deployed: the templates, its parameters, the state machines. Each rule says why it is there and
//! names edits that it must notice, so none of them can hold by looking at nothing.

mod figures;
mod generated;
mod growth;
mod metrics;
mod rule;
mod rules;
mod stack;

use rule::Rule;
use stack::Stack;
use std::collections::BTreeSet;

fn all() -> Vec<&'static Rule> {
    rules::ALL.iter().flat_map(|rules| rules.iter()).collect()
}

#[test]
fn every_rule_holds() {
    let stack = Stack::read();
    let violations: Vec<String> = all().iter().flat_map(|rule| rule.violations(&stack)).collect();
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

#[test]
fn every_rule_notices_what_breaks_it() {
    let stack = Stack::read();
    let mut unnoticed = Vec::new();
    for rule in all() {
        assert!(!rule.broken_by.is_empty(), "{}: nothing shows that it can fail", rule.id);
        let before = rule.violations(&stack);
        for edit in rule.broken_by {
            if rule.violations(&stack.edited(edit)).iter().all(|violation| before.contains(violation)) {
                unnoticed.push(format!("{} does not notice {edit:?}", rule.id));
            }
        }
    }
    assert!(unnoticed.is_empty(), "{}", unnoticed.join("\n"));
}

#[test]
fn every_rule_has_an_id_of_its_own_and_a_reason() {
    let mut seen = BTreeSet::new();
    for Rule { id, reason, .. } in all() {
        assert!(seen.insert(*id), "{id} stands twice");
        assert!(
            id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'),
            "{id} is not in kebab case"
        );
        assert!(reason.ends_with('.') && reason.len() > 20, "{id}: a reason is a sentence");
    }
}
