//! Lists of an index, page by page.
//!
//! Sources: Guide, "Using Global Secondary Indexes in DynamoDB"; API, "Query".

use super::case::{Case, case};
use super::place::{KEYS, Place, SOME, TABLE, WHOLE};
use super::told::{self, invalid_request, plain};
use scrip_store::{Key, PageRequest, Query, Write};
use serde_json::{Value, json};

const BIG_BYTES: usize = 300_000;

/// Items of one owner: by name, and when each was opened.
async fn own(at: &Place, items: &[(&str, &str)]) {
    for (name, opened) in items {
        at.put(&at.key(name), &json!({ "owner": at.own("owner"), "opened": opened, "n": 1 })).await;
    }
}

fn of_owner(at: &Place, index: &str) -> Query {
    Query::of_index(TABLE, index, "owner", &at.own("owner"))
}

/// All pages of a list, by the names of items.
async fn pages(at: &Place, query: &Query, limit: u32) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut after = None;
    loop {
        let page = at.store.page(query, &PageRequest { limit, after }).await.unwrap();
        let name = |item| Key::of(item).unwrap().pk.trim_start_matches(&at.own("")).to_owned();
        pages.push(page.items.iter().map(name).collect());
        match page.next {
            Some(next) => after = Some(next),
            None => return pages,
        }
    }
}

async fn query(at: &Place, index: &str, more: Value) -> Value {
    let mut request = json!({
        "TableName": TABLE,
        "IndexName": index,
        "KeyConditionExpression": "#owner = :owner",
        "ExpressionAttributeNames": { "#owner": "owner" },
        "ExpressionAttributeValues": { ":owner": { "S": at.own("owner") } },
    });
    for (name, value) in more.as_object().unwrap() {
        request[name] = value.clone();
    }
    at.wire("Query", request).await
}

fn start(at: &Place, owner: &str, opened: &str, name: &str) -> Value {
    let mut key = at.wire_key(name);
    key["owner"] = json!({ "S": at.own(owner) });
    key["opened"] = json!({ "S": opened });
    key
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = contents();
    cases.extend(changes());
    cases.extend(cursors());
    cases
}

fn contents() -> Vec<Case> {
    const SIZE: &str =
        "Guide, Using Global Secondary Indexes: what is read is the projection; moto counts whole items";
    let keys = json!({ "owner": "contents#owner", "opened": "1" });
    let of_n = |n: Value| json!({ "owner": "included#owner", "opened": "1", "n": n });
    let included = json!([of_n(json!(1)), of_n(json!(3)), { "owner": "included#owner", "opened": "1" }]);
    vec![
        case("an index lists in the order of its own key", json!([["c", "a", "b"]]), |at| async move {
            own(&at, &[("a", "2"), ("b", "3"), ("c", "1")]).await;
            json!(pages(&at, &of_owner(&at, WHOLE), 9).await)
        }),
        case("and the other way round", json!([["b", "a"], ["c"]]), |at| async move {
            own(&at, &[("a", "2"), ("b", "3"), ("c", "1")]).await;
            json!(pages(&at, &of_owner(&at, WHOLE).newest_first(), 2).await)
        }),
        case("a range of an index", json!([["a", "b"]]), |at| async move {
            own(&at, &[("a", "2"), ("b", "3"), ("c", "1")]).await;
            let range = of_owner(&at, WHOLE).range("opened BETWEEN :from AND :to");
            json!(pages(&at, &range.value(":from", "2").value(":to", "3"), 9).await)
        }),
        case("whole items are projected whole", json!([{ "n": 1 }, {}]), |at| async move {
            own(&at, &[("a", "1")]).await;
            let mut told = Vec::new();
            for index in [WHOLE, KEYS] {
                let page = at.store.page(&of_owner(&at, index), &PageRequest { limit: 9, after: None }).await;
                let mut item =
                    page.map_or_else(|failure| told::failed(&failure), |page| plain(&page.items[0]));
                let members = item.as_object_mut().unwrap();
                assert!(members.remove("owner").is_some() && members.remove("opened").is_some());
                told.push(item);
            }
            json!(told)
        }),
        case("keys alone are projected alone", keys, |at| async move {
            at.put(&at.key("a"), &json!({ "owner": "contents#owner", "opened": "1", "n": 1, "m": [2] }))
                .await;
            let query = Query::of_index(TABLE, KEYS, "owner", "contents#owner");
            let page = at.store.page(&query, &PageRequest { limit: 9, after: None }).await.unwrap();
            plain(&page.items[0])
        }),
        case("what is included is projected, as it is after each change", included, |at| async move {
            let item = json!({ "owner": "included#owner", "opened": "1", "n": 1, "m": [2] });
            at.put(&at.key("a"), &item).await;
            let query = Query::of_index(TABLE, SOME, "owner", "included#owner");
            let mut told = Vec::new();
            for change in ["SET m = :m", "SET n = :m", "REMOVE n"] {
                let update = Write::update(TABLE, at.key("a"), change);
                let update = if change.contains(":m") { update.value(":m", 3) } else { update };
                assert_eq!(at.commit([update]).await, "done");
                let page = at.store.page(&query, &PageRequest { limit: 9, after: None }).await.unwrap();
                told.push(plain(&page.items[0]));
            }
            json!(told)
        }),
        case("a page of keys holds keys of large items", json!([["a", "b", "c", "d"]]), |at| async move {
            for name in ["a", "b", "c", "d"] {
                let item = json!({ "owner": at.own("owner"), "opened": name, "t": "t".repeat(BIG_BYTES) });
                at.put(&at.key(name), &item).await;
            }
            json!(pages(&at, &of_owner(&at, KEYS), 9).await)
        })
        .moto(json!([["a", "b", "c"], ["d"]]), SIZE),
        case("a page of whole items holds 1 MB", json!([["a", "b", "c"], ["d"]]), |at| async move {
            for name in ["a", "b", "c", "d"] {
                let item = json!({ "owner": at.own("owner"), "opened": name, "t": "t".repeat(BIG_BYTES) });
                at.put(&at.key(name), &item).await;
            }
            json!(pages(&at, &of_owner(&at, WHOLE), 9).await)
        }),
    ]
}

fn changes() -> Vec<Case> {
    let update = |at: &Place, name: &str, expression: &str| Write::update(TABLE, at.key(name), expression);
    vec![
        case("items without the keys are left out", json!([["a"]]), |at| async move {
            own(&at, &[("a", "1")]).await;
            at.put(&at.key("b"), &json!({ "owner": at.own("owner") })).await;
            at.put(&at.key("c"), &json!({ "opened": "1" })).await;
            json!(pages(&at, &of_owner(&at, WHOLE), 9).await)
        }),
        case("an item that loses a key leaves", json!([["b"]]), move |at| async move {
            own(&at, &[("a", "1"), ("b", "2")]).await;
            assert_eq!(at.commit([update(&at, "a", "REMOVE opened")]).await, "done");
            json!(pages(&at, &of_owner(&at, WHOLE), 9).await)
        }),
        case("an item whose key changes moves", json!([["b", "a"]]), move |at| async move {
            own(&at, &[("a", "1"), ("b", "2")]).await;
            let moved = update(&at, "a", "SET opened = :later").value(":later", "3");
            // Within a transaction, as most writes are.
            assert_eq!(at.commit([moved, Write::put(TABLE, at.key("c").to_item())]).await, "done");
            json!(pages(&at, &of_owner(&at, WHOLE), 9).await)
        }),
        case("an item that is put over another takes its place", json!([[["a", 2]]]), |at| async move {
            own(&at, &[("a", "1")]).await;
            at.put(&at.key("a"), &json!({ "owner": at.own("owner"), "opened": "0", "n": 2 })).await;
            let answer = query(&at, WHOLE, json!({})).await;
            let items = answer["Items"].as_array().unwrap();
            let number = |item: &Value| item["n"]["N"].as_str().unwrap().parse::<i64>().unwrap();
            json!([items.iter().map(|item| json!([item["pk"]["S"], number(item)])).collect::<Vec<_>>()])
        }),
        case("an item that is deleted leaves", json!([[]]), |at| async move {
            own(&at, &[("a", "1")]).await;
            assert_eq!(at.commit([Write::delete(TABLE, at.key("a"))]).await, "done");
            json!(pages(&at, &of_owner(&at, WHOLE), 9).await)
        }),
        case("what did not take place is not listed", json!([["a"]]), |at| async move {
            own(&at, &[("a", "1")]).await;
            let mut item = at.key("b").to_item();
            item.insert("owner".to_owned(), told::attribute(&json!(at.own("owner"))));
            item.insert("opened".to_owned(), told::attribute(&json!("2")));
            let refused = Write::put_new(TABLE, at.key("a").to_item());
            assert_ne!(at.commit([Write::put(TABLE, item), refused]).await, "done");
            json!(pages(&at, &of_owner(&at, WHOLE), 9).await)
        }),
    ]
}

fn cursors() -> Vec<Case> {
    vec![
        case(
            "items of one place are each listed once",
            json!([[2, 2, 2, 1], ["a", "b", "c", "d", "e", "f", "g"]]),
            |at| async move {
                // Their order among each other is no promise.
                own(&at, &["a", "b", "c", "d", "e", "f", "g"].map(|name| (name, "1"))).await;
                let pages = pages(&at, &of_owner(&at, WHOLE), 2).await;
                let mut names = pages.concat();
                names.sort();
                json!([pages.iter().map(Vec::len).collect::<Vec<_>>(), names])
            },
        ),
        case(
            "a page's last key has those of the table as well",
            json!({ "pk": { "S": "a" }, "sk": { "S": "-" },
            "owner": { "S": "owner" }, "opened": { "S": "1" } }),
            |at| async move {
                own(&at, &[("a", "1"), ("b", "2")]).await;
                query(&at, KEYS, json!({ "Limit": 1 })).await["LastEvaluatedKey"].take()
            },
        ),
        case("a cursor of another owner is refused", json!("invalid-cursor"), |at| async move {
            own(&at, &[("a", "1"), ("b", "2")]).await;
            let (_, next) = at.page(&of_owner(&at, WHOLE), 1, None).await;
            at.page(&Query::of_index(TABLE, WHOLE, "owner", &at.own("other")), 1, next).await.0
        }),
        case("a start at another owner is refused", invalid_request(), |at| async move {
            query(&at, WHOLE, json!({ "ExclusiveStartKey": start(&at, "other", "1", "a") })).await
        })
        .moto(
            json!({ "Items": [], "Count": 0, "ScannedCount": 0 }),
            "API, Query: ValidationException, The provided starting key is outside; moto finds nothing there",
        ),
        case("a start without the table's key is refused", invalid_request(), |at| async move {
            let mut start = start(&at, "owner", "1", "a");
            start.as_object_mut().unwrap().remove("pk");
            query(&at, WHOLE, json!({ "ExclusiveStartKey": start })).await
        })
        .moto_fails("moto looks for the key in Python"),
        case("an index is never read consistently", invalid_request(), |at| async move {
            query(&at, WHOLE, json!({ "ConsistentRead": true })).await
        }),
        case("an index that is not there", invalid_request(), |at| async move {
            query(&at, "none", json!({})).await
        })
        .moto(
            json!({ "error": "ResourceNotFoundException" }),
            "no document says so; DynamoDB: ValidationException, The table does not have the specified index",
        ),
    ]
}
