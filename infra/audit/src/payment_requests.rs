//! Whether shares make the sum that is asked for, and what is paid of each is its transfers.

use crate::books::Books;
use crate::report::Violation;
use scrip_group_payments::{RequestRecord, RequestStatus, ShareRecord, ShareStatus};
use scrip_ledger::{TransferKind, TransferRecord};
use std::collections::BTreeMap;

pub(crate) fn check(books: &Books, violations: &mut Vec<Violation>) {
    let mut shares: BTreeMap<&str, Vec<&ShareRecord>> = BTreeMap::new();
    for share in &books.shares {
        shares.entry(&share.request).or_default().push(share);
    }
    let payments = books.transfers.iter().filter(|transfer| transfer.kind == TransferKind::GroupPayment);
    let mut payments: BTreeMap<&str, &TransferRecord> =
        payments.map(|transfer| (transfer.id.as_str(), transfer)).collect();
    for request in &books.requests {
        let shares = shares.remove(request.id.as_str()).unwrap_or_default();
        check_posted(books, request, violations);
        check_sum(request, &shares, violations);
        for share in shares {
            check_share(request, share, &mut payments, violations);
        }
    }
    for request in shares.into_keys() {
        violations.push(Violation::new("request-known", request, "it has shares, but does not exist"));
    }
    for payment in payments.into_values() {
        let detail = format!("it pays {:?}, none of whose shares knows it", payment.reference);
        violations.push(Violation::new("share-of-transfers", &payment.id, detail));
    }
}

/// A request is posted with its message, or neither is.
fn check_posted(books: &Books, request: &RequestRecord, violations: &mut Vec<Violation>) {
    let is_its = |message: &&scrip_groups::MessageRecord| {
        (message.group.as_str(), message.seq) == (request.group.as_str(), request.seq)
    };
    let message = books.messages.iter().find(is_its);
    let is_posted = message.is_some_and(|message| {
        message.id == request.message && message.request.as_deref() == Some(request.id.as_str())
    });
    if !is_posted {
        let detail = format!("number {} of {} is not its message", request.seq, request.group);
        violations.push(Violation::new("request-posted", &request.id, detail));
    }
}

fn check_sum(request: &RequestRecord, shares: &[&ShareRecord], violations: &mut Vec<Violation>) {
    let asked: i128 = shares.iter().map(|share| i128::from(share.amount)).sum();
    if asked + i128::from(request.own) != i128::from(request.total) {
        let (own, total) = (request.own, request.total);
        let detail = format!("{own} of its own and shares of {asked} do not give {total}");
        violations.push(Violation::new("shares-of-total", &request.id, detail));
    }
}

fn check_share(
    request: &RequestRecord,
    share: &ShareRecord,
    payments: &mut BTreeMap<&str, &TransferRecord>,
    violations: &mut Vec<Violation>,
) {
    let about = format!("{} of {}", request.id, share.user);
    let mut tell = |rule, detail: String| violations.push(Violation::new(rule, about.as_str(), detail));
    let paid: i64 = share.payments.iter().map(|payment| payment.amount).sum();
    if share.due < 0 || share.amount - share.due != paid {
        let (amount, due) = (share.amount, share.due);
        tell("share-paid", format!("{due} of {amount} are due, but {paid} were paid"));
    }
    if (share.status == ShareStatus::Paid) != (share.due == 0) {
        tell("share-paid", format!("it is {}, and {} are due", share.status.as_str(), share.due));
    }
    if share.expires_at != request.expires_at {
        tell("share-of-request", "it ends at another time than the request".to_owned());
    }
    if request.status != RequestStatus::Open && share.status.is_payable() {
        tell("share-of-request", format!("the request is {}, and it can be paid", request.status.as_str()));
    }
    let list = if share.status.is_payable() { "due" } else { "settled" };
    if share.debtor != format!("{list}#{}", share.user) {
        tell("share-listed", format!("it is {}, and listed as {}", share.status.as_str(), share.debtor));
    }
    for payment in &share.payments {
        let Some(transfer) = payments.remove(payment.id.as_str()) else {
            tell("share-of-transfers", format!("{} paid it, which is no payment of it", payment.id));
            continue;
        };
        let expected = (request.account.as_str(), payment.amount, request.currency, Some(&request.id));
        let found =
            (&*transfer.credit_account, transfer.amount, transfer.currency, transfer.reference.as_ref());
        if found != expected {
            tell("share-of-transfers", format!("{} moved {found:?} instead of {expected:?}", payment.id));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::broken_by;
    use scrip_group_payments::SharePayment;

    fn paid(id: &str, amount: i64) -> SharePayment {
        SharePayment { id: id.to_owned(), payer: "bo".to_owned(), amount, at: 1 }
    }

    #[test]
    fn shares_that_do_not_make_the_sum_are_found() {
        assert_eq!(broken_by(|books| books.requests[0].total += 1), ["shares-of-total"]);
        assert_eq!(broken_by(|books| books.requests[0].own -= 1), ["shares-of-total"]);
        assert_eq!(broken_by(|books| books.requests.clear()), ["request-known"]);
    }

    #[test]
    fn a_request_without_its_message_is_found() {
        assert_eq!(broken_by(|books| books.requests[0].message = "msg_other".to_owned()), ["request-posted"]);
        assert_eq!(broken_by(|books| books.requests[0].seq = 1), ["request-posted"]);
    }

    #[test]
    fn a_share_that_is_paid_wrongly_is_found() {
        assert_eq!(broken_by(|books| books.shares[0].due -= 1), ["share-paid"]);
        let settled = broken_by(|books| books.shares[0].status = ShareStatus::Paid);
        assert_eq!(settled, ["share-listed", "share-paid"]);
        let unpaid = broken_by(|books| {
            books.shares[0].payments.push(paid("txn_none", 100));
            books.shares[0].due -= 100;
        });
        assert_eq!(unpaid, ["share-of-transfers"]);
        let deposit = |books: &mut Books| {
            let place = books.transfers.iter().position(|one| one.kind == TransferKind::Deposit);
            books.transfers[place.unwrap()].kind = TransferKind::GroupPayment;
        };
        assert_eq!(broken_by(deposit), ["share-of-transfers"]);
    }

    #[test]
    fn a_share_that_outlives_its_request_is_found() {
        let stopped = broken_by(|books| {
            books.requests[0].status = RequestStatus::Stopped;
            books.requests[0].slot = None;
        });
        assert_eq!(stopped, ["share-of-request"]);
        assert_eq!(broken_by(|books| books.shares[0].expires_at += 1), ["share-of-request"]);
    }
}
