//! A running system.

use crate::deployed::{self, Names};
use crate::{Answer, Caller, Contract, MemoryLog, Shop, Stack, User};
use aws_types::SdkConfig;
use reqwest::Method;
use scrip_clock::{Clock, SignedDuration};
use scrip_identity::SigningKey;
use scrip_local::Running;
use scrip_sam::Application;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

/// A system under test, and a client of it.
pub struct Scrip {
    base: String,
    http: reqwest::Client,
    log: Arc<MemoryLog>,
    pub(crate) target: Target,
    accounts: Mutex<BTreeSet<String>>,
}

pub(crate) enum Target {
    /// The embedded platform, in this process.
    Embedded(Box<Running>),
    /// A stack that all tests share.
    Deployed(Names),
    /// An embedded platform in another process.
    Elsewhere,
}

/// Who issues users' tokens.
#[derive(Clone, Debug)]
pub struct Issuer {
    /// The `iss` of its tokens.
    pub url: String,
    /// The `aud` of its tokens.
    pub audience: String,
    pub kid: String,
    pub key: SigningKey,
}

/// What is the same for every system of this process: all are of one version.
struct Description {
    contract: Contract,
    application: Application,
}

/// How much time a request takes where the clock stands otherwise, so that what follows one another has an order.
const BETWEEN_REQUESTS: SignedDuration = SignedDuration::from_millis(1);
static KEYS: AtomicU64 = AtomicU64::new(0);
static DESCRIPTION: OnceCell<Description> = OnceCell::const_new();

/// An idempotency key that no other request of this process has.
pub fn fresh_key() -> String {
    format!("key-{}-{}", std::process::id(), KEYS.fetch_add(1, Ordering::Relaxed))
}

impl Scrip {
    pub(crate) fn of(base: String, log: Arc<MemoryLog>, target: Target) -> Self {
        Self { base, http: reqwest::Client::new(), log, target, accounts: Mutex::default() }
    }

    pub(crate) fn with_client(self, http: reqwest::Client) -> Self {
        Self { http, ..self }
    }

    /// An embedded platform that runs elsewhere.
    pub fn at(base: impl Into<String>) -> Self {
        Self::of(base.into(), Arc::default(), Target::Elsewhere)
    }

    /// What its URLs begin with.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The platform in this process.
    pub fn running(&self) -> &Running {
        match &self.target {
            Target::Embedded(running) => running,
            _ => panic!("the platform does not run in this process"),
        }
    }

    /// What the template wires.
    pub async fn application(&self) -> &'static Application {
        &self.description().await.application
    }

    /// How the services beneath are reached.
    pub fn aws(&self) -> SdkConfig {
        match &self.target {
            Target::Embedded(running) => running.aws().clone(),
            Target::Deployed(_) => Stack::get().aws(),
            Target::Elsewhere => deployed::aws_at(&format!("{}/local/aws", self.base), "local"),
        }
    }

    /// The name of a table.
    pub async fn table(&self, logical_id: &str) -> String {
        if self.is_deployed() {
            return Stack::get().resource(logical_id).to_owned();
        }
        let mut tables = self.application().await.tables.iter();
        let table = tables.find(|table| table.logical_id == logical_id);
        table.expect("a table of the template").name.clone()
    }

    /// Whether it is a stack on AWS or on an emulator of it.
    pub fn is_deployed(&self) -> bool {
        matches!(self.target, Target::Deployed(_))
    }

    /// The accounts that this test opened, where tests share a ledger.
    pub(crate) fn own_accounts(&self) -> Option<BTreeSet<String>> {
        let accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        self.is_deployed().then(|| accounts.clone())
    }

    fn remember(&self, account: &str) {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner).insert(account.to_owned());
    }

    /// Who issues users' tokens.
    pub fn issuer(&self) -> Issuer {
        if self.is_deployed() {
            return Stack::get().issuer();
        }
        let key = std::fs::read_to_string(self.running().data().join("issuer.json")).expect("its key");
        Issuer {
            url: format!("{}/local/issuer", self.base),
            audience: "scrip".to_owned(),
            kid: "development".to_owned(),
            key: SigningKey::from_private_jwk(key.trim()).expect("a private key"),
        }
    }

    /// What was logged.
    pub fn log(&self) -> &MemoryLog {
        &self.log
    }

    /// Stops it in order.
    pub async fn stop(self) {
        if let Target::Embedded(running) = self.target {
            running.shutdown().await;
        }
    }

    /// What the system calls a user: where tests share a stack, by a name that no other test has. Requests' members
    /// `user` are renamed by themselves; paths and queries are not.
    pub fn known_as(&self, user: &str) -> String {
        match &self.target {
            Target::Deployed(names) => names.own(user),
            _ => user.to_owned(),
        }
    }

    /// A user with a token without scopes.
    pub async fn user(&self, id: &str) -> User {
        self.user_with_scope(id, "").await
    }

    /// A user with a token of these scopes.
    pub async fn user_with_scope(&self, id: &str, scope: &str) -> User {
        if let Target::Deployed(names) = &self.target {
            let token = Stack::get().issuer().token(&names.own(id), scope, Clock::system().now());
            return User { id: id.to_owned(), token };
        }
        let answer = self.local("/local/tokens", &json!({ "user": id, "scope": scope })).await;
        User { id: id.to_owned(), token: answer.expect(200).text("token") }
    }

    pub async fn treasury(&self) -> User {
        self.user_with_scope("treasury", "treasury").await
    }

    /// An account of this user with this much in it.
    pub async fn account(&self, user: &User, amount: i64, currency: &str) -> String {
        let account =
            self.post(user, "/v1/accounts", &json!({ "currency": currency })).await.expect(201).text("id");
        self.remember(&account);
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
        self.remember(&merchant.text("account"));
        Shop { id: merchant.text("id"), account: merchant.text("account"), owner }
    }

    /// What an account holds, as its holder sees it.
    pub async fn balance(&self, holder: &impl Caller, account: &str) -> i64 {
        let answer = self.get(holder, &format!("/v1/accounts/{account}")).await.expect(200);
        answer.body["balance"]["amount"].as_i64().expect("a balance")
    }

    pub async fn get(&self, caller: &impl Caller, path: &str) -> Answer {
        self.send(Method::GET, caller, path, None, Vec::new()).await
    }

    /// `POST` with a new idempotency key.
    pub async fn post(&self, caller: &impl Caller, path: &str, body: &Value) -> Answer {
        self.post_keyed(caller, path, &fresh_key(), body).await
    }

    /// `POST` with this idempotency key.
    pub async fn post_keyed(&self, caller: &impl Caller, path: &str, key: &str, body: &Value) -> Answer {
        self.send(Method::POST, caller, path, Some(key), self.bytes(body)).await
    }

    /// `PUT`, `PATCH`, `DELETE`: none takes a key.
    pub async fn change(&self, method: Method, caller: &impl Caller, path: &str, body: &Value) -> Answer {
        let body = if body.is_null() { Vec::new() } else { self.bytes(body) };
        self.send(method, caller, path, None, body).await
    }

    /// A body as it is sent.
    pub fn bytes(&self, body: &Value) -> Vec<u8> {
        match &self.target {
            Target::Deployed(names) => names.outgoing(body.clone()).to_string().into_bytes(),
            _ => body.to_string().into_bytes(),
        }
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
        let answer = self.attempt(method.clone(), path, headers, body.clone()).await.expect("an answer");
        if let Target::Elsewhere = self.target {
            return answer;
        }
        let contract = self.contract().await;
        let operation = contract.operation(method.as_str(), path);
        let Some(operation) = operation.and_then(|operation| operation["operationId"].as_str()) else {
            return answer;
        };
        let faults = contract.faults(operation, &body, &answer);
        assert!(faults.is_empty(), "{method} {path} is not as described: {faults:#?}\n{answer:#?}");
        Answer { operation: Some(operation.to_owned()), ..answer }
    }

    pub async fn contract(&self) -> &'static Contract {
        &self.description().await.contract
    }

    /// A deployed system does not describe itself; an embedded one of the same version does.
    async fn description(&self) -> &'static Description {
        let describe = |scrip: &Self, document: Answer| Description {
            contract: Contract::new(document.expect(200).body),
            application: scrip.running().application().clone(),
        };
        let read = || async {
            let other = match self.target {
                Target::Embedded(_) => None,
                _ => Some(Box::pin(Self::embedded()).await),
            };
            let scrip = other.as_ref().unwrap_or(self);
            let document = scrip.attempt(Method::GET, "/openapi.json", &[], Vec::new()).await;
            describe(scrip, document.expect("a description"))
        };
        DESCRIPTION.get_or_init(read).await
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
        match &self.target {
            Target::Deployed(names) => {
                let _turn = Stack::turn().await;
                Answer::of(request.send().await?, |text| names.incoming(text)).await
            }
            Target::Embedded(running) => {
                let answer = Answer::of(request.send().await?, str::to_owned).await;
                running.clock().advance(BETWEEN_REQUESTS);
                answer
            }
            Target::Elsewhere => Answer::of(request.send().await?, str::to_owned).await,
        }
    }

    pub(crate) async fn local(&self, path: &str, body: &Value) -> Answer {
        self.raw(Method::POST, path, &[], body.to_string().into_bytes()).await
    }
}
