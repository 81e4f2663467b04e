//! A request for a transfer, before and after what it needs is read.

use crate::TRANSFER_PREFIX;
use crate::grant::source;
use crate::key_use::key_reused;
use crate::order::{Checked, check_names};
use crate::receipt::{ConsumedRecord, ReceiptRecord, receipt_id};
use crate::steps::Calculated;
use crate::transfer::{TransferOrder, TransferRequest};
use scrip_clock::Timestamp;
use scrip_deduction::Consumed;
use scrip_fields::{MAX_ORDER_REFERENCE_CHARACTERS, invalid, is_order_reference};
use scrip_ledger::{AccountId, NewTransfer, TransferKind};
use scrip_money::{Currency, MAX_AMOUNT_MINOR_UNITS, Money};
use scrip_offline::{Consumption, Payer, Presented};
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Fingerprint, Origin};
use serde_json::json;

/// A request with all that can be known of it without reading.
pub(crate) struct Purchase<'a> {
    pub order: &'a TransferOrder,
    pub request: &'a TransferRequest,
    pub origin: &'a Origin,
    pub checked: Checked,
    pub presented: Presented,
    /// The transfer's id.
    pub id: String,
    pub receipt: String,
    pub terms: Fingerprint,
    pub now: Timestamp,
}

impl<'a> Purchase<'a> {
    pub(crate) fn new(
        order: &'a TransferOrder,
        request: &'a TransferRequest,
        origin: &'a Origin,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        check_reference(&request.order_reference)?;
        check_names(request.items.iter().map(|named| named.item.as_str()), item_pointer)?;
        let (first_value, lines) = (request.first_value, &request.lines);
        let checked = Checked::new(first_value, lines, request.context.as_ref(), order.currency)?;
        if request.second_value.currency != order.currency {
            let detail = format!("Expected an amount in {}.", order.currency);
            let pointer = "/second_value/currency";
            return Err(Refusal::field(pointer, Code::CurrencyMismatch, detail).into());
        }
        if !(0..=MAX_AMOUNT_MINOR_UNITS).contains(&request.second_value.amount) {
            let detail = format!("0 to {MAX_AMOUNT_MINOR_UNITS} minor units");
            return Err(Refusal::field("/second_value/amount", Code::OutOfRange, detail).into());
        }
        let terms = json!([request.items, first_value, lines, request.second_value]);
        Ok(Self {
            order,
            request,
            origin,
            checked,
            presented: request.payer.presented(&order.terminal, &order.merchant, now)?,
            id: origin.id(TRANSFER_PREFIX),
            receipt: receipt_id(&order.terminal, &request.order_reference),
            terms: Fingerprint::of(&[terms.to_string().as_bytes()]),
            now,
        })
    }

    /// Accepts a receipt as the answer: of the same request, or of one with the same terms and payer.
    pub(crate) fn require_same(&self, receipt: &ReceiptRecord) -> Result<(), Refusal> {
        if receipt.id == self.id {
            let is_same = self.origin.fingerprint.is(&receipt.request_hash);
            return if is_same { Ok(()) } else { Err(key_reused()) };
        }
        let is_same_payer = match &self.presented.payer {
            Payer::User { user, .. } => receipt.user == *user,
            Payer::Presentation(presentation) => receipt.codes.ends_with(&presentation.alias().to_string()),
        };
        if is_same_payer && receipt.terms == self.terms.as_str() {
            return Ok(());
        }
        let detail =
            "This order is paid, by another payer or on other terms. Use a new reference for a new order.";
        Err(Refusal::new(Code::OrderReferenceReused, detail))
    }

    pub(crate) fn require_agreement(&self, calculated: &Calculated) -> Result<(), Refusal> {
        let expected = calculated.calculation.second_value;
        if expected == self.request.second_value {
            return Ok(());
        }
        let detail = "The rules give another second value. Read them again, and calculate anew.";
        let refusal = Refusal::new(Code::DeductionMismatch, detail)
            .with("first_value", json!(calculated.calculation.first_value))
            .with("second_value", json!(self.request.second_value))
            .with("expected", json!(expected))
            .with("steps", json!(calculated.steps));
        Err(refusal)
    }

    pub(crate) fn payment(&self, receipt: &ReceiptRecord, consumption: &Consumption) -> NewTransfer {
        NewTransfer {
            id: self.id.clone(),
            kind: TransferKind::Purchase,
            from: consumption.account.clone(),
            to: AccountId::of_merchant(&self.order.merchant),
            amount: Money::new(receipt.second_value, receipt.currency),
            reference: Some(self.request.order_reference.clone()),
            reverses: None,
        }
    }

    pub(crate) fn receipt(
        &self,
        calculated: &Calculated,
        consumption: &Consumption,
    ) -> Result<ReceiptRecord, Failure> {
        let Calculated { calculation, steps } = calculated;
        let used = |used: &Consumed<'_>| self.used(used, &consumption.user);
        Ok(ReceiptRecord {
            id: self.id.clone(),
            terminal: self.order.terminal.clone(),
            order_reference: self.request.order_reference.clone(),
            merchant: self.order.merchant.clone(),
            user: consumption.user.clone(),
            codes: consumption.consumed.codes.clone(),
            authorization: consumption.authorization.clone(),
            first_value: calculation.first_value.amount,
            second_value: calculation.second_value.amount,
            currency: self.order.currency,
            steps: serde_json::to_string(steps).map_err(Failure::broken)?,
            consumed: calculation.consumed.iter().map(used).collect(),
            at: self.now.as_millisecond(),
            terms: self.terms.as_str().to_owned(),
            request_hash: self.origin.fingerprint.as_str().to_owned(),
        })
    }

    fn used(&self, consumed: &Consumed<'_>, user: &str) -> ConsumedRecord {
        let currency = consumed.currency.unwrap_or(Currency::XXX);
        ConsumedRecord {
            item: consumed.item.to_string(),
            debit_account: AccountId::member(user, &self.order.merchant, &consumed.item).to_string(),
            credit_account: source(&self.order.merchant, &consumed.item, currency).to_string(),
            amount: consumed.units,
            currency,
        }
    }
}

pub(crate) fn item_pointer(place: usize) -> String {
    format!("/items/{place}/item")
}

fn check_reference(text: &str) -> Result<(), Refusal> {
    if is_order_reference(text) {
        return Ok(());
    }
    let detail = format!("1 to {MAX_ORDER_REFERENCE_CHARACTERS} letters, digits, '.', '_', ':' and '-'");
    Err(invalid("/order_reference", detail))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::automatic::Automatic;
    use crate::steps::calculated;
    use crate::tests::NOW;
    use crate::transfer::NamedItem;
    use scrip_secure_code::{Alias, Presentation, SecureCode};
    use scrip_store::IdempotencyKey;
    use serde_json::Value;

    fn origin(key: &str, request: &[u8]) -> Origin {
        Origin {
            principal: "device:dev_1".to_owned(),
            operation: "transfer-deduction".to_owned(),
            key: IdempotencyKey::internal(key),
            fingerprint: Fingerprint::of(&[request]),
        }
    }

    fn order() -> TransferOrder {
        TransferOrder { terminal: "dev_1".to_owned(), merchant: "mch_1".to_owned(), currency: Currency::CNY }
    }

    fn by_user() -> Value {
        json!({ "user": "alice", "secure_code": "123456789012" })
    }

    fn by_alias(alias: u64) -> Value {
        let code = SecureCode::parse("12345678").unwrap();
        json!({ "presentation_code": Presentation::new(Alias::of_number(alias), code).unwrap().to_string() })
    }

    fn request(payer: &Value, second_value: i64) -> TransferRequest {
        let money = |amount| json!({ "amount": amount, "currency": "CNY" });
        serde_json::from_value(json!({
            "items": [], "first_value": money(1_000), "second_value": money(second_value), "payer": payer,
            "order_reference": "table-8",
        }))
        .unwrap()
    }

    /// The receipt of an order that alice paid, whose codes are under the alias 7.
    pub(crate) fn paid() -> ReceiptRecord {
        let (order, request, origin) = (order(), request(&by_user(), 1_000), origin("first", b"request"));
        let purchase = Purchase::new(&order, &request, &origin, NOW).unwrap();
        ReceiptRecord {
            id: "txn_1".to_owned(),
            terminal: "dev_1".to_owned(),
            order_reference: "table-8".to_owned(),
            merchant: "mch_1".to_owned(),
            user: "alice".to_owned(),
            codes: format!("CODES#{}", Alias::of_number(7)),
            authorization: "auth_1".to_owned(),
            first_value: 1_000,
            second_value: 1_000,
            currency: Currency::CNY,
            steps: "[]".to_owned(),
            consumed: Vec::new(),
            at: NOW.as_millisecond(),
            terms: purchase.terms.as_str().to_owned(),
            request_hash: origin.fingerprint.as_str().to_owned(),
        }
    }

    fn same(origin: &Origin, request: &TransferRequest, receipt: &ReceiptRecord) -> Result<(), Code> {
        let order = order();
        let purchase = Purchase::new(&order, request, origin, NOW).unwrap();
        purchase.require_same(receipt).map_err(|refusal| refusal.code)
    }

    #[test]
    fn a_key_is_answered_for_its_own_request_alone() {
        let first = origin("first", b"request");
        let receipt = ReceiptRecord { id: first.id(TRANSFER_PREFIX), ..paid() };
        let request = request(&by_user(), 1_000);
        assert_eq!(same(&first, &request, &receipt), Ok(()));
        let changed = origin("first", b"another");
        assert_eq!(same(&changed, &request, &receipt), Err(Code::IdempotencyKeyReused));
    }

    #[test]
    fn another_request_for_the_order_is_answered_for_the_same_payer_and_terms_alone() {
        let second = origin("second", b"request");
        for (payer, second_value, is_same) in [
            (by_user(), 1_000, true),
            (by_alias(7), 1_000, true),
            (by_user(), 999, false),
            (json!({ "user": "bob", "secure_code": "123456789012" }), 1_000, false),
            (by_alias(8), 1_000, false),
            (by_alias(8), 999, false),
        ] {
            let expected = if is_same { Ok(()) } else { Err(Code::OrderReferenceReused) };
            assert_eq!(same(&second, &request(&payer, second_value), &paid()), expected, "{payer}");
        }
    }

    #[test]
    fn a_terminal_pays_what_the_rules_give_alone() {
        let (order, origin) = (order(), origin("first", b"request"));
        for (second_value, is_agreed) in [(1_000, true), (999, false), (1_001, false)] {
            let request = request(&by_user(), second_value);
            let purchase = Purchase::new(&order, &request, &origin, NOW).unwrap();
            let Checked { order, context } = &purchase.checked;
            let calculated = calculated(&[], &Automatic::default(), order, context, NOW).unwrap();
            let told = purchase.require_agreement(&calculated).map_err(|refusal| refusal.code);
            assert_eq!(told, if is_agreed { Ok(()) } else { Err(Code::DeductionMismatch) }, "{second_value}");
        }
    }

    #[test]
    fn what_names_an_order_or_an_item_is_refused_where_it_stands() {
        let refused = |request: &TransferRequest| {
            let failure = Purchase::new(&order(), request, &origin("first", b"request"), NOW).err().unwrap();
            let Failure::Refused(refusal) = failure else { panic!("{failure}") };
            (refusal.fields[0].pointer.clone(), refusal.fields[0].code)
        };
        let named = |item: &str| NamedItem { item: item.to_owned(), version: 1 };
        let good = || request(&by_user(), 1_000);
        let reference = TransferRequest { order_reference: "table 8".to_owned(), ..good() };
        assert_eq!(refused(&reference), ("/order_reference".to_owned(), Code::InvalidField));
        let items = TransferRequest { items: vec![named("a"), named("b#")], ..good() };
        assert_eq!(refused(&items), ("/items/1/item".to_owned(), Code::NotFound));
    }
}
