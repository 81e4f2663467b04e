//! A member writes something.

use crate::MESSAGE_PREFIX;
use crate::group::partition;
use crate::groups::{Groups, no_such_group};
use crate::limits::MAX_TEXT_CHARACTERS;
use crate::member::MemberRecord;
use crate::message::{MessageKind, MessageRecord, MessageView};
use crate::sequence::Sequence;
use schemars::{JsonSchema, json_schema};
use scrip_fields::invalid;
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Commit, Created, Item, Key, Origin, Raw, Transaction, check_replay, decode, encode};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Stands for the text of a message.
#[derive(Debug)]
enum Said {}

scrip_schema::inline!(Said: json_schema!({
    "type": "string",
    "pattern": r"^[^\x00-\x09\x0b-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x09\x0b-\x1f\x7f-\x9f]*$",
    "minLength": 1,
    "maxLength": MAX_TEXT_CHARACTERS,
}));

/// A text for the members of a group.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({ "text": "Who was at lunch?" }))]
pub struct SendMessage {
    /// What is written, 1 to 2,000 characters, not all of them blank. Lines may be broken; there are no other control
    /// characters.
    #[schemars(with = "Said")]
    pub text: String,
}

/// That a request has sent a message: the lock against sending it twice, and what the request is answered with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentRecord {
    /// The message, `msg_…`.
    pub id: String,
    /// Its number.
    pub seq: i64,
    /// When it was sent, in milliseconds since the epoch.
    pub at: i64,
    /// The hash of the request.
    pub request_hash: String,
}

impl SendMessage {
    fn check(&self) -> Result<(), Refusal> {
        let characters = self.text.chars().count();
        if characters == 0 || characters > MAX_TEXT_CHARACTERS {
            let detail = format!("1 to {MAX_TEXT_CHARACTERS} characters");
            return Err(Refusal::field("/text", Code::OutOfRange, detail));
        }
        if self.text.trim().is_empty() || self.text.chars().any(|sign| sign.is_control() && sign != '\n') {
            return Err(invalid("/text", "something to read, without control characters but line breaks"));
        }
        Ok(())
    }
}

impl SentRecord {
    /// The key of what a request has sent.
    pub fn key(group: &str, message: &str) -> Key {
        Key::new(partition(group), format!("SENT#{message}"))
    }
}

impl Groups {
    /// Sends a message to a group.
    pub async fn send(
        &self,
        user: &str,
        group: &str,
        request: SendMessage,
        origin: &Origin,
    ) -> Result<Created<MessageView>, Failure> {
        request.check()?;
        let id = origin.id_within(group, MESSAGE_PREFIX);
        let (sent, replayed) =
            self.store.until_in_turn(|| self.try_send(user, group, &id, &request.text, origin)).await?;
        let message = MessageRecord {
            id,
            group: group.to_owned(),
            seq: sent.seq,
            kind: MessageKind::Text,
            from: user.to_owned(),
            at: sent.at,
            text: Some(request.text),
            event: None,
            request: None,
        };
        Ok(Created { value: message.view()?, replayed })
    }

    async fn try_send(
        &self,
        user: &str,
        group: &str,
        id: &str,
        text: &str,
        origin: &Origin,
    ) -> Result<(SentRecord, bool), Failure> {
        let asked = (
            SentRecord::key(group, id).at(&self.table),
            Sequence::key(group).at(&self.table),
            MemberRecord::key(group, user).at(&self.table),
        );
        let (sent, sequence, member): (Option<Raw>, Option<Sequence>, Option<MemberRecord>) =
            self.store.read(asked).await?;
        // Who is out of the group by now is told nothing of it any more, not even what they sent.
        let (Some(sequence), Some(_)) = (sequence, member) else { return Err(no_such_group().into()) };
        if let Some(Raw(item)) = sent {
            return replay(item, origin);
        }
        let seq = sequence.next();
        let now = self.now().as_millisecond();
        let request_hash = origin.fingerprint.as_str().to_owned();
        let sent = SentRecord { id: id.to_owned(), seq, at: now, request_hash };
        let message = MessageRecord {
            id: id.to_owned(),
            group: group.to_owned(),
            seq,
            kind: MessageKind::Text,
            from: user.to_owned(),
            at: now,
            text: Some(text.to_owned()),
            event: None,
            request: None,
        };
        let mut transaction = Transaction::new();
        transaction.create(&self.table, encode(&SentRecord::key(group, id), &sent)?);
        // Who leaves takes a number as well, so that nobody who has left sends any more.
        self.append(&mut transaction, &sequence, &message)?;
        match self.store.commit(transaction).await? {
            Commit::Done => Ok((sent, false)),
            Commit::Exists(item) => replay(item, origin),
        }
    }
}

fn replay(item: Item, origin: &Origin) -> Result<(SentRecord, bool), Failure> {
    check_replay(&item, &origin.fingerprint)?;
    Ok((decode(item)?, true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{NOW, groups, origin};

    fn check(text: &str) -> Result<(), Code> {
        SendMessage { text: text.to_owned() }.check().map_err(|refusal| refusal.fields[0].code)
    }

    #[test]
    fn a_text_has_something_to_read_and_no_control_characters_but_line_breaks() {
        for text in
            ["x", "two\nlines", " blanks ", "\u{202e}right to left", &"包".repeat(MAX_TEXT_CHARACTERS)]
        {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        for text in [" ", "\n", "\u{7}", "a\tb", "a\r\nb"] {
            assert_eq!(check(text), Err(Code::InvalidField), "{text:?}");
        }
        for text in ["", &"x".repeat(MAX_TEXT_CHARACTERS + 1)] {
            assert_eq!(check(text), Err(Code::OutOfRange), "{} characters", text.len());
        }
    }

    #[test]
    fn a_message_is_written_with_the_step_to_its_number() {
        let message = MessageRecord {
            id: "msg_1".to_owned(),
            group: "grp_1".to_owned(),
            seq: 8,
            kind: MessageKind::Text,
            from: "alice".to_owned(),
            at: NOW.as_millisecond(),
            text: Some("hello".to_owned()),
            event: None,
            request: None,
        };
        let mut transaction = Transaction::new();
        let sequence = Sequence { n: 7, last_at: 0 };
        groups().append(&mut transaction, &sequence, &message).unwrap();
        let now = NOW.as_millisecond();
        assert_eq!(
            transaction.plan(),
            [
                format!("update groups GRP#grp_1 SEQ: SET n = 8, last_at = {now} IF n = 7"),
                format!(
                    "put groups {{at: {now}, from: \"alice\", group: \"grp_1\", id: \"msg_1\", kind: \"text\", \
                     pk: \"GRP#grp_1\", seq: 8, sk: \"MSG#000000000008\", text: \"hello\"}} \
                     IF attribute_not_exists(pk)"
                ),
            ]
        );
    }

    #[test]
    fn what_was_sent_is_known_by_its_request() {
        let origin = origin();
        let request_hash = origin.fingerprint.as_str().to_owned();
        let sent = SentRecord { id: "msg_1".to_owned(), seq: 8, at: 1, request_hash };
        let item = encode(&SentRecord::key("grp_1", "msg_1"), &sent).unwrap();
        assert_eq!(replay(item, &origin).unwrap(), (sent.clone(), true));
        let other = SentRecord { request_hash: "other".to_owned(), ..sent };
        let item = encode(&SentRecord::key("grp_1", "msg_1"), &other).unwrap();
        assert_eq!(replay(item, &origin).unwrap_err().code(), Some(Code::IdempotencyKeyReused));
    }
}
