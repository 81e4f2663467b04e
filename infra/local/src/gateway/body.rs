//! Reads a body within bounds of size and time.

use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use scrip_refusal::{Code, Refusal};
use std::time::Duration;
use tokio::time::timeout;

/// How long a client may take to send a body.
const BODY_TIMEOUT_SECONDS: u64 = 15;

/// Reads at most `most` bytes, and nothing of a body that says it is larger.
pub(super) async fn read(body: Incoming, most: usize) -> Result<Bytes, Refusal> {
    let too_large = || Refusal::new(Code::BodyTooLarge, format!("Send at most {most} bytes."));
    if body.size_hint().lower() > most as u64 {
        return Err(too_large());
    }
    match timeout(Duration::from_secs(BODY_TIMEOUT_SECONDS), Limited::new(body, most).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(Refusal::new(Code::InvalidRequest, "The body broke off, or its framing is wrong.")),
        Err(_) => {
            let detail = format!("The body did not arrive within {BODY_TIMEOUT_SECONDS} seconds.");
            Err(Refusal::new(Code::InvalidRequest, detail))
        }
    }
}
