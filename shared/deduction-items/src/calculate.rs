//! What would be paid: calculated, and nothing is kept of it.

use crate::automatic::{Automatic, automatic_key};
use crate::deductions::Deductions;
use crate::item::{ItemRecord, item_key, unknown_item};
use crate::limits::{MAX_ITEM_CHARACTERS, MAX_NAMED_ITEMS};
use crate::order::{Checked, check_names};
use crate::receipt::ConsumedView;
use crate::steps::{Calculated, StepView, calculated, step_example};
use schemars::JsonSchema;
use scrip_deduction::limits::MAX_LINES;
use scrip_deduction::{Context, Line};
use scrip_directory::{MerchantRecord, merchant_key};
use scrip_fields::schema::Word;
use scrip_money::Money;
use scrip_money::schema::NonNegativeMoney;
use scrip_refusal::{Code, Failure, FieldError, Refusal};
use scrip_store::{Address, id_pattern, is_id};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// An order, and what is to be deducted from it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({
    "merchant": "mch_0123456789abcdefghjkmnpqrs",
    "items": ["spring"],
    "first_value": { "amount": 1_000, "currency": "CNY" },
}))]
pub struct CalculationRequest {
    /// The merchant, `mch_…`.
    #[schemars(pattern(id_pattern("mch_")))]
    pub merchant: String,
    /// The items to be applied, at most ten; those that apply without being named are added.
    #[schemars(
        with = "Vec<Word<MAX_ITEM_CHARACTERS>>",
        length(max = MAX_NAMED_ITEMS),
        extend("uniqueItems" = true)
    )]
    pub items: Vec<String>,
    /// What is to be paid before all deductions; needed unless there are lines.
    #[schemars(with = "Option<NonNegativeMoney>")]
    pub first_value: Option<Money>,
    /// What is sold, at most 100 lines.
    #[schemars(length(max = MAX_LINES))]
    #[serde(default)]
    pub lines: Vec<Line>,
    /// What the merchant knows about who orders.
    pub context: Option<Context>,
}

/// What would be paid, and how it comes about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Calculation", example = json!({
    "first_value": { "amount": 1_000, "currency": "CNY" },
    "second_value": { "amount": 900, "currency": "CNY" },
    "steps": [step_example()],
    "lines": [],
    "consumed": [],
}))]
pub struct CalculationView {
    /// What was to be paid before all deductions.
    pub first_value: Money,
    /// What is to be paid after them.
    pub second_value: Money,
    /// One step for each item, in the order of application.
    pub steps: Vec<StepView>,
    /// What is left of each line, in the order of the request.
    pub lines: Vec<Money>,
    /// What of the items' balances is used.
    pub consumed: Vec<ConsumedView>,
}

impl Deductions {
    /// Calculates with the items as they are now, in one round trip.
    pub async fn calculate(&self, request: &CalculationRequest) -> Result<CalculationView, Failure> {
        if !is_id("mch_", &request.merchant) {
            return Err(unknown_merchant().into());
        }
        let pointer = |place: usize| format!("/items/{place}");
        check_names(request.items.iter().map(String::as_str), pointer)?;
        let asked = (
            merchant_key(&request.merchant).at(self.directory.table()),
            automatic_key(&request.merchant).at(&self.table),
            self.item_addresses(&request.merchant, request.items.iter().map(String::as_str)),
        );
        let (merchant, automatic, named): (Option<MerchantRecord>, Option<Automatic>, Vec<_>) =
            self.store.read(asked).await?;
        let merchant = merchant.ok_or_else(unknown_merchant)?;
        let automatic = automatic.unwrap_or_default();
        let named = all_named(named, pointer)?;

        let (first_value, lines) = (request.first_value, &request.lines);
        let checked = Checked::new(first_value, lines, request.context.as_ref(), merchant.currency)?;
        let Checked { order, context } = &checked;
        let Calculated { calculation, steps } = calculated(&named, &automatic, order, context, self.now())?;
        Ok(CalculationView {
            first_value: calculation.first_value,
            second_value: calculation.second_value,
            steps,
            lines: calculation.lines,
            consumed: calculation.consumed.iter().map(ConsumedView::of).collect(),
        })
    }

    pub(crate) fn item_addresses<'a>(
        &self,
        merchant: &str,
        items: impl Iterator<Item = &'a str>,
    ) -> Vec<Address> {
        items.map(|item| item_key(merchant, item).at(&self.table)).collect()
    }
}

/// The named items, all of which must exist.
pub(crate) fn all_named(
    found: Vec<Option<ItemRecord>>,
    pointer: impl Fn(usize) -> String,
) -> Result<Vec<ItemRecord>, Refusal> {
    let named = found.into_iter().enumerate();
    named.map(|(place, item)| item.ok_or_else(|| unknown_item(pointer(place)))).collect()
}

/// The refusal of a merchant that does not exist, or that a terminal does not belong to.
pub fn unknown_merchant() -> Refusal {
    let mut refusal = Refusal::new(Code::NotFound, "Name a merchant that exists; a terminal, its own.");
    let (pointer, detail) = ("/merchant".to_owned(), "no such merchant".to_owned());
    refusal.fields.push(FieldError { pointer, code: Code::NotFound, detail });
    refusal
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::tests::{off, record};
    use scrip_deduction::Kind;

    #[test]
    fn all_that_is_named_must_exist() {
        let item = |name: &str| record(name, Kind::Promotion, &off(1));
        let pointer = |place: usize| format!("/items/{place}");
        assert_eq!(
            all_named(vec![Some(item("a")), Some(item("b"))], pointer),
            Ok(vec![item("a"), item("b")])
        );
        let refusal = all_named(vec![Some(item("a")), None], pointer).unwrap_err();
        assert_eq!((refusal.fields[0].pointer.as_str(), refusal.code), ("/items/1", Code::NotFound));
    }
}
