//! Users who sign in to a real `OpenID` provider: by code flow with PKCE, with refresh, and while it changes its keys.

use scrip_test_support::{Scrip, User};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// Names the folder in which `npm ci` has installed what `tests/identity-provider` asks for.
const INSTALLED: &str = "SCRIP_IDENTITY_PROVIDER";
const REFRESHABLE: &str = "openid wallet offline_access";

/// The provider's process. It ends when its standard input does, at the latest with this process.
struct Provider {
    process: Child,
    url: String,
    http: reqwest::Client,
}

impl Provider {
    fn start() -> Self {
        let folder =
            std::env::var(INSTALLED).expect("the folder of the provider's packages; see CONTRIBUTING.md");
        let script = format!("{folder}/provider.mjs");
        let mut process = Command::new("node")
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node");
        let mut url = String::new();
        let output = process.stdout.take().expect("its output");
        BufReader::new(output).read_line(&mut url).expect("its address");
        Self { process, url: url.trim().to_owned(), http: reqwest::Client::new() }
    }

    async fn ask(&self, control: &str, asked: &Value) -> Value {
        let address = format!("{}/control/{control}", self.url);
        let answer = self.http.post(address).body(asked.to_string()).send().await.expect("an answer");
        let text = answer.text().await.expect("a text");
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{control}: {text}"))
    }

    async fn sign_in(&self, user: &str) -> Tokens {
        Tokens(self.ask("sign-in", &json!({ "user": user, "scope": REFRESHABLE })).await)
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What the provider's token endpoint answered.
struct Tokens(Value);

impl Tokens {
    fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", self.0))
    }

    fn user(&self, id: &str) -> User {
        User { id: id.to_owned(), token: self.text("access_token").to_owned() }
    }
}

async fn start() -> (Provider, Scrip) {
    let provider = Provider::start();
    let keys = format!("{}/jwks", provider.url);
    let scrip = Scrip::start_with_issuer(&provider.url, "scrip", &keys).await;
    (provider, scrip)
}

#[tokio::test]
#[ignore = "needs Node and what tests/identity-provider names; .ci/run has both"]
async fn users_sign_in_by_code_flow_and_stay_by_refresh() {
    let (provider, scrip) = start().await;
    let mut accounts = Vec::new();
    for id in ["auth0|64f1a#0", "ann+b@example.com", "c6a8b9e0-1f2d-4c3b-8a7e-5d4c3b2a1f0e", "=1+1"] {
        let tokens = provider.sign_in(id).await;
        let account = scrip.account(&tokens.user(id), 0, "CNY").await;

        let again = provider.ask("refresh", &json!({ "refresh_token": tokens.text("refresh_token") })).await;
        let again = Tokens(again);
        assert_ne!(again.text("access_token"), tokens.text("access_token"));
        let own = scrip.get(&again.user(id), "/v1/accounts").await.expect(200).body;
        assert_eq!(own["items"][0]["id"], account, "{id}: {own}");
        accounts.push(account);

        let id_token = User { id: id.to_owned(), token: tokens.text("id_token").to_owned() };
        scrip.get(&id_token, "/v1/accounts").await.expect_problem(401, "unauthenticated");
    }
    accounts.dedup();
    assert_eq!(accounts.len(), 4);

    let without = provider.ask("exchange-without-verifier", &json!({ "user": "mallory" })).await;
    assert_eq!(without["error"], "invalid_grant", "{without}");
}

#[tokio::test]
#[ignore = "needs Node and what tests/identity-provider names; .ci/run has both"]
async fn a_new_key_is_picked_up_and_a_removed_one_is_trusted_no_longer() {
    let (provider, scrip) = start().await;
    let before = provider.sign_in("auth0|1").await.user("auth0|1");
    scrip.get(&before, "/v1/accounts").await.expect(200);

    provider.ask("add-key", &json!({})).await;
    let after = provider.sign_in("auth0|1").await.user("auth0|1");
    // Keys are asked for at most once a minute.
    scrip.get(&after, "/v1/accounts").await.expect_problem(401, "unauthenticated");
    scrip.advance("PT1M").await;
    scrip.get(&after, "/v1/accounts").await.expect(200);
    scrip.get(&before, "/v1/accounts").await.expect(200);

    provider.ask("remove-old-keys", &json!({})).await;
    // What the authorizer has said is kept for a minute, and the keys for ten.
    scrip.advance("PT8M").await;
    scrip.get(&before, "/v1/accounts").await.expect(200);
    scrip.advance("PT1M").await;
    scrip.advance("PT1M").await;
    scrip.get(&before, "/v1/accounts").await.expect_problem(401, "unauthenticated");
    scrip.get(&after, "/v1/accounts").await.expect(200);
}
