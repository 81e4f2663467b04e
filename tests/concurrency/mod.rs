//! Many at the same moment: what one of them is told stays true, and money is neither made nor lost.

mod bills;
mod money;
mod pins;

use futures::future::join_all;
use scrip_tests::Answer;

/// Sends as many requests as `count` at once, numbered from 0, and waits for all answers.
async fn at_once<F: Future<Output = Answer>>(count: usize, request: impl Fn(usize) -> F) -> Vec<Answer> {
    join_all((0..count).map(request)).await
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
