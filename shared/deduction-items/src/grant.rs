//! A merchant gives a user pieces, points or stored value.

use crate::deductions::Deductions;
use crate::item::{has_balance, time};
use crate::limits::MAX_GRANT_UNITS;
use schemars::JsonSchema;
use scrip_clock::Timestamp;
use scrip_deduction::Kind;
use scrip_directory::MerchantRecord;
use scrip_fields::schema::{Text, User};
use scrip_fields::{check_text, check_user, user_in_key};
use scrip_ledger::{AccountId, NewTransfer, TransferKind, TransferRecord};
use scrip_money::{Currency, Money};
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Commit, Created, Key, Origin, Transaction, Write, check_replay, decode, encode};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The longest free text that goes with a grant.
const MAX_REFERENCE_CHARACTERS: usize = 140;

/// What is given to whom.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({ "user": "alice", "units": 300, "reference": "Welcome" }))]
pub struct GrantRequest {
    /// The id of the user who gets them, 1 to 255 visible ASCII characters.
    #[schemars(with = "User")]
    pub user: String,
    /// Pieces of a coupon, points, or minor units of stored value.
    #[schemars(range(min = 1, max = MAX_GRANT_UNITS))]
    pub units: i64,
    /// A note on why they are given, 1 to 140 characters.
    #[schemars(with = "Option<Text<MAX_REFERENCE_CHARACTERS>>")]
    pub reference: Option<String>,
}

/// What was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "DeductionGrant", example = json!({
    "id": "txn_0123456789abcdefghjkmnpqrs",
    "item": "points",
    "user": "alice",
    "units": 300,
    "currency": null,
    "reference": "Welcome",
    "at": "2026-11-30T12:00:00Z",
}))]
pub struct GrantView {
    /// The id of the transfer, `txn_…`.
    pub id: String,
    /// The item's name in the merchant's list of deductions.
    pub item: String,
    /// The id of the user who has them now.
    pub user: String,
    /// Pieces, points, or minor units.
    pub units: i64,
    /// The currency of stored value.
    pub currency: Option<Currency>,
    /// The merchant's note on why they were given.
    pub reference: Option<String>,
    /// When it was granted.
    #[schemars(with = "scrip_clock::DateTime")]
    pub at: Timestamp,
}

/// That a user was given something of an item, so that what a user has is found without a search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Holding {
    /// The item.
    pub item: String,
    /// What it is.
    pub kind: Kind,
}

pub(crate) fn holdings_partition(merchant: &str, user: &str) -> String {
    format!("HOLDER#{merchant}#{}", user_in_key(user))
}

/// The account from which grants come and to which all that is used goes.
pub(crate) fn source(merchant: &str, item: &str, currency: Currency) -> AccountId {
    AccountId::external(&format!("deduction-item:{merchant}:{item}"), currency)
}

/// In what an item of this kind is counted: stored value in the merchant's currency, all else in none.
fn unit(kind: Kind, currency: Currency) -> Currency {
    if kind == Kind::StoredValue { currency } else { Currency::XXX }
}

/// The currency, if it is one.
pub(crate) fn money_currency(currency: Currency) -> Option<Currency> {
    Some(currency).filter(|currency| *currency != Currency::XXX)
}

impl Deductions {
    /// Gives a user units of an item, on the word of the merchant's owner: one transfer from outside.
    pub async fn grant(
        &self,
        merchant: &MerchantRecord,
        item: &str,
        request: &GrantRequest,
        origin: &Origin,
    ) -> Result<Created<GrantView>, Failure> {
        check(request)?;
        let item = self.item(&merchant.id, item).await?;
        if !has_balance(item.kind) {
            let detail =
                "Nothing is used up of what members get or of a promotion: there is nothing to grant.";
            return Err(Refusal::new(Code::NotGrantable, detail).into());
        }
        let amount = Money::new(request.units, unit(item.kind, merchant.currency));
        let account = AccountId::member(&request.user, &merchant.id, &item.item);
        let from = source(&merchant.id, &item.item, amount.currency);
        let transfer = NewTransfer {
            id: origin.id("txn_"),
            kind: TransferKind::Grant,
            from: from.clone(),
            to: account.clone(),
            amount,
            reference: request.reference.clone(),
            reverses: None,
        };
        let mut transaction = Transaction::new();
        let record = self.ledger.add_record(&mut transaction, &transfer, origin, self.now())?;
        self.ledger.add_external(&mut transaction, &from, &transfer.id, amount.checked_neg()?);
        let holder = format!("user:{}", request.user);
        self.ledger.add_member_credit(&mut transaction, &account, &holder, amount);
        let key = Key::new(holdings_partition(&merchant.id, &request.user), item.item.as_str());
        let holding = Holding { item: item.item.clone(), kind: item.kind };
        transaction.require(Write::put(&self.table, encode(&key, &holding)?), |_| {
            Refusal::new(Code::Internal, "An unconditional write was refused.")
        });

        let (record, replayed) = match self.store.commit(transaction).await? {
            Commit::Done => (record, false),
            Commit::Exists(existing) => {
                check_replay(&existing, &origin.fingerprint)?;
                (decode::<TransferRecord>(existing)?, true)
            }
        };
        let value = GrantView {
            id: record.id,
            item: item.item,
            user: request.user.clone(),
            units: record.amount,
            currency: money_currency(record.currency),
            reference: record.reference,
            at: time(record.at)?,
        };
        Ok(Created { value, replayed })
    }
}

fn check(request: &GrantRequest) -> Result<(), Refusal> {
    check_user(&request.user, "/user")?;
    if !(1..=MAX_GRANT_UNITS).contains(&request.units) {
        return Err(Refusal::field("/units", Code::OutOfRange, format!("1 to {MAX_GRANT_UNITS}")));
    }
    if let Some(reference) = &request.reference {
        check_text(reference, "/reference", MAX_REFERENCE_CHARACTERS)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(user: &str, units: i64) -> Option<(String, Code)> {
        let request = GrantRequest { user: user.to_owned(), units, reference: None };
        let refusal = check(&request).err()?;
        Some((refusal.fields[0].pointer.clone(), refusal.fields[0].code))
    }

    #[test]
    fn something_is_given_to_somebody() {
        for units in [1, MAX_GRANT_UNITS] {
            assert_eq!(refused("alice", units), None);
        }
        for units in [0, -1, i64::MIN, MAX_GRANT_UNITS + 1] {
            assert_eq!(refused("alice", units), Some(("/units".into(), Code::OutOfRange)), "{units}");
        }
        for user in ["", "a b", "ü", &"x".repeat(256)] {
            assert_eq!(refused(user, 1), Some(("/user".into(), Code::InvalidField)), "{user}");
        }
    }

    #[test]
    fn what_a_user_has_of_a_merchant_has_its_own_place() {
        assert_eq!(holdings_partition("mch_1", "alice"), "HOLDER#mch_1#alice");
    }

    #[test]
    fn only_stored_value_is_money() {
        let of = |kind| money_currency(unit(kind, Currency::CNY));
        assert_eq!(of(Kind::StoredValue), Some(Currency::CNY));
        assert_eq!((of(Kind::Points), of(Kind::Coupon)), (None, None));
    }
}
