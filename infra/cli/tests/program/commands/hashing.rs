//! Many PINs at once, and what they take of the machine.

use super::machine::{Machine, PIN};
use futures::future::join_all;
use reqwest::Method;
use scrip_test_support::{Answer, User};
use serde_json::json;

const AT_ONCE: usize = 300;
const MOST_KIBIBYTES: u64 = 300 * 1_024;

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

    let answers = join_all(users.iter().map(|user| set_pin(&machine, user))).await;

    // Who could not wait as long comes again.
    let (set, busy): (Vec<_>, Vec<_>) =
        answers.iter().zip(&users).partition(|(answer, _)| answer.status == 204);
    assert!(!set.is_empty());
    for (answer, user) in busy {
        assert_eq!((answer.status, &answer.body["code"]), (503, &json!("busy")), "{}", answer.body);
        set_pin(&machine, user).await.expect(204);
    }
    let peak = machine.peak_kibibytes();
    assert!(peak < MOST_KIBIBYTES, "{peak} KiB");
}
