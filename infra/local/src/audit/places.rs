//! Where the template says that everything is.

use crate::Source;
use anyhow::Context;
use scrip_sam::{Application, Parameters, Template};

/// The tables and the machine, by the names that they have on the embedded platform.
pub(super) struct Places {
    pub(super) ledger: String,
    pub(super) bills: String,
    /// Waits for bills' time.
    pub(super) machine: String,
    /// The functions that the stream of the bills invokes.
    pub(super) consumers: Vec<String>,
}

impl Places {
    pub(super) fn read() -> anyhow::Result<Self> {
        let anywhere = "http://127.0.0.1";
        let overrides = [("Environment", "local"), ("TokenIssuer", anywhere), ("TokenJwksUrl", anywhere)];
        let application =
            Template::read(&Source::embedded().template, &Parameters::local(anywhere, &overrides))?;
        let bills = variable(&application, "BILLS_TABLE")?.to_owned();
        let machine = application.machine_of_arn(variable(&application, "MACHINE_BILL_EXPIRY")?);
        let mappings = application.stream_mappings.iter().filter(|mapping| mapping.table == bills);
        Ok(Self {
            ledger: variable(&application, "LEDGER_TABLE")?.to_owned(),
            machine: machine.context("the template names no machine for bills")?.name.clone(),
            consumers: mappings.map(|mapping| mapping.function.clone()).collect(),
            bills,
        })
    }
}

fn variable<'a>(application: &'a Application, name: &str) -> anyhow::Result<&'a str> {
    let found = application.functions.iter().find_map(|function| function.environment.get(name));
    found.map(String::as_str).with_context(|| format!("the template gives no function {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_says_where_everything_is() {
        let places = Places::read().unwrap();
        assert_eq!((places.ledger.as_str(), places.bills.as_str()), ("scrip-ledger", "scrip-bills"));
        assert_eq!(
            (places.machine.as_str(), places.consumers),
            ("bill-expiry", vec!["start-workflows".to_owned()])
        );
    }
}
