//! Services of which the suite needs a call or two. Their clients would take longer to compile than all of the suite.

use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use scrip_test_support::Stack;
use serde_json::Value;
use std::time::SystemTime;

/// A service in the stack's region.
pub(super) struct Service {
    name: &'static str,
    base: String,
    http: reqwest::Client,
}

impl Service {
    /// The service of this name, as addresses and signatures have it.
    pub(super) fn of(name: &'static str) -> Self {
        let Stack { endpoint, region, .. } = Stack::get();
        let base = endpoint.clone().unwrap_or_else(|| format!("https://{name}.{region}.amazonaws.com"));
        Self { name, base, http: reqwest::Client::new() }
    }

    /// Calls it (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>), and gives what it answers.
    pub(super) async fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&'static str, &str)],
        body: &Value,
    ) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let uri = format!("{}{path}", self.base);
        let identity = Stack::get().credentials().into();
        let parameters = SigningParams::builder()
            .identity(&identity)
            .region(&Stack::get().region)
            .name(self.name)
            .time(SystemTime::now())
            .settings(SigningSettings::default());
        let parameters = parameters.build().expect("parameters").into();
        let signable = SignableBody::Bytes(body.as_bytes());
        let signable = SignableRequest::new(method, &*uri, headers.iter().copied(), signable);
        let signature = sign(signable.expect("a request"), &parameters).expect("a signature");

        let mut request = http::Request::builder().method(method).uri(&uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(body).expect("a request");
        signature.into_parts().0.apply_to_request_http1x(&mut request);
        let request = reqwest::Request::try_from(request).expect("a request");
        let answer = self.http.execute(request).await.expect("an answer");
        let (status, text) = (answer.status(), answer.text().await.expect("an answer's text"));
        assert!(status.is_success(), "{method} {uri}: {status} {text}");
        if text.is_empty() { Value::Null } else { serde_json::from_str(&text).expect("JSON") }
    }
}
