//! A stack that was deployed before the suite began.

use crate::system::Issuer;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_types::SdkConfig;
use aws_types::region::Region;
use scrip_clock::Timestamp;
use scrip_identity::SigningKey;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::{env, fs};
use tokio::sync::{Semaphore, SemaphorePermit};

const STACK_VARIABLE: &str = "SCRIP_STACK";
const TOKEN_SECONDS: i64 = 3_600;
const MAX_USER_CHARACTERS: usize = 255;
/// The key's id in the key set that the stack was given.
const KID: &str = "suite";

/// What the deployment tells of itself.
#[derive(Debug, Deserialize)]
pub struct Stack {
    /// What the API's URLs begin with, the stage included.
    pub api: String,
    /// Where AWS's services answer, if not where they do by themselves.
    pub endpoint: Option<String>,
    pub region: String,
    pub stack: String,
    /// The `iss` and `aud` of users' tokens.
    issuer: String,
    audience: String,
    /// The file with the key that signs them.
    issuer_key: PathBuf,
    /// How many requests this process may have under way; an emulator may start a process for each.
    requests_at_once: usize,
    /// Physical ids by logical ones: a queue's URL, a machine's ARN, a table's or function's name.
    pub resources: BTreeMap<String, String>,
}

static REQUESTS: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(STACK.requests_at_once));
static STACK: LazyLock<Stack> = LazyLock::new(|| {
    let file = env::var(STACK_VARIABLE).expect("SCRIP_STACK names the file that describes the stack");
    serde_json::from_slice(&fs::read(file).expect("the stack's description")).expect("a stack's description")
});

impl Stack {
    /// The stack that this suite runs against.
    pub fn get() -> &'static Self {
        &STACK
    }

    /// The physical id of a resource.
    pub fn resource(&self, logical_id: &str) -> &str {
        self.resources.get(logical_id).unwrap_or_else(|| panic!("the stack has no {logical_id}"))
    }

    /// What the URLs of paths begin with that begin with the stage.
    pub(crate) fn base(&self) -> String {
        self.api.strip_suffix("/v1").expect("the API's stage is v1").to_owned()
    }

    /// Waits until another request may be made, for as long as what this returns is kept.
    pub(crate) async fn turn() -> SemaphorePermit<'static> {
        REQUESTS.acquire().await.expect("it is never closed")
    }

    /// The issuer of users' tokens.
    pub(crate) fn issuer(&self) -> Issuer {
        let key = fs::read_to_string(&self.issuer_key).expect("the issuer's key");
        Issuer {
            url: self.issuer.clone(),
            audience: self.audience.clone(),
            kid: KID.to_owned(),
            key: SigningKey::from_private_jwk(key.trim()).expect("a private key"),
        }
    }

    /// How AWS's services are reached, with the environment's credentials.
    pub(crate) fn aws(&self) -> SdkConfig {
        configuration(self.endpoint.clone(), self.region.clone(), self.credentials())
    }

    /// The credentials of the environment.
    pub fn credentials(&self) -> Credentials {
        let variable = |name: &str| env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
        Credentials::new(
            variable("AWS_ACCESS_KEY_ID"),
            variable("AWS_SECRET_ACCESS_KEY"),
            env::var("AWS_SESSION_TOKEN").ok(),
            None,
            "environment",
        )
    }
}

/// How the services of an emulator at this address are reached.
pub fn aws_at(endpoint: &str, region: &str) -> SdkConfig {
    let credentials = Credentials::new("any", "any", None, None, "any");
    configuration(Some(endpoint.to_owned()), region.to_owned(), credentials)
}

fn configuration(endpoint: Option<String>, region: String, credentials: Credentials) -> SdkConfig {
    let client = Builder::new().tls_provider(Provider::rustls(CryptoMode::Ring)).build_https();
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(client);
    config.set_endpoint_url(endpoint);
    config.build()
}

impl Issuer {
    pub(crate) fn token(&self, user: &str, scope: &str, now: Timestamp) -> String {
        let now = now.as_second();
        let claims = json!({
            "iss": self.url, "aud": self.audience, "sub": user, "scope": scope, "iat": now, "exp": now + TOKEN_SECONDS,
        });
        self.key.sign_jwt(&self.kid, &claims)
    }
}

/// Gives the users of one test names of their own, since all tests share the stack.
#[derive(Clone, Debug)]
pub(crate) struct Names(String);

impl Names {
    pub(crate) fn new() -> Self {
        Self(format!("-x{:08x}x", rand::random::<u32>()))
    }

    /// A name that no other test has. What can be no name stays what it is.
    pub(crate) fn own(&self, user: &str) -> String {
        let is_visible = user.bytes().all(|byte| byte.is_ascii_graphic());
        if user.is_empty() || user.len() > MAX_USER_CHARACTERS || !is_visible {
            return user.to_owned();
        }
        let kept = user.len().min(MAX_USER_CHARACTERS - self.0.len());
        format!("{}{}", &user[..kept], self.0)
    }

    /// A request in which users have their names on the stack.
    pub(crate) fn outgoing(&self, mut body: Value) -> Value {
        match &mut body {
            Value::Object(members) => {
                for (name, member) in members {
                    *member = match member.as_str() {
                        Some(user) if name == "user" => Value::from(self.own(user)),
                        _ => self.outgoing(member.take()),
                    };
                }
            }
            Value::Array(elements) => {
                for element in elements {
                    *element = self.outgoing(element.take());
                }
            }
            _ => {}
        }
        body
    }

    /// An answer in which users have their names in the test.
    pub(crate) fn incoming(&self, text: &str) -> String {
        text.replace(&self.0, "")
    }
}
