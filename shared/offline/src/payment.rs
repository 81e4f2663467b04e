//! What a point of sale asks to be paid, read and checked.

use crate::judge::{Payer, Presented};
use crate::transaction::{TRANSACTION_PREFIX, is_order_reference};
use schemars::JsonSchema;
use scrip_clock::Timestamp;
use scrip_fields::schema::{Digits, OrderReference, User};
use scrip_fields::{MAX_ORDER_REFERENCE_CHARACTERS, check_user, invalid, missing};
use scrip_identity::Pin;
use scrip_money::Money;
use scrip_money::schema::PositiveMoney;
use scrip_refusal::{Code, Refusal};
use scrip_secure_code::{MAX_CODE_DIGITS, MIN_CODE_DIGITS, PRESENTATION_DIGITS, Presentation, SecureCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Who pays how much for which order. The payer is named by `user` with `secure_code`, or by `presentation_code` alone.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({
    "presentation_code": "204615873493827164",
    "amount": { "amount": 1_250, "currency": "CNY" },
    "order_reference": "table-4",
}))]
pub struct PosPayment {
    /// The payer's id.
    #[schemars(with = "Option<User>")]
    pub user: Option<String>,
    /// The payer's code: 8 digits of one that changes, 12 to 24 of one that does not.
    #[schemars(with = "Option<Digits<MIN_CODE_DIGITS, MAX_CODE_DIGITS>>")]
    pub secure_code: Option<String>,
    /// What the payer's phone shows: 18 digits that hold payer and code.
    #[schemars(with = "Option<Digits<PRESENTATION_DIGITS, PRESENTATION_DIGITS>>")]
    pub presentation_code: Option<String>,
    /// What the payer is to pay, in minor units: more than zero.
    #[schemars(with = "PositiveMoney")]
    pub amount: Money,
    /// The point of sale's own reference, new for each order: 1 to 64 of letters, digits and `. _ : -`, not beginning with
    /// `pos_`.
    #[schemars(with = "OrderReference", extend("not" = { "pattern": format!("^{TRANSACTION_PREFIX}") }))]
    pub order_reference: String,
    /// Six digits, typed where the answer before was `pin-required`.
    #[schemars(with = "Option<Pin>")]
    pub pin: Option<String>,
}

/// A transaction that a point of sale stored while it was not connected.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StoredPosTransaction")]
pub struct StoredPayment {
    /// The payer's id.
    #[schemars(with = "Option<User>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The payer's code: 8 digits of one that changes, 12 to 24 of one that does not.
    #[schemars(with = "Option<Digits<MIN_CODE_DIGITS, MAX_CODE_DIGITS>>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secure_code: Option<String>,
    /// What the payer's phone showed: 18 digits that hold payer and code.
    #[schemars(with = "Option<Digits<PRESENTATION_DIGITS, PRESENTATION_DIGITS>>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presentation_code: Option<String>,
    /// What the payer is to pay, in minor units: more than zero.
    #[schemars(with = "PositiveMoney")]
    pub amount: Money,
    /// The point of sale's own reference, new for each order: 1 to 64 of letters, digits and `. _ : -`, not beginning with
    /// `pos_`.
    #[schemars(with = "OrderReference", extend("not" = { "pattern": format!("^{TRANSACTION_PREFIX}") }))]
    pub order_reference: String,
    /// When the payer presented the code.
    #[schemars(with = "scrip_clock::DateTime")]
    pub occurred_at: String,
    /// The payer's PIN, six digits, where it was typed.
    #[schemars(with = "Option<Pin>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pin: Option<String>,
}

/// A stored transaction as the API's description shows it.
pub(crate) fn stored_example() -> Value {
    json!({
        "presentation_code": "204615873493827164",
        "amount": { "amount": 800, "currency": "CNY" },
        "order_reference": "table-7",
        "occurred_at": "2026-11-30T12:00:30Z",
    })
}

/// The point of sale that asks, as its token proves.
#[derive(Clone, Copy, Debug)]
pub struct Pos<'a> {
    /// The device, `dev_…`.
    pub device: &'a str,
    /// Its merchant, `mch_…`.
    pub merchant: &'a str,
    /// The merchant's currency.
    pub currency: &'a str,
}

/// A payment that has the form of one.
#[derive(Clone, Debug)]
pub struct Order {
    /// The point of sale's own reference.
    pub order_reference: String,
    /// How much.
    pub amount: Money,
    /// What the payer presented.
    pub presented: Presented,
    /// When, if it was stored since.
    pub occurred_at: Option<Timestamp>,
}

impl PosPayment {
    /// Checks a payment that takes place now. `at` is the pointer of what holds its fields.
    ///
    /// # Errors
    /// What is wrong with which field; `currency-mismatch` for an amount that is not in the merchant's currency.
    pub fn check(&self, pos: Pos<'_>, now: Timestamp, at: &str) -> Result<Order, Refusal> {
        if !is_order_reference(&self.order_reference) {
            let detail = format!(
                "1 to {MAX_ORDER_REFERENCE_CHARACTERS} of letters, digits and . _ : -, not beginning with pos_"
            );
            return Err(Refusal::field(format!("{at}/order_reference"), Code::InvalidField, detail));
        }
        let amount = self.amount.positive(&format!("{at}/amount"))?;
        let pin = match &self.pin {
            Some(pin) => Some(Pin::parse(pin).map_err(|_| invalid(format!("{at}/pin"), "6 digits"))?),
            None => None,
        };
        let payer = self.payer(at)?;
        if amount.currency.code() != pos.currency {
            let detail = format!("The merchant is paid in {0}. Name an amount in {0}.", pos.currency);
            return Err(Refusal::new(Code::CurrencyMismatch, detail));
        }
        Ok(Order {
            order_reference: self.order_reference.clone(),
            amount,
            presented: Presented {
                payer,
                pin,
                at: now,
                is_stored: false,
                device: pos.device.to_owned(),
                merchant: pos.merchant.to_owned(),
            },
            occurred_at: None,
        })
    }

    fn payer(&self, at: &str) -> Result<Payer, Refusal> {
        match (&self.user, &self.secure_code, &self.presentation_code) {
            (Some(user), Some(code), None) => {
                check_user(user, &format!("{at}/user"))?;
                let code = SecureCode::parse(code);
                let secure_code =
                    code.map_err(|expected| invalid(format!("{at}/secure_code"), expected.to_string()))?;
                Ok(Payer::User { user: user.clone(), secure_code })
            }
            (None, None, Some(code)) => {
                let code = Presentation::parse(code);
                Ok(Payer::Presentation(
                    code.map_err(|expected| {
                        invalid(format!("{at}/presentation_code"), expected.to_string())
                    })?,
                ))
            }
            (_, _, Some(_)) => {
                Err(invalid(format!("{at}/presentation_code"), "either this or user and secure_code"))
            }
            (None, _, None) => Err(missing(format!("{at}/user"))),
            (_, None, None) => Err(missing(format!("{at}/secure_code"))),
        }
    }
}

impl StoredPayment {
    /// Checks a payment that took place when it says.
    ///
    /// # Errors
    /// As [`PosPayment::check`].
    pub fn check(&self, pos: Pos<'_>, at: &str) -> Result<Order, Refusal> {
        let occurred_at: Timestamp =
            self.occurred_at.parse().map_err(|_| invalid(format!("{at}/occurred_at"), "a time, RFC 3339"))?;
        let payment = PosPayment {
            user: self.user.clone(),
            secure_code: self.secure_code.clone(),
            presentation_code: self.presentation_code.clone(),
            amount: self.amount,
            order_reference: self.order_reference.clone(),
            pin: self.pin.clone(),
        };
        let order = payment.check(pos, occurred_at, at)?;
        let presented = Presented { is_stored: true, ..order.presented };
        Ok(Order { presented, occurred_at: Some(occurred_at), ..order })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scrip_money::Currency;

    const POS: Pos<'_> = Pos { device: "dev_1", merchant: "mch_1", currency: "CNY" };

    fn payment() -> PosPayment {
        PosPayment {
            user: Some("alice".into()),
            secure_code: Some("123456789012".into()),
            presentation_code: None,
            amount: Money::new(100, Currency::CNY),
            order_reference: "o-1".into(),
            pin: None,
        }
    }

    fn refused(payment: &PosPayment) -> (String, Code, String) {
        let refusal = payment.check(POS, Timestamp::UNIX_EPOCH, "/transactions/3").unwrap_err();
        let field = refusal.fields.first().expect("a field");
        (field.pointer.clone(), field.code, field.detail.clone())
    }

    #[test]
    fn a_payer_is_named_in_one_of_two_ways() {
        assert!(payment().check(POS, Timestamp::UNIX_EPOCH, "").is_ok());
        let wrong = [
            (PosPayment { user: None, ..payment() }, "user", Code::MissingField),
            (PosPayment { secure_code: None, ..payment() }, "secure_code", Code::MissingField),
            (PosPayment { user: Some(String::new()), ..payment() }, "user", Code::InvalidField),
            (PosPayment { user: Some("a b".into()), ..payment() }, "user", Code::InvalidField),
            (
                PosPayment { presentation_code: Some("1".repeat(18)), ..payment() },
                "presentation_code",
                Code::InvalidField,
            ),
        ];
        for (payment, field, code) in wrong {
            let (pointer, told, _) = refused(&payment);
            assert_eq!((pointer, told), (format!("/transactions/3/{field}"), code));
        }
    }

    #[test]
    fn what_is_wrong_is_not_repeated() {
        let secrets = [
            PosPayment { secure_code: Some("7777777".into()), ..payment() },
            PosPayment { pin: Some("77777".into()), ..payment() },
            PosPayment {
                user: None,
                secure_code: None,
                presentation_code: Some("7".repeat(17)),
                ..payment()
            },
            PosPayment { order_reference: "77 77".into(), ..payment() },
        ];
        for payment in secrets {
            let (pointer, code, detail) = refused(&payment);
            assert_eq!(code, Code::InvalidField, "{pointer}");
            assert!(!detail.contains("77"), "{detail}");
        }
    }

    #[test]
    fn the_merchants_currency_counts() {
        let yen = PosPayment { amount: Money::new(1, Currency::JPY), ..payment() };
        let refusal = yen.check(POS, Timestamp::UNIX_EPOCH, "").unwrap_err();
        assert_eq!(refusal.code, Code::CurrencyMismatch);
    }

    #[test]
    fn a_stored_payment_is_judged_when_it_took_place() {
        let stored: StoredPayment = serde_json::from_value(serde_json::json!({
            "user": "alice", "secure_code": "12345678", "amount": { "amount": 1, "currency": "CNY" },
            "order_reference": "o-1", "occurred_at": "2026-11-23T10:00:00Z",
        }))
        .unwrap();
        let order = stored.check(POS, "").unwrap();
        assert_eq!((order.occurred_at, order.presented.is_stored), (Some(order.presented.at), true));
        let undated = StoredPayment { occurred_at: "yesterday".into(), ..stored };
        assert_eq!(undated.check(POS, "").unwrap_err().fields[0].pointer, "/occurred_at");
    }
}
