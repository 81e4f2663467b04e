//! Where the template says that everything is.

use anyhow::Context;
use scrip_sam::{Application, Parameters, Template, Templates};
use std::collections::BTreeMap;

/// The tables and machines, by the names that they have on the embedded platform.
pub(crate) struct Places {
    pub(crate) ledger: String,
    pub(crate) bills: String,
    pub(crate) offline: String,
    pub(crate) deductions: String,
    pub(crate) groups: String,
    pub(crate) coupons: Streamed,
    machines: BTreeMap<Machine, String>,
}

/// A table whose new items start workflows.
pub(crate) struct Streamed {
    pub(crate) table: String,
    /// The functions that its stream invokes.
    pub(crate) consumers: Vec<String>,
}

/// What waits for the time of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Machine {
    CouponReward,
}

impl Machine {
    pub(crate) const ALL: [Self; 1] = [Self::CouponReward];

    const fn variable(self) -> &'static str {
        match self {
            Self::CouponReward => "MACHINE_COUPON_REWARD",
        }
    }
}

impl Places {
    pub(crate) fn read() -> anyhow::Result<Self> {
        let anywhere = "http://127.0.0.1";
        let overrides = [("Environment", "local"), ("TokenIssuer", anywhere), ("TokenJwksUrl", anywhere)];
        let application = Template::read(&Templates::deployed(), &Parameters::local(anywhere, &overrides))?;
        let streamed = |name: &str| -> anyhow::Result<Streamed> {
            let table = variable(&application, name)?.to_owned();
            let mappings = application.stream_mappings.iter().filter(|mapping| mapping.table == table);
            Ok(Streamed { consumers: mappings.map(|mapping| mapping.function.clone()).collect(), table })
        };
        let machine = |machine: Machine| -> anyhow::Result<(Machine, String)> {
            let found = application.machine_of_arn(variable(&application, machine.variable())?);
            let found = found.with_context(|| format!("the template names no {}", machine.variable()))?;
            Ok((machine, found.name.clone()))
        };
        Ok(Self {
            ledger: variable(&application, "LEDGER_TABLE")?.to_owned(),
            bills: variable(&application, "BILLS_TABLE")?.to_owned(),
            offline: variable(&application, "OFFLINE_TABLE")?.to_owned(),
            coupons: streamed("COUPONS_TABLE")?,
            deductions: variable(&application, "DEDUCTIONS_TABLE")?.to_owned(),
            groups: variable(&application, "GROUPS_TABLE")?.to_owned(),
            machines: Machine::ALL.into_iter().map(machine).collect::<anyhow::Result<_>>()?,
        })
    }

    /// The tables whose streams start workflows.
    pub(crate) const fn streamed(&self) -> [&Streamed; 1] {
        [&self.coupons]
    }

    pub(crate) fn machine(&self, machine: Machine) -> &str {
        self.machines.get(&machine).map_or("", String::as_str)
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
        let tables = [&places.ledger, &places.bills, &places.offline, &places.deductions, &places.groups];
        let expected = ["scrip-ledger", "scrip-bills", "scrip-offline", "scrip-deductions", "scrip-groups"];
        assert_eq!(tables.map(String::as_str), expected);
        let tables = places.streamed().map(|streamed| streamed.table.as_str());
        assert_eq!(tables, ["scrip-coupons"]);
        for streamed in places.streamed() {
            assert_eq!(streamed.consumers, ["start-workflows"]);
        }
        let machines = Machine::ALL.map(|machine| places.machine(machine).to_owned());
        assert_eq!(machines, ["coupon-reward"]);
    }
}
