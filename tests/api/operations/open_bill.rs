use crate::api::transcript::Transcript;
use crate::api::world::{CARD_NUMBER, NOBODY, World, money};
use scrip_clock::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const PATH: &str = "/v1/bills";

fn terms(account: &str, field: &str, value: Value) -> Value {
    let mut terms = json!({ "account": account, "effective_for": "PT2H" });
    terms[field] = value;
    terms
}

#[tokio::test]
async fn a_bill_is_opened_for_a_set_period() {
    let world = World::start().await;
    let mut told = Transcript::default();
    let plain = json!({ "account": world.account, "effective_for": "PT2H" });
    let before = world.scrip.now().await;
    let opened = world.scrip.post(&world.alice, PATH, &plain).await;
    told.note("plain", &opened);
    let until: Timestamp = opened.text("effective_until").parse().unwrap();
    let open_for = until.duration_since(before);
    assert!(
        open_for >= SignedDuration::from_hours(2) && open_for < SignedDuration::from_mins(121),
        "{open_for}"
    );
    let full = json!({ "account": world.account, "effective_for": "P1D", "ceiling": money(9_000), "grace_for": "PT1H" });
    let opened = world.scrip.post(&world.alice, PATH, &full).await;
    told.note("with a ceiling and a grace", &opened);
    told.note(
        "as it is read",
        &world.scrip.get(&world.alice, &format!("{PATH}/{}", opened.text("id"))).await,
    );
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn a_bill_is_open_for_a_minute_at_least_and_a_week_at_most() {
    let world = World::start().await;
    let send = async |field: &str, value: &str| {
        world.scrip.post(&world.alice, PATH, &terms(&world.account, field, json!(value))).await
    };
    for period in ["PT1M", "PT60S", "P7D", "PT168H", "P1W", "P6DT23H59M60S"] {
        send("effective_for", period).await.expect(201);
    }
    for grace in ["PT1M", "P1D", "PT24H"] {
        send("grace_for", grace).await.expect(201);
    }
    for period in ["PT59S", "PT1S", "P7DT1S", "P8D", "P300D"] {
        send("effective_for", period).await.refused_field("open-bill", "/effective_for", "out-of-range");
    }
    for grace in ["PT59S", "P1DT1S"] {
        send("grace_for", grace).await.refused_field("open-bill", "/grace_for", "out-of-range");
    }
    for bad in ["", "PT0S", "-PT2H", "P1M", "P1Y", "2h", "PT1.5S", "PT", "120", "P99999999999999D", "PT2H "] {
        send("effective_for", bad).await.refused_field("open-bill", "/effective_for", "invalid-field");
        send("grace_for", bad).await.refused_field("open-bill", "/grace_for", "invalid-field");
    }
}

#[tokio::test]
async fn only_ones_own_account_pays() {
    let world = World::start().await;
    let unknown = format!("acct_u{NOBODY}");
    for account in [&world.mallorys, &world.shop.account, &unknown, "", "alice"] {
        let request = json!({ "account": account, "effective_for": "PT2H" });
        let answer = world.unchanged(world.scrip.post(&world.alice, PATH, &request)).await;
        answer.refused_field("open-bill", "/account", "not-found");
    }
    // A merchant's account pays no bill, not even its owner's.
    let request = json!({ "account": world.shop.account, "effective_for": "PT2H" });
    world.scrip.post(&world.shop.owner, PATH, &request).await.refused_field(
        "open-bill",
        "/account",
        "not-found",
    );
    let request = json!({ "account": CARD_NUMBER, "effective_for": "PT2H" });
    let answer = world.scrip.post(&world.alice, PATH, &request).await;
    answer.refused_field("open-bill", "/account", "card-number-refused");
}

#[tokio::test]
async fn the_ceiling_is_in_the_accounts_currency() {
    let world = World::start().await;
    let yen = terms(&world.account, "ceiling", json!({ "amount": 100, "currency": "JPY" }));
    let answer = world.unchanged(world.scrip.post(&world.alice, PATH, &yen)).await;
    answer.refused("open-bill", 422, "currency-mismatch");
}

#[tokio::test]
async fn each_bill_has_a_key_of_its_own() {
    let world = World::start().await;
    let request = json!({ "account": world.account, "effective_for": "PT2H" });
    let [one, two] = [
        world.scrip.post(&world.alice, PATH, &request).await,
        world.scrip.post(&world.alice, PATH, &request).await,
    ];
    assert_ne!(one.text("presentation_key"), two.text("presentation_key"));
    // Whoever reads the bill later does not get it again.
    let read = world.scrip.get(&world.alice, &format!("{PATH}/{}", one.text("id"))).await;
    assert!(!read.body.to_string().contains(&one.text("presentation_key")));
}
