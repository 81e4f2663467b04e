//! Commits that nobody thought of: conditions and updates by chance, asked of both, which must agree step by step.

use super::place::{Place, Server, TABLE, WHOLE, with};
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, SeedableRng};
use scrip_store::{PageRequest, Query, Write, encode};
use serde_json::{Map, Value, json};

/// Each walk of the gate has its own seed.
const WALKS: u64 = 60;
const STEPS: usize = 8;
const ITEMS: [&str; 4] = ["a", "b", "c", "d"];
/// `:x` and `:y` are small numbers, `:t` a short text and `#k` a member's name.
const CONDITIONS: [&str; 16] = [
    "attribute_exists(pk)",
    "attribute_not_exists(pk)",
    "attribute_exists(n)",
    "attribute_not_exists(t)",
    "n = :x",
    "n <> :x",
    "n < :x",
    "n >= :x",
    "n IN (:x, :y)",
    "t = :t",
    "t < :t",
    "begins_with(t, :t)",
    "contains(l, :x)",
    "attribute_exists(m.#k)",
    "m.#k = :x",
    "l[1] = :x",
];
const UPDATES: [&str; 12] = [
    "SET n = :x",
    "SET n = if_not_exists(n, :y) + :x",
    "SET n = if_not_exists(n, :y) - :x, t = :t",
    "SET t = :t REMOVE n",
    "SET opened = :t",
    "SET m = :m",
    "SET m = :m, l = :l",
    "SET l = list_append(if_not_exists(l, :l), :l)",
    "SET n = if_not_exists(n, :x), #o = if_not_exists(#o, :owner)",
    "REMOVE opened, m",
    "REMOVE t, l[0]",
    "ADD n :x",
];

/// Both answer the same to each walk.
pub(super) async fn agree(ours: &Server, other: &Server) {
    for seed in 0..WALKS {
        let places = [ours, other].map(|server| server.place("walk"));
        let mut chance = StdRng::seed_from_u64(seed);
        let mut told = Vec::new();
        for step in 0..STEPS {
            let writes = writes(&mut chance, &places[0]);
            let [one, two] = [&places[0], &places[1]].map(|at| commit(at, &writes));
            let (one, two) = (one.await, two.await);
            told.push(format!("{writes:?}\n  {one}"));
            assert_eq!(one, two, "walk {seed}, step {step}, after:\n{}", told.join("\n"));
        }
        let (one, two) = (end(&places[0]).await, end(&places[1]).await);
        assert_eq!(one, two, "walk {seed}, at the end of:\n{}", told.join("\n"));
    }
}

/// DynamoDB tells in another place what an item does not bear, which the cases of updates hold to.
async fn commit(at: &Place, writes: &[Write]) -> Value {
    let told = at.commit(writes.to_vec()).await;
    if told == "broken: ValidationError" { json!("broken: ValidationException") } else { told }
}

/// What is stored and listed; the next walk begins with nothing.
async fn end(at: &Place) -> Value {
    let page = PageRequest { limit: 9, after: None };
    let listed = at.store.page(&Query::of_index(TABLE, WHOLE, "owner", &at.own("owner")), &page).await;
    let mut listed: Vec<_> =
        listed.unwrap().items.iter().map(|item| item["pk"].as_s().unwrap().clone()).collect();
    // Where two have one place, their order is no promise.
    listed.sort();
    let mut items = Vec::new();
    for name in ITEMS {
        let key = at.key(name);
        items.push(at.item(&key).await);
        assert_eq!(at.commit([Write::delete(TABLE, key)]).await, "done");
    }
    json!([items, listed])
}

fn writes(chance: &mut StdRng, at: &Place) -> Vec<Write> {
    let mut names = ITEMS;
    names.shuffle(chance);
    let count = chance.random_range(1..=ITEMS.len());
    names[..count].iter().map(|name| write(chance, at, name, count > 1)).collect()
}

fn write(chance: &mut StdRng, at: &Place, name: &str, may_check: bool) -> Write {
    let key = at.key(name);
    let (write, expression) = match chance.random_range(0..if may_check { 10 } else { 9 }) {
        0..3 => (Write::put(TABLE, encode(&key, &record(chance, at)).unwrap()), ""),
        3..8 => {
            let update = *UPDATES.choose(chance).unwrap();
            (Write::update(TABLE, key, update), update)
        }
        8 => (Write::delete(TABLE, key), ""),
        _ => return checked(chance, at, Write::check(TABLE, key), ""),
    };
    if chance.random_bool(0.5) {
        checked(chance, at, write, expression)
    } else {
        named(chance, at, write, expression)
    }
}

/// The write on one condition or two.
fn checked(chance: &mut StdRng, at: &Place, write: Write, expression: &str) -> Write {
    let mut condition = (*CONDITIONS.choose(chance).unwrap()).to_owned();
    if chance.random_bool(0.3) {
        condition = format!("NOT {condition}");
    }
    if chance.random_bool(0.4) {
        let other = CONDITIONS.choose(chance).unwrap();
        condition = format!("{condition} {} {other}", if chance.random_bool(0.5) { "AND" } else { "OR" });
    }
    named(chance, at, write.when(&condition), &format!("{expression} {condition}"))
}

/// The write with what its expressions name.
fn named(chance: &mut StdRng, at: &Place, write: Write, expressions: &str) -> Write {
    let number = |chance: &mut StdRng| json!(chance.random_range(-1..3));
    let all = [
        (":x", number(chance)),
        (":y", number(chance)),
        (":t", text(chance)),
        (":m", json!({ *["k", "j"].choose(chance).unwrap(): number(chance) })),
        (":l", json!([number(chance)])),
        (":owner", json!(at.own("owner"))),
        ("#k", json!("k")),
        ("#o", json!("owner")),
    ];
    let ends = |rest: &str| !rest.starts_with(|sign: char| sign.is_ascii_alphanumeric());
    let is_used = |name: &str| {
        expressions.match_indices(name).any(|(start, _)| ends(&expressions[start + name.len()..]))
    };
    let used: Map<_, _> = all
        .into_iter()
        .filter(|(name, _)| is_used(name))
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    with(write, &Value::Object(used))
}

fn record(chance: &mut StdRng, at: &Place) -> Value {
    let mut record = json!({ "n": chance.random_range(-1..3) });
    for (name, value) in [
        ("t", text(chance)),
        ("m", json!({ "k": 1 })),
        ("l", json!([1, 2])),
        ("owner", json!(at.own("owner"))),
        ("opened", text(chance)),
    ] {
        if chance.random_bool(0.6) {
            record[name] = value;
        }
    }
    record
}

fn text(chance: &mut StdRng) -> Value {
    json!(*["a", "ab", "b", "ä"].choose(chance).unwrap())
}
