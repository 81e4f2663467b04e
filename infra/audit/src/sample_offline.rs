//! What the sample's Alice did without being online: an authorization with a reserve that paid twice and a purchase, one
//! that has ended, and points of which some are used.

use crate::books::Snapshot;
use crate::sample::{account, merchant, posted, stored, transfer};
use scrip_ledger::{AccountId, TransferKind, transfer_key};
use scrip_money::Currency;
use scrip_store::{Key, derive_id};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Minor units that left Alice's account for captures that were not reversed and for the purchase.
pub(crate) const SPENT: i64 = 2_600;
/// Minor units of them that came to the noodle shop.
pub(crate) const EARNED: i64 = 1_900;
/// Minor units that the authorization that can be used reserves.
pub(crate) const HELD: i64 = 7_800;

/// Later than any test looks.
const VALID_UNTIL: i64 = 7_226_582_400_000;

pub(crate) fn authorization(name: &str) -> String {
    derive_id("auth_", &[name])
}

pub(crate) fn transaction(name: &str) -> String {
    derive_id("pos_", &[name])
}

/// Adds everything to books whose account of Alice has [`SPENT`] and [`HELD`] already, and whose shop has [`EARNED`].
pub(crate) fn add_to(snapshot: &mut Snapshot, alice: &AccountId) {
    let shop = AccountId::of_merchant(&merchant("noodles"));
    let clearing = AccountId::clearing(Currency::CNY);
    let mut transfers = Vec::new();
    for (name, authorization, amount, status) in [
        ("approved", "lunch", 700, "approved"),
        ("settled", "lunch", 500, "settled"),
        ("reversed", "lunch", 300, "reversed"),
        ("early", "breakfast", 400, "settled"),
        ("late", "breakfast", 100, "reversed"),
    ] {
        snapshot.offline.push(captured(name, authorization, amount, status, alice));
        transfers.push(posted(TransferKind::Capture, name, (alice, &clearing), amount));
        if status == "reversed" {
            let back = format!("{name} back");
            let mut reversed = posted(TransferKind::Reversal, &back, (&clearing, alice), amount);
            reversed.reverses = Some(transfer(name));
            transfers.push(reversed);
        }
    }
    let mut settled = posted(TransferKind::Settlement, "settlement", (&clearing, &shop), 900);
    settled.reference = Some(settlement());
    transfers.push(settled);
    snapshot.offline.extend([declined("declined"), closed("closed"), of_two()]);
    snapshot.offline.extend([
        authorized("lunch", "approved", (10_000, 5), (10_000, 5), alice),
        authorized("breakfast", "expired", (2_000, 3), (1_500, 1), alice),
        codes(alice),
        json!({ "pk": { "S": "DEVICE#dev_noodles" }, "sk": { "S": "LOCK" } }),
        json!({ "pk": { "S": "CODES#987654321" }, "sk": { "S": "TOLD" } }),
        json!({ "pk": { "S": "POS#pos_x" }, "sk": { "S": "DEFERRED" } }),
    ]);

    let points = AccountId::member("alice", &merchant("noodles"), "points");
    let issuer =
        AccountId::external(&format!("deduction-item:{}:points", merchant("noodles")), Currency::XXX);
    let mut granted = posted(TransferKind::Grant, "points", (&issuer, &points), 50);
    granted.currency = Currency::XXX;
    transfers.push(granted);
    transfers.push(posted(TransferKind::Purchase, "purchase", (alice, &shop), 1_000));
    snapshot.deductions =
        vec![receipt(&points, &issuer), json!({ "pk": { "S": "KEY#txn_x" }, "sk": { "S": "KEY" } })];

    snapshot.ledger.push(account(&clearing, "external", 7, 700, 0, Currency::CNY));
    snapshot.ledger.push(account(&points, "user:alice", 0, 30, 0, Currency::XXX));
    snapshot.ledger.push(account(&issuer, "external", 2, -30, 0, Currency::XXX));
    snapshot.ledger.extend(transfers.iter().map(|record| stored(&transfer_key(&record.id), record)));
}

fn settlement() -> String {
    derive_id("stl_", &["noon"])
}

/// The settlement of the two captures that are settled.
fn of_two() -> Value {
    let captures = [transaction("settled"), transaction("early")];
    let record = json!({
        "id": settlement(), "merchant": merchant("noodles"), "currency": "CNY", "window": 1_764_001_800_000_i64,
        "total": 900, "count": 2, "pages": 1, "captures": captures,
    });
    stored(&Key::new(format!("SETTLEMENTS#{}", merchant("noodles")), settlement()), &record)
}

fn record(name: &str, status: &str, more: Value) -> Value {
    let mut record = json!({
        "id": transaction(name), "device": "dev_noodles", "merchant": merchant("noodles"), "order_reference": name,
        "status": status,
    });
    if let (Value::Object(record), Value::Object(more)) = (&mut record, more) {
        record.extend(more);
    }
    stored(&Key::new(format!("POS#{}", transaction(name)), "TRANSACTION"), &record)
}

fn decided(name: &str, decision: &str, amount: i64) -> Value {
    json!({
        "decision": decision, "payer": "user:alice", "amount": amount, "currency": "CNY",
        "at": 1_764_000_000_000_i64, "key": transfer(name), "request_hash": "h",
    })
}

fn captured(name: &str, authorized: &str, amount: i64, status: &str, account: &AccountId) -> Value {
    let consumed = json!({
        "codes": "CODES#123456789", "authorization": authorization(authorized), "amount": amount,
        "day": "2025-11-24", "reserved": true, "valid_until": 1_764_007_200_000_i64,
    });
    let mut more = json!({
        "decided": decided(name, "approved", amount),
        "capture": { "account": account, "consumed": consumed, "settles_at": 1_764_001_800_000_i64 },
    });
    if status == "reversed" {
        let key = transfer(&format!("{name} back"));
        more["reversal"] = json!({ "key": key, "request_hash": "h", "at": 1_764_000_060_000_i64 });
    }
    if status == "settled" {
        more["settlement"] = json!(settlement());
    }
    if status == "approved" {
        let (shop, id) = (merchant("noodles"), transaction(name));
        more["capture"]["settles_at"] = json!(VALID_UNTIL);
        more["slot"] = json!("pos-settlement#0");
        more["due"] = json!(format!("{VALID_UNTIL}#window#{shop}#CNY#{id}"));
    }
    record(name, status, more)
}

fn declined(name: &str) -> Value {
    record(name, "declined", json!({ "decided": decided(name, "declined", 900) }))
}

/// Reversed before it arrived.
fn closed(name: &str) -> Value {
    let reversal = json!({ "key": transfer(name), "request_hash": "h", "at": 1, "first": true });
    record(name, "reversed", json!({ "reversal": reversal }))
}

fn authorized(
    name: &str,
    status: &str,
    (limit, uses): (i64, i64),
    (remaining, uses_left): (i64, i64),
    account: &AccountId,
) -> Value {
    let id = authorization(name);
    let mut record = json!({
        "id": id, "user": "alice", "account": account, "currency": "CNY", "limit": limit, "uses": uses,
        "status": status, "remaining": remaining, "uses_left": uses_left,
        "valid_until": VALID_UNTIL,
    });
    if status == "approved" {
        record["slot"] = json!("offline-authorization#0");
        record["due"] = json!(format!("{VALID_UNTIL}#expiry#{id}"));
    }
    stored(&Key::new(format!("AUTH#{id}"), "AUTHORIZATION"), &record)
}

fn codes(account: &AccountId) -> Value {
    let grant = json!({
        "account": account, "currency": "CNY", "remaining": HELD, "uses_left": 2, "reserve": true, "ended": false,
    });
    let authorizations = BTreeMap::from([(authorization("lunch"), grant)]);
    let record = json!({ "user": "alice", "guard": 1, "authorizations": authorizations });
    stored(&Key::new("CODES#123456789", "CODES"), &record)
}

fn receipt(points: &AccountId, issuer: &AccountId) -> Value {
    let consumed = json!({
        "item": "points", "debit_account": points, "credit_account": issuer, "amount": 20, "currency": "XXX",
    });
    let record = json!({
        "id": transfer("purchase"), "terminal": "dev_noodles", "order_reference": "7", "merchant": merchant("noodles"),
        "user": "alice", "codes": "CODES#123456789", "authorization": authorization("lunch"), "first_value": 1_200,
        "second_value": 1_000, "currency": "CNY", "steps": "[]", "consumed": [consumed], "at": 1, "terms": "h",
        "request_hash": "h",
    });
    stored(&Key::new("RECEIPT#rcpt_1", "RECEIPT"), &record)
}
