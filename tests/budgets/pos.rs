//! Every operation of points of sale, on the way that takes most, and those that do something else to a table.

use scrip_offline::limits::{DEVICE_MISSES, STORED_MISSES};
use scrip_secure_code::{Totp, TotpAlgorithm, TotpSecret};
use scrip_test_support::{Pos, Scrip};
use serde_json::{Value, json};

const PIN: &str = "493817";
const CODE: &str = "493028174650";

/// Every operation once: a payment with a PIN, a reversal, a settlement, one that a closed account can't take, a batch.
pub(super) async fn every_operation(scrip: &Scrip) {
    let user = scrip.user("otto").await;
    user.set_pin(scrip, PIN).await;
    let account = scrip.account(&user, 100_000, "CNY").await;
    let shop = scrip.shop("tilda", "CNY").await;
    let pos = shop.pos(scrip).await;
    let pin_above = json!({ "pin_above": { "amount": 500, "currency": "CNY" } });
    user.authorize_static(scrip, &account, PIN, CODE, pin_above).await.expect(201);

    approved(&pos.ask(scrip, "otto", CODE, 500).await.expect(201).body);
    let mut order = Pos::order("order-1", "otto", CODE, 501);
    order["pin"] = json!(PIN);
    approved(&pos.send(scrip, &order).await.expect(201).body);
    pos.reverse(scrip, "order-1").await.expect(201);
    pos.read(scrip, "order-1").await.expect(200);
    pos.find(scrip, "order-1").await.expect(200);
    let mut stored = Pos::order("order-2", "otto", CODE, 100);
    stored["occurred_at"] = json!(scrip.now().await.to_string());
    let batch = pos.hand_over(scrip, json!([stored])).await.expect(202).text("id");
    pos.completed(scrip, &batch).await;
    scrip.advance("PT31M").await;
    settlements(scrip, &shop.id).await;

    let closing = scrip.shop("tom", "CNY").await;
    approved(&closing.pos(scrip).await.ask(scrip, "otto", CODE, 100).await.expect(201).body);
    close(scrip, &closing.account).await;
    scrip.advance("PT31M").await;
}

/// What was settled, as the owner reads it.
async fn settlements(scrip: &Scrip, shop: &str) {
    let owner = scrip.user("tilda").await;
    let list = format!("/v1/merchants/{shop}/settlements");
    let settlement = scrip.get(&owner, &list).await.expect(200).body["items"][0]["id"].clone();
    let settlement = settlement.as_str().expect("a settlement");
    for path in ["", "/export"] {
        scrip.get(&owner, &format!("{list}/{settlement}{path}")).await.expect(200);
    }
}

/// A miss, a scanned code with a PIN, a reversal that comes first, and what is stored of these.
pub(super) async fn every_other_way(scrip: &Scrip) {
    let user = scrip.user("oscar").await;
    user.set_pin(scrip, PIN).await;
    let account = scrip.account(&user, 100_000, "CNY").await;
    let pos = scrip.shop("tess", "CNY").await.pos(scrip).await;
    let secret = TotpSecret::from_bytes([7; 32]).expect("a secret");
    let pin_above = json!({ "pin_above": { "amount": 100, "currency": "CNY" } });
    let granted =
        user.authorize_totp(scrip, &account, PIN, &secret.to_base64url(), pin_above).await.expect(201);
    let alias = granted.text("alias").parse().expect("an alias");
    let totp = Totp::new(secret, TotpAlgorithm::Sha256);

    let now = scrip.now().await;
    let order = |name: &str, code: &str, amount: i64| {
        let amount = json!({ "amount": amount, "currency": "CNY" });
        json!({ "presentation_code": code, "amount": amount, "order_reference": name, "pin": PIN })
    };
    let code = totp.presentation_at(alias, now).to_string();
    approved(&pos.send(scrip, &order("order-1", &code, 101)).await.expect(201).body);
    pos.ask(scrip, "oscar", "100000000000", 100).await.expect(201);
    // Who has too many limits in the way is declined without a miss.
    let next = totp.code_at(now + scrip_clock::SignedDuration::from_secs(30));
    pos.ask(scrip, "oscar", next.as_str(), 60_000).await.expect(201);
    pos.reverse(scrip, "order-9").await.expect(201);

    let stored = |mut order: Value| {
        order["occurred_at"] = json!(now.to_string());
        order
    };
    let next = totp.presentation_at(alias, now + scrip_clock::SignedDuration::from_secs(30)).to_string();
    let mut typed = Pos::order("order-3", "oscar", "100000000000", 101);
    typed["pin"] = json!(PIN);
    let dear = Pos::order(
        "order-4",
        "oscar",
        totp.code_at(now - scrip_clock::SignedDuration::from_secs(30)).as_str(),
        60_000,
    );
    let batch = json!([stored(order("order-2", &next, 101)), stored(typed), stored(dear)]);
    let batch = pos.hand_over(scrip, batch).await.expect(202).text("id");
    pos.completed(scrip, &batch).await;

    // Misses that lock a point of sale, of which its merchant is told.
    let shop = scrip.shop("tobias", "CNY").await;
    let (pos, storing) = (shop.pos(scrip).await, shop.pos(scrip).await);
    for guess in 0..DEVICE_MISSES {
        pos.ask(scrip, &format!("nobody-{guess}"), "100000000000", 100).await.expect(201);
    }
    let mut guesses = Vec::new();
    for guess in 0..STORED_MISSES {
        let (order, user) = (format!("order-{guess}"), format!("nobody-{guess}"));
        guesses.push(stored(Pos::order(&order, &user, "100000000000", 100)));
    }
    let batch = storing.hand_over(scrip, guesses.into()).await.expect(202).text("id");
    storing.completed(scrip, &batch).await;
}

#[track_caller]
fn approved(body: &Value) {
    assert_eq!(body["decision"], "approved", "{body}");
}

/// Closes a merchant's account, which no operation does yet.
async fn close(scrip: &Scrip, account: &str) {
    use aws_sdk_dynamodb::types::AttributeValue;
    let client = aws_sdk_dynamodb::Client::new(&scrip.aws());
    let ledger = scrip.table("LedgerTable").await;
    for shard in 0..16 {
        let write = client.update_item().table_name(&ledger);
        let write = write.key("pk", AttributeValue::S(format!("ACCT#{account}#{shard:02}")));
        let write = write.key("sk", AttributeValue::S("BALANCE".to_owned()));
        let write =
            write.update_expression("SET #status = :closed").expression_attribute_names("#status", "status");
        let write = write.expression_attribute_values(":closed", AttributeValue::S("closed".to_owned()));
        write.condition_expression("attribute_exists(pk)").send().await.expect("the account is closed");
    }
}
