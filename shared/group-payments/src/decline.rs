//! Who is asked says that they will not pay. It can still be paid, by whomever.

use crate::limits::MAX_DECLINE_REASON_CHARACTERS;
use crate::payments::{Payments, changed};
use crate::request::{RequestRecord, no_such_request};
use crate::share::{Decline, ShareRecord, ShareStatus};
use crate::view::ShareView;
use schemars::JsonSchema;
use scrip_fields::check_text;
use scrip_fields::schema::Text;
use scrip_refusal::Failure;
use scrip_store::{AttributeValue, Created, Origin, Transaction, Write};
use serde::Deserialize;
use serde_json::json;

/// Why somebody does not pay.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({ "reason": "I was not there." }))]
pub struct DeclineShare {
    /// For who asks alone, 1 to 200 characters.
    #[schemars(with = "Option<Text<MAX_DECLINE_REASON_CHARACTERS>>")]
    pub reason: Option<String>,
}

impl Payments {
    /// Declines the user's own share.
    pub async fn decline(
        &self,
        user: &str,
        request: &str,
        decline: DeclineShare,
        origin: &Origin,
    ) -> Result<Created<ShareView>, Failure> {
        if let Some(reason) = &decline.reason {
            check_text(reason, "/reason", MAX_DECLINE_REASON_CHARACTERS)?;
        }
        self.store.until_unchanged(|| self.try_decline(user, request, &decline, origin)).await
    }

    async fn try_decline(
        &self,
        user: &str,
        request: &str,
        decline: &DeclineShare,
        origin: &Origin,
    ) -> Result<Created<ShareView>, Failure> {
        let asked =
            (RequestRecord::key(request).at(&self.table), ShareRecord::key(request, user).at(&self.table));
        let found: (Option<RequestRecord>, Option<ShareRecord>) = self.store.read(asked).await?;
        let (Some(head), Some(share)) = found else { return Err(no_such_request().into()) };
        let this = origin.id_within(request, "decl_");
        if let Some(made) = share.decline.as_ref().filter(|made| made.request == this) {
            if !origin.fingerprint.is(&made.request_hash) {
                return Err(crate::settle::reused().into());
            }
            return declined(&head, &share, made.clone(), user, true);
        }
        let now = self.now();
        head.require_open(now)?;
        share.require_payable()?;
        let made = Decline {
            request: this,
            request_hash: origin.fingerprint.as_str().to_owned(),
            reason: decline.reason.clone(),
            due: share.due,
        };
        let stored: AttributeValue = serde_dynamo::to_attribute_value(&made).map_err(Failure::broken)?;
        let set = "SET #status = :declined, decline = :decline";
        let write = Write::update(&self.table, ShareRecord::key(request, user), set)
            .when("#status = :before AND rest = :due AND expires_at > :now")
            .name("#status", "status")
            .value(":declined", ShareStatus::Declined.as_str())
            .value(":decline", stored)
            .value(":before", share.status.as_str())
            .value(":due", share.due)
            .value(":now", now.as_millisecond());
        let mut transaction = Transaction::new();
        transaction.require(write, |_| changed());
        self.store.commit(transaction).await?;
        declined(&head, &share, made, user, false)
    }
}

/// The share as it was right after it was declined.
fn declined(
    head: &RequestRecord,
    share: &ShareRecord,
    made: Decline,
    user: &str,
    replayed: bool,
) -> Result<Created<ShareView>, Failure> {
    let paid = share.amount - made.due;
    let mut sum = 0;
    let before = share.payments.iter().take_while(|payment| {
        sum += payment.amount;
        sum <= paid
    });
    let payments = before.cloned().collect();
    let then = ShareRecord {
        due: made.due,
        status: ShareStatus::Declined,
        decline: Some(made),
        payments,
        ..share.clone()
    };
    Ok(Created { value: head.share_view(&then, user, false)?, replayed })
}
