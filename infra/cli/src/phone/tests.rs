use super::*;

fn state(fixed: bool) -> State {
    let approved = Approved {
        id: "auth_1".into(),
        alias: Alias::of_number(123_456_789),
        valid_until: "2026-11-24T00:00:00Z".parse().unwrap(),
    };
    let credential = Credential::generate(fixed);
    State { user: "alice".into(), credential, progress: Progress::Approved(approved) }
}

fn shown(state: &State, at: &str) -> anyhow::Result<String> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("phone.json");
    state_file::write(&path, state)?;
    Show { state: path, at: Some(at.parse()?) }.shown()
}

#[test]
fn a_phone_shows_codes_while_they_count_and_needs_nothing_but_its_file() {
    let phone = state(false);
    let at = |time: &str| shown(&phone, time);
    let first = at("2026-11-23T12:00:00Z").unwrap();
    let same = at("2026-11-23T12:00:29Z").unwrap();
    assert_eq!(first, same);
    assert_ne!(at("2026-11-23T12:00:30Z").unwrap(), first);
    let read = scrip_secure_code::Presentation::parse(&first).unwrap();
    assert_eq!(read.alias().to_string(), "123456789");
    let over = at("2026-11-24T00:00:00Z").unwrap_err().to_string();
    assert_eq!(over, "the authorization has expired at 2026-11-24T00:00:00Z");
}

#[test]
fn a_static_code_stays() {
    let phone = state(true);
    let codes = ["2026-11-23T12:00:00Z", "2026-11-23T18:00:00Z"].map(|time| shown(&phone, time).unwrap());
    assert_eq!(codes[0], codes[1]);
    assert_eq!(codes[0].len(), 16);
}

#[test]
fn what_was_not_answered_is_not_shown() {
    let progress = Progress::Asked { key: "k".into(), terms: json!({}) };
    let asked = State { progress, ..state(false) };
    let error = shown(&asked, "2026-11-23T12:00:00Z").unwrap_err().to_string();
    assert!(error.contains("`scrip phone authorize` asks again"), "{error}");
}

#[test]
fn terms_are_in_the_accounts_currency() {
    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        authorize: Authorize,
    }
    let line = "authorize --state p --user alice --account acct_1 --pin 271828 --limit 5000 --uses 3 \
        --per-day-count 2 --per-day-amount 900 --pin-above 100 --pos dev_1 --pos dev_2 --reserve";
    let line = <Line as clap::Parser>::try_parse_from(line.split_whitespace()).unwrap();
    let yen = |amount: i64| json!({ "amount": amount, "currency": "JPY" });
    let expected = json!({
        "account": "acct_1", "limit": yen(5_000), "per_transaction_limit": yen(5_000), "uses": 3,
        "valid_for": "PT24H", "per_day": { "count": 2, "amount": yen(900) }, "pin_above": yen(100),
        "pos": ["dev_1", "dev_2"], "reserve": true,
    });
    assert_eq!(line.authorize.terms(Currency::JPY), expected);
}
