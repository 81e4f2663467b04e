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
