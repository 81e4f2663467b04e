//! `shared/store` and the embedded DynamoDB beneath it, held to a second one: moto's server, which knows nothing of ours.
//!
//! Each case says what DynamoDB's documents have for it and is asked of both. Where one of them is known to answer
//! otherwise, that stands beside the case, with the reason. Documents are those of AWS: "Guide" is the DynamoDB Developer
//! Guide, "API" the API Reference, named by page.

mod batches;
mod case;
mod comparisons;
mod conditions;
mod indexes;
mod pages;
mod place;
mod reasons;
mod sizes;
mod tokens;
mod told;
mod transactions;
mod updates;
mod values;
mod walk;

use case::{Case, Engine};
use place::Server;
use std::collections::BTreeSet;
use std::env;

/// Where `run` has moto's server listen.
const ADDRESS: &str = "SCRIP_SECOND_STORE";

fn cases() -> Vec<Case> {
    [
        conditions::cases(),
        comparisons::cases(),
        updates::cases(),
        values::cases(),
        sizes::cases(),
        transactions::cases(),
        reasons::cases(),
        pages::cases(),
        indexes::cases(),
        batches::cases(),
        tokens::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Asks all cases of a server, and names those that it answers otherwise than expected.
async fn ask(server: &Server, engine: Engine) {
    let mut otherwise = Vec::new();
    for case in cases() {
        otherwise.extend(case.ask(server, engine).await);
    }
    assert!(otherwise.is_empty(), "{engine:?} answers otherwise:\n\n{}", otherwise.join("\n\n"));
}

#[test]
fn each_case_has_a_name_of_its_own() {
    let cases = cases();
    let names: BTreeSet<_> = cases.iter().map(|case| case.name).collect();
    assert_eq!(names.len(), cases.len());
}

/// The embedded store, served as other emulators of AWS get it.
async fn ours() -> Server {
    let ours = scrip_local::DynamoDb::listen(0).await.unwrap();
    let address = format!("http://{}", ours.address());
    tokio::spawn(ours.serve(std::future::pending()));
    Server::at(&address).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_embedded_store_answers_as_it_is_documented() {
    ask(&ours().await, Engine::Ours).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it needs moto's server: tests/second_store/run"]
async fn the_second_store_answers_the_same() {
    let address = env::var(ADDRESS).unwrap_or_else(|_| panic!("{ADDRESS} names no server"));
    let second = Server::at(&address).await;
    ask(&second, Engine::Moto).await;
    walk::agree(&ours().await, &second).await;
}
