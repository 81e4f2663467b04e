//! What the gate tries on a deployed stack: every test with `deployed::` in its path. Routes are among them by their cases;
//! machines and queues are named here.

use scrip_test_support::Scrip;
use std::collections::BTreeSet;
use std::process::Command;

/// What begins the path of a test that the gate selects.
const SELECTED: &str = "deployed::";

/// A machine or queue, and the test that is about it. A dead-letter queue goes with the queue that it is of.
const SCENARIOS: [(&str, &str); 8] = [
    ("bill-expiry", "deployed::retries::a_task_that_fails_comes_again"),
    ("coupon-reward", "workflows::coupon_reward::deployed::a_confirmed_share_is_rewarded"),
    (
        "offline-authorization",
        "workflows::offline_authorization::deployed::an_authorization_expires_and_gives_back_what_it_reserved",
    ),
    ("payment-request", "workflows::payment_request::deployed::who_is_asked_is_told"),
    (
        "pos-settlement",
        "workflows::pos_settlement::deployed::an_approved_transaction_waits_for_the_end_of_its_window",
    ),
    ("Confirmations", "deployed::confirmations::a_bad_message_ends_as_a_dead_letter_and_confirmations_go_on"),
    ("PosBatches", "deployed::batches::a_bad_message_ends_as_a_dead_letter_and_batches_go_on"),
    (
        "WorkflowRetries",
        "deployed::queue::a_bad_message_takes_no_good_one_down_and_runs_once_the_cause_is_mended",
    ),
];

/// What has no scenario there, and why.
const EXCEPTIONS: [(&str, &str); 1] = [(
    "StreamFailures",
    "A batch ends there after twenty failures of a stream that all tests share; the embedded platform's tests have it.",
)];

#[tokio::test]
async fn every_machine_and_queue_has_a_scenario() {
    let scrip = Scrip::start().await;
    let application = scrip.application().await;
    let dead: BTreeSet<&str> =
        application.queues.iter().filter_map(|queue| Some(queue.redrive.as_ref()?.queue.as_str())).collect();
    let queues = application.queues.iter().filter(|queue| !dead.contains(queue.name.as_str()));
    let wired: BTreeSet<&str> = queues
        .map(|queue| queue.logical_id.as_str())
        .chain(application.machines.iter().map(|machine| machine.name.as_str()))
        .collect();
    let named = SCENARIOS.iter().chain(&EXCEPTIONS).map(|(name, _)| *name);
    assert_eq!(named.collect::<BTreeSet<_>>(), wired);

    let this = std::env::current_exe().expect("this program");
    let list = Command::new(this).args(["--list", SELECTED]).output().expect("its list of tests");
    let list = String::from_utf8(list.stdout).expect("text");
    let selected: BTreeSet<_> = list.lines().filter_map(|line| line.strip_suffix(": test")).collect();
    for (name, test) in SCENARIOS {
        assert!(selected.contains(test), "{name}: {test} is no test that the gate selects");
    }
}
