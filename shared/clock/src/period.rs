//! ISO 8601 durations of fixed length, as requests carry them: `PT2H`, `P7D`.

use jiff::{SignedDuration, Span, SpanRelativeTo, Unit};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{fmt, str::FromStr};

/// A positive duration in whole seconds. A day has 24 hours; months and years have no fixed length and are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period(SignedDuration);

/// Why a text is not a [`Period`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeriodError;

impl fmt::Display for PeriodError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "not a positive ISO 8601 duration of days, hours, minutes and whole seconds, such as PT2H",
        )
    }
}

impl std::error::Error for PeriodError {}

impl Period {
    /// A period of so many seconds; `None` unless it is positive.
    pub const fn from_seconds(seconds: i64) -> Option<Self> {
        if seconds > 0 { Some(Self(SignedDuration::from_secs(seconds))) } else { None }
    }

    /// Its length in seconds.
    pub const fn as_seconds(self) -> i64 {
        self.0.as_secs()
    }

    /// Its length.
    pub const fn duration(self) -> SignedDuration {
        self.0
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        if !text.starts_with('P') {
            return Err(PeriodError);
        }
        let span: Span = text.parse().map_err(|_| PeriodError)?;
        if span.get_years() != 0 || span.get_months() != 0 {
            return Err(PeriodError);
        }
        let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| PeriodError)?;
        if duration.subsec_nanos() != 0 {
            return Err(PeriodError);
        }
        Self::from_seconds(duration.as_secs()).ok_or(PeriodError)
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let span = Span::new().seconds(self.0.as_secs());
        match span.round(jiff::SpanRound::new().largest(Unit::Day).days_are_24_hours()) {
            Ok(span) => write!(f, "{span}"),
            Err(_) => write!(f, "PT{}S", self.0.as_secs()),
        }
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iso_8601_durations_are_read_and_written() {
        for (text, seconds) in
            [("PT1M", 60), ("PT2H", 7_200), ("P7D", 604_800), ("P1DT1H", 90_000), ("PT90S", 90)]
        {
            let period: Period = text.parse().unwrap();
            assert_eq!(period.as_seconds(), seconds, "{text}");
            assert_eq!(period.to_string().parse::<Period>().unwrap(), period, "{text}");
        }
        assert_eq!(Period::from_seconds(7_200).unwrap().to_string(), "PT2H");
    }

    #[test]
    fn what_has_no_fixed_positive_length_is_refused() {
        for text in
            ["", "2h", "P1M", "P1Y", "PT0S", "-PT1H", "PT1.5S", "PT", "P", "P99999999999999999999D", "1 hour"]
        {
            assert_eq!(text.parse::<Period>(), Err(PeriodError), "{text}");
        }
    }
}
