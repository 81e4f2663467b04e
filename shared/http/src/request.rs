//! A request as every gateway hands it on.

use bytes::Bytes;
use http::HeaderMap;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A request as a gateway hands it on, before the caller's claim about the body is checked. Its extensions hold a
/// [`GatewayContext`].
pub type Request = http::Request<Bytes>;

/// What a gateway tells of a request besides what was sent.
#[derive(Clone, Debug, Default)]
pub struct GatewayContext {
    /// The path that was asked for, without the stage.
    pub path: String,
    /// The values of the route's path parameters.
    pub path_parameters: BTreeMap<String, String>,
    /// What the authorizer found, as flat text; empty where none was asked.
    pub authorizer: BTreeMap<String, String>,
    /// The id under which the log knows this request.
    pub request_id: String,
}

impl GatewayContext {
    /// What the gateway told of this request.
    pub fn of(request: &Request) -> Option<&Self> {
        request.extensions().get()
    }
}

/// The parameters of a query (WHATWG URL section 5.1); the last of several values counts.
pub fn query_parameters(query: Option<&str>) -> BTreeMap<String, String> {
    form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect()
}

/// The text of a header field, of which the last of several counts.
pub fn header_text<'a>(headers: &'a HeaderMap, name: &str) -> Option<Cow<'a, str>> {
    headers.get_all(name).iter().next_back().map(|value| String::from_utf8_lossy(value.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_decoded_once() {
        let parameters = query_parameters(Some("limit=1&after=a%3D%26%2525&limit=2&flag&name=a+b&&"));
        let pairs: Vec<_> = parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(pairs, [("after", "a=&%25"), ("flag", ""), ("limit", "2"), ("name", "a b")]);
        assert!(query_parameters(None).is_empty());
    }
}
