use crate::api::world::{PIN, SECURE_CODE, World, money};
use scrip_clock::Timestamp;
use scrip_test_support::{Answer, Pos, Scrip, Shop};
use serde_json::{Value, json};

/// A shop in which Otto pays at a point of sale.
pub struct Till {
    pub scrip: Scrip,
    pub shop: Shop,
    pub pos: Pos,
}

impl Till {
    pub async fn open() -> Self {
        let scrip = Scrip::start().await;
        let otto = scrip.user("otto").await;
        otto.set_pin(&scrip, PIN).await;
        let account = scrip.account(&otto, 100_000, "CNY").await;
        otto.authorize_static(&scrip, &account, PIN, SECURE_CODE, json!({})).await.expect(201);
        let shop = scrip.shop("bob", "CNY").await;
        let pos = shop.pos(&scrip).await;
        Self { scrip, shop, pos }
    }

    /// Payments of these amounts, one after the other: their ids.
    pub async fn paid(&self, amounts: &[i64]) -> Vec<String> {
        let mut ids = Vec::new();
        for amount in amounts {
            let paid = self.pos.ask(&self.scrip, "otto", SECURE_CODE, *amount).await.expect(201);
            assert_eq!(paid.body["decision"], "approved", "{}", paid.body);
            ids.push(paid.text("id"));
        }
        ids
    }

    /// Lets time go by until what was paid is settled.
    pub async fn settle(&self) {
        self.scrip.advance("PT31M").await;
    }

    /// What the owner is answered about settlements; `rest` follows the list's path.
    pub async fn ask(&self, rest: &str) -> Answer {
        let owner = self.scrip.user("bob").await;
        self.scrip.get(&owner, &format!("/v1/merchants/{}/settlements{rest}", self.shop.id)).await
    }

    /// The merchant's settlements, newest first.
    pub async fn settlements(&self) -> Vec<Value> {
        self.ask("").await.expect(200).body["items"].as_array().unwrap().clone()
    }
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it advances the clock")]
async fn what_is_captured_in_a_minute_settles_together() {
    let till = Till::open().await;
    assert!(till.settlements().await.is_empty());
    let earlier = till.paid(&[300, 200, 50]).await;
    till.pos.reverse(&till.scrip, &earlier[2]).await.expect(201);
    till.scrip.advance("PT10M").await;
    till.paid(&[40]).await;
    till.settle().await;

    let settlements = till.settlements().await;
    let shown = |settlement: &Value| (settlement["total"].clone(), settlement["count"].clone());
    assert_eq!(
        settlements.iter().map(shown).collect::<Vec<_>>(),
        [(money(40), json!(1)), (money(500), json!(2))]
    );
    for settlement in &settlements {
        let window: Timestamp = settlement["window"].as_str().unwrap().parse().unwrap();
        assert_eq!(window.as_millisecond().rem_euclid(60_000), 0);
    }
    let read = till.pos.read(&till.scrip, &earlier[0]).await.expect(200).body;
    assert_eq!(read["status"], "settled");

    let owner = till.scrip.user("bob").await;
    let told =
        till.scrip.get(&owner, &format!("/v1/notifications?merchant={}", till.shop.id)).await.expect(200);
    let told = told.body["items"].as_array().unwrap().clone();
    let told: Vec<_> = told.iter().filter(|note| note["kind"] == "settlement-paid").collect();
    assert_eq!(
        told.iter().map(|note| &note["settlement"]).collect::<Vec<_>>(),
        [&settlements[0]["id"], &settlements[1]["id"],]
    );
    assert_eq!((&told[1]["total"], &told[1]["count"]), (&money(500), &json!(2)));
    till.scrip.check_books().await;
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it advances the clock")]
async fn pages_leave_no_settlement_out() {
    let till = Till::open().await;
    for amount in 1..=5 {
        till.paid(&[amount]).await;
        till.scrip.advance("PT1M").await;
    }
    till.settle().await;
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let page = till.ask(&format!("?limit=2{after}")).await.expect(200).body;
        found.extend(
            page["items"].as_array().unwrap().iter().map(|one| one["total"]["amount"].as_i64().unwrap()),
        );
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
        assert!(found.len() <= 5);
    }
    assert_eq!(found, [5, 4, 3, 2, 1]);
    till.ask("?after=%00").await.refused("list-settlements", 400, "invalid-cursor");
}

#[tokio::test]
async fn strangers_see_no_settlements() {
    let world = World::start().await;
    let path = format!("/v1/merchants/{}/settlements", world.shop.id);
    world.scrip.get(&world.mallory, &path).await.refused("list-settlements", 404, "not-found");
    world.scrip.get(&world.olga, &path).await.refused("list-settlements", 403, "wrong-role");
}
