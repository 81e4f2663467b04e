//! What must hold of the states of a flow together: their graph and their variables.

use super::parse::Refusal;
use super::{Data, Flow, Kind, State};
use crate::expression::Template;
use std::collections::{BTreeMap, BTreeSet};

/// Validates a flow and those nested in it.
pub(crate) fn validate(flow: &Flow, states: &BTreeMap<String, State>) -> Result<(), Refusal> {
    nested(flow, states, None, &BTreeSet::new())
}

fn nested<'a>(
    flow: &'a Flow,
    states: &'a BTreeMap<String, State>,
    owner: Option<&str>,
    outer: &BTreeSet<&'a str>,
) -> Result<(), Refusal> {
    let own: BTreeMap<&str, &State> =
        flow.states.iter().filter_map(|name| Some((name.as_str(), states.get(name)?))).collect();
    graph(flow, &own, owner)?;
    let visible = variables(&own, outer)?;
    for (name, state) in &own {
        state.flows().iter().try_for_each(|flow| nested(flow, states, Some(name), &visible))?;
    }
    Ok(())
}

/// Every target exists, every state can be reached, and from each the end can be reached.
fn graph(flow: &Flow, own: &BTreeMap<&str, &State>, owner: Option<&str>) -> Result<(), Refusal> {
    if !own.contains_key(flow.start_at.as_str()) {
        return Err((
            owner.map(str::to_owned),
            format!("StartAt names {}, which is not a state here", flow.start_at),
        ));
    }
    for (name, state) in own {
        if let Some(target) = targets(state).into_iter().find(|target| !own.contains_key(target)) {
            return Err((Some((*name).into()), format!("its next state {target} is not a state here")));
        }
    }
    let mut reached = BTreeSet::new();
    let mut open = vec![flow.start_at.as_str()];
    while let Some(name) = open.pop() {
        if reached.insert(name) {
            open.extend(own.get(name).map(|state| targets(state)).unwrap_or_default());
        }
    }
    if let Some(name) = own.keys().find(|name| !reached.contains(*name)) {
        return Err((Some((*name).into()), "it cannot be reached".into()));
    }
    let mut ending: BTreeSet<&str> =
        own.iter().filter(|(_, state)| ends(state)).map(|(name, _)| *name).collect();
    loop {
        let before = ending.len();
        for (name, state) in own {
            if targets(state).iter().any(|target| ending.contains(target)) {
                ending.insert(name);
            }
        }
        if ending.len() == before {
            break;
        }
    }
    match own.keys().find(|name| !ending.contains(*name)) {
        Some(name) => Err((Some((*name).into()), "no terminal state can be reached from it".into())),
        None => Ok(()),
    }
}

fn targets(state: &State) -> Vec<&str> {
    let choices = match &state.kind {
        Kind::Choice { rules, default } => rules.iter().map(|rule| &rule.next).chain(default).collect(),
        _ => Vec::new(),
    };
    let catches = state.catch.iter().map(|catcher| &catcher.next);
    choices.into_iter().chain(&state.next).chain(catches).map(String::as_str).collect()
}

fn ends(state: &State) -> bool {
    state.next.is_none() && !matches!(state.kind, Kind::Choice { .. })
}

/// Every variable read is assigned here or further out, and none of an outer flow is assigned here: a nested flow
/// reads the outer variables but cannot change them, so a second one of the same name would only mislead.
fn variables<'a>(
    own: &BTreeMap<&'a str, &'a State>,
    outer: &BTreeSet<&'a str>,
) -> Result<BTreeSet<&'a str>, Refusal> {
    let mut visible = outer.clone();
    for (name, state) in own {
        for assigned in
            data(state).into_iter().flat_map(|data| &data.assign).map(|(variable, _)| variable.as_str())
        {
            if outer.contains(assigned) {
                return Err((
                    Some((*name).into()),
                    format!("it assigns ${assigned}, which an outer flow assigns"),
                ));
            }
            visible.insert(assigned);
        }
    }
    for (name, state) in own {
        let unknown =
            templates(state).into_iter().flat_map(Template::reads).find(|read| !visible.contains(read));
        if let Some(variable) = unknown {
            return Err((Some((*name).into()), format!("no state assigns ${variable}")));
        }
    }
    Ok(visible)
}

fn data(state: &State) -> Vec<&Data> {
    let rules = match &state.kind {
        Kind::Choice { rules, .. } => rules.iter().map(|rule| &rule.data).collect(),
        _ => Vec::new(),
    };
    let catches = state.catch.iter().map(|catcher| &catcher.data);
    std::iter::once(&state.data).chain(rules).chain(catches).collect()
}

fn templates(state: &State) -> Vec<&Template> {
    let of_kind: Vec<Option<&Template>> = match &state.kind {
        Kind::Task { function, payload, timeout_seconds } => {
            vec![Some(function), payload.as_ref(), timeout_seconds.as_ref()]
        }
        Kind::WaitSeconds(moment) | Kind::WaitTimestamp(moment) => vec![Some(moment)],
        Kind::Choice { rules, .. } => rules.iter().map(|rule| Some(&rule.condition)).collect(),
        Kind::Parallel { arguments, .. } => vec![arguments.as_ref()],
        Kind::Map { items, selector, concurrency, .. } => {
            vec![items.as_ref(), selector.as_ref(), concurrency.as_ref()]
        }
        Kind::Fail { error, cause } => vec![error.as_ref(), cause.as_ref()],
        Kind::Pass | Kind::Succeed => Vec::new(),
    };
    let of_data = data(state)
        .into_iter()
        .flat_map(|data| data.output.iter().chain(data.assign.iter().map(|(_, value)| value)));
    of_kind.into_iter().flatten().chain(of_data).collect()
}
