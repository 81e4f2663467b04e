use super::*;
use crate::grant::tests::grant;
use crate::tests::{NOW, at, cny, codes, offline};
use scrip_money::Currency;
use scrip_secure_code::StaticCode;
use scrip_slots::Kind;
use scrip_store::{Fingerprint, IdempotencyKey, derive_id};

fn wanted() -> NewAuthorization {
    NewAuthorization {
        account: AccountId::parse(&derive_id("acct_u", &["alice"])).unwrap(),
        pin: Pin::parse("493817").unwrap(),
        code: NewCode::Static(StaticCode::generate(12)),
        limit: cny(1_000),
        per_transaction_limit: cny(1_000),
        uses: 3,
        valid_for: "PT1H".parse().unwrap(),
        per_day: Some(PerDay { count: 2, amount: cny(600) }),
        pin_above: Some(cny(500)),
        pos: Vec::new(),
        reserve: true,
    }
}

#[test]
fn terms_are_sane_up_to_their_bounds() {
    let device = |number: usize| derive_id("dev_", &[&number.to_string()]);
    let devices = |count: usize| (0..count).map(device).collect::<Vec<_>>();
    let day = |count, amount| Some(PerDay { count, amount });
    let code = |wanted: &NewAuthorization| {
        let refusal = wanted.check().err()?;
        Some(
            refusal
                .fields
                .first()
                .map_or(("", refusal.code), |field| (field.pointer.clone().leak(), field.code)),
        )
    };
    let most = MAX_AMOUNT_MINOR_UNITS;
    for (place, good) in [
        wanted(),
        NewAuthorization { uses: 1, per_day: day(1, cny(1)), pin_above: Some(cny(0)), ..wanted() },
        NewAuthorization { uses: 50, per_day: day(50, cny(most)), pin_above: Some(cny(most)), ..wanted() },
        NewAuthorization { valid_for: "PT1M".parse().unwrap(), pos: devices(10), ..wanted() },
        NewAuthorization { valid_for: "P7D".parse().unwrap(), per_day: None, ..wanted() },
    ]
    .iter()
    .enumerate()
    {
        assert_eq!(code(good), None, "{place}");
    }
    let yen = Money::new(1, Currency::JPY);
    let range = Code::OutOfRange;
    for (bad, pointer, why) in [
        (NewAuthorization { limit: cny(0), ..wanted() }, "/limit/amount", Code::AmountNotPositive),
        (
            NewAuthorization { per_transaction_limit: cny(1_001), ..wanted() },
            "/per_transaction_limit/amount",
            range,
        ),
        (NewAuthorization { per_transaction_limit: yen, ..wanted() }, "", Code::CurrencyMismatch),
        (NewAuthorization { per_day: day(1, yen), ..wanted() }, "", Code::CurrencyMismatch),
        (NewAuthorization { pin_above: Some(yen), ..wanted() }, "", Code::CurrencyMismatch),
        (NewAuthorization { pin_above: Some(cny(-1)), ..wanted() }, "/pin_above/amount", range),
        (NewAuthorization { pin_above: Some(cny(most + 1)), ..wanted() }, "/pin_above/amount", range),
        (NewAuthorization { uses: 0, ..wanted() }, "/uses", range),
        (NewAuthorization { uses: 51, ..wanted() }, "/uses", range),
        (NewAuthorization { per_day: day(0, cny(1)), ..wanted() }, "/per_day/count", range),
        (NewAuthorization { per_day: day(51, cny(1)), ..wanted() }, "/per_day/count", range),
        (NewAuthorization { valid_for: "PT59S".parse().unwrap(), ..wanted() }, "/valid_for", range),
        (NewAuthorization { valid_for: "P7DT1S".parse().unwrap(), ..wanted() }, "/valid_for", range),
        (NewAuthorization { pos: devices(11), ..wanted() }, "/pos", Code::TooMany),
        (NewAuthorization { pos: vec![device(1), "mch_1".into()], ..wanted() }, "/pos/1", Code::InvalidField),
    ] {
        assert_eq!(code(&bad), Some((pointer, why)));
    }
}

#[test]
fn an_authorization_is_stored_as_it_was_asked_for_and_waits_for_its_end() {
    let origin = Origin {
        principal: "user:alice".to_owned(),
        operation: "authorize-offline".to_owned(),
        key: IdempotencyKey::internal("1"),
        fingerprint: Fingerprint::of(&[]),
    };
    let named = ("alice", "auth_1".to_owned(), Alias::of_number(7));
    let record = wanted().record(&offline(), named, at(NOW), &origin, "r1").unwrap();
    assert_eq!((record.valid_from, record.valid_until), (NOW, NOW + 3_600_000));
    assert_eq!((record.limit, record.remaining, record.uses, record.uses_left), (1_000, 1_000, 3, 3));
    assert_eq!((record.per_transaction_limit, record.pin_above, record.reserve), (1_000, Some(500), true));
    assert_eq!(record.per_day, Some(DailyLimit { count: 2, amount: 600 }));
    assert_eq!(record.granted, format!("{NOW}#000000007"));
    let slot = record.slot.clone().unwrap();
    assert_eq!(slot.cause.as_deref(), Some("r1"));
    let waiting = slot.read().unwrap();
    assert_eq!(
        (waiting.kind, waiting.moment, waiting.item),
        (Kind::OfflineAuthorization, "expiry", "auth_1")
    );
    assert_eq!(waiting.at, at(NOW + 3_600_000));
    let seen = |now: i64, grant: Option<&Grant>| {
        let view = record.view(grant, at(now)).unwrap();
        (view.status, view.remaining, view.uses_left)
    };
    assert_eq!(record.view(None, at(NOW)).unwrap().pos, None, "any of them");
    let bound = AuthorizationRecord { pos: vec!["dev_1".to_owned()], ..record.clone() };
    assert_eq!(bound.view(None, at(NOW)).unwrap().pos, Some(bound.pos.clone()));
    let codes = codes([("auth_1", grant(400, 1)), ("auth_2", grant(300, 1))]);
    assert_eq!(record.grant(&codes), Some(&grant(400, 1)));
    let used = grant(400, 1);
    assert_eq!(seen(NOW, Some(&used)), (AuthorizationStatus::Approved, cny(400), 1));
    assert_eq!(seen(NOW + 3_599_999, None), (AuthorizationStatus::Approved, cny(1_000), 3));
    assert_eq!(seen(NOW + 3_600_000, None), (AuthorizationStatus::Expired, cny(1_000), 3));
    let revoked = AuthorizationRecord {
        status: AuthorizationStatus::Revoked,
        remaining: 400,
        uses_left: 1,
        ..record.clone()
    };
    assert_eq!(revoked.as_granted().unwrap(), record.as_granted().unwrap(), "the first answer again");
}

#[test]
fn the_ended_authorization_that_was_over_first_makes_room() {
    let usable = || grant(100, 2);
    let ended = |valid_until| Grant { ended: true, valid_until, ..grant(100, 2) };
    let four = codes([("a", usable()), ("b", ended(9)), ("c", usable()), ("d", ended(8))]);
    assert_eq!(place(&four, &[]), Ok(None));
    let five = codes([("a", usable()), ("b", ended(9)), ("c", usable()), ("d", ended(8)), ("e", usable())]);
    assert_eq!(place(&five, &[]), Ok(Some("d")));
    assert_eq!(place(&five, &[codes([("f", usable())])]), Ok(Some("d")));
    let elsewhere = [codes([("f", usable()), ("g", usable())])];
    assert_eq!(place(&five, &elsewhere).unwrap_err().code, Code::LimitExceeded);
}
