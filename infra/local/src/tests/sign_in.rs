use super::bench::{Probe, start};
use reqwest::Client;
use reqwest::redirect::Policy;
use serde_json::Value;
use std::collections::BTreeMap;

/// The verifier and the challenge of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn form(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_this_machine_signs_somebody_in() {
    let running = start(Probe::new(), None).await;
    let base = running.base_url();
    let page = format!("{base}/page.html");
    let http = Client::builder().redirect(Policy::none()).build().unwrap();
    let query = form(&[
        ("response_type", "code"),
        ("client_id", "service-page"),
        ("redirect_uri", &page),
        ("state", "s 1"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]);
    let url = format!("{base}/local/sign-in?{query}");

    let asked = http.get(&url).send().await.unwrap();
    assert_eq!(
        (asked.status().as_u16(), asked.headers()["cache-control"].to_str().unwrap()),
        (200, "no-store")
    );
    assert!(asked.text().await.unwrap().contains("name=\"user\""));
    let nobody = http.post(&url).body(form(&[("user", "a b")])).send().await.unwrap();
    assert_eq!(nobody.status(), 400);
    assert!(nobody.text().await.unwrap().contains("role=\"alert\""));

    let sent = http.post(&url).body(form(&[("user", "olga")])).send().await.unwrap();
    assert_eq!(sent.status(), 303);
    let location = sent.headers()["location"].to_str().unwrap();
    let query = location.strip_prefix(&page).and_then(|rest| rest.strip_prefix('?')).unwrap();
    let brought: BTreeMap<String, String> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    assert_eq!(brought["state"], "s 1");
    let exchange = form(&[
        ("grant_type", "authorization_code"),
        ("client_id", "service-page"),
        ("redirect_uri", &page),
        ("code", &brought["code"]),
        ("code_verifier", VERIFIER),
    ]);
    let post = async || {
        let answer =
            http.post(format!("{base}/local/sign-in/token")).body(exchange.clone()).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    let (status, granted) = post().await;
    assert_eq!((status, &granted["token_type"]), (200, &Value::from("Bearer")));
    assert_eq!(post().await, (400, serde_json::json!({ "error": "invalid_grant" })));
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_leads_to_no_other_machine() {
    let running = start(Probe::new(), None).await;
    let base = running.base_url();
    let http = Client::builder().redirect(Policy::none()).build().unwrap();
    let query = form(&[
        ("response_type", "code"),
        ("client_id", "service-page"),
        ("redirect_uri", "https://evil.example/"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]);
    let answer = http.post(format!("{base}/local/sign-in?{query}")).body(form(&[("user", "olga")])).send();
    let answer = answer.await.unwrap();
    assert_eq!(answer.status(), 400);
    assert!(!answer.headers().contains_key("location"));
    for (method, path, allowed) in
        [("PUT", "/local/sign-in", "GET, POST"), ("GET", "/local/sign-in/token", "POST")]
    {
        let (status, headers, _) = running.request(method, path, None, "").await;
        assert_eq!((status, headers["allow"].to_str().unwrap()), (405, allowed), "{method} {path}");
    }
    running.shutdown().await;
}
