//! What was read, as records.

use crate::coupons::{self, Budget, Campaign, Coupon, Stock, Taker};
use crate::deductions::{self, Receipt};
use crate::groups::{self, Numbers, Sent};
use crate::offline::{self, Authorization, Codes, Transaction};
use crate::places::Machine;
use crate::redemptions::Redemption;
use crate::report::Violation;
use crate::settlements::{Settlement, SettlementPage};
use scrip_bills::BillRecord;
use scrip_clock::Timestamp;
use scrip_group_payments::{RequestRecord, ShareRecord};
use scrip_groups::{GroupRecord, MemberRecord, MessageRecord};
use scrip_ledger::{AccountRecord, TransferRecord};
use scrip_money::{Currency, Money};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Everything of one moment, as it is stored: items in DynamoDB's JSON.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Snapshot {
    pub(crate) ledger: Vec<Value>,
    pub(crate) bills: Vec<Value>,
    pub(crate) offline: Vec<Value>,
    pub(crate) deductions: Vec<Value>,
    pub(crate) coupons: Vec<Value>,
    pub(crate) groups: Vec<Value>,
    /// The state of the execution that whatever waits has, by its id.
    pub(crate) executions: BTreeMap<String, String>,
    /// What has a stream record that is still to be handled.
    pub(crate) pending: BTreeSet<String>,
}

/// Everything of one moment, as records.
#[derive(Clone, Debug, Default)]
pub struct Books {
    /// What time it is, where time goes by: a directory that nobody uses is as it was when it was left.
    pub(crate) now: Option<Timestamp>,
    pub(crate) balances: Vec<Balance>,
    pub(crate) transfers: Vec<TransferRecord>,
    pub(crate) bills: Vec<BillRecord>,
    pub(crate) additions: Vec<Addition>,
    pub(crate) authorizations: Vec<Authorization>,
    pub(crate) codes: Vec<Codes>,
    pub(crate) transactions: Vec<Transaction>,
    pub(crate) settlements: Vec<Settlement>,
    pub(crate) settlement_pages: Vec<SettlementPage>,
    pub(crate) receipts: Vec<Receipt>,
    pub(crate) campaigns: Vec<Campaign>,
    pub(crate) stocks: Vec<Stock>,
    pub(crate) takers: Vec<Taker>,
    pub(crate) budgets: Vec<Budget>,
    pub(crate) coupons: Vec<Coupon>,
    pub(crate) redemptions: Vec<Redemption>,
    pub(crate) follow_ups: Vec<FollowUp>,
    pub(crate) groups: Vec<GroupRecord>,
    pub(crate) numbers: Vec<Numbers>,
    pub(crate) members: Vec<MemberRecord>,
    pub(crate) messages: Vec<MessageRecord>,
    pub(crate) sent: Vec<Sent>,
    pub(crate) requests: Vec<RequestRecord>,
    pub(crate) shares: Vec<ShareRecord>,
    pub(crate) executions: BTreeMap<String, String>,
    pub(crate) pending: BTreeSet<String>,
    pub(crate) unreadable: Vec<Violation>,
}

/// That a confirmation was taken from the queue, and its workflow is to start.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct FollowUp {
    pub(crate) id: String,
}

/// Something that waits for its time, and so has a workflow that waits with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Waiting<'a> {
    pub(crate) id: &'a str,
    pub(crate) machine: Machine,
    pub(crate) state: String,
    /// Whether it comes again by its slot, whatever became of its workflow.
    pub(crate) comes_again: bool,
}

/// What a record says that moved from one account to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Movement<'a> {
    /// The transfer or receipt that says so.
    pub(crate) id: &'a str,
    pub(crate) from: &'a str,
    pub(crate) to: &'a str,
    pub(crate) amount: i128,
    pub(crate) currency: Currency,
}

/// An item that holds the balance of an account or a part of it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Balance {
    pub(crate) pk: String,
    #[serde(flatten)]
    pub(crate) record: AccountRecord,
}

/// Items that a terminal added together.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Addition {
    pub(crate) pk: String,
    #[serde(rename = "addition")]
    pub(crate) id: String,
    pub(crate) merchant: String,
    pub(crate) terminal: String,
    pub(crate) lines: Vec<Line>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Line {
    pub(crate) quantity: i64,
    pub(crate) unit_price: Money,
    pub(crate) removed: bool,
}

impl Addition {
    pub(crate) fn bill(&self) -> &str {
        self.pk.strip_prefix("BILL#").unwrap_or(&self.pk)
    }
}

impl Books {
    /// Reads the items of a snapshot. What can't be read, or is of no known kind, is a violation itself: an audit
    /// that passes over items proves nothing.
    pub(crate) fn of(snapshot: &Snapshot) -> Self {
        let mut books = Self {
            executions: snapshot.executions.clone(),
            pending: snapshot.pending.clone(),
            ..Self::default()
        };
        for item in &snapshot.ledger {
            let read = match key(item).1 {
                "BALANCE" => decode(item).map(|balance| books.balances.push(balance)),
                "TRANSFER" => decode(item).map(|transfer| books.transfers.push(transfer)),
                _ => Err("of no known kind".to_owned()),
            };
            books.note("ledger", item, read);
        }
        for item in &snapshot.bills {
            let read = match key(item).1 {
                "BILL" => decode(item).map(|bill| books.bills.push(bill)),
                kind if kind.starts_with("ADD#") => {
                    decode(item).map(|addition| books.additions.push(addition))
                }
                kind if kind.starts_with("VREQ#") => Ok(()),
                _ => Err("of no known kind".to_owned()),
            };
            books.note("bills", item, read);
        }
        for item in &snapshot.offline {
            let read = match key(item).1 {
                "AUTHORIZATION" => decode(item).map(|record| books.authorizations.push(record)),
                "CODES" => decode(item).map(|record| books.codes.push(record)),
                "TRANSACTION" => decode(item).map(|record| books.transactions.push(record)),
                kind if kind.starts_with("stl_") => decode(item).map(|record| books.settlements.push(record)),
                kind if kind.starts_with("PAGE#") => {
                    decode(item).map(|record| books.settlement_pages.push(record))
                }
                kind if offline::is_aside(kind) => Ok(()),
                _ => Err("of no known kind".to_owned()),
            };
            books.note("offline", item, read);
        }
        for item in &snapshot.deductions {
            let (pk, kind) = key(item);
            let read = match kind {
                "RECEIPT" => decode(item).map(|record| books.receipts.push(record)),
                _ if deductions::is_aside(pk) => Ok(()),
                _ => Err("of no known kind".to_owned()),
            };
            books.note("deductions", item, read);
        }
        for item in &snapshot.coupons {
            let (pk, kind) = key(item);
            let read = match kind {
                "CAMPAIGN" => decode(item).map(|record| books.campaigns.push(record)),
                "STOCK" => decode(item).map(|record| books.stocks.push(record)),
                "BUDGET" => decode(item).map(|record| books.budgets.push(record)),
                "COUPON" => decode(item).map(|record| books.coupons.push(record)),
                "REDEMPTION" => decode(item).map(|record| books.redemptions.push(record)),
                "WORKFLOW" => decode(item).map(|record| books.follow_ups.push(record)),
                kind if kind.starts_with("TAKER#") => decode(item).map(|record| books.takers.push(record)),
                _ if coupons::is_aside(pk) => Ok(()),
                _ => Err("of no known kind".to_owned()),
            };
            books.note("coupons", item, read);
        }
        books.read_groups(snapshot);
        books
    }

    fn read_groups(&mut self, snapshot: &Snapshot) {
        for item in &snapshot.groups {
            let read = match key(item).1 {
                "META" => decode(item).map(|record| self.groups.push(record)),
                "SEQ" => decode(item).map(|record| self.numbers.push(record)),
                kind if kind.starts_with("MBR#") => decode(item).map(|record| self.members.push(record)),
                kind if kind.starts_with("MSG#") => decode(item).map(|record| self.messages.push(record)),
                kind if kind.starts_with("SENT#") => decode(item).map(|record| self.sent.push(record)),
                "HEAD" => decode(item).map(|record| self.requests.push(record)),
                kind if kind.starts_with("SHR#") => decode(item).map(|record| self.shares.push(record)),
                kind if groups::is_aside(kind) => Ok(()),
                _ => Err("of no known kind".to_owned()),
            };
            self.note("groups", item, read);
        }
    }

    fn note(&mut self, table: &str, item: &Value, read: Result<(), String>) {
        if let Err(why) = read {
            let (pk, sk) = key(item);
            self.unreadable.push(Violation::new("item-readable", format!("{pk} / {sk} of {table}"), why));
        }
    }

    /// All that moved: by transfers, and what receipts say was used up with them.
    pub(crate) fn movements(&self) -> impl Iterator<Item = Movement<'_>> {
        let transfers = self.transfers.iter().map(|transfer| Movement {
            id: &transfer.id,
            from: &transfer.debit_account,
            to: &transfer.credit_account,
            amount: i128::from(transfer.amount),
            currency: transfer.currency,
        });
        let used = self.receipts.iter().flat_map(|receipt| {
            receipt.consumed.iter().map(|used| Movement {
                id: &receipt.id,
                from: &used.debit_account,
                to: &used.credit_account,
                amount: i128::from(used.amount),
                currency: used.currency,
            })
        });
        transfers.chain(used)
    }

    /// What is followed up by a workflow that starts at once: redemptions that may bring a reward.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = Waiting<'_>> {
        let asking = self.redemptions.iter().filter(|redemption| redemption.workflow.is_some());
        let asking =
            asking.map(|redemption| &redemption.id).chain(self.follow_ups.iter().map(|found| &found.id));
        let in_slots = self.redemptions.iter().filter(|redemption| redemption.slot.is_some());
        let in_slots: BTreeSet<&String> = in_slots.map(|redemption| &redemption.id).collect();
        asking.map(move |id| Waiting {
            id,
            machine: Machine::CouponReward,
            state: "the redemption is to be followed up".to_owned(),
            comes_again: in_slots.contains(id),
        })
    }
}

fn key(item: &Value) -> (&str, &str) {
    let part = |name: &str| item[name]["S"].as_str().unwrap_or("?");
    (part("pk"), part("sk"))
}

fn decode<T: DeserializeOwned>(item: &Value) -> Result<T, String> {
    let item = serde_dynamo::Item::deserialize(item).map_err(|error| error.to_string())?;
    serde_dynamo::from_item(item).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample_coupons::redemption;
    use crate::{check, sample};
    use serde_json::json;

    #[test]
    fn stored_items_become_records() {
        let books = Books::of(&sample::snapshot());
        assert_eq!((books.transfers.len(), books.bills.len(), books.additions.len()), (14, 3, 3));
        assert_eq!((books.authorizations.len(), books.codes.len(), books.transactions.len()), (2, 1, 7));
        assert_eq!(books.receipts.len(), 1);
        assert_eq!((books.campaigns.len(), books.stocks.len(), books.takers.len()), (2, 3, 2));
        assert_eq!((books.budgets.len(), books.coupons.len(), books.redemptions.len()), (2, 7, 4));
        let waiting: Vec<_> = books.waiting().map(|waiting| waiting.id.to_owned()).collect();
        assert_eq!(waiting, [redemption("confirmed")]);
        assert!(check(&books).violations().is_empty(), "{}", check(&books));
    }

    #[test]
    fn what_can_not_be_read_is_told() {
        let mut snapshot = sample::snapshot();
        let mut broken = snapshot.ledger.iter().find(|item| key(item).1 == "TRANSFER").unwrap().clone();
        broken["amount"] = json!({ "S": "much" });
        snapshot.ledger.push(broken);
        snapshot.bills.push(json!({ "pk": { "S": "BILL#x" }, "sk": { "S": "HOLD#1" } }));
        snapshot.offline.push(json!({ "pk": { "S": "POS#x" }, "sk": { "S": "TRANSACTION" } }));
        snapshot.deductions.push(json!({ "pk": { "S": "COUPON#x" }, "sk": { "S": "COUPON" } }));
        snapshot.groups.push(json!({ "pk": { "S": "GRP#x" }, "sk": { "S": "NAME" } }));
        snapshot.coupons.push(json!({ "pk": { "S": "CPN#x" }, "sk": { "S": "CODE" } }));
        let books = Books::of(&snapshot);
        let told: Vec<String> = check(&books).violations().iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 6, "{told:?}");
        assert!(told[5].contains("GRP#x / NAME of groups: of no known kind"), "{told:?}");
        assert!(told[2].contains("missing field"), "{told:?}");
        assert!(told[3].contains("COUPON#x / COUPON of deductions: of no known kind"), "{told:?}");
        assert!(told[4].contains("CPN#x / CODE of coupons: of no known kind"), "{told:?}");
        assert!(told[1].contains("BILL#x / HOLD#1 of bills: of no known kind"), "{told:?}");
    }
}
