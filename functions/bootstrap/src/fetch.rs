//! Gets what others publish, such as the keys of a token's issuer, over the stack that the SDK brings.

use crate::log::innermost;
use crate::trust;
use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::byte_stream::ByteStream;
use bytes::Bytes;
use http::Uri;
use scrip_function::Fetch;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::time::timeout;

const FETCH_SECONDS: u64 = 2;
const MAX_DOCUMENT_BYTES: usize = 256 * 1_024;
const OK: u16 = 200;

/// The connector is made at the first use: an issuer may have any authority's certificate, and few functions ask one.
pub(crate) fn fetch() -> Fetch {
    let connector: Arc<OnceLock<Connector>> = Arc::default();
    Arc::new(move |address| {
        let connector = connector.clone();
        Box::pin(async move {
            match timeout(Duration::from_secs(FETCH_SECONDS), get(&connector, &address)).await {
                Ok(answer) => answer.map_err(|why| format!("{address}: {why}")),
                Err(_) => Err(format!("{address} did not answer within {FETCH_SECONDS} s")),
            }
        })
    })
}

async fn get(kept: &OnceLock<Connector>, address: &str) -> Result<Bytes, String> {
    if !is_allowed(address) {
        return Err("only https is fetched, and http from this machine".to_owned());
    }
    let request = HttpRequest::get(address).map_err(|error| error.to_string())?;
    let response = connector(kept)?.call(request).await.map_err(|error| innermost(&error))?;
    let status = response.status().as_u16();
    if status != OK {
        return Err(format!("answered {status}"));
    }
    let mut body = ByteStream::new(response.into_body());
    let mut document = Vec::new();
    while let Some(part) = body.try_next().await.map_err(|error| innermost(&error))? {
        if document.len() + part.len() > MAX_DOCUMENT_BYTES {
            return Err(format!("has more than {MAX_DOCUMENT_BYTES} bytes"));
        }
        document.extend_from_slice(&part);
    }
    Ok(document.into())
}

fn connector(kept: &OnceLock<Connector>) -> Result<&Connector, String> {
    if let Some(connector) = kept.get() {
        return Ok(connector);
    }
    let made = Connector::builder().tls_provider(trust::provider()).tls_context(trust::system()?).build();
    Ok(kept.get_or_init(|| made))
}

fn is_allowed(address: &str) -> bool {
    let Ok(uri) = address.parse::<Uri>() else { return false };
    match (uri.scheme_str(), uri.host()) {
        (Some("https"), Some(_)) => true,
        (Some("http"), Some(host)) => {
            let ip = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
            host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::thread;

    /// Answers one request with these bytes; the address to ask.
    fn answering(answer: Vec<u8>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/keys", listener.local_addr().unwrap());
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 4_096];
            let length = stream.read(&mut request).unwrap();
            assert!(request[..length].starts_with(b"GET /keys HTTP/1.1\r\n"));
            // One who has read enough hangs up.
            let _ = stream.write_all(&answer);
        });
        address
    }

    fn ok(bytes: usize) -> Vec<u8> {
        let mut answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {bytes}\r\n\r\n").into_bytes();
        answer.resize(answer.len() + bytes, b'x');
        answer
    }

    #[tokio::test]
    async fn a_document_is_fetched_up_to_its_bound() {
        let fetch = fetch();
        assert_eq!(fetch(answering(ok(3))).await.unwrap(), "xxx");
        assert_eq!(fetch(answering(ok(MAX_DOCUMENT_BYTES))).await.unwrap().len(), MAX_DOCUMENT_BYTES);
        let error = fetch(answering(ok(MAX_DOCUMENT_BYTES + 1))).await.unwrap_err();
        assert!(error.ends_with("has more than 262144 bytes"), "{error}");
    }

    #[tokio::test]
    async fn other_answers_are_errors() {
        let moved = b"HTTP/1.1 302 Found\r\nlocation: https://example.com\r\ncontent-length: 0\r\n\r\n";
        let error = fetch()(answering(moved.to_vec())).await.unwrap_err();
        assert!(error.ends_with("answered 302"), "{error}");
        let nobody = format!("http://{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
        assert!(fetch()(nobody).await.unwrap_err().contains("refused"));
    }

    #[test]
    fn what_is_fetched_came_over_tls_or_never_left_the_machine() {
        for address in
            ["https://issuer.example/keys", "http://127.0.0.1:9400/x", "http://[::1]/x", "http://localhost:1"]
        {
            assert!(is_allowed(address), "{address}");
        }
        for address in [
            "http://issuer.example/keys",
            "http://169.254.169.254/",
            "http://127.0.0.1.example/",
            "file:///etc/passwd",
            "/x",
            "",
        ] {
            assert!(!is_allowed(address), "{address}");
        }
    }
}
