//! Rule calculations beside two engines for rules of any kind: `engines/` beside this crate's `src`. All are measured in
//! one process by turns, once their figures are equal.

use crate::outside::Outside;
use crate::report::Report;
use crate::{Bench, figures};
use anyhow::{Context, ensure};
use serde::Deserialize;
use std::collections::BTreeMap;
use tokio::process::Command;

const ENGINES: Outside = Outside { folder: "engines", program: "scrip-engines" };
const OURS: &str = "scrip-deduction";
/// Ours for each of theirs, in hundredths.
const TARGET_HUNDREDTHS: u64 = 10_00;

const NOTE: &str = "Rule calculations: each engine has its rules compiled once, and the carts in its own form before the \
     clock runs. zen-engine evaluates one node of a decision graph, in decimals; cel evaluates a program for each rule, \
     in integers, and the host keeps what is left between them. Only scrip-deduction also spreads each deduction over \
     the lines and tells why an item was refused.";

/// What the program says.
#[derive(Deserialize)]
struct Measured {
    lines: usize,
    rules: usize,
    carts: usize,
    /// Deductions of all carts that were not zero.
    applied: usize,
    /// By engine, of each round.
    rates: BTreeMap<String, Vec<u64>>,
}

pub(crate) async fn measure(bench: Bench<'_>, report: &mut Report) -> anyhow::Result<()> {
    bench.begin("rules: building the engines to measure against");
    let program = if bench.pace.builds { Some(ENGINES.build().await?) } else { ENGINES.built()? };
    bench.done();
    let Some(program) = program else {
        report.not_measured("rule calculations", "a quick run does not build the engines to measure against");
        return Ok(());
    };
    bench.begin("rules: the same carts by three engines in turns");
    let milliseconds = bench.pace.round.as_millis() / 2;
    let mut command = Command::new(program);
    command.args([bench.pace.rounds.to_string(), milliseconds.to_string()]).kill_on_drop(true);
    let output = command.output().await?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let measured: Measured = serde_json::from_slice(&output.stdout)?;
    bench.done();
    tell(report, &measured)
}

fn tell(report: &mut Report, measured: &Measured) -> anyhow::Result<()> {
    let Measured { lines, rules, carts, applied, rates } = measured;
    let ours = figures::median(rates.get(OURS).context("no rate of ours")?);
    let what = format!("rule calculations: {lines} lines, {rules} rules");
    report.figure(&what, &format!("{}/s", figures::grouped(ours)));
    for (engine, rates) in rates.iter().filter(|(engine, _)| *engine != OURS) {
        let theirs = figures::median(rates);
        report.figure(&format!("  {engine}'s"), &format!("{}/s", figures::grouped(theirs)));
        let ratio = figures::hundredths(ours, theirs);
        let target = format!("≥ {}", figures::decimal(TARGET_HUNDREDTHS));
        let met = ratio >= TARGET_HUNDREDTHS;
        report.target(&format!("  for each of {engine}'s"), &figures::decimal(ratio), &target, met);
    }
    report.note(&format!("{NOTE} Of {} deductions in {carts} carts, {applied} are not zero.", carts * rules));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_each_engine_is_compared() {
        let output = r#"{"lines": 10, "rules": 5, "carts": 2, "applied": 7, "rates": {
            "scrip-deduction": [1000, 3000, 2000], "zen-engine": [100, 200, 300], "cel": [400, 100, 250]}}"#;
        let mut report = Report::default();
        tell(&mut report, &serde_json::from_str(output).unwrap()).unwrap();
        let expected = [
            "what                                  measured  target",
            "------------------------------------  --------  -------  ------",
            "rule calculations: 10 lines, 5 rules   2,000/s",
            "  cel's                                  250/s",
            "  for each of cel's                       8.00  ≥ 10.00  missed",
            "  zen-engine's                           200/s",
            "  for each of zen-engine's               10.00  ≥ 10.00  met",
        ];
        assert_eq!(report.table().lines().collect::<Vec<_>>(), expected);
    }
}
