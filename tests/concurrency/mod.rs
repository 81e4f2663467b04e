//! Many at the same moment: what one of them is told stays true, and money is neither made nor lost.

mod bills;
mod coupons_budget;
mod coupons_confirmed;
mod coupons_taken;
mod coupons_verified;
mod deductions;
mod groups;
mod guesser;
mod money;
mod offline;
mod one_key;
mod payments;
mod pins;

use futures::future::join_all;
use scrip_test_support::Answer;

/// Sends as many requests as `count` at once, numbered from 0, and waits for all answers.
async fn at_once<F: Future<Output = Answer>>(count: usize, request: impl Fn(usize) -> F) -> Vec<Answer> {
    join_all((0..count).map(request)).await
}

/// Has two parties send at the same moment; in the first two rounds, so that each order occurs for certain, one after
/// the other.
async fn race(
    round: usize,
    one: impl Future<Output = Vec<Answer>>,
    other: impl Future<Output = Vec<Answer>>,
) -> Vec<Answer> {
    let (mut answers, more) = match round {
        0 => (one.await, other.await),
        1 => {
            let first = other.await;
            (one.await, first)
        }
        round if round % 2 == 0 => futures::join!(one, other),
        _ => {
            let (first, second) = futures::join!(other, one);
            (second, first)
        }
    };
    answers.extend(more);
    answers
}

/// How many succeeded with this status. All others must have been refused with one of these codes.
#[track_caller]
fn succeeded(answers: &[Answer], status: u16, refusals: &[&str]) -> usize {
    let (done, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == status);
    for answer in refused {
        let code = answer.body["code"].as_str().unwrap_or_default();
        assert!(refusals.contains(&code), "{}: {}", answer.status, answer.body);
    }
    done.len()
}
