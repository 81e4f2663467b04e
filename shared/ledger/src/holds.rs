//! Authorization holds: money that stays in an account, but that only what it is reserved for can spend.

use crate::account::AccountId;
use crate::ledger::Ledger;
use crate::posting::require_payer;
use scrip_money::Money;
use scrip_refusal::{Code, Refusal};
use scrip_store::{Transaction, Write};

impl Ledger {
    /// Adds the reservation of an amount that a user's account has available. Refused as a debit is: `not-found` at
    /// `/from`, `currency-mismatch`, `account-closed`, `insufficient-funds`.
    pub fn add_hold(
        &self,
        transaction: &mut Transaction<'_>,
        account: &AccountId,
        holder: &str,
        amount: Money,
    ) {
        let expression = "SET balance = balance - :amount, held = if_not_exists(held, :zero) + :amount";
        let write = Write::update(&self.table, account.balance_key(0), expression)
            .value(":amount", amount.amount)
            .value(":zero", 0);
        require_payer(transaction, write, "balance >= :amount", Some(holder), amount);
    }

    /// Adds the release of an amount that was reserved: it can be spent again. A closed account gets it back too.
    /// Refused as `internal` if less is reserved, for then somebody counted wrong.
    pub fn add_release(&self, transaction: &mut Transaction<'_>, account: &AccountId, amount: Money) {
        let expression = "SET balance = balance + :amount, held = held - :amount";
        let write = Write::update(&self.table, account.balance_key(0), expression)
            .when("currency = :currency AND held >= :amount")
            .value(":amount", amount.amount)
            .value(":currency", amount.currency.code());
        transaction
            .require(write, |_| Refusal::new(Code::Internal, "Less is reserved than is to be released."));
    }
}

#[cfg(test)]
mod tests {
    use crate::tests::{fen, plan, user};

    #[test]
    fn a_hold_moves_what_is_available_to_what_is_held_and_a_release_moves_it_back() {
        assert_eq!(
            plan(|ledger, transaction| ledger.add_hold(transaction, &user(), "user:alice", fen(70))),
            [
                "update ledger ACCT#USER BALANCE: SET balance = balance - 70, held = if_not_exists(held, 0) + 70 \
              IF attribute_exists(pk) AND currency = \"CNY\" AND status = \"open\" AND balance >= 70 \
              AND holder = \"user:alice\""
            ]
        );
        assert_eq!(
            plan(|ledger, transaction| ledger.add_release(transaction, &user(), fen(70))),
            ["update ledger ACCT#USER BALANCE: SET balance = balance + 70, held = held - 70 \
              IF currency = \"CNY\" AND held >= 70"]
        );
    }
}
