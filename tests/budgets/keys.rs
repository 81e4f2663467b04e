//! No key of a table or of an index takes more than a small part of what the busiest merchant has written.

use futures::future::join_all;
use scrip_local::WrittenKey;
use scrip_test_support::coupons::{STORE, off, yuan};
use scrip_test_support::{Pos, Scrip, Shop, Terminal, User};
use serde_json::json;
use std::collections::BTreeMap;

const PIN: &str = "493817";
const CODE: &str = "493028174650";
const USERS: usize = 12;
/// What each user does of each kind.
const EACH: i64 = 8;
/// Of bills, which take longer, fewer.
const BILLS: usize = 4;
const HOLDERS: usize = 96;
/// The share of a key that is hot, by how many decisions its group shows at least. What is spread over sixteen keys takes a
/// sixteenth on each, more or less, as chance has it. By Chernoff's bound, the probability that of n decisions a share a or
/// more meets one key is below ((1/16a)^a × (15/16(1-a))^(1-a))^n: for a half (15/64)^(n/2), for a quarter (125/256)^(n/4).
/// Each number here is the least that makes it below 1.5 × 10⁻¹², so that of 16 keys in each of 40 groups, one is called hot
/// by chance in fewer than one of 10⁹ runs. What is written less often has no share to speak of.
const HOT_PERCENT: [(u64, u64); 5] = [(38, 50), (58, 40), (84, 33), (103, 30), (152, 25)];
/// How many units one decision writes to one key at most: to a table, what a user took and the stock that it is of, each two
/// in a transaction; to an index, an item that comes and changes.
const UNITS_OF_A_DECISION: [u64; 2] = [4, 2];

struct Customer {
    user: User,
    account: String,
}

/// One merchant with all that it sells by, and its customers.
struct Rush {
    scrip: Scrip,
    shop: Shop,
    points: Vec<Pos>,
    terminal: Terminal,
    operator: User,
    campaign: String,
    customers: Vec<Customer>,
}

type Written = BTreeMap<WrittenKey, u64>;

impl Rush {
    async fn prepare() -> Self {
        let scrip = Scrip::contended().await;
        let shop = scrip.shop("bob", "CNY").await;
        let mut points = Vec::new();
        for _ in 0..4 {
            points.push(shop.pos(&scrip).await);
        }
        let terminal = shop.terminal(&scrip).await;
        let operator = shop.operator(&scrip, "olga", &[STORE]).await;
        let terms = json!({ "quantity": 1_000, "per_user": 1, "benefit": off(100), "budget": yuan(90_000) });
        let campaign = shop.campaign(&scrip, &terms).await;
        let customer = async |place: usize| {
            let user = scrip.user(&format!("user-{place}")).await;
            user.set_pin(&scrip, PIN).await;
            let account = scrip.account(&user, 100_000, "CNY").await;
            user.authorize_static(&scrip, &account, PIN, CODE, json!({})).await.expect(201);
            Customer { user, account }
        };
        let mut customers = Vec::new();
        for place in 0..USERS {
            customers.push(customer(place).await);
        }
        Self { scrip, shop, points, terminal, operator, campaign, customers }
    }

    /// What each user does, one after the other; all users at once.
    async fn each(&self, does: impl AsyncFn(&Customer, usize)) {
        join_all(self.customers.iter().enumerate().map(|(place, customer)| does(customer, place))).await;
    }

    async fn transfers(&self) {
        self.each(async |customer, _| {
            for amount in 1..=EACH {
                let money = json!({ "amount": amount, "currency": "CNY" });
                let order = json!({ "from": customer.account, "to": self.shop.account, "amount": money });
                self.scrip.post(&customer.user, "/v1/transfers", &order).await.expect(201);
            }
        })
        .await;
    }

    async fn offline_payments(&self) {
        self.each(async |customer, place| {
            let pos = &self.points[place % self.points.len()];
            for amount in 1..=EACH {
                let paid = pos.ask(&self.scrip, &customer.user.id, CODE, amount).await.expect(201);
                assert_eq!(paid.body["decision"], "approved", "{}", paid.body);
            }
        })
        .await;
    }

    async fn bills(&self) {
        self.each(async |customer, _| {
            for _ in 0..BILLS {
                let bill = customer.user.open_bill(&self.scrip, &customer.account, json!({})).await;
                bill.add(&self.scrip, &self.terminal, 1, 100).await.expect(201);
                let request = bill.ask(&self.scrip, &customer.user).await.expect(201).text("id");
                bill.verify(&self.scrip, &customer.user, &request, PIN).await.expect(200);
            }
        })
        .await;
    }

    /// Each coupon is taken by a user of its own, since a user is at home in one shard of a campaign.
    async fn coupons(&self) {
        let scrip = &self.scrip;
        join_all((0..HOLDERS).map(async |place| {
            let holder = scrip.user(&format!("holder-{place}")).await;
            let coupon = holder.taken(scrip, &self.campaign).await;
            let code = holder.code(scrip, &coupon).await;
            let verified = self.operator.verify_order(scrip, STORE, &code, 2_000).await.expect(201);
            assert_eq!(verified.body["verdict"], "accepted", "{}", verified.body);
        }))
        .await;
    }
}

/// What keys of one kind begin with, where their kind does not end at the first `#`.
const KINDS: [&str; 8] =
    ["ACCT#acct_m", "ACCT#acct_u", "ACCT#acct_x", "acct_m", "acct_u", "NOTE#mch_", "NOTE#user:", "mch_"];

fn kind(key: &str) -> &str {
    let known = KINDS.into_iter().find(|kind| key.starts_with(kind));
    known.or_else(|| key.split_once('#').map(|(kind, _)| kind)).unwrap_or("users")
}

/// What was written between two moments, by table, index and kind of key: the units of each key.
fn between(before: &Written, after: &Written) -> BTreeMap<String, Vec<(u64, String)>> {
    let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (key, units) in after {
        let units = units - before.get(key).copied().unwrap_or_default();
        if units > 0 {
            let WrittenKey { table, index, key } = key.clone();
            let index = index.map(|index| format!(" {index}")).unwrap_or_default();
            let group = format!("{table}{index}: {}", kind(&key));
            groups.entry(group).or_default().push((units, key));
        }
    }
    groups
}

/// The share from which on a key of a group is hot, if so many units say anything.
fn hot_percent(group: &str, units: u64) -> Option<u64> {
    let is_index = group.split(':').next().is_some_and(|place| place.contains(' '));
    let decisions = units / UNITS_OF_A_DECISION[usize::from(is_index)];
    HOT_PERCENT.into_iter().rev().find(|(fewest, _)| decisions >= *fewest).map(|(_, percent)| percent)
}

/// Keys that take more of their group than chance explains.
fn hot(groups: &BTreeMap<String, Vec<(u64, String)>>) -> Vec<String> {
    let mut hot = Vec::new();
    for (group, keys) in groups {
        let total: u64 = keys.iter().map(|(units, _)| units).sum();
        let (most, key) = keys.iter().max().expect("a key");
        if hot_percent(group, total).is_some_and(|percent| most * 100 > total * percent) {
            hot.push(format!("{group}: {key} takes {most} of {total} units"));
        }
    }
    hot
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[cfg_attr(feature = "deployed", ignore = "the embedded store counts what is written to each key")]
async fn no_key_is_hot_while_one_merchant_is_busy() {
    let rush = Rush::prepare().await;
    let written = || rush.scrip.running().units_written();
    let before = written();
    rush.transfers().await;
    rush.offline_payments().await;
    rush.bills().await;
    rush.coupons().await;
    // What was paid offline is settled.
    rush.scrip.advance("PT31M").await;
    let groups = between(&before, &written());

    let hot = hot(&groups);
    assert!(hot.is_empty(), "hot keys:\n{}", hot.join("\n"));
    for group in [
        "scrip-ledger by-debit: acct_u",
        "scrip-ledger by-credit: acct_m",
        "scrip-ledger: ACCT#acct_m",
        "scrip-ledger: ACCT#acct_x",
        "scrip-coupons by-merchant: mch_",
        "scrip-coupons: BUDGET",
        "scrip-coupons: CMP",
        "scrip-bills by-due: bill-expiry",
        "scrip-offline by-due: pos-settlement",
    ] {
        let units: u64 = groups.get(group).into_iter().flatten().map(|(units, _)| units).sum();
        assert!(hot_percent(group, units).is_some(), "{group}: {units} units, of {:?}", groups.keys());
    }
}

#[test]
fn a_key_that_takes_what_should_be_spread_is_hot() {
    let found = |group: &str, units: &[u64]| {
        let keys = units.iter().zip(0..).map(|(units, key)| (*units, format!("{key:02}"))).collect();
        !hot(&BTreeMap::from([(group.to_owned(), keys)])).is_empty()
    };
    let (table, index) = ("scrip-ledger: ACCT#acct_m", "scrip-ledger by-credit: acct_m");
    assert!(found(table, &[400]) && found(index, &[200]), "all of them on one key");
    assert!(found(table, &[210, 190]) && found(index, &[70, 30, 30, 30, 30]), "on two, on five");
    assert!(!found(table, &[25; 16]) && !found(index, &[12; 16]));
    // By chance one of sixteen has three times its share.
    assert!(!found(table, &[[75].as_slice(), &[22; 15]].concat()));
    assert!(!found(table, &[150]) && !found(index, &[75]), "too few to tell");
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "the embedded store counts what is written to each key")]
async fn accounts_that_nobody_lists_are_in_no_index() {
    let rush = Rush::prepare().await;
    rush.offline_payments().await;
    rush.scrip.advance("PT31M").await;
    let written = rush.scrip.running().units_written();
    let listed = written.keys().filter(|key| matches!(key.index.as_deref(), Some("by-debit" | "by-credit")));
    let classes: std::collections::BTreeSet<&str> = listed.map(|key| &key.key[.."acct_u".len()]).collect();
    assert_eq!(classes.into_iter().collect::<Vec<_>>(), ["acct_m", "acct_u"]);
}
