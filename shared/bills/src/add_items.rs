//! A terminal in proximity adds items.

use crate::addition::{
    AdditionRecord, ItemView, LineRecord, LineRequest, Wanted, item_example, judge, room, sum,
};
use crate::bill::{BillRecord, no_such_bill};
use crate::bills::{Bills, judge_again};
use crate::limits::{MAX_ADDITIONS, MAX_ITEMS, MAX_ITEMS_PER_ADDITION, MAX_MERCHANTS, MAX_TERMINALS};
use schemars::JsonSchema;
use scrip_clock::Timestamp;
use scrip_fields::schema::Digits;
use scrip_refusal::{Code, Failure, Refusal};
use scrip_secure_code::TOTP_DIGITS;
use scrip_store::{
    AttributeValue, Commit, Created, Origin, Raw, Transaction, Write, check_replay, decode, encode,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What a terminal adds, with the code that the phone showed or sent it.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({
    "presentation_code": "49382716",
    "items": [{ "name": "Longjing", "quantity": 2, "unit_price": { "amount": 1_250, "currency": "CNY" } }],
}))]
pub struct AddItems {
    /// The phone's code at that moment: RFC 6238, SHA-256, 8 digits, 30 s.
    #[schemars(with = "Digits<TOTP_DIGITS, TOTP_DIGITS>")]
    pub presentation_code: String,
    /// 1 to 50 items.
    #[schemars(length(min = 1, max = MAX_ITEMS_PER_ADDITION))]
    pub items: Vec<LineRequest>,
}

/// What a terminal has just added to a bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "AddedItems", example = json!({ "items": [item_example()] }))]
pub struct Added {
    /// The items with their ids, `item_…`, in the order of the request.
    pub items: Vec<ItemView>,
}

/// The terminal that adds, as its token proves.
#[derive(Clone, Copy, Debug)]
struct Terminal<'a> {
    id: &'a str,
    merchant: &'a str,
}

impl Bills {
    /// Adds items to an open bill, in the same write that raises its total: none is lost to a bill that closes at the
    /// same instant, and none gets onto one that is closed.
    pub async fn add_items(
        &self,
        bill: &str,
        terminal: &str,
        merchant: &str,
        request: &AddItems,
        origin: &Origin,
    ) -> Result<Created<Added>, Failure> {
        let terminal = Terminal { id: terminal, merchant };
        self.store.until_unchanged(|| self.try_add_items(bill, terminal, request, origin)).await
    }

    async fn try_add_items(
        &self,
        bill: &str,
        terminal: Terminal<'_>,
        request: &AddItems,
        origin: &Origin,
    ) -> Result<Created<Added>, Failure> {
        let addition = origin.id_within(bill, "item_");
        let addition_key = AdditionRecord::key(bill, &addition);
        let asked = (BillRecord::key(bill).at(&self.table), addition_key.clone().at(&self.table));
        let (record, earlier): (Option<BillRecord>, Option<Raw>) = self.store.read(asked).await?;
        if let Some(Raw(item)) = earlier {
            return replay(item, origin);
        }
        let record = record.ok_or_else(no_such_bill)?;

        let now = self.now();
        let total = sum(&request.items)?;
        let key = self.presentation_key(bill, record.generation)?;
        let step = key.verify(&request.presentation_code, now).ok_or_else(|| {
            let detail = "The code is wrong or expired. Use the one that the phone shows now.";
            Refusal::new(Code::PresentationCodeRefused, detail)
        })?;
        let wanted = Wanted {
            terminal: terminal.id.to_owned(),
            merchant: terminal.merchant.to_owned(),
            step: step.0,
            sum: total,
            count: i64::try_from(request.items.len()).map_err(Failure::broken)?,
        };
        if let Err(refusal) = judge(&record, &wanted, now) {
            return Err(self.store.unless_made(addition_key.at(&self.table), refusal).await);
        }

        let added = AdditionRecord {
            addition,
            terminal: terminal.id.to_owned(),
            merchant: terminal.merchant.to_owned(),
            added_at: now.as_millisecond(),
            lines: request
                .items
                .iter()
                .map(|line| LineRecord { line: line.clone(), removed: false })
                .collect(),
            request_hash: origin.fingerprint.as_str().to_owned(),
        };
        let mut transaction = Transaction::new();
        transaction.create(&self.table, encode(&addition_key, &added)?);
        let write = self.raise_total(&record, &wanted, now);
        transaction.require(write, |item| judge_again(item, |bill| judge(&bill, &wanted, now)));
        match self.store.commit(transaction).await? {
            Commit::Done => Ok(Created { value: Added { items: added.items(true)? }, replayed: false }),
            Commit::Exists(item) => replay(item, origin),
        }
    }

    /// What [`judge`] found, as a condition on the bill as it is when the write takes place.
    fn raise_total(&self, bill: &BillRecord, wanted: &Wanted, now: Timestamp) -> Write {
        let ceiling = room(bill);
        Write::update(&self.table, BillRecord::key(&bill.id), "SET #total = #total + :sum")
            .name("#status", "status")
            .value(":open", "open")
            .value(":now", now.as_millisecond())
            .when("#status = :open AND effective_until > :now")
            // The total, below the ceiling that the user set or the highest of all.
            .name("#total", "total")
            .value(":currency", wanted.sum.currency.code())
            .value(":sum", wanted.sum.amount)
            .value(":room", ceiling - wanted.sum.amount)
            .value(":ceiling", ceiling)
            .when("currency = :currency AND #total <= :room")
            .when("(attribute_not_exists(ceiling) OR ceiling >= :ceiling)")
            .value(":count", wanted.count)
            .value(":item_room", MAX_ITEMS - wanted.count)
            .when("item_count <= :item_room")
            .set("item_count = item_count + :count")
            .value(":one", 1)
            .value(":most_additions", MAX_ADDITIONS)
            .when("(attribute_not_exists(additions) OR additions < :most_additions)")
            .set("additions = if_not_exists(additions, :zero) + :one")
            .name("#merchant", &wanted.merchant)
            .value(":zero", 0)
            .value(":most_merchants", MAX_MERCHANTS)
            .when("(attribute_exists(by_merchant.#merchant) OR size(by_merchant) < :most_merchants)")
            .set("by_merchant.#merchant = if_not_exists(by_merchant.#merchant, :zero) + :sum")
            // Each code counts once at a terminal.
            .name("#terminal", &wanted.terminal)
            .value(":step", AttributeValue::N(wanted.step.to_string()))
            .value(":most_terminals", MAX_TERMINALS)
            .when("(attribute_not_exists(terminals.#terminal) OR terminals.#terminal < :step)")
            .when("(attribute_exists(terminals.#terminal) OR size(terminals) < :most_terminals)")
            .set("terminals.#terminal = :step")
    }
}

fn replay(item: scrip_store::Item, origin: &Origin) -> Result<Created<Added>, Failure> {
    check_replay(&item, &origin.fingerprint)?;
    let added: AdditionRecord = decode(item)?;
    Ok(Created { value: Added { items: added.items(true)? }, replayed: true })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{NOW, NOW_MS, bill, bills, fen};

    #[test]
    fn the_write_holds_only_while_the_bill_has_room_and_the_code_is_new() {
        let (terminal, merchant) = ("dev_1".to_owned(), "mch_1".to_owned());
        let wanted = Wanted { terminal, merchant, step: 6, sum: fen(10), count: 3 };
        let bill = BillRecord { ceiling: Some(500), ..bill() };
        let mut transaction = Transaction::new();
        transaction.require(bills().raise_total(&bill, &wanted, NOW), |_| no_such_bill());
        let expected = format!(
            "update bills BILL#bill_1 BILL: SET total = total + 10, item_count = item_count + 3, \
             additions = if_not_exists(additions, 0) + 1, \
             by_merchant.mch_1 = if_not_exists(by_merchant.mch_1, 0) + 10, terminals.dev_1 = 6 \
             IF status = \"open\" AND effective_until > {NOW_MS} AND currency = \"CNY\" AND total <= 490 \
             AND (attribute_not_exists(ceiling) OR ceiling >= 500) AND item_count <= 497 \
             AND (attribute_not_exists(additions) OR additions < 1000) \
             AND (attribute_exists(by_merchant.mch_1) OR size(by_merchant) < 20) \
             AND (attribute_not_exists(terminals.dev_1) OR terminals.dev_1 < 6) \
             AND (attribute_exists(terminals.dev_1) OR size(terminals) < 50)"
        );
        assert_eq!(transaction.plan(), [expected]);
    }
}
