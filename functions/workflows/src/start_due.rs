//! Each minute, what is due is started: of each kind and shard what was due first, a page at a time. What an earlier minute
//! started and is still there was not done: it is put off first, so that it comes again after growing pauses, and lies
//! aside in the end. What this function fails to do stays due, and the next minute finds it.

use crate::Workflows;
use crate::executions::Executions;
use crate::start::Start;
use futures::future::join_all;
use futures::stream::{self, StreamExt};
use scrip_clock::Timestamp;
use scrip_function::{Operation, Outcome, Trigger};
use scrip_refusal::{Failure, SEND_AGAIN};
use scrip_slots::{Due, Kind, Shards, due_by, lying_in};
use scrip_store::{Item, Page, PageRequest, Query, Transaction, Write};
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};
use std::time::{Duration, Instant};

/// How much of a shard is read at once.
const PAGE_ITEMS: u32 = 100;
/// How many pages of a shard one invocation works off at most.
const PAGES_MOST: u32 = 500;
/// How many of a shard are started at the same time.
const STARTS_AT_ONCE: usize = 25;
/// What an invocation keeps of its time for the page that it has begun.
const LAST_PAGE: Duration = Duration::from_secs(5);

pub(crate) fn operation() -> Operation {
    Operation::event("start-due", "Start the workflows of what is due", Trigger::Schedule, start_due)
        .budget(24, 4)
}

/// What the schedule sends; or whoever has mended what made things fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tick {
    start: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum What {
    /// What is due.
    Due,
    /// What was put off in vain for days: it is due again from now on.
    Failed,
}

/// What became of what was due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Started {
    /// How many executions were started.
    started: usize,
    /// How many were put off, as what an earlier start was to do is not done.
    put_off: usize,
    /// How many were put aside.
    failed: usize,
    /// How many could not be started, and are still due.
    left: usize,
}

pub(crate) async fn start_due(workflows: Workflows, tick: Tick) -> Outcome<Started> {
    let context = &workflows.invocation.context;
    let shards = Shards::of(&context.environment)?;
    let mut slots = Vec::new();
    for kind in Kind::ALL {
        let table = context.environment.get(kind.table_variable())?;
        match tick.start {
            What::Due => slots.extend(shards.slots(*kind).map(|slot| (table, slot))),
            What::Failed => slots.push((table, kind.failed_slot())),
        }
    }
    let now = context.clock.now();
    let worked_off = slots.iter().map(|(table, slot)| match tick.start {
        What::Due => workflows.work_off(table, slot, now, None),
        What::Failed => workflows.work_off(table, slot, now, Some(&shards)),
    });
    // A shard that can't be read holds up no other.
    join_all(worked_off).await.into_iter().try_fold(Started::default(), |all, one| Ok(all.and(one?)))
}

impl Workflows {
    /// Works off a slot: starts what is due in it, or has what failed be due again.
    async fn work_off(
        &self,
        table: &str,
        slot: &str,
        now: Timestamp,
        redriven: Option<&Shards>,
    ) -> Result<Started, Failure> {
        let query = if redriven.is_some() { lying_in(table, slot) } else { due_by(table, slot, now) };
        let mut all = Started::default();
        let mut after = None;
        for _ in 0..PAGES_MOST {
            let Page { items, next } = self.read(&query, after).await?;
            let each = items.into_iter().map(|item| async move {
                match redriven {
                    Some(shards) => self.redrive(table, item, shards, now).await,
                    None => self.start_one(table, item, now).await,
                }
            });
            all = stream::iter(each)
                .buffer_unordered(STARTS_AT_ONCE)
                .fold(all, async |all, one| all.and(one))
                .await;
            let is_time_over = Instant::now() + LAST_PAGE >= self.invocation.context.deadline.end();
            match next {
                Some(_) if !is_time_over => after = next,
                _ => break,
            }
        }
        Ok(all)
    }

    async fn read(&self, query: &Query, after: Option<String>) -> Result<Page<Item>, Failure> {
        self.invocation.context.store.page(query, &PageRequest { limit: PAGE_ITEMS, after }).await
    }

    /// Starts what is due, and puts it off before if it was started by an earlier look.
    async fn start_one(&self, table: &str, item: Item, now: Timestamp) -> Started {
        let due = match Due::read(item) {
            Ok(due) => due,
            Err(failure) => return self.left(None, &failure),
        };
        let mut became = Started::default();
        if due.was_started(now) {
            match self.put_off(table, &due, now).await {
                Ok(()) if due.is_given_up() => return Started { failed: 1, ..became },
                Ok(()) => became.put_off = 1,
                Err(Failure::Changed(_)) => return became,
                Err(failure) => return self.left(Some(&due), &failure),
            }
        }
        match Executions::start(self, &start_of(&due)).await {
            Ok(()) => Started { started: 1, ..became },
            Err(failure) => became.and(self.left(Some(&due), &failure)),
        }
    }

    async fn put_off(&self, table: &str, due: &Due, now: Timestamp) -> Result<(), Failure> {
        if due.is_given_up() {
            let detail = format!("{} {}: it was put off in vain for days", due.kind.machine(), due.item);
            self.invocation.note(due.cause.as_deref(), &Failure::broken("given up"), &detail);
        }
        self.write(due.put_off(table, now)?).await
    }

    async fn redrive(&self, table: &str, item: Item, shards: &Shards, now: Timestamp) -> Started {
        let due = match Due::read(item) {
            Ok(due) => due,
            Err(failure) => return self.left(None, &failure),
        };
        match self.write(due.redrive(table, shards, now)).await {
            Ok(()) => Started { put_off: 1, ..Started::default() },
            Err(Failure::Changed(_)) => Started::default(),
            Err(failure) => self.left(Some(&due), &failure),
        }
    }

    /// Writes, unless the item has been ended or moved since the index was read.
    async fn write(&self, write: Write) -> Result<(), Failure> {
        let mut transaction = Transaction::new();
        transaction.require(write, |_| Failure::Changed(SEND_AGAIN));
        self.invocation.context.store.commit(transaction).await.map(|_| ())
    }

    fn left(&self, due: Option<&Due>, failure: &Failure) -> Started {
        let what = due.map_or_else(String::new, |due| format!("{} {}: ", due.kind.machine(), due.item));
        let cause = due.and_then(|due| due.cause.as_deref());
        self.invocation.note(cause, failure, &format!("{what}{failure}"));
        Started { left: 1, ..Started::default() }
    }
}

impl Started {
    fn and(self, other: Self) -> Self {
        Self {
            started: self.started + other.started,
            put_off: self.put_off + other.put_off,
            failed: self.failed + other.failed,
            left: self.left + other.left,
        }
    }
}

/// The execution that is started for what is due: the machine is told which of its moments it is.
fn start_of(due: &Due) -> Start {
    let mut input = Map::new();
    input.insert(due.kind.item().to_owned(), json!(due.item));
    input.insert("moment".to_owned(), json!(due.moment));
    Start { machine: due.kind.machine().to_owned(), name: due.item.clone(), input, cause: due.cause.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scrip_store::{Key, encode};

    #[test]
    fn a_tick_says_what_it_is_for() {
        let read = |event: serde_json::Value| serde_json::from_value::<Tick>(event);
        assert_eq!(read(json!({ "start": "due" })).unwrap().start, What::Due);
        assert_eq!(read(json!({ "start": "failed" })).unwrap().start, What::Failed);
        for event in [json!({}), json!({ "start": "all" }), json!({ "start": "due", "kind": "bill-expiry" })]
        {
            assert!(read(event.clone()).is_err(), "{event}");
        }
    }

    #[test]
    fn a_machine_is_told_for_which_item_and_moment_it_is_started() {
        let entry =
            json!({ "slot": "bill-expiry#0", "due": "1764007200000#grace#bill_1", "slot_cause": "r1" });
        let item = encode(&Key::new("BILL#bill_1", "BILL"), &entry).unwrap();
        let start = start_of(&Due::read(item).unwrap()).checked().unwrap();
        assert_eq!((start.name.as_str(), start.variable().as_str()), ("bill_1", "MACHINE_BILL_EXPIRY"));
        let input: serde_json::Value = serde_json::from_str(&start.execution_input()).unwrap();
        assert_eq!(input, json!({ "bill": "bill_1", "moment": "grace", "cause": "r1" }));
    }

    #[test]
    fn what_became_of_shards_adds_up() {
        let one = Started { started: 1, put_off: 2, failed: 3, left: 4 };
        assert_eq!(
            one.and(one).and(Started::default()),
            Started { started: 2, put_off: 4, failed: 6, left: 8 }
        );
    }
}
