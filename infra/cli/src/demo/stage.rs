//! Sends requests and shows them with their answers.

use super::paint::{self, NAME};
use crate::address;
use anstyle::{AnsiColor, Style};
use anyhow::{Context, bail};
use rand::Rng;
use reqwest::{Client, Method, StatusCode};
use scrip_clock::Timestamp;
use scrip_identity::{SigningKey, sign_device};
use scrip_webhook::Secret;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

const TITLE: Style = AnsiColor::Magenta.on_default().bold();
const METHOD: Style = Style::new().bold();
const ASIDE: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const REFUSED: Style = AnsiColor::Yellow.on_default().bold();
const UNEXPECTED: Style = AnsiColor::Red.on_default().bold();
const INDENT: usize = 4;

/// A person. Their id is new for every run.
pub(super) struct User {
    pub(super) name: &'static str,
    pub(super) id: String,
    pub(super) scope: Option<&'static str>,
}

/// A merchant's device, whose key lives as long as the demo.
pub(super) struct Device {
    /// `terminal` or `pos`.
    pub(super) kind: &'static str,
    pub(super) name: &'static str,
    pub(super) id: String,
    pub(super) key: SigningKey,
}

/// Who sends a request.
#[derive(Clone, Copy)]
pub(super) enum By<'a> {
    Anyone,
    User(&'a User),
    Device(&'a Device),
    Webhook(Message<'a>),
}

/// What a third party's server signs by.
#[derive(Clone, Copy)]
pub(super) struct Message<'a> {
    pub(super) secret: &'a Secret,
    /// The same in each delivery.
    pub(super) id: &'a str,
}

pub(super) struct Stage {
    http: Client,
    base: String,
    /// Makes the ids and idempotency keys of this run.
    run: String,
    requests: u32,
    /// Users' tokens; forgotten when the clock is advanced, since they expire.
    tokens: BTreeMap<String, String>,
}

impl Stage {
    pub(super) fn new(http: Client, base: String) -> Self {
        let run = format!("{:08x}", rand::rng().random::<u32>());
        Self { http, base, run, requests: 0, tokens: BTreeMap::new() }
    }

    pub(super) fn user(&self, name: &'static str, scope: Option<&'static str>) -> User {
        User { name, id: format!("{}-{}", name.to_lowercase(), self.run), scope }
    }

    pub(super) fn base(&self) -> &str {
        &self.base
    }

    pub(super) async fn get(&mut self, by: By<'_>, path: &str) -> anyhow::Result<Value> {
        self.ask(by, Method::GET, path, None, StatusCode::OK).await
    }

    pub(super) async fn put(&mut self, by: By<'_>, path: &str, body: Value) -> anyhow::Result<Value> {
        self.ask(by, Method::PUT, path, Some(body), StatusCode::NO_CONTENT).await
    }

    pub(super) async fn delete(&mut self, by: By<'_>, path: &str) -> anyhow::Result<Value> {
        self.ask(by, Method::DELETE, path, None, StatusCode::NO_CONTENT).await
    }

    pub(super) async fn create(&mut self, by: By<'_>, path: &str, body: Value) -> anyhow::Result<Value> {
        self.ask(by, Method::POST, path, Some(body), StatusCode::CREATED).await
    }

    /// Reads something until it says so at `pointer`, and shows it then.
    pub(super) async fn until(
        &mut self,
        by: By<'_>,
        path: &str,
        pointer: &str,
        word: &str,
        most: usize,
    ) -> anyhow::Result<Value> {
        for _ in 0..most {
            let request = self.http.get(format!("{}{path}", self.base));
            let bearer = self.bearer(by, &[]).await?.unwrap_or_default();
            let answer: Value = request.bearer_auth(bearer).send().await?.json().await?;
            if answer.pointer(pointer).and_then(Value::as_str) == Some(word) {
                return self.get(by, path).await;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        bail!("{path} is not {word} after {most} looks")
    }

    /// Gets a token for a user, and shows it.
    pub(super) async fn log_in(&mut self, user: &User) -> anyhow::Result<()> {
        let answer =
            self.ask(By::Anyone, Method::POST, "/local/tokens", Some(token_request(user)), StatusCode::OK);
        let answer = answer.await?;
        self.tokens.insert(user.id.clone(), text(&answer, "/token")?.to_owned());
        Ok(())
    }

    /// Advances the platform's clock.
    pub(super) async fn advance(&mut self, by: &str) -> anyhow::Result<()> {
        let body = json!({ "advance": by });
        self.ask(By::Anyone, Method::POST, "/local/clock", Some(body), StatusCode::OK).await?;
        self.tokens.clear();
        Ok(())
    }

    /// The time on the platform's clock.
    pub(super) async fn now(&self) -> anyhow::Result<Timestamp> {
        address::now(&self.base).await.context("the platform does not tell the time any more")
    }

    /// Shows a request, sends it and shows the answer, which must have this status.
    pub(super) async fn ask(
        &mut self,
        by: By<'_>,
        method: Method,
        path: &str,
        body: Option<Value>,
        expected: StatusCode,
    ) -> anyhow::Result<Value> {
        let who = match by {
            By::Anyone => String::new(),
            By::User(user) => format!("{ASIDE}as {}{ASIDE:#}", user.name),
            By::Device(Device { kind, name, .. }) => format!("{ASIDE}as {kind} {name}{ASIDE:#}"),
            By::Webhook(Message { id, .. }) => format!("{ASIDE}signed, as message {id}{ASIDE:#}"),
        };
        show(format!("\n{METHOD}{method} {path}{METHOD:#}  {who}").trim_end())?;
        if let Some(body) = &body {
            show(&format!("{:INDENT$}{}", "", paint::json(body, INDENT)))?;
        }
        let bytes = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.base));
        if let Some(bearer) = self.bearer(by, &bytes).await? {
            request = request.bearer_auth(bearer);
        }
        if let By::Webhook(Message { secret, id }) = by {
            let timestamp = self.now().await?.as_second();
            request = request
                .header("webhook-id", id)
                .header("webhook-timestamp", timestamp)
                .header("webhook-signature", secret.sign(id, timestamp, &bytes));
        } else if method == Method::POST && path.starts_with("/v1/") {
            self.requests += 1;
            request = request.header("idempotency-key", format!("demo-{}-{}", self.run, self.requests));
        }
        let response = request.body(bytes).send().await.with_context(|| format!("{method} {path}"))?;
        let status = response.status();
        let answer = response.text().await.with_context(|| format!("{method} {path}"))?;
        let answer: Value = if answer.is_empty() { Value::Null } else { serde_json::from_str(&answer)? };
        let style = match (status == expected, status.is_success()) {
            (false, _) => UNEXPECTED,
            (true, true) => GOOD,
            (true, false) => REFUSED,
        };
        let shown = if answer.is_null() { String::new() } else { paint::json(&answer, INDENT) };
        show(format!("{style}→ {status}{style:#} {shown}").trim_end())?;
        if status != expected {
            bail!("{method} {path} was answered with {status}; the story needs {expected}");
        }
        Ok(answer)
    }

    async fn bearer(&mut self, by: By<'_>, body: &[u8]) -> anyhow::Result<Option<String>> {
        match by {
            By::Anyone | By::Webhook(_) => Ok(None),
            By::Device(device) => Ok(Some(sign_device(&device.key, &device.id, body, self.now().await?))),
            By::User(user) => {
                if !self.tokens.contains_key(&user.id) {
                    let request =
                        self.http.post(format!("{}/local/tokens", self.base)).json(&token_request(user));
                    let answer: Value = request.send().await?.error_for_status()?.json().await?;
                    self.tokens.insert(user.id.clone(), text(&answer, "/token")?.to_owned());
                }
                Ok(self.tokens.get(&user.id).cloned())
            }
        }
    }

    /// Shows how the executions of an item went, each in one line below their records, the first one first.
    pub(super) async fn executions(&mut self, item: &str) -> anyhow::Result<()> {
        let answer = self.get(By::Anyone, &format!("/local/executions?name={item}")).await?;
        for execution in answer["items"].as_array().into_iter().flatten().rev() {
            let taken = execution["states"].as_array().into_iter().flatten();
            let way: Vec<&str> = taken.filter_map(|state| state["state"].as_str()).collect();
            let status = execution["status"].as_str().unwrap_or("missing");
            show(&format!("\n  {NAME}{}{NAME:#}  {status}", way.join(" → ")))?;
        }
        Ok(())
    }
}

fn token_request(user: &User) -> Value {
    match user.scope {
        Some(scope) => json!({ "user": user.id, "scope": scope }),
        None => json!({ "user": user.id }),
    }
}

/// A text in an answer, by JSON Pointer (RFC 6901).
pub(super) fn text<'a>(answer: &'a Value, pointer: &str) -> anyhow::Result<&'a str> {
    answer
        .pointer(pointer)
        .and_then(Value::as_str)
        .with_context(|| format!("the answer has no text at {pointer}"))
}

/// Requires that something stands where the story needs it.
pub(super) fn expect_status(answer: &Value, expected: &str) -> anyhow::Result<()> {
    match text(answer, "/status")? {
        status if status == expected => Ok(()),
        status => bail!("its status is {status}; the story needs {expected}"),
    }
}

/// Opens a chapter.
pub(super) fn title(text: &str) -> anyhow::Result<()> {
    show(&format!("\n{TITLE}━━ {text} ━━{TITLE:#}"))
}

/// Tells what comes.
pub(super) fn say(text: &str) -> anyhow::Result<()> {
    show(&format!("\n{text}"))
}

/// Writes a line, without colours where nobody would see them (<https://no-color.org>).
pub(super) fn show(line: &str) -> anyhow::Result<()> {
    Ok(writeln!(anstream::stdout().lock(), "{line}")?)
}
