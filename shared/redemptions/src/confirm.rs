//! A third party's server confirms that codes were used. It is acknowledged when that is stored and queued; a queue
//! starts the machine that works on it.

use crate::limits::{MAX_CODE_CHARACTERS, MAX_CODES};
use crate::redemption::{CONFIRMATION_PREFIX, Line, RedemptionRecord, RedemptionStatus, UsedOn};
use crate::redemptions::Redemptions;
use schemars::JsonSchema;
use scrip_capability::not_opened;
use scrip_fields::schema::Text;
use scrip_fields::{MAX_ORDER_REFERENCE_CHARACTERS, check_text};
use scrip_identity::Keyring;
use scrip_money::Money;
use scrip_money::schema::PositiveMoney;
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Commit, Created, Key, Origin, Transaction, decode, encode, id_pattern, is_id, text};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What the ids of campaigns begin with.
const CAMPAIGN_PREFIX: &str = "cmp_";
const MACHINE: &str = "coupon-reward";
const SEALING_PURPOSE: &str = "confirmed-code";

/// What a third party's server confirms.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({
    "merchant": "mch_0123456789abcdefghjkmnpqrs",
    "codes": ["204615873493827164"],
    "order": { "reference": "web-1", "total": { "amount": 3_000, "currency": "CNY" } },
}))]
pub struct NewConfirmation {
    /// The merchant whose key signs it, `mch_…`.
    #[schemars(pattern(id_pattern("mch_")))]
    pub merchant: String,
    /// The codes that were used on the order, 1 to 10, each once, as they were scanned or typed.
    #[schemars(
        with = "Vec<Text<MAX_CODE_CHARACTERS>>",
        length(min = 1, max = MAX_CODES),
        extend("uniqueItems" = true)
    )]
    pub codes: Vec<String>,
    /// The order.
    pub order: ConfirmedOrder,
    /// What rewards who shared the coupons, instead of what their campaigns say.
    pub reward: Option<NamedReward>,
}

/// The order that codes were used on.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmedOrder {
    /// The merchant's own reference, 1 to 64 characters.
    #[schemars(with = "Text<MAX_ORDER_REFERENCE_CHARACTERS>")]
    pub reference: String,
    /// Its total before any deduction.
    #[schemars(with = "PositiveMoney")]
    pub total: Money,
}

/// Which campaign a reward is of.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NamedReward {
    /// A campaign of the same merchant, `cmp_…`.
    #[schemars(pattern(id_pattern(CAMPAIGN_PREFIX)))]
    pub campaign: String,
}

/// What the third party is told of a confirmation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "AcceptedConfirmation", example = json!({ "id": "conf_0123456789abcdefghjkmnpqrs", "status": "accepted" }))]
pub struct AcceptedView {
    /// The id, `conf_…`.
    pub id: String,
    /// Where it stands: `accepted`, unless it came before and has been worked on.
    pub status: RedemptionStatus,
}

/// A confirmation that was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedConfirmation {
    /// What the third party is told, and whether it was stored before.
    pub confirmation: Created<AcceptedView>,
    /// What has to be queued before it is acknowledged: nothing, once it is worked on.
    pub message: Option<String>,
}

/// What the queue carries: no code, no order.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    confirmation: String,
    cause: String,
}

/// What starts the machine.
#[derive(Serialize)]
struct WorkflowRecord<'a> {
    id: &'a str,
    workflow: Value,
}

impl NewConfirmation {
    /// Checks what can be known before any code is judged.
    ///
    /// # Errors
    /// What is wrong with which field.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.codes.is_empty() || self.codes.len() > MAX_CODES {
            let code = if self.codes.is_empty() { Code::OutOfRange } else { Code::TooMany };
            return Err(Refusal::field("/codes", code, format!("1 to {MAX_CODES} codes")));
        }
        for (index, code) in self.codes.iter().enumerate() {
            let pointer = format!("/codes/{index}");
            check_text(code, &pointer, MAX_CODE_CHARACTERS)?;
            if self.codes[..index].contains(code) {
                return Err(Refusal::field(pointer, Code::InvalidField, "each code once"));
            }
        }
        check_text(&self.order.reference, "/order/reference", MAX_ORDER_REFERENCE_CHARACTERS)?;
        self.order.total.positive("/order/total")?;
        match &self.reward {
            Some(reward) if !is_id(CAMPAIGN_PREFIX, &reward.campaign) => {
                Err(Refusal::field("/reward/campaign", Code::InvalidField, "the id of a campaign"))
            }
            _ => Ok(()),
        }
    }
}

impl Redemptions {
    /// Stores a confirmation whose signature was verified. It may be acknowledged once its message is queued; if that
    /// fails, the same confirmation again queues it again, and what is queued twice is done once.
    ///
    /// # Errors
    /// As [`NewConfirmation::check`]; `idempotency-key-reused`.
    pub async fn accept_confirmation(
        &self,
        confirmation: &NewConfirmation,
        origin: &Origin,
        cause: &str,
    ) -> Result<AcceptedConfirmation, Failure> {
        confirmation.check()?;
        let id = origin.id(CONFIRMATION_PREFIX);
        let record = self.accepted(&id, confirmation, origin, cause)?;
        let mut transaction = Transaction::new();
        transaction.create(&self.table, encode(&RedemptionRecord::key(&id), &record)?);
        let (status, replayed) = match self.store.commit(transaction).await? {
            Commit::Done => (record.status, false),
            Commit::Exists(item) => {
                if !text(&item, "request_hash").is_some_and(|hash| origin.fingerprint.is(hash)) {
                    let detail =
                        "This webhook-id came before with another body. Send each event with its own.";
                    return Err(Refusal::new(Code::IdempotencyKeyReused, detail).into());
                }
                (decode::<RedemptionRecord>(item)?.status, true)
            }
        };
        let waits = status == RedemptionStatus::Accepted;
        let message = Message { confirmation: id.clone(), cause: cause.to_owned() };
        let message = waits.then(|| serde_json::to_string(&message)).transpose().map_err(Failure::broken)?;
        let confirmation = Created { value: AcceptedView { id, status }, replayed };
        Ok(AcceptedConfirmation { confirmation, message })
    }

    fn accepted(
        &self,
        id: &str,
        confirmation: &NewConfirmation,
        origin: &Origin,
        cause: &str,
    ) -> Result<RedemptionRecord, Failure> {
        let keyring = self.keyring()?;
        let lines = confirmation.codes.iter().enumerate().map(|(index, code)| Line {
            code: Some(seal(keyring, id, index, code)),
            coupon: None,
            status: RedemptionStatus::Accepted,
            reason: None,
            deducted: None,
            user: None,
            sharer: None,
            reward: None,
        });
        let NewConfirmation { merchant, order, reward, .. } = confirmation;
        Ok(RedemptionRecord {
            id: id.to_owned(),
            merchant: merchant.clone(),
            status: RedemptionStatus::Accepted,
            lines: lines.collect(),
            order: Some(UsedOn { reference: Some(order.reference.clone()), total: Some(order.total) }),
            store: None,
            operator: None,
            found: None,
            reward_campaign: reward.as_ref().map(|reward| reward.campaign.clone()),
            at: self.now().as_millisecond(),
            verified_for: None,
            verified: None,
            reversal: None,
            version: 1,
            request_hash: origin.fingerprint.as_str().to_owned(),
            cause: cause.to_owned(),
            workflow: None,
            slot: Some(self.second_chance(id, cause)?),
        })
    }

    /// Has the machine start that works on an accepted confirmation, unless an earlier delivery of the message did.
    ///
    /// # Errors
    /// Busy: the message is to come again. Broken: it is no message of a confirmation.
    pub async fn work_confirmation(&self, message: &str) -> Result<(), Failure> {
        let Message { confirmation, cause } = Message::read(message)?;
        let workflow = json!({
            "machine": MACHINE, "input": { "redemption": confirmation }, "cause": cause,
        });
        let record = WorkflowRecord { id: &confirmation, workflow };
        let mut transaction = Transaction::new();
        transaction.create(&self.table, encode(&workflow_key(&confirmation), &record)?);
        match self.store.commit(transaction).await? {
            Commit::Done | Commit::Exists(_) => Ok(()),
        }
    }
}

impl Message {
    /// Why it can't be read is told without what it says.
    fn read(message: &str) -> Result<Self, Failure> {
        let read: Self = serde_json::from_str(message)
            .map_err(|error| Failure::broken(format!("it is no confirmation: {:?}", error.classify())))?;
        if is_id(CONFIRMATION_PREFIX, &read.confirmation) {
            Ok(read)
        } else {
            Err(Failure::broken("it names no confirmation"))
        }
    }
}

/// A code as it is kept until it is judged.
fn seal(keyring: &Keyring, confirmation: &str, index: usize, code: &str) -> String {
    keyring.seal(SEALING_PURPOSE, &format!("{confirmation}#{index}"), code.as_bytes())
}

/// What [`seal`] has sealed.
pub(crate) fn open(
    keyring: &Keyring,
    confirmation: &str,
    index: usize,
    code: &str,
) -> Result<String, Failure> {
    let opened = keyring.open(SEALING_PURPOSE, &format!("{confirmation}#{index}"), code);
    let opened = opened.map_err(|error| not_opened(error, "a code"))?;
    String::from_utf8(opened.to_vec()).map_err(|_| Failure::broken("a sealed code is no text"))
}

fn workflow_key(redemption: &str) -> Key {
    Key::new(RedemptionRecord::key(redemption).pk, "WORKFLOW")
}

#[cfg(test)]
mod tests {
    use super::*;
    use scrip_money::Currency;

    fn confirmation(codes: &[&str]) -> NewConfirmation {
        NewConfirmation {
            merchant: "mch_1".into(),
            codes: codes.iter().map(|code| (*code).to_owned()).collect(),
            order: ConfirmedOrder { reference: "o-1".into(), total: Money::new(100, Currency::CNY) },
            reward: None,
        }
    }

    fn wrong(confirmation: &NewConfirmation) -> Option<(String, Code)> {
        let refused = confirmation.check().err()?;
        Some((refused.fields[0].pointer.clone(), refused.fields[0].code))
    }

    #[test]
    fn a_confirmation_has_1_to_10_codes_each_once() {
        let codes: Vec<String> = (0..11).map(|number| number.to_string()).collect();
        let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
        assert_eq!(wrong(&confirmation(&codes[..10])), None);
        assert_eq!(wrong(&confirmation(&codes)), Some(("/codes".into(), Code::TooMany)));
        assert_eq!(wrong(&confirmation(&[])), Some(("/codes".into(), Code::OutOfRange)));
        assert_eq!(wrong(&confirmation(&["1", "2", "1"])), Some(("/codes/2".into(), Code::InvalidField)));
        assert_eq!(wrong(&confirmation(&["1", ""])), Some(("/codes/1".into(), Code::OutOfRange)));
        let long = "1".repeat(MAX_CODE_CHARACTERS + 1);
        assert_eq!(wrong(&confirmation(&[&long])), Some(("/codes/0".into(), Code::OutOfRange)));
    }

    #[test]
    fn an_order_has_a_reference_and_a_total() {
        let with = |reference: &str, amount: i64| NewConfirmation {
            order: ConfirmedOrder { reference: reference.into(), total: Money::new(amount, Currency::CNY) },
            ..confirmation(&["1"])
        };
        assert_eq!(wrong(&with("o", 1)), None);
        assert_eq!(wrong(&with("", 1)), Some(("/order/reference".into(), Code::OutOfRange)));
        assert_eq!(wrong(&with("o", 0)), Some(("/order/total/amount".into(), Code::AmountNotPositive)));
    }

    #[test]
    fn a_reward_names_a_campaign() {
        let with = |campaign: &str| NewConfirmation {
            reward: Some(NamedReward { campaign: campaign.into() }),
            ..confirmation(&["1"])
        };
        assert_eq!(wrong(&with(&scrip_store::derive_id(CAMPAIGN_PREFIX, &["a"]))), None);
        assert_eq!(wrong(&with("cpn_1")), Some(("/reward/campaign".into(), Code::InvalidField)));
    }

    #[test]
    fn a_code_is_opened_in_its_own_line_alone() {
        let keyring = Keyring::from_secret("a master secret for tests, long enough").unwrap();
        let sealed = seal(&keyring, "conf_1", 0, "123456789012345678");
        assert!(!sealed.contains("1234567890"));
        assert_eq!(open(&keyring, "conf_1", 0, &sealed).unwrap(), "123456789012345678");
        for (confirmation, index) in [("conf_1", 1), ("conf_2", 0)] {
            assert!(matches!(open(&keyring, confirmation, index, &sealed), Err(Failure::Broken(_))));
        }
    }

    #[test]
    fn what_is_no_message_is_told_without_what_it_says() {
        let id = scrip_store::derive_id(CONFIRMATION_PREFIX, &["a"]);
        let good = format!(r#"{{"confirmation":"{id}","cause":"r1"}}"#);
        assert_eq!(Message::read(&good).unwrap().confirmation, id);
        let other = format!(r#"{{"confirmation":"vfy_secret","cause":"{id}"}}"#);
        for message in ["", "secret", "{}", r#"{"secret":1}"#, &other] {
            let Err(Failure::Broken(why)) = Message::read(message) else { panic!("{message}") };
            assert!(!why.contains("secret"), "{why}");
        }
    }
}
