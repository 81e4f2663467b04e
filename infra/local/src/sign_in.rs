//! The development issuer's sign-in, as the service page asks for it: the authorization code flow of a public client
//! (RFC 6749 section 4.1) with PKCE (RFC 7636). Whoever asks is whom they say.

use crate::issuer::{Issuer, TOKEN_LIFETIME};
use data_encoding::BASE64URL_NOPAD;
use rand::Rng;
use scrip_clock::{Clock, SignedDuration, Timestamp};
use scrip_fields::MAX_USER_CHARACTERS;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

/// Where users sign in.
pub(crate) const PATH: &str = "/local/sign-in";
/// Where a code is exchanged for a token.
pub(crate) const TOKEN_PATH: &str = "/local/sign-in/token";
/// The one client.
pub(crate) const CLIENT: &str = "service-page";
const CODE_LIFETIME: SignedDuration = SignedDuration::from_mins(1);
const CODE_BYTES: usize = 32;
/// How many codes wait to be exchanged at most.
const CODES_MAX: usize = 1_000;
const METHOD: &str = "S256";

/// Signs users in.
pub(crate) struct SignIn {
    issuer: Arc<Issuer>,
    clock: Clock,
    codes: Mutex<HashMap<String, Grant>>,
}

/// What a code stands for.
struct Grant {
    user: String,
    scope: String,
    redirect_uri: String,
    challenge: String,
    until: Timestamp,
}

/// What a page asks for, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    redirect_uri: String,
    scope: String,
    state: String,
    challenge: String,
}

/// The members of a query or form.
pub(crate) type Parameters = BTreeMap<String, String>;

impl Asked {
    /// Reads an authorization request, or says what is wrong with it.
    pub(crate) fn read(parameters: &Parameters) -> Result<Self, &'static str> {
        let text = |name: &str| parameters.get(name).map(String::as_str).unwrap_or_default();
        if text("response_type") != "code" || text("client_id") != CLIENT {
            return Err("response_type must be code, and client_id service-page.");
        }
        // A code must not be sent to another machine.
        let redirect_uri = text("redirect_uri");
        let is_here = ["http://127.0.0.1:", "http://localhost:"].iter().any(|start| {
            let port = redirect_uri.strip_prefix(start).and_then(|rest| rest.split('/').next());
            port.is_some_and(|port| port.parse::<u16>().is_ok())
        });
        if !is_here || redirect_uri.contains(['?', '#', '\r', '\n']) {
            return Err("redirect_uri must be a page of this machine.");
        }
        if text("code_challenge_method") != METHOD || text("code_challenge").is_empty() {
            return Err("code_challenge must be there, with code_challenge_method=S256.");
        }
        Ok(Self {
            redirect_uri: redirect_uri.to_owned(),
            scope: text("scope").to_owned(),
            state: text("state").to_owned(),
            challenge: text("code_challenge").to_owned(),
        })
    }

    /// The form that asks who signs in. It is sent to the address that it came from.
    pub(crate) fn form(wrong: Option<&str>) -> String {
        let wrong =
            wrong.map(|wrong| format!("<p role=\"alert\">{}</p>", escaped(wrong))).unwrap_or_default();
        format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <link rel=\"icon\" href=\"data:,\"><title>Sign in</title><style>{STYLE}</style>\
             <main><h1>Sign in</h1><p>The development issuer: whoever you say you are, you are.</p>{wrong}\
             <form method=\"post\"><label>User <input name=\"user\" required autofocus autocomplete=\"username\" \
             autocapitalize=\"none\" maxlength=\"{MAX_USER_CHARACTERS}\"></label><button>Sign in</button></form></main></html>"
        )
    }

    fn answered(&self, code: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("code", code).append_pair("state", &self.state);
        format!("{}?{}", self.redirect_uri, query.finish())
    }
}

impl SignIn {
    pub(crate) fn new(issuer: Arc<Issuer>, clock: Clock) -> Self {
        Self { issuer, clock, codes: Mutex::default() }
    }

    /// Signs a user in: where the browser goes on, or what is wrong with the user's name.
    pub(crate) fn sign_in(&self, asked: &Asked, form: &Parameters) -> Result<String, String> {
        let user = form.get("user").map(|user| user.trim()).unwrap_or_default();
        self.issuer
            .token(user, Some(&asked.scope))
            .map_err(|(_, detail)| format!("A user's name has {detail}."))?;
        let code = BASE64URL_NOPAD.encode(&rand::rng().random::<[u8; CODE_BYTES]>());
        let grant = Grant {
            user: user.to_owned(),
            scope: asked.scope.clone(),
            redirect_uri: asked.redirect_uri.clone(),
            challenge: asked.challenge.clone(),
            until: self.clock.now() + CODE_LIFETIME,
        };
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        codes.retain(|_, grant| grant.until > now);
        if codes.len() < CODES_MAX {
            codes.insert(code.clone(), grant);
        }
        Ok(asked.answered(&code))
    }

    /// Exchanges a code for a token, once: the answer, or the error (RFC 6749 section 5.2).
    pub(crate) fn token(&self, form: &Parameters) -> Result<Value, &'static str> {
        let text = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        if text("grant_type") != "authorization_code" {
            return Err("unsupported_grant_type");
        }
        if text("client_id") != CLIENT {
            return Err("invalid_client");
        }
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        let grant = codes.remove(text("code")).ok_or("invalid_grant")?;
        let challenge = BASE64URL_NOPAD.encode(&Sha256::digest(text("code_verifier")));
        let is_right = grant.redirect_uri == text("redirect_uri") && grant.challenge == challenge;
        if !is_right || grant.until <= self.clock.now() {
            return Err("invalid_grant");
        }
        let token = self.issuer.token(&grant.user, Some(&grant.scope)).map_err(|_| "invalid_scope")?;
        Ok(json!({
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": TOKEN_LIFETIME.as_secs(),
            "scope": grant.scope,
        }))
    }
}

const STYLE: &str = "body{font:1.125rem/1.5 system-ui;margin:0;display:grid;place-items:center;min-height:100vh;\
    background:Canvas;color:CanvasText;color-scheme:light dark}main{max-width:22rem;padding:1.5rem}\
    input,button{font:inherit;display:block;width:100%;box-sizing:border-box;padding:.75rem;margin:.5rem 0}";

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use scrip_identity::{Algorithm, SigningKey};

    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    /// The challenge of that verifier (RFC 7636, appendix B).
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    const PAGE: &str = "http://127.0.0.1:9400/v1/service-page/index.html";

    fn form(pairs: &[(&str, &str)]) -> Parameters {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn request() -> Parameters {
        form(&[
            ("response_type", "code"),
            ("client_id", CLIENT),
            ("redirect_uri", PAGE),
            ("scope", "openid"),
            ("state", "a&b"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", METHOD),
        ])
    }

    fn with(mut parameters: Parameters, name: &str, value: &str) -> Parameters {
        parameters.insert(name.to_owned(), value.to_owned());
        parameters
    }

    fn issuer(clock: &Clock) -> SignIn {
        let key = SigningKey::generate(Algorithm::EdDsa);
        let issuer = Issuer::new(key, "http://127.0.0.1:1".into(), "scrip".into(), clock.clone());
        SignIn::new(Arc::new(issuer), clock.clone())
    }

    fn exchange(code: &str) -> Parameters {
        form(&[
            ("grant_type", "authorization_code"),
            ("client_id", CLIENT),
            ("redirect_uri", PAGE),
            ("code", code),
            ("code_verifier", VERIFIER),
        ])
    }

    fn signed_in(sign_in: &SignIn) -> String {
        let to = sign_in.sign_in(&Asked::read(&request()).unwrap(), &form(&[("user", " olga ")])).unwrap();
        let query = to.strip_prefix(PAGE).unwrap().strip_prefix('?').unwrap();
        let answered: Parameters = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        assert_eq!(answered["state"], "a&b");
        answered["code"].clone()
    }

    #[test]
    fn a_code_is_exchanged_once_by_who_knows_the_verifier() {
        let sign_in = issuer(&Clock::standing());
        let code = signed_in(&sign_in);
        let answer = sign_in.token(&exchange(&code)).unwrap();
        assert_eq!(
            (answer["token_type"].as_str(), answer["expires_in"].as_i64()),
            (Some("Bearer"), Some(3_600))
        );
        assert_eq!(sign_in.token(&exchange(&code)), Err("invalid_grant"));
    }

    #[test]
    fn a_code_counts_for_nothing_else() {
        let sign_in = issuer(&Clock::standing());
        for (name, value, error) in [
            ("code_verifier", "another", "invalid_grant"),
            ("redirect_uri", "http://127.0.0.1:9400/other", "invalid_grant"),
            ("client_id", "another", "invalid_client"),
            ("grant_type", "password", "unsupported_grant_type"),
        ] {
            let code = signed_in(&sign_in);
            assert_eq!(sign_in.token(&with(exchange(&code), name, value)), Err(error), "{name}");
        }
        assert_eq!(sign_in.token(&exchange("")), Err("invalid_grant"));
    }

    #[test]
    fn a_code_counts_for_a_minute() {
        let clock = Clock::standing();
        let sign_in = issuer(&clock);
        let code = signed_in(&sign_in);
        clock.advance(CODE_LIFETIME);
        assert_eq!(sign_in.token(&exchange(&code)), Err("invalid_grant"));
    }

    #[test]
    fn a_code_is_sent_to_no_other_machine() {
        for elsewhere in [
            "https://evil.example/",
            "http://127.0.0.1:9400@evil.example/",
            "http://127.0.0.1.evil.example/",
            "http://localhost:x/",
            "http://localhost:1/?x",
            "",
        ] {
            assert!(Asked::read(&with(request(), "redirect_uri", elsewhere)).is_err(), "{elsewhere}");
        }
        for (name, value) in [
            ("response_type", "token"),
            ("client_id", "x"),
            ("code_challenge", ""),
            ("code_challenge_method", "plain"),
        ] {
            assert!(Asked::read(&with(request(), name, value)).is_err(), "{name}");
        }
    }

    #[test]
    fn a_name_that_no_user_has_is_asked_for_again() {
        let sign_in = issuer(&Clock::standing());
        let asked = Asked::read(&request()).unwrap();
        let wrong = sign_in.sign_in(&asked, &form(&[("user", "a <b>")])).unwrap_err();
        assert!(Asked::form(Some(&wrong)).contains("role=\"alert\""));
        assert!(!Asked::form(Some("<b>")).contains("<b>"));
    }
}
