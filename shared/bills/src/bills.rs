//! Bills, for one invocation.

use crate::bill::{BillRecord, no_such_bill, time};
use scrip_capability::{capability, not_held};
use scrip_directory::Directory;
use scrip_identity::{Generation, PresentationKey};
use scrip_ledger::Ledger;
use scrip_refusal::{Code, Failure, Refusal};
use scrip_slots::{Kind, Slot, Slots};
use scrip_store::{Item, decode};
use serde_json::{Map, Value};

capability! {
    /// Virtual bills. Only operations that show or check codes and PINs need a keyring.
    pub struct Bills in "BILLS_TABLE" {
        pub(crate) ledger: Ledger,
        pub(crate) directory: Directory,
        pub(crate) slots: Slots,
    }
}

impl Bills {
    /// Where a bill waits for the end of its time.
    pub(crate) fn expiry_slot(&self, bill: &str, effective_until: i64) -> Result<Slot, Failure> {
        self.slots.slot(Kind::BillExpiry, "expiry", bill, time(effective_until)?)
    }

    /// Where a bill that is to be verified waits for the end of its grace.
    pub(crate) fn grace_slot(&self, bill: &BillRecord) -> Result<Slot, Failure> {
        self.slots.slot(Kind::BillExpiry, "grace", &bill.id, bill.lapses_at()?)
    }

    /// The key of a bill's presentation codes: derived, never stored.
    ///
    /// # Errors
    /// `presentation-code-refused` for a bill that was opened under keys that were withdrawn.
    pub(crate) fn presentation_key(
        &self,
        bill: &str,
        generation: Generation,
    ) -> Result<PresentationKey, Failure> {
        match self.keyring()?.derive_of(generation, "presentation", bill) {
            Ok(key) => Ok(PresentationKey::new(key)),
            Err(error) if error.is_newer() => Err(not_held(error)),
            Err(_) => {
                let detail = "The keys of this bill's codes were withdrawn. Open another bill.";
                Err(Refusal::new(Code::PresentationCodeRefused, detail).into())
            }
        }
    }

    pub(crate) async fn bill(&self, id: &str) -> Result<Option<BillRecord>, Failure> {
        self.store.get(&self.table, &BillRecord::key(id)).await?.map(decode).transpose()
    }

    /// A bill of this user.
    pub(crate) async fn bill_of(&self, user: &str, id: &str) -> Result<BillRecord, Failure> {
        let bill = self.bill(id).await?;
        Ok(bill.filter(|bill| bill.user == user).ok_or_else(no_such_bill)?)
    }
}

/// What is said of a bill that changed between reading and writing: the rules are judged again with it as it is now.
/// Where they find nothing to refuse, the operation is repeated.
pub(crate) fn judge_again(
    item: Option<Item>,
    judge: impl FnOnce(BillRecord) -> Result<(), Refusal>,
) -> Failure {
    let Some(item) = item else { return no_such_bill().into() };
    match decode::<BillRecord>(item) {
        Ok(bill) => judge(bill).err().map_or_else(changed, Failure::from),
        Err(failure) => failure,
    }
}

/// The bill changed meanwhile; nothing is wrong.
pub(crate) fn changed() -> Failure {
    Failure::Changed("The bill is changing. Send the same request again.")
}

/// What a notification says beside its kind.
pub(crate) fn facts<const N: usize>(facts: [(&str, Value); N]) -> Map<String, Value> {
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::bill;
    use scrip_store::encode;

    #[test]
    fn a_changed_bill_is_judged_as_it_is_now() {
        let item = || Some(encode(&BillRecord::key("bill_1"), &bill()).unwrap());
        let refusal = || Refusal::new(Code::BillNotOpen, "no");
        assert_eq!(judge_again(None, |_| Ok(())).code(), Some(Code::NotFound));
        assert_eq!(
            judge_again(item(), |bill| if bill.total == 100 { Err(refusal()) } else { Ok(()) }).code(),
            Some(Code::BillNotOpen)
        );
        assert!(matches!(judge_again(item(), |_| Ok(())), Failure::Changed(_)));
    }
}
