//! The rules, by what they are about.

mod alarms;
mod api;
mod dashboard;
mod express;
mod functions;
mod machines;
mod parameters;
mod permissions;
mod queues;
mod secrets;
mod tables;
mod template;
mod variables;

use super::rule::Rule;

pub(super) const ALL: &[&[Rule]] = &[
    functions::RULES,
    api::RULES,
    machines::RULES,
    express::RULES,
    permissions::RULES,
    variables::RULES,
    queues::RULES,
    tables::RULES,
    secrets::RULES,
    alarms::RULES,
    dashboard::RULES,
    parameters::RULES,
    template::RULES,
];
