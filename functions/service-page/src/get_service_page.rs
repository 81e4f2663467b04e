//! `GET /v1/service-page/{file}`: a file of the page, for everybody; what it shows, its operator's token gets it.

use crate::Page;
use crate::files::{File, file};
use bytes::Bytes;
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::{Code, Failure, Refusal};

/// The file that tells the page where operators sign in.
const CONFIGURATION: &str = "config.json";
/// The camera, and nothing else that a page could ask for.
const PERMISSIONS: &str = "camera=(self), microphone=(), geolocation=(), payment=()";

/// # Errors
/// `not-found`.
pub(crate) async fn get_service_page(page: Page, call: Call) -> Answer {
    let name = call.path_parameter("file").unwrap_or_default();

    let found = if name == CONFIGURATION { Some(page.configuration_file()?) } else { file(name) };
    let File { content, content_type, cache_control } =
        found.ok_or_else(|| Refusal::new(Code::NotFound, "The page has no file of this name."))?;

    Ok(Reply::file(content_type, cache_control, content)
        .header("content-security-policy", page.policy())
        .header("permissions-policy", PERMISSIONS)
        .header("referrer-policy", "same-origin")
        .header("x-content-type-options", "nosniff"))
}

impl Page {
    fn configuration_file(&self) -> Result<File, Failure> {
        let content = serde_json::to_vec(&self.configuration).map_err(Failure::broken)?;
        Ok(File {
            content: Bytes::from(content),
            content_type: "application/json",
            cache_control: "no-cache",
        })
    }

    /// Code and styles are the page's own files; it talks to this API and to who signs its operators in (W3C Content
    /// Security Policy Level 3).
    fn policy(&self) -> String {
        let issuer = self.configuration.token_origin().map(|origin| format!(" {origin}")).unwrap_or_default();
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "media-src 'self' blob:",
            &format!("connect-src 'self'{issuer}"),
            "manifest-src 'self'",
            "worker-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ]
        .join("; ")
    }
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new("get-service-page", "Get a file of the page on which operators verify", &[Code::NotFound])
        .file()
        .public()
}
