//! A terminal takes an item off again.

use crate::addition::{AdditionRecord, ItemId};
use crate::bill::{BillRecord, no_such_bill};
use crate::bills::{Bills, changed, judge_again};
use crate::limits::REMOVAL_WINDOW_MINUTES;
use scrip_clock::Timestamp;
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Transaction, Write};

impl Bills {
    /// Takes an item off an open bill, within minutes and by the terminal that added it. What is off stays off: a
    /// repeated request changes nothing.
    pub async fn remove_item(&self, bill: &str, item: &str, terminal: &str) -> Result<(), Failure> {
        self.store.until_unchanged(|| self.try_remove_item(bill, item, terminal)).await
    }

    async fn try_remove_item(&self, bill: &str, item: &str, terminal: &str) -> Result<(), Failure> {
        let id = ItemId::parse(item).ok_or_else(no_such_item)?;
        let addition_key = AdditionRecord::key(bill, &id.addition);
        let asked = (BillRecord::key(bill).at(&self.table), addition_key.clone().at(&self.table));
        let (record, addition): (Option<BillRecord>, Option<AdditionRecord>) = self.store.read(asked).await?;
        let addition = addition.ok_or_else(no_such_item)?;
        let record = record.ok_or_else(no_such_bill)?;
        let line = addition.lines.get(id.place).ok_or_else(no_such_item)?;
        if addition.terminal != terminal {
            return Err(no_such_item().into());
        }
        if line.removed {
            return Ok(());
        }
        let now = self.now();
        record.require_open(now)?;
        check_window(addition.added_at, now)?;

        let amount = line.line.amount()?.amount;
        let mut transaction = Transaction::new();
        let place = id.place;
        let mark = Write::update(&self.table, addition_key, format!("SET #lines[{place}].removed = :true"))
            .when(format!("#lines[{place}].removed = :false"))
            .name("#lines", "lines")
            .value(":true", true)
            .value(":false", false);
        // Two removals at once: the second one finds it done when it looks again.
        transaction.require(mark, |_| changed());
        let lower = Write::update(
            &self.table,
            BillRecord::key(bill),
            "SET #total = #total - :amount, item_count = item_count - :one, \
             by_merchant.#merchant = by_merchant.#merchant - :amount",
        )
        .when("#status = :open AND effective_until > :now")
        .name("#status", "status")
        .name("#total", "total")
        .name("#merchant", &addition.merchant)
        .value(":open", "open")
        .value(":now", now.as_millisecond())
        .value(":amount", amount)
        .value(":one", 1);
        transaction.require(lower, |item| judge_again(item, |bill| bill.require_open(now)));
        self.store.commit(transaction).await?;
        Ok(())
    }
}

fn check_window(added_at: i64, now: Timestamp) -> Result<(), Refusal> {
    if now.as_millisecond() - added_at <= REMOVAL_WINDOW_MINUTES * 60_000 {
        return Ok(());
    }
    let detail = format!("An item can be taken off for {REMOVAL_WINDOW_MINUTES} minutes after it was added.");
    Err(Refusal::new(Code::RemovalWindowOver, detail))
}

fn no_such_item() -> Refusal {
    Refusal::new(Code::NotFound, "No item that this terminal added has this id.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{NOW, NOW_MS};

    #[test]
    fn an_item_can_be_taken_off_for_five_minutes() {
        assert_eq!(check_window(NOW_MS - 300_000, NOW), Ok(()));
        assert_eq!(check_window(NOW_MS - 300_001, NOW).unwrap_err().code, Code::RemovalWindowOver);
    }
}
