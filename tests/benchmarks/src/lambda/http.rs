//! A small HTTP server, with connections that stay open.

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use tokio::net::TcpListener;

pub(super) type Answer = anyhow::Result<Response<Full<Bytes>>>;

/// Answers requests for as long as this program runs. One that has no answer ends its connection.
pub(super) async fn serve<H, F>(handler: H) -> anyhow::Result<SocketAddr>
where
    H: Fn(Request<Bytes>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Answer> + Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let handler = handler.clone();
            let service = service_fn(move |request: Request<Incoming>| {
                let handler = handler.clone();
                async move {
                    let (parts, body) = request.into_parts();
                    let body = body.collect().await?.to_bytes();
                    handler(Request::from_parts(parts, body)).await
                }
            });
            let _ = stream.set_nodelay(true);
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    Ok(address)
}

pub(super) fn json(status: u16, body: impl Into<Bytes>) -> Answer {
    let answer = Response::builder().status(status).header("content-type", "application/x-amz-json-1.0");
    let answer = answer.header("x-amzn-requestid", "QKT1H5C0V4E2M3F3R2P8U6A0VVVV4KQNSO5AEMVJF66Q9ASUAAJG");
    Ok(answer.body(Full::new(body.into()))?)
}
