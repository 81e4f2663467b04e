use super::machine::{Machine, PIN};
use reqwest::Method;
use serde_json::{Value, json};

async fn put(machine: &Machine, item: &str, rule: Value) {
    let owner = machine.scrip.user("bo").await;
    let path = format!("/v1/merchants/{}/deduction-items/{item}", machine.shop.id);
    let body = json!({ "kind": "promotion", "rule": rule });
    machine.scrip.change(Method::PUT, &owner, &path, &body).await.expect(200);
}

fn tenth() -> Value {
    json!({ "effect": { "percentage": "10" } })
}

/// The last line that begins so, without the spaces between.
fn line<'a>(told: &'a str, begins: &str) -> Vec<&'a str> {
    let found = told.lines().rfind(|line| line.trim_start().starts_with(begins));
    found.unwrap_or_else(|| panic!("{begins:?} is not in {told}")).split_whitespace().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_calculates_agrees_and_is_paid() {
    let machine = Machine::start().await;
    machine.register("terminal");
    put(&machine, "spring", tenth()).await;
    let unasked = json!({ "effect": { "amount": { "amount": 100, "currency": "CNY" } }, "automatic": true,
        "stacking": { "priority": 5 } });
    put(&machine, "happy-hour", unasked).await;
    let price = json!({ "amount": 1_000, "currency": "CNY" });
    machine.write("lines.json", &json!([{ "sku": "noodles", "quantity": 2, "unit_price": price }]));

    let rules = machine.run("terminal rules --state terminal.json --item spring").done();
    assert!(rules.contains("spring v1 promotion, signature verified"), "{rules}");
    assert!(rules.contains("happy-hour v1"), "{rules}");
    let order = "--item spring --lines lines.json";
    let calculated = machine.run(&format!("terminal calculate --state terminal.json {order}")).done();
    assert_eq!(line(&calculated, "Second value"), ["Second", "value", "17.00", "CNY"]);
    // What is remembered and still counts needs no network.
    let again = machine.run_offline(&format!("terminal calculate --state terminal.json {order}")).done();
    assert_eq!(again, calculated);

    let account = &machine.account;
    machine
        .run(&format!(
            "phone authorize --state phone.json --user alice --account {account} --pin {PIN} --static"
        ))
        .done();
    let code = machine.run_offline("phone show --state phone.json").done();
    let pay = format!("terminal pay --state terminal.json {order} --user alice --code {code}");
    let paid = machine.run(&pay).done();
    assert!(line(&paid, "order-1")[1..4] == ["paid", "17.00", "CNY"], "{paid}");
    assert_eq!((machine.balance().await, machine.shop_balance().await), (48_300, 1_700));

    // The same order is paid once; and a wrong code pays nothing.
    let same = machine.run(&format!("{pay} --order order-1")).done();
    assert!(same.contains("by an earlier request"), "{same}");
    let wrong = format!("terminal pay --state terminal.json {order} --user alice --code 12345678");
    let wrong = machine.run(&wrong);
    assert!(!wrong.is_done && wrong.text.contains("scrip: order-2: code-not-accepted"), "{wrong:?}");
    assert_eq!(machine.balance().await, 48_300);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_changed_is_agreed_to_only_when_it_gives_more() {
    let machine = Machine::start().await;
    machine.register("terminal");
    put(&machine, "spring", tenth()).await;
    let account = &machine.account;
    machine
        .run(&format!(
            "phone authorize --state phone.json --user alice --account {account} --pin {PIN} --static"
        ))
        .done();
    let code = machine.run_offline("phone show --state phone.json").done();
    let order = "--state terminal.json --item spring --first-value 1000";
    machine.run(&format!("terminal calculate {order}")).done();

    put(&machine, "spring", json!({ "effect": { "percentage": "5" } })).await;
    let pay = format!("terminal pay {order} --user alice --code {code}");
    let dearer = machine.run(&pay);
    assert!(!dearer.is_done && dearer.text.contains("costs 9.50 CNY now instead of 9.00 CNY"), "{dearer:?}");
    assert_eq!(machine.balance().await, 50_000);

    put(&machine, "spring", json!({ "effect": { "percentage": "20" } })).await;
    let cheaper = machine.run(&pay).done();
    assert!(cheaper.contains("The rules have changed:") && cheaper.contains("paid 8.00 CNY"), "{cheaper}");
    assert_eq!(machine.balance().await, 49_200);
}
