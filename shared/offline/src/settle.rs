//! What the workflow does with captures whose time for reversals is over: the merchant is paid, or the payers get their
//! money back.

use crate::judge::changed;
use crate::offline::Offline;
use crate::settlement::{PAGE_CAPTURES, PageRecord, SettlementRecord, Window};
use crate::transaction::{Reversal, TransactionRecord, TransactionStatus, no_capture, time};
use futures::future::try_join_all;
use scrip_clock::Timestamp;
use scrip_directory::Recipient;
use scrip_ledger::{AccountId, Debit, DebitSource, NewTransfer, TransferKind};
use scrip_money::Money;
use scrip_refusal::{Code, Failure};
use scrip_slots::{Due, due_of, leave};
use scrip_store::{
    Commit, Fingerprint, IdempotencyKey, Origin, Transaction, Write, decode, derive_id, encode,
};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// What became of a page of captures that were to be settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SettlementOutcome {
    /// The merchant has the money, and there is no more.
    Settled,
    /// The merchant has the money, and there may be more.
    More,
    /// The merchant's account takes none: the payers are to get it back.
    AccountClosed,
    /// Nothing was left to settle.
    Ended,
}

/// The answer to the workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SettledPage {
    /// What became of it.
    pub outcome: SettlementOutcome,
    /// The captures that the merchant's account does not take.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub captures: Vec<String>,
}

/// What became of a transaction that could not be settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CompensationOutcome {
    /// The payer has the money back.
    Compensated,
    /// It was reversed or settled meanwhile.
    Ended,
}

/// The answer to the workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Followed<T> {
    /// What became of it.
    pub outcome: T,
    /// Where the transaction stands.
    pub status: Option<TransactionStatus>,
}

impl Offline {
    /// Moves what was captured from clearing to the merchant, a page of captures at once. The merchant is told with the
    /// last one. A capture that is reversed meanwhile takes the page with it, which is read anew without it.
    pub async fn settle(&self, window: &Window) -> Result<SettledPage, Failure> {
        self.store.until_unchanged(|| self.try_settle(window)).await
    }

    async fn try_settle(&self, window: &Window) -> Result<SettledPage, Failure> {
        let now = self.now();
        let (ids, has_more) = self.captures_due(window).await?;
        let id = window.settlement();
        let addresses: Vec<_> = ids.iter().map(|id| TransactionRecord::key(id).at(&self.table)).collect();
        let settlement = SettlementRecord::key(&window.merchant, &id).at(&self.table);
        let (settlement, captures): (Option<SettlementRecord>, Vec<Option<TransactionRecord>>) =
            self.store.read((settlement, addresses)).await?;
        let captures = captures.into_iter().flatten();
        let due: Vec<_> = captures.filter(|record| record.status == TransactionStatus::Approved).collect();
        let page = |outcome, captures| Ok(SettledPage { outcome, captures });
        if due.is_empty() {
            // What an earlier try has paid is told again.
            let outcome = match settlement {
                _ if has_more => SettlementOutcome::More,
                Some(_) => SettlementOutcome::Settled,
                None => SettlementOutcome::Ended,
            };
            return page(outcome, Vec::new());
        }
        for record in &due {
            if now < time(record.capture.as_ref().ok_or_else(no_capture)?.settles_at)? {
                return Err(Failure::Busy(
                    "this clock has not reached the end of the reversal window".into(),
                ));
            }
        }
        match self.pay_merchant(window, settlement, &due, has_more, now).await {
            Ok(()) if has_more => page(SettlementOutcome::More, Vec::new()),
            Ok(()) => page(SettlementOutcome::Settled, Vec::new()),
            Err(failure) if failure.code() == Some(Code::AccountClosed) => {
                page(SettlementOutcome::AccountClosed, due.into_iter().map(|record| record.id).collect())
            }
            Err(failure) => Err(failure),
        }
    }

    /// As many captures of a window as one page holds, and whether there are more. The index lags behind by moments: it may
    /// still name some that are settled.
    async fn captures_due(&self, window: &Window) -> Result<(Vec<String>, bool), Failure> {
        let prefix = window.due_prefix();
        let most = u32::try_from(PAGE_CAPTURES + 1).map_err(Failure::broken)?;
        let reads = window
            .slots
            .iter()
            .map(|slot| async { self.store.first(&due_of(&self.table, slot, &prefix), most).await });
        let mut ids = Vec::new();
        for item in try_join_all(reads).await?.into_iter().flatten() {
            ids.push(Due::read(item)?.item.rsplit('#').next().unwrap_or_default().to_owned());
        }
        ids.sort_unstable();
        let has_more = ids.len() > PAGE_CAPTURES;
        ids.truncate(PAGE_CAPTURES);
        Ok((ids, has_more))
    }

    async fn pay_merchant(
        &self,
        window: &Window,
        settlement: Option<SettlementRecord>,
        due: &[TransactionRecord],
        has_more: bool,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let id = window.settlement();
        let amounts = due.iter().map(|record| record.money().ok_or_else(no_capture));
        let amounts = amounts.collect::<Result<Vec<_>, _>>()?;
        let sum = Money::checked_sum(window.currency, amounts)?;
        let number = settlement.as_ref().map_or(0, |settlement| settlement.pages);

        let mut transaction = Transaction::new();
        let total = self.add_page(&mut transaction, window, settlement, due, sum)?;
        for record in due {
            transaction.require(self.settled_write(&record.id, &id, now), |_| changed());
        }
        let clearing = AccountId::clearing(window.currency);
        let transfer = NewTransfer {
            id: derive_id("txn_", &["settlement", &id, &number.to_string()]),
            kind: TransferKind::Settlement,
            from: clearing.clone(),
            to: AccountId::of_merchant(&window.merchant),
            amount: sum,
            reference: Some(id.clone()),
            reverses: None,
        };
        let shard = clearing.shard_for(&transfer.id);
        let source = DebitSource::Available;
        let debit = Debit { account: clearing, shard, amount: sum, holder: None, source };
        let origin = follow_up("settle-captures", &format!("{id}#{number}"));
        self.ledger.add(&mut transaction, &transfer, &[debit], &origin, now)?;
        if !has_more {
            transaction.require(self.settlement_note(window, &id, total)?, |_| changed());
        }
        match self.store.commit(transaction).await? {
            Commit::Done => Ok(()),
            Commit::Exists(_) => Err(Failure::broken("a page that is not settled has its settlement")),
        }
    }

    /// The write that marks a capture as settled, on condition that it was not reversed.
    fn settled_write(&self, id: &str, settlement: &str, now: Timestamp) -> Write {
        let set = "SET #status = :settled, settled_at = :now, settlement = :settlement";
        leave(Write::update(&self.table, TransactionRecord::key(id), set))
            .when("#status = :approved")
            .name("#status", "status")
            .value(":settled", TransactionStatus::Settled.as_str())
            .value(":approved", TransactionStatus::Approved.as_str())
            .value(":now", now.as_millisecond())
            .value(":settlement", settlement)
    }

    /// The writes of the settlement itself and of a further page of it, and what is settled in all then.
    fn add_page(
        &self,
        transaction: &mut Transaction<'_>,
        window: &Window,
        settlement: Option<SettlementRecord>,
        due: &[TransactionRecord],
        sum: Money,
    ) -> Result<(Money, i64), Failure> {
        let captures: Vec<String> = due.iter().map(|record| record.id.clone()).collect();
        let count = i64::try_from(captures.len()).map_err(Failure::broken)?;
        let Some(before) = settlement else {
            let record = SettlementRecord {
                id: window.settlement(),
                merchant: window.merchant.clone(),
                currency: window.currency,
                window: window.window.as_millisecond(),
                total: sum.amount,
                count,
                pages: 1,
                captures,
            };
            let item = encode(&SettlementRecord::key(&record.merchant, &record.id), &record)?;
            transaction.require(Write::put_new(&self.table, item), |_| changed());
            return Ok((sum, count));
        };
        let total = Money::checked_sum(window.currency, [Money::new(before.total, window.currency), sum])?;
        let write = Write::update(
            &self.table,
            SettlementRecord::key(&before.merchant, &before.id),
            "SET #total = :total, #count = :count, pages = pages + :one",
        )
        .when("pages = :pages")
        .name("#total", "total")
        .name("#count", "count")
        .value(":total", total.amount)
        .value(":count", before.count + count)
        .value(":one", 1)
        .value(":pages", before.pages);
        transaction.require(write, |_| changed());
        let page = encode(&SettlementRecord::page_key(&before.id, before.pages), &PageRecord { captures })?;
        transaction.require(Write::put_new(&self.table, page), |_| changed());
        Ok((total, before.count + count))
    }

    /// What the merchant is told, once for a window: the same one however often it is written.
    fn settlement_note(&self, window: &Window, id: &str, total: (Money, i64)) -> Result<Write, Failure> {
        let facts = [("settlement", json!(id)), ("total", json!(total.0)), ("count", json!(total.1))];
        let facts = facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let merchant = Recipient::Merchant(window.merchant.clone());
        self.directory.notification(&merchant, "settlement-paid", facts, window.window, id)
    }

    /// Gives the payer back what the merchant can't take. Both are told in the same write.
    ///
    /// # Errors
    /// `account-closed` if the payer can't take it either.
    pub async fn compensate(&self, id: &str) -> Result<Followed<CompensationOutcome>, Failure> {
        self.store.until_unchanged(|| self.try_compensate(id)).await
    }

    async fn try_compensate(&self, id: &str) -> Result<Followed<CompensationOutcome>, Failure> {
        let answer = |outcome, status| Ok(Followed { outcome, status });
        let Some(record) = self.transaction(id).await? else {
            return answer(CompensationOutcome::Ended, None);
        };
        let key = derive_id("txn_", &["compensation", id]);
        let origin = follow_up("compensate-pos-transaction", id);
        match (record.status, &record.reversal) {
            (TransactionStatus::Approved, _) => {}
            (status, Some(reversal)) if reversal.key == key => {
                return answer(CompensationOutcome::Compensated, Some(status));
            }
            (status, _) => return answer(CompensationOutcome::Ended, Some(status)),
        }
        let now = self.now();
        let request_hash = origin.fingerprint.as_str().to_owned();
        let reversal = Reversal { key, request_hash, at: now.as_millisecond(), first: false };
        let notes = |record: &TransactionRecord| self.notes(record, "pos-transaction-reversed", now);
        self.take_back(&record, reversal, &origin, now, notes).await?;
        answer(CompensationOutcome::Compensated, Some(TransactionStatus::Reversed))
    }

    pub(crate) async fn transaction(&self, id: &str) -> Result<Option<TransactionRecord>, Failure> {
        self.store.get(&self.table, &TransactionRecord::key(id)).await?.map(decode).transpose()
    }

    /// The writes that tell payer and merchant. The order reference is the merchant's business alone.
    fn notes(&self, record: &TransactionRecord, kind: &str, now: Timestamp) -> Result<Vec<Write>, Failure> {
        let facts = |members: [(&str, Value); 3]| -> Map<String, Value> {
            members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
        };
        let amount = json!(record.money().ok_or_else(no_capture)?);
        let payer = Recipient::User(record.user().ok_or_else(no_capture)?.to_owned());
        let to_payer = facts([
            ("transaction", json!(record.id)),
            ("merchant", json!(record.merchant)),
            ("amount", amount.clone()),
        ]);
        let merchant = Recipient::Merchant(record.merchant.clone());
        let to_merchant = facts([
            ("transaction", json!(record.id)),
            ("order_reference", json!(record.order_reference)),
            ("amount", amount),
        ]);
        Ok(vec![
            self.directory.notification(&payer, kind, to_payer, now, &record.id)?,
            self.directory.notification(&merchant, kind, to_merchant, now, &record.id)?,
        ])
    }
}

/// A workflow's step comes from the transaction alone: however often it is tried, it is the same.
fn follow_up(operation: &str, id: &str) -> Origin {
    Origin {
        principal: "system".to_owned(),
        operation: operation.to_owned(),
        key: IdempotencyKey::internal(id),
        fingerprint: Fingerprint::of(&[operation.as_bytes(), id.as_bytes()]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_step_that_is_tried_again_is_the_same_and_each_step_is_its_own() {
        let settle = follow_up("settle-captures", "stl_1#0");
        assert_eq!(follow_up("settle-captures", "stl_1#0"), settle);
        for other in
            [follow_up("settle-captures", "stl_1#1"), follow_up("compensate-pos-transaction", "pos_1")]
        {
            assert_ne!(other.fingerprint, settle.fingerprint);
            assert_ne!(other.id("txn_"), settle.id("txn_"));
        }
    }

    /// The machine chooses by these words.
    #[test]
    fn outcomes_are_told_in_the_machines_words() {
        let told = |outcome| serde_json::to_value(SettledPage { outcome, captures: Vec::new() }).unwrap();
        for (outcome, word) in [
            (SettlementOutcome::Settled, "settled"),
            (SettlementOutcome::More, "more"),
            (SettlementOutcome::AccountClosed, "account_closed"),
            (SettlementOutcome::Ended, "ended"),
        ] {
            assert_eq!(told(outcome), json!({ "outcome": word }));
        }
        for (outcome, word) in
            [(CompensationOutcome::Compensated, "compensated"), (CompensationOutcome::Ended, "ended")]
        {
            assert_eq!(serde_json::to_value(outcome).unwrap(), word);
        }
    }
}
