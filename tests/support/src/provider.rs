//! Users who sign in elsewhere.

use scrip_function::Fetch;
use scrip_local::TokenIssuer;
use std::sync::Arc;

/// An issuer whose keys are fetched as a deployed function fetches them.
pub(crate) fn provider(url: &str, audience: &str, keys_url: &str) -> TokenIssuer {
    let client = reqwest::Client::new();
    let fetch: Fetch = Arc::new(move |address| {
        let asked = client.get(address);
        Box::pin(async move {
            let answer = asked.send().await.and_then(reqwest::Response::error_for_status);
            answer.map_err(|error| error.to_string())?.bytes().await.map_err(|error| error.to_string())
        })
    });
    TokenIssuer { url: url.to_owned(), audience: audience.to_owned(), keys_url: keys_url.to_owned(), fetch }
}
