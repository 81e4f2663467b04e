//! Who asks reminds those who have not paid, once in six hours.

use crate::limits::{MAX_SHARES, REMINDER_PAUSE_SECONDS};
use crate::payments::{Payments, changed};
use crate::request::{Reminded, RequestRecord, RequestStatus};
use crate::settle::reused;
use crate::share::ShareRecord;
use crate::tend::facts;
use schemars::JsonSchema;
use scrip_clock::Timestamp;
use scrip_directory::Recipient;
use scrip_fields::schema::User;
use scrip_fields::{check_user, invalid};
use scrip_money::Money;
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{AttributeValue, Created, Origin, Transaction, Write};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;

/// What became of a share, as one letter: a request keeps those of all its shares, which may be many and of long ids.
const REMINDED: char = 'r';
const SETTLED: char = 's';
const MUTED: char = 'm';
const NOT_NAMED: char = '-';

/// Who is to be reminded.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({ "users": ["bo"] }))]
pub struct Remind {
    /// The ids of users who are asked; all of them, if not said.
    #[schemars(with = "Option<Vec<User>>", length(min = 1, max = MAX_SHARES))]
    pub users: Option<Vec<String>>,
}

/// Who was reminded, and who was not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(example = json!({ "reminded": ["bo"], "skipped": [{ "user": "chen", "reason": "settled" }] }))]
pub struct RemindedShares {
    /// The ids of users who were told once more what they owe.
    pub reminded: Vec<String>,
    /// Whom nothing was said, and why.
    pub skipped: Vec<Skipped>,
}

/// Somebody who was not reminded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "SkippedReminder")]
pub struct Skipped {
    /// The id of the user.
    pub user: String,
    /// Why not.
    pub reason: SkipReason,
}

/// Why somebody was not reminded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-open" = true))]
pub enum SkipReason {
    /// Nothing is due.
    Settled,
    /// They want no reminders.
    Muted,
}

impl Remind {
    fn check(&self) -> Result<(), Refusal> {
        let Some(users) = &self.users else { return Ok(()) };
        if users.is_empty() {
            return Err(Refusal::field("/users", Code::OutOfRange, "name somebody, or leave it out"));
        }
        if users.len() > MAX_SHARES {
            return Err(Refusal::field("/users", Code::TooMany, format!("at most {MAX_SHARES} users")));
        }
        let mut seen = BTreeSet::new();
        for (place, user) in users.iter().enumerate() {
            let pointer = format!("/users/{place}");
            check_user(user, &pointer)?;
            if !seen.insert(user) {
                return Err(invalid(pointer, "each user once"));
            }
        }
        Ok(())
    }
}

impl Payments {
    /// Reminds those who have not paid.
    pub async fn remind(
        &self,
        requester: &str,
        request: &str,
        remind: &Remind,
        origin: &Origin,
    ) -> Result<Created<RemindedShares>, Failure> {
        remind.check()?;
        self.store.until_unchanged(|| self.try_remind(requester, request, remind, origin)).await
    }

    async fn try_remind(
        &self,
        requester: &str,
        request: &str,
        remind: &Remind,
        origin: &Origin,
    ) -> Result<Created<RemindedShares>, Failure> {
        let (head, mut shares) = self.own(requester, request).await?;
        shares.sort_by_key(|share| share.place);
        let this = origin.id_within(request, "rmnd_");
        if let Some(before) = head.reminded.as_ref().filter(|before| before.request == this) {
            if !origin.fingerprint.is(&before.request_hash) {
                return Err(reused().into());
            }
            return Ok(Created { value: answer(&shares, &before.outcomes), replayed: true });
        }
        let now = self.now();
        head.require_open(now)?;
        require_pause(&head, now)?;
        let outcomes = outcomes(&shares, remind)?;
        let answer = answer(&shares, &outcomes);
        let reminded = Reminded {
            request: this.clone(),
            request_hash: origin.fingerprint.as_str().to_owned(),
            at: now.as_millisecond(),
            outcomes: outcomes.clone(),
        };
        let stored: AttributeValue = serde_dynamo::to_attribute_value(reminded).map_err(Failure::broken)?;
        let write = Write::update(&self.table, RequestRecord::key(request), "SET reminded = :reminded")
            .when("#status = :open AND expires_at > :now")
            .name("#status", "status")
            .value(":reminded", stored)
            .value(":open", RequestStatus::Open.as_str())
            .value(":now", now.as_millisecond());
        let write = match &head.reminded {
            Some(before) => {
                let write = write.when("reminded.#request = :before").name("#request", "request");
                write.value(":before", before.request.as_str())
            }
            None => write.when("attribute_not_exists(reminded)"),
        };
        let mut transaction = Transaction::new();
        transaction.require(write, |_| changed());
        for share in with(&shares, &outcomes, REMINDED) {
            let mut facts = facts(&head);
            facts.insert("due".to_owned(), json!(Money::new(share.due, head.currency)));
            let user = Recipient::User(share.user.clone());
            let note = self.directory.notification(&user, "payment-reminder", facts, now, &this)?;
            transaction.require(note, |_| changed());
        }
        self.store.commit(transaction).await?;
        Ok(Created { value: answer, replayed: false })
    }
}

/// Requires that nobody was reminded a short time ago.
fn require_pause(head: &RequestRecord, now: Timestamp) -> Result<(), Refusal> {
    let last = head.reminded.as_ref().filter(|before| before.outcomes.contains(REMINDED));
    let Some(last) = last else { return Ok(()) };
    let again = last.at.saturating_add(REMINDER_PAUSE_SECONDS * 1_000);
    let left = again.saturating_sub(now.as_millisecond());
    if left <= 0 {
        return Ok(());
    }
    let seconds = left.saturating_add(999) / 1_000;
    let detail = "They were reminded a short time ago.";
    Err(Refusal::new(Code::RemindedRecently, detail).with("retry_after_seconds", seconds))
}

/// What becomes of each share, in the order of the split.
fn outcomes(shares: &[ShareRecord], remind: &Remind) -> Result<String, Refusal> {
    let is_asked = |user: &&String| shares.iter().any(|share| share.user == **user);
    if let Some(stranger) = remind.users.iter().flatten().find(|user| !is_asked(user)) {
        let detail = "Nobody asks this user for a share.";
        return Err(Refusal::new(Code::NotAsked, detail).with("user", stranger.as_str()));
    }
    let outcome = |share: &ShareRecord| {
        if remind.users.as_ref().is_some_and(|users| !users.contains(&share.user)) {
            NOT_NAMED
        } else if !share.status.is_payable() {
            SETTLED
        } else if share.muted {
            MUTED
        } else {
            REMINDED
        }
    };
    Ok(shares.iter().map(outcome).collect())
}

/// The shares of which this became.
fn with<'a>(
    shares: &'a [ShareRecord],
    outcomes: &'a str,
    outcome: char,
) -> impl Iterator<Item = &'a ShareRecord> {
    shares.iter().zip(outcomes.chars()).filter(move |(_, one)| *one == outcome).map(|(share, _)| share)
}

fn answer(shares: &[ShareRecord], outcomes: &str) -> RemindedShares {
    let reminded = with(shares, outcomes, REMINDED).map(|share| share.user.clone()).collect();
    let skipped = shares.iter().zip(outcomes.chars()).filter_map(|(share, outcome)| {
        let reason = match outcome {
            SETTLED => SkipReason::Settled,
            MUTED => SkipReason::Muted,
            _ => return None,
        };
        Some(Skipped { user: share.user.clone(), reason })
    });
    RemindedShares { reminded, skipped: skipped.collect() }
}
