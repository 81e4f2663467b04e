use super::*;
use scrip_sam::{IndexSpec, Key, KeyType, Projection};
use std::time::Duration;

const NONE: &str = "none";

/// A table `t` with an index of all that has an owner and a time, and one of the keys alone.
fn contention() -> Contention {
    let key = |attribute: &str| Key { attribute: attribute.to_owned(), key_type: KeyType::S };
    let index = |name: &str, projection| IndexSpec {
        name: name.to_owned(),
        hash: key(name),
        range: Some(key("at")),
        projection,
    };
    let table = TableSpec {
        logical_id: "T".to_owned(),
        name: "t".to_owned(),
        arn: String::new(),
        hash: key("pk"),
        range: Some(key("sk")),
        indexes: vec![index("owner", Projection::All), index("place", Projection::KeysOnly)],
        stream: None,
        ttl_attribute: None,
    };
    Contention::new(&[table])
}

/// Does a write whose item was `before` and is `after`, by the items' owners and places.
fn write(
    contention: &Contention,
    operation: &str,
    body: &Value,
    [before, after]: [(&str, &str); 2],
    now: Instant,
) -> Result<(), (u16, Value)> {
    let mut writing = contention.begin(operation, &body.to_string(), now)?;
    let images = |requests: Vec<Value>, (owner, place): (&str, &str)| {
        let mut images = Images::default();
        for request in requests {
            if owner != NONE {
                images.add(&request, &json!({ "Item": listed("x", owner, place)["Item"] }).to_string());
            }
        }
        images
    };
    let read = images(writing.to_read(), before);
    writing.enter_indexes(&read, now)?;
    let moved = images(writing.moved(), after);
    writing.done(&read, &moved, now);
    Ok(())
}

/// A put of an item that stands in both indexes.
fn listed(pk: &str, owner: &str, place: &str) -> Value {
    let mut put = put(pk);
    for (name, value) in [("owner", owner), ("place", place), ("at", "7")] {
        put["Item"][name] = json!({ "S": value });
    }
    put
}

fn update(expression: &str) -> Value {
    let key = json!({ "pk": { "S": "a" }, "sk": { "S": "s" } });
    json!({ "TableName": "t", "Key": key, "UpdateExpression": expression })
}

/// Units by index and key, of the indexes alone.
fn of_indexes(contention: &Contention) -> Vec<(String, String, u64)> {
    let written = contention.units_written().into_iter();
    written.filter_map(|(key, units)| Some((key.index?, key.key, units))).collect()
}

fn put(pk: &str) -> Value {
    json!({ "TableName": "t", "Item": { "pk": { "S": pk }, "sk": { "S": "s" }, "n": { "N": "1" } } })
}

fn transaction(pks: &[&str]) -> String {
    let elements: Vec<Value> = pks.iter().map(|pk| json!({ "Put": put(pk) })).collect();
    json!({ "TransactItems": elements }).to_string()
}

fn reasons(refused: &(u16, Value)) -> Vec<&str> {
    let reasons = refused.1["CancellationReasons"].as_array().unwrap();
    reasons.iter().map(|reason| reason["Code"].as_str().unwrap()).collect()
}

#[test]
fn transactions_that_meet_are_cancelled_until_the_first_has_ended() {
    let contention = contention();
    let now = Instant::now();
    let begin = |pks: &[&str]| contention.begin("TransactWriteItems", &transaction(pks), now);
    let first = begin(&["a", "b"]).ok().unwrap();
    let met = begin(&["c", "b"]).err().unwrap();
    assert_eq!(reasons(&met), ["None", "TransactionConflict"]);
    let alone = contention.begin("PutItem", &put("a").to_string(), now).err().unwrap();
    assert!(alone.1["__type"].as_str().unwrap().ends_with("#TransactionConflictException"));
    let apart = begin(&["c"]).ok().unwrap();
    drop((first, apart));
    assert!(begin(&["a", "b", "c"]).is_ok());
}

#[test]
fn a_condition_on_an_item_holds_it_too() {
    let contention = contention();
    let now = Instant::now();
    let check = json!({ "TransactItems": [{ "ConditionCheck": { "TableName": "t", "Key": {
        "pk": { "S": "a" }, "sk": { "S": "s" } } } }] });
    let _first = contention.begin("TransactWriteItems", &check.to_string(), now).ok().unwrap();
    assert!(contention.begin("TransactWriteItems", &transaction(&["a"]), now).is_err());
    assert!(contention.begin("GetItem", &put("a").to_string(), now).is_ok());
}

#[test]
fn an_item_takes_500_transactional_writes_in_a_second() {
    let contention = contention();
    let now = Instant::now();
    let begin = |pk: &str, at| contention.begin("TransactWriteItems", &transaction(&[pk]), at).map(drop);
    let done = (0..600).filter(|_| begin("a", now).is_ok()).count();
    assert_eq!(done, 500);
    assert_eq!(reasons(&begin("a", now).unwrap_err()), ["ThrottlingError"]);
    let one = contention.begin("PutItem", &put("a").to_string(), now).err().unwrap();
    assert!(one.1["__type"].as_str().unwrap().ends_with("#ThrottlingException"));
    assert!(begin("b", now).is_ok());
    assert!(begin("a", now + Duration::from_secs(1)).is_ok());
}

const NOBODY: (&str, &str) = (NONE, NONE);

#[test]
fn a_key_of_an_index_takes_1000_units_in_a_second_and_throttles_its_table() {
    let contention = contention();
    let now = Instant::now();
    let put = |n: usize, owner: &str, at| {
        let body = listed(&n.to_string(), owner, &n.to_string());
        write(&contention, "PutItem", &body, [NOBODY, NOBODY], at)
    };
    assert_eq!((0..1_200).filter(|n| put(*n, "shop", now).is_ok()).count(), 1_000);
    let (status, refused) = put(5_000, "shop", now).unwrap_err();
    assert_eq!(status, 400);
    assert!(refused["__type"].as_str().unwrap().ends_with("#ThrottlingException"), "{refused}");
    assert!(refused["message"].as_str().unwrap().contains("global secondary indexes"), "{refused}");
    let both = json!({ "TransactItems": [
        { "Put": listed("b", "other", "b") }, { "Put": listed("c", "shop", "c") },
    ] });
    let refused = write(&contention, "TransactWriteItems", &both, [NOBODY, NOBODY], now).unwrap_err();
    assert_eq!(reasons(&refused), ["None", "ThrottlingError"]);

    assert!(put(5_001, "other", now).is_ok(), "another key takes on");
    let unlisted = super::tests::put("d");
    assert!(
        write(&contention, "PutItem", &unlisted, [NOBODY, NOBODY], now).is_ok(),
        "it is not in the index"
    );
    assert!(put(5_000, "shop", now + Duration::from_secs(1)).is_ok());
}

#[test]
fn an_index_is_written_to_where_the_item_stood_and_where_it_stands() {
    let now = Instant::now();
    let after = |operation: &str, body: &Value, images| {
        let contention = contention();
        write(&contention, operation, body, images, now).unwrap();
        let indexes = of_indexes(&contention);
        let told = indexes.iter().map(|(index, key, units)| format!("{index} {key} {units}"));
        told.collect::<Vec<_>>().join(", ")
    };
    let (alice, bob) = (("alice", "pool"), ("bob", "pool"));
    let to_alice = listed("a", "alice", "pool");
    assert_eq!(after("PutItem", &to_alice, [NOBODY, NOBODY]), "owner alice 1, place pool 1");
    assert_eq!(after("PutItem", &to_alice, [alice, alice]), "owner alice 1", "the keys alone did not change");
    assert_eq!(after("PutItem", &to_alice, [bob, alice]), "owner alice 1, owner bob 1");
    let count = update("SET n = n + :one");
    assert_eq!(after("UpdateItem", &count, [alice, alice]), "owner alice 1");
    assert_eq!(after("UpdateItem", &count, [NOBODY, NOBODY]), "");
    let give = update("SET owner = :bob");
    assert_eq!(after("UpdateItem", &give, [alice, bob]), "owner alice 1, owner bob 1");
    assert_eq!(after("UpdateItem", &give, [NOBODY, bob]), "owner bob 1, place pool 1");
    let mut delete = update("");
    delete["UpdateExpression"].take();
    assert_eq!(after("DeleteItem", &delete, [alice, NOBODY]), "owner alice 1, place pool 1");
}

#[test]
fn what_a_condition_refused_is_not_counted_for_the_indexes() {
    let contention = contention();
    let now = Instant::now();
    let mut writing =
        contention.begin("PutItem", &listed("a", "alice", "pool").to_string(), now).ok().unwrap();
    writing.enter_indexes(&Images::default(), now).unwrap();
    writing.refused();
    drop(writing);
    assert!(of_indexes(&contention).iter().all(|(_, _, units)| *units == 0));
}
