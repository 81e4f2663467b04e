//! Any order of sends, receives, deletes, waits and restarts: no message is lost, none comes back once deleted, and
//! none is delivered while it is hidden.

use crate::bench::{Bench, text, url, work_and_dead};
use proptest::prelude::*;
use serde_json::json;
use std::collections::HashMap;

const MAX_RECEIVE_COUNT: u32 = 2;
const QUEUES: [&str; 2] = ["work", "dead"];

#[derive(Clone, Debug)]
enum Step {
    Send { delay: i64 },
    Receive { queue: usize, messages: u32, hidden: i64 },
    Delete { handle: prop::sample::Index },
    Hide { handle: prop::sample::Index, hidden: i64 },
    Advance { seconds: i64 },
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => prop_oneof![Just(0), 1..60_i64].prop_map(|delay| Step::Send { delay }),
        6 => (prop_oneof![3 => Just(0_usize), 1 => Just(1)], 1..=10_u32, 0..90_i64)
            .prop_map(|(queue, messages, hidden)| Step::Receive { queue, messages, hidden }),
        4 => any::<prop::sample::Index>().prop_map(|handle| Step::Delete { handle }),
        1 => (any::<prop::sample::Index>(), 0..90_i64).prop_map(|(handle, hidden)| Step::Hide { handle, hidden }),
        3 => (1..60_i64).prop_map(|seconds| Step::Advance { seconds }),
        1 => Just(Step::Reopen),
    ]
}

/// What a message must be. Real time passes during a test as well, so the model knows when a message is surely
/// hidden (`hidden_until`), and takes from the queues themselves what it can't know: a receipt that may have been
/// voided by the move to the other queue is not used.
struct Expected {
    is_deleted: bool,
    hidden_until: i64,
    handle: Option<String>,
    receives_here: u32,
    queue: usize,
}

struct Model {
    bench: Bench,
    messages: HashMap<String, Expected>,
    handles: Vec<(usize, String, String)>,
}

impl Model {
    fn now(&self) -> i64 {
        self.bench.clock.now().as_millisecond()
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Send { delay } => self.send(delay),
            Step::Receive { queue, messages, hidden } => drop(self.receive(queue, messages, hidden)),
            Step::Delete { ref handle } if !self.handles.is_empty() => {
                let (queue, id, handle) = handle.get(&self.handles).clone();
                self.delete(queue, &id, &handle);
            }
            Step::Hide { ref handle, hidden } if !self.handles.is_empty() => {
                let (queue, id, handle) = handle.get(&self.handles).clone();
                self.hide(queue, &id, &handle, hidden);
            }
            Step::Delete { .. } | Step::Hide { .. } => {}
            Step::Advance { seconds } => self.bench.advance(seconds),
            Step::Reopen => self.bench.reopen(),
        }
    }

    fn send(&mut self, delay: i64) {
        let hidden_until = self.now() + delay * 1_000;
        let request = json!({"QueueUrl": url("work"), "MessageBody": "x", "DelaySeconds": delay});
        let id = text(&self.bench.call("SendMessage", &request), "MessageId");
        let expected = Expected { is_deleted: false, hidden_until, handle: None, receives_here: 0, queue: 0 };
        assert!(self.messages.insert(id, expected).is_none(), "ids are unique");
    }

    fn receive(&mut self, queue: usize, messages: u32, hidden: i64) -> usize {
        let before = self.now();
        let request = json!({
            "QueueUrl": url(QUEUES[queue]),
            "MaxNumberOfMessages": messages,
            "VisibilityTimeout": hidden,
        });
        let answer = self.bench.call("ReceiveMessage", &request);
        let after = self.now();
        let received = answer["Messages"].as_array().cloned().unwrap_or_default();
        for message in &received {
            let id = text(message, "MessageId");
            let handle = text(message, "ReceiptHandle");
            let expected = self.messages.get_mut(&id).expect("it was sent");
            assert!(!expected.is_deleted, "{id} was deleted");
            assert!(expected.hidden_until <= after, "{id} was hidden");
            if expected.queue != queue {
                assert!(
                    queue == 1 && expected.receives_here >= MAX_RECEIVE_COUNT,
                    "{id} went aside too early"
                );
                (expected.queue, expected.receives_here) = (queue, 0);
            }
            expected.receives_here += 1;
            assert!(queue == 1 || expected.receives_here <= MAX_RECEIVE_COUNT, "{id} was received too often");
            expected.hidden_until = before + hidden * 1_000;
            expected.handle = Some(handle.clone());
            self.handles.push((queue, id, handle));
        }
        received.len()
    }

    /// Whether the receipt surely holds, surely does not, or can't be known because the message may have moved.
    fn holds(&self, queue: usize, id: &str, handle: &str) -> Option<bool> {
        let expected = &self.messages[id];
        if expected.is_deleted || expected.handle.as_deref() != Some(handle) || expected.queue != queue {
            return Some(false);
        }
        let may_have_moved = queue == 0 && expected.receives_here >= MAX_RECEIVE_COUNT;
        (!may_have_moved || expected.hidden_until > self.now() + 1_000).then_some(true)
    }

    fn delete(&mut self, queue: usize, id: &str, handle: &str) {
        let Some(holds) = self.holds(queue, id, handle) else { return };
        self.bench.call("DeleteMessage", &json!({"QueueUrl": url(QUEUES[queue]), "ReceiptHandle": handle}));
        self.messages.get_mut(id).unwrap().is_deleted |= holds;
    }

    fn hide(&mut self, queue: usize, id: &str, handle: &str, hidden: i64) {
        let Some(holds) = self.holds(queue, id, handle) else { return };
        let before = self.now();
        let request =
            json!({"QueueUrl": url(QUEUES[queue]), "ReceiptHandle": handle, "VisibilityTimeout": hidden});
        let (status, answer) = self.bench.answer("ChangeMessageVisibility", &request);
        assert!(holds || status == 400, "{answer}");
        if status == 200 {
            self.messages.get_mut(id).unwrap().hidden_until = before + hidden * 1_000;
        }
    }

    /// Everything that is left is delivered, and nothing after it was deleted.
    fn drain(&mut self) {
        self.bench.advance(3_600);
        for queue in [0, 1] {
            while self.receive(queue, 10, 600) > 0 {}
        }
        for (queue, id, handle) in self.handles.clone() {
            self.delete(queue, &id, &handle);
        }
        self.bench.advance(3_600);
        assert_eq!((self.receive(0, 10, 600), self.receive(1, 10, 600)), (0, 0));
        let lost: Vec<_> = self.messages.iter().filter(|(_, expected)| !expected.is_deleted).collect();
        assert!(lost.is_empty(), "lost {:?}", lost.iter().map(|(id, _)| id).collect::<Vec<_>>());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]

    #[test]
    fn nothing_is_lost_and_nothing_comes_back(steps in prop::collection::vec(step(), 1..60)) {
        let bench = Bench::new(work_and_dead(MAX_RECEIVE_COUNT));
        let mut model = Model { bench, messages: HashMap::new(), handles: Vec::new() };
        for step in &steps {
            model.take(step);
        }
        model.drain();
    }
}
