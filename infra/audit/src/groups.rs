//! Whether the messages of each group have numbers without gap, each sent once, and its members are those it counts.

use crate::books::Books;
use crate::report::Violation;
use scrip_groups::{GroupRecord, MemberRecord, MessageKind, MessageRecord, SentRecord, Sequence};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// How far a group's numbers have come.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Numbers {
    pub(crate) pk: String,
    #[serde(flatten)]
    pub(crate) record: Sequence,
}

/// What a request has sent.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Sent {
    pub(crate) pk: String,
    #[serde(flatten)]
    pub(crate) record: SentRecord,
}

/// What belongs to one group.
#[derive(Default)]
struct Parts<'a> {
    n: Option<i64>,
    members: Vec<&'a MemberRecord>,
    messages: Vec<&'a MessageRecord>,
    sent: Vec<&'a SentRecord>,
}

/// Items that are of no account here.
pub(crate) fn is_aside(kind: &str) -> bool {
    kind.starts_with("LEFT#")
}

fn group(pk: &str) -> &str {
    pk.strip_prefix("GRP#").unwrap_or(pk)
}

pub(crate) fn check(books: &Books, violations: &mut Vec<Violation>) {
    let mut all: BTreeMap<&str, Parts<'_>> = BTreeMap::new();
    for numbers in &books.numbers {
        all.entry(group(&numbers.pk)).or_default().n = Some(numbers.record.n);
    }
    for member in &books.members {
        all.entry(&member.group).or_default().members.push(member);
    }
    for message in &books.messages {
        all.entry(&message.group).or_default().messages.push(message);
    }
    for sent in &books.sent {
        all.entry(group(&sent.pk)).or_default().sent.push(&sent.record);
    }
    for record in &books.groups {
        let parts = all.remove(record.id.as_str()).unwrap_or_default();
        check_numbers(record, &parts, violations);
        check_sent(record, &parts, violations);
        check_members(record, &parts, violations);
    }
    for group in all.into_keys() {
        violations.push(Violation::new("group-known", group, "it has parts, but does not exist"));
    }
}

fn check_numbers(record: &GroupRecord, parts: &Parts<'_>, violations: &mut Vec<Violation>) {
    let mut numbers: Vec<i64> = parts.messages.iter().map(|message| message.seq).collect();
    numbers.sort_unstable();
    let n = parts.n.unwrap_or(-1);
    if !numbers.iter().copied().eq(1..=n) {
        let detail = format!("its numbers have come to {n}, and {} messages have {numbers:?}", numbers.len());
        violations.push(Violation::new("numbers-without-gap", &record.id, detail));
    }
    for member in &parts.members {
        if !(0..=member.read_seq).contains(&member.from_seq) || member.read_seq > n {
            let (from, read) = (member.from_seq, member.read_seq);
            let detail = format!("{} joined after {from} and has read up to {read} of {n}", member.member);
            violations.push(Violation::new("read-what-was-sent", &record.id, detail));
        }
    }
}

/// What members wrote was sent by one request each, which knows its number.
fn check_sent(record: &GroupRecord, parts: &Parts<'_>, violations: &mut Vec<Violation>) {
    let texts = parts.messages.iter().filter(|message| message.kind == MessageKind::Text);
    let texts: BTreeSet<(&str, i64)> = texts.map(|message| (message.id.as_str(), message.seq)).collect();
    let sent: BTreeSet<(&str, i64)> = parts.sent.iter().map(|sent| (sent.id.as_str(), sent.seq)).collect();
    for (message, seq) in texts.symmetric_difference(&sent) {
        let detail = format!("{message} is number {seq} as a message or as what was sent, but not as both");
        violations.push(Violation::new("sent-once", &record.id, detail));
    }
}

fn check_members(record: &GroupRecord, parts: &Parts<'_>, violations: &mut Vec<Violation>) {
    let mut tell = |rule, detail: String| violations.push(Violation::new(rule, &record.id, detail));
    let members = parts.members.len();
    if i64::try_from(members) != Ok(record.member_count) {
        tell("members-counted", format!("it counts {} members, and has {members}", record.member_count));
    }
    if members > 0 && !parts.members.iter().any(|member| member.member == record.owner) {
        tell("owner-is-member", format!("{} owns it, and is not in it", record.owner));
    }
}

#[cfg(test)]
mod tests {
    use crate::sample::broken_by;
    use scrip_groups::MessageKind;

    #[test]
    fn numbers_with_a_gap_are_found() {
        assert_eq!(broken_by(|books| books.numbers[0].record.n += 1), ["numbers-without-gap"]);
        let lost = broken_by(|books| books.messages.retain(|message| message.kind == MessageKind::Event));
        assert_eq!(lost, ["numbers-without-gap", "request-posted", "sent-once"]);
        assert_eq!(broken_by(|books| books.members[0].read_seq = 9), ["read-what-was-sent"]);
        assert_eq!(broken_by(|books| books.members[0].from_seq = 2), ["read-what-was-sent"]);
    }

    #[test]
    fn what_was_sent_twice_or_by_nobody_is_found() {
        assert_eq!(broken_by(|books| books.sent.clear()), ["sent-once"]);
        assert_eq!(broken_by(|books| books.sent[0].record.seq = 2), ["sent-once"]);
    }

    #[test]
    fn members_who_are_not_counted_are_found() {
        assert_eq!(broken_by(|books| books.groups[0].member_count += 1), ["members-counted"]);
        assert_eq!(broken_by(|books| books.groups[0].owner = "dora".to_owned()), ["owner-is-member"]);
    }

    #[test]
    fn parts_of_no_group_are_found() {
        assert_eq!(broken_by(|books| books.groups.clear()), ["group-known"]);
    }
}
