//! What the sample's Alice has of two campaigns: coupons that she holds, shares and has used, one that Bob used from her
//! pool, the tea that this brought her, and a use that was taken back with its tea.

use crate::books::Snapshot;
use crate::sample::{merchant, stored};
use scrip_coupons::{Alias, CampaignRecord, CouponRecord};
use scrip_redemptions::RedemptionRecord;
use scrip_slots::Slot;
use scrip_store::{Key, derive_id};
use serde_json::{Value, json};

const AT: i64 = 1_764_000_000_000;

pub(crate) fn campaign(name: &str) -> String {
    derive_id("cmp_", &[name])
}

pub(crate) fn coupon(name: &str) -> String {
    derive_id("cpn_", &[name])
}

pub(crate) fn redemption(name: &str) -> String {
    derive_id(if name == "confirmed" { "conf_" } else { "vfy_" }, &[name])
}

pub(crate) fn add_to(snapshot: &mut Snapshot) {
    let confirmed = redemption("confirmed");
    snapshot.coupons.extend([
        issued("shared", 6, 5, Some(1_000)),
        issued("tea", 2, 3, None),
        shard("shared", 0, 3, 0),
        shard("shared", 1, 3, 1),
        shard("tea", 0, 2, 1),
        taker("shared", 1, &["held", "pooled", "shared", "used", "back"]),
        taker("tea", 0, &["reward"]),
        stored(&Key::new(format!("BUDGET#{}#00", campaign("shared")), "BUDGET"), &json!({ "left": 380 })),
        stored(&Key::new(format!("BUDGET#{}#01", campaign("shared")), "BUDGET"), &json!({ "left": 120 })),
        stored(&Key::new(format!("CAMPAIGNS#{}", merchant("noodles")), "1"), &json!({})),
        stored(&Key::new("SHARE#1", "SHARE"), &json!({})),
        stored(&Key::new("RSV#rsv_1", "RESERVATION"), &json!({})),
    ]);
    let reservation = json!({ "id": "rsv_1", "user": "bob", "at": AT, "until": AT + 900_000 });
    let used = |redemption: &str, user: &str, deducted: i64, from: &str| json!({ "redemption": redemption, "user": user, "at": AT, "deducted": deducted, "from": from });
    let mut by_bob = used(&confirmed, "bob", 300, "pooled");
    by_bob["reward"] = json!(coupon("reward"));
    let by_alice = used(&redemption("verified"), "alice", 200, "held");
    let pooled = |more: Value| with(&json!({ "pool": "alice", "pooled": "1" }), more);
    let rewards = |redemption: &str, of: &str| json!({ "redemption": redemption, "coupon": coupon(of) });
    snapshot.coupons.extend([
        taken("held", "shared", 0, "held", json!({})),
        taken("pooled", "shared", 0, "pooled", pooled(json!({ "reservation": reservation }))),
        taken(
            "shared",
            "shared",
            0,
            "redeemed",
            pooled(json!({ "reservation": reservation, "use": by_bob })),
        ),
        taken("used", "shared", 1, "redeemed", json!({ "use": by_alice })),
        taken("back", "shared", 1, "pooled", pooled(json!({}))),
        taken("reward", "tea", 0, "held", json!({ "reward_for": rewards(&confirmed, "shared") })),
        taken(
            "revoked",
            "tea",
            0,
            "revoked",
            json!({ "reward_for": rewards(&redemption("reversed"), "back") }),
        ),
    ]);
    let line = |coupon_name: &str, status: &str, user: &str, deducted: i64| json!({ "coupon": coupon(coupon_name), "status": status, "user": user, "deducted": deducted });
    let shared =
        |line: Value, reward: &str| with(&line, json!({ "sharer": "alice", "reward": coupon(reward) }));
    let reversal = json!({ "reversal": { "key": "rev_1", "request_hash": "h", "at": AT } });
    let refused = json!({ "status": "refused", "reason": "code-not-accepted" });
    let workflow = json!({ "machine": "coupon-reward", "input": { "redemption": confirmed } });
    snapshot.coupons.extend([
        redeemed(
            "confirmed",
            "rewarded",
            &shared(line("shared", "rewarded", "bob", 300), "reward"),
            json!({}),
        ),
        redeemed("verified", "redeemed", &line("used", "redeemed", "alice", 200), json!({})),
        redeemed("reversed", "reversed", &shared(line("back", "reversed", "bob", 100), "revoked"), reversal),
        redeemed("refused", "refused", &refused, json!({})),
        stored(
            &Key::new(RedemptionRecord::key(&confirmed).pk, "WORKFLOW"),
            &json!({ "id": confirmed, "workflow": workflow }),
        ),
    ]);
    snapshot.executions.insert(confirmed, "SUCCEEDED".to_owned());
}

/// A redemption's slot for its second chance.
pub(crate) fn waiting(redemption: &str) -> Slot {
    let due = format!("{}#unfinished#{redemption}", AT + 1_800_000);
    Slot { slot: "coupon-reward#0".into(), due, cause: None, tries: None }
}

fn with(value: &Value, more: Value) -> Value {
    let mut value = value.clone();
    if let (Some(members), Value::Object(more)) = (value.as_object_mut(), more) {
        members.extend(more);
    }
    value
}

fn terms(name: &str) -> Value {
    json!({
        "merchant": merchant("noodles"), "currency": "CNY", "name": name, "benefit": "{}",
        "has_budget": name == "shared", "valid_from": AT, "valid_until": AT + 1, "shareable": name == "shared",
    })
}

fn issued(name: &str, quantity: u32, per_user: u32, budget: Option<i64>) -> Value {
    let record: CampaignRecord = serde_json::from_value(json!({
        "id": campaign(name), "terms": terms(name), "quantity": quantity, "per_user": per_user, "budget": budget,
        "created": AT, "request_hash": "h",
    }))
    .unwrap();
    stored(&Key::new(format!("CMP#{}", campaign(name)), "CAMPAIGN"), &record)
}

fn shard(name: &str, shard: u32, quantity: i64, remaining: i64) -> Value {
    let key = Key::new(format!("CMP#{}#{shard:02}", campaign(name)), "STOCK");
    stored(&key, &json!({ "quantity": quantity, "remaining": remaining }))
}

fn taker(name: &str, shard: u32, coupons: &[&str]) -> Value {
    let key = Key::new(format!("CMP#{}#{shard:02}", campaign(name)), "TAKER#alice");
    let coupons: Vec<String> = coupons.iter().map(|name| coupon(name)).collect();
    let record = json!({ "user": "alice", "coupons": coupons, "day": 1, "day_taken": 1, "version": 1 });
    stored(&key, &record)
}

fn taken(name: &str, of: &str, shard: u32, place: &str, more: Value) -> Value {
    let id = coupon(name);
    let record = json!({
        "id": id, "campaign": campaign(of), "shard": shard, "holder": "alice", "place": place, "terms": terms(of),
        "taken": format!("{AT}#{id}"), "version": 1, "origin": id, "request_hash": "h",
    });
    let record: CouponRecord = serde_json::from_value(with(&record, more)).unwrap();
    stored(&CouponRecord::key(Alias::of(&id)), &record)
}

fn redeemed(name: &str, status: &str, line: &Value, more: Value) -> Value {
    let record = json!({
        "id": redemption(name), "merchant": merchant("noodles"), "status": status, "lines": [line], "at": AT,
        "version": 1, "request_hash": "h", "cause": "r1",
    });
    let mut record: RedemptionRecord = serde_json::from_value(with(&record, more)).unwrap();
    if record.id.starts_with("vfy_") {
        record.verified_for = Some(format!("{}#03", record.merchant));
        record.verified = Some(format!("{AT}#{}", record.id));
    }
    stored(&RedemptionRecord::key(&record.id), &record)
}
