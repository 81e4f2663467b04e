//! What is done for an item after the request that made it due, and what a million of these cost.

use crate::docs::costs::{FollowUp, LINE_BYTES};
use scrip_states_language::Filter;
use scrip_test_support::{Scrip, Shop, User};
use serde_json::{Value, json};

const PIN: &str = "493817";
const CODE: &str = "493028174650";
/// Write units of a capture beyond what its page takes by itself, in tenths.
const CAPTURE_TENTHS: u64 = 22;

/// Captures whose shards are drawn would be read in more queries one time than another.
const ONE_SHARD: &str =
    "bill-expiry=1,offline-authorization=1,pos-settlement=1,coupon-reward=1,payment-request=1";

/// A user with money, and a shop where it is spent.
struct Stage {
    scrip: Scrip,
    user: User,
    account: String,
    shop: Shop,
}

impl Stage {
    async fn new() -> Self {
        Self::of(Scrip::start().await).await
    }

    async fn of(scrip: Scrip) -> Self {
        let user = scrip.user("alice").await;
        user.set_pin(&scrip, PIN).await;
        let account = scrip.account(&user, 100_000, "CNY").await;
        let shop = scrip.shop("bob", "CNY").await;
        Self { scrip, user, account, shop }
    }

    async fn authorize(&self, terms: Value) {
        self.user.authorize_static(&self.scrip, &self.account, PIN, CODE, terms).await.expect(201);
    }

    async fn captures(&self, count: usize) {
        self.authorize(json!({ "valid_for": "PT24H" })).await;
        let pos = self.shop.pos(&self.scrip).await;
        for _ in 0..count {
            let paid = pos.ask(&self.scrip, "alice", CODE, 100).await.expect(201);
            assert_eq!(paid.body["decision"], "approved", "{}", paid.body);
        }
    }

    /// What is done for so many items while this time passes, but for looking for what is due.
    async fn follow(&self, name: &'static str, goal_dollars: u64, items: u64, period: &str) -> FollowUp {
        self.scrip.settle().await;
        let before = self.scrip.log().lines().len();
        self.scrip.advance(period).await;
        let lines = self.scrip.log().lines().split_off(before);
        let lines: Vec<Value> = lines.into_iter().filter(|line| line["operation"] != "start-due").collect();
        for line in &lines {
            assert!(line["invocations"].is_u64() && line["outcome"] == "ok", "{line}");
            assert!(line.to_string().len() as u64 <= LINE_BYTES, "{} bytes: {line}", line.to_string().len());
        }
        let sum = |name: &str| lines.iter().filter_map(|line| line[name].as_u64()).sum::<u64>();
        let all = Filter { most: Some(1_000), ..Filter::default() };
        let executions = self.scrip.running().engine().executions(&all).expect("executions");
        FollowUp {
            name,
            goal_dollars,
            items,
            read_half_units: sum("read_half_units"),
            write_half_units: sum("write_half_units"),
            index_half_units: sum("index_write_half_units"),
            invocations: sum("invocations"),
            executions: executions.len() as u64,
        }
    }
}

/// All of them, each in a system of its own, and the read units of a look at what is due, in halves.
pub(super) async fn measured() -> (Vec<FollowUp>, u64) {
    let mut all = Vec::new();
    let stage = Stage::new().await;
    stage.user.open_bill(&stage.scrip, &stage.account, json!({})).await;
    all.push(stage.follow("a bill without items expires", 8, 1, "PT2H2M").await);
    let look = stage.scrip.log().invocations().into_iter().rfind(|one| one.operation == "start-due");
    let look = look.expect("a look").read_half_units;

    let stage = Stage::new().await;
    let bill = stage.user.open_bill(&stage.scrip, &stage.account, json!({})).await;
    let terminal = stage.shop.terminal(&stage.scrip).await;
    bill.add(&stage.scrip, &terminal, 1, 100).await.expect(201);
    all.push(stage.follow("a bill with items goes unpaid", 14, 1, "PT2H30M").await);

    let stage = Stage::new().await;
    stage.authorize(json!({ "valid_for": "PT1H" })).await;
    all.push(stage.follow("an authorization expires, and its code is erased", 12, 1, "PT50H").await);

    for (name, goal, captures) in
        [("a capture is settled alone", 11, 1), ("each of ten captures is settled with the others", 3, 10)]
    {
        let stage = Stage::of(Scrip::start_with_parameters(vec![("SlotShards", ONE_SHARD)]).await).await;
        stage.captures(captures).await;
        all.push(stage.follow(name, goal, captures as u64, "PT31M").await);
    }
    (all, look)
}

#[tokio::test]
async fn every_follow_up_costs_what_it_may() {
    let (all, _) = measured().await;
    for one in &all {
        let (cost, goal) = (one.millidollars(), one.goal_dollars * 1_000);
        println!("{}: {cost} of {goal}", one.name);
        assert!(cost <= goal, "{cost} of {goal}: {one:#?}");
    }
    let [.., alone, ten] = all.as_slice() else { panic!("{all:?}") };
    let more = ten.write_half_units - alone.write_half_units;
    assert!(more * 10 <= CAPTURE_TENTHS * 2 * (ten.items - 1), "{more} half units more");
}
