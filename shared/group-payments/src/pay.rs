//! A share is paid, whole or in part: one transaction of the share, the payer, the payee and the transfer.

use crate::limits::MAX_PAYMENTS;
use crate::payments::{Payments, account_of_user, changed};
use crate::request::{RequestRecord, no_such_request};
use crate::share::{SharePayment, ShareRecord, ShareStatus, debtor};
use crate::view::{ShareView, share_example};
use schemars::JsonSchema;
use scrip_clock::Timestamp;
use scrip_fields::check_user;
use scrip_fields::schema::User;
use scrip_groups::MemberRecord;
use scrip_ledger::{
    AccountId, Debit, DebitSource, NewTransfer, TransferKind, TransferRecord, TransferView, transfer_key,
};
use scrip_money::schema::PositiveMoney;
use scrip_money::{Money, MoneyError};
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{
    AttributeValue, Commit, Created, Item, Origin, Raw, Transaction, Write, check_replay, decode,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// A payment of a share.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({ "account": "acct_u0123456789abcdefghjkmnpqrs" }))]
pub struct PayShare {
    /// The caller's account that pays.
    #[schemars(pattern(AccountId::pattern()))]
    pub account: String,
    /// The id of the user whose share is paid; the caller's own, if not said.
    #[serde(rename = "for")]
    #[schemars(with = "Option<User>")]
    pub whose: Option<String>,
    /// How much, in minor units: all that is due, if not said.
    #[schemars(with = "Option<PositiveMoney>")]
    pub amount: Option<Money>,
}

/// What was paid, and where the share stood then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(example = json!({
    "payer": "bo",
    "payee": "alice",
    "transfer": {
        "id": "txn_0123456789abcdefghjkmnpqrs",
        "kind": "group_payment",
        "from": "acct_u0123456789abcdefghjkmnpqrs",
        "to": "acct_u1123456789abcdefghjkmnpqrs",
        "amount": { "amount": 3_333, "currency": "CNY" },
        "reference": "preq_0123456789abcdefghjkmnpqrs",
        "at": "2026-11-30T12:30:00Z",
        "reversed": { "amount": 0, "currency": "CNY" },
        "reverses": null,
    },
    "share": share_example(),
}))]
pub struct PaidShare {
    /// The id of the user who paid.
    pub payer: String,
    /// The id of the user who was paid.
    pub payee: String,
    /// What moved.
    pub transfer: TransferView,
    /// The share, as it was right after that.
    pub share: ShareView,
}

/// What was found of a payment.
struct Found {
    head: RequestRecord,
    share: Option<ShareRecord>,
    posted: Option<Item>,
}

impl Payments {
    /// Pays a share.
    pub async fn pay(
        &self,
        payer: &str,
        request: &str,
        payment: &PayShare,
        origin: &Origin,
    ) -> Result<Created<PaidShare>, Failure> {
        if let Some(user) = &payment.whose {
            check_user(user, "/for")?;
        }
        let amount = payment.amount.map(|amount| amount.positive("/amount")).transpose()?;
        let account = account_of_user(&payment.account, "/account")?;
        self.store.until_in_turn(|| self.try_pay(payer, request, payment, (&account, amount), origin)).await
    }

    async fn try_pay(
        &self,
        payer: &str,
        request: &str,
        payment: &PayShare,
        (account, amount): (&AccountId, Option<Money>),
        origin: &Origin,
    ) -> Result<Created<PaidShare>, Failure> {
        let whose = payment.whose.as_deref().unwrap_or(payer);
        let id = origin.id_within(request, "txn_");
        let Found { head, share, posted } = self.find(payer, request, whose, &id).await?;
        if let Some(item) = posted {
            check_replay(&item, &origin.fingerprint)?;
            let share = share.ok_or_else(|| Failure::broken("a payment of no share"))?;
            // What is read together is not read at one moment.
            if !share.payments.iter().any(|payment| payment.id == id) {
                return Err(changed());
            }
            return paid(&head, &share, &decode::<TransferRecord>(item)?, payer, true);
        }
        let not_asked = || Refusal::new(Code::NotAsked, "Nobody asks for this share.");
        let share = share.ok_or_else(not_asked)?;
        let now = self.now();
        let amount = match judge(&head, &share, payer, account, amount, now) {
            Ok(amount) => amount,
            Err(refusal) => {
                let made = transfer_key(&id).at(self.ledger.table());
                return Err(self.store.unless_made(made, refusal).await);
            }
        };

        let left = share.due - amount.amount;
        let made = SharePayment {
            id: id.clone(),
            payer: payer.to_owned(),
            amount: amount.amount,
            at: now.as_millisecond(),
        };
        let mut payments = share.payments.clone();
        payments.push(made);
        let status = if left == 0 { ShareStatus::Paid } else { ShareStatus::Due };
        let after = ShareRecord { due: left, status, payments, ..share.clone() };
        let transfer = NewTransfer {
            id,
            kind: TransferKind::GroupPayment,
            from: account.clone(),
            to: AccountId::stored(&head.account).ok_or_else(|| Failure::broken("a bad account"))?,
            amount,
            reference: Some(head.id.clone()),
            reverses: None,
        };
        let debit = Debit {
            account: account.clone(),
            shard: 0,
            amount,
            holder: Some(format!("user:{payer}")),
            source: DebitSource::Available,
        };
        let mut transaction = Transaction::new();
        // First, so that who comes second is told of the share and not of the account.
        transaction.require(self.pay_write(&share, &after, now)?, |_| changed());
        let record = self.ledger.add(&mut transaction, &transfer, &[debit], origin, now)?;
        match self.store.commit(transaction).await? {
            Commit::Done => paid(&head, &after, &record, payer, false),
            // The same request at the same moment: what it did is read anew.
            Commit::Exists(_) => Err(changed()),
        }
    }

    /// The request, the share that is to be paid, and what the same request has paid before.
    async fn find(&self, payer: &str, request: &str, whose: &str, id: &str) -> Result<Found, Failure> {
        let own = (whose != payer).then(|| ShareRecord::key(request, payer).at(&self.table));
        let asked = (
            RequestRecord::key(request).at(&self.table),
            ShareRecord::key(request, whose).at(&self.table),
            own,
            transfer_key(id).at(self.ledger.table()),
        );
        let (head, share, own, posted): (
            Option<RequestRecord>,
            Option<ShareRecord>,
            Option<ShareRecord>,
            Option<Raw>,
        ) = self.store.read(asked).await?;
        let head = head.ok_or_else(no_such_request)?;
        let posted = posted.map(|Raw(item)| item);
        let is_known = head.requester == payer || own.is_some() || (whose == payer && share.is_some());
        if !is_known && posted.is_none() {
            let member = MemberRecord::key(&head.group, payer).at(&self.table);
            let member: Option<MemberRecord> = self.store.read(member).await?;
            if member.is_none_or(|member| member.from_seq >= head.seq) {
                return Err(no_such_request().into());
            }
        }
        Ok(Found { head, share, posted })
    }

    fn pay_write(&self, share: &ShareRecord, after: &ShareRecord, now: Timestamp) -> Result<Write, Failure> {
        let payments: AttributeValue =
            serde_dynamo::to_attribute_value(&after.payments).map_err(Failure::broken)?;
        let write = Write::update(
            &self.table,
            ShareRecord::key(&share.request, &share.user),
            "SET rest = :left, #status = :after, payments = :payments, debtor = :debtor",
        )
        .when("#status = :before AND rest = :due AND expires_at > :now")
        .name("#status", "status")
        .value(":left", after.due)
        .value(":after", after.status.as_str())
        .value(":payments", payments)
        .value(":debtor", debtor(&share.user, after.status))
        .value(":before", share.status.as_str())
        .value(":due", share.due)
        .value(":now", now.as_millisecond());
        Ok(write)
    }
}

/// How much is paid, if nothing speaks against it.
fn judge(
    head: &RequestRecord,
    share: &ShareRecord,
    payer: &str,
    account: &AccountId,
    amount: Option<Money>,
    now: Timestamp,
) -> Result<Money, Refusal> {
    if payer == head.requester || account.as_str() == head.account {
        return Err(Refusal::new(Code::SameAccount, "Who asks is paid, and does not pay."));
    }
    head.require_open(now)?;
    share.require_payable()?;
    let due = Money::new(share.due, head.currency);
    let amount = amount.unwrap_or(due);
    if amount.currency != head.currency {
        return Err(MoneyError::CurrencyMismatch.into());
    }
    if amount.amount > due.amount {
        let detail = "Pay no more than is due.";
        return Err(Refusal::new(Code::AmountAboveDue, detail).with("left", due.amount));
    }
    if amount.amount < due.amount && share.payments.len() + 1 >= MAX_PAYMENTS {
        let detail = format!("A share is paid in {MAX_PAYMENTS} parts at most. Pay all that is due.");
        return Err(Refusal::new(Code::LimitExceeded, detail).with("left", due.amount));
    }
    Ok(amount)
}

/// The answer to who paid: the share as it was right after that.
fn paid(
    head: &RequestRecord,
    share: &ShareRecord,
    transfer: &TransferRecord,
    payer: &str,
    replayed: bool,
) -> Result<Created<PaidShare>, Failure> {
    let place = share.payments.iter().position(|payment| payment.id == transfer.id);
    let place = place.ok_or_else(|| Failure::broken("a payment that its share does not know"))?;
    let payments = share.payments[..=place].to_vec();
    let due = share.amount - payments.iter().map(|payment| payment.amount).sum::<i64>();
    let status = if due == 0 { ShareStatus::Paid } else { ShareStatus::Due };
    let then = ShareRecord { due, status, payments, ..share.clone() };
    let transfer = TransferRecord { reversed: 0, ..transfer.clone() };
    let value = PaidShare {
        payer: payer.to_owned(),
        payee: head.requester.clone(),
        share: head.share_view(&then, payer, false)?,
        transfer: transfer.view()?,
    };
    Ok(Created { value, replayed })
}
