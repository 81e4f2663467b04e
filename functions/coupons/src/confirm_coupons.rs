//! A third party's server confirms that codes were used. It is acknowledged when that is
//! stored and queued.

use scrip_function::{Caller, Invocation, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_redemptions::{AcceptedView, NewConfirmation, Redemptions};
use scrip_refusal::{Code, Refusal};
use scrip_store::{IdempotencyKey, is_id};
use scrip_webhook::Headers;
use serde_json::Value;
use std::borrow::Cow;

pub(crate) fn operation() -> Operation {
    Operation::http("confirm-coupons", "Confirm that codes were used", confirm_coupons)
        .description(
            "Signed by Standard Webhooks; `webhook-id` takes the place of an idempotency key. Acknowledged \
             when it is stored and queued: then each coupon is used once, and who shared one is rewarded.",
        )
        .callers(&[Caller::Signer])
        .refuses(&[Code::IdempotencyKeyReused])
        .request::<NewConfirmation>()
        .response::<AcceptedView>(202)
        .budget(2, 1)
}

/// The queue that the work waits in.
const CONFIRMATIONS_QUEUE: &str = "CONFIRMATIONS_QUEUE";

pub(crate) async fn confirm_coupons(redemptions: Redemptions, invocation: Invocation, call: Call) -> Answer {
    let [id, timestamp, signature] = signature_headers(&call)?;
    let headers = Headers { id: &id, timestamp: &timestamp, signature: &signature };
    let Some(merchant) = signer(call.raw_body()) else {
        // Without a merchant there is no key to look for, and nothing to find out by asking.
        call.body::<NewConfirmation>()?;
        return Err(no_merchant().into());
    };
    redemptions
        .directory
        .verify_webhook(&merchant, &headers, call.raw_body(), redemptions.keyring()?)
        .await?;
    let confirmation: NewConfirmation = call.body()?;
    // Codes are not to be guessed from the hash that is stored of the request.
    let hash_keys = redemptions.keyring()?.request_keys("confirm-coupons");
    let key = IdempotencyKey::internal(headers.id);
    let origin = call.origin_of(format!("webhook:{merchant}"), key, &hash_keys)?;

    let accepted = redemptions.accept_confirmation(&confirmation, &origin, call.request_id()).await?;
    if let Some(message) = accepted.message {
        for sent in invocation.send(CONFIRMATIONS_QUEUE, &[message]).await {
            sent?;
        }
    }

    Ok(Reply::accepted(&accepted.confirmation.value)?.replayed(accepted.confirmation.replayed))
}

fn signature_headers(call: &Call) -> Result<[Cow<'_, str>; 3], Refusal> {
    let header = |name| {
        call.header(name).ok_or_else(|| {
            let detail = "Send webhook-id, webhook-timestamp and webhook-signature (Standard Webhooks).";
            Refusal::new(Code::Unauthenticated, detail)
        })
    };
    Ok([header("webhook-id")?, header("webhook-timestamp")?, header("webhook-signature")?])
}

/// Whose key is to have signed.
fn signer(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    body["merchant"].as_str().filter(|merchant| is_id("mch_", merchant)).map(str::to_owned)
}

fn no_merchant() -> Refusal {
    Refusal::field("/merchant", Code::InvalidField, "the id of a merchant, mch_…")
}
