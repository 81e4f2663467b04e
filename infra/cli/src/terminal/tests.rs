use super::*;
use clap::Parser;
use scrip_money::{Currency, Money};

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    order: OrderArguments,
}

fn read(arguments: &[&str]) -> anyhow::Result<(Order, BTreeSet<String>, scrip_deduction::Context)> {
    Line::try_parse_from([&["terminal"], arguments].concat())?.order.read(&Till::sample())
}

#[test]
fn an_order_is_its_lines_or_its_value() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    let lines = r#"[{"sku": "tea", "quantity": 2, "unit_price": {"amount": 600, "currency": "CNY"}}]"#;
    std::fs::write(path, lines).unwrap();
    let (order, ..) = read(&["--lines", path]).unwrap();
    assert_eq!(order.value(), Ok(Money::new(1_200, Currency::CNY)));

    let (order, items, context) = read(&[
        "--first-value",
        "1000",
        "--item",
        "b",
        "--item",
        "a",
        "--member-level",
        "gold",
        "--order-count",
        "5",
        "--balance",
        "points=500",
    ])
    .unwrap();
    assert_eq!(order.value(), Ok(Money::new(1_000, Currency::CNY)));
    assert_eq!(items.into_iter().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!((context.member_level.as_deref(), context.order_count), (Some("gold"), Some(5)));
    assert_eq!(context.balances["points"], 500);
}

#[test]
fn what_is_no_order_is_told() {
    assert!(read(&[]).is_err() && read(&["--lines", "a", "--first-value", "1"]).is_err());
    assert!(read(&["--lines", "/no/lines.json"]).unwrap_err().to_string().contains("can't be read"));
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "{}").unwrap();
    let error = read(&["--lines", file.path().to_str().unwrap()]).unwrap_err().to_string();
    assert!(error.ends_with("holds no lines"), "{error}");
    assert_eq!(balance("points"), Err("not an item and its units, such as points=500"));
    assert_eq!(balance("points=x"), Err("the units are not a whole number"));
}
