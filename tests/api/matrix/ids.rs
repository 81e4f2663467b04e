//! Ids that nothing has, and texts that are no ids.

use super::cases;
use crate::api::world::{NOBODY, World};

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
    let world = World::start().await;
    let before = world.state().await;
    for case in cases(&world).await {
        for name in case.parameters.keys().copied() {
            let unknown: &[&str] = match name {
                "account" => &["acct_u", "acct_m", "acct_x"],
                "bill" => &["bill_"],
                "item" => &["item_"],
                "merchant" => &["mch_"],
                "transfer" => &["txn_"],
                other => panic!("what does an id of {other} look like?"),
            };
            let ending = if name == "item" { "00" } else { "" };
            for prefix in unknown {
                let mut parameters = case.parameters.clone();
                parameters.insert(name, format!("{prefix}{NOBODY}{ending}"));
                let answer = case.send(&world, case.caller, &case.path_with(&parameters), case.bytes()).await;
                answer.refused(&case.operation, 404, "not-found");
            }
        }
    }
    assert_eq!(world.state().await, before);
}

#[tokio::test]
async fn what_is_no_id_is_not_found() {
    let world = World::start().await;
    let before = world.state().await;
    let long = "a".repeat(2_000);
    for case in cases(&world).await {
        for (name, id) in &case.parameters {
            let shortened = &id[..id.len() - 1];
            let lengthened = format!("{id}0");
            let shouted = id.to_uppercase();
            let made_of_it = [shortened, &lengthened, &shouted, &long];
            for malformed in MALFORMED.iter().copied().chain(made_of_it) {
                let mut parameters = case.parameters.clone();
                parameters.insert(name, malformed.to_owned());
                let answer = case.send(&world, case.caller, &case.path_with(&parameters), case.bytes()).await;
                answer.refused(&case.operation, 404, "not-found");
            }
        }
    }
    assert_eq!(world.state().await, before);
}
