//! The user's answer to a verification request: a PIN, or a signature of a device of theirs.

use crate::bill::{BillRecord, BillStatus, EndedBy, WrongAnswer, no_such_bill, time};
use crate::bills::{Bills, changed};
use crate::settle::{AS_READ, settled_transfers, verification_id};
use crate::verification::VerificationRecord;
use schemars::JsonSchema;
use scrip_clock::Timestamp;
use scrip_directory::{PinRecord, PinVerdict, UserDeviceRecord, pin_key, user_device_key};
use scrip_identity::{Pin, verify_signature};
use scrip_ledger::TransferView;
use scrip_money::Money;
use scrip_refusal::{Code, Failure, Refusal};
use scrip_slots::leave;
use scrip_store::{AttributeValue, Commit, Created, Item, Key, Origin, Raw, Transaction, Write, decode};
use serde::Serialize;
use serde_json::json;

/// An answer to a verification request.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The request, `vreq_…`.
    pub verification_request: String,
    /// What proves that the user agrees.
    pub proof: Proof,
}

/// What proves that the user agrees.
#[derive(Clone, Debug)]
pub enum Proof {
    /// Their PIN.
    Pin(Pin),
    /// A signature over the challenge, by a device of theirs.
    Device {
        /// The device, `dev_…`.
        device: String,
        /// Base64url, 64 bytes.
        signature: String,
    },
}

/// A bill that was settled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(example = json!({
    "id": "bill_0123456789abcdefghjkmnpqrs",
    "status": "settled",
    "total": { "amount": 2_500, "currency": "CNY" },
    "transfers": [{
        "id": "txn_0123456789abcdefghjkmnpqrs",
        "kind": "bill",
        "from": "acct_u0123456789abcdefghjkmnpqrs",
        "to": "acct_m0123456789abcdefghjkmnpqrs",
        "amount": { "amount": 2_500, "currency": "CNY" },
        "reference": null,
        "at": "2026-11-30T12:11:00Z",
        "reversed": { "amount": 0, "currency": "CNY" },
        "reverses": null,
    }],
}))]
pub struct SettledBill {
    /// The id, `bill_…`.
    pub id: String,
    /// `settled`.
    pub status: BillStatus,
    /// What was paid in all, in minor units.
    pub total: Money,
    /// One payment for each merchant.
    pub transfers: Vec<TransferView>,
}

/// What the directory holds for a proof.
enum Evidence {
    Pin(PinRecord),
    Device(Option<UserDeviceRecord>),
}

/// What was read before an answer is judged.
struct Case {
    bill: BillRecord,
    request: Option<VerificationRecord>,
    evidence: Item,
}

impl Bills {
    /// Judges an answer. The right one settles the bill: its status and all payments are one transaction. A wrong one
    /// costs an attempt; each is judged against the number of attempts that was read, and the write holds only while
    /// that is the number, so that many guesses at once learn no more than one.
    pub async fn verify(
        &self,
        user: &str,
        bill: &str,
        answer: &Answer,
        origin: &Origin,
    ) -> Result<Created<SettledBill>, Failure> {
        self.store.until_unchanged(|| self.try_verify(user, bill, answer, origin)).await
    }

    async fn try_verify(
        &self,
        user: &str,
        bill: &str,
        answer: &Answer,
        origin: &Origin,
    ) -> Result<Created<SettledBill>, Failure> {
        let Case { bill, request, evidence } = self.read_case(user, bill, answer).await?;
        let this = origin.id_within(&bill.id, "vans_");
        if let Some(earlier) = first_answer(&bill, &this, origin)? {
            return Ok(Created { value: earlier, replayed: true });
        }
        let now = self.now();
        let request = require_answerable(&bill, request, now)?;
        let evidence = match &answer.proof {
            Proof::Pin(_) if evidence.is_empty() => {
                return Err(Refusal::new(Code::PinNotSet, "Set a PIN with PUT /v1/me/pin first.").into());
            }
            Proof::Pin(_) => Evidence::Pin(decode(evidence)?),
            Proof::Device { .. } if evidence.is_empty() => Evidence::Device(None),
            Proof::Device { .. } => Evidence::Device(Some(decode(evidence)?)),
        };
        let is_right = match self.is_right(&answer.proof, &evidence, &request).await {
            Ok(is_right) => is_right,
            Err(failure) => return Err(self.unless_answered(user, &bill.id, &this, failure).await),
        };
        if is_right {
            self.accept(&bill, &evidence, this, now, origin).await
        } else {
            self.reject(&bill, &evidence, &this, origin).await
        }
    }

    /// The bill, the request and the evidence, from two tables in one round trip.
    async fn read_case(&self, user: &str, bill: &str, answer: &Answer) -> Result<Case, Failure> {
        let evidence_key: Key = match &answer.proof {
            Proof::Pin(_) => pin_key(user),
            Proof::Device { device, .. } => user_device_key(user, device),
        };
        let request_key = VerificationRecord::key(bill, &answer.verification_request);
        let asked = (
            BillRecord::key(bill).at(&self.table),
            request_key.at(&self.table),
            evidence_key.at(self.directory.table()),
        );
        let (bill, request, evidence): (Option<BillRecord>, _, Option<Raw>) = self.store.read(asked).await?;
        let bill = bill.filter(|bill| bill.user == user).ok_or_else(no_such_bill)?;
        Ok(Case { bill, request, evidence: evidence.map(|Raw(item)| item).unwrap_or_default() })
    }

    async fn is_right(
        &self,
        proof: &Proof,
        evidence: &Evidence,
        request: &VerificationRecord,
    ) -> Result<bool, Failure> {
        match (proof, evidence) {
            (Proof::Pin(pin), Evidence::Pin(record)) => {
                let verdict = self.directory.judge_pin(record, pin, self.keyring()?).await?;
                Ok(matches!(verdict, PinVerdict::Right))
            }
            (Proof::Device { signature, .. }, Evidence::Device(Some(device))) => {
                let message = request.challenge.as_bytes();
                Ok(device.is_active() && verify_signature(&device.public_key, message, signature))
            }
            _ => Ok(false),
        }
    }

    /// Why an answer can't be judged; but that it changed, if the bill shows by now that this very request was answered.
    /// The PIN is not read at the same moment as the bill: the wrong one that locked it may be this one, sent twice at once.
    async fn unless_answered(&self, user: &str, bill: &str, this: &str, failure: Failure) -> Failure {
        if failure.code().is_none() {
            return failure;
        }
        match self.bill_of(user, bill).await {
            Ok(bill) if bill.is_ended_by(this) || bill.wrong_answers.contains_key(this) => changed(),
            Ok(_) => failure,
            Err(unread) => unread,
        }
    }

    async fn accept(
        &self,
        bill: &BillRecord,
        evidence: &Evidence,
        this: String,
        now: Timestamp,
        origin: &Origin,
    ) -> Result<Created<SettledBill>, Failure> {
        let hash = origin.fingerprint.as_str().to_owned();
        let ended_by = EndedBy { request: this, request_hash: hash, at: now.as_millisecond() };
        let mut transaction = Transaction::new();
        let transfers = self.settle(&mut transaction, bill, &ended_by, origin)?;
        if let Evidence::Pin(record) = evidence {
            transaction.require(self.directory.pin_succeeded_write(record), |_| changed());
        }
        match self.store.commit(transaction).await? {
            Commit::Done => {
                let value = SettledBill {
                    id: bill.id.clone(),
                    status: BillStatus::Settled,
                    total: bill.money(),
                    transfers,
                };
                Ok(Created { value, replayed: false })
            }
            Commit::Exists(_) => Err(Failure::broken("a bill that is not settled has a settling transfer")),
        }
    }

    async fn reject(
        &self,
        bill: &BillRecord,
        evidence: &Evidence,
        this: &str,
        origin: &Origin,
    ) -> Result<Created<SettledBill>, Failure> {
        let left = bill.attempts_left.saturating_sub(1);
        let status = if left == 0 { BillStatus::Locked } else { BillStatus::AwaitingVerification };
        let wrong = WrongAnswer { request_hash: origin.fingerprint.as_str().to_owned(), attempts_left: left };
        let wrong: AttributeValue = serde_dynamo::to_attribute_value(&wrong).map_err(Failure::broken)?;
        let mut transaction = Transaction::new();
        let count = Write::update(
            &self.table,
            BillRecord::key(&bill.id),
            "SET attempts_left = attempts_left - :one, #status = :status, wrong_answers.#this = :wrong",
        )
        .when(AS_READ)
        .name("#status", "status")
        .name("#this", this)
        .value(":wrong", wrong)
        .value(":one", 1)
        .value(":status", status.as_str())
        .value(":awaiting", BillStatus::AwaitingVerification.as_str())
        .value(":request", verification_id(bill))
        .value(":attempts", bill.attempts_left);
        let count = if status == BillStatus::Locked { leave(count) } else { count };
        transaction.require(count, |_| changed());
        if let Evidence::Pin(record) = evidence {
            transaction.require(self.directory.pin_failed_write(record), |_| changed());
        }
        self.store.commit(transaction).await?;
        Err(verification_failed(left).into())
    }
}

/// What this same request was answered before, if it was.
fn first_answer(bill: &BillRecord, this: &str, origin: &Origin) -> Result<Option<SettledBill>, Failure> {
    let check = |hash: &str| {
        if origin.fingerprint.is(hash) {
            return Ok(());
        }
        let detail = "This Idempotency-Key was used for another answer. Use a new key for a new answer.";
        Err(Refusal::new(Code::IdempotencyKeyReused, detail))
    };
    if let Some(ended) = bill.ended_by.as_ref().filter(|_| bill.is_ended_by(this)) {
        check(&ended.request_hash)?;
        let transfers = settled_transfers(bill, time(ended.at)?)?;
        let status = BillStatus::Settled;
        return Ok(Some(SettledBill { id: bill.id.clone(), status, total: bill.money(), transfers }));
    }
    if let Some(wrong) = bill.wrong_answers.get(this) {
        check(&wrong.request_hash)?;
        return Err(verification_failed(wrong.attempts_left).into());
    }
    Ok(None)
}

fn require_answerable(
    bill: &BillRecord,
    request: Option<VerificationRecord>,
    now: Timestamp,
) -> Result<VerificationRecord, Failure> {
    if bill.status != BillStatus::AwaitingVerification {
        let detail = format!("The bill is {}.", bill.status.as_str());
        let refusal = Refusal::new(Code::BillNotAwaitingVerification, detail);
        return Err(refusal.with("current", bill.status.as_str()).into());
    }
    let current = verification_id(bill);
    let stale = || {
        let detail = "Answer the bill's latest verification request, or ask for a new one if it has expired.";
        Refusal::new(Code::VerificationRequestStale, detail).with("current", current.as_str())
    };
    let request = request.filter(|request| request.id == current).ok_or_else(stale)?;
    if now.as_millisecond() >= request.expires_at {
        return Err(stale().into());
    }
    Ok(request)
}

fn verification_failed(attempts_left: i64) -> Refusal {
    let detail = match attempts_left {
        0 => "The PIN or signature is wrong, and the bill is locked now.".to_owned(),
        left => format!("The PIN or signature is wrong. Attempts left: {left}."),
    };
    Refusal::new(Code::VerificationFailed, detail).with("attempts_left", attempts_left)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bill::CurrentVerification;
    use crate::tests::{NOW, NOW_MS, bill, fen, origin};

    fn waiting() -> (BillRecord, VerificationRecord) {
        let request = VerificationRecord::new(&bill(), "vreq_1".to_owned(), NOW, "hash".to_owned()).unwrap();
        let (id, expires_at) = (request.id.clone(), request.expires_at);
        let verification = Some(CurrentVerification { id, expires_at });
        (BillRecord { status: BillStatus::AwaitingVerification, verification, ..bill() }, request)
    }

    #[test]
    fn only_the_latest_request_can_be_answered_and_in_time() {
        let (bill, request) = waiting();
        let code = |bill: &BillRecord, id: Option<&str>, now: i64| {
            let request = id.map(|id| VerificationRecord { id: id.to_owned(), ..request.clone() });
            let answered = require_answerable(bill, request, time(NOW_MS + now).unwrap());
            answered.map(|request| request.id).map_err(|failure| failure.code().unwrap())
        };
        assert_eq!(code(&bill, Some("vreq_1"), 899_999), Ok("vreq_1".to_owned()));
        assert_eq!(code(&bill, Some("vreq_1"), 900_000), Err(Code::VerificationRequestStale));
        assert_eq!(code(&bill, Some("vreq_0"), 0), Err(Code::VerificationRequestStale));
        assert_eq!(code(&bill, None, 0), Err(Code::VerificationRequestStale));
        for status in [BillStatus::Open, BillStatus::Settled, BillStatus::Locked, BillStatus::Unpaid] {
            let ended = BillRecord { status, ..bill.clone() };
            assert_eq!(code(&ended, Some("vreq_1"), 0), Err(Code::BillNotAwaitingVerification), "{status}");
        }
    }

    #[test]
    fn an_answer_is_repeated_for_its_own_request_alone() {
        let (bill, _) = waiting();
        let (same, other) = (origin(b"answer"), origin(b"another"));
        let request_hash = same.fingerprint.as_str().to_owned();
        let told = |bill: &BillRecord, this: &str, origin: &Origin| {
            first_answer(bill, this, origin).map_err(|failure| failure.code().unwrap())
        };
        assert_eq!(told(&bill, "vans_1", &same), Ok(None));

        let ended_by =
            EndedBy { request: "vans_1".to_owned(), request_hash: request_hash.clone(), at: NOW_MS };
        let settled = BillRecord { status: BillStatus::Settled, ended_by: Some(ended_by), ..bill.clone() };
        let first = told(&settled, "vans_1", &same).unwrap().unwrap();
        assert_eq!((first.status, first.total, first.transfers.len()), (BillStatus::Settled, fen(100), 2));
        assert_eq!(told(&settled, "vans_1", &other), Err(Code::IdempotencyKeyReused));
        assert_eq!(told(&settled, "vans_2", &same), Ok(None));

        let wrong = WrongAnswer { request_hash, attempts_left: 2 };
        let failed = BillRecord { wrong_answers: [("vans_1".to_owned(), wrong)].into(), ..bill };
        let Err(Failure::Refused(refusal)) = first_answer(&failed, "vans_1", &same) else {
            panic!("it is refused")
        };
        assert_eq!((refusal.code, &refusal.facts["attempts_left"]), (Code::VerificationFailed, &json!(2)));
        assert_eq!(told(&failed, "vans_1", &other), Err(Code::IdempotencyKeyReused));
        assert_eq!(told(&failed, "vans_2", &same), Ok(None));
    }
}
