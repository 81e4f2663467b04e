//! Tasks, jobs and what starts them: each is kept from its event, and then handed it again and again.

use super::told::{Outcome, Told};
use super::walk::Walk;
use super::{TESTS as ALL_TESTS, figures, wired};
use crate::workflows::offline::time;
use crate::workflows::{coupons, scene::Scene};
use scrip_clock::SignedDuration;
use scrip_test_support::coupons::MACHINE;
use scrip_test_support::{Fault, Faults, Scrip, Wire};
use serde_json::{Value, json};

/// So that all that waits for a start is tried again.
const RETRIED: &str = "PT10M";
const AT_ONCE: SignedDuration = SignedDuration::ZERO;
/// What was put off, and not started after that, comes again within this time.
const PAUSE: SignedDuration = SignedDuration::from_mins(10);
/// Until what is not finished is started by its slot.
const SECOND_CHANCE: &str = "PT35M";
/// More starts than a walk makes.
const ALL: usize = 1_000;

macro_rules! walks {
    ($($function:literal: $($scenario:ident)+;)+) => {
        /// The functions that are walked over here.
        pub const WALKED: &[&str] = &[$($function),+];
        /// How many tests do so.
        pub const TESTS: usize = [$($(stringify!($scenario)),+),+].len();

        $($(#[tokio::test]
        async fn $scenario() {
            scenario::$scenario($function).await;
            figures::done(ALL_TESTS);
        })+)+
    };
}

walks! {
    "expire-bill": an_empty_bill_expires a_bill_with_items_asks_for_its_verification;
    "lapse-bill": an_unanswered_bill_lapses;
    "settle-captures": a_capture_is_settled a_further_page_is_settled a_settlement_without_a_last_page_is_told;
    "compensate-pos-transaction": a_capture_goes_back;
    "expire-authorization": an_authorization_expires;
    "erase-authorization-secret": a_secret_is_erased;
    "work-pos-batch": a_batch_is_worked_on a_batch_in_which_sales_wait;
    "work-confirmation": a_confirmation_is_taken_up;
    "redeem-confirmation": a_confirmation_is_redeemed;
    "reward-redemption": a_redemption_is_rewarded;
    "notify-redemption": a_redemption_is_told_of;
    "tend-payment-request": a_request_is_announced a_request_is_reminded_of a_request_expires;
    "start-due": what_is_due_is_started what_was_started_in_vain_is_put_off what_settles_together_is_started;
    "start-workflows": a_workflow_is_started;
    "retry-workflows": a_workflow_is_started_later;
}

/// A function, and the event that it was kept from.
pub(super) struct Kept<'a> {
    scrip: &'a Scrip,
    wire: &'a Wire,
    faults: Faults,
    function: &'static str,
    event: Value,
}

impl<'a> Kept<'a> {
    pub(super) fn of(scrip: &'a Scrip, wire: &'a Wire, faults: Faults, function: &'static str) -> Self {
        let event = faults.events(function).pop().expect("it was sent something");
        Self { scrip, wire, faults, function, event }
    }

    async fn hand(&self, event: Value) -> Told {
        let answer = self.faults.send_again(&scrip_catalog::operations(), self.function, event).await;
        Told::of_event(answer)
    }

    pub(super) async fn walk(&self) {
        self.over(async |_| self.hand(self.event.clone()).await).await;
    }

    /// Its execution has failed for want of this very task, so the books are not whole.
    async fn over(&self, send: impl AsyncFn(usize) -> Told) {
        let Self { scrip, wire, function, .. } = *self;
        let walk = Walk { scrip, wire, function, name: function, audited: false };
        assert!(walk.over(send).await > 0, "{function} met no fault");
        scrip.check_books().await;
    }
}

mod scenario {
    use super::{
        ALL, AT_ONCE, Fault, Kept, MACHINE, Outcome, PAUSE, RETRIED, SECOND_CHANCE, Scene, SignedDuration,
        Told, Value, Wire, coupons, json, time, wired,
    };
    pub(super) use crate::faults::tended::{
        a_request_expires, a_request_is_announced, a_request_is_reminded_of,
    };
    use crate::faults::wrong_code;
    use aws_sdk_dynamodb::Client;
    use aws_sdk_dynamodb::types::AttributeValue;
    use scrip_store::Item;
    use scrip_test_support::{Answer, fresh_key};

    type Function = &'static str;

    async fn scene() -> (Wire, Scene) {
        let (wire, faults, scrip) = wired().await;
        (wire, Scene::of(scrip, faults).await)
    }

    async fn club() -> (Wire, coupons::Scene) {
        let (wire, faults, scrip) = wired().await;
        (wire, coupons::Scene::of(scrip, faults).await)
    }

    fn kept<'a>(scene: &'a Scene, wire: &'a Wire, function: Function) -> Kept<'a> {
        Kept::of(&scene.scrip, wire, scene.faults, function)
    }

    fn kept_of<'a>(scene: &'a coupons::Scene, wire: &'a Wire, function: Function) -> Kept<'a> {
        Kept::of(scene.scrip(), wire, scene.faults, function)
    }

    fn none_failed() -> Fault {
        Fault::Answer(json!({ "batchItemFailures": [] }))
    }

    pub(super) async fn an_empty_bill_expires(function: Function) {
        let (wire, scene) = scene().await;
        scene.open(json!({})).await;
        scene.faults.plan(function, [Fault::Broken]);
        scene.advance("PT2H").await;
        kept(&scene, &wire, function).walk().await;
    }

    pub(super) async fn a_bill_with_items_asks_for_its_verification(function: Function) {
        let (wire, scene) = scene().await;
        scene.open_with_items(json!({})).await;
        scene.faults.plan(function, [Fault::Broken]);
        scene.advance("PT2H").await;
        kept(&scene, &wire, function).walk().await;
    }

    pub(super) async fn an_unanswered_bill_lapses(function: Function) {
        let (wire, scene) = scene().await;
        scene.open_with_items(json!({})).await;
        scene.faults.plan(function, [Fault::Broken]);
        scene.advance("PT2H15M").await;
        kept(&scene, &wire, function).walk().await;
    }

    pub(super) async fn a_capture_is_settled(function: Function) {
        let (wire, scene) = scene().await;
        let (_, paid) = scene.captured().await;
        scene.faults.plan(function, [Fault::Broken]);
        scene.scrip.reach(time(&paid.body, "settles_at")).await;
        kept(&scene, &wire, function).walk().await;
    }

    /// What the table of offline payments holds.
    async fn stored(scene: &Scene, key: [String; 2]) -> Item {
        let [pk, sk] = key.map(AttributeValue::S);
        let get =
            Client::new(&scene.scrip.aws()).get_item().table_name(scene.scrip.table("OfflineTable").await);
        get.key("pk", pk).key("sk", sk).send().await.expect("an answer").item.expect("an item")
    }

    async fn store(scene: &Scene, item: Item) {
        let put =
            Client::new(&scene.scrip.aws()).put_item().table_name(scene.scrip.table("OfflineTable").await);
        put.set_item(Some(item)).send().await.expect("it is stored");
    }

    /// A page that comes after another one, as where the index lags behind.
    pub(super) async fn a_further_page_is_settled(function: Function) {
        let (wire, scene) = scene().await;
        let (pos, first) = scene.captured().await;
        let later = scene.pay(&pos, "order-2", 300).await;
        let key = |paid: &Answer| [format!("POS#{}", paid.text("id")), "TRANSACTION".to_owned()];
        let slot = stored(&scene, key(&first)).await["slot"].clone();
        let mut waiting = stored(&scene, key(&later)).await;
        waiting.insert("slot".to_owned(), slot);
        let mut unseen = waiting.clone();
        unseen.retain(|name, _| !["slot", "due"].contains(&name.as_str()));
        store(&scene, unseen).await;
        scene.scrip.reach(time(&first.body, "settles_at")).await;
        store(&scene, waiting).await;
        kept(&scene, &wire, function).walk().await;
    }

    /// The last captures of a settlement were reversed after its other pages were paid.
    pub(super) async fn a_settlement_without_a_last_page_is_told(function: Function) {
        let (wire, scene) = scene().await;
        let (_, paid) = scene.captured().await;
        scene.scrip.reach(time(&paid.body, "settles_at")).await;
        let owner = scene.scrip.user("bob").await;
        let shop = &scene.shops[0].0.id;
        let list =
            scene.scrip.get(&owner, &format!("/v1/merchants/{shop}/settlements")).await.expect(200).body;
        let id = list["items"][0]["id"].as_str().expect("a settlement").to_owned();
        let mut settlement = stored(&scene, [format!("SETTLEMENTS#{shop}"), id]).await;
        assert_eq!(
            settlement.insert("told".to_owned(), AttributeValue::Bool(false)),
            Some(AttributeValue::Bool(true))
        );
        store(&scene, settlement).await;
        kept(&scene, &wire, function).walk().await;
    }

    pub(super) async fn a_capture_goes_back(function: Function) {
        let (wire, scene) = scene().await;
        let (_, paid) = scene.captured().await;
        let closed = json!({ "outcome": "account_closed", "captures": [paid.text("id")] });
        scene.faults.plan("settle-captures", [Fault::Answer(closed)]);
        scene.faults.plan(function, [Fault::Broken]);
        scene.scrip.reach(time(&paid.body, "settles_at")).await;
        kept(&scene, &wire, function).walk().await;
    }

    pub(super) async fn an_authorization_expires(function: Function) {
        let (wire, scene) = scene().await;
        scene.authorize(json!({ "reserve": true })).await;
        scene.faults.plan(function, [Fault::Broken]);
        scene.advance("PT1H").await;
        kept(&scene, &wire, function).walk().await;
    }

    pub(super) async fn a_secret_is_erased(function: Function) {
        let (wire, scene) = scene().await;
        scene.authorize(json!({ "reserve": true })).await;
        scene.faults.plan(function, [Fault::Broken]);
        scene.advance("PT49H").await;
        kept(&scene, &wire, function).walk().await;
    }

    /// One is paid, one asks for more than is allowed, one has a wrong code.
    pub(super) async fn a_batch_is_worked_on(function: Function) {
        let (wire, scene) = scene().await;
        scene.authorize(json!({})).await;
        let pos = scene.pos().await;
        let now = scene.scrip.now().await.to_string();
        let mut stored =
            [100, 3_000, 200].map(|amount| crate::workflows::offline::order_of(&fresh_key(), amount));
        stored[2]["secure_code"] = json!("581930274615");
        for order in &mut stored {
            order["occurred_at"] = json!(now);
        }
        scene.faults.plan(function, [none_failed()]);
        pos.hand_over(&scene.scrip, json!(stored)).await.expect(202);
        scene.scrip.settle().await;
        kept(&scene, &wire, function).walk().await;
    }

    /// One is paid, then so many have wrong codes that a right one has to wait, and so has what is yet to occur.
    pub(super) async fn a_batch_in_which_sales_wait(function: Function) {
        let (wire, scene) = scene().await;
        scene.authorize(json!({})).await;
        let pos = scene.pos().await;
        let now = scene.scrip.now().await;
        let order = |place: i64| crate::workflows::offline::order_of(&fresh_key(), 100 + place);
        let mut stored: Vec<Value> = (0..8).map(order).collect();
        for (place, order) in stored.iter_mut().enumerate() {
            let ahead = SignedDuration::from_mins(if place == 7 { 10 } else { 0 });
            order["occurred_at"] = json!((now + ahead).to_string());
            if (1..6).contains(&place) {
                order["secure_code"] = json!("581930274615");
            }
        }
        scene.faults.plan(function, [none_failed()]);
        pos.hand_over(&scene.scrip, json!(stored)).await.expect(202);
        scene.scrip.settle().await;
        kept(&scene, &wire, function).walk().await;
    }

    /// What follows from it does not take place, so that each time is as the first.
    pub(super) async fn a_confirmation_is_taken_up(function: Function) {
        let (wire, scene) = club().await;
        let reserved = scene.reserved().await;
        scene.faults.plan(function, [none_failed()]);
        scene.faults.plan("redeem-confirmation", vec![Fault::Broken; ALL]);
        scene.confirm(&[&reserved.code]).await;
        scene.scrip().settle().await;
        kept_of(&scene, &wire, function).walk().await;
    }

    /// Two codes, of which one is wrong.
    pub(super) async fn a_confirmation_is_redeemed(function: Function) {
        let (wire, scene) = club().await;
        let (right, wrong) = (scene.reserved().await, scene.reserved().await);
        scene.faults.plan(function, [Fault::Broken]);
        let wrong = wrong_code(&wrong.code);
        scene.confirm(&[&right.code, &wrong]).await;
        scene.scrip().settle().await;
        kept_of(&scene, &wire, function).walk().await;
    }

    pub(super) async fn a_redemption_is_rewarded(function: Function) {
        let (wire, scene) = club().await;
        scene.faults.plan(function, [Fault::Broken]);
        scene.confirmed().await;
        kept_of(&scene, &wire, function).walk().await;
    }

    pub(super) async fn a_redemption_is_told_of(function: Function) {
        let (wire, scene) = club().await;
        scene.faults.plan(function, [Fault::Broken]);
        scene.confirmed().await;
        kept_of(&scene, &wire, function).walk().await;
    }

    /// Looks for what is due, and tells what became of the item. What could not be started is to come again; what was put off
    /// and not started after that, after this time.
    async fn looks(kept: &Kept<'_>, item: &str, pause: SignedDuration, status: impl AsyncFn() -> String) {
        kept.over(async |_| {
            let told = kept.hand(kept.event.clone()).await;
            kept.scrip.settle().await;
            let mut is_due = !kept.scrip.due(item).await.is_empty();
            if is_due && !pause.is_zero() {
                kept.scrip.running().advance(pause).await.expect("time passes");
                kept.hand(kept.event.clone()).await;
                kept.scrip.settle().await;
                is_due = !kept.scrip.due(item).await.is_empty();
            }
            let outcome = if told.body["left"].as_u64() > Some(0) { Outcome::Busy } else { told.outcome };
            Told { outcome, body: json!({ "is_due": is_due, "status": status().await }) }
        })
        .await;
    }

    pub(super) async fn what_is_due_is_started(function: Function) {
        let (wire, scene) = scene().await;
        let bill = scene.open(json!({})).await;
        scene.faults.plan(function, [Fault::Answer(json!({}))]);
        scene.advance("PT2H").await;
        looks(&kept(&scene, &wire, function), &bill.id, AT_ONCE, async || scene.status(&bill).await).await;
    }

    pub(super) async fn what_was_started_in_vain_is_put_off(function: Function) {
        let (wire, scene) = scene().await;
        let bill = scene.open(json!({})).await;
        // Whatever the schedule invokes does nothing.
        scene.faults.plan(function, vec![Fault::Answer(json!({})); ALL]);
        scene.advance("PT2H1M").await;
        looks(&kept(&scene, &wire, function), &bill.id, PAUSE, async || scene.status(&bill).await).await;
    }

    pub(super) async fn what_settles_together_is_started(function: Function) {
        let (wire, scene) = scene().await;
        let (pos, paid) = scene.captured().await;
        scene.pay(&pos, "order-2", 300).await;
        scene.faults.plan(function, [Fault::Answer(json!({}))]);
        scene.scrip.reach(time(&paid.body, "settles_at")).await;
        let id = paid.text("id");
        let status = async || {
            let read = scene.transaction(&pos, &id).await;
            read["status"].as_str().expect("a status").to_owned()
        };
        looks(&kept(&scene, &wire, function), &id, AT_ONCE, status).await;
    }

    /// Hands over the event with another redemption each time, and tells whether its execution is there in the end.
    async fn starts(kept: &Kept<'_>, item: &str) {
        kept.over(async |run: usize| {
            let name = scrip_store::derive_id("vfy_", &[item, &run.to_string()]);
            let event: Value =
                serde_json::from_str(&kept.event.to_string().replace(item, &name)).expect("an event");
            let told = kept.hand(event).await;
            kept.scrip.advance(RETRIED).await;
            let is_there = kept.scrip.execution(MACHINE, &name).await.is_some();
            Told { body: json!({ "report": told.body, "is_there": is_there }), ..told }
        })
        .await;
    }

    pub(super) async fn a_workflow_is_started(function: Function) {
        let (wire, scene) = club().await;
        scene.faults.plan(function, [none_failed()]);
        let verified = scene.verified().await;
        scene.scrip().advance(SECOND_CHANCE).await;
        starts(&kept_of(&scene, &wire, function), &verified.text("id")).await;
    }

    pub(super) async fn a_workflow_is_started_later(function: Function) {
        let (wire, scene) = club().await;
        scene.faults.plan("start-workflows", [Fault::Without("MACHINE_COUPON_REWARD")]);
        scene.faults.plan(function, [none_failed()]);
        let verified = scene.verified().await;
        scene.scrip().advance(SECOND_CHANCE).await;
        starts(&kept_of(&scene, &wire, function), &verified.text("id")).await;
    }
}
