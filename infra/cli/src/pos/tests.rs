use super::*;
use crate::till::Till;
use clap::Parser;
use serde_json::json;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    pos: PosCommand,
}

const PAYER: [&str; 4] = ["--user", "alice", "--code", "12345678"];

fn parse(arguments: &[&str]) -> Result<PosCommand, clap::Error> {
    Ok(Line::try_parse_from([&["pos"], arguments].concat())?.pos)
}

fn folder_with_state() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pos.json");
    state_file::write(&path, &State { till: Till::sample(), pos: Pos::default() }).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

#[tokio::test]
async fn sales_are_stored_without_a_network_and_numbered() {
    let (_folder, path) = folder_with_state();
    for _ in 0..2 {
        let stored = parse(&[&["store", "--state", &path, "--amount", "1250"], &PAYER[..]].concat());
        stored.unwrap().run().await.unwrap();
    }
    let mut state: State = kept(path.as_ref(), "pos").unwrap();
    assert_eq!(state.pos.stored_count(), 2);
    state.pos.pack(Clock::system().now()).unwrap();
    assert_eq!(json!(state.pos.batches())[0]["order_references"], json!(["order-1", "order-2"]));
}

#[tokio::test]
async fn what_is_wrong_is_told_and_nothing_is_stored() {
    let (_folder, path) = folder_with_state();
    let before = std::fs::read(&path).unwrap();
    let scanned = ["--presentation", "123456789012345678"];
    for (arguments, told) in [
        ([&["store", "--state", &path, "--amount", "0"], &PAYER[..]].concat(), "--amount is not positive"),
        ([&["store", "--state", &path, "--amount", "1"], &scanned[..]].concat(), "--presentation: expected"),
        (vec!["upload", "--state", &path, "--port", "1"], "no sale is stored"),
        (vec!["query", "--state", "/no/pos.json", "--order", "a"], "`scrip pos register` makes it"),
    ] {
        let error = parse(&arguments).unwrap().run().await.unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert!(parse(&["store", "--state", &path, "--amount", "1"]).is_err(), "somebody pays");
    assert!(parse(&["query", "--state", &path, "--order", "pos_1"]).is_err(), "an id is no reference");
}

#[tokio::test]
async fn a_sale_that_never_left_is_not_open() {
    let (_folder, path) = folder_with_state();
    // Nothing ever listens on port 1 of this machine.
    let sell = [&["sell", "--state", &path, "--amount", "1250", "--port", "1"], &PAYER[..]].concat();
    let error = parse(&sell).unwrap().run().await.unwrap_err().to_string();
    assert!(error.starts_with("order-1: the server can't be reached, nothing happened"), "{error}");
    let state: State = kept(path.as_ref(), "pos").unwrap();
    assert!(state.pos.open().is_empty());
}

#[test]
fn a_line_says_what_became_of_an_order() {
    let told = |transaction| line(&"o-1".parse().unwrap(), &serde_json::from_value(transaction).unwrap());
    let amount = json!({ "amount": 1_250, "currency": "CNY" });
    let approved = json!({ "id": "pos_1", "status": "approved", "decision": "approved", "amount": amount,
        "settles_at": "2026-11-23T12:30:00Z" });
    assert_eq!(told(approved), "o-1 approved pos_1 12.50 CNY, settles at 2026-11-23T12:30:00Z");
    let declined = json!({ "id": "pos_1", "decision": "declined", "reason": "code-not-accepted" });
    assert_eq!(told(declined), "o-1 declined pos_1: code-not-accepted");
    let settled = json!({ "id": "pos_1", "status": "settled", "amount": amount,
        "settles_at": "2026-11-23T12:30:00Z" });
    assert_eq!(told(settled), "o-1 settled pos_1 12.50 CNY");
}
