use reqwest::Method;
use scrip_test_support::{Answer, Scrip};
use serde_json::Value;
use std::collections::BTreeSet;

async fn get(scrip: &Scrip, file: &str) -> Answer {
    scrip.raw(Method::GET, &format!("/v1/service-page/{file}"), &[], Vec::new()).await
}

/// The files that the page names, each beside it.
fn named(page: &str) -> Vec<&str> {
    let attributes = ["src=\"", "href=\""].into_iter().flat_map(|start| page.split(start).skip(1));
    attributes.filter_map(|rest| rest.split('"').next()?.strip_prefix("./")).collect()
}

#[tokio::test]
async fn the_page_and_all_that_it_names_is_served_to_everybody() {
    let scrip = Scrip::start().await;
    let page = get(&scrip, "index.html").await.expect(200);
    assert!(page.headers["content-type"].starts_with("text/html"));
    assert_eq!(page.headers["cache-control"], "no-cache");
    let page = page.body.as_str().unwrap_or_default().to_owned();
    let files = named(&page);
    let endings: BTreeSet<_> =
        files.iter().filter_map(|file| file.rsplit_once('.')).map(|(_, end)| end).collect();
    assert!(endings.is_superset(&["css", "js"].into()), "{page}");
    for file in files {
        let found = get(&scrip, file).await.expect(200);
        let expected = match file.rsplit_once('.').unwrap_or_default().1 {
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "svg" => "image/svg+xml",
            _ => "application/manifest+json",
        };
        assert_eq!(found.headers["content-type"], expected, "{file}");
    }
}

#[tokio::test]
async fn the_page_runs_nothing_but_its_own_files() {
    let scrip = Scrip::start().await;
    let page = get(&scrip, "index.html").await.expect(200);
    let policy = &page.headers["content-security-policy"];
    for rule in ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"] {
        assert!(policy.split("; ").any(|found| found == rule), "{rule}: {policy}");
    }
    assert_eq!(page.headers["x-content-type-options"], "nosniff");
    assert!(page.headers["permissions-policy"].contains("camera=(self)"));
}

#[tokio::test]
async fn the_page_is_told_where_operators_sign_in() {
    let scrip = Scrip::start().await;
    let told = get(&scrip, "config.json").await.expect(200);
    let sign_in = &told.body["sign_in"];
    if scrip.is_deployed() {
        assert_eq!(sign_in, &Value::Null, "the stack that is tested names no issuer for it");
        return;
    }
    assert_eq!(sign_in["token_url"], "/local/sign-in/token");
    assert_eq!(sign_in["scope"], "openid");
}

#[tokio::test]
async fn no_file_beside_the_page_is_served() {
    let scrip = Scrip::start().await;
    for file in ["index", "package.json", "..%2fpackage.json", "INDEX.HTML"] {
        get(&scrip, file).await.refused("get-service-page", 404, "not-found");
    }
}
