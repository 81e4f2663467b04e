//! A system with a user who has money, two shops, and faults to be planned.
#![cfg_attr(
    feature = "deployed",
    allow(dead_code, reason = "faults are planned in the embedded platform alone")
)]

use scrip_clock::{SignedDuration, Timestamp};
use scrip_states_language::{Branch, Status};
use scrip_test_support::{Bill, Execution, Faults, Scrip, Shop, Terminal, User};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The shortest time that a clock tells.
const MOMENT: SignedDuration = SignedDuration::from_secs(1);
pub(crate) const PIN: &str = "493817";
const FUNDS: i64 = 10_000;

pub(crate) struct Scene {
    pub(crate) scrip: Scrip,
    pub(crate) faults: Faults,
    pub(crate) account: String,
    pub(crate) shops: [(Shop, Terminal); 2],
}

/// What a system has taken of its machines.
#[derive(Default)]
pub(crate) struct Taken {
    /// Machine and way out of a state.
    pub(crate) branches: BTreeSet<(String, Branch)>,
    /// Functions that were invoked again after they had failed in a way that may mend.
    pub(crate) retried: BTreeSet<&'static str>,
}

#[cfg(not(feature = "deployed"))]
impl Taken {
    pub(crate) fn add(&mut self, more: Self) {
        self.branches.extend(more.branches);
        self.retried.extend(more.retried);
    }
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
        let alice = scrip.user("alice").await;
        alice.set_pin(&scrip, PIN).await;
        let account = scrip.account(&alice, FUNDS, "CNY").await;
        let (tea, books) = (scrip.shop("bob", "CNY").await, scrip.shop("carol", "CNY").await);
        let terminals = (tea.terminal(&scrip).await, books.terminal(&scrip).await);
        Self { scrip, faults, account, shops: [(tea, terminals.0), (books, terminals.1)] }
    }

    pub(crate) async fn end(self) -> Taken {
        if self.scrip.is_deployed() {
            return Taken::default();
        }
        let branches = self.scrip.running().engine().states_taken().expect("the engine tells");
        let retried = self.faults.retried().into_iter().collect();
        self.scrip.stop().await;
        Taken { branches, retried }
    }

    /// The user, with a token that holds now.
    pub(crate) async fn alice(&self) -> User {
        self.scrip.user("alice").await
    }

    pub(crate) async fn open(&self, terms: Value) -> Bill {
        self.alice().await.open_bill(&self.scrip, &self.account, terms).await
    }

    /// Opens a bill on which both shops put something: 2,500 and 300.
    pub(crate) async fn open_with_items(&self, terms: Value) -> Bill {
        let bill = self.open(terms).await;
        bill.add(&self.scrip, &self.shops[0].1, 2, 1_250).await.expect(201);
        bill.add(&self.scrip, &self.shops[1].1, 1, 300).await.expect(201);
        bill
    }

    /// The user verifies what the bill asks for now.
    pub(crate) async fn verify(&self, bill: &Bill) {
        let alice = self.alice().await;
        let request = bill.read(&self.scrip, &alice).await["verification_request"].clone();
        let request = request.as_str().expect("a verification request");
        bill.verify(&self.scrip, &alice, request, PIN).await.expect(200);
    }

    pub(crate) async fn status(&self, bill: &Bill) -> String {
        bill.status(&self.scrip, &self.alice().await).await
    }

    /// What the user was told of a bill, the kinds, oldest first.
    pub(crate) async fn told_user(&self, bill: &Bill) -> Vec<String> {
        self.told(&self.alice().await, "/v1/notifications", bill).await
    }

    /// What each shop was told of a bill.
    pub(crate) async fn told_shops(&self, bill: &Bill) -> Vec<Vec<String>> {
        let mut told = Vec::new();
        for (shop, _) in &self.shops {
            let owner = self.scrip.user(&shop.owner.id).await;
            told.push(self.told(&owner, &format!("/v1/notifications?merchant={}", shop.id), bill).await);
        }
        told
    }

    async fn told(&self, reader: &User, path: &str, bill: &Bill) -> Vec<String> {
        let page = self.scrip.get(reader, path).await.expect(200).body;
        assert_eq!(page["next"], Value::Null, "one page holds them all");
        let notes = page["items"].as_array().expect("items").iter().rev();
        let of_bill = notes.filter(|note| note["bill"] == bill.id.as_str());
        of_bill.map(|note| note["kind"].as_str().expect("a kind").to_owned()).collect()
    }

    pub(crate) async fn advance(&self, period: &str) {
        self.scrip.advance(period).await;
    }

    /// The newest execution of an item.
    pub(crate) async fn execution_of(&self, machine: &str, id: &str) -> Execution {
        self.scrip.execution(machine, id).await.expect("an execution")
    }

    /// When a bill's time is over.
    pub(crate) async fn until(&self, bill: &Bill) -> Timestamp {
        bill.deadline(&self.scrip, &self.alice().await).await
    }

    /// Requires that a bill stands so until this moment, for which it waits. Where time passes by itself, nobody can look
    /// just before it.
    pub(crate) async fn stands_before(&self, moment: Timestamp, bill: &Bill, status: &str) {
        if !self.scrip.is_deployed() {
            self.scrip.reach(moment - MOMENT).await;
            assert_eq!(self.status(bill).await, status);
            let due = self.scrip.due(&bill.id).await;
            assert_eq!(due.iter().map(|due| &due["at"]).collect::<Vec<_>>(), [&json!(moment)]);
        }
    }

    /// Requires that a bill stands so, at once or as soon as a deployed system has done what is due.
    pub(crate) async fn expect_status(&self, bill: &Bill, status: &str) {
        let stands = async || (self.status(bill).await == status).then_some(());
        self.scrip.soon(&format!("a bill that is {status}"), stands).await;
    }

    /// Requires that a bill waits for nothing any more.
    pub(crate) async fn expect_nothing_due(&self, bill: &Bill) {
        if !self.scrip.is_deployed() {
            assert!(self.scrip.due(&bill.id).await.is_empty());
        }
    }

    /// Requires that nothing was started for a bill, and nothing will be.
    pub(crate) async fn expect_left_alone(&self, bill: &Bill) {
        self.expect_no_start("bill-expiry", &bill.id).await;
    }

    /// Requires that nothing was started for an item, and nothing will be.
    pub(crate) async fn expect_no_start(&self, machine: &str, id: &str) {
        if !self.scrip.is_deployed() {
            assert!(self.scrip.due(id).await.is_empty());
            assert!(self.scrip.execution(machine, id).await.is_none());
        }
    }

    /// Requires that the user has been told of a bill, these kinds and no others, at once or as soon as a deployed system
    /// has done what is due.
    pub(crate) async fn expect_told_user(&self, bill: &Bill, kinds: &[&str]) {
        let told = async || (self.told_user(bill).await == kinds).then_some(());
        self.scrip.soon(&format!("a user who was told {kinds:?}"), told).await;
    }

    /// Requires that a bill's newest execution has ended with this outcome, through this last state. AWS describes no
    /// execution of an Express machine: there, what became of it stands in the bill alone.
    pub(crate) async fn expect_outcome(&self, bill: &Bill, outcome: &str, last: &str) {
        let output = json!({ "bill": bill.id, "outcome": outcome });
        self.expect_newest("bill-expiry", &bill.id, &output, last).await;
    }

    /// The same of any item of an Express machine.
    pub(crate) async fn expect_newest(&self, machine: &str, id: &str, output: &Value, last: &str) {
        if !self.scrip.is_deployed() {
            self.expect_end(machine, id, output, last).await;
        }
    }

    /// Requires that a bill's newest execution has failed with this error.
    pub(crate) async fn expect_failure(&self, bill: &Bill, error: &str, cause: &str) {
        self.expect_failed("bill-expiry", &bill.id, error, cause).await;
    }

    /// Requires that an execution has ended with this output, through this last state.
    pub(crate) async fn expect_end(&self, machine: &str, name: &str, output: &Value, last: &str) {
        let ended = async || {
            let execution = self.scrip.execution(machine, name).await?;
            (execution.status != Status::Running).then_some(execution)
        };
        let execution = self.scrip.soon("an execution that has ended", ended).await;
        assert_eq!(execution.status, Status::Succeeded, "{execution:?}");
        assert_eq!(execution.output.as_ref(), Some(output));
        assert_eq!(execution.states.last().map(String::as_str), Some(last));
    }

    /// Requires that an execution has failed with this error.
    pub(crate) async fn expect_failed(&self, machine: &str, name: &str, error: &str, cause: &str) {
        let execution = self.execution_of(machine, name).await;
        let failed = (execution.status, execution.error.as_deref());
        assert_eq!(failed, (Status::Failed, Some(error)), "{execution:?}");
        let told = execution.cause.unwrap_or_default();
        assert!(told.contains(cause), "{told}");
    }

    /// How often a function was invoked.
    pub(crate) fn calls(&self, function: &str) -> usize {
        self.faults.events(function).len()
    }
}
