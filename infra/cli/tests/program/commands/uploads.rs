//! What a point of sale has stored is kept until each sale has its final answer, whatever kills it.

use super::machine::{Machine, PIN};

/// Wrong codes of stored sales after which the next ones have to wait.
const MADE_UP: usize = 20;
const SALES: usize = 3;
/// What the file says when an upload is killed: that the sales are to be sent, and that the platform has them.
const KILLED_AT: [&str; 2] = ["\"packed\"", "\"accepted\""];

/// An authorization with a static code, which is told.
fn authorized(machine: &Machine) -> String {
    let account = &machine.account;
    let line =
        format!("phone authorize --state phone.json --user alice --account {account} --pin {PIN} --static");
    machine.run(&line).done();
    machine.run_offline("phone show --state phone.json").done()
}

fn store(machine: &Machine, user: &str, code: &str, order: &str, now: &str) {
    let line = format!(
        "pos store --state pos.json --user {user} --code {code} --order {order} --amount 100 --at {now}"
    );
    machine.run_offline(&line).done();
}

#[tokio::test(flavor = "multi_thread")]
async fn sales_behind_made_up_codes_are_kept_and_paid_later() {
    let machine = Machine::start().await;
    machine.register("pos");
    let code = authorized(&machine);
    let now = machine.now().await;
    for number in 0..MADE_UP {
        store(&machine, &format!("nobody-{number}"), "100000000000", &format!("made-up-{number}"), &now);
    }
    for number in 0..SALES {
        store(&machine, "alice", &code, &format!("sale-{number}"), &now);
    }

    let told = machine.run("pos upload --state pos.json").done();

    for number in 0..SALES {
        assert!(told.contains(&format!("sale-{number} is kept and can be sent again in ")), "{told}");
    }
    assert_eq!(machine.balance().await, 50_000);
    machine.run("pos upload --state pos.json").refused("3 of the stored sales wait, the first until ");
    machine.advance("PT31M").await;
    let told = machine.run("pos upload --state pos.json").done();
    assert_eq!(told.matches(" approved pos_").count(), SALES, "{told}");
    assert_eq!(machine.balance().await, 49_700);
    machine.run("pos upload --state pos.json").refused("no sale is stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_killed_loses_and_doubles_nothing() {
    let machine = Machine::start().await;
    machine.register("pos");
    let code = authorized(&machine);
    let now = machine.now().await;
    for number in 0..SALES {
        store(&machine, "alice", &code, &format!("sale-{number}"), &now);
    }
    for words in KILLED_AT {
        machine.run_killed("pos upload --state pos.json", "pos.json", words);
    }
    let last = machine.run("pos upload --state pos.json");
    assert!(last.is_done || last.text.contains("no sale is stored"), "{last:?}");
    assert_eq!(machine.balance().await, 49_700);
    machine.run("pos upload --state pos.json").refused("no sale is stored");
    for number in 0..SALES {
        let query = machine.run(&format!("pos query --state pos.json --order sale-{number}")).done();
        assert!(query.contains(" approved "), "{query}");
    }
}
