//! A group of two, of whom one has written something and the other has left.

use crate::books::Snapshot;
use crate::sample::stored;
use scrip_groups::{
    EventKind, EventView, GroupRecord, LeftRecord, MemberRecord, MessageKind, MessageRecord, SentRecord,
    Sequence,
};
use scrip_store::derive_id;

pub(crate) fn group() -> String {
    derive_id("grp_", &["lunch"])
}

pub(crate) fn add_to(snapshot: &mut Snapshot) {
    let group = group();
    let record = GroupRecord {
        id: group.clone(),
        name: "Lunch".to_owned(),
        owner: "alice".to_owned(),
        member_count: 1,
        version: 1,
        created_at: 1,
        renamings: Vec::new(),
        request_hash: "hash".to_owned(),
    };
    let member = MemberRecord {
        group: group.clone(),
        member: "alice".to_owned(),
        joined: format!("0000000000001#{group}"),
        from_seq: 0,
        read_seq: 1,
    };
    let said = derive_id("msg_", &["hello"]);
    let message = |id: &str, seq, kind| MessageRecord {
        id: id.to_owned(),
        group: group.clone(),
        seq,
        kind,
        from: "alice".to_owned(),
        at: 1,
        text: None,
        event: None,
        request: None,
    };
    let text = MessageRecord { text: Some("Hello".to_owned()), ..message(&said, 1, MessageKind::Text) };
    let event = EventView { kind: EventKind::Left, users: vec!["bo".to_owned()] };
    let left = derive_id("msg_", &["left"]);
    let left = MessageRecord { event: Some(event), ..message(&left, 2, MessageKind::Event) };
    let sent = SentRecord { id: said.clone(), seq: 1, at: 1, request_hash: "hash".to_owned() };
    snapshot.groups = vec![
        stored(&GroupRecord::key(&group), &record),
        stored(&Sequence::key(&group), &Sequence { n: 2, last_at: 1 }),
        stored(&MemberRecord::key(&group, "alice"), &member),
        stored(&LeftRecord::key(&group, "bo"), &LeftRecord { group: group.clone(), ttl: 1 }),
        stored(&MessageRecord::key(&group, 1), &text),
        stored(&MessageRecord::key(&group, 2), &left),
        stored(&SentRecord::key(&group, &said), &sent),
    ];
}
