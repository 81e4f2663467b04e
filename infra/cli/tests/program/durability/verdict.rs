//! Holds what the server has against what clients know.

use super::client::{Client, Party};
use super::coupons;
use super::link::{Link, Request, Who};
use super::record::amount;
use reqwest::Method;
use scrip_test_support::Scrip;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Checks everything that was acknowledged, and that there is nothing else.
pub(super) async fn check(link: &Link, clients: &mut [Client], parties: &[Party]) {
    let life = link.life().await;
    let scrip = &life.scrip;
    let expected = expected_balances(clients, parties);
    let books = scrip.books().await;
    let balances = books.check();
    for (account, balance) in &expected {
        assert_eq!(balances.get(account), Some(balance), "{account}");
    }
    let settled =
        clients.iter().flat_map(|client| &client.record.bills).filter(|bill| bill.status == "settled");
    let shares: usize = settled.map(|bill| bill.shares().len()).sum();
    let payments: usize = clients.iter().map(|client| client.record.payments.len()).sum();
    assert_eq!(books.transfers(), payments + shares, "each transfer is on somebody's record");

    for client in clients.iter_mut() {
        check_payments(client).await;
        check_bills(client).await;
    }
    check_due(scrip, clients).await;
    coupons::check(link, clients).await;
}

fn expected_balances(clients: &[Client], parties: &[Party]) -> BTreeMap<String, i64> {
    let mut expected: BTreeMap<String, i64> = parties
        .iter()
        .flat_map(|party| [&party.account, &party.shop, &party.till])
        .map(|id| (id.clone(), 0))
        .collect();
    let mut add = |account: &str, amount: i64| {
        if let Some(balance) = expected.get_mut(account) {
            *balance += amount;
        }
    };
    for client in clients {
        for payment in &client.record.payments {
            add(payment.transfer["from"].as_str().expect("a payer"), -amount(&payment.transfer));
            add(payment.transfer["to"].as_str().expect("a payee"), amount(&payment.transfer));
        }
        for bill in client.record.bills.iter().filter(|bill| bill.status == "settled") {
            let payer = parties.iter().find(|party| party.user == bill.user).expect("a party");
            for (account, share) in bill.shares() {
                add(account, share);
                add(&payer.account, -share);
            }
        }
    }
    expected
}

/// Each transfer is read as it was answered, and its request is answered again with the same.
async fn check_payments(client: &mut Client) {
    let payments = std::mem::take(&mut client.record.payments);
    for payment in &payments {
        let id = payment.transfer["id"].as_str().expect("an id");
        let reader = match &payment.request.who {
            Who::User { id, .. } => {
                Who::User { id: id.clone(), scope: if id == "treasury" { "treasury" } else { "" } }
            }
            Who::Terminal { .. } => panic!("terminals make no payments"),
        };
        let read = get(reader, format!("/v1/transfers/{id}"));
        let mut expected = payment.transfer.clone();
        expected["reversed"]["amount"] = json!(payment.reversed);
        assert_eq!(client.send(&read).await.expect(200).body, expected);

        let again = client.send(&payment.request).await.expect(201);
        assert!(again.is_replay(), "{id} was made before");
        assert_eq!(again.body, payment.transfer);
    }
    client.record.payments = payments;
}

async fn check_bills(client: &mut Client) {
    let bills = std::mem::take(&mut client.record.bills);
    for bill in &bills {
        let read =
            client.send(&get(Who::user(&bill.user), format!("/v1/bills/{}", bill.id))).await.expect(200).body;
        assert_eq!(read["status"], bill.status, "{read}");
        assert_eq!(read["total"]["amount"], bill.total(), "{read}");
        let items = read["items"].as_array().expect("items").iter();
        let items: BTreeMap<&str, i64> =
            items.map(|item| (item["id"].as_str().expect("an id"), amount(item))).collect();
        assert_eq!(items, bill.items.iter().map(|(id, (_, amount))| (id.as_str(), *amount)).collect());
    }
    client.record.bills = bills;
}

/// Each bill that can still change waits in a slot, and no other does; nothing has been started for any.
async fn check_due(scrip: &Scrip, clients: &[Client]) {
    let answer = scrip.raw(Method::GET, "/local/due", &[], Vec::new()).await.expect(200);
    let due = answer.body["items"].as_array().expect("items").iter();
    let due: Vec<&str> = due
        .filter(|due| due["machine"] == "bill-expiry")
        .map(|due| due["item"].as_str().expect("an item"))
        .collect();
    let bills = clients.iter().flat_map(|client| &client.record.bills);
    let waiting = bills.filter(|bill| ["open", "awaiting_verification"].contains(&bill.status));
    let waiting: BTreeSet<&str> = waiting.map(|bill| bill.id.as_str()).collect();
    assert_eq!(due.len(), waiting.len());
    assert_eq!(due.into_iter().collect::<BTreeSet<_>>(), waiting);
    assert!(executions(scrip).await.is_empty());
}

/// Lets the time of all bills pass: each ends as it must.
pub(super) async fn check_ends(link: &Link, clients: &mut [Client]) {
    let life = link.life().await;
    life.scrip.advance("PT2H").await;
    // What is due in a minute is started at its end.
    life.scrip.advance("PT16M").await;
    for client in clients.iter_mut() {
        for bill in &mut client.record.bills {
            bill.status = match bill.status {
                "open" if bill.items.is_empty() => "expired",
                "open" | "awaiting_verification" => "unpaid",
                ended => ended,
            };
        }
    }
    let executions = executions(&life.scrip).await;
    // The newest one first: of several of a bill the last counts.
    let ended: BTreeMap<&str, &Value> = executions
        .iter()
        .rev()
        .map(|execution| (execution["name"].as_str().expect("a name"), &execution["output"]))
        .collect();
    for bill in clients.iter().flat_map(|client| &client.record.bills) {
        let user = life.scrip.user(&bill.user).await;
        let read = life.scrip.get(&user, &format!("/v1/bills/{}", bill.id)).await.expect(200).body;
        assert_eq!(read["status"], bill.status, "{read}");
        if ["expired", "unpaid"].contains(&bill.status) {
            assert_eq!(ended[bill.id.as_str()]["outcome"], bill.status, "{read}");
        }
    }
}

async fn executions(scrip: &Scrip) -> Vec<Value> {
    let answer =
        scrip.raw(Method::GET, "/local/executions?machine=bill-expiry", &[], Vec::new()).await.expect(200);
    answer.body["items"].as_array().expect("executions").clone()
}

fn get(who: Who, path: String) -> Request {
    Request { method: Method::GET, who, path, key: None, body: String::new() }
}
