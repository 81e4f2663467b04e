//! The messages of a group, page by page: backward for who scrolls up, forward for who catches up and polls.

use crate::group::partition;
use crate::groups::{Groups, no_such_group};
use crate::limits::{POLL_SECONDS, TALK_SECONDS};
use crate::member::MemberRecord;
use crate::message::{MessageKind, MessageRecord, place};
use crate::sequence::Sequence;
use scrip_clock::Timestamp;
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Query, decode, text};

/// Which way a list goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// What comes after this message, oldest first.
    After(i64),
    /// What comes before this message, newest first.
    Before(i64),
    /// The newest messages, newest first.
    Newest,
}

/// Which messages are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageOf {
    /// From where, and which way.
    pub direction: Direction,
    /// How many at most.
    pub limit: u32,
}

/// Messages of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Messages {
    /// The messages.
    pub items: Vec<MessageRecord>,
    /// The number from which the list goes on; forward there always is one.
    pub next: Option<i64>,
    /// After how many seconds a client asks for more.
    pub poll_after_seconds: i64,
}

/// Reads the number of a message in a query.
///
/// # Errors
/// [`Code::InvalidCursor`] for what is no number.
pub fn message_number(text: &str) -> Result<i64, Refusal> {
    let is_number = (1..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| is_number);
    number.ok_or_else(|| {
        Refusal::new(Code::InvalidCursor, "Send the number of a message, or what was told as next.")
    })
}

impl Groups {
    /// Some of the messages that a member may see. Where there is nothing new, nothing but that is read.
    pub async fn messages(&self, user: &str, group: &str, page: PageOf) -> Result<Messages, Failure> {
        let asked = (Sequence::key(group).at(&self.table), MemberRecord::key(group, user).at(&self.table));
        let found: (Option<Sequence>, Option<MemberRecord>) = self.store.read(asked).await?;
        let (Some(sequence), Some(member)) = found else { return Err(no_such_group().into()) };
        let (first, last) = bounds(page.direction, member.from_seq, sequence.n);
        let items = if first > last { Vec::new() } else { self.read(group, (first, last), page).await? };
        let ends = items.last().map(|message| message.seq);
        let next = match page.direction {
            Direction::After(after) => {
                Some(ends.unwrap_or_else(|| after.max(member.from_seq).min(sequence.n)))
            }
            Direction::Before(_) | Direction::Newest => ends.filter(|end| *end > first),
        };
        Ok(Messages { items, next, poll_after_seconds: poll_after(&sequence, self.now()) })
    }

    async fn read(
        &self,
        group: &str,
        (first, last): (i64, i64),
        page: PageOf,
    ) -> Result<Vec<MessageRecord>, Failure> {
        let query = self.between(group, first, last);
        let query = if matches!(page.direction, Direction::After(_)) { query } else { query.newest_first() };
        let items = self.store.first(&query, page.limit).await?;
        items.into_iter().map(decode).collect()
    }

    fn between(&self, group: &str, first: i64, last: i64) -> Query {
        Query::of(&self.table, &partition(group))
            .range("sk BETWEEN :first AND :last")
            .value(":first", place(first))
            .value(":last", place(last))
    }

    /// How many messages of others a member has not read, so many at most.
    pub(crate) async fn unread(
        &self,
        member: &MemberRecord,
        sequence: &Sequence,
        most: u32,
    ) -> Result<i64, Failure> {
        if sequence.n <= member.read_seq {
            return Ok(0);
        }
        let query = self.between(&member.group, member.read_seq + 1, sequence.n).newest_first();
        let items = self.store.first(&query, most).await?;
        let is_event = |kind: Option<&str>| {
            kind.is_some_and(|kind| serde_json::to_value(MessageKind::Event).is_ok_and(|event| event == kind))
        };
        let others = items.iter().filter(|item| {
            text(item, "from") != Some(member.member.as_str()) && !is_event(text(item, "kind"))
        });
        i64::try_from(others.count()).map_err(Failure::broken)
    }
}

/// The first and the last message that may be listed.
fn bounds(direction: Direction, from_seq: i64, n: i64) -> (i64, i64) {
    let first = from_seq.saturating_add(1);
    match direction {
        Direction::After(after) => (first.max(after.saturating_add(1)), n),
        Direction::Before(before) => (first, n.min(before.saturating_sub(1))),
        Direction::Newest => (first, n),
    }
}

/// A client asks the more often the younger the last message is.
fn poll_after(sequence: &Sequence, now: Timestamp) -> i64 {
    let age = now.as_millisecond().saturating_sub(sequence.last_at) / 1_000;
    let [talking, since, silent] = POLL_SECONDS;
    match age {
        age if age < TALK_SECONDS[0] => talking,
        age if age < TALK_SECONDS[1] => since,
        _ => silent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::NOW;

    #[test]
    fn a_member_sees_what_came_after_joining_alone() {
        for (direction, expected) in [
            (Direction::After(0), (6, 9)),
            (Direction::After(7), (8, 9)),
            (Direction::After(9), (10, 9)),
            (Direction::Before(8), (6, 7)),
            (Direction::Before(3), (6, 2)),
            (Direction::Newest, (6, 9)),
        ] {
            assert_eq!(bounds(direction, 5, 9), expected, "{direction:?}");
        }
    }

    #[test]
    fn who_is_silent_is_asked_less_often() {
        let after = |seconds: i64| {
            poll_after(&Sequence { n: 1, last_at: NOW.as_millisecond() - seconds * 1_000 }, NOW)
        };
        assert_eq!([0, 59, 60, 599, 600].map(after), [2, 2, 5, 5, 20]);
    }

    #[test]
    fn only_a_number_is_the_number_of_a_message() {
        assert_eq!(message_number("012"), Ok(12));
        for text in ["", "-1", "+1", "1.0", "x", "1234567890123", " 1"] {
            assert_eq!(message_number(text).unwrap_err().code, Code::InvalidCursor, "{text:?}");
        }
    }
}
