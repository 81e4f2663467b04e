//! Debits of an account whose balance is spread: which items give how much.

use crate::account::AccountId;
use crate::posting::{Debit, DebitSource};
use scrip_money::Money;

/// The items to debit, the fullest first, so that as few as possible take part. `None` if all together hold too little.
pub(crate) fn gather(account: &AccountId, balances: &[i64], amount: Money) -> Option<Vec<Debit>> {
    let mut shards: Vec<(usize, i64)> =
        balances.iter().copied().enumerate().filter(|(_, balance)| *balance > 0).collect();
    shards.sort_by_key(|(shard, balance)| (std::cmp::Reverse(*balance), *shard));
    let mut missing = amount.amount;
    let mut debits = Vec::new();
    for (shard, balance) in shards {
        if missing == 0 {
            break;
        }
        let part = balance.min(missing);
        missing -= part;
        debits.push(Debit {
            account: account.clone(),
            shard: u8::try_from(shard).ok()?,
            amount: Money::new(part, amount.currency),
            holder: None,
            source: DebitSource::Available,
        });
    }
    (missing == 0).then_some(debits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use scrip_money::Currency;
    use scrip_store::derive_id;

    proptest! {
        #[test]
        fn what_is_gathered_is_the_amount_and_there(
            balances in proptest::collection::vec(0_i64..1_000, 16),
            amount in 1_i64..20_000,
        ) {
            let account = AccountId::of_merchant(&derive_id("mch_", &["m"]));
            let total: i64 = balances.iter().sum();
            let debits = gather(&account, &balances, Money::new(amount, Currency::CNY));
            prop_assert_eq!(debits.is_some(), total >= amount);
            if let Some(debits) = debits {
                prop_assert_eq!(debits.iter().map(|debit| debit.amount.amount).sum::<i64>(), amount);
                for debit in &debits {
                    prop_assert!(debit.amount.amount > 0);
                    prop_assert!(debit.amount.amount <= balances[usize::from(debit.shard)]);
                }
                let mut shards: Vec<_> = debits.iter().map(|debit| debit.shard).collect();
                shards.dedup();
                prop_assert_eq!(shards.len(), debits.len());
            }
        }
    }
}
