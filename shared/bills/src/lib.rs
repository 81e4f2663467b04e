//! Virtual bills: opened for a device for a set period; terminals in proximity add items; verified and settled to all
//! merchants at once, or expired.

mod add_items;
mod addition;
mod amend;
mod bill;
mod bills;
mod cancel;
mod expire;
mod lapse;
pub mod limits;
mod open;
mod read;
mod remove_item;
mod request_verification;
mod settle;
mod verification;
mod verify;

pub use add_items::{AddItems, Added};
pub use addition::{ItemView, LineRequest, item_pattern};
pub use amend::Amendment;
pub use bill::{BillRecord, BillStatus, BillSummary, BillView, MerchantTotal};
pub use bills::Bills;
pub use expire::{Expiry, ExpiryOutcome};
pub use lapse::{Lapse, LapseOutcome};
pub use open::{OpenBill, OpenedBill};
pub use read::Reader;
pub use verification::VerificationRequestView;
pub use verify::{Answer, Proof, SettledBill};

/// What every bill's id begins with.
pub const BILL_PREFIX: &str = "bill_";

#[cfg(test)]
mod tests {
    use super::*;
    use scrip_capability::{Capability, Context};
    use scrip_clock::Timestamp;
    use scrip_identity::{Generation, Keyring};
    use scrip_ledger::AccountId;
    use scrip_money::{Currency, Money};
    use scrip_slots::{SLOT_SHARDS, Shards};
    use scrip_store::{Fingerprint, IdempotencyKey, Origin, derive_id};
    use std::collections::BTreeMap;

    pub(crate) const NOW: Timestamp = Timestamp::constant(1_796_040_000, 0);
    pub(crate) const NOW_MS: i64 = 1_796_040_000_000;

    /// Bills that reach nothing, for what they would write.
    pub(crate) fn bills() -> Bills {
        let tables =
            ["BILLS", "LEDGER", "DIRECTORY"].map(|name| (format!("{name}_TABLE"), name.to_lowercase()));
        let keyring = Keyring::from_secret("a master secret for tests, long enough").unwrap();
        let variables = tables.into_iter().chain([(SLOT_SHARDS.to_owned(), Shards::setting_of_each(1))]);
        Bills::new(&Context::unconnected(variables, NOW, Some(keyring))).unwrap()
    }

    pub(crate) fn payer() -> AccountId {
        AccountId::parse(&derive_id("acct_u", &["alice"])).unwrap()
    }

    pub(crate) fn fen(amount: i64) -> Money {
        Money::new(amount, Currency::CNY)
    }

    pub(crate) fn origin(request: &[u8]) -> Origin {
        Origin {
            principal: "user:alice".to_owned(),
            operation: "verify-bill".to_owned(),
            key: IdempotencyKey::internal("1"),
            fingerprint: Fingerprint::of(&[request]),
        }
    }

    /// A bill that is open for an hour, with items of two merchants; a third one has taken its own off again.
    pub(crate) fn bill() -> BillRecord {
        let by_merchant = [("mch_1", 70), ("mch_2", 30), ("mch_3", 0)];
        BillRecord {
            id: "bill_1".to_owned(),
            user: "alice".to_owned(),
            account: payer().to_string(),
            currency: Currency::CNY,
            status: BillStatus::Open,
            version: 1,
            opened: format!("{NOW_MS}#bill_1"),
            opened_at: NOW_MS,
            effective_until: NOW_MS + 3_600_000,
            grace_seconds: 900,
            ceiling: None,
            total: 100,
            item_count: 2,
            by_merchant: by_merchant.map(|(merchant, total)| (merchant.to_owned(), total)).into(),
            terminals: [("dev_1".to_owned(), 5)].into(),
            verification: None,
            verification_requests: 0,
            attempts_left: 3,
            wrong_answers: BTreeMap::new(),
            additions: 2,
            amendments: Vec::new(),
            ended_by: None,
            slot: None,
            request_hash: "hash".to_owned(),
            generation: Generation::FIRST,
        }
    }
}
