//! Merchants' deduction items: versioned rules, signed for terminals; users' balances of them; and transfers whose
//! deduction the server calculates again before the money moves.

mod automatic;
mod balances;
mod calculate;
mod deductions;
mod grant;
mod item;
mod key_use;
pub mod limits;
mod list;
mod order;
mod payer;
mod purchase;
mod put;
mod receipt;
mod signature;
mod steps;
mod transfer;

pub use balances::BalanceView;
pub use calculate::{CalculationRequest, CalculationView, unknown_merchant};
pub use deductions::Deductions;
pub use grant::{GrantRequest, GrantView};
pub use item::{ItemView, NewItem, SignedRule, is_item};
pub use list::Listed;
pub use payer::PayerRequest;
pub use receipt::{ConsumedView, Reader, ReceiptView};
pub use signature::{KeyView, KeysView};
pub use steps::{StepView, Validity, WhyNot};
pub use transfer::{NamedItem, TransferOrder, TransferRequest};

/// What begins the id of every transfer with deductions: it is the ledger's, where money moves.
pub const TRANSFER_PREFIX: &str = "txn_";

#[cfg(test)]
mod tests {
    use super::*;
    use scrip_capability::{Capability, Context};
    use scrip_clock::Timestamp;
    use scrip_identity::Keyring;

    pub(crate) const NOW: Timestamp = Timestamp::constant(1_796_040_000, 0);

    /// Deductions that reach nothing, for what they would write.
    pub(crate) fn deductions() -> Deductions {
        let tables = ["DEDUCTIONS", "LEDGER", "DIRECTORY", "OFFLINE"]
            .map(|name| (format!("{name}_TABLE"), name.to_lowercase()));
        let keyring = Keyring::from_secret("a master secret for tests, long enough").unwrap();
        Deductions::new(&Context::unconnected(tables, NOW, Some(keyring))).unwrap()
    }
}
