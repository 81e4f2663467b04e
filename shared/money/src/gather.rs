//! Taking an amount out of parts that hold it together.

use std::cmp::Reverse;

/// From which parts to take how much: the fullest first, so that as few as possible take part; of those that hold the same,
/// the one named first in the parts' own order. Parts that hold nothing, or less, give nothing. `None` if all together hold
/// too little.
pub fn gather<P: Copy + Ord>(
    parts: impl IntoIterator<Item = (P, i64)>,
    amount: i64,
) -> Option<Vec<(P, i64)>> {
    let mut parts: Vec<_> = parts.into_iter().filter(|(_, held)| *held > 0).collect();
    parts.sort_by_key(|(part, held)| (Reverse(*held), *part));
    let mut missing = amount;
    let mut taken = Vec::new();
    for (part, held) in parts {
        if missing <= 0 {
            break;
        }
        let given = held.min(missing);
        missing -= given;
        taken.push((part, given));
    }
    (missing <= 0).then_some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_fullest_give_first_and_the_last_one_only_what_is_missing() {
        let parts = [(0, 5), (1, 20), (2, -3), (3, 20), (4, 0)];
        assert_eq!(gather(parts, 30), Some(vec![(1, 20), (3, 10)]));
        assert_eq!(gather(parts, 45), Some(vec![(1, 20), (3, 20), (0, 5)]));
        assert_eq!(gather(parts, 46), None);
        assert_eq!(gather(parts, 0), Some(Vec::new()));
    }

    proptest! {
        #[test]
        fn what_is_gathered_is_the_amount_and_there(
            held in prop::collection::vec(-100_i64..1_000, 0..64),
            amount in 1_i64..20_000,
        ) {
            let taken = gather(held.iter().copied().enumerate(), amount);
            let most: i64 = held.iter().filter(|held| **held > 0).sum();
            prop_assert_eq!(taken.is_some(), most >= amount);
            let taken = taken.unwrap_or_default();
            for (part, given) in &taken {
                prop_assert!(*given > 0 && *given <= held[*part]);
            }
            let parts: std::collections::BTreeSet<_> = taken.iter().map(|(part, _)| part).collect();
            prop_assert_eq!(parts.len(), taken.len());
            if let Some((least, _)) = taken.last() {
                prop_assert_eq!(taken.iter().map(|(_, given)| given).sum::<i64>(), amount);
                let left_out = held.iter().enumerate().filter(|(part, _)| !parts.contains(part));
                prop_assert!(left_out.into_iter().all(|(_, other)| *other <= held[*least]));
            }
        }
    }
}
