//! A purchase with deductions: what the terminal calculated is calculated again, the payer's code is judged, and the
//! payment and all that it uses up are one transaction.

use crate::automatic::{Automatic, automatic_key};
use crate::calculate::all_named;
use crate::deductions::{Deductions, changed};
use crate::grant::source;
use crate::item::ItemRecord;
use crate::key_use::{KeyUse, declined, key_reused};
use crate::limits::{MAX_ITEM_CHARACTERS, MAX_NAMED_ITEMS};
use crate::order::Checked;
use crate::payer::PayerRequest;
use crate::purchase::{Purchase, item_pointer};
use crate::receipt::{ConsumedRecord, ReceiptRecord, ReceiptView, receipt_key};
use crate::steps::{Calculated, calculated};
use schemars::JsonSchema;
use scrip_deduction::limits::MAX_LINES;
use scrip_deduction::{Context, Line};
use scrip_fields::schema::{OrderReference, Word};
use scrip_ledger::{AccountId, AccountRecord, Debit, DebitSource, transfer_key};
use scrip_money::schema::NonNegativeMoney;
use scrip_money::{Currency, Money};
use scrip_offline::{Case, CaseItems, Consumption, Decline, Judgement};
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Commit, Created, Origin, Raw, Transaction, encode};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// A purchase, as the terminal calculated it.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({
    "items": [{ "item": "spring", "version": 1 }],
    "first_value": { "amount": 1_000, "currency": "CNY" },
    "second_value": { "amount": 900, "currency": "CNY" },
    "payer": { "presentation_code": "204615873493827164" },
    "order_reference": "table-8",
}))]
pub struct TransferRequest {
    /// The items to be applied, at most ten; those that apply without being named are added.
    #[schemars(length(max = MAX_NAMED_ITEMS))]
    pub items: Vec<NamedItem>,
    /// What is to be paid before all deductions; needed unless there are lines.
    #[schemars(with = "Option<NonNegativeMoney>")]
    pub first_value: Option<Money>,
    /// What is sold, at most 100 lines.
    #[schemars(length(max = MAX_LINES))]
    #[serde(default)]
    pub lines: Vec<Line>,
    /// What is to be paid after them, as the terminal calculated it.
    #[schemars(with = "NonNegativeMoney")]
    pub second_value: Money,
    /// Who pays.
    pub payer: PayerRequest,
    /// What the terminal calls the order: 1 to 64 letters, digits, `.`, `_`, `:` and `-`. It is paid once.
    #[schemars(with = "OrderReference")]
    pub order_reference: String,
    /// What the merchant knows about who orders.
    pub context: Option<Context>,
}

/// An item, and the version of its rule that was calculated with.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NamedDeductionItem")]
pub struct NamedItem {
    /// Its name in the merchant's list of deductions: 1 to 64 letters, digits, `-` and `_`.
    #[schemars(with = "Word<MAX_ITEM_CHARACTERS>")]
    pub item: String,
    /// The version of its rule, as `SignedRule` tells it.
    #[schemars(range(min = 1))]
    pub version: u32,
}

/// The terminal that asks for a transfer.
#[derive(Clone, Debug)]
pub struct TransferOrder {
    /// The terminal, `dev_…`.
    pub terminal: String,
    /// Its merchant.
    pub merchant: String,
    /// The merchant's currency.
    pub currency: Currency,
}

/// What was read, as it is needed.
struct Read {
    receipt: Option<ReceiptRecord>,
    key_use: Option<KeyUse>,
    is_key_of_transfer: bool,
    automatic: Automatic,
    named: Vec<Option<ItemRecord>>,
    case: CaseItems,
}

impl Deductions {
    /// Pays a purchase, if the server comes to the same second value and the payer's code pays it.
    ///
    /// A request that comes again gets its first answer, whatever was put or used up since; so does another request of
    /// the same terms for the same order.
    pub async fn transfer(
        &self,
        order: &TransferOrder,
        request: &TransferRequest,
        origin: &Origin,
    ) -> Result<Created<ReceiptView>, Failure> {
        let try_transfer =
            || async { self.try_transfer(&Purchase::new(order, request, origin, self.now())?).await };
        self.store.until_unchanged(try_transfer).await
    }

    async fn try_transfer(&self, purchase: &Purchase<'_>) -> Result<Created<ReceiptView>, Failure> {
        let Read { receipt, key_use, is_key_of_transfer, automatic, named, case } =
            self.read(purchase).await?;
        // A key's first answer comes before that of another request for the same order.
        if receipt.as_ref().is_none_or(|receipt| receipt.id != purchase.id) {
            let told = key_use.map(|key_use| key_use.refusal(purchase.origin));
            if let Some(refusal) = told.or_else(|| is_key_of_transfer.then(key_reused)) {
                let made = receipt_key(&purchase.receipt).at(&self.table);
                return Err(match receipt {
                    Some(_) => refusal.into(),
                    None => self.store.unless_made(made, refusal).await,
                });
            }
        }
        if let Some(receipt) = receipt {
            purchase.require_same(&receipt)?;
            return Ok(Created { value: receipt.view()?, replayed: true });
        }

        let named = all_named(named, item_pointer)?;
        self.require_current(&named, &purchase.request.items)?;
        let Checked { order, context } = &purchase.checked;
        let calculated = calculated(&named, &automatic, order, context, purchase.now)?;
        purchase.require_agreement(&calculated)?;

        let case: Case = self.offline()?.case(&purchase.presented, case)?;
        let second_value = calculated.calculation.second_value;
        match self.offline()?.judge(&case, &purchase.presented, second_value).await? {
            Judgement::Pays(consumption) => self.pay(purchase, &calculated, &consumption).await,
            Judgement::Declines(decline) => Err(self.decline(purchase, &decline).await),
        }
    }

    /// One round trip, from four tables.
    async fn read(&self, purchase: &Purchase<'_>) -> Result<Read, Failure> {
        let merchant = purchase.order.merchant.as_str();
        let items = &purchase.request.items;
        let asked = (
            receipt_key(&purchase.receipt).at(&self.table),
            KeyUse::key(&purchase.id).at(&self.table),
            transfer_key(&purchase.id).at(self.ledger.table()),
            automatic_key(merchant).at(&self.table),
            self.item_addresses(merchant, items.iter().map(|named| named.item.as_str())),
            self.offline()?.case_addresses(&purchase.presented)?,
        );
        let (receipt, key_use, transfer, automatic, named, case): (
            _,
            _,
            Option<Raw>,
            Option<Automatic>,
            _,
            _,
        ) = self.store.read(asked).await?;
        let (is_key_of_transfer, automatic) = (transfer.is_some(), automatic.unwrap_or_default());
        Ok(Read { receipt, key_use, is_key_of_transfer, automatic, named, case })
    }

    fn require_current(&self, records: &[ItemRecord], named: &[NamedItem]) -> Result<(), Failure> {
        for (record, named) in records.iter().zip(named) {
            if record.version != named.version {
                let current = serde_json::to_value(self.sign(record)?).map_err(Failure::broken)?;
                let detail = "Calculate anew with the item's current rule, which is its latest version.";
                return Err(Refusal::new(Code::RuleVersionStale, detail).with("current", current).into());
            }
        }
        Ok(())
    }

    async fn pay(
        &self,
        purchase: &Purchase<'_>,
        calculated: &Calculated,
        consumption: &Consumption,
    ) -> Result<Created<ReceiptView>, Failure> {
        let receipt = purchase.receipt(calculated, consumption)?;
        let mut transaction = Transaction::new();
        transaction.create(&self.table, encode(&receipt_key(&purchase.receipt), &receipt)?);
        consumption.add_to(&mut transaction);
        if receipt.second_value == 0 {
            let used = KeyUse::unpaid(&purchase.id, &purchase.receipt, purchase.origin, purchase.now);
            transaction.create(&self.table, encode(&KeyUse::key(&purchase.id), &used)?);
        } else {
            let transfer = purchase.payment(&receipt, consumption);
            let debits = [consumption.debit.clone()];
            self.ledger.add(&mut transaction, &transfer, &debits, purchase.origin, purchase.now)?;
        }
        for used in &receipt.consumed {
            self.use_up(&mut transaction, used, &receipt);
        }
        match self.store.commit(transaction).await {
            Ok(Commit::Done) => Ok(Created { value: receipt.view()?, replayed: false }),
            // Another request was faster: what it made is the answer, or the proof that something was used twice.
            Ok(Commit::Exists(_)) => Err(changed()),
            Err(failure) => Err(self.shortage(&receipt, failure).await),
        }
    }

    fn use_up(&self, transaction: &mut Transaction<'_>, used: &ConsumedRecord, receipt: &ReceiptRecord) {
        let amount = Money::new(used.amount, used.currency);
        let debit = Debit {
            account: AccountId::member(&receipt.user, &receipt.merchant, &used.item),
            shard: 0,
            amount,
            holder: Some(format!("user:{}", receipt.user)),
            source: DebitSource::Available,
        };
        self.ledger.add_debit(transaction, &debit);
        let source = source(&receipt.merchant, &used.item, used.currency);
        self.ledger.add_external(transaction, &source, &receipt.id, amount);
    }

    /// What a debit that found too little is told as: the item of which there is too little, if it is one.
    async fn shortage(&self, receipt: &ReceiptRecord, failure: Failure) -> Failure {
        if !matches!(failure.code(), Some(Code::InsufficientFunds | Code::NotFound)) {
            return failure;
        }
        let short = self.short(receipt).await;
        short.map_or_else(|broken| broken, |short| short.map_or(failure, Failure::from))
    }

    async fn short(&self, receipt: &ReceiptRecord) -> Result<Option<Refusal>, Failure> {
        let account = |item: &str| AccountId::member(&receipt.user, &receipt.merchant, item).balance_key(0);
        let used = receipt.consumed.iter();
        let accounts: Vec<_> = used.map(|used| account(&used.item).at(self.ledger.table())).collect();
        let accounts: Vec<Option<AccountRecord>> = self.store.read(accounts).await?;
        let balances = accounts.into_iter().map(|account| account.map_or(0, |account| account.balance));
        Ok(too_few(&receipt.consumed, balances))
    }

    /// Counts what has to be counted before the reason is told, once for each request.
    async fn decline(&self, purchase: &Purchase<'_>, decline: &Decline) -> Failure {
        // What speaks against a code may be what this very request did with it, sent twice at once.
        let receipt = receipt_key(&purchase.receipt).at(&self.table);
        let made = (receipt, KeyUse::key(&purchase.id).at(&self.table));
        match self.store.read::<_, (Option<Raw>, Option<Raw>)>(made).await {
            Ok((None, None)) => {}
            Ok(_) => return changed(),
            Err(failure) => return failure,
        }
        self.count(purchase, decline).await.err().unwrap_or_else(|| declined(decline.reason).into())
    }

    async fn count(&self, purchase: &Purchase<'_>, decline: &Decline) -> Result<(), Failure> {
        let mut counted = Transaction::new();
        decline.add_to(&mut counted);
        if counted.is_empty() {
            return Ok(());
        }
        let why = (decline.reason, decline.cause);
        let used = KeyUse::declined(&purchase.id, why, purchase.origin, purchase.now);
        let mut transaction = Transaction::new();
        transaction.create(&self.table, encode(&KeyUse::key(&purchase.id), &used)?);
        decline.add_to(&mut transaction);
        match self.store.commit(transaction).await? {
            Commit::Done => Ok(()),
            Commit::Exists(_) => Err(changed()),
        }
    }
}

/// The refusal of the first item of which the payer has fewer units than are used.
fn too_few(used: &[ConsumedRecord], balances: impl Iterator<Item = i64>) -> Option<Refusal> {
    let (used, units) = used.iter().zip(balances).find(|(used, units)| *units < used.amount)?;
    let detail = "The payer has fewer units of this item. Name them in context.balances, or leave it out.";
    let refusal = Refusal::new(Code::InsufficientFunds, detail);
    Some(refusal.with("item", used.item.as_str()).with("available", units))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::tests::{off, record};
    use crate::purchase::tests::paid;
    use crate::tests::deductions;
    use scrip_deduction::Kind;

    fn units(item: &str, amount: i64, currency: Currency) -> ConsumedRecord {
        let (debit_account, credit_account) = (String::new(), String::new());
        ConsumedRecord { item: item.to_owned(), debit_account, credit_account, amount, currency }
    }

    #[test]
    fn the_item_of_which_there_is_too_little_is_named() {
        let used = ["a", "b", "c"].map(|item| units(item, 30, Currency::XXX));
        let told = |balances: [i64; 3]| {
            let refusal = too_few(&used, balances.into_iter())?;
            Some((refusal.facts["item"].clone(), refusal.facts["available"].clone()))
        };
        assert_eq!(told([30, 31, 30]), None);
        assert_eq!(told([30, 29, 0]), Some((json!("b"), json!(29))));
    }

    #[test]
    fn what_is_used_goes_from_the_payer_to_where_it_was_granted_from() {
        for (used, currency) in
            [(units("points", 30, Currency::XXX), "XXX"), (units("card", 250, Currency::CNY), "CNY")]
        {
            let mut transaction = Transaction::new();
            deductions().use_up(&mut transaction, &used, &paid());
            let payer = AccountId::member("alice", "mch_1", &used.item);
            let source = source("mch_1", &used.item, used.currency);
            let shard = source.shard_for("txn_1");
            let amount = used.amount;
            assert_eq!(
                transaction.plan(),
                [
                    format!(
                        "update ledger ACCT#{payer} BALANCE: SET balance = balance - {amount} \
                         IF attribute_exists(pk) AND currency = \"{currency}\" AND status = \"open\" \
                         AND balance >= {amount} AND holder = \"user:alice\""
                    ),
                    format!(
                        "update ledger ACCT#{source}#{shard:02} BALANCE: \
                         SET balance = if_not_exists(balance, 0) + {amount}, account = \"{source}\", \
                         holder = \"external\", currency = \"{currency}\", status = \"open\", \
                         request_hash = \"none\""
                    ),
                ]
            );
        }
    }

    #[test]
    fn a_rule_that_is_not_the_latest_is_refused_with_the_one_that_is() {
        let records = [record("a", Kind::Promotion, &off(1)), record("b", Kind::Promotion, &off(2))];
        let named = |version| ["a", "b"].map(|item| NamedItem { item: item.to_owned(), version });
        assert!(deductions().require_current(&records, &named(3)).is_ok());
        for stale in [2, 4] {
            let failure = deductions().require_current(&records, &named(stale)).unwrap_err();
            let Failure::Refused(refusal) = failure else { panic!("{failure}") };
            assert_eq!(refusal.code, Code::RuleVersionStale);
            assert_eq!(
                (&refusal.facts["current"]["item"], &refusal.facts["current"]["version"]),
                (&json!("a"), &json!(3))
            );
        }
    }
}
