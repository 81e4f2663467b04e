//! A club whose members share coupons, the third party that confirms their use, and faults to be planned.
#![cfg_attr(
    feature = "deployed",
    allow(dead_code, reason = "faults are planned in the embedded platform alone")
)]

use super::scene::Taken;
use scrip_states_language::Status;
use scrip_test_support::coupons::{Club, MACHINE, Reserved, STORE};
use scrip_test_support::webhooks::{WebhookKey, confirm, confirmation};
use scrip_test_support::{Answer, Execution, Faults, Scrip, User, fresh_key};
use serde_json::{Value, json};

/// What the orders come to.
pub(crate) const TOTAL: i64 = 5_000;

pub(crate) struct Scene {
    pub(crate) club: Club,
    pub(crate) key: WebhookKey,
    pub(crate) faults: Faults,
}

impl Scene {
    pub(crate) async fn begin() -> Self {
        let faults = Faults::new();
        let scrip = if cfg!(feature = "deployed") {
            Scrip::start().await
        } else {
            Scrip::start_with_operations(faults.around(scrip_catalog::operations())).await
        };
        Self::of(scrip, faults).await
    }

    /// The scene in this system, which is new.
    pub(crate) async fn of(scrip: Scrip, faults: Faults) -> Self {
        let club = Club::open_in(scrip, &json!({})).await;
        let key = club.shop.webhook_key(&club.scrip).await;
        Self { club, key, faults }
    }

    pub(crate) fn scrip(&self) -> &Scrip {
        &self.club.scrip
    }

    pub(crate) async fn end(self) -> Taken {
        if self.scrip().is_deployed() {
            return Taken::default();
        }
        let branches = self.scrip().running().engine().states_taken().expect("the engine tells");
        let retried = self.faults.retried().into_iter().collect();
        self.club.scrip.stop().await;
        Taken { branches, retried }
    }

    /// Alice, with a token that holds now.
    pub(crate) async fn alice(&self) -> User {
        self.scrip().user("alice").await
    }

    /// A coupon in Alice's pool that Carol has reserved; both have tokens that hold now.
    pub(crate) async fn reserved(&self) -> Reserved {
        let (scrip, alice) = (self.scrip(), self.alice().await);
        let coupon = alice.taken(scrip, &self.club.campaign).await;
        alice.share(scrip, &coupon).await.expect(201);
        let carol = scrip.user("carol").await;
        let reserved = carol.reserve(scrip, "alice", &coupon).await.expect(201);
        Reserved { coupon, id: reserved.text("id"), code: reserved.text("code") }
    }

    /// Confirms that these codes were used.
    pub(crate) async fn confirm(&self, codes: &[&str]) -> Answer {
        let body = confirmation(&self.key.merchant, codes, TOTAL);
        confirm(self.scrip(), &self.key, &fresh_key(), &body).await.expect(202)
    }

    /// Confirms the use of a shared coupon, and lets what can follow at once follow: the coupon and the confirmation.
    pub(crate) async fn confirmed(&self) -> (Reserved, String) {
        let reserved = self.reserved().await;
        let accepted = self.confirm(&[&reserved.code]).await;
        self.scrip().settle().await;
        (reserved, accepted.text("id"))
    }

    /// The counter verifies a shared coupon that Carol has reserved, which is to be rewarded.
    pub(crate) async fn verified(&self) -> Answer {
        let reserved = self.reserved().await;
        let olga = self.scrip().user("olga").await;
        let verified = olga.verify_order(self.scrip(), STORE, &reserved.code, TOTAL).await.expect(201);
        assert_eq!(verified.body["verdict"], "accepted", "{}", verified.body);
        verified
    }

    /// A confirmation as the merchant's server sees it.
    pub(crate) async fn read(&self, confirmation: &str) -> Value {
        self.club.server.confirmation(self.scrip(), confirmation).await.expect(200).body
    }

    /// The same once it stands so.
    pub(crate) async fn stands(&self, confirmation: &str, status: &str) -> Value {
        self.scrip().settle().await;
        let look = async || {
            let read = self.read(confirmation).await;
            (read["status"] == status).then_some(read)
        };
        self.scrip().soon(&format!("a confirmation that is {status}"), look).await
    }

    /// The coupons of a campaign that Alice holds.
    pub(crate) async fn held_of(&self, campaign: &str) -> Vec<Value> {
        let page = self.scrip().get(&self.alice().await, "/v1/coupons?limit=100").await.expect(200).body;
        assert_eq!(page["next"], Value::Null, "one page holds them all");
        let held = page["items"].as_array().expect("items").iter();
        held.filter(|coupon| coupon["campaign"] == campaign).cloned().collect()
    }

    /// The one coupon that rewards Alice, if there is one.
    pub(crate) async fn reward(&self) -> Option<Value> {
        let mut rewards = self.held_of(&self.club.reward).await;
        assert!(rewards.len() <= 1, "one reward: {rewards:?}");
        rewards.pop()
    }

    pub(crate) async fn execution(&self, redemption: &str) -> Execution {
        self.scrip().execution(MACHINE, redemption).await.expect("an execution")
    }

    /// Requires that the follow-up of a redemption has ended with this outcome, through this last state. AWS describes no
    /// execution of an Express machine: there, the last thing that it does is seen.
    pub(crate) async fn expect_end(&self, redemption: &str, outcome: &str, last: &str) {
        if self.scrip().is_deployed() {
            let owner = self.scrip().user("bob").await;
            let query = format!("?merchant={}", self.club.shop.id);
            let told = async || (!self.told(&owner, &query, redemption).await.is_empty()).then_some(());
            return self.scrip().soon("a merchant who was told", told).await;
        }
        let ended = async || {
            let execution = self.scrip().execution(MACHINE, redemption).await?;
            (execution.status != Status::Running).then_some(execution)
        };
        let execution = self.scrip().soon("an execution that has ended", ended).await;
        assert_eq!(execution.status, Status::Succeeded, "{execution:?}");
        assert_eq!(execution.output, Some(json!({ "redemption": redemption, "outcome": outcome })));
        assert_eq!(execution.states.last().map(String::as_str), Some(last));
    }

    /// Requires that nothing is left to be done for a redemption.
    pub(crate) async fn expect_nothing_due(&self, redemption: &str) {
        if !self.scrip().is_deployed() {
            assert!(self.scrip().due(redemption).await.is_empty());
        }
    }

    /// Requires that the follow-up of a redemption has failed with this error.
    pub(crate) async fn expect_failed(&self, redemption: &str, error: &str, cause: &str) {
        let execution = self.execution(redemption).await;
        let failed = (execution.status, execution.error.as_deref());
        assert_eq!(failed, (Status::Failed, Some(error)), "{execution:?}");
        let told = execution.cause.unwrap_or_default();
        assert!(told.contains(cause), "{told}");
    }

    /// What somebody was told of a redemption, the kinds, oldest first.
    async fn told(&self, reader: &User, query: &str, redemption: &str) -> Vec<String> {
        let page = self.scrip().get(reader, &format!("/v1/notifications{query}")).await.expect(200).body;
        let is_of_it = |note: &&Value| {
            ["redemption", "confirmation", "verification"].iter().any(|name| note[*name] == redemption)
        };
        let notes = page["items"].as_array().expect("items").iter().rev().filter(is_of_it);
        notes.map(|note| note["kind"].as_str().expect("a kind").to_owned()).collect()
    }

    /// Requires that Alice, Carol and the merchant were told just this.
    pub(crate) async fn expect_told(&self, redemption: &str, kinds: [&[&str]; 3]) {
        for (name, kinds) in [("alice", kinds[0]), ("carol", kinds[1])] {
            let user = self.scrip().user(name).await;
            assert_eq!(self.told(&user, "", redemption).await, kinds, "{name}");
        }
        let owner = self.scrip().user("bob").await;
        let query = format!("?merchant={}", self.club.shop.id);
        assert_eq!(self.told(&owner, &query, redemption).await, kinds[2]);
    }

    /// How often a function was invoked.
    pub(crate) fn calls(&self, function: &str) -> usize {
        self.faults.events(function).len()
    }
}
