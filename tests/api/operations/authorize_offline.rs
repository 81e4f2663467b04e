use crate::api::transcript::Transcript;
use crate::api::world::{CARD_NUMBER, NOBODY, PIN, World, delete, money, next_code};
use scrip_clock::{SignedDuration, Timestamp};
use scrip_test_support::{Answer, Phone, Scrip, User};
use serde_json::{Value, json};

const PATH: &str = "/v1/offline/authorizations";
const CODE: &str = "739105826410";
const SECRET: &str = "c2VjcmV0LW9mLWEtcGhvbmUtMjAyNg";

fn terms(account: &str) -> Value {
    json!({
        "account": account, "pin": PIN, "secure_code": { "scheme": "static", "code": CODE },
        "limit": money(5_000), "per_transaction_limit": money(2_000), "uses": 10, "valid_for": "P1D",
    })
}

/// The terms with one member, at any depth, replaced.
fn but(account: &str, pointer: &str, value: Value) -> Value {
    let mut terms = terms(account);
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    terms.pointer_mut(parent).unwrap()[name] = value;
    terms
}

async fn ask(world: &World, terms: &Value) -> Answer {
    world.scrip.post(&world.alice, PATH, terms).await
}

/// Somebody with a PIN and money, who has authorized nothing yet.
async fn carl(scrip: &Scrip) -> (User, String) {
    let carl = scrip.user("carl").await;
    carl.set_pin(scrip, PIN).await;
    let account = scrip.account(&carl, 10_000, "CNY").await;
    (carl, account)
}

async fn available(scrip: &Scrip, user: &User, account: &str) -> [i64; 2] {
    let read = scrip.get(user, &format!("/v1/accounts/{account}")).await.expect(200).body;
    ["balance", "available"].map(|member| read[member]["amount"].as_i64().unwrap())
}

#[tokio::test]
async fn what_is_authorized_is_told_and_its_code_is_not() {
    let world = World::start().await;
    let mut told = Transcript::default();
    let before = world.scrip.now().await;
    let granted = ask(&world, &terms(&world.account)).await;
    told.note("with a static code", &granted);
    let [from, until]: [Timestamp; 2] =
        ["valid_from", "valid_until"].map(|at| granted.text(at).parse().unwrap());
    assert_eq!(until.duration_since(from), SignedDuration::from_hours(24));
    assert!(from >= before);

    let mut full = terms(&world.account);
    full["secure_code"] =
        json!({ "scheme": "totp", "secret": SECRET, "algorithm": "SHA1", "digits": 8, "period": 30 });
    full["per_day"] = json!({ "count": 2, "amount": money(2_500) });
    full["pin_above"] = money(0);
    full["pos"] = json!([world.pos.id]);
    full["reserve"] = json!(true);
    let granted = ask(&world, &full).await;
    told.note("with codes that change, and all terms", &granted);
    assert_eq!(granted.text("alias").len(), 9);
    let read = world.alice.authorization(&world.scrip, &granted.text("id")).await;
    assert_eq!(read, granted.body);
    for secret in [CODE, SECRET, PIN] {
        assert!(!format!("{told}{read}").contains(secret));
    }
    insta::assert_snapshot!(told);
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it sends hundreds of requests that the handlers alone decide on")]
async fn the_terms_of_an_authorization_are_within_limits() {
    let world = World::start().await;
    let dev = |n: u8| format!("dev_{n:0>26}");
    let devices = |count: u8| json!((0..count).map(dev).collect::<Vec<_>>());
    let too_much = json!({ "amount": 1_000_000_000_000_001_i64, "currency": "CNY" });
    for (pointer, value, at, code) in [
        ("/limit", money(0), "/limit/amount", "amount-not-positive"),
        ("/limit", too_much, "/limit/amount", "out-of-range"),
        ("/per_transaction_limit", money(-1), "/per_transaction_limit/amount", "amount-not-positive"),
        ("/per_transaction_limit", money(5_001), "/per_transaction_limit/amount", "out-of-range"),
        ("/uses", json!(0), "/uses", "out-of-range"),
        ("/uses", json!(51), "/uses", "out-of-range"),
        ("/valid_for", json!("PT59S"), "/valid_for", "out-of-range"),
        ("/valid_for", json!("P7DT1S"), "/valid_for", "out-of-range"),
        ("/valid_for", json!("1 day"), "/valid_for", "invalid-field"),
        ("/per_day", json!({ "count": 0, "amount": money(1) }), "/per_day/count", "out-of-range"),
        ("/per_day", json!({ "count": 51, "amount": money(1) }), "/per_day/count", "out-of-range"),
        (
            "/per_day",
            json!({ "count": 1, "amount": money(0) }),
            "/per_day/amount/amount",
            "amount-not-positive",
        ),
        ("/pin_above", money(-1), "/pin_above/amount", "out-of-range"),
        ("/pos", json!([]), "/pos", "out-of-range"),
        ("/pos", devices(11), "/pos", "too-many"),
        ("/pos", json!([dev(0), "till 1"]), "/pos/1", "invalid-field"),
        ("/pin", json!("12345"), "/pin", "invalid-field"),
        ("/secure_code/scheme", json!("card"), "/secure_code/scheme", "invalid-field"),
    ] {
        let answer = world.unchanged(ask(&world, &but(&world.account, pointer, value))).await;
        answer.refused_field("authorize-offline", at, code);
    }
    let (carl, account) = carl(&world.scrip).await;
    for (place, (pointer, value)) in [
        ("/per_transaction_limit", money(5_000)),
        ("/uses", json!(50)),
        ("/valid_for", json!("P7D")),
        ("/pos", devices(10)),
    ]
    .into_iter()
    .enumerate()
    {
        let mut terms = but(&account, pointer, value);
        terms["secure_code"]["code"] = json!(format!("73910582641{place}"));
        world.scrip.post(&carl, PATH, &terms).await.expect(201);
    }
}

#[tokio::test]
async fn a_code_has_the_form_of_its_scheme() {
    let world = World::start().await;
    let code = |code: &str| json!({ "scheme": "static", "code": code });
    let secret = |secret: &str| json!({ "scheme": "totp", "secret": secret });
    for (secure_code, field, told) in [
        (json!({ "scheme": "static" }), "code", "missing-field"),
        (json!({ "scheme": "totp" }), "secret", "missing-field"),
        (json!({ "scheme": "static", "code": CODE, "secret": SECRET }), "secret", "unknown-field"),
        (json!({ "scheme": "static", "code": CODE, "digits": 8 }), "digits", "unknown-field"),
        (json!({ "scheme": "totp", "secret": SECRET, "code": CODE }), "code", "unknown-field"),
        (json!({ "scheme": "totp", "secret": SECRET, "digits": 6 }), "digits", "out-of-range"),
        (json!({ "scheme": "totp", "secret": SECRET, "period": 60 }), "period", "out-of-range"),
        (json!({ "scheme": "totp", "secret": SECRET, "algorithm": "MD5" }), "algorithm", "invalid-field"),
        (code("73910582641"), "code", "invalid-field"),
        (code("7391058264107391058264107"), "code", "invalid-field"),
        (code("7391058264-0"), "code", "invalid-field"),
        (code("4111111111111111"), "code", "card-number-refused"),
        (secret("c2hvcnQ"), "secret", "invalid-field"),
        (secret(&"A".repeat(104)), "secret", "invalid-field"),
        (secret("no secret at all, this"), "secret", "invalid-field"),
    ] {
        let answer = ask(&world, &but(&world.account, "/secure_code", secure_code.clone())).await;
        answer.refused_field("authorize-offline", &format!("/secure_code/{field}"), told);
    }
}

#[tokio::test]
async fn only_ones_own_account_pays_in_its_currency() {
    let world = World::start().await;
    let unknown = format!("acct_u{NOBODY}");
    for account in [&world.mallorys, &world.shop.account, &unknown, "", "alice"] {
        let answer = world.unchanged(ask(&world, &terms(account))).await;
        answer.refused_field("authorize-offline", "/account", "not-found");
    }
    let answer = ask(&world, &terms(CARD_NUMBER)).await;
    answer.refused_field("authorize-offline", "/account", "card-number-refused");
    let yen = json!({ "amount": 100, "currency": "JPY" });
    for pointer in ["/per_transaction_limit", "/pin_above"] {
        let answer = world.unchanged(ask(&world, &but(&world.account, pointer, yen.clone()))).await;
        answer.refused("authorize-offline", 422, "currency-mismatch");
    }
    let mut foreign = but(&world.account, "/limit", yen.clone());
    foreign["per_transaction_limit"] = yen;
    ask(&world, &foreign).await.refused("authorize-offline", 422, "currency-mismatch");
}

#[tokio::test]
async fn authorizing_takes_the_pin() {
    let world = World::start().await;
    let hers = terms(&world.mallorys);
    let answer = world.unchanged(world.scrip.post(&world.mallory, PATH, &hers)).await;
    answer.refused("authorize-offline", 422, "pin-not-set");
    for left in (0..5).rev() {
        let wrong = ask(&world, &but(&world.account, "/pin", json!("111112"))).await;
        let wrong = wrong.refused("authorize-offline", 422, "pin-refused");
        assert_eq!(wrong.body["attempts_left"], left);
    }
    let locked = world.unchanged(ask(&world, &terms(&world.account))).await;
    let locked = locked.refused("authorize-offline", 429, "pin-locked");
    assert!(locked.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn two_authorizations_have_two_codes() {
    let world = World::start().await;
    ask(&world, &terms(&world.account)).await.expect(201);
    let again = world.unchanged(ask(&world, &terms(&world.account))).await;
    again.refused("authorize-offline", 422, "secure-code-in-use");
    let totp = json!({ "scheme": "totp", "secret": SECRET });
    let first = ask(&world, &but(&world.account, "/secure_code", totp.clone())).await.expect(201);
    let other_hash = json!({ "scheme": "totp", "secret": SECRET, "algorithm": "SHA512" });
    let again = world.unchanged(ask(&world, &but(&world.account, "/secure_code", other_hash))).await;
    again.refused("authorize-offline", 422, "secure-code-in-use");
    // Nobody learns with a wrong PIN whether a code is in use.
    let guess = ask(&world, &but(&world.account, "/pin", json!("111112"))).await;
    guess.refused("authorize-offline", 422, "pin-refused");
    // It is free again once its authorization is gone, and to others always.
    delete(&world.scrip, &world.alice, &format!("{PATH}/{}", first.text("id"))).await.expect(204);
    ask(&world, &but(&world.account, "/secure_code", totp)).await.expect(201);
    let (carl, account) = carl(&world.scrip).await;
    world.scrip.post(&carl, PATH, &terms(&account)).await.expect(201);
}

#[tokio::test]
async fn five_authorizations_can_be_used_at_a_time() {
    let world = World::start().await;
    let (carl, account) = carl(&world.scrip).await;
    let mut aliases = Vec::new();
    let mut last = None;
    for _ in 0..5 {
        let phone = carl.phone(&world.scrip, &account, PIN, json!({})).await;
        aliases.push(phone.alias);
        last = Some(phone);
    }
    aliases.dedup();
    assert_eq!(aliases.len(), 1, "all stand for the same user");
    let sixth = world.scrip.post(&carl, PATH, &terms(&account)).await;
    sixth.refused("authorize-offline", 422, "limit-exceeded");
    let path = format!("{PATH}/{}", last.unwrap().authorization);
    delete(&world.scrip, &carl, &path).await.expect(204);
    world.scrip.post(&carl, PATH, &terms(&account)).await.expect(201);
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it advances the clock by hours")]
async fn an_authorization_that_ended_makes_room_for_another() {
    let scrip = Scrip::start().await;
    let (carl, account) = carl(&scrip).await;
    for hours in 1..=5 {
        carl.phone(&scrip, &account, PIN, json!({ "valid_for": format!("PT{hours}H") })).await;
    }
    scrip.advance("PT61M").await;
    let carl = scrip.user("carl").await;
    scrip.post(&carl, PATH, &terms(&account)).await.expect(201);
    let listed = scrip.get(&carl, PATH).await.expect(200).body;
    let states = listed["items"].as_array().unwrap().iter().map(|item| item["status"].as_str().unwrap());
    assert_eq!(states.filter(|status| *status == "approved").count(), 5);
    let another = json!({ "scheme": "static", "code": "739105826411" });
    let sixth = scrip.post(&carl, PATH, &but(&account, "/secure_code", another)).await;
    sixth.refused("authorize-offline", 422, "limit-exceeded");
}

#[tokio::test]
async fn what_is_reserved_must_be_there() {
    let world = World::start().await;
    let (carl, account) = carl(&world.scrip).await;
    let reserving = |limit: i64| {
        let mut terms = but(&account, "/limit", money(limit));
        terms["reserve"] = json!(true);
        terms
    };
    let much = world.scrip.post(&carl, PATH, &reserving(10_001)).await;
    much.refused("authorize-offline", 422, "insufficient-funds");
    assert_eq!(world.scrip.get(&carl, PATH).await.body["items"], json!([]));
    world.scrip.post(&carl, PATH, &reserving(10_000)).await.expect(201);
    assert_eq!(available(&world.scrip, &carl, &account).await, [10_000, 0]);
    world.close(&account).await;
    let mut another = reserving(5_000);
    another["secure_code"]["code"] = json!("739105826411");
    world.scrip.post(&carl, PATH, &another).await.refused("authorize-offline", 422, "account-closed");
}

#[tokio::test]
async fn the_same_request_gets_the_first_answer_whatever_became_of_it() {
    let world = World::start().await;
    let key = "one-authorization";
    let send = async || world.scrip.post_keyed(&world.alice, PATH, key, &terms(&world.account)).await;
    let first = send().await.expect(201);
    world.pos.ask(&world.scrip, "alice", CODE, 700).await.expect(201);
    let again = send().await.expect(201);
    assert!(again.is_replay());
    assert_eq!(again.body, first.body);
    delete(&world.scrip, &world.alice, &format!("{PATH}/{}", first.text("id"))).await.expect(204);
    assert_eq!(send().await.expect(201).body, first.body);
    let other =
        world.scrip.post_keyed(&world.alice, PATH, key, &but(&world.account, "/uses", json!(9))).await;
    other.refused("authorize-offline", 422, "idempotency-key-reused");
}

/// What a phone shows pays once, in both forms.
#[tokio::test]
async fn a_phone_pays_with_what_it_shows() {
    let world = World::start().await;
    let (carl, account) = carl(&world.scrip).await;
    let phone: Phone = carl.phone(&world.scrip, &account, PIN, json!({})).await;
    next_code(&world.scrip).await;
    let shown = phone.presentation(&world.scrip).await;
    let order = |reference: &str| json!({ "presentation_code": shown, "amount": money(300), "order_reference": reference });
    let paid = world.pos.send(&world.scrip, &order("a-1")).await.expect(201);
    assert_eq!(paid.text("decision"), "approved", "{}", paid.body);
    let used = world.pos.send(&world.scrip, &order("a-2")).await.expect(201);
    assert_eq!(used.text("reason"), "code-not-accepted");
    let typed = world.pos.ask(&world.scrip, "carl", &phone.code(&world.scrip).await, 300).await.expect(201);
    assert_eq!(typed.text("reason"), "code-not-accepted", "it is the same code");
    let left = carl.authorization(&world.scrip, &phone.authorization).await;
    assert_eq!((&left["remaining"], &left["uses_left"]), (&money(49_700), &json!(49)));
}

#[tokio::test]
async fn what_is_stored_is_no_code() {
    let world = World::start().await;
    let mut totp = terms(&world.account);
    totp["secure_code"] = json!({ "scheme": "totp", "secret": SECRET });
    for terms in [terms(&world.account), totp] {
        ask(&world, &terms).await.expect(201);
    }
    let table = world.scrip.table("OfflineTable").await;
    let client = aws_sdk_dynamodb::Client::new(&world.scrip.aws());
    let stored = format!("{:?}", client.scan().table_name(table).send().await.unwrap().items());
    assert!(stored.contains("CODES#"));
    for secret in [CODE, SECRET, PIN, "secret-of-a-phone-2026"] {
        assert!(!stored.contains(secret), "{secret}");
    }
}
