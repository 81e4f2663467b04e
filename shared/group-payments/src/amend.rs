//! Who asks changes the note, or gives more time.

use crate::create::within;
use crate::limits::{AMENDMENTS_REMEMBERED, MAX_EXPIRY_SECONDS, MAX_EXTENSION_SECONDS, MAX_NOTE_CHARACTERS};
use crate::payments::{Payments, changed};
use crate::request::RequestRecord;
use crate::share::ShareRecord;
use crate::view::PaymentRequestView;
use schemars::JsonSchema;
use scrip_clock::{Period, PeriodWithin};
use scrip_fields::check_text;
use scrip_fields::schema::Text;
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{AttributeValue, Created, Origin, Transaction, Write};
use serde::Deserialize;
use serde_json::json;

/// What is changed; at least one of the two.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({ "version": 1, "extend_by": "P1D" }))]
pub struct AmendRequest {
    /// The version of the terms that the caller saw.
    #[schemars(range(min = 1))]
    pub version: i64,
    /// What it is for, 1 to 200 characters.
    #[schemars(with = "Option<Text<MAX_NOTE_CHARACTERS>>")]
    pub note: Option<String>,
    /// How much longer shares can be paid; P30D from when it was asked at most.
    #[schemars(with = "Option<PeriodWithin<1, MAX_EXTENSION_SECONDS>>")]
    pub extend_by: Option<Period>,
}

impl Payments {
    /// Changes the terms of a request that is open.
    pub async fn amend(
        &self,
        requester: &str,
        request: &str,
        amendment: &AmendRequest,
        origin: &Origin,
    ) -> Result<Created<PaymentRequestView>, Failure> {
        if amendment.note.is_none() && amendment.extend_by.is_none() {
            let detail = "name a note, or extend_by, or both";
            return Err(Refusal::field("/note", Code::MissingField, detail).into());
        }
        if let Some(note) = &amendment.note {
            check_text(note, "/note", MAX_NOTE_CHARACTERS)?;
        }
        if let Some(period) = amendment.extend_by {
            within(period, 1, MAX_EXTENSION_SECONDS, "/extend_by")?;
        }
        self.store.until_unchanged(|| self.try_amend(requester, request, amendment, origin)).await
    }

    async fn try_amend(
        &self,
        requester: &str,
        request: &str,
        amendment: &AmendRequest,
        origin: &Origin,
    ) -> Result<Created<PaymentRequestView>, Failure> {
        let (head, mut shares) = self.own(requester, request).await?;
        let this = origin.id_within(origin.fingerprint.as_str(), "pamd_");
        let now = self.now();
        if head.amendments.contains(&this) {
            return Ok(Created { value: head.view(&shares, requester, now)?, replayed: true });
        }
        head.require_open(now)?;
        let after = amended(&head, amendment, this)?;
        let list: AttributeValue =
            serde_dynamo::to_attribute_value(&after.amendments).map_err(Failure::broken)?;
        let set = "SET version = :next, amendments = :list, expires_at = :until";
        let write = Write::update(&self.table, RequestRecord::key(request), set)
            .when("#status = :open AND version = :version AND announced = :announced AND reminders = :reminders")
            .name("#status", "status")
            .value(":next", after.version)
            .value(":list", list)
            .value(":until", after.expires_at)
            .value(":open", head.status.as_str())
            .value(":version", head.version)
            .value(":announced", head.announced)
            .value(":reminders", head.reminders);
        let write = match &after.note {
            Some(note) => write.set("note = :note").value(":note", note.as_str()),
            None => write,
        };
        let mut transaction = Transaction::new();
        transaction.require(self.slot(&after)?.enter(write), |_| changed());
        if after.expires_at != head.expires_at {
            for share in &mut shares {
                share.expires_at = after.expires_at;
                let key = ShareRecord::key(request, &share.user);
                let write = Write::update(&self.table, key, "SET expires_at = :until")
                    .when("expires_at = :before")
                    .value(":until", after.expires_at)
                    .value(":before", head.expires_at);
                transaction.require(write, |_| changed());
            }
        }
        self.store.commit(transaction).await?;
        Ok(Created { value: after.view(&shares, requester, now)?, replayed: false })
    }
}

/// The request as it is after the change, if nothing speaks against it.
fn amended(head: &RequestRecord, amendment: &AmendRequest, this: String) -> Result<RequestRecord, Refusal> {
    if head.version != amendment.version {
        let detail = "The terms have changed. Read the request and decide again.";
        return Err(Refusal::new(Code::VersionStale, detail).with("current", head.version));
    }
    let more = amendment.extend_by.map_or(0, Period::as_seconds);
    let expires_at = head.expires_at.saturating_add(more.saturating_mul(1_000));
    if expires_at > head.created_at.saturating_add(MAX_EXPIRY_SECONDS * 1_000) {
        let detail = "a request is open for at most 30 days in all";
        return Err(Refusal::field("/extend_by", Code::OutOfRange, detail));
    }
    let forgotten = (head.amendments.len() + 1).saturating_sub(AMENDMENTS_REMEMBERED);
    let amendments = head.amendments.iter().skip(forgotten).cloned().chain([this]).collect();
    let note = amendment.note.clone().or_else(|| head.note.clone());
    Ok(RequestRecord { version: head.version + 1, amendments, note, expires_at, ..head.clone() })
}
