//! A group of two, of whom one has written something and asks for a payment, and the other has left and owes it.

use crate::books::Snapshot;
use crate::sample::stored;
use scrip_group_payments::{Amounts, RequestRecord, RequestStatus, ShareRecord, ShareStatus, SplitKind};
use scrip_groups::{
    EventKind, EventView, GroupRecord, LeftRecord, MemberRecord, MessageKind, MessageRecord, SentRecord,
    Sequence,
};
use scrip_ledger::AccountId;
use scrip_money::{Allocation, Currency};
use scrip_slots::Slot;
use scrip_store::derive_id;

pub(crate) fn group() -> String {
    derive_id("grp_", &["lunch"])
}

pub(crate) fn request() -> String {
    derive_id("preq_", &["lunch"])
}

/// Later than any test looks.
const EXPIRES_AT: i64 = 7_226_582_400_000;

fn record_of_request(group: &str, message: &str) -> RequestRecord {
    let due = format!("0000086400001#reminder#{}", request());
    let slot = Slot { slot: "payment-request#0".to_owned(), due, cause: None, tries: None };
    RequestRecord {
        id: request(),
        group: group.to_owned(),
        seq: 3,
        message: message.to_owned(),
        requester: "alice".to_owned(),
        requested: format!("0000000000001#{}", request()),
        account: AccountId::parse(&derive_id("acct_u", &["alice"])).unwrap().to_string(),
        currency: Currency::CNY,
        total: 1_000,
        own: 500,
        own_part: None,
        kind: SplitKind::Equal,
        allocation: Allocation::LargestRemainder,
        note: None,
        amounts: Amounts::Shown,
        status: RequestStatus::Open,
        created_at: 1,
        expires_at: EXPIRES_AT,
        remind_after: Some(86_400),
        reminders: 0,
        announced: true,
        version: 1,
        amendments: Vec::new(),
        reminded: None,
        stopped_by: None,
        slot: Some(slot),
        request_hash: "hash".to_owned(),
    }
}

fn share() -> ShareRecord {
    ShareRecord {
        request: request(),
        user: "bo".to_owned(),
        place: 1,
        part: None,
        amount: 500,
        due: 500,
        status: ShareStatus::Due,
        expires_at: EXPIRES_AT,
        payments: Vec::new(),
        decline: None,
        muted: false,
        version: 1,
        set_by: None,
        debtor: "due#bo".to_owned(),
        owed: format!("0000000000001#{}", request()),
    }
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
    let asked = derive_id("msg_", &["asked"]);
    let asked = MessageRecord { request: Some(request()), ..message(&asked, 3, MessageKind::PaymentRequest) };
    let left = derive_id("msg_", &["left"]);
    let left = MessageRecord { event: Some(event), ..message(&left, 2, MessageKind::Event) };
    let sent = SentRecord { id: said.clone(), seq: 1, at: 1, request_hash: "hash".to_owned() };
    snapshot.groups = vec![
        stored(&GroupRecord::key(&group), &record),
        stored(&Sequence::key(&group), &Sequence { n: 3, last_at: 1 }),
        stored(&MemberRecord::key(&group, "alice"), &member),
        stored(&LeftRecord::key(&group, "bo"), &LeftRecord { group: group.clone(), ttl: 1 }),
        stored(&MessageRecord::key(&group, 1), &text),
        stored(&MessageRecord::key(&group, 2), &left),
        stored(&MessageRecord::key(&group, 3), &asked),
        stored(&RequestRecord::key(&request()), &record_of_request(&group, &asked.id)),
        stored(&ShareRecord::key(&request(), "bo"), &share()),
        stored(&SentRecord::key(&group, &said), &sent),
    ];
}
