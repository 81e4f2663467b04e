//! The bounds of groups.

/// Members of one group.
pub const MAX_MEMBERS: i64 = 100;
/// Whom a group is made of beside its owner: with group, numbers and owner they are what one transaction holds.
pub const MAX_MEMBERS_AT_CREATION: usize = 97;
/// The longest text of a message.
pub const MAX_TEXT_CHARACTERS: usize = 2_000;
/// How many messages are counted as unread at most.
pub const MAX_UNREAD_COUNTED: u32 = 100;
/// Renamings that a group remembers, to tell a repeated one from a late one.
pub const RENAMINGS_REMEMBERED: usize = 10;
/// For how long a group remembers who left, so that who leaves again is told that it is done.
pub const LEAVING_REMEMBERED_DAYS: i64 = 90;
/// How often a client asks for new messages while there is talk, after it, and in a silent group.
pub const POLL_SECONDS: [i64; 3] = [2, 5, 20];
/// How long after a message there is talk, and when the group is silent.
pub const TALK_SECONDS: [i64; 2] = [60, 600];
