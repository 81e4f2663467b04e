//! A message as it is stored and shown.

use crate::group::partition;
use schemars::JsonSchema;
use scrip_clock::Timestamp;
use scrip_refusal::Failure;
use scrip_store::Key;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What the keys of messages begin with.
pub(crate) const MESSAGE: &str = "MSG#";

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-open" = true))]
pub enum MessageKind {
    /// A member wrote it.
    Text,
    /// A member asks others for their shares.
    PaymentRequest,
    /// Something happened.
    Event,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-open" = true))]
pub enum EventKind {
    /// A user was added.
    Joined,
    /// A member left.
    Left,
    /// The owner removed a member.
    Removed,
    /// The group has another name.
    Renamed,
}

/// The stored message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageRecord {
    /// The id, `msg_…`.
    pub id: String,
    /// The group.
    pub group: String,
    /// Its number in the group.
    pub seq: i64,
    /// What it is.
    pub kind: MessageKind,
    /// Whose it is: who wrote it, or did what happened.
    pub from: String,
    /// When, in milliseconds since the epoch.
    pub at: i64,
    /// What was written.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub text: Option<String>,
    /// What happened.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub event: Option<EventView>,
    /// The payment request that it is, or of which something is told.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub request: Option<String>,
}

/// What happened in a group, as its members are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "GroupEvent")]
pub struct EventView {
    /// What it was.
    pub kind: EventKind,
    /// The ids of the users whom it happened to.
    pub users: Vec<String>,
}

/// A message as members read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Message", example = json!({
    "id": "msg_0123456789abcdefghjkmnpqrs",
    "seq": 12,
    "kind": "text",
    "from": "alice",
    "at": "2026-11-30T12:00:00Z",
    "text": "Who was at lunch?",
    "event": null,
}))]
pub struct MessageView {
    /// The id, `msg_…`.
    pub id: String,
    /// Its number in the group: 1 for the first message, and each number is there.
    pub seq: i64,
    /// What it is.
    pub kind: MessageKind,
    /// The id of the user who wrote it, or did what happened.
    pub from: String,
    /// When it was sent.
    #[schemars(with = "scrip_clock::DateTime")]
    pub at: Timestamp,
    /// What was written, 1 to 2,000 characters; null where the message is no text.
    pub text: Option<String>,
    /// What happened; null where the message is no event.
    pub event: Option<EventView>,
}

impl MessageRecord {
    /// The key of a message.
    pub fn key(group: &str, seq: i64) -> Key {
        Key::new(partition(group), place(seq))
    }

    /// Whether it is a payment request.
    pub fn asks(&self) -> bool {
        self.kind == MessageKind::PaymentRequest
    }

    /// As members read it.
    pub fn view(self) -> Result<MessageView, Failure> {
        let Self { id, seq, kind, from, at, text, event, .. } = self;
        let at = Timestamp::from_millisecond(at).map_err(Failure::broken)?;
        Ok(MessageView { id, seq, kind, from, at, text, event })
    }
}

/// The place of a message among those of its group: numbers sort as texts.
pub(crate) fn place(seq: i64) -> String {
    format!("{MESSAGE}{seq:012}")
}
