//! A file of the page, for everybody; what it shows, its operator's token gets it.

use crate::files::{File, MEDIA_TYPES, file, name_pattern};
use crate::sign_in::Configuration;
use bytes::Bytes;
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply, matching, path};
use scrip_refusal::{Code, Failure, Refusal};

pub(crate) fn operation() -> Operation {
    Operation::http("get-service-page", "Get a file of the page on which operators verify", get_service_page)
        .description("It begins with `index.html`; `config.json` tells it where operators sign in.")
        .callers(&[Caller::Anybody])
        .refuses(&[Code::NotFound])
        .file(&MEDIA_TYPES)
        .budget(0, 0)
}

path! {
    /// A file of the page. What is none has no content.
    pub(crate) OfFile { file: String = matching(name_pattern(), |text| Ok(text.to_owned())) }
}

/// The file that tells the page where operators sign in.
const CONFIGURATION: &str = "config.json";
/// The camera, and nothing else that a page could ask for.
const PERMISSIONS: &str = "camera=(self), microphone=(), geolocation=(), payment=()";

pub(crate) async fn get_service_page(configuration: Configuration, call: Call<OfFile>) -> Answer {
    let name = call.path.file()?;

    let found = if name == CONFIGURATION { Some(configuration_file(&configuration)?) } else { file(&name) };
    let File { content, content_type, cache_control } =
        found.ok_or_else(|| Refusal::new(Code::NotFound, "The page has no file of this name."))?;

    Ok(Reply::file(content_type, cache_control, content)
        .header("content-security-policy", policy(&configuration))
        .header("permissions-policy", PERMISSIONS)
        .header("referrer-policy", "same-origin")
        .header("x-content-type-options", "nosniff"))
}

fn configuration_file(configuration: &Configuration) -> Result<File, Failure> {
    let content = serde_json::to_vec(configuration).map_err(Failure::broken)?;
    Ok(File { content: Bytes::from(content), content_type: "application/json", cache_control: "no-cache" })
}

/// Code and styles are the page's own files; it talks to this API and to who signs its operators in (W3C Content
/// Security Policy Level 3).
fn policy(configuration: &Configuration) -> String {
    let issuer = configuration.token_origin().map(|origin| format!(" {origin}")).unwrap_or_default();
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
