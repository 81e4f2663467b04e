//! Ids that nothing has, and texts that are no ids.

use super::cases;
use crate::api::world::{NOBODY, World};
use scrip_http::decode_segment;

fn is_order_reference(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
    text.len() <= 64 && text.bytes().all(fits) && !text.starts_with("pos_")
}

/// An item that is put comes into being, if it can have the name; and anybody may be put as a contact.
fn names_something_new(operation: &str, parameter: &str, text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    match parameter {
        "user" => decode_segment(text)
            .is_some_and(|id| id.len() <= 255 && id.bytes().all(|byte| byte.is_ascii_graphic())),
        "item" => operation == "put-deduction-item" && text.len() <= 64 && text.bytes().all(fits),
        _ => false,
    }
}

/// What a gateway in front of the handlers might read in a way of its own.
const MALFORMED_FOR_GATEWAYS: [&str; 3] = ["%00", "..%2F..", "%E5%8C%85"];
const MALFORMED: [&str; 9] = [
    "x",
    "%20",
    "%00",
    "..%2F..",
    "%E5%8C%85",
    "bill_1",
    "BILL_00000000000000000000000000",
    "4111111111111111",
    "a%23b",
];

#[tokio::test]
async fn what_nothing_has_is_not_found() {
    let world = World::with_coupons().await;
    let before = world.state().await;
    for case in cases(&world).await {
        for name in case.parameters.keys().copied() {
            let unknown: &[&str] = match name {
                "account" => &["acct_u", "acct_m", "acct_x"],
                "authorization" => &["auth_"],
                "batch" => &["btch_"],
                "bill" => &["bill_"],
                "campaign" => &["cmp_"],
                "confirmation" => &["conf_"],
                "coupon" => &["cpn_"],
                "group" => &["grp_"],
                "file" => &["index.html", "config.json", "sw.js"],
                "item" => &["item_"],
                "key" => &["whk_"],
                "merchant" => &["mch_"],
                "owner" | "user" => &["nobody-"],
                "payment_request" => &["preq_"],
                "reservation" => &["rsv_"],
                "settlement" => &["stl_"],
                "transaction" => &["pos_"],
                "transfer" => &["txn_"],
                "verification" => &["vfy_"],
                other => panic!("what does an id of {other} look like?"),
            };
            let ending = if name == "item" { "00" } else { "" };
            for prefix in unknown {
                let id = format!("{prefix}{NOBODY}{ending}");
                if names_something_new(&case.operation, name, &id) {
                    continue;
                }
                let mut parameters = case.parameters.clone();
                parameters.insert(name, id);
                let answer = case.send(&world, case.caller, &case.path_with(&parameters), case.bytes()).await;
                answer.refused(&case.operation, 404, "not-found");
            }
        }
    }
    assert_eq!(world.state().await, before);
}

#[tokio::test]
async fn what_is_no_id_is_not_found() {
    let world = World::with_coupons().await;
    let before = world.state().await;
    let long = "a".repeat(2_000);
    for case in cases(&world).await {
        for (name, id) in &case.parameters {
            let shortened = &id[..id.len() - 1];
            let lengthened = format!("{id}0");
            let shouted = id.to_uppercase();
            let made_of_it = [shortened, &lengthened, &shouted, &long];
            // A deployed stack takes its time, and the handlers are the same ones.
            let malformed: Vec<&str> = if cfg!(feature = "deployed") {
                MALFORMED_FOR_GATEWAYS.to_vec()
            } else {
                MALFORMED.into_iter().chain(made_of_it).collect()
            };
            for malformed in malformed {
                // It may be the order reference of a transaction that has not arrived.
                if case.operation == "reverse-pos-transaction" && is_order_reference(malformed) {
                    continue;
                }
                if names_something_new(&case.operation, name, malformed) {
                    continue;
                }
                let mut parameters = case.parameters.clone();
                parameters.insert(name, malformed.to_owned());
                let answer = case.send(&world, case.caller, &case.path_with(&parameters), case.bytes()).await;
                answer.refused(&case.operation, 404, "not-found");
            }
        }
    }
    assert_eq!(world.state().await, before);
}
