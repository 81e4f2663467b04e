//! Lists of a partition, page by page.
//!
//! Sources: API, "Query"; Guide, "Paginating table query results in DynamoDB": a page holds 1 MB at most, what a filter
//! leaves out included, and a last key does not promise that there is more.

use super::case::{Case, case};
use super::place::{Place, TABLE};
use super::told::invalid_request;
use scrip_store::{Key, Query};
use serde_json::{Value, json};

/// What moto does at the end of a list.
const END: &str =
    "API, Query, LastEvaluatedKey: it may be there at the end; moto leaves it out, which is allowed, too";
const BIG_BYTES: usize = 300_000;

async fn fill(at: &Place, sort_keys: &[&str]) {
    for sk in sort_keys {
        at.put(&at.key_at("list", sk), &json!({})).await;
    }
}

fn list(at: &Place) -> Query {
    Query::of(TABLE, &at.own("list"))
}

/// Five items, of which those are listed that the range finds.
fn ranged(name: &'static str, range: &'static str, value: &'static str, documented: &[&str]) -> Case {
    case(name, json!(documented), move |at| async move {
        fill(&at, &["a", "b1", "b2", "b3", "c"]).await;
        at.page(&list(&at).range(range).value(":value", value), 9, None).await.0
    })
}

/// All pages of a list.
async fn pages(at: &Place, query: &Query, limit: u32) -> Value {
    let mut pages = Vec::new();
    let mut after = None;
    loop {
        let (page, next) = at.page(query, limit, after).await;
        pages.push(page);
        match next {
            Some(next) => after = Some(next),
            None => return json!(pages),
        }
    }
}

/// A query in the words of the protocol; of items, the sort keys are told.
async fn query(at: &Place, more: Value) -> Value {
    let mut request = json!({ "TableName": TABLE, "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": { ":pk": { "S": at.own("list") } } });
    for (name, value) in more.as_object().unwrap() {
        request[name] = value.clone();
    }
    let mut answer = at.wire("Query", request).await;
    if let Some(items) = answer["Items"].as_array() {
        answer["Items"] = items.iter().map(|item| item["sk"]["S"].clone()).collect();
    }
    answer
}

async fn fill_big(at: &Place, count: usize) {
    for place in 0..count {
        at.put(&at.key_at("list", &place.to_string()), &json!({ "t": "t".repeat(BIG_BYTES) })).await;
    }
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = order();
    cases.extend(cursors());
    cases.extend(ranges());
    cases.extend(sizes());
    cases
}

fn order() -> Vec<Case> {
    let sorted = ["10", "9", "B", "a", "ä", "\u{ffee}", "\u{1f600}"];
    vec![
        case("sort keys are in the order of their bytes", json!(sorted), move |at| async move {
            fill(&at, &["a", "\u{1f600}", "9", "ä", "B", "10", "\u{ffee}"]).await;
            at.page(&list(&at), 9, None).await.0
        }),
        case("newest first is the other way round", json!([["c", "b"], ["a"]]), |at| async move {
            fill(&at, &["a", "b", "c"]).await;
            pages(&at, &list(&at).newest_first(), 2).await
        }),
        case("a list of nothing", json!([[]]), |at| async move { pages(&at, &list(&at), 2).await }),
        case("only its own partition is listed", json!([["a"]]), |at| async move {
            fill(&at, &["a"]).await;
            at.put(&at.key_at("lis", "b"), &json!({})).await;
            at.put(&at.key_at("list2", "c"), &json!({})).await;
            pages(&at, &list(&at), 9).await
        }),
    ]
}

fn cursors() -> Vec<Case> {
    let last = |sk: &str| json!({ "pk": { "S": "list" }, "sk": { "S": sk } });
    vec![
        case(
            "a page that ends before the end",
            json!({ "Items": ["a", "b"], "Count": 2, "ScannedCount": 2,
            "LastEvaluatedKey": last("b") }),
            |at| async move {
                fill(&at, &["a", "b", "c"]).await;
                query(&at, json!({ "Limit": 2 })).await
            },
        ),
        case(
            "a page that ends at the end",
            json!({ "Items": ["a", "b"], "Count": 2, "ScannedCount": 2,
            "LastEvaluatedKey": last("b") }),
            |at| async move {
                fill(&at, &["a", "b"]).await;
                query(&at, json!({ "Limit": 2 })).await
            },
        )
        .moto(json!({ "Items": ["a", "b"], "Count": 2, "ScannedCount": 2 }), END),
        case("so the last page may be empty", json!([["a", "b"], []]), |at| async move {
            fill(&at, &["a", "b"]).await;
            pages(&at, &list(&at), 2).await
        })
        .moto(json!([["a", "b"]]), END),
        case("a page goes on after what was deleted since", json!(["c"]), |at| async move {
            fill(&at, &["a", "b", "c"]).await;
            let (_, next) = at.page(&list(&at), 2, None).await;
            let deleted = at.commit([scrip_store::Write::delete(TABLE, at.key_at("list", "b"))]).await;
            assert_eq!(deleted, "done");
            at.page(&list(&at), 2, next).await.0
        }),
        case("a cursor of another list is refused", json!("invalid-cursor"), |at| async move {
            fill(&at, &["a", "b"]).await;
            let (_, next) = at.page(&list(&at), 1, None).await;
            at.page(&Query::of(TABLE, &at.own("other")), 1, next).await.0
        }),
        case("a cursor from outside of the range is refused", json!("invalid-cursor"), |at| async move {
            fill(&at, &["a", "b", "c"]).await;
            let (_, next) = at.page(&list(&at), 1, None).await;
            at.page(&list(&at).range("sk > :b").value(":b", "b"), 1, next).await.0
        })
        .moto(
            json!(["c"]),
            "API, Query: ValidationException, The provided starting key is outside; moto goes on there",
        ),
        case("a start in another partition is refused", invalid_request(), |at| async move {
            query(&at, json!({ "ExclusiveStartKey": at.wire_key("other") })).await
        })
        .moto(json!({ "Items": [], "Count": 0, "ScannedCount": 0 }), "as above; moto finds nothing there"),
        case("a start with more than the key is refused", invalid_request(), |at| async move {
            let mut start = at.wire_key("list");
            start["n"] = json!({ "N": "1" });
            query(&at, json!({ "ExclusiveStartKey": start })).await
        })
        .moto(json!({ "Items": [], "Count": 0, "ScannedCount": 0 }), "as above; moto passes over the rest"),
    ]
}

fn ranges() -> Vec<Case> {
    vec![
        ranged("begins_with finds what begins so", "begins_with(sk, :value)", "b", &["b1", "b2", "b3"]),
        ranged("less", "sk < :value", "b1", &["a"]),
        ranged("at most", "sk <= :value", "b1", &["a", "b1"]),
        ranged("more", "sk > :value", "b3", &["c"]),
        ranged("at least", "sk >= :value", "b3", &["b3", "c"]),
        ranged("exactly", "sk = :value", "b2", &["b2"]),
        ranged("between, with both bounds", "sk BETWEEN :value AND :value", "b2", &["b2"]),
        ranged("between, with nothing there", "sk BETWEEN :value AND :value", "b", &[]),
        case("a range from its end to its beginning", invalid_request(), |at| async move {
            let values =
                json!({ ":pk": { "S": at.own("list") }, ":low": { "S": "c" }, ":high": { "S": "a" } });
            query(
                &at,
                json!({ "KeyConditionExpression": "pk = :pk AND sk BETWEEN :low AND :high",
                "ExpressionAttributeValues": values }),
            )
            .await
        })
        .moto(
            json!({ "Items": [], "Count": 0, "ScannedCount": 0 }),
            "no document says so; DynamoDB refuses bounds in the wrong order, and no query of ours has them",
        ),
        case("no page of no items", invalid_request(), |at| async move {
            query(&at, json!({ "Limit": 0 })).await
        })
        .moto_fails("moto counts down from 0 in Python"),
        case(
            "a filter may leave an empty page with more behind it",
            json!([
                { "Items": [], "Count": 0, "ScannedCount": 2,
                    "LastEvaluatedKey": { "pk": { "S": "list" }, "sk": { "S": "b" } } },
                { "Items": ["c"], "Count": 1, "ScannedCount": 1 },
            ]),
            |at| async move {
                fill(&at, &["a", "b"]).await;
                at.put(&at.key_at("list", "c"), &json!({ "n": 1 })).await;
                let first = json!({ "Limit": 2, "FilterExpression": "attribute_exists(n)" });
                let mut second = first.clone();
                second["ExclusiveStartKey"] = json!({ "pk": { "S": at.own("list") }, "sk": { "S": "b" } });
                json!([query(&at, first).await, query(&at, second).await])
            },
        ),
    ]
}

fn sizes() -> Vec<Case> {
    const ONE_MORE: &str =
        "API, Query: without a filter as Count; the engine counts what did not fit, and nobody reads it";
    vec![
        case(
            "a page holds 1 MB, however many it may have",
            json!([["0", "1", "2"], ["3"]]),
            |at| async move {
                fill_big(&at, 4).await;
                pages(&at, &list(&at), 9).await
            },
        ),
        case("which holds for the other way round", json!([["3", "2", "1"], ["0"]]), |at| async move {
            fill_big(&at, 4).await;
            pages(&at, &list(&at).newest_first(), 9).await
        }),
        case("all of a list are more than a page", json!(["0", "1", "2", "3", "4"]), |at| async move {
            fill_big(&at, 5).await;
            let all = at.store.all(&list(&at), 100).await.unwrap();
            all.iter().map(|item| json!(Key::of(item).unwrap().sk)).collect()
        }),
        case(
            "an item is counted before a filter leaves it out",
            json!([
                [], { "pk": { "S": "list" }, "sk": { "S": "2" } }
            ]),
            |at| async move {
                fill_big(&at, 4).await;
                let mut page = query(&at, json!({ "FilterExpression": "attribute_exists(n)" })).await;
                json!([page["Items"].take(), page["LastEvaluatedKey"].take()])
            },
        ),
        case("what was evaluated is counted", json!(3), |at| async move {
            fill_big(&at, 4).await;
            query(&at, json!({})).await["ScannedCount"].take()
        })
        .ours(json!(4), ONE_MORE),
    ]
}
