use super::*;
use crate::tests::{NOW, at, keyring, offline, presented};
use scrip_refusal::Refusal;
use scrip_secure_code::{Presentation, SecureCode};

#[test]
fn what_the_payers_account_says_is_a_decline_and_nothing_else_is() {
    let of = |code| unpayable(&Refusal::new(code, "").into());
    assert_eq!(of(Code::InsufficientFunds), Some(DeclineCause::InsufficientFunds));
    assert_eq!(of(Code::AccountClosed), Some(DeclineCause::AccountClosed));
    assert_eq!(of(Code::CurrencyMismatch), Some(DeclineCause::CurrencyMismatch));
    for code in [Code::Internal, Code::NotFound, Code::TooManyRequests] {
        assert_eq!(of(code), None, "{code}");
    }
    assert_eq!(unpayable(&changed()), None);
    assert_eq!(unpayable(&Failure::Busy("throttled".into())), None);
}

#[test]
fn a_user_is_named_once() {
    assert_eq!(user_behind("user:alice", Some("alice")), None);
    assert_eq!(user_behind("alias:123456789", Some("alice")), Some("alice".into()));
    assert_eq!(user_behind("alias:123456789", None), None);
}

#[test]
fn a_payer_is_the_same_by_id_and_by_each_alias_that_may_be_theirs() {
    let alias = alias_name(aliases(&keyring(), "alice")[2]);
    let is_same = |one: &str, other: &str| offline().is_same_payer(one, other).unwrap();
    assert!(is_same("user:alice", "user:alice") && is_same(&alias, &alias));
    assert!(is_same("user:alice", &alias) && is_same(&alias, "user:alice"));
    assert!(!is_same("user:bob", &alias) && !is_same(&alias, "user:bob"));
    assert!(!is_same("user:alice", "user:bob"));
    let another = alias_name(aliases(&keyring(), "alice")[1]);
    assert!(!is_same(&alias, &another), "whose an alias is can't be told from it");
}

#[test]
fn records_name_a_payer_without_the_code() {
    assert_eq!(payer_name(&presented().payer), "user:alice");
    let presentation = Presentation::new(Alias::of_number(7), SecureCode::parse("12345678").unwrap());
    assert_eq!(payer_name(&Payer::Presentation(presentation.unwrap())), "alias:000000007");
}

#[test]
fn what_moved_no_money_is_forgotten_after_ninety_days() {
    assert_eq!(forgotten_at(at(NOW)), NOW / 1_000 + 90 * 86_400);
}
