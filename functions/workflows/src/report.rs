//! What a stream or a queue is told of a batch.

use serde::Serialize;

/// Which of a batch failed, as Lambda reads it: a stream sends the first of them and all after it again, a queue just
/// those.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    batch_item_failures: Vec<ItemFailure>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct ItemFailure {
    item_identifier: String,
}

impl Report {
    /// A report that names these.
    pub(crate) fn of<'a>(failed: impl IntoIterator<Item = &'a str>) -> Self {
        let failed = failed.into_iter().map(|id| ItemFailure { item_identifier: id.to_owned() });
        Self { batch_item_failures: failed.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_report_names_what_lambda_reads() {
        let told = |failed: &[&str]| serde_json::to_value(Report::of(failed.iter().copied())).unwrap();
        assert_eq!(told(&["111"]), json!({"batchItemFailures": [{"itemIdentifier": "111"}]}));
        assert_eq!(told(&[]), json!({"batchItemFailures": []}));
    }
}
