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
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// How much of a shard is read at once.
const PAGE_ITEMS: u32 = 100;
/// How many pages of a shard one invocation works off at most.
const PAGES_MOST: u32 = 500;
/// How many of a shard are started at the same time.
const STARTS_AT_ONCE: usize = 25;
/// The members of a group's input that say since when its items are due, for when they lie in their slots, and in which.
const WINDOW: &str = "window";
const DUE: &str = "due";
const SLOTS: &str = "slots";
/// What an invocation keeps of its time for the page that it has begun.
const LAST_PAGE: Duration = Duration::from_secs(5);

pub(crate) fn operation() -> Operation {
    Operation::event("start-due", "Start the workflows of what is due", Trigger::Schedule, start_due)
        .budget(88, 8)
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
pub(crate) struct Tally {
    /// How many executions were started.
    started: usize,
    /// How many were put off, as what an earlier start was to do is not done.
    put_off: usize,
    /// How many were put aside.
    failed: usize,
    /// How many could not be started, and are still due.
    left: usize,
}

/// What became of one that was due.
enum Fate {
    Told(Tally),
    /// It is started together with others, once all of them are known.
    Grouped(Group, Tally),
}

/// What is started for several items together.
struct Group {
    start: Start,
    /// Since when the last of them is due.
    since: Timestamp,
    slots: BTreeSet<String>,
}

/// What became of a slot, and what is started for several items of it, and of others, together.
#[derive(Default)]
struct WorkedOff {
    started: Tally,
    groups: BTreeMap<String, Group>,
}

pub(crate) async fn start_due(workflows: Workflows, tick: Tick) -> Outcome<Tally> {
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
    let redriven = (tick.start == What::Failed).then_some(&shards);
    let each = slots.iter().map(|(table, slot)| workflows.work_off(table, slot, now, redriven));
    // A shard that can't be read holds up no other.
    let (mut all, mut unread) = (WorkedOff::default(), None);
    for worked_off in join_all(each).await {
        match worked_off {
            Ok(one) => all.add(one),
            Err(failure) => unread = Some(failure),
        }
    }
    let by = &workflows;
    let groups = all.groups.into_values().map(Group::into_start);
    let groups = groups.map(|start| async move { by.start_one(&start, None).await });
    let started = stream::iter(groups).buffer_unordered(STARTS_AT_ONCE);
    let started = started.fold(all.started, async |all, one| all.and(one)).await;
    unread.map_or(Ok(started), Err)
}

impl WorkedOff {
    fn add(&mut self, other: Self) {
        self.started = self.started.and(other.started);
        other.groups.into_values().for_each(|group| self.join(group));
    }

    fn with(mut self, fate: Fate) -> Self {
        match fate {
            Fate::Told(started) => self.started = self.started.and(started),
            Fate::Grouped(group, started) => {
                self.started = self.started.and(started);
                self.join(group);
            }
        }
        self
    }

    /// Has the items of a group started together, wherever they lie.
    fn join(&mut self, mut group: Group) {
        match self.groups.get_mut(&group.start.name) {
            Some(joined) => {
                joined.since = joined.since.max(group.since);
                joined.slots.append(&mut group.slots);
            }
            None => {
                self.groups.insert(group.start.name.clone(), group);
            }
        }
    }
}

impl Group {
    fn into_start(mut self) -> Start {
        self.start.input.insert(WINDOW.to_owned(), json!(self.since));
        self.start.input.insert(SLOTS.to_owned(), json!(self.slots));
        self.start
    }
}

impl Workflows {
    /// Works off a slot: starts what is due in it, or has what failed be due again.
    async fn work_off(
        &self,
        table: &str,
        slot: &str,
        now: Timestamp,
        redriven: Option<&Shards>,
    ) -> Result<WorkedOff, Failure> {
        let query = if redriven.is_some() { lying_in(table, slot) } else { due_by(table, slot, now) };
        let mut all = WorkedOff::default();
        let mut after = None;
        for _ in 0..PAGES_MOST {
            let Page { items, next } = self.read(&query, after).await?;
            let each = items.into_iter().map(|item| async move {
                match redriven {
                    Some(shards) => Fate::Told(self.redrive(table, item, shards, now).await),
                    None => self.follow(table, item, now).await,
                }
            });
            all = stream::iter(each)
                .buffer_unordered(STARTS_AT_ONCE)
                .fold(all, async |all, fate| all.with(fate))
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

    /// Starts what is due, or has it started with others; puts it off before if it was started by an earlier look.
    async fn follow(&self, table: &str, item: Item, now: Timestamp) -> Fate {
        let due = match Due::read(item) {
            Ok(due) => due,
            Err(failure) => return Fate::Told(self.left(None, &failure)),
        };
        let mut became = Tally::default();
        if !due.is_to_start(now) {
            return Fate::Told(became);
        }
        let start = match start_of(&due, now) {
            Ok(start) => start,
            Err(failure) => return Fate::Told(self.left(Some(&due), &failure)),
        };
        if due.was_started(now) {
            match self.put_off(table, &due, now).await {
                Ok(()) if due.is_given_up() => return Fate::Told(Tally { failed: 1, ..became }),
                Ok(()) => became.put_off = 1,
                Err(Failure::Changed(_)) => return Fate::Told(became),
                Err(failure) => return Fate::Told(self.left(Some(&due), &failure)),
            }
        }
        if due.kind.is_grouped() {
            let slots = BTreeSet::from([due.slot.clone()]);
            return Fate::Grouped(Group { start, since: due.at, slots }, became);
        }
        Fate::Told(became.and(self.start_one(&start, Some(&due)).await))
    }

    async fn start_one(&self, start: &Start, due: Option<&Due>) -> Tally {
        match Executions::start(self, start).await {
            Ok(()) => Tally { started: 1, ..Tally::default() },
            Err(failure) => self.left(due, &failure),
        }
    }

    async fn put_off(&self, table: &str, due: &Due, now: Timestamp) -> Result<(), Failure> {
        if due.is_given_up() {
            let detail = format!("{} {}: it was put off in vain for days", due.kind.machine(), due.item);
            self.invocation.note(due.cause.as_deref(), &Failure::broken("given up"), &detail);
        }
        self.write(due.put_off(table, now)?).await
    }

    async fn redrive(&self, table: &str, item: Item, shards: &Shards, now: Timestamp) -> Tally {
        let due = match Due::read(item) {
            Ok(due) => due,
            Err(failure) => return self.left(None, &failure),
        };
        match self.write(due.redrive(table, shards, now)).await {
            Ok(()) => Tally { put_off: 1, ..Tally::default() },
            Err(Failure::Changed(_)) => Tally::default(),
            Err(failure) => self.left(Some(&due), &failure),
        }
    }

    /// Writes, unless the item has been ended or moved since the index was read.
    async fn write(&self, write: Write) -> Result<(), Failure> {
        let mut transaction = Transaction::new();
        transaction.require(write, |_| Failure::Changed(SEND_AGAIN));
        self.invocation.context.store.commit(transaction).await.map(|_| ())
    }

    fn left(&self, due: Option<&Due>, failure: &Failure) -> Tally {
        let what = due.map_or_else(String::new, |due| format!("{} {}: ", due.kind.machine(), due.item));
        let cause = due.and_then(|due| due.cause.as_deref());
        self.invocation.note(cause, failure, &format!("{what}{failure}"));
        Tally { left: 1, ..Tally::default() }
    }
}

impl Tally {
    fn and(self, other: Self) -> Self {
        Self {
            started: self.started + other.started,
            put_off: self.put_off + other.put_off,
            failed: self.failed + other.failed,
            left: self.left + other.left,
        }
    }
}

/// The execution that is started for what is due: the machine is told which of its moments it is. What is worked off
/// together has one name, whichever of its items it is made of.
fn start_of(due: &Due, now: Timestamp) -> Result<Start, Failure> {
    let group = due.group();
    let names = due.kind.inputs().iter().map(|name| (*name).to_owned());
    let mut input: Map<String, Value> = names.zip(group.split('#').map(Value::from)).collect();
    let mut name = group.replace('#', "-");
    if due.kind.is_grouped() {
        let at = due.moves_to(now)?;
        input.insert(DUE.to_owned(), json!(at));
        name = format!("{name}-{}", at.as_millisecond());
    } else {
        input.insert("moment".to_owned(), json!(due.moment));
    }
    let cause = due.cause.clone().filter(|_| !due.kind.is_grouped());
    Start { machine: due.kind.machine().to_owned(), name, input, cause }.checked()
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
        let start = start_of(&Due::read(item).unwrap(), Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!((start.name.as_str(), start.variable().as_str()), ("bill_1", "MACHINE_BILL_EXPIRY"));
        let input: serde_json::Value = serde_json::from_str(&start.execution_input()).unwrap();
        assert_eq!(input, json!({ "bill": "bill_1", "moment": "grace", "cause": "r1" }));
    }

    const AT: i64 = 1_764_007_200_000;

    fn capture(transaction: &str, shard: u8, at: i64, tries: Option<u32>) -> Due {
        let due = format!("{at}#window#mch_1#CNY#{transaction}");
        let mut entry = json!({ "slot": format!("pos-settlement#{shard}"), "due": due, "slot_cause": "r1" });
        if let Some(tries) = tries {
            entry["slot_tries"] = json!(tries);
        }
        Due::read(encode(&Key::new(format!("POS#{transaction}"), "TRANSACTION"), &entry).unwrap()).unwrap()
    }

    fn grouped(all: &[Due], now: Timestamp) -> Vec<Start> {
        let fates = all.iter().map(|due| {
            let start = start_of(due, now).unwrap();
            let group = Group { start, since: due.at, slots: BTreeSet::from([due.slot.clone()]) };
            Fate::Grouped(group, Tally::default())
        });
        let mut twice = WorkedOff::default();
        twice.add(fates.fold(WorkedOff::default(), WorkedOff::with));
        twice.groups.into_values().map(Group::into_start).collect()
    }

    #[test]
    fn captures_of_one_merchant_and_currency_have_one_execution() {
        let all = [("pos_1", 0), ("pos_2", 3), ("pos_3", 0)];
        let all = all.map(|(transaction, shard)| capture(transaction, shard, AT, None));
        let [one] = grouped(&all, Timestamp::from_millisecond(AT).unwrap()).try_into().unwrap();
        let names = (one.name.as_str(), one.variable());
        assert_eq!(names, ("mch_1-CNY-1764007200000", "MACHINE_POS_SETTLEMENT".to_owned()));
        let (at, slots) = ("2025-11-24T18:00:00Z", ["pos-settlement#0", "pos-settlement#3"]);
        let input =
            json!({ "merchant": "mch_1", "currency": "CNY", "window": at, "due": at, "slots": slots });
        assert_eq!(Value::Object(one.input), input);
        assert_eq!(one.cause, None);
    }

    /// They are looked for where they lie then, and settle as of when they were due.
    #[test]
    fn captures_that_are_put_off_together_settle_together_and_not_in_the_future() {
        let now = Timestamp::from_millisecond(AT + 10 * 60_000).unwrap();
        let all = [capture("pos_1", 0, AT, None), capture("pos_2", 3, AT + 60_000, None)];
        let [one] = grouped(&all, now).try_into().unwrap();
        assert_eq!(
            (&one.input["window"], &one.input["due"]),
            (&json!("2025-11-24T18:01:00Z"), &json!("2025-11-24T18:12:00Z"))
        );
        let all = [capture("pos_1", 0, AT, Some(1)), capture("pos_2", 3, AT, Some(2))];
        assert_eq!(grouped(&all, now).len(), 2, "their pauses differ");
    }

    #[test]
    fn what_became_of_shards_adds_up() {
        let one = Tally { started: 1, put_off: 2, failed: 3, left: 4 };
        assert_eq!(one.and(one).and(Tally::default()), Tally { started: 2, put_off: 4, failed: 6, left: 8 });
    }
}
