//! `docs/openapi.json` is the API's own description as clients build on it: what it says now must be what it said at the last
//! commit, or more.

use super::baseline::baseline;
use super::compatibility::{breaks, is_breaking_version};
use super::root;
use scrip_test_support::Scrip;
use serde_json::json;
use std::fs;

const PATH: &str = "docs/openapi.json";

#[tokio::test]
async fn what_clients_build_on_stays() {
    let scrip = Scrip::embedded().await;
    let mut document = scrip.contract().await.document().clone();
    // Whoever serves it, it is served beside the API.
    document["servers"] = json!([{ "url": "/v1" }]);
    let committed = baseline(&root(), PATH).unwrap_or_else(|error| panic!("{error}"));

    let found = breaks(&committed, &document);
    let is_meant = is_breaking_version(&committed, &document);
    assert!(
        found.is_empty() || is_meant,
        "clients of {PATH} would break. Who means it raises the version in Cargo.toml and says in CHANGELOG.md what clients \
         have to do: {found:#?}"
    );
    super::check(PATH, &format!("{document:#}\n"));
}

#[test]
fn the_changelog_begins_with_the_version() {
    let changelog = fs::read_to_string(root().join("CHANGELOG.md")).unwrap();
    let heading = changelog.lines().find_map(|line| line.strip_prefix("## ")).unwrap();
    assert!(heading.starts_with(env!("CARGO_PKG_VERSION")), "{heading}");
}
