//! How far a merchant's day is ahead of UTC's.

use crate::limits::MAX_DAY_OFFSET_MINUTES;
use scrip_refusal::{Code, Refusal};

/// An offset from UTC of at most 14 hours, as RFC 3339 writes it.
pub(crate) const OFFSET_PATTERN: &str = "^(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)$";

/// Reads an offset as RFC 3339 writes it.
pub(crate) fn day_offset(text: Option<&str>) -> Result<i64, Refusal> {
    let offset = match text {
        None | Some("Z") => Some(0),
        Some(text) => offset_minutes(text),
    };
    let detail = "Z, or +hh:mm or -hh:mm up to 14:00";
    offset.ok_or_else(|| Refusal::field("/utc_offset", Code::InvalidField, detail))
}

fn offset_minutes(text: &str) -> Option<i64> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return None,
    };
    let (hours, minutes) = digits.split_once(':')?;
    let number = |text: &str| {
        (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| text.parse::<i64>().ok())
            .flatten()
    };
    let (hours, minutes) = (number(hours)?, number(minutes).filter(|minutes| *minutes < 60)?);
    let all = hours * 60 + minutes;
    (all <= MAX_DAY_OFFSET_MINUTES).then_some(sign * all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_ahead_of_utc_by_hours_and_minutes() {
        for (text, minutes) in
            [(None, 0), (Some("Z"), 0), (Some("+08:00"), 480), (Some("-03:30"), -210), (Some("+14:00"), 840)]
        {
            assert_eq!(day_offset(text), Ok(minutes), "{text:?}");
        }
        for text in ["", "8", "+8:00", "+08", "+08:60", "+14:01", "08:00", "+ab:cd", "z", "−08:00", "+１2:00"]
        {
            assert!(day_offset(Some(text)).is_err(), "{text}");
        }
    }
}
