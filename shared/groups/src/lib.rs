//! Groups of users who talk with each other: members, who come and go; messages, each with its number, which has no gap;
//! and how far each member has read.

mod add_member;
mod create;
mod group;
mod groups;
pub mod limits;
mod list;
mod mark_read;
mod member;
mod message;
mod page;
mod remove_member;
mod rename;
mod send;
mod sequence;

pub use create::{CreateGroup, CreatedGroup};
pub use group::{GroupRecord, GroupSummary, GroupView};
pub use groups::{Groups, no_such_group};
pub use mark_read::MarkRead;
pub use member::{LeftRecord, MemberRecord};
pub use message::{EventKind, EventView, MessageKind, MessageRecord, MessageView};
pub use page::{Direction, Messages, PageOf, message_number};
pub use rename::{RenameGroup, RenamedGroup};
pub use send::{SendMessage, SentRecord};
pub use sequence::Sequence;

/// What every group's id begins with.
pub const GROUP_PREFIX: &str = "grp_";
/// What every message's id begins with.
pub const MESSAGE_PREFIX: &str = "msg_";

#[cfg(test)]
mod tests {
    use super::*;
    use scrip_capability::{Capability, Context};
    use scrip_clock::Timestamp;
    use scrip_store::{Fingerprint, IdempotencyKey, Origin};

    pub(crate) const NOW: Timestamp = Timestamp::constant(1_796_040_000, 0);

    /// Groups that reach nothing, for what they would write.
    pub(crate) fn groups() -> Groups {
        let tables = ["GROUPS", "DIRECTORY"].map(|name| (format!("{name}_TABLE"), name.to_lowercase()));
        Groups::new(&Context::unconnected(tables, NOW, None)).unwrap()
    }

    pub(crate) fn origin() -> Origin {
        Origin {
            principal: "user:alice".to_owned(),
            operation: "send-message".to_owned(),
            key: IdempotencyKey::internal("1"),
            fingerprint: Fingerprint::of(&[b"hello"]),
        }
    }
}
