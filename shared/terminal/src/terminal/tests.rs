use super::*;
use crate::script::{MERCHANT, Script, Signer, answer, automatic, body, header, lost, problem};
use jiff::SignedDuration;
use scrip_money::Currency;
use serde_json::json;

const fn fen(amount: i64) -> Money {
    Money::new(amount, Currency::CNY)
}

fn names(items: &[&str]) -> BTreeSet<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

fn payment(quote: &Quote) -> Payment {
    let payer = Payer::Named { user: "alice".into(), secure_code: "12345678".to_owned().into() };
    Payment { quote: quote.clone(), payer, pin: None, order_reference: "order-1".parse().unwrap() }
}

fn receipt() -> Value {
    json!({ "id": "txn_1", "amount": fen(900), "at": "2026-11-23T12:00:00Z", "steps": [] })
}

struct Till {
    script: Script,
    signer: Signer,
    terminal: Terminal<Script, Script>,
}

impl Till {
    /// A terminal that has calculated 1,000 fen with `spring`, 10 percent off, which the payer named.
    async fn with_quote() -> (Self, Quote) {
        let (script, signer) = (Script::of([]), Signer::new());
        let terminal = Terminal::new(script.client(), MERCHANT, Rules::default());
        let mut till = Self { script, signer, terminal };
        till.script.then(automatic(&[]));
        till.then_rule("spring", 1, 10);
        till.script.then(till.signer.keys());
        let quote = till.calculate(&["spring"]).await.unwrap();
        assert_eq!(quote.calculation.second_value, fen(900));
        till.script.seen();
        (till, quote)
    }

    fn then_rule(&self, item: &str, version: u32, percent: u32) {
        self.script.then(self.signer.rule(&self.claims(item, version, percent)));
    }

    fn claims(&self, item: &str, version: u32, percent: u32) -> Value {
        Signer::claims(item, version, percent, self.script.clock.now() + SignedDuration::from_hours(1))
    }

    async fn calculate(&mut self, items: &[&str]) -> Result<Quote, TerminalError> {
        self.terminal.calculate(Order::of_value(fen(1_000)), names(items), Context::default()).await
    }
}

#[tokio::test]
async fn what_was_calculated_is_what_is_sent() {
    let (mut till, quote) = Till::with_quote().await;
    till.script.then(answer(201, receipt()));

    let outcome = till.terminal.pay(&payment(&quote)).await.unwrap();

    assert_eq!(
        outcome,
        Outcome::Paid { receipt: serde_json::from_value(receipt()).unwrap(), replayed: false }
    );
    let request = till.script.seen().remove(0);
    assert_eq!(request.path, "/v1/deductions/transfers");
    assert_eq!(
        body(&request),
        json!({
            "items": [{ "item": "spring", "version": 1 }],
            "first_value": fen(1_000), "second_value": fen(900),
            "payer": { "user": "alice", "secure_code": "12345678" }, "order_reference": "order-1",
        })
    );
    assert!(header(&request, "idempotency-key").unwrap().starts_with("order-1."));
}

#[tokio::test]
async fn items_that_nobody_names_apply_with_the_others() {
    let (mut till, _) = Till::with_quote().await;
    till.script.clock.advance(SignedDuration::from_mins(6));
    till.script.then(automatic(&["happy-hour", "ended"]));
    let mut ended = till.claims("ended", 1, 50);
    ended["valid_until"] = json!(till.script.clock.now());
    till.script.then(till.signer.rule(&ended));
    till.then_rule("happy-hour", 7, 50);

    let quote = till.calculate(&["spring"]).await.unwrap();

    assert_eq!(quote.calculation.second_value, fen(450));
    let items: Vec<_> = quote.items.iter().map(|item| (item.item.as_str(), item.version)).collect();
    assert_eq!(items, [("happy-hour", 7), ("spring", 1)]);
    // What was named must apply.
    till.script.then(till.signer.rule(&ended));
    assert_eq!(till.calculate(&["ended"]).await, Err(RuleError::Expired("ended".into()).into()));
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_with_the_same_request_even_after_a_restart() {
    let (mut till, quote) = Till::with_quote().await;
    let payment = payment(&quote);
    for _ in 0..5 {
        till.script.then(lost());
    }
    let error = till.terminal.pay(&payment).await.unwrap_err();
    assert!(matches!(error, TerminalError::Call(CallError::OutcomeUnknown(_))));

    let kept = serde_json::to_string(&(till.terminal.rules(), &payment)).unwrap();
    let (rules, payment): (Rules, Payment) = serde_json::from_str(&kept).unwrap();
    let mut terminal = Terminal::new(till.script.client(), MERCHANT, rules);
    let headers = vec![("idempotent-replayed".to_owned(), "true".to_owned())];
    till.script.then(answer(201, receipt()).map(|found| crate::Response { headers, ..found }));
    let outcome = terminal.pay(&payment).await.unwrap();

    assert!(matches!(outcome, Outcome::Paid { replayed: true, .. }));
    let seen = till.script.seen();
    let same = |request: &crate::Request| {
        (request.body.clone(), header(request, "idempotency-key").map(str::to_owned))
    };
    assert_eq!(seen.len(), 6);
    assert!(seen.iter().all(|request| same(request) == same(&seen[0])));
}

#[tokio::test]
async fn a_stale_rule_is_replaced_by_the_one_answered_and_the_new_price_is_shown_first() {
    let (mut till, quote) = Till::with_quote().await;
    let current = till.signer.signed(&till.claims("spring", 2, 5));
    let stale = json!({ "status": 409, "code": VERSION_STALE, "detail": "", "current": current });
    till.script.then(answer(409, stale));
    till.script.then(automatic(&[]));

    let Outcome::Changed(anew) = till.terminal.pay(&payment(&quote)).await.unwrap() else { panic!() };

    assert_eq!(anew.calculation.second_value, fen(950));
    assert_eq!(anew.items[0].version, 2);
    assert_ne!(payment(&anew).key(), payment(&quote).key());
    assert!(till.script.is_over(), "the rule came with the refusal");
    // The old version is not used any more, wherever it comes from.
    till.terminal.rules.outdate("spring", 2);
    till.then_rule("spring", 1, 10);
    assert_eq!(till.terminal.rule("spring").await, Err(RuleError::Outdated("spring".into())));
}

#[tokio::test]
async fn a_stale_rule_without_a_believable_new_one_is_fetched() {
    let (mut till, quote) = Till::with_quote().await;
    let mut forged = Signer::new().signed(&till.claims("spring", 2, 99));
    forged["version"] = json!(2);
    let stale = json!({ "status": 409, "code": VERSION_STALE, "detail": "", "current": forged });
    till.script.then(answer(409, stale));
    till.script.then(till.signer.keys());
    till.script.then(automatic(&[]));
    till.then_rule("spring", 2, 5);

    let outcome = till.terminal.pay(&payment(&quote)).await.unwrap();

    assert!(matches!(outcome, Outcome::Changed(anew) if anew.calculation.second_value == fen(950)));
}

#[tokio::test]
async fn another_second_value_by_the_same_rules_is_an_error_with_both_figures() {
    let (mut till, quote) = Till::with_quote().await;
    let mismatch = json!({ "status": 409, "code": MISMATCH, "detail": "", "expected": fen(901) });
    till.script.then(answer(409, mismatch));
    till.script.then(automatic(&[]));
    till.then_rule("spring", 1, 10);

    let error = till.terminal.pay(&payment(&quote)).await.unwrap_err();

    assert!(matches!(error, TerminalError::Mismatch { ours, .. } if ours == fen(900)));
    assert!(error.to_string().contains("9.01 CNY") && error.to_string().contains("9.00 CNY"), "{error}");
}

#[tokio::test]
async fn an_item_that_became_automatic_changes_the_price() {
    let (mut till, quote) = Till::with_quote().await;
    till.script.then(problem(409, MISMATCH));
    till.script.then(automatic(&["happy-hour"]));
    till.then_rule("happy-hour", 1, 50);
    till.then_rule("spring", 1, 10);

    let outcome = till.terminal.pay(&payment(&quote)).await.unwrap();

    assert!(matches!(outcome, Outcome::Changed(anew) if anew.calculation.second_value == fen(450)));
}

#[tokio::test]
async fn an_automatic_rule_that_changed_changes_the_price() {
    let (mut till, _) = Till::with_quote().await;
    till.script.clock.advance(SignedDuration::from_mins(6));
    till.script.then(automatic(&["happy-hour"]));
    till.then_rule("happy-hour", 1, 50);
    let quote = till.calculate(&["spring"]).await.unwrap();
    till.script.seen();

    till.script.then(problem(409, MISMATCH));
    till.script.then(automatic(&["happy-hour"]));
    till.then_rule("happy-hour", 2, 40);
    till.then_rule("spring", 1, 10);
    let outcome = till.terminal.pay(&payment(&quote)).await.unwrap();

    assert!(matches!(outcome, Outcome::Changed(anew) if anew.calculation.second_value == fen(540)));
    let sent = body(&till.script.seen()[0]);
    assert_eq!(sent["items"], json!([{ "item": "spring", "version": 1 }]), "the server knows the others");
}

#[tokio::test]
async fn the_pin_goes_with_the_payer() {
    let (_, quote) = Till::with_quote().await;
    let typed = Payment { pin: Some("271828".to_owned().into()), ..payment(&quote) };
    assert_eq!(typed.body()["payer"]["pin"], "271828");
    assert!(payment(&quote).body()["payer"].get("pin").is_none());
}

#[tokio::test]
async fn other_refusals_are_told() {
    let (mut till, quote) = Till::with_quote().await;
    till.script.then(problem(422, "insufficient-funds"));
    let error = till.terminal.pay(&payment(&quote)).await.unwrap_err();
    assert_eq!(error.to_string(), "insufficient-funds: Do otherwise.");
}

#[tokio::test]
async fn the_key_tells_nothing_of_the_code() {
    let (_, quote) = Till::with_quote().await;
    let other = Payer::Scanned { presentation_code: "1".repeat(18).into() };
    let other = Payment { payer: other, ..payment(&quote) };
    assert_eq!(other.key(), payment(&quote).key());
    assert!(!format!("{other:?}").contains("1111"));
}
