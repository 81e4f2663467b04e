//! Sending all or a part of a transfer back.

use crate::account::AccountId;
use crate::ledger::{Ledger, Requirement, as_posted};
use crate::posting::NewTransfer;
use crate::transfer::{TransferKind, TransferRecord, transfer_key};
use scrip_money::{Money, MoneyError};
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Created, Origin, Raw, Write, check_replay};

/// How often the rest of a transfer is determined anew when other reversals change it meanwhile.
const REST_ATTEMPTS: usize = 4;

/// A transfer that somebody wants to reverse, and what this same request did before.
#[derive(Clone, Debug)]
pub struct Reversible {
    /// The transfer.
    pub transfer: TransferRecord,
    earlier: Option<Raw>,
}

/// A reversal that the payee asks for.
#[derive(Clone, Debug)]
pub struct ReversalOrder {
    /// What is reversed.
    pub of: Reversible,
    /// How much of it; all that is left if not said.
    pub amount: Option<Money>,
    /// What whoever reverses it writes to both sides.
    pub reference: Option<String>,
}

impl Ledger {
    /// Reads a transfer that is to be reversed by this request; `None` if it does not exist.
    pub async fn reversible(&self, transfer: &str, origin: &Origin) -> Result<Option<Reversible>, Failure> {
        let asked =
            (transfer_key(transfer).at(&self.table), transfer_key(&origin.id("txn_")).at(&self.table));
        let (transfer, earlier): (Option<TransferRecord>, Option<Raw>) = self.store.read(asked).await?;
        Ok(transfer.map(|transfer| Reversible { transfer, earlier }))
    }

    /// Sends money back from the payee to the payer. The sum of all reversals never exceeds the transfer.
    pub async fn reverse(
        &self,
        order: ReversalOrder,
        origin: &Origin,
    ) -> Result<Created<TransferRecord>, Failure> {
        let Reversible { transfer: original, earlier } = order.of;
        if let Some(Raw(item)) = earlier {
            check_replay(&item, &origin.fingerprint)?;
            return Ok(Created { value: as_posted(item)?, replayed: true });
        }
        let mut original = original;
        for _ in 1..REST_ATTEMPTS {
            let result = self.reverse_once(&original, order.amount, order.reference.clone(), origin).await;
            // The rest became less while it was on its way back; what is left now is the rest.
            let is_less = order.amount.is_none()
                && matches!(&result, Err(failure) if failure.code() == Some(Code::ReversalExceedsTransfer));
            let now = if is_less { self.transfer_by_id(&original.id).await? } else { None };
            match now.filter(|now| now.reversed < now.amount) {
                Some(now) => original = now,
                None => return result,
            }
        }
        self.reverse_once(&original, order.amount, order.reference, origin).await
    }

    async fn reverse_once(
        &self,
        original: &TransferRecord,
        amount: Option<Money>,
        reference: Option<String>,
        origin: &Origin,
    ) -> Result<Created<TransferRecord>, Failure> {
        let amount = match amount_to_reverse(original, amount) {
            Ok(amount) => amount,
            Err(refusal) => {
                let made = transfer_key(&origin.id("txn_")).at(&self.table);
                return Err(self.store.unless_made(made, refusal).await);
            }
        };
        let account =
            |id: &str| AccountId::stored(id).ok_or_else(|| Failure::broken("a transfer with a bad account"));
        let reversal = NewTransfer {
            id: origin.id("txn_"),
            kind: TransferKind::Reversal,
            from: account(&original.credit_account)?,
            to: account(&original.debit_account)?,
            amount,
            reference,
            reverses: Some(original.id.clone()),
        };
        let mark = || vec![Requirement { write: mark(&self.table, original, amount), refusal: exceeds() }];
        self.post_from(&reversal, None, mark, origin).await
    }
}

/// Notes on a transfer that so much of it goes back, if that is left.
fn mark(table: &str, original: &TransferRecord, amount: Money) -> Write {
    Write::update(table, transfer_key(&original.id), "SET reversed = reversed + :amount")
        .when("attribute_exists(pk) AND reversed <= :left")
        .value(":amount", amount.amount)
        .value(":left", original.amount - amount.amount)
}

fn amount_to_reverse(original: &TransferRecord, asked: Option<Money>) -> Result<Money, Refusal> {
    let obstacle = match original.kind {
        TransferKind::Transfer | TransferKind::Bill | TransferKind::Purchase => None,
        TransferKind::Reversal | TransferKind::Deposit | TransferKind::Grant => {
            Some("Only what was paid can be sent back. Make a transfer instead.")
        }
        TransferKind::GroupPayment => {
            Some("It paid a share of a payment request, whose books would not know. Make a transfer instead.")
        }
        TransferKind::Capture | TransferKind::Settlement => {
            Some("Only its point of sale reverses this, before it is settled. Make a transfer instead.")
        }
    };
    if let Some(detail) = obstacle {
        return Err(Refusal::new(Code::NotReversible, detail));
    }
    let left = original.amount.saturating_sub(original.reversed);
    let amount = asked.unwrap_or(Money::new(left, original.currency));
    if amount.currency != original.currency {
        return Err(MoneyError::CurrencyMismatch.into());
    }
    if left <= 0 || amount.amount > left {
        return Err(exceeds().with("left", left));
    }
    Ok(amount)
}

fn exceeds() -> Refusal {
    Refusal::new(Code::ReversalExceedsTransfer, "Ask back no more than is left of the transfer.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{NOW, fen, ledger, merchant, origin, transfer, user};
    use proptest::prelude::*;
    use scrip_money::Currency;
    use scrip_store::Transaction;

    fn paid(amount: i64, reversed: i64) -> TransferRecord {
        let record = transfer(&user(), &merchant(), amount).record(&origin(), NOW, &ledger().spread);
        TransferRecord { reversed, ..record }
    }

    #[test]
    fn only_what_was_paid_is_reversible() {
        let code =
            |kind| amount_to_reverse(&TransferRecord { kind, ..paid(70, 0) }, None).map_err(|no| no.code);
        for kind in [TransferKind::Transfer, TransferKind::Bill, TransferKind::Purchase] {
            assert_eq!(code(kind), Ok(fen(70)), "{kind:?}");
        }
        for kind in [
            TransferKind::Reversal,
            TransferKind::Deposit,
            TransferKind::Grant,
            TransferKind::Capture,
            TransferKind::Settlement,
        ] {
            assert_eq!(code(kind), Err(Code::NotReversible), "{kind:?}");
        }
        let yen = Money::new(1, Currency::USD);
        let refusal = amount_to_reverse(&paid(70, 0), Some(yen)).unwrap_err();
        assert_eq!(refusal.code, Code::CurrencyMismatch);
    }

    #[test]
    fn a_reversal_is_noted_only_while_so_much_is_left() {
        let mut transaction = Transaction::new();
        transaction.require(mark("ledger", &paid(70, 20), fen(30)), |_| exceeds());
        assert_eq!(
            transaction.plan(),
            ["update ledger TXN#txn_1 TRANSFER: SET reversed = reversed + 30 \
              IF attribute_exists(pk) AND reversed <= 40"]
        );
    }

    proptest! {
        #[test]
        fn no_more_goes_back_than_is_left(
            amount in 1_i64..100, reversed in 0_i64..100, asked in prop::option::of(1_i64..100),
        ) {
            let left = amount - reversed.min(amount);
            let answer = amount_to_reverse(&paid(amount, reversed.min(amount)), asked.map(fen));
            let wanted = asked.unwrap_or(left);
            if left > 0 && wanted <= left {
                prop_assert_eq!(answer, Ok(fen(wanted)));
            } else {
                let refusal = answer.unwrap_err();
                prop_assert_eq!(refusal.code, Code::ReversalExceedsTransfer);
                prop_assert_eq!(&refusal.facts["left"], left);
            }
        }
    }
}
