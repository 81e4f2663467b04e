//! What each operation may use of the store. The figures are asserted, and written into `docs/costs.md`.

mod authorizations;
mod confirmations;
mod coupons;
mod coupons_verified;
mod deductions;
mod follow_ups;
mod groups;
mod keys;
mod pos;

use crate::docs;
use scrip_clock::SignedDuration;
use scrip_sam::{Application, FunctionSpec};
use scrip_store::Access;
use scrip_test_support::{Invocation, Scrip, User};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Every operation once, on the way that takes most: a bill of one merchant, a reversal by a merchant.
async fn every_operation(scrip: &Scrip) {
    let alice = scrip.user("alice").await;
    alice.set_pin(scrip, "493817").await;
    let account = scrip.account(&alice, 100_000, "CNY").await;
    let bob = scrip.user("bob").await;
    let other = scrip.account(&bob, 0, "CNY").await;
    let shop = scrip.shop("carol", "CNY").await;
    let terminal = shop.terminal(scrip).await;

    let money = json!({ "amount": 500, "currency": "CNY" });
    let order = json!({ "from": account, "to": other, "amount": money });
    let sent = scrip.post(&alice, "/v1/transfers", &order).await.expect(201).text("id");
    scrip.get(&bob, &format!("/v1/transfers/{sent}")).await.expect(200);
    scrip.get(&alice, &format!("/v1/accounts/{account}/entries")).await.expect(200);
    scrip.get(&alice, &format!("/v1/accounts/{account}")).await.expect(200);
    scrip.get(&alice, "/v1/accounts").await.expect(200);
    scrip.get(&shop.owner, &format!("/v1/accounts/{}/entries", shop.account)).await.expect(200);
    scrip.get(&shop.owner, &format!("/v1/notifications?merchant={}", shop.id)).await.expect(200);
    let grown = scrip.shop("walter", "CNY").await;
    let shards = format!("/v1/accounts/{}/shards", grown.account);
    let treasury = scrip.treasury().await;
    scrip.change(reqwest::Method::PUT, &treasury, &shards, &json!({ "shards": 64 })).await.expect(200);
    let operator = json!({ "user": "dave", "stores": ["s1"] });
    scrip.post(&shop.owner, &format!("/v1/merchants/{}/operators", shop.id), &operator).await.expect(201);
    let key = scrip_identity::SigningKey::generate(scrip_identity::Algorithm::EdDsa);
    let public_key: serde_json::Value = serde_json::from_str(&key.public_jwk().canonical_json()).unwrap();
    scrip
        .post(&alice, "/v1/me/devices", &json!({ "name": "Phone", "public_key": public_key }))
        .await
        .expect(201);

    let bill =
        alice.open_bill(scrip, &account, json!({ "ceiling": { "amount": 9_000, "currency": "CNY" } })).await;
    let amendment = json!({ "version": 1, "extend_by": "PT1H" });
    scrip.change(reqwest::Method::PATCH, &alice, &bill.path(""), &amendment).await.expect(200);
    let added = bill.add(scrip, &terminal, 1, 700).await.expect(201);
    let item = added.body["items"][0]["id"].as_str().unwrap().to_owned();
    let path = bill.path(&format!("/items/{item}"));
    scrip.change(reqwest::Method::DELETE, &terminal, &path, &serde_json::Value::Null).await.expect(204);
    scrip.advance("PT30S").await;
    bill.add(scrip, &terminal, 2, 1_250).await.expect(201);
    bill.read(scrip, &alice).await;
    scrip.get(&alice, "/v1/bills").await.expect(200);
    let request = bill.ask(scrip, &alice).await.expect(201).text("id");
    let settled = bill.verify(scrip, &alice, &request, "493817").await.expect(200);
    let paid = settled.body["transfers"][0]["id"].as_str().unwrap().to_owned();
    scrip.post(&shop.owner, &format!("/v1/transfers/{paid}/reversals"), &json!({})).await.expect(201);

    authorizations::every_operation(scrip).await;
    pos::every_operation(scrip).await;
    deductions::every_operation(scrip).await;
    coupons::every_operation(scrip).await;
    coupons_verified::every_operation(scrip).await;
    confirmations::every_operation(scrip).await;
    groups::every_operation(scrip).await;
    let alice = scrip.user("alice").await;
    let empty = alice.open_bill(scrip, &account, json!({})).await;
    scrip.post(&alice, &empty.path("/cancellations"), &json!({})).await.expect(200);
    scrip.advance("PT30S").await;
    let unpaid = alice.open_bill(scrip, &account, json!({})).await;
    unpaid.add(scrip, &terminal, 1, 100).await.expect(201);
    retry_start(scrip).await;
    scrip.advance("PT4H").await;
    let alice = scrip.user("alice").await;
    scrip.get(&alice, "/v1/notifications").await.expect(200);
    assert_eq!(unpaid.status(scrip, &alice).await, "unpaid");
}

/// Has a workflow tried again that ends at once, since nothing of this id exists.
async fn retry_start(scrip: &Scrip) {
    let queues = &scrip.running().application().queues;
    let queue = queues.iter().find(|queue| queue.logical_id == "WorkflowRetries").unwrap();
    let input = json!({ "redemption": "vfy_none" });
    let start = json!({ "machine": "coupon-reward", "name": "vfy_none", "input": input });
    let client = aws_sdk_sqs::Client::new(scrip.running().aws());
    client.send_message().queue_url(&queue.url).message_body(start.to_string()).send().await.unwrap();
}

/// What an operation's file says that it may take at most.
fn is_within_budget(one: &Invocation) -> bool {
    let budget = scrip_catalog::operation(&one.operation).expect("an operation of the catalog").budget;
    one.round_trips <= budget.round_trips && one.write_half_units <= budget.write_units * 2
}

#[tokio::test]
async fn every_operation_stays_within_its_budget() {
    let scrip = Scrip::start().await;
    every_operation(&scrip).await;

    let mut dearest: BTreeMap<String, Invocation> = BTreeMap::new();
    for one in scrip.log().invocations().into_iter().filter(|one| one.outcome == "ok") {
        let seen = dearest.entry(one.operation.clone()).or_insert_with(|| one.clone());
        seen.round_trips = seen.round_trips.max(one.round_trips);
        seen.read_half_units = seen.read_half_units.max(one.read_half_units);
        seen.write_half_units = seen.write_half_units.max(one.write_half_units);
        seen.index_write_half_units = seen.index_write_half_units.max(one.index_write_half_units);
    }
    let application = scrip.running().application();
    for function in &application.functions {
        assert!(dearest.contains_key(&function.name), "{} was not invoked", function.name);
    }
    let over: Vec<_> = dearest.values().filter(|one| !is_within_budget(one)).collect();
    assert!(over.is_empty(), "over budget: {over:#?}");
    let is_route = |name: &str| application.routes.iter().any(|route| route.function == name);
    let invocations: Vec<_> = dearest.into_values().collect();
    let (follow_ups, tick_half_units) = follow_ups::measured().await;
    docs::check_costs(&invocations, (&follow_ups, tick_half_units), is_route);
}

/// What the template's policy of a function allows on tables, as `action table` or `action table index`.
fn allowed(application: &Application, function: &FunctionSpec) -> BTreeSet<String> {
    let mut allowed = BTreeSet::new();
    for permission in &function.permissions {
        for action in permission.actions.iter().filter_map(|action| action.strip_prefix("dynamodb:")) {
            for resource in &permission.resources {
                allowed.extend(subject(application, resource).map(|subject| format!("{action} {subject}")));
            }
        }
    }
    allowed
}

fn subject(application: &Application, resource: &str) -> Option<String> {
    let table = application.tables.iter().find(|table| resource.starts_with(&table.arn))?;
    let index = resource.strip_prefix(&table.arn)?.strip_prefix("/index/");
    Some(index.map_or_else(|| table.name.clone(), |index| format!("{} {index}", table.name)))
}

/// Queries of an index are allowed on the index alone.
fn used(accesses: &BTreeSet<Access>) -> BTreeSet<String> {
    accesses
        .iter()
        .map(|Access { action, table, index }| match index {
            Some(index) => format!("{action} {table} {index}"),
            None => format!("{action} {table}"),
        })
        .collect()
}

/// A bill and an authorization that are due for longer than it takes to start them: they are put off before that.
async fn start_late(scrip: &Scrip, user: &User, account: &str) {
    user.open_bill(scrip, account, json!({ "effective_for": "PT1M" })).await;
    let briefly = json!({ "valid_for": "PT1M" });
    user.authorize_static(scrip, account, "502918", "270519384606", briefly).await.expect(201);
    scrip.settle().await;
    lay_late(scrip, "CouponsTable", ["vfy_", "coupon-reward", "unfinished"]).await;
    lay_late(scrip, "GroupsTable", ["preq_", "payment-request", "expiry"]).await;
    scrip.running().clock().advance(SignedDuration::from_mins(3));
    scrip.advance("PT1S").await;
}

/// What lies in a slot of this kind as if it had not been done.
async fn lay_late(scrip: &Scrip, table: &str, [prefix, kind, moment]: [&str; 3]) {
    use aws_sdk_dynamodb::types::AttributeValue;
    let id = scrip_store::derive_id(prefix, &["late"]);
    let due = format!("{:013}#{moment}#{id}", scrip.now().await.as_millisecond());
    let mut write = aws_sdk_dynamodb::Client::new(&scrip.aws()).put_item();
    write = write.table_name(scrip.table(table).await);
    let (pk, slot) = (format!("LATE#{id}"), format!("{kind}#0"));
    for (name, text) in [("pk", pk.as_str()), ("sk", "LATE"), ("slot", slot.as_str()), ("due", due.as_str())]
    {
        write = write.item(name, AttributeValue::S(text.to_owned()));
    }
    write.send().await.expect("it is stored");
}

#[tokio::test]
async fn each_policy_allows_what_its_operation_does_and_no_more() {
    let scrip = Scrip::start().await;
    every_operation(&scrip).await;
    every_other_way(&scrip).await;

    let accesses = scrip.log().accesses();
    let application = scrip.running().application();
    let mut wrong = Vec::new();
    for function in &application.functions {
        let (allowed, used) = (allowed(application, function), used(&accesses[&function.name]));
        wrong
            .extend(used.difference(&allowed).map(|missing| format!("{}: missing {missing}", function.name)));
        wrong.extend(allowed.difference(&used).map(|unused| format!("{}: unused {unused}", function.name)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Ways through operations that do something to a table that the usual way does not.
async fn every_other_way(scrip: &Scrip) {
    let erin = scrip.user("erin").await;
    erin.set_pin(scrip, "493817").await;
    let wrong = json!({ "pin": "502918", "current_pin": "493818" });
    scrip.change(reqwest::Method::PUT, &erin, "/v1/me/pin", &wrong).await.expect_problem(422, "pin-refused");
    let pin = json!({ "pin": "502918", "current_pin": "493817" });
    scrip.change(reqwest::Method::PUT, &erin, "/v1/me/pin", &pin).await.expect(204);
    let account = scrip.account(&erin, 100_000, "CNY").await;
    let shop = scrip.shop("frank", "CNY").await;
    let money = json!({ "amount": 500, "currency": "CNY" });
    let pay = json!({ "from": account, "to": shop.account, "amount": money });
    scrip.post(&erin, "/v1/transfers", &pay).await.expect(201);
    let pay_out = json!({ "from": shop.account, "to": account, "amount": money });
    let paid_out = scrip.post(&shop.owner, "/v1/transfers", &pay_out).await.expect(201).text("id");
    scrip.get(&shop.owner, &format!("/v1/transfers/{paid_out}")).await.expect(200);
    scrip.get(&shop.owner, &format!("/v1/accounts/{}/entries", shop.account)).await.expect(200);
    scrip.get(&shop.owner, &format!("/v1/accounts/{}", shop.account)).await.expect(200);
    scrip.get(&shop.owner, &format!("/v1/notifications?merchant={}", shop.id)).await.expect(200);
    let terminal = shop.terminal(scrip).await;
    let bill = erin.open_bill(scrip, &account, json!({})).await;
    bill.add(scrip, &terminal, 1, 100).await.expect(201);
    let request = bill.ask(scrip, &erin).await.expect(201).text("id");
    bill.verify(scrip, &erin, &request, "111222").await.expect_problem(422, "verification-failed");
    start_late(scrip, &erin, &account).await;
    authorizations::every_other_way(scrip).await;
    pos::every_other_way(scrip).await;
    deductions::every_other_way(scrip).await;
    coupons::every_other_way(scrip).await;
    coupons_verified::every_other_way(scrip).await;
    confirmations::every_other_way(scrip).await;
    groups::every_other_way(scrip).await;
    scrip.advance("PT3H").await;
}
