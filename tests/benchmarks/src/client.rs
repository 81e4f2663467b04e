//! One client's connection. It costs little, so that what is measured is the server.

use anyhow::{Context, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

pub(crate) struct Client {
    sender: SendRequest<Full<Bytes>>,
    address: String,
}

impl Client {
    /// Connects to this host and port.
    pub(crate) async fn connect(address: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self { sender, address: address.to_owned() })
    }

    /// `GET` without any proof.
    pub(crate) async fn get(&mut self, path: &str) -> anyhow::Result<Value> {
        let request = Request::builder().method(Method::GET).uri(path).header("host", &self.address);
        self.send(request.body(Full::default())?).await
    }

    /// `POST` with a token and a new idempotency key.
    pub(crate) async fn post(&mut self, path: &str, token: &str, body: Vec<u8>) -> anyhow::Result<Value> {
        let request = Request::builder().method(Method::POST).uri(path).header("host", &self.address);
        let request = request.header("authorization", format!("Bearer {token}"));
        let request = request.header("idempotency-key", scrip_test_support::fresh_key());
        self.send(request.body(Full::from(body))?).await
    }

    async fn send(&mut self, request: Request<Full<Bytes>>) -> anyhow::Result<Value> {
        self.sender.ready().await?;
        let response = self.sender.send_request(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        ensure!(status.is_success(), "{status}: {}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).context("an answer that is not JSON")
    }
}
