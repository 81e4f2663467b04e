//! What each operation may use of the store. The figures are asserted, and written into `docs/costs.md`.

mod authorizations;
mod confirmations;
mod coupons;
mod coupons_verified;
mod deductions;
mod pos;

use crate::docs;
use scrip_sam::{Application, FunctionSpec};
use scrip_store::Access;
use scrip_test_support::{Invocation, Scrip};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Round trips and write units of tables that an operation may take at most.
const BUDGETS: &[(&str, u64, u64)] = &[
    ("add-items", 2, 4),
    ("amend-bill", 2, 1),
    ("authorize", 1, 0),
    ("authorize-offline", 2, 10),
    ("calculate-deduction", 1, 0),
    ("cancel-bill", 2, 1),
    ("check-coupons", 2, 0),
    ("compensate-pos-transaction", 2, 14),
    ("confirm-coupons", 2, 1),
    ("create-campaign", 3, 42),
    ("create-merchant", 1, 34),
    ("create-pos-batch", 1, 1),
    ("create-pos-transaction", 2, 12),
    ("create-webhook-key", 3, 2),
    ("deposit", 1, 6),
    ("erase-authorization-secret", 3, 4),
    ("expire-authorization", 3, 6),
    ("expire-bill", 2, 6),
    ("export-verifications", 3, 0),
    ("find-pos-transactions", 1, 0),
    ("get-account", 1, 0),
    ("get-authorization", 2, 0),
    ("get-bill", 1, 0),
    ("get-campaign", 1, 0),
    ("get-confirmation", 1, 0),
    ("get-coupon", 2, 0),
    ("get-coupon-code", 2, 0),
    ("get-deduction-receipt", 3, 0),
    ("get-deduction-rule", 1, 0),
    ("get-pos-batch", 1, 0),
    ("get-pos-transaction", 1, 0),
    ("get-service-page", 0, 0),
    ("get-transfer", 2, 0),
    ("grant-deduction-balance", 3, 8),
    ("lapse-bill", 2, 6),
    ("list-accounts", 2, 0),
    ("list-authorizations", 2, 0),
    ("list-bills", 2, 0),
    ("list-campaign-coupons", 20, 0),
    ("list-campaigns", 2, 0),
    ("list-contacts", 1, 0),
    ("list-coupons", 2, 0),
    ("list-deduction-balances", 3, 0),
    ("list-deduction-items", 2, 0),
    ("list-entries", 3, 0),
    ("list-notifications", 1, 0),
    ("list-own-stores", 1, 0),
    ("list-pool-coupons", 3, 0),
    ("list-signing-keys", 0, 0),
    ("list-verifications", 3, 0),
    ("list-webhook-keys", 2, 0),
    ("name-operator", 3, 6),
    ("notify-redemption", 2, 8),
    ("open-account", 1, 1),
    ("open-bill", 2, 1),
    ("put-contact", 2, 8),
    ("put-deduction-item", 3, 6),
    ("redeem-confirmation", 3, 10),
    ("register-device", 1, 4),
    ("register-merchant-device", 2, 1),
    ("release-coupon", 2, 2),
    ("remove-contact", 2, 6),
    ("remove-item", 2, 4),
    ("remove-webhook-key", 2, 1),
    ("request-verification", 2, 4),
    ("reserve-coupon", 2, 6),
    ("retry-workflows", 0, 0),
    ("reverse-confirmation", 4, 22),
    ("reverse-pos-transaction", 2, 10),
    ("reverse-transfer", 4, 8),
    ("reverse-verification", 4, 22),
    ("revoke-authorization", 3, 8),
    ("reward-redemption", 4, 14),
    ("set-pin", 2, 1),
    ("settle-pos-transaction", 2, 12),
    ("share-coupon", 2, 4),
    ("start-workflows", 0, 0),
    ("take-coupon", 2, 8),
    ("transfer", 1, 6),
    ("transfer-deduction", 2, 14),
    ("verify-bill", 2, 10),
    ("verify-coupon", 2, 8),
    ("withdraw-coupon", 2, 2),
    ("work-confirmation", 1, 1),
    ("work-pos-batch", 4, 11),
];

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
    let alice = scrip.user("alice").await;
    let empty = alice.open_bill(scrip, &account, json!({})).await;
    scrip.post(&alice, &empty.path("/cancellations"), &json!({})).await.expect(200);
    scrip.advance("PT30S").await;
    let unpaid = alice.open_bill(scrip, &account, json!({})).await;
    unpaid.add(scrip, &terminal, 1, 100).await.expect(201);
    retry_start(scrip, &unpaid.id).await;
    scrip.advance("PT4H").await;
    let alice = scrip.user("alice").await;
    scrip.get(&alice, "/v1/notifications").await.expect(200);
    assert_eq!(unpaid.status(scrip, &alice).await, "unpaid");
}

/// Has the start of a bill's expiry tried again, though it has been started.
async fn retry_start(scrip: &Scrip, bill: &str) {
    let queues = &scrip.running().application().queues;
    let queue = queues.iter().find(|queue| queue.logical_id == "WorkflowRetries").unwrap();
    let start = json!({ "machine": "bill-expiry", "name": bill, "input": { "bill": bill } });
    let client = aws_sdk_sqs::Client::new(scrip.running().aws());
    client.send_message().queue_url(&queue.url).message_body(start.to_string()).send().await.unwrap();
}

fn is_within_budget(one: &Invocation) -> bool {
    BUDGETS.iter().any(|(operation, round_trips, write_units)| {
        *operation == one.operation
            && one.round_trips <= *round_trips
            && one.write_half_units <= write_units * 2
    })
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
    docs::check_costs(&invocations, is_route);
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
    erin.open_bill(scrip, &account, json!({})).await;
    authorizations::every_other_way(scrip).await;
    pos::every_other_way(scrip).await;
    deductions::every_other_way(scrip).await;
    coupons::every_other_way(scrip).await;
    coupons_verified::every_other_way(scrip).await;
    confirmations::every_other_way(scrip).await;
    scrip.advance("PT3H").await;
}
