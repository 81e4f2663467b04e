//! What the workflow does with captures whose time for reversals is over: the merchant is paid.

use crate::judge::changed;
use crate::offline::Offline;
use crate::settlement::{PAGE_CAPTURES, PageRecord, SettlementRecord, Window};
use crate::transaction::{TransactionRecord, TransactionStatus, no_capture, time};
use futures::future::try_join_all;
use scrip_clock::Timestamp;
use scrip_ledger::{AccountId, Debit, DebitSource, NewTransfer, TransferKind};
use scrip_money::Money;
use scrip_refusal::{Code, Failure};
use scrip_slots::{Due, due_of, leave};
use scrip_store::{Commit, Fingerprint, IdempotencyKey, Origin, Transaction, Write, derive_id, encode};
use serde::Serialize;

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
        let captures: Vec<_> = captures.into_iter().flatten().collect();
        // Items that are read together are not of one moment: these were settled after the settlement was looked for.
        if settlement.is_none() && captures.iter().any(|record| record.settlement.as_ref() == Some(&id)) {
            return Err(changed());
        }
        let is_due = |record: &TransactionRecord| record.status == TransactionStatus::Approved;
        let due: Vec<_> = captures.into_iter().filter(is_due).collect();
        let page = |outcome, captures| Ok(SettledPage { outcome, captures });
        if due.is_empty() {
            // What an earlier try has paid is answered again.
            let outcome = match settlement {
                _ if has_more => SettlementOutcome::More,
                Some(settlement) => {
                    self.tell_rest(window, &settlement).await?;
                    SettlementOutcome::Settled
                }
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

    /// Tells the merchant of a settlement whose last captures were reversed after its other pages were paid.
    async fn tell_rest(&self, window: &Window, settlement: &SettlementRecord) -> Result<(), Failure> {
        if settlement.told {
            return Ok(());
        }
        let key = SettlementRecord::key(&settlement.merchant, &settlement.id);
        let told = Write::update(&self.table, key, "SET told = :told")
            .when("pages = :pages")
            .value(":told", true)
            .value(":pages", settlement.pages);
        let total = (Money::new(settlement.total, settlement.currency), settlement.count);
        let mut transaction = Transaction::new();
        transaction.require(told, |_| changed());
        transaction.require(self.settlement_note(window, &settlement.id, total)?, |_| changed());
        self.store.commit(transaction).await.map(|_| ())
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
        let total = self.add_page(&mut transaction, window, settlement, (due, sum), !has_more)?;
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
        (due, sum): (&[TransactionRecord], Money),
        told: bool,
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
                told,
            };
            let item = encode(&SettlementRecord::key(&record.merchant, &record.id), &record)?;
            transaction.require(Write::put_new(&self.table, item), |_| changed());
            return Ok((sum, count));
        };
        let total = Money::checked_sum(window.currency, [Money::new(before.total, window.currency), sum])?;
        let write = Write::update(
            &self.table,
            SettlementRecord::key(&before.merchant, &before.id),
            "SET #total = :total, #count = :count, pages = pages + :one, told = :told",
        )
        .when("pages = :pages")
        .name("#total", "total")
        .name("#count", "count")
        .value(":total", total.amount)
        .value(":count", before.count + count)
        .value(":one", 1)
        .value(":told", told)
        .value(":pages", before.pages);
        transaction.require(write, |_| changed());
        let page = encode(&SettlementRecord::page_key(&before.id, before.pages), &PageRecord { captures })?;
        transaction.require(Write::put_new(&self.table, page), |_| changed());
        Ok((total, before.count + count))
    }
}

/// A workflow's step comes from what it is about alone: however often it is tried, it is the same.
pub(crate) fn follow_up(operation: &str, id: &str) -> Origin {
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
    }
}
