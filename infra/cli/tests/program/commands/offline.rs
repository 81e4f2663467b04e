use super::machine::{Machine, PIN};

/// Authorizes 100.00 CNY, and gives the line that shows a code without a network.
fn authorize(machine: &Machine, terms: &str) {
    let account = &machine.account;
    let line =
        format!("phone authorize --state phone.json --user alice --account {account} --pin {PIN} {terms}");
    assert!(machine.run(&line).done().contains(" approved, valid until "));
    machine.expect_private("phone.json");
}

async fn shown(machine: &Machine) -> String {
    let now = machine.now().await;
    machine.run_offline(&format!("phone show --state phone.json --at {now}")).done()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_without_a_network_pays_at_a_point_of_sale() {
    let machine = Machine::start().await;
    machine.register("pos");
    authorize(&machine, "--limit 10000 --per-transaction 5000");

    let code = shown(&machine).await;
    assert_eq!(code.len(), 18);
    let sell = format!("pos sell --state pos.json --presentation {code} --amount 1250");
    assert!(machine.run(&sell).done().starts_with("order-1 approved pos_"));
    machine.run(&sell).refused("order-2 declined pos_");
    assert_eq!((machine.balance().await, machine.shop_balance().await), (48_750, 0));

    let misread = code.replacen(char::is_numeric, if code.starts_with('1') { "2" } else { "1" }, 1);
    machine
        .run_offline(&format!("pos sell --state pos.json --presentation {misread} --amount 1"))
        .refused("--presentation: ");
    assert!(machine.run("phone status --state phone.json").done().contains("87.50 CNY in 9 uses remain"));

    machine.run("pos query --state pos.json --order order-1").done();
    assert!(machine.run("pos reverse --state pos.json --order order-1").done().contains("order-1 reversed"));
    assert_eq!(machine.balance().await, 50_000);
    machine.run("pos reverse --state pos.json --order order-2").refused("transaction-declined");
    machine.run("pos query --state pos.json --order never").refused("has not heard of it");

    machine.run("phone revoke --state phone.json").done();
    assert!(!machine.exists("phone.json"));
    machine.run("phone show --state phone.json").refused("`scrip phone authorize` makes it");
}

#[tokio::test(flavor = "multi_thread")]
async fn static_codes_need_the_user_and_a_pin_above_an_amount() {
    let machine = Machine::start().await;
    machine.register("pos");
    authorize(&machine, "--static --pin-above 1000");
    let code = machine.run_offline("phone show --state phone.json").done();
    assert_eq!(code.len(), 16);

    let sell = format!("pos sell --state pos.json --user alice --code {code} --amount");
    machine.run(&format!("{sell} 1000")).done();
    machine.run(&format!("{sell} 1001 --order tv")).refused("tv declined");
    let approved = machine.run(&format!("{sell} 1001 --order tv --pin {PIN}")).done();
    assert!(approved.starts_with("tv approved pos_"), "{approved}");

    machine.advance("PT31M").await;
    assert!(machine.run("pos query --state pos.json --order tv").done().starts_with("tv settled"));
    machine.run("pos reverse --state pos.json --order tv").refused("transaction-settled");
    assert_eq!((machine.balance().await, machine.shop_balance().await), (47_999, 2_001));
}

#[tokio::test(flavor = "multi_thread")]
async fn sales_without_a_network_are_stored_and_uploaded_once() {
    let machine = Machine::start().await;
    machine.register("pos");
    authorize(&machine, "");
    let code = shown(&machine).await;
    let now = machine.now().await;
    let store = format!("pos store --state pos.json --presentation {code} --at {now} --amount");
    assert!(machine.run_offline(&format!("{store} 700")).done().ends_with("1 to upload"));
    machine.run_offline(&format!("{store} 800")).done();

    machine.run_offline("pos upload --state pos.json").refused("nothing happened");
    let told = machine.run("pos upload --state pos.json").done();

    let lines: Vec<&str> = told.lines().collect();
    assert!(lines[0].starts_with("order-1 approved"), "{told}");
    assert!(lines[1].starts_with("order-2 declined code-not-accepted"), "the code was used: {told}");
    assert!(lines[2].starts_with("btch_") && lines[2].ends_with(" completed"), "{told}");
    assert_eq!(machine.balance().await, 49_300);
    machine.run("pos upload --state pos.json").refused("no sale is stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_platform_refuses_is_told_in_one_line() {
    let machine = Machine::start().await;
    let account = &machine.account;
    let line = format!("phone authorize --state phone.json --user alice --account {account} --pin 111222");
    machine.run(&line).refused("pin-refused");
    assert!(!machine.exists("phone.json"));
    machine.run_offline(&line).refused("start it with `cargo run` first");
    machine.run("pos register --state pos.json --merchant mch_x --owner bo").refused("not-found");
    machine
        .run("pos sell --state pos.json --user a --code 12345678 --amount 1")
        .refused("`scrip pos register`");
}
