use super::*;
use crate::script::{MERCHANT, Script, Signer, automatic, lost, offline, problem};
use serde_json::json;

fn in_minutes(script: &Script, minutes: i64) -> Timestamp {
    script.clock.now() + SignedDuration::from_mins(minutes)
}

fn ten_percent(script: &Script) -> Value {
    Signer::claims("spring", 3, 10, in_minutes(script, 60))
}

async fn rule(rules: &mut Rules, script: &Script) -> Result<SignedRule, RuleError> {
    rules.rule(&script.client(), MERCHANT, "spring").await
}

fn paths(script: &Script) -> Vec<String> {
    script.seen().into_iter().map(|request| request.path).collect()
}

#[tokio::test]
async fn a_rule_is_fetched_once_and_survives_a_restart() {
    let (signer, script, mut rules) = (Signer::new(), Script::of([]), Rules::default());
    script.then(signer.rule(&ten_percent(&script)));
    script.then(signer.keys());

    assert_eq!(rule(&mut rules, &script).await.unwrap().version, 3);
    assert_eq!(paths(&script), ["/v1/merchants/mch_1/deduction-items/spring/rule", "/v1/deductions/keys"]);

    let kept = serde_json::to_string(&rules).unwrap();
    let mut rules: Rules = serde_json::from_str(&kept).unwrap();
    assert_eq!(rule(&mut rules, &script).await.unwrap().kind, Kind::Promotion);
    assert!(script.seen().is_empty());
}

#[tokio::test]
async fn what_is_changed_in_the_cache_is_not_believed() {
    let (signer, forger, script, mut rules) =
        (Signer::new(), Signer::new(), Script::of([]), Rules::default());
    script.then(signer.rule(&ten_percent(&script)));
    script.then(signer.keys());
    rule(&mut rules, &script).await.unwrap();

    let ninety_percent = forger.signed(&Signer::claims("spring", 3, 90, in_minutes(&script, 60)));
    rules.signed.insert("spring".into(), ninety_percent["signature"].as_str().unwrap().to_owned());

    // Its key is not published, even when asked anew; so the rule is fetched again.
    script.then(signer.keys());
    script.then(signer.rule(&ten_percent(&script)));
    let believed = rule(&mut rules, &script).await.unwrap();
    assert_eq!(serde_json::to_value(believed.rule).unwrap()["effect"]["percentage"], "10");
    assert!(script.is_over());
}

#[tokio::test]
async fn a_forged_answer_is_refused() {
    let (signer, forger, script, mut rules) =
        (Signer::new(), Signer::new(), Script::of([]), Rules::default());
    script.then(forger.rule(&ten_percent(&script)));
    script.then(signer.keys());
    script.then(signer.keys());
    let refused = rule(&mut rules, &script).await.unwrap_err();
    assert!(matches!(refused, RuleError::Signature(SignatureError::UnknownKey(_))), "{refused:?}");
    assert!(rules.signed.is_empty());
}

#[tokio::test]
async fn an_unknown_key_is_looked_for_once() {
    let (old, new, script, mut rules) = (Signer::new(), Signer::new(), Script::of([]), Rules::default());
    script.then(new.rule(&ten_percent(&script)));
    script.then(old.keys());
    script.then(new.keys());
    assert!(rule(&mut rules, &script).await.is_ok());
    assert_eq!(paths(&script).iter().filter(|path| path.ends_with("/keys")).count(), 2);
}

#[tokio::test]
async fn an_expired_rule_is_never_used() {
    let (signer, script, mut rules) = (Signer::new(), Script::of([]), Rules::default());
    script.then(signer.rule(&ten_percent(&script)));
    script.then(signer.keys());
    rule(&mut rules, &script).await.unwrap();

    script.clock.advance(SignedDuration::from_mins(61));
    for _ in 0..5 {
        script.then(offline());
    }
    let refused = rule(&mut rules, &script).await.unwrap_err();
    assert!(matches!(refused, RuleError::Call(CallError::Unreachable(_))), "{refused:?}");

    // An answer that was kept by somebody on the way is no better.
    script.then(signer.rule(&Signer::claims("spring", 3, 10, in_minutes(&script, -1))));
    assert_eq!(rule(&mut rules, &script).await, Err(RuleError::Expired("spring".into())));
}

#[tokio::test]
async fn an_item_counts_within_its_own_time() {
    let (signer, script) = (Signer::new(), Script::of([]));
    for (member, minutes, error) in [
        ("valid_until", 0, RuleError::Expired("spring".into())),
        ("valid_from", 1, RuleError::NotYetValid("spring".into())),
    ] {
        let mut claims = ten_percent(&script);
        claims[member] = json!(in_minutes(&script, minutes));
        script.then(signer.rule(&claims));
        script.then(signer.keys());
        assert_eq!(rule(&mut Rules::default(), &script).await, Err(error));
    }
}

#[tokio::test]
async fn a_rule_is_of_the_item_that_was_asked_for() {
    let (signer, script, mut rules) = (Signer::new(), Script::of([]), Rules::default());
    script.then(signer.rule(&Signer::claims("summer", 1, 90, in_minutes(&script, 60))));
    script.then(signer.keys());
    assert_eq!(rule(&mut rules, &script).await, Err(RuleError::OtherItem("spring".into())));

    let mut elsewhere = ten_percent(&script);
    elsewhere["merchant"] = json!("mch_2");
    script.then(signer.rule(&elsewhere));
    assert_eq!(rule(&mut rules, &script).await, Err(RuleError::OtherItem("spring".into())));
}

#[tokio::test]
async fn versions_never_go_back() {
    let (signer, script, mut rules) = (Signer::new(), Script::of([]), Rules::default());
    script.then(signer.rule(&ten_percent(&script)));
    script.then(signer.keys());
    rule(&mut rules, &script).await.unwrap();

    rules.outdate("spring", 4);
    let mut rules: Rules = serde_json::from_value(json!(rules)).unwrap();
    script.then(signer.rule(&ten_percent(&script)));
    assert_eq!(rule(&mut rules, &script).await, Err(RuleError::Outdated("spring".into())));
    script.then(signer.rule(&Signer::claims("spring", 4, 20, in_minutes(&script, 60))));
    assert_eq!(rule(&mut rules, &script).await.unwrap().version, 4);
}

#[tokio::test]
async fn a_refusal_is_told_and_a_rule_that_says_more_is_not_guessed() {
    let (signer, script, mut rules) = (Signer::new(), Script::of([]), Rules::default());
    script.then(problem(404, "not-found"));
    let refused = rule(&mut rules, &script).await.unwrap_err();
    assert!(matches!(&refused, RuleError::Call(error) if error.refusal("not-found").is_some()));

    let mut newer = ten_percent(&script);
    newer["rule"]["moon_phase"] = json!("full");
    script.then(signer.rule(&newer));
    script.then(signer.keys());
    assert_eq!(rule(&mut rules, &script).await, Err(SignatureError::Malformed("claims").into()));
}

#[tokio::test]
async fn keys_are_asked_for_again_after_a_day() {
    let (signer, script, mut rules) = (Signer::new(), Script::of([]), Rules::default());
    let claims = Signer::claims("spring", 3, 10, in_minutes(&script, 60 * 48));
    script.then(signer.rule(&claims));
    script.then(signer.keys());
    rule(&mut rules, &script).await.unwrap();
    script.clock.advance(SignedDuration::from_hours(KEYS_AGE_HOURS));

    // The key was withdrawn meanwhile.
    let other = Signer::new();
    script.then(other.keys());
    script.then(other.keys());
    script.then(other.rule(&Signer::claims("spring", 4, 20, in_minutes(&script, 60))));
    assert_eq!(rule(&mut rules, &script).await.unwrap().version, 4);
}

#[tokio::test]
async fn automatic_items_are_listed_for_a_while() {
    let (script, mut rules) = (Script::of([]), Rules::default());
    let first = json!({ "items": [{ "item": "b" }], "next": "a cursor" });
    script.then(lost());
    script.then(crate::script::answer(200, first));
    script.then(automatic(&["a"]));

    let expected: BTreeSet<String> = ["a", "b"].map(str::to_owned).into();
    for _ in 0..2 {
        assert_eq!(rules.automatic(&script.client(), MERCHANT).await.unwrap(), expected);
    }
    assert!(paths(&script)[2].ends_with("?automatic=true&limit=100&after=a%20cursor"));

    script.clock.advance(SignedDuration::from_mins(AUTOMATIC_AGE_MINUTES));
    script.then(automatic(&[]));
    assert!(rules.automatic(&script.client(), MERCHANT).await.unwrap().is_empty());
}
