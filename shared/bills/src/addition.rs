//! Items as terminals add them: several at once, stored together, their prices fixed from then on.

use crate::bill::{BillRecord, partition, time};
use crate::limits::{
    MAX_ADDITIONS, MAX_ITEMS, MAX_ITEMS_PER_ADDITION, MAX_MERCHANTS, MAX_NAME_CHARACTERS, MAX_QUANTITY,
    MAX_SKU_CHARACTERS, MAX_TERMINALS,
};
use schemars::JsonSchema;
use scrip_clock::Timestamp;
use scrip_fields::check_text;
use scrip_fields::schema::Text;
use scrip_money::schema::PositiveMoney;
use scrip_money::{MAX_AMOUNT_MINOR_UNITS, Money, MoneyError};
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Key, id_pattern};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// An item that a terminal adds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewBillItem")]
pub struct LineRequest {
    /// What is sold, 1 to 100 characters.
    #[schemars(with = "Text<MAX_NAME_CHARACTERS>")]
    pub name: String,
    /// How many pieces, 1 to 9,999.
    #[schemars(range(min = 1, max = MAX_QUANTITY))]
    pub quantity: i64,
    /// The price of one piece.
    #[schemars(with = "PositiveMoney")]
    pub unit_price: Money,
    /// The merchant's stock-keeping unit, 1 to 64 characters.
    #[schemars(with = "Option<Text<MAX_SKU_CHARACTERS>>")]
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sku: Option<String>,
}

/// An item on a bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "BillItem")]
pub struct ItemView {
    /// The id, `item_…`.
    pub id: String,
    /// The merchant whose terminal added it, `mch_…`.
    pub merchant: String,
    /// The terminal that added it, `dev_…`.
    pub terminal: String,
    /// What is sold, as the terminal says it.
    pub name: String,
    /// How many pieces, 1 to 9,999.
    pub quantity: i64,
    /// The price of one piece.
    pub unit_price: Money,
    /// The price of all pieces.
    pub amount: Money,
    /// The merchant's stock-keeping unit.
    pub sku: Option<String>,
    /// When it was added.
    #[schemars(with = "scrip_clock::DateTime")]
    pub added_at: Timestamp,
}

/// An item as the API's description shows it.
pub(crate) fn item_example() -> Value {
    json!({
        "id": "item_0123456789abcdefghjkmnpqrs00",
        "merchant": "mch_0123456789abcdefghjkmnpqrs",
        "terminal": "dev_0123456789abcdefghjkmnpqrs",
        "name": "Longjing",
        "quantity": 2,
        "unit_price": { "amount": 1_250, "currency": "CNY" },
        "amount": { "amount": 2_500, "currency": "CNY" },
        "sku": null,
        "added_at": "2026-11-30T12:05:00Z",
    })
}

/// Items added together.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AdditionRecord {
    /// The part of the items' ids that they share.
    pub(crate) addition: String,
    pub(crate) terminal: String,
    pub(crate) merchant: String,
    pub(crate) added_at: i64,
    pub(crate) lines: Vec<LineRecord>,
    pub(crate) request_hash: String,
}

/// One item. What is taken off stays, marked, so that the bill's history can be explained.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct LineRecord {
    #[serde(flatten)]
    pub(crate) line: LineRequest,
    pub(crate) removed: bool,
}

/// The regular expression of an item's id.
pub fn item_pattern() -> String {
    format!("{}[0-9]{{2}}$", id_pattern("item_").trim_end_matches('$'))
}

/// The id of an item: that of its addition, and its place in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ItemId {
    pub(crate) addition: String,
    pub(crate) place: usize,
}

impl ItemId {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (addition, place) = text.split_at_checked(text.len().checked_sub(2)?)?;
        let place: usize = place.bytes().all(|byte| byte.is_ascii_digit()).then(|| place.parse().ok())??;
        let fits = scrip_store::is_id("item_", addition) && place < MAX_ITEMS_PER_ADDITION;
        fits.then(|| Self { addition: addition.to_owned(), place })
    }

    fn text(addition: &str, place: usize) -> String {
        format!("{addition}{place:02}")
    }
}

impl LineRequest {
    /// The price of all pieces.
    pub(crate) fn amount(&self) -> Result<Money, MoneyError> {
        self.unit_price.checked_mul(self.quantity)
    }

    fn check(&self, place: usize) -> Result<(), Refusal> {
        let at = |field: &str| format!("/items/{place}/{field}");
        check_text(&self.name, &at("name"), MAX_NAME_CHARACTERS)?;
        if let Some(sku) = &self.sku {
            check_text(sku, &at("sku"), MAX_SKU_CHARACTERS)?;
        }
        if !(1..=MAX_QUANTITY).contains(&self.quantity) {
            return Err(Refusal::field(at("quantity"), Code::OutOfRange, format!("1 to {MAX_QUANTITY}")));
        }
        self.unit_price.positive(&at("unit_price"))?;
        Ok(())
    }
}

/// Checks items and adds them up.
pub(crate) fn sum(lines: &[LineRequest]) -> Result<Money, Refusal> {
    let count = lines.len();
    let Some(first) = lines.first().filter(|_| count <= MAX_ITEMS_PER_ADDITION) else {
        let detail = format!("1 to {MAX_ITEMS_PER_ADDITION} items");
        return Err(Refusal::field(
            "/items",
            if count == 0 { Code::OutOfRange } else { Code::TooMany },
            detail,
        ));
    };
    let mut total = Money::zero(first.unit_price.currency);
    for (place, line) in lines.iter().enumerate() {
        line.check(place)?;
        total = total.checked_add(line.amount()?)?;
    }
    if total.amount > MAX_AMOUNT_MINOR_UNITS {
        return Err(MoneyError::Overflow.into());
    }
    Ok(total)
}

/// What a terminal wants to add, as far as the bill's rules are concerned.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) terminal: String,
    pub(crate) merchant: String,
    pub(crate) step: u64,
    pub(crate) sum: Money,
    pub(crate) count: i64,
}

/// Judges whether the bill takes these items. It is asked before the write, and again when the write is refused.
pub(crate) fn judge(bill: &BillRecord, wanted: &Wanted, now: Timestamp) -> Result<(), Refusal> {
    bill.require_open(now)?;
    if bill.currency != wanted.sum.currency {
        let detail = format!("The bill is in {0}. Add items priced in {0}.", bill.currency);
        return Err(Refusal::new(Code::CurrencyMismatch, detail));
    }
    if bill.terminals.get(&wanted.terminal).is_some_and(|last| *last >= wanted.step) {
        let detail = "This code was used at this terminal. Wait for the phone to show the next one.";
        return Err(Refusal::new(Code::PresentationCodeRefused, detail));
    }
    let is_full =
        |known: bool, len: usize, most: i64| !known && i64::try_from(len).is_ok_and(|len| len >= most);
    if bill.item_count + wanted.count > MAX_ITEMS
        || is_full(bill.by_merchant.contains_key(&wanted.merchant), bill.by_merchant.len(), MAX_MERCHANTS)
        || is_full(bill.terminals.contains_key(&wanted.terminal), bill.terminals.len(), MAX_TERMINALS)
    {
        let detail = format!(
            "A bill holds at most {MAX_ITEMS} items of {MAX_MERCHANTS} merchants, added by {MAX_TERMINALS} terminals."
        );
        return Err(Refusal::new(Code::TooManyItems, detail));
    }
    if bill.additions >= MAX_ADDITIONS {
        let detail = format!(
            "A bill sees at most {MAX_ADDITIONS} additions, what was taken off again included. Open another bill."
        );
        return Err(Refusal::new(Code::TooManyItems, detail));
    }
    let room = room(bill).saturating_sub(bill.total);
    if wanted.sum.amount > room {
        let detail = "The items would lift the total above the bill's ceiling.";
        return Err(Refusal::new(Code::CeilingExceeded, detail).with("room", room));
    }
    Ok(())
}

/// The most that may be on the bill.
pub(crate) fn room(bill: &BillRecord) -> i64 {
    bill.ceiling.unwrap_or(MAX_AMOUNT_MINOR_UNITS)
}

impl AdditionRecord {
    pub(crate) fn key(bill: &str, addition: &str) -> Key {
        Key::new(partition(bill), format!("ADD#{addition}"))
    }

    /// All items, or only those that are still on the bill.
    pub(crate) fn items(&self, with_removed: bool) -> Result<Vec<ItemView>, Failure> {
        let lines = self.lines.iter().enumerate().filter(|(_, line)| with_removed || !line.removed);
        lines
            .map(|(place, LineRecord { line, .. })| {
                Ok(ItemView {
                    id: ItemId::text(&self.addition, place),
                    merchant: self.merchant.clone(),
                    terminal: self.terminal.clone(),
                    name: line.name.clone(),
                    quantity: line.quantity,
                    unit_price: line.unit_price,
                    amount: line.amount()?,
                    sku: line.sku.clone(),
                    added_at: time(self.added_at)?,
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{NOW, NOW_MS, bill, fen};
    use proptest::prelude::*;
    use scrip_money::Currency;
    use scrip_store::derive_id;

    fn line(quantity: i64, price: i64) -> LineRequest {
        LineRequest { name: "Tea".into(), quantity, unit_price: Money::new(price, Currency::CNY), sku: None }
    }

    proptest! {
        #[test]
        fn item_ids_round_trip(seed in "\\PC{0,20}", place in 0..MAX_ITEMS_PER_ADDITION) {
            let addition = derive_id("item_", &[&seed]);
            let id = ItemId::parse(&ItemId::text(&addition, place)).unwrap();
            prop_assert_eq!((id.addition, id.place), (addition, place));
        }

        #[test]
        fn no_text_makes_parsing_panic(text in "\\PC{0,40}") {
            let _ = ItemId::parse(&text);
        }

        #[test]
        fn the_sum_is_that_of_the_lines(lines in proptest::collection::vec((1_i64..100, 1_i64..10_000), 1..50)) {
            let expected: i64 = lines.iter().map(|(quantity, price)| quantity * price).sum();
            let lines: Vec<_> = lines.into_iter().map(|(quantity, price)| line(quantity, price)).collect();
            prop_assert_eq!(sum(&lines).unwrap().amount, expected);
        }
    }

    #[test]
    fn an_item_is_named_by_its_addition_and_its_place() {
        let addition = derive_id("item_", &["a"]);
        assert!(ItemId::parse(&format!("{addition}49")).is_some());
        assert_eq!(ItemId::parse(&format!("{addition}50")), None);
        assert_eq!(ItemId::parse(&format!("{}49", derive_id("bill_", &["a"]))), None);
        let pattern = item_pattern();
        assert!(pattern.starts_with("^item_") && pattern.ends_with("[0-9]{2}$"), "{pattern}");
    }

    fn wanted() -> Wanted {
        let (terminal, merchant) = ("dev_1".to_owned(), "mch_1".to_owned());
        Wanted { terminal, merchant, step: 6, sum: fen(10), count: 1 }
    }

    #[test]
    fn a_bill_takes_items_up_to_each_of_its_bounds() {
        let judged =
            |bill: &BillRecord, wanted: &Wanted| judge(bill, wanted, NOW).map_err(|refusal| refusal.code);
        let by_merchant = |count: i64| BillRecord {
            by_merchant: (1..=count).map(|number| (format!("mch_{number}"), 1)).collect(),
            ..bill()
        };
        let terminals = |count: i64| BillRecord {
            terminals: (1..=count).map(|number| (format!("dev_{number}"), 1)).collect(),
            ..bill()
        };
        let other_merchant = || Wanted { merchant: "mch_new".to_owned(), ..wanted() };
        let other_terminal = || Wanted { terminal: "dev_new".to_owned(), ..wanted() };
        let most = MAX_AMOUNT_MINOR_UNITS;
        for (place, (bill, wanted)) in [
            (bill(), Wanted { step: 6, ..wanted() }),
            (bill(), Wanted { step: 5, ..other_terminal() }),
            (BillRecord { item_count: MAX_ITEMS - 3, ..bill() }, Wanted { count: 3, ..wanted() }),
            (by_merchant(MAX_MERCHANTS), wanted()),
            (by_merchant(MAX_MERCHANTS - 1), other_merchant()),
            (terminals(MAX_TERMINALS), wanted()),
            (terminals(MAX_TERMINALS - 1), other_terminal()),
            (BillRecord { additions: MAX_ADDITIONS - 1, ..bill() }, wanted()),
            (BillRecord { ceiling: Some(110), ..bill() }, wanted()),
            (BillRecord { total: most - 10, ..bill() }, wanted()),
        ]
        .into_iter()
        .enumerate()
        {
            assert_eq!(judged(&bill, &wanted), Ok(()), "{place}");
        }
        let yen = Money::new(10, Currency::JPY);
        for (place, (bill, wanted, code)) in [
            (BillRecord { effective_until: NOW_MS, ..bill() }, wanted(), Code::Expired),
            (bill(), Wanted { sum: yen, ..wanted() }, Code::CurrencyMismatch),
            (bill(), Wanted { step: 5, ..wanted() }, Code::PresentationCodeRefused),
            (
                BillRecord { item_count: MAX_ITEMS - 2, ..bill() },
                Wanted { count: 3, ..wanted() },
                Code::TooManyItems,
            ),
            (by_merchant(MAX_MERCHANTS), other_merchant(), Code::TooManyItems),
            (terminals(MAX_TERMINALS), other_terminal(), Code::TooManyItems),
            (BillRecord { additions: MAX_ADDITIONS, ..bill() }, wanted(), Code::TooManyItems),
            (BillRecord { ceiling: Some(109), ..bill() }, wanted(), Code::CeilingExceeded),
            (BillRecord { total: most - 9, ..bill() }, wanted(), Code::CeilingExceeded),
        ]
        .into_iter()
        .enumerate()
        {
            assert_eq!(judged(&bill, &wanted), Err(code), "{place}");
        }
        let refusal = judge(&BillRecord { ceiling: Some(109), ..bill() }, &wanted(), NOW).unwrap_err();
        assert_eq!(refusal.facts["room"], 9);
    }

    #[test]
    fn what_was_taken_off_is_shown_only_where_it_is_asked_for() {
        let lines = [false, true, false].map(|removed| LineRecord { line: line(2, 5), removed });
        let addition = AdditionRecord {
            addition: derive_id("item_", &["a"]),
            terminal: "dev_1".to_owned(),
            merchant: "mch_1".to_owned(),
            added_at: NOW_MS,
            lines: lines.into(),
            request_hash: "hash".to_owned(),
        };
        let places = |with_removed: bool| -> Vec<_> {
            let items = addition.items(with_removed).unwrap();
            assert!(items.iter().all(|item| item.amount == fen(10) && item.added_at == NOW));
            items.iter().map(|item| ItemId::parse(&item.id).unwrap().place).collect()
        };
        assert_eq!((places(true), places(false)), (vec![0, 1, 2], vec![0, 2]));
    }

    #[test]
    fn bad_lines_are_refused() {
        let code = |lines: &[LineRequest]| {
            let refusal = sum(lines).unwrap_err();
            refusal.fields.first().map_or(refusal.code, |field| field.code)
        };
        assert_eq!(code(&[]), Code::OutOfRange);
        assert_eq!(code(&vec![line(1, 1); MAX_ITEMS_PER_ADDITION + 1]), Code::TooMany);
        assert_eq!(code(&[line(0, 1)]), Code::OutOfRange);
        assert_eq!(code(&[line(-1, 1)]), Code::OutOfRange);
        assert_eq!(code(&[line(1, 0)]), Code::AmountNotPositive);
        assert_eq!(code(&[line(1, -5)]), Code::AmountNotPositive);
        assert_eq!(code(&[line(MAX_QUANTITY, MAX_AMOUNT_MINOR_UNITS)]), Code::AmountTooLarge);
        assert_eq!(code(&vec![line(1, MAX_AMOUNT_MINOR_UNITS); 2]), Code::AmountTooLarge);
        assert_eq!(sum(&[line(1, MAX_AMOUNT_MINOR_UNITS)]), Ok(fen(MAX_AMOUNT_MINOR_UNITS)));
        let yen = LineRequest { unit_price: Money::new(1, Currency::JPY), ..line(1, 1) };
        assert_eq!(code(&[line(1, 1), yen]), Code::CurrencyMismatch);
    }
}
