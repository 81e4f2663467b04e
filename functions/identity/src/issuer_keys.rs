//! Where the keys of the tokens' issuer are: at an address, or in the configuration itself.

use data_encoding::BASE64;
use scrip_function::World;
use scrip_identity::{CachedKeys, KeySet, KeySource, StaticKeys};
use scrip_refusal::Failure;
use std::sync::Arc;

/// The keys at this address. A `data:` URL (RFC 2397) holds the JWK Set itself, in base64, for an issuer whose keys
/// don't change and that functions can't or need not reach.
pub(crate) fn issuer_keys(world: &World, address: &str) -> Result<Arc<dyn KeySource>, Failure> {
    if let Some(data) = address.strip_prefix("data:") {
        return Ok(Arc::new(StaticKeys::new(enclosed(data)?)));
    }
    let (fetch, address) = (world.fetch.clone(), address.to_owned());
    Ok(Arc::new(CachedKeys::new(world.clock.clone(), move || {
        let keys = fetch(address.clone());
        async move { keys.await.map(Vec::from) }
    })))
}

/// The keys of what follows `data:`, whatever media type it is said to have.
fn enclosed(data: &str) -> Result<KeySet, Failure> {
    let (head, body) = data.split_once(',').unwrap_or_default();
    if !head.ends_with(";base64") {
        return Err(Failure::broken("the token keys' data URL is not in base64"));
    }
    let document = BASE64.decode(body.as_bytes()).map_err(Failure::broken)?;
    KeySet::parse(&document).map_err(Failure::broken)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8037 appendix A.2.
    const KEY: &str =
        r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"a"}"#;

    #[test]
    fn a_data_url_holds_the_keys() {
        let body = BASE64.encode(format!(r#"{{"keys":[{KEY}]}}"#).as_bytes());
        for head in ["application/json;base64", "application/jwk-set+json;charset=utf-8;base64", ";base64"] {
            assert!(enclosed(&format!("{head},{body}")).is_ok(), "{head}");
        }
    }

    #[test]
    fn what_holds_no_keys_is_broken() {
        let text = BASE64.encode(b"keys");
        for data in
            ["", "application/json;base64", "application/json,{}", ";base64,?", &format!(";base64,{text}")]
        {
            assert!(matches!(enclosed(data), Err(Failure::Broken(_))), "{data}");
        }
    }
}
