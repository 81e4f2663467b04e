//! The HTTP server: what API Gateway does, and `/local`.

mod api;
mod authorizer;
mod body;
mod local;
mod router;
mod services;

pub(crate) use authorizer::Authorizer;
pub(crate) use local::Local;
pub(crate) use router::Router;
pub(crate) use services::Tables;

use crate::aws::request_id;
use crate::functions::Functions;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use scrip_clock::Clock;
use scrip_function::Log;
use scrip_http::Response;
use scrip_refusal::{Code, Refusal};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

/// How long a client may take to send a request's head, or to begin with the next request.
const HEAD_TIMEOUT_SECONDS: u64 = 30;
/// The largest head of a request, as API Gateway has it, and what is read of a body at a time.
const HEAD_MAX_BYTES: usize = 16 * 1_024;
const CONNECTIONS_MAX: usize = 1_024;
/// How long requests in flight may take when the server stops.
const DRAIN_SECONDS: u64 = 15;
/// How long to wait when the system has no more sockets.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What requests are answered with.
pub(crate) struct Gateway {
    /// The first segment of the API's paths, with its slash.
    pub(crate) stage: String,
    pub(crate) router: Router,
    pub(crate) authorizer: Option<Authorizer>,
    pub(crate) functions: Functions,
    pub(crate) local: Local,
    pub(crate) clock: Clock,
    pub(crate) log: Arc<dyn Log>,
}

type Request = hyper::Request<Incoming>;
type Sent = hyper::Response<Full<Bytes>>;

/// What requests are answered by.
pub(crate) trait Server: Send + Sync + 'static {
    /// Answers one.
    fn answer(&self, request: Request) -> impl Future<Output = Sent> + Send;
}

/// Serves until `shutdown`, then finishes what is in flight.
pub(crate) async fn serve(
    listener: TcpListener,
    server: Arc<impl Server>,
    shutdown: impl Future<Output = ()>,
) {
    let graceful = GracefulShutdown::new();
    let slots = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    tokio::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = accept(&listener, &slots) => accepted,
        };
        let Some((stream, slot)) = accepted else {
            sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let server = server.clone();
        let service = service_fn(move |request| {
            let server = server.clone();
            async move { Ok::<_, Infallible>(server.answer(request).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(Duration::from_secs(HEAD_TIMEOUT_SECONDS))
            .max_buf_size(HEAD_MAX_BYTES)
            .serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // A client that breaks off is nobody's fault here.
            let _ = connection.await;
            drop(slot);
        });
    }
    drop(listener);
    let _ = timeout(Duration::from_secs(DRAIN_SECONDS), graceful.shutdown()).await;
}

async fn accept(listener: &TcpListener, slots: &Arc<Semaphore>) -> Option<(TcpStream, impl Send + use<>)> {
    let slot = slots.clone().acquire_owned().await.ok()?;
    let (stream, _) = listener.accept().await.ok()?;
    // Answers are written as a whole, so waiting for more to send only delays them.
    let _ = stream.set_nodelay(true);
    Some((stream, slot))
}

impl Server for Gateway {
    async fn answer(&self, request: Request) -> Sent {
        let path = request.uri().path();
        if let Some(path) = path.strip_prefix(&self.stage).filter(|path| path.starts_with('/')) {
            let path = path.to_owned();
            return sent(self.call(request, path).await);
        }
        self.local.answer(request).await
    }
}

/// A problem that the gateway itself tells.
fn refused(refusal: Refusal, request_id: &str) -> Response {
    Response::of(Err(refusal.into()), request_id)
}

/// A problem with a body that was not read to its end: the connection can't be used for another request.
fn refused_body(refusal: Refusal, request_id: &str) -> Response {
    let mut response = refused(refusal, request_id);
    response.headers.push(("connection", "close".to_owned()));
    response
}

fn no_such_route() -> Response {
    let detail = "No operation has this path. GET /openapi.json lists those there are.";
    refused(Refusal::new(Code::RouteNotFound, detail), &request_id())
}

fn method_not_allowed(allowed: &str) -> Response {
    let detail = format!("This path has {allowed}.");
    let mut response = refused(Refusal::new(Code::MethodNotAllowed, detail), &request_id());
    response.headers.push(("allow", allowed.to_owned()));
    response
}

fn sent(response: Response) -> Sent {
    hyper::Response::from(response).map(Full::new)
}
