//! A member asks others for their shares: the request is posted with its message, or neither is.

use crate::REQUEST_PREFIX;
use crate::limits::{
    DEFAULT_EXPIRY_SECONDS, DEFAULT_REMINDER_SECONDS, MAX_EXPIRY_SECONDS, MAX_NOTE_CHARACTERS,
    MAX_REMINDER_SECONDS, MIN_EXPIRY_SECONDS, MIN_REMINDER_SECONDS,
};
use crate::payments::{Payments, account_of_user};
use crate::preview::require_members;
use crate::request::{Amounts, OwnPart, RequestRecord, RequestStatus, SplitKind, time};
use crate::share::{ShareRecord, ShareStatus, debtor};
use crate::split::{Part, Split};
use crate::view::PaymentRequestView;
use schemars::JsonSchema;
use scrip_clock::{Period, PeriodWithin};
use scrip_fields::check_text;
use scrip_fields::schema::Text;
use scrip_groups::{MESSAGE_PREFIX, MemberRecord, MessageKind, MessageRecord, Sequence, no_such_group};
use scrip_ledger::{AccountId, AccountRecord, unknown_account};
use scrip_money::schema::PositiveMoney;
use scrip_money::{Allocation, Money, MoneyError};
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Commit, Created, Item, Origin, Transaction, Write, check_replay, decode, encode};
use serde::Deserialize;
use serde_json::json;

/// The status of an account that takes part in transfers.
const OPEN: &str = "open";

/// What is asked of whom.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({
    "account": "acct_u0123456789abcdefghjkmnpqrs",
    "total": { "amount": 10_000, "currency": "CNY" },
    "split": { "equal": ["alice", "bo", "chen"] },
    "note": "Lunch",
}))]
pub struct AskForPayment {
    /// The caller's account that is to be paid.
    #[schemars(pattern(AccountId::pattern()))]
    pub account: String,
    /// The whole sum, in minor units of the account's currency: more than zero.
    #[schemars(with = "PositiveMoney")]
    pub total: Money,
    /// Who pays how much of it, among members of the group; the caller's own part is collected from nobody.
    pub split: Split,
    /// Who gets the minor units that are left over; those whose shares lost most by rounding, if not said.
    #[serde(default)]
    pub allocation: Allocation,
    /// What it is for, 1 to 200 characters.
    #[schemars(with = "Option<Text<MAX_NOTE_CHARACTERS>>")]
    pub note: Option<String>,
    /// How long shares can be paid, PT1H to P30D; P7D if not said.
    #[schemars(with = "Option<PeriodWithin<MIN_EXPIRY_SECONDS, MAX_EXPIRY_SECONDS>>")]
    pub expires_in: Option<Period>,
    /// After how long who has not paid is reminded by the system, PT1H to P7D, at most twice; null for never, PT24H if not
    /// said.
    #[schemars(with = "Option<PeriodWithin<MIN_REMINDER_SECONDS, MAX_REMINDER_SECONDS>>")]
    #[serde(default = "default_reminder")]
    pub remind_after: Option<Period>,
    /// Whether members see what others owe; they do, if not said.
    #[serde(default)]
    pub amounts: Amounts,
}

fn default_reminder() -> Option<Period> {
    Period::from_seconds(DEFAULT_REMINDER_SECONDS)
}

/// What was found in order.
struct Terms {
    account: AccountId,
    total: Money,
    expires_seconds: i64,
    remind_after: Option<i64>,
    parts: Vec<Part>,
}

impl AskForPayment {
    fn terms(&self, user: &str) -> Result<Terms, Failure> {
        self.split.users(user)?;
        let total = self.total.positive("/total")?;
        if let Some(note) = &self.note {
            check_text(note, "/note", MAX_NOTE_CHARACTERS)?;
        }
        let expires_seconds = match self.expires_in {
            Some(period) => within(period, MIN_EXPIRY_SECONDS, MAX_EXPIRY_SECONDS, "/expires_in")?,
            None => DEFAULT_EXPIRY_SECONDS,
        };
        let reminder = |period| within(period, MIN_REMINDER_SECONDS, MAX_REMINDER_SECONDS, "/remind_after");
        let remind_after = self.remind_after.map(reminder).transpose()?;
        let account = account_of_user(&self.account, "/account")?;
        let parts = self.split.divide(total, self.allocation)?;
        Ok(Terms { account, total, expires_seconds, remind_after, parts })
    }

    /// The weight or percentage of the user at this place.
    fn part(&self, place: usize) -> Option<String> {
        let weights = self.split.weights.as_ref().map(|list| list[place].weight.to_string());
        weights.or_else(|| self.split.percentages.as_ref().map(|list| list[place].percentage.to_string()))
    }
}

impl Payments {
    /// Posts a payment request to a group.
    pub async fn ask(
        &self,
        user: &str,
        group: &str,
        request: &AskForPayment,
        origin: &Origin,
        cause: &str,
    ) -> Result<Created<PaymentRequestView>, Failure> {
        let terms = request.terms(user)?;
        let id = origin.id_within(group, REQUEST_PREFIX);
        let attempt = || self.try_ask(user, group, request, &terms, (&id, origin, cause));
        let (head, replayed) = self.store.until_in_turn(attempt).await?;
        // Made of the request, not of what was paid since: a repeated request gets the first answer.
        let head = new_request(user, group, request, &terms, (&id, origin), (head.seq, head.created_at))?;
        let value = head.view(&shares(&head, request, &terms), user, time(head.created_at)?)?;
        Ok(Created { value, replayed })
    }

    async fn try_ask(
        &self,
        user: &str,
        group: &str,
        request: &AskForPayment,
        terms: &Terms,
        (id, origin, cause): (&str, &Origin, &str),
    ) -> Result<(RequestRecord, bool), Failure> {
        let users: Vec<&str> =
            terms.parts.iter().map(|part| part.user.as_str()).filter(|asked| *asked != user).collect();
        let key = |user: &str| MemberRecord::key(group, user).at(&self.table);
        let asked = (
            Sequence::key(group).at(&self.table),
            key(user),
            terms.account.balance_key(0).at(self.ledger.table()),
            users.iter().map(|user| key(user)).collect::<Vec<_>>(),
        );
        let (sequence, member, account, members): (
            Option<Sequence>,
            Option<MemberRecord>,
            Option<AccountRecord>,
            Vec<Option<MemberRecord>>,
        ) = self.store.read(asked).await?;
        let (Some(sequence), Some(_)) = (sequence, member) else { return Err(no_such_group().into()) };
        let judged = judge(user, terms, account).and_then(|()| require_members(&users, &members));
        if let Err(refusal) = judged {
            // What speaks against it now may not have done so when the same request came first.
            return match self.store.get(&self.table, &RequestRecord::key(id)).await? {
                Some(item) => replay(item, origin),
                None => Err(refusal.into()),
            };
        }
        let now = self.now().as_millisecond();
        let head = new_request(user, group, request, terms, (id, origin), (sequence.next(), now))?;
        let slot = Some(self.slot(&head)?.caused_by(cause));
        let head = RequestRecord { slot, ..head };
        let message = MessageRecord {
            id: head.message.clone(),
            group: group.to_owned(),
            seq: head.seq,
            kind: MessageKind::PaymentRequest,
            from: user.to_owned(),
            at: now,
            text: None,
            event: None,
            request: Some(head.id.clone()),
        };
        let mut transaction = Transaction::new();
        transaction.create(&self.table, encode(&RequestRecord::key(id), &head)?);
        self.groups.append(&mut transaction, &sequence, &message)?;
        for share in shares(&head, request, terms) {
            let item = encode(&ShareRecord::key(id, &share.user), &share)?;
            let taken = |_| Failure::broken("a share of a new payment request exists");
            transaction.require(Write::put_new(&self.table, item), taken);
        }
        match self.store.commit(transaction).await? {
            Commit::Done => Ok((head, false)),
            Commit::Exists(item) => replay(item, origin),
        }
    }
}

/// The request as it is when it is new.
fn new_request(
    user: &str,
    group: &str,
    request: &AskForPayment,
    terms: &Terms,
    (id, origin): (&str, &Origin),
    (seq, now): (i64, i64),
) -> Result<RequestRecord, Failure> {
    let own = terms.parts.iter().enumerate().find(|(_, part)| part.user == user);
    let place = |place: usize| u32::try_from(place).map_err(Failure::broken);
    let own_part = match own {
        Some((at, _)) => Some(OwnPart { place: place(at)?, part: request.part(at) }),
        None => None,
    };
    Ok(RequestRecord {
        id: id.to_owned(),
        group: group.to_owned(),
        seq,
        message: origin.id_within(group, MESSAGE_PREFIX),
        requester: user.to_owned(),
        requested: format!("{now:013}#{id}"),
        account: terms.account.to_string(),
        currency: terms.total.currency,
        total: terms.total.amount,
        own: own.map_or(0, |(_, part)| part.amount),
        own_part,
        kind: SplitKind::of(&request.split),
        allocation: request.allocation,
        note: request.note.clone(),
        amounts: request.amounts,
        status: RequestStatus::Open,
        created_at: now,
        expires_at: now.saturating_add(terms.expires_seconds.saturating_mul(1_000)),
        remind_after: terms.remind_after,
        reminders: 0,
        announced: false,
        version: 1,
        amendments: Vec::new(),
        reminded: None,
        stopped_by: None,
        slot: None,
        request_hash: origin.fingerprint.as_str().to_owned(),
    })
}

/// The shares as they are when they are new.
fn shares(head: &RequestRecord, request: &AskForPayment, terms: &Terms) -> Vec<ShareRecord> {
    let others = (0_u32..).zip(&terms.parts).filter(|(_, part)| part.user != head.requester);
    let share = |(place, part): (u32, &Part)| ShareRecord {
        request: head.id.clone(),
        user: part.user.clone(),
        place,
        part: request.part(usize::try_from(place).unwrap_or_default()),
        amount: part.amount,
        due: part.amount,
        status: ShareStatus::Due,
        expires_at: head.expires_at,
        payments: Vec::new(),
        decline: None,
        muted: false,
        version: 1,
        set_by: None,
        debtor: debtor(&part.user, ShareStatus::Due),
        owed: head.requested.clone(),
    };
    others.map(share).collect()
}

fn judge(user: &str, terms: &Terms, account: Option<AccountRecord>) -> Result<(), Refusal> {
    let held = account.filter(|account| account.holder == format!("user:{user}"));
    let account = held.ok_or_else(|| unknown_account("/account"))?;
    if account.currency != terms.total.currency {
        return Err(MoneyError::CurrencyMismatch.into());
    }
    if account.status != OPEN {
        return Err(Refusal::new(Code::AccountClosed, "The account takes part in no more transfers."));
    }
    Ok(())
}

fn replay(item: Item, origin: &Origin) -> Result<(RequestRecord, bool), Failure> {
    check_replay(&item, &origin.fingerprint)?;
    Ok((decode(item)?, true))
}

pub(crate) fn within(period: Period, least: i64, most: i64, pointer: &str) -> Result<i64, Refusal> {
    let seconds = period.as_seconds();
    if (least..=most).contains(&seconds) {
        return Ok(seconds);
    }
    Err(Refusal::field(pointer, Code::OutOfRange, format!("a duration from {least} to {most} seconds")))
}
