//! How long what could not be done rests before it is tried again.

use scrip_clock::SignedDuration;

/// The first pause doubles up to the longest.
const FIRST_PAUSE_MINUTES: i64 = 2;
const LONGEST_PAUSE_MINUTES: i64 = 6 * 60;
/// How often something is put off: for more than a week, in which somebody can mend the cause.
pub const PUT_OFF_MOST: u32 = 36;

/// The pause before the try after so many that were put off before.
pub(crate) fn pause(put_off: u32) -> SignedDuration {
    let doubled = FIRST_PAUSE_MINUTES.checked_shl(put_off).filter(|minutes| *minutes > 0);
    let minutes = doubled.map_or(LONGEST_PAUSE_MINUTES, |minutes| minutes.min(LONGEST_PAUSE_MINUTES));
    SignedDuration::from_mins(minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_last_for_more_than_a_week_in_all() {
        let pauses: Vec<_> = (0..PUT_OFF_MOST).map(pause).collect();
        assert_eq!(&pauses[..3], [2, 4, 8].map(SignedDuration::from_mins));
        assert!(pauses.is_sorted());
        assert_eq!(pauses.last(), Some(&SignedDuration::from_hours(6)));
        let all = pauses.iter().fold(SignedDuration::ZERO, |all, pause| all + *pause);
        let days = |days: i64| SignedDuration::from_hours(24 * days);
        assert!((days(7)..days(8)).contains(&all), "{all}");
        assert_eq!(pause(u32::MAX), SignedDuration::from_hours(6));
    }
}
