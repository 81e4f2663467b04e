//! Many PINs at once, and what they take of the machine.

use super::machine::{Machine, PIN};
use futures::future::join_all;
use reqwest::Method;
use scrip_test_support::{Answer, User};
use serde_json::json;
use std::thread::available_parallelism;

const AT_ONCE: usize = 300;
/// What a thread keeps for its hashes, and some for its stack.
const EACH_KIBIBYTES: u64 = (19 + 5) * 1_024;
/// What the platform takes besides, with its connections.
const REST_KIBIBYTES: u64 = 150 * 1_024;

async fn set_pin(machine: &Machine, user: &User) -> Answer {
    machine.scrip.change(Method::PUT, user, "/v1/me/pin", &json!({ "pin": PIN })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn three_hundred_pins_at_once_are_set_in_little_memory() {
    let machine = Machine::start().await;
    let users = join_all((0..AT_ONCE).map(|number| {
        let scrip = &machine.scrip;
        async move { scrip.user(&format!("user-{number}")).await }
    }))
    .await;

    // Who could not wait as long comes again, as `busy` says, until all are set. Each time the threads are free at first,
    // so as many as there are get one without waiting.
    let threads = available_parallelism().unwrap().get();
    let mut waiting: Vec<&User> = users.iter().collect();
    while !waiting.is_empty() {
        let answers = join_all(waiting.iter().map(|user| set_pin(&machine, user))).await;
        let busy: Vec<_> = waiting.iter().zip(&answers).filter(|(_, answer)| answer.status != 204).collect();
        for (_, answer) in &busy {
            assert_eq!((answer.status, &answer.body["code"]), (503, &json!("busy")), "{}", answer.body);
            assert!(answer.headers.contains_key("retry-after"), "{answer:?}");
        }
        let set = waiting.len() - busy.len();
        assert!(
            set >= threads.min(waiting.len()),
            "{set} of {} are set, on {threads} threads",
            waiting.len()
        );
        waiting = busy.into_iter().map(|(user, _)| *user).collect();
    }

    assert_eq!(machine.threads("pin-hashing"), threads, "as many threads hash as there are processors");
    let most = REST_KIBIBYTES + EACH_KIBIBYTES * u64::try_from(threads).unwrap();
    let peak = machine.peak_kibibytes();
    assert!(peak < most, "{peak} KiB of {most}");
}
