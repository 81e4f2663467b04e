//! One line for each invocation, which is its metrics too. It never holds a body, a secret, a code, a PIN or a token.
//!
//! Source: Amazon `CloudWatch` User Guide, "Specification: Embedded metric format",
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>.

use scrip_clock::Timestamp;
use scrip_store::Meter;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use std::sync::LazyLock;
use std::time::Duration;

/// How urgent a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// All is as it should be, refusals included.
    Info,
    /// Somebody should look.
    Error,
}

/// What is written of an invocation.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// How urgent it is.
    pub level: Level,
    /// When it ended.
    pub time: Timestamp,
    /// Where the function is deployed, such as `prod`.
    pub environment: &'a str,
    /// The request's id, which the caller has too.
    pub request_id: &'a str,
    /// The ids of the requests that this work goes back to, where it is not one itself.
    pub causes: &'a [String],
    /// The function.
    pub operation: &'a str,
    /// The kind of caller.
    pub principal: &'a str,
    /// `ok`, or the code of the problem.
    pub outcome: &'a str,
    /// The HTTP status, where there is one.
    pub status: Option<u16>,
    /// What the invocation took. A line that only adds to another has none, so that nothing is counted twice.
    pub measures: Option<Measures<'a>>,
    /// What it counted by itself, each a metric of its operation. Only a line with measures has such.
    pub counts: &'a [(String, u64)],
    /// Why it came to this outcome, in one word that the caller is not told: such as what a payment was declined for.
    pub reason: Option<&'static str>,
    /// What the caller is not told.
    pub detail: Option<&'a str>,
}

/// What an invocation took.
#[derive(Clone, Copy, Debug)]
pub struct Measures<'a> {
    /// How long it ran.
    pub duration: Duration,
    /// What it used of the store. What it did to which table is not written: it is for the test that holds the
    /// policies to it.
    pub store: &'a Meter,
}

/// Where lines go.
pub trait Log: Send + Sync {
    /// Writes one line. A log that can't be written is no reason to fail.
    fn write(&self, line: &Line<'_>);
}

const OF_OPERATION: &[&[&str]] = &[&["environment", "operation"]];

/// What `CloudWatch` reads of a line, all but its time.
const DIRECTIVES: &[Directive<'static>] = &[
    Directive {
        namespace: "Scrip",
        dimensions: OF_OPERATION,
        metrics: &[
            Metric { name: "duration_microseconds", unit: "Microseconds" },
            Metric { name: "invocations", unit: "Count" },
            Metric { name: "round_trips", unit: "Count" },
            Metric { name: "read_half_units", unit: "Count" },
            Metric { name: "write_half_units", unit: "Count" },
        ],
    },
    Directive {
        namespace: "Scrip",
        dimensions: &[&["environment", "operation", "outcome"]],
        metrics: &[Metric { name: "invocations", unit: "Count" }],
    },
];

/// The same as text, which each line then copies: writing it anew took more than the rest of the line.
static DIRECTIVES_TEXT: LazyLock<Box<RawValue>> =
    LazyLock::new(|| to_raw_value(DIRECTIVES).unwrap_or_default());

/// The same for a line with counts of its own.
fn directives_with(counts: &[(String, u64)]) -> Box<RawValue> {
    let metrics: Vec<_> = counts.iter().map(|(name, _)| Metric { name, unit: "Count" }).collect();
    let own = Directive { namespace: "Scrip", dimensions: OF_OPERATION, metrics: &metrics };
    to_raw_value(&DIRECTIVES.iter().chain([&own]).collect::<Vec<_>>()).unwrap_or_default()
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata<'a> {
    timestamp: i64,
    cloud_watch_metrics: &'a RawValue,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive<'a> {
    namespace: &'a str,
    dimensions: &'a [&'a [&'a str]],
    metrics: &'a [Metric<'a>],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metric<'a> {
    name: &'a str,
    unit: &'a str,
}

impl Line<'_> {
    /// The line as JSON. Where it is written, [`Serialize`] writes it without this detour.
    pub fn to_json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// What is not there is left out: there is no `null`.
impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut line = serializer.serialize_map(None)?;
        if self.measures.is_some() {
            let timestamp = self.time.as_millisecond();
            let own = (!self.counts.is_empty()).then(|| directives_with(self.counts));
            let cloud_watch_metrics = own.as_deref().unwrap_or(&DIRECTIVES_TEXT);
            line.serialize_entry("_aws", &Metadata { timestamp, cloud_watch_metrics })?;
        }
        line.serialize_entry("level", &self.level)?;
        line.serialize_entry("time", &self.time)?;
        line.serialize_entry("environment", self.environment)?;
        line.serialize_entry("operation", self.operation)?;
        line.serialize_entry("outcome", self.outcome)?;
        line.serialize_entry("request_id", self.request_id)?;
        if !self.causes.is_empty() {
            line.serialize_entry("causes", self.causes)?;
        }
        line.serialize_entry("principal", self.principal)?;
        if let Some(status) = self.status {
            line.serialize_entry("status", &status)?;
        }
        if let Some(Measures { duration, store }) = self.measures {
            let usage = store.usage();
            let duration = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
            line.serialize_entry("invocations", &1)?;
            line.serialize_entry("duration_microseconds", &duration)?;
            line.serialize_entry("round_trips", &usage.round_trips)?;
            line.serialize_entry("read_half_units", &usage.read_half_units)?;
            line.serialize_entry("write_half_units", &usage.write_half_units)?;
            line.serialize_entry("index_write_half_units", &usage.index_write_half_units)?;
            for (name, count) in self.counts {
                line.serialize_entry(name, count)?;
            }
        }
        if let Some(reason) = self.reason {
            line.serialize_entry("reason", reason)?;
        }
        if let Some(detail) = self.detail {
            line.serialize_entry("detail", detail)?;
        }
        line.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn line<'a>(causes: &'a [String], measures: Option<Measures<'a>>) -> Line<'a> {
        Line {
            level: Level::Info,
            time: Timestamp::from_millisecond(1_764_000_000_123).unwrap(),
            environment: "test",
            request_id: "r1",
            causes,
            operation: "open-bill",
            principal: "user",
            outcome: "ok",
            status: Some(201),
            measures,
            counts: &[],
            reason: None,
            detail: None,
        }
    }

    #[test]
    fn an_invocations_line_is_its_metrics() {
        let (store, causes) = (Meter::default(), ["r0".to_owned()]);
        let measures = Measures { duration: Duration::from_nanos(12_345_678), store: &store };
        let count = |name: &str| json!({ "Name": name, "Unit": "Count" });
        let all = json!({
            "Namespace": "Scrip", "Dimensions": [["environment", "operation"]],
            "Metrics": [
                { "Name": "duration_microseconds", "Unit": "Microseconds" }, count("invocations"),
                count("round_trips"), count("read_half_units"), count("write_half_units"),
            ],
        });
        let by_outcome = json!({
            "Namespace": "Scrip", "Dimensions": [["environment", "operation", "outcome"]],
            "Metrics": [count("invocations")],
        });
        let expected = json!({
            "_aws": { "Timestamp": 1_764_000_000_123_i64, "CloudWatchMetrics": [all, by_outcome] },
            "level": "info", "time": "2025-11-24T16:00:00.123Z", "environment": "test", "operation": "open-bill",
            "outcome": "ok", "request_id": "r1", "causes": ["r0"], "principal": "user", "status": 201,
            "invocations": 1, "duration_microseconds": 12_345, "round_trips": 0, "read_half_units": 0,
            "write_half_units": 0, "index_write_half_units": 0,
        });
        assert_eq!(line(&causes, Some(measures)).to_json(), expected);
    }

    #[test]
    fn another_line_counts_nothing_and_what_is_not_there_is_left_out() {
        let note = Line { status: None, reason: Some("code-used"), detail: Some("why"), ..line(&[], None) };
        let expected = json!({
            "level": "info", "time": "2025-11-24T16:00:00.123Z", "environment": "test", "operation": "open-bill",
            "outcome": "ok", "request_id": "r1", "principal": "user", "reason": "code-used", "detail": "why",
        });
        assert_eq!(note.to_json(), expected);
    }

    #[test]
    fn what_an_invocation_counts_by_itself_is_a_metric_too() {
        let store = Meter::default();
        let measures = Measures { duration: Duration::ZERO, store: &store };
        let counts = [("put_off".to_owned(), 3)];
        let told = Line { counts: &counts, ..line(&[], Some(measures)) }.to_json();
        let directives = told["_aws"]["CloudWatchMetrics"].as_array().unwrap();
        let own = json!({
            "Namespace": "Scrip", "Dimensions": [["environment", "operation"]],
            "Metrics": [{ "Name": "put_off", "Unit": "Count" }],
        });
        assert_eq!((directives.len(), &directives[2], &told["put_off"]), (3, &own, &json!(3)));
        let without = Line { counts: &counts, ..line(&[], None) }.to_json();
        assert_eq!(without.get("put_off"), None);
    }

    /// A reader of JSON takes the last of two members with one name, so this looks at the text.
    #[test]
    fn each_member_stands_once() {
        let (store, causes) = (Meter::default(), ["r0".to_owned()]);
        let measures = Measures { duration: Duration::ZERO, store: &store };
        let line = Line { reason: Some("code-used"), detail: Some("why"), ..line(&causes, Some(measures)) };
        let text = serde_json::to_string(&line).unwrap();
        for name in line.to_json().as_object().unwrap().keys() {
            assert_eq!(text.matches(&format!("\"{name}\":")).count(), 1, "{name} in {text}");
        }
    }
}
