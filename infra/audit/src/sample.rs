//! Books without a fault: a deposit, a settled bill of two merchants with an item taken off and a partial reversal, an
//! open bill and an expired one; and all of [`sample_offline`], [`sample_coupons`] and [`sample_groups`].

use crate::books::{Books, Snapshot};
use crate::check;
use crate::sample_offline::{self, EARNED, HELD, SPENT};
use crate::{sample_coupons, sample_groups};
use scrip_bills::BillRecord;
use scrip_ledger::{
    AccountId, EXTERNAL_SHARDS, TransferKind, TransferRecord, new_merchant_account, transfer_key,
};
use scrip_money::Currency;
use scrip_slots::Slot;
use scrip_store::{Fingerprint, Key, derive_id};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Later than any test looks.
const EFFECTIVE_UNTIL: i64 = 7_226_582_400_000;

pub(crate) fn bill(name: &str) -> String {
    derive_id("bill_", &[name])
}

pub(crate) fn transfer(name: &str) -> String {
    derive_id("txn_", &[name])
}

pub(crate) fn merchant(name: &str) -> String {
    derive_id("mch_", &[name])
}

pub(crate) fn books() -> Books {
    Books::of(&snapshot())
}

/// The rules that are broken once `fault` has been done to books without one, each once.
pub(crate) fn broken_by(fault: impl FnOnce(&mut Books)) -> Vec<&'static str> {
    let mut books = books();
    fault(&mut books);
    let mut rules: Vec<_> = check(&books).violations().iter().map(|violation| violation.rule).collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}

pub(crate) fn snapshot() -> Snapshot {
    let user = AccountId::parse(&derive_id("acct_u", &["alice"])).unwrap();
    let noodles = AccountId::of_merchant(&merchant("noodles"));
    let flowers = AccountId::of_merchant(&merchant("flowers"));
    let treasury = AccountId::external("treasury", Currency::CNY);
    let deposit = posted(TransferKind::Deposit, "deposit", (&treasury, &user), 100_000);
    let mut first = posted(TransferKind::Bill, "first", (&user, &noodles), 2_800);
    let mut second = posted(TransferKind::Bill, "second", (&user, &flowers), 4_500);
    first.reference = Some(bill("settled"));
    second.reference = Some(bill("settled"));
    second.reversed = 500;
    let mut reversal = posted(TransferKind::Reversal, "reversal", (&flowers, &user), 500);
    reversal.reverses = Some(second.id.clone());

    let mut ledger = vec![
        account(&user, "user:alice", 0, 93_200 - SPENT - HELD, HELD, Currency::CNY),
        account(&treasury, "external", EXTERNAL_SHARDS - 1, -100_000, 0, Currency::CNY),
    ];
    for (name, id, balance) in [("noodles", &noodles, 2_800 + EARNED), ("flowers", &flowers, 4_000)] {
        let mut shards: Vec<Value> =
            new_merchant_account(&merchant(name), Currency::CNY, &Fingerprint::of(&[]))
                .unwrap()
                .into_iter()
                .map(|item| json!({ "pk": { "S": item["pk"].as_s().unwrap() } }))
                .collect();
        for (shard, item) in (0_u8..).zip(&mut shards) {
            let part = if shard == 3 {
                balance - 1_000
            } else if shard == 5 {
                1_000
            } else {
                0
            };
            *item = account(id, &merchant(name), shard, part, 0, Currency::CNY);
        }
        ledger.extend(shards);
    }
    for record in [deposit, first, second, reversal] {
        ledger.push(stored(&transfer_key(&record.id), &record));
    }
    let bills = vec![
        opened("settled", "settled", &user, &[("noodles", 2_800), ("flowers", 4_500)], 3),
        added("settled", "noodles", &[(2, 1_400, false), (1, 600, true)]),
        added("settled", "flowers", &[(1, 2_500, false), (2, 1_000, false)]),
        opened("open", "open", &user, &[("noodles", 1_200)], 1),
        added("open", "noodles", &[(1, 1_200, false)]),
        opened("expired", "expired", &user, &[], 0),
        json!({ "pk": { "S": format!("BILL#{}", bill("settled")) }, "sk": { "S": "VREQ#vreq_1" } }),
    ];
    let mut snapshot = Snapshot { ledger, bills, ..Snapshot::default() };
    sample_offline::add_to(&mut snapshot, &user);
    sample_coupons::add_to(&mut snapshot);
    sample_groups::add_to(&mut snapshot);
    snapshot
}

pub(crate) fn stored(key: &Key, record: &impl Serialize) -> Value {
    let item: serde_dynamo::Item = serde_dynamo::to_item(record).unwrap();
    let mut item = serde_json::to_value(item).unwrap();
    item["pk"] = json!({ "S": key.pk });
    item["sk"] = json!({ "S": key.sk });
    item
}

pub(crate) fn account(
    id: &AccountId,
    holder: &str,
    shard: u8,
    balance: i64,
    held: i64,
    currency: Currency,
) -> Value {
    let record = json!({
        "account": id, "holder": holder, "currency": currency, "balance": balance, "held": held, "status": "open",
        "request_hash": "h",
    });
    stored(&id.balance_key(shard), &record)
}

pub(crate) fn posted(
    kind: TransferKind,
    name: &str,
    (from, to): (&AccountId, &AccountId),
    amount: i64,
) -> TransferRecord {
    let record = TransferRecord {
        id: transfer(name),
        kind,
        debit_account: from.to_string(),
        credit_account: to.to_string(),
        amount,
        currency: Currency::CNY,
        reference: None,
        at: 1_764_000_000_000,
        posted: format!("1764000000000#{}", transfer(name)),
        debit_shard: None,
        credit_shard: None,
        reversed: 0,
        reverses: None,
        principal: "user:alice".into(),
        request_hash: "h".into(),
    };
    record.listed(from, to)
}

fn opened(name: &str, status: &str, account: &AccountId, shares: &[(&str, i64)], items: i64) -> Value {
    let id = bill(name);
    let by_merchant: BTreeMap<String, i64> =
        shares.iter().map(|(name, total)| (merchant(name), *total)).collect();
    let terminals: BTreeMap<String, u64> =
        shares.iter().map(|(name, _)| (format!("dev_{name}"), 1)).collect();
    let record: BillRecord = serde_json::from_value(json!({
        "id": id, "user": "alice", "account": account, "currency": "CNY", "status": status, "version": 1,
        "opened": format!("1764000000000#{id}"), "opened_at": 1_764_000_000_000_i64,
        "effective_until": EFFECTIVE_UNTIL, "grace_seconds": 900, "ceiling": 20_000,
        "total": by_merchant.values().sum::<i64>(), "item_count": items, "by_merchant": by_merchant,
        "terminals": terminals, "verification_requests": 0, "attempts_left": 3, "wrong_answers": {},
        "request_hash": "h",
    }))
    .unwrap();
    let due = format!("{EFFECTIVE_UNTIL}#expiry#{id}");
    let slot = Slot { slot: "bill-expiry#0".to_owned(), due, cause: Some("r1".to_owned()), tries: None };
    let record = BillRecord { slot: (status == "open").then_some(slot), ..record };
    stored(&BillRecord::key(&id), &record)
}

fn added(name: &str, by: &str, lines: &[(i64, i64, bool)]) -> Value {
    let addition = derive_id("item_", &[name, by]);
    let line = |(quantity, price, removed): &(i64, i64, bool)| {
        let price = json!({ "amount": price, "currency": "CNY" });
        json!({ "name": "Thing", "quantity": quantity, "unit_price": price, "removed": removed })
    };
    let record = json!({
        "addition": addition, "terminal": format!("dev_{by}"), "merchant": merchant(by), "added_at": 1,
        "lines": lines.iter().map(line).collect::<Vec<_>>(), "request_hash": "h",
    });
    stored(&Key::new(format!("BILL#{}", bill(name)), format!("ADD#{addition}")), &record)
}
