//! One operation, every call that it makes, everything that can happen to that call.

use super::effects::effects;
use super::figures;
use super::told::{Outcome, Told};
use scrip_test_support::{Break, Met, Scrip, Wire};
use serde_json::Value;
use std::pin::pin;

/// How often the same request is sent at once.
const AT_ONCE: usize = 12;
/// How often a request is sent that is told to come again where nothing happens to it: on a machine that is slow, an attempt
/// may take longer than it may take here.
const PATIENCE: usize = 5;

/// What is to be walked over.
pub struct Walk<'a> {
    pub scrip: &'a Scrip,
    pub wire: &'a Wire,
    /// The function whose calls meet faults.
    pub function: &'static str,
    /// What is done, for messages.
    pub name: &'a str,
    /// Whether the books are whole, so that an audit of them must find nothing.
    pub audited: bool,
}

/// What the request comes to when nothing happens to it.
struct Clean {
    /// What can happen to each call.
    calls: Vec<Vec<Break>>,
    told: Told,
    effects: Vec<Value>,
}

impl Walk<'_> {
    /// Sends a request again and again, each time from the same state, and once for good. `send` makes the same request for
    /// the same number. How many faults it met.
    pub async fn over(&self, send: impl AsyncFn(usize) -> Told) -> usize {
        self.scrip.settle().await;
        self.wire.mark();
        let clean = self.clean(&send).await;
        let (mut runs, mut faults) = (1, 0);
        for (place, possible) in clean.calls.iter().enumerate() {
            for fault in possible {
                runs += 1;
                let met = self.meet(&send, &clean, runs, place + 1, *fault).await;
                faults += usize::from(met == Met::Happened);
            }
        }
        runs += 1;
        self.all_at_once(&send, &clean, runs).await;
        send(runs + 2).await;
        self.scrip.settle().await;
        self.audit("all of it").await;
        figures::count(clean.calls.len(), faults);
        faults
    }

    async fn clean(&self, send: &impl AsyncFn(usize) -> Told) -> Clean {
        self.wire.note(self.function);
        let mut told = send(0).await;
        let mut calls = self.wire.noted();
        for _ in 1..PATIENCE {
            if told.outcome == Outcome::Busy {
                self.undo().await;
                self.wire.note(self.function);
                told = send(0).await;
                calls = self.wire.noted();
            }
        }
        assert!(matches!(told.outcome, Outcome::Answer(_)), "{}: {told:?}", self.name);
        let effects = self.effects().await;
        let again = self.again(send, 0).await;
        assert_eq!(again, told, "{}: sent again", self.name);
        self.expect_effects(&effects, "sent again").await;
        self.undo().await;
        Clean { calls, told, effects }
    }

    async fn meet(
        &self,
        send: &impl AsyncFn(usize) -> Told,
        clean: &Clean,
        run: usize,
        call: usize,
        fault: Break,
    ) -> Met {
        let what = format!("{}, {fault:?} at call {call}", self.name);
        self.wire.plan(self.function, call, fault);
        let all_told = self.told(send, run, fault).await;
        let met = self.wire.met();
        if met == Met::Happened {
            for told in all_told {
                let is_right = match told.outcome {
                    Outcome::Busy => true,
                    Outcome::Broken => fault.is_end(),
                    Outcome::Answer(_) => told == clean.told,
                };
                assert!(is_right, "{what}: {told:#?} instead of {:#?}", clean.told);
            }
            self.scrip.settle().await;
            let again = self.again(send, run).await;
            assert_eq!(again, clean.told, "{what}: sent again");
            self.expect_effects(&clean.effects, &what).await;
            if matches!(fault, Break::LoseAnswer | Break::DieAfter) && !clean.effects.is_empty() {
                self.audit(&what).await;
            }
        }
        self.undo().await;
        met
    }

    /// What the request is told; and what it is told that came in between, where that is planned.
    async fn told(&self, send: &impl AsyncFn(usize) -> Told, run: usize, fault: Break) -> Vec<Told> {
        if !fault.is_overtaking() {
            return vec![send(run).await];
        }
        let mut first = pin!(send(run));
        tokio::select! {
            told = &mut first => vec![told],
            () = self.wire.overtaken() => {
                let second = send(run).await;
                self.wire.read_on();
                vec![first.await, second]
            }
        }
    }

    /// The same request many times at the same moment, as by a client that has lost its patience.
    async fn all_at_once(&self, send: &impl AsyncFn(usize) -> Told, clean: &Clean, run: usize) {
        for reading in ["together", "one after the other"] {
            let run = if reading == "together" { run } else { run + 1 };
            let what = format!("{}, {AT_ONCE} at once, read {reading}", self.name);
            if reading != "together" {
                self.wire.plan_all(self.function, Break::Part);
            }
            let all = futures::future::join_all((0..AT_ONCE).map(|_| send(run))).await;
            self.wire.met();
            for told in all {
                let is_right = told.outcome == Outcome::Busy || told == clean.told;
                assert!(is_right, "{what}: {told:#?} instead of {:#?}", clean.told);
            }
            self.scrip.settle().await;
            assert_eq!(self.again(send, run).await, clean.told, "{what}: sent again");
            self.expect_effects(&clean.effects, &what).await;
            self.undo().await;
        }
    }

    /// Sends the request once more; and again while it is told to come again.
    async fn again(&self, send: &impl AsyncFn(usize) -> Told, run: usize) -> Told {
        let mut told = send(run).await;
        for _ in 1..PATIENCE {
            if told.outcome == Outcome::Busy {
                self.scrip.settle().await;
                told = send(run).await;
            }
        }
        told
    }

    async fn effects(&self) -> Vec<Value> {
        self.scrip.settle().await;
        effects(&self.wire.written().await)
    }

    async fn expect_effects(&self, expected: &[Value], what: &str) {
        let found = self.effects().await;
        let missing: Vec<_> = expected.iter().filter(|effect| !found.contains(effect)).collect();
        let more: Vec<_> = found.iter().filter(|effect| !expected.contains(effect)).collect();
        let is_same = missing.is_empty() && more.is_empty() && found.len() == expected.len();
        assert!(is_same, "{}: {what}: missing {missing:#?}, instead {more:#?}", self.name);
    }

    async fn undo(&self) {
        self.scrip.settle().await;
        self.wire.undo().await;
        // What is brought back goes through the streams as well.
        self.scrip.settle().await;
        self.wire.mark();
    }

    async fn audit(&self, what: &str) {
        if !self.audited {
            return;
        }
        let http = reqwest::Client::new();
        let books = scrip_audit::of_platform(&http, self.scrip.base()).await.expect("the books");
        let report = scrip_audit::check(&books);
        assert!(report.is_clean(), "{}: {what}: {report}", self.name);
    }
}
