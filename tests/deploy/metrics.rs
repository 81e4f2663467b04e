//! Which metrics alarms watch and the dashboard shows. Dimensions hold logical ids, since names are made by AWS.

use super::stack::{items, target};
use serde_json::Value;
use std::collections::BTreeMap;

/// A metric of something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Metric {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) dimensions: BTreeMap<String, String>,
}

impl Metric {
    /// Whether it is that metric of one thing.
    pub(super) fn is_of(&self, namespace: &str, name: &str, dimension: &str, of: &str) -> bool {
        self.namespace == namespace
            && self.name == name
            && self.dimensions.get(dimension).is_some_and(|value| value == of)
    }

    /// The metric that an alarm watches by name; none if it watches an expression.
    pub(super) fn of_alarm(alarm: &Value) -> Option<Self> {
        let dimension = |dimension: &Value| {
            let value = &dimension["Value"];
            let value = target(value).or_else(|| value.as_str())?;
            Some((dimension["Name"].as_str()?.to_owned(), value.to_owned()))
        };
        Some(Self {
            namespace: alarm["Namespace"].as_str()?.to_owned(),
            name: alarm["MetricName"].as_str()?.to_owned(),
            dimensions: items(&alarm["Dimensions"]).filter_map(dimension).collect(),
        })
    }

    /// The metrics of a dashboard's widget, where `.` stands for what stood there before and `...` for all of it:
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html>.
    pub(super) fn of_widget(widget: &Value) -> Vec<Self> {
        let mut before: Vec<&str> = Vec::new();
        let mut found = Vec::new();
        for row in items(&widget["properties"]["metrics"]) {
            let row: Vec<&str> = items(row).map_while(Value::as_str).collect();
            let given = match row.as_slice() {
                [] => continue,
                ["...", rest @ ..] => [&before[..before.len().saturating_sub(rest.len())], rest].concat(),
                row => row.to_vec(),
            };
            let same = |(index, part): (usize, &&'_ str)| {
                if *part == "." { before.get(index).copied() } else { None }
            };
            before =
                given.iter().enumerate().map(|(index, part)| same((index, part)).unwrap_or(part)).collect();
            if let [namespace, name, dimensions @ ..] = before.as_slice() {
                let (dimensions, _) = dimensions.as_chunks::<2>();
                found.push(Self {
                    namespace: (*namespace).to_owned(),
                    name: (*name).to_owned(),
                    dimensions: dimensions
                        .iter()
                        .map(|[name, value]| ((*name).to_owned(), (*value).to_owned()))
                        .collect(),
                });
            }
        }
        found
    }
}

/// The names that a text substitutes, without their attributes.
pub(super) fn substituted(text: &str) -> Vec<&str> {
    text.split("${").skip(1).filter_map(|rest| rest.split(['}', '.']).next()).collect()
}

/// The text with a name's own text for what it stands for.
pub(super) fn filled(text: &str) -> String {
    let mut parts = text.split("${");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |filled, part| {
        let (name, rest) = part.split_once('}').unwrap_or((part, ""));
        filled + name.split('.').next().unwrap_or_default() + rest
    })
}

#[test]
fn rows_of_a_widget_repeat_what_stood_before() {
    let widget = serde_json::json!({ "properties": { "metrics": [
        ["AWS/X", "Reads", "Table", "a", { "label": "A" }],
        ["...", "b"],
        [".", "Writes", ".", "."],
        [{ "expression": "SEARCH('', 'Sum')" }],
        ["...", "Table", "c"],
    ] } });
    let found: Vec<_> = Metric::of_widget(&widget);
    let expected =
        [("Reads", "a"), ("Reads", "b"), ("Writes", "b"), ("Writes", "c")].map(|(name, table)| Metric {
            namespace: "AWS/X".to_owned(),
            name: name.to_owned(),
            dimensions: BTreeMap::from([("Table".to_owned(), table.to_owned())]),
        });
    assert_eq!(found, expected);
}
