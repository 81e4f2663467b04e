//! How the API's description tells of times and periods.

use crate::Period;
use schemars::{Schema, json_schema};

/// Stands for a [`Timestamp`](crate::Timestamp) in the API's description: RFC 3339.
#[derive(Debug)]
pub enum DateTime {}

scrip_schema::inline!(DateTime: json_schema!({ "type": "string", "format": "date-time" }));
scrip_schema::inline!(Period: period());

/// Stands for a [`Period`] of at least and at most so many seconds.
#[derive(Debug)]
pub enum PeriodWithin<const LEAST: i64, const MOST: i64> {}

scrip_schema::inline!(PeriodWithin<const LEAST: i64, const MOST: i64>: {
    let mut schema = period();
    // JSON Schema has no words for the bounds of a duration.
    for (word, seconds) in [("x-minimum", LEAST), ("x-maximum", MOST)] {
        schema.insert(word.to_owned(), Period::from_seconds(seconds).map(|period| period.to_string()).into());
    }
    schema
});

/// No years and months, and no fractions.
const PERIOD_PATTERN: &str = "^P([0-9]+W)?([0-9]+D)?(T([0-9]+H)?([0-9]+M)?([0-9]+S)?)?$";

fn period() -> Schema {
    json_schema!({ "type": "string", "format": "duration", "pattern": PERIOD_PATTERN })
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemars::{JsonSchema, SchemaGenerator};

    #[test]
    fn a_period_says_its_bounds() {
        let schema = PeriodWithin::<60, 604_800>::json_schema(&mut SchemaGenerator::default());
        assert_eq!(
            (schema.get("x-minimum"), schema.get("x-maximum")),
            (Some(&"PT1M".into()), Some(&"P7D".into()))
        );
        assert_eq!(schema.get("format"), Some(&"duration".into()));
    }
}
