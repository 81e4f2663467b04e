//! What clients know of the server: where it is now, and that it may be gone at any moment.

use reqwest::Method;
use scrip_clock::Clock;
use scrip_identity::{SigningKey, sign_device};
use scrip_test_support::{Answer, Scrip};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::watch;

/// More failures in a row of a server that is up than any client should see.
const FAILURES_MAX: u32 = 200;

/// One life of the server.
#[derive(Clone)]
pub(super) struct Life {
    pub(super) number: u32,
    pub(super) scrip: Arc<Scrip>,
}

/// The way to the server, shared by all clients and by who kills it.
pub(super) struct Link {
    life: watch::Sender<Option<Life>>,
    /// Requests sent and answers received, so that the server dies while it is at work.
    events: watch::Sender<u64>,
    lives: AtomicU32,
    pub(super) unanswered: AtomicU32,
    /// Answers that say that the request had taken effect before.
    pub(super) replayed: AtomicU32,
}

/// Who sends a request.
#[derive(Clone)]
pub(super) enum Who {
    User { id: String, scope: &'static str },
    Terminal { id: String, key: Box<SigningKey> },
}

/// One request, the same however often it is sent.
#[derive(Clone)]
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) who: Who,
    pub(super) path: String,
    pub(super) key: Option<String>,
    pub(super) body: String,
}

/// Tokens of users, which hold for one life of the server.
#[derive(Default)]
pub(super) struct Tokens {
    life: u32,
    tokens: BTreeMap<String, String>,
}

impl Link {
    pub(super) fn new() -> Self {
        Self {
            life: watch::Sender::new(None),
            events: watch::Sender::new(0),
            lives: AtomicU32::new(0),
            unanswered: AtomicU32::new(0),
            replayed: AtomicU32::new(0),
        }
    }

    /// The server is up, at this address.
    pub(super) fn up(&self, base: &str) {
        let number = 1 + self.lives.fetch_add(1, Ordering::SeqCst);
        self.life.send_replace(Some(Life { number, scrip: Arc::new(Scrip::at(base)) }));
    }

    /// The server is about to go.
    pub(super) fn down(&self) {
        self.life.send_replace(None);
    }

    /// The server, as soon as it is up.
    pub(super) async fn life(&self) -> Life {
        let mut life = self.life.subscribe();
        let up = life.wait_for(Option::is_some).await.expect("the link lives");
        up.clone().expect("it is up")
    }

    /// Comes back when so many more requests were sent or answered.
    pub(super) async fn events(&self, more: u64) {
        let mut events = self.events.subscribe();
        let target = *events.borrow() + more;
        events.wait_for(|events| *events >= target).await.expect("the link lives");
    }

    /// Sends a request until there is an answer, from one life of the server to the next.
    pub(super) async fn answer(&self, tokens: &mut Tokens, request: &Request) -> Answer {
        for _ in 0..FAILURES_MAX {
            let life = self.life().await;
            match self.attempt(&life, tokens, request).await {
                Some(answer) => return answer,
                None => tokio::task::yield_now().await,
            }
        }
        panic!("{} {} is not answered", request.method, request.path);
    }

    /// Sends a request once. Without an answer it is unknown whether it took effect. That the server is busy is none.
    pub(super) async fn attempt(
        &self,
        life: &Life,
        tokens: &mut Tokens,
        request: &Request,
    ) -> Option<Answer> {
        let token = match &request.who {
            Who::User { id, scope } => tokens.of(life, id, scope).await?,
            Who::Terminal { id, key } => sign_device(key, id, request.body.as_bytes(), Clock::system().now()),
        };
        let bearer = format!("Bearer {token}");
        let mut headers = vec![("authorization", bearer.as_str())];
        headers.extend(request.key.as_deref().map(|key| ("idempotency-key", key)));
        self.events.send_modify(|events| *events += 1);
        let body = request.body.clone().into_bytes();
        let Ok(answer) = life.scrip.attempt(request.method.clone(), &request.path, &headers, body).await
        else {
            self.unanswered.fetch_add(1, Ordering::SeqCst);
            return None;
        };
        self.events.send_modify(|events| *events += 1);
        self.replayed.fetch_add(u32::from(answer.is_replay()), Ordering::SeqCst);
        assert_ne!(answer.status, 500, "{} {}: {}", request.method, request.path, answer.body);
        assert_ne!(answer.status, 401, "{} {}: {}", request.method, request.path, answer.body);
        (answer.body["code"] != "busy").then_some(answer)
    }
}

impl Tokens {
    async fn of(&mut self, life: &Life, user: &str, scope: &str) -> Option<String> {
        if self.life != life.number {
            *self = Self { life: life.number, tokens: BTreeMap::new() };
        }
        if let Some(token) = self.tokens.get(user) {
            return Some(token.clone());
        }
        let body = serde_json::json!({ "user": user, "scope": scope }).to_string().into_bytes();
        let answer = life.scrip.attempt(Method::POST, "/local/tokens", &[], body).await.ok()?.expect(200);
        let token = answer.text("token");
        self.tokens.insert(user.to_owned(), token.clone());
        Some(token)
    }
}

impl Who {
    pub(super) fn user(id: &str) -> Self {
        Self::User { id: id.to_owned(), scope: "" }
    }

    pub(super) fn treasury() -> Self {
        Self::User { id: "treasury".to_owned(), scope: "treasury" }
    }
}
