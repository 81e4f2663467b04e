//! A running system.

use crate::{Answer, Caller, Contract, MemoryLog, Shop, User};
use reqwest::Method;
use scrip_clock::Timestamp;
use scrip_function::Function;
use scrip_local::{Options, Platform, Running, Source, catalog};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::OnceCell;

/// A system under test, and a client of it.
pub struct Scrip {
    base: String,
    http: reqwest::Client,
    log: Arc<MemoryLog>,
    running: Option<Running>,
}

static KEYS: AtomicU64 = AtomicU64::new(0);
/// The same for every system of this process: all are of one version.
static CONTRACT: OnceCell<Contract> = OnceCell::const_new();

/// An idempotency key that no other request of this process has.
pub fn fresh_key() -> String {
    format!("key-{}-{}", std::process::id(), KEYS.fetch_add(1, Ordering::Relaxed))
}

impl Scrip {
    /// The embedded platform in this process, with nothing kept.
    pub async fn start() -> Self {
        Self::start_with(None, catalog::functions()).await
    }

    /// The embedded platform in this process, with nothing kept and with these functions.
    pub async fn start_with_functions(functions: Vec<Function>) -> Self {
        Self::start_with(None, functions).await
    }

    /// The embedded platform in this process, with its data in `data`.
    pub async fn start_in(data: &Path) -> Self {
        Self::start_with(Some(data), catalog::functions()).await
    }

    async fn start_with(data: Option<&Path>, functions: Vec<Function>) -> Self {
        let log = Arc::new(MemoryLog::default());
        let options = Options {
            port: 0,
            data: data.map(Path::to_owned),
            functions,
            operations: catalog::operations(),
            source: Source::embedded(),
            log: log.clone(),
        };
        let running = Platform::start(options).await.expect("the platform starts");
        Self { base: running.base_url(), http: reqwest::Client::new(), log, running: Some(running) }
    }

    /// A system that runs elsewhere.
    pub fn at(base: impl Into<String>) -> Self {
        Self { base: base.into(), http: reqwest::Client::new(), log: Arc::default(), running: None }
    }

    /// What its URLs begin with.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The platform in this process.
    pub fn running(&self) -> &Running {
        self.running.as_ref().expect("the platform runs in this process")
    }

    /// What was logged.
    pub fn log(&self) -> &MemoryLog {
        &self.log
    }

    /// Stops it in order.
    pub async fn stop(mut self) {
        if let Some(running) = self.running.take() {
            running.shutdown().await;
        }
    }

    /// A user with a token without scopes.
    pub async fn user(&self, id: &str) -> User {
        self.user_with_scope(id, "").await
    }

    /// A user with a token of these scopes.
    pub async fn user_with_scope(&self, id: &str, scope: &str) -> User {
        let answer = self.local("/local/tokens", &json!({ "user": id, "scope": scope })).await;
        User { id: id.to_owned(), token: answer.expect(200).text("token") }
    }

    /// The treasury.
    pub async fn treasury(&self) -> User {
        self.user_with_scope("treasury", "treasury").await
    }

    /// An account of this user with this much in it.
    pub async fn account(&self, user: &User, amount: i64, currency: &str) -> String {
        let account =
            self.post(user, "/v1/accounts", &json!({ "currency": currency })).await.expect(201).text("id");
        if amount > 0 {
            let deposit =
                json!({ "amount": { "amount": amount, "currency": currency }, "reference": "opening" });
            let path = format!("/v1/accounts/{account}/deposits");
            self.post(&self.treasury().await, &path, &deposit).await.expect(201);
        }
        account
    }

    /// A merchant with its owner.
    pub async fn shop(&self, owner: &str, currency: &str) -> Shop {
        let owner = self.user(owner).await;
        let request = json!({ "name": format!("{}'s shop", owner.id), "currency": currency });
        let merchant = self.post(&owner, "/v1/merchants", &request).await.expect(201);
        Shop { id: merchant.text("id"), account: merchant.text("account"), owner }
    }

    /// What an account holds, as its holder sees it.
    pub async fn balance(&self, holder: &impl Caller, account: &str) -> i64 {
        let answer = self.get(holder, &format!("/v1/accounts/{account}")).await.expect(200);
        answer.body["balance"]["amount"].as_i64().expect("a balance")
    }

    /// The system's time.
    pub async fn now(&self) -> Timestamp {
        if let Some(running) = &self.running {
            return running.clock().now();
        }
        let answer = self.raw(Method::GET, "/local/clock", &[], Vec::new()).await.expect(200);
        answer.text("now").parse().expect("a time")
    }

    /// Advances the test clock, and comes back when what was due has run.
    pub async fn advance(&self, period: &str) {
        self.local("/local/clock", &json!({ "advance": period })).await.expect(200);
    }

    /// Lets everything that is due now run.
    pub async fn settle(&self) {
        self.running().settle().await.expect("everything runs");
    }

    /// `GET`.
    pub async fn get(&self, caller: &impl Caller, path: &str) -> Answer {
        self.send(Method::GET, caller, path, None, Vec::new()).await
    }

    /// `POST` with a new idempotency key.
    pub async fn post(&self, caller: &impl Caller, path: &str, body: &Value) -> Answer {
        self.post_keyed(caller, path, &fresh_key(), body).await
    }

    /// `POST` with this idempotency key.
    pub async fn post_keyed(&self, caller: &impl Caller, path: &str, key: &str, body: &Value) -> Answer {
        self.send(Method::POST, caller, path, Some(key), body.to_string().into_bytes()).await
    }

    /// `PUT`, `PATCH`, `DELETE`: none takes a key.
    pub async fn change(&self, method: Method, caller: &impl Caller, path: &str, body: &Value) -> Answer {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        self.send(method, caller, path, None, body).await
    }

    /// Any request, with the caller's proof for exactly this body.
    pub async fn send(
        &self,
        method: Method,
        caller: &impl Caller,
        path: &str,
        key: Option<&str>,
        body: Vec<u8>,
    ) -> Answer {
        let bearer = format!("Bearer {}", caller.token(&body, self.now().await));
        let mut headers = vec![("authorization", bearer.as_str())];
        headers.extend(key.map(|key| ("idempotency-key", key)));
        self.raw(method, path, &headers, body).await
    }

    /// Any request with any header fields.
    pub async fn raw(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let answer = self.attempt(method.clone(), path, headers, body).await.expect("an answer");
        if self.running.is_none() {
            return answer;
        }
        let Some(operation) = self.contract().await.operation(method.as_str(), path) else { return answer };
        let faults = self.contract().await.faults(operation, &answer);
        assert!(faults.is_empty(), "{method} {path} is not as described: {faults:#?}\n{answer:#?}");
        Answer { operation: operation["operationId"].as_str().map(str::to_owned), ..answer }
    }

    /// The API's description.
    pub async fn contract(&self) -> &'static Contract {
        let read = || async {
            let document = self.attempt(Method::GET, "/openapi.json", &[], Vec::new()).await;
            Contract::new(document.expect("a description").expect(200).body)
        };
        CONTRACT.get_or_init(read).await
    }

    /// Any request with any header fields, to a system that may go away before it answers.
    ///
    /// # Errors
    /// There was no answer, or only a part of one: whether the request took effect is unknown.
    pub async fn attempt(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<Answer, reqwest::Error> {
        let mut request = self.http.request(method, format!("{}{path}", self.base)).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::of(request.send().await?).await
    }

    async fn local(&self, path: &str, body: &Value) -> Answer {
        self.raw(Method::POST, path, &[], body.to_string().into_bytes()).await
    }
}
