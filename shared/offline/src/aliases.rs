//! Under which aliases a user's codes are: derived from the user's id, so that nothing has to be read to know them.

use crate::codes::{Codes, CodesRecord};
use crate::limits::ALIAS_CANDIDATES;
use scrip_identity::Keyring;
use scrip_secure_code::Alias;

/// The purpose of the keys that aliases are made of.
const ALIAS: &str = "offline-alias";

/// The aliases that a user may have, in order of preference: by the current keys, then by others that are held, which the
/// user may have had before. Each stands there once.
pub(crate) fn aliases(keyring: &Keyring, user: &str) -> Vec<Alias> {
    candidates(keyring, user).into_iter().flatten().collect()
}

/// The same, apart for each generation of keys.
fn candidates(keyring: &Keyring, user: &str) -> Vec<Vec<Alias>> {
    let mut by_generation = vec![Vec::new(); keyring.generations().count()];
    for attempt in 0..ALIAS_CANDIDATES {
        let id = format!("{attempt}#{user}");
        for (aliases, key) in by_generation.iter_mut().zip(keyring.derive_each(ALIAS, &id)) {
            aliases
                .push(Alias::of_number(u64::from_be_bytes(key.first_chunk().copied().unwrap_or_default())));
        }
    }
    let mut seen = Vec::new();
    for aliases in &mut by_generation {
        aliases.retain(|alias| {
            let is_new = !seen.contains(alias);
            seen.push(*alias);
            is_new
        });
    }
    by_generation
}

impl Codes {
    /// The places of a user among what was found under [`aliases`], one by each generation of keys that is held, the current
    /// one first: the user's own, else the first that nobody has taken; none where others have taken all. There is one for
    /// who has no codes, too, so that this costs what others do.
    pub(crate) fn places_of(
        user: &str,
        keyring: &Keyring,
        found: Vec<Option<CodesRecord>>,
    ) -> Vec<Option<Self>> {
        let mut found = found.into_iter();
        let places = candidates(keyring, user).into_iter().map(|aliases| {
            let records: Vec<_> = found.by_ref().take(aliases.len()).collect();
            let mut places: Vec<_> =
                aliases.into_iter().zip(records).map(|(alias, record)| Self { alias, record }).collect();
            let own = places.iter().position(|codes| codes.owner() == Some(user));
            let free = || places.iter().position(|codes| codes.owner().is_none());
            own.or_else(free).map(|place| places.swap_remove(place))
        });
        places.collect()
    }

    /// Where a new authorization goes, and the user's other places. It goes to the place by the current keys, so that none
    /// is left by those before once all that was granted before has ended. `None` if others have taken all.
    pub(crate) fn to_grant(
        user: &str,
        keyring: &Keyring,
        found: Vec<Option<CodesRecord>>,
    ) -> Option<(Self, Vec<Self>)> {
        let mut places = Self::places_of(user, keyring, found).into_iter();
        let current = places.next()??;
        Some((current, places.flatten().collect()))
    }

    fn owner(&self) -> Option<&str> {
        self.record.as_ref().and_then(|record| record.user.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use scrip_clock::Timestamp;
    use scrip_identity::MasterSecret;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn rotated() -> MasterSecret {
        let master = MasterSecret::parse("a master secret for tests, long enough").unwrap();
        master.with_next("another secret for tests, long enough", at(100)).unwrap()
    }

    /// What is found when these aliases are whose they are said to be.
    fn found(aliases: &[Alias], owners: &[(Alias, &str)]) -> Vec<Option<CodesRecord>> {
        let owner = |alias: &Alias| owners.iter().find(|(owned, _)| owned == alias);
        aliases.iter().map(|alias| owner(alias).map(|(_, user)| CodesRecord::empty(Some(user)))).collect()
    }

    fn places(keyring: &Keyring, owners: &[(Alias, &str)]) -> Vec<Option<Alias>> {
        let places = Codes::places_of("alice", keyring, found(&aliases(keyring, "alice"), owners));
        places.into_iter().map(|place| place.map(|codes| codes.alias)).collect()
    }

    #[test]
    fn a_user_has_a_place_by_each_generation_the_current_one_first() {
        let (before, after) = (rotated().keyring(at(99)), rotated().keyring(at(100)));
        let alone = MasterSecret::parse("a master secret for tests, long enough").unwrap().keyring(at(0));
        let (old, all) = (aliases(&alone, "alice"), aliases(&after, "alice"));
        let new = &all[..3];
        assert_eq!((old.len(), &all[3..]), (3, &old[..]));
        assert_eq!(aliases(&before, "alice"), [&old[..], new].concat());

        assert_eq!(places(&after, &[]), [Some(new[0]), Some(old[0])]);
        assert_eq!(places(&after, &[(old[0], "bob"), (new[0], "bob")]), [Some(new[1]), Some(old[1])]);
        assert_eq!(places(&after, &[(old[2], "alice")]), [Some(new[0]), Some(old[2])]);
        let taken = [(old[0], "bob"), (old[1], "bob"), (old[2], "carol")];
        assert_eq!(places(&after, &taken), [Some(new[0]), None]);
        assert_eq!(places(&alone, &taken), [None]);
    }

    #[test]
    fn what_is_granted_goes_to_the_place_by_the_current_keys() {
        let after = rotated().keyring(at(100));
        let all = aliases(&after, "alice");
        let grant = |owners: &[(Alias, &str)]| {
            let granted = Codes::to_grant("alice", &after, found(&all, owners));
            granted
                .map(|(codes, others)| (codes.alias, others.into_iter().map(|codes| codes.alias).collect()))
        };
        assert_eq!(grant(&[(all[3], "alice")]), Some((all[0], vec![all[3]])));
        assert_eq!(grant(&[(all[3], "alice"), (all[1], "alice")]), Some((all[1], vec![all[3]])));
        let taken = [(all[0], "bob"), (all[1], "bob"), (all[2], "bob"), (all[3], "alice")];
        assert_eq!(grant(&taken), None);
    }

    proptest! {
        #[test]
        fn aliases_are_known_again_by_either_generation(user in "[!-~]{1,40}", second in 0_i64..200) {
            let all = aliases(&rotated().keyring(at(second)), &user);
            let again = aliases(&rotated().keyring(at(300)), &user);
            prop_assert!(all.iter().all(|alias| again.contains(alias)) && all.len() == again.len());
        }
    }
}
