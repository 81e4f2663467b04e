//! `docs/costs.md` lists what each operation uses, and what that costs.

use scrip_test_support::Invocation;
use std::fmt::Write;

/// List prices of us-east-1 on 2026-11-23 as AWS publishes them, in thousandths of a dollar per million.
/// <https://aws.amazon.com/dynamodb/pricing/on-demand/>, <https://aws.amazon.com/lambda/pricing/>,
/// <https://aws.amazon.com/api-gateway/pricing/>, <https://aws.amazon.com/step-functions/pricing/>.
const WRITE_UNIT_MILLIDOLLARS: u64 = 625;
const READ_UNIT_MILLIDOLLARS: u64 = 125;
const INVOCATION_MILLIDOLLARS: u64 = 200;
const API_REQUEST_MILLIDOLLARS: u64 = 3_500;

const INTRODUCTION: &str = "\
# Costs

What each operation uses on its longest successful way, as the meter of the store counts it in the tests, and what a \
million of them cost at list prices (us-east-1, on demand): DynamoDB $0.625 per million write units and $0.125 per \
million read units, $0.20 per million invocations, $3.50 per million requests of the REST API ($2.50 more than an \
HTTP API would cost; it buys request limits, usage plans and a firewall at the edge). The time that a function runs \
is not in it: it depends on the memory chosen. Nor are the authorizer's invocations: one in 60 seconds for a user's \
token, one for each request of a device.

A transaction takes two write units for each kilobyte of an item, an index one for each entry that it keeps. The \
table's units are the budget that a test asserts; an index's are listed beside it. A test writes this page.

| operation | round trips | read units | write units | index units | dollars per million |
| --- | --- | --- | --- | --- | --- |
";

/// Express executions: each request, and 100 ms of 64 MB.
const EXECUTION_MILLIDOLLARS: u64 = 1_100;
/// 15 ms of 256 MB on arm64.
const TIME_MILLIDOLLARS: u64 = 50;
/// The longest line of the log that a follow-up writes; half a dollar for each gigabyte.
pub const LINE_BYTES: u64 = 900;
const LINE_MILLIDOLLARS: u64 = LINE_BYTES / 2;

/// Once a minute, for thirty days.
const TICKS: u64 = 30 * 24 * 60;
/// What an idle tick takes beside its reads: an invocation, 60 ms of 512 MB on arm64, two kilobytes of log, a trace.
const TICK_MILLIDOLLARS: u64 = INVOCATION_MILLIDOLLARS + 400 + 1_000 + 5_000;
const IDLE_MONTH_CENTS: u64 = 100;

/// What it costs a month to look each minute for what is due, where nothing is, in cents, by the read units of one look.
fn idle_month_cents(read_half_units: u64) -> u64 {
    let tick = read_half_units * READ_UNIT_MILLIDOLLARS / 2 + TICK_MILLIDOLLARS;
    (TICKS * tick).div_ceil(10_000_000)
}

fn idle_month(read_half_units: u64) -> String {
    let cents = idle_month_cents(read_half_units);
    assert!(cents < IDLE_MONTH_CENTS, "an idle month costs {cents} cents");
    format!(
        "\n## A month in which nothing is due\n\nIn each of its {},{:03} minutes `start-due` asks every shard of every kind: \
         {} read units, an invocation, 60 ms of 512 MB, two kilobytes of log, and a trace, which makes ${} in all. Alarms, \
         of which each costs ten cents, the dashboard and the secret are not in it.\n",
        TICKS / 1_000,
        TICKS % 1_000,
        hundredths(read_half_units * 50),
        hundredths(cents),
    )
}

const FOLLOW_UPS: &str = "
## What follows later

What a million follow-ups cost, apart from the requests that they go back to and from looking each minute for what is due, \
which an idle month pays too: units and invocations as above, $1.10 per million Express executions of 100 ms, 15 ms of \
256 MB and 900 bytes of log for each invocation. Captures that settle together are read here from one shard; each more \
is half a read unit. The index unit for entering the slot is one of those of the operation \
that does. A test holds each to its goal.

| follow-up | read units | write units | index units | invocations | executions | dollars per million | goal |
| --- | --- | --- | --- | --- | --- | --- | --- |
";

/// What is done later for so many items.
#[derive(Clone, Copy, Debug)]
pub struct FollowUp {
    pub name: &'static str,
    pub goal_dollars: u64,
    /// For how many items.
    pub items: u64,
    pub read_half_units: u64,
    pub write_half_units: u64,
    pub index_half_units: u64,
    pub invocations: u64,
    pub executions: u64,
}

impl FollowUp {
    /// What a million of the items cost, in thousandths of a dollar.
    pub fn millidollars(&self) -> u64 {
        let written = (self.write_half_units + self.index_half_units) * WRITE_UNIT_MILLIDOLLARS;
        let halves = written + self.read_half_units * READ_UNIT_MILLIDOLLARS;
        let invocations =
            self.invocations * (INVOCATION_MILLIDOLLARS + TIME_MILLIDOLLARS + LINE_MILLIDOLLARS);
        (halves / 2 + invocations + self.executions * EXECUTION_MILLIDOLLARS).div_ceil(self.items)
    }

    fn row(&self) -> String {
        let each = |half_units: u64| hundredths(half_units * 50 / self.items);
        let cents = self.millidollars().div_ceil(10);
        format!(
            "| {} | {} | {} | {} | {} | {} | {} | {} |\n",
            self.name,
            each(self.read_half_units),
            each(self.write_half_units),
            each(self.index_half_units),
            each(self.invocations * 2),
            each(self.executions * 2),
            hundredths(cents),
            self.goal_dollars,
        )
    }
}

/// What a poll that finds nothing new reads at most; a test of groups holds it to that.
pub const POLL_HALF_UNITS: u64 = 4;
/// Seconds from one poll to the next while there is talk, and in a silent group.
const POLLS_SECONDS: [u64; 2] = [2, 20];

/// What it costs to have a group open for an hour in which nothing is said.
fn open_chat() -> String {
    let poll =
        API_REQUEST_MILLIDOLLARS + INVOCATION_MILLIDOLLARS + POLL_HALF_UNITS * READ_UNIT_MILLIDOLLARS / 2;
    let [talking, silent] =
        POLLS_SECONDS.map(|seconds| hundredths((3_600 / seconds * poll).div_ceil(100_000)));
    format!(
        "\n## An open chat\n\nWho has a group open asks for new messages every 2 seconds while there is talk, and every 20 in a \
         silent group: the answer says which. Where there is nothing new, `list-messages` reads {} units at most and writes \
         nothing, so that an hour costs {talking} cents while there is talk, and {silent} cents in a silent group.\n",
        halves(POLL_HALF_UNITS),
    )
}

fn hundredths(count: u64) -> String {
    format!("{}.{:02}", count / 100, count % 100)
}

/// The page, from the dearest successful invocation of each operation, and from what is done later.
pub fn document(
    invocations: &[Invocation],
    (follow_ups, tick_half_units): (&[FollowUp], u64),
    is_route: impl Fn(&str) -> bool,
) -> String {
    let mut text = INTRODUCTION.to_owned();
    for one in invocations {
        let request = if is_route(&one.operation) { API_REQUEST_MILLIDOLLARS } else { 0 };
        let written = one.write_half_units + one.index_write_half_units;
        let half_units = written * WRITE_UNIT_MILLIDOLLARS + one.read_half_units * READ_UNIT_MILLIDOLLARS;
        let units = half_units / 2;
        let cost = units + INVOCATION_MILLIDOLLARS + request;
        writeln!(
            text,
            "| `{}` | {} | {} | {} | {} | {}.{:03} |",
            one.operation,
            one.round_trips,
            halves(one.read_half_units),
            halves(one.write_half_units),
            halves(one.index_write_half_units),
            cost / 1_000,
            cost % 1_000,
        )
        .expect("a line");
    }
    text.push_str(FOLLOW_UPS);
    for one in follow_ups {
        text.push_str(&one.row());
    }
    text.push_str(&idle_month(tick_half_units));
    text.push_str(&open_chat());
    text
}

fn halves(count: u64) -> String {
    if count.is_multiple_of(2) { (count / 2).to_string() } else { format!("{}.5", count / 2) }
}
