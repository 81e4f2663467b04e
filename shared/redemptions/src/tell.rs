//! Who is told what became of a redemption: who used a coupon, who had shared it, and the merchant.

use crate::follow_up::{Followed, no_such_redemption};
use crate::redemption::{CONFIRMATION_PREFIX, Line, RedemptionRecord, RedemptionStatus};
use crate::redemptions::Redemptions;
use scrip_clock::Timestamp;
use scrip_coupons::changed;
use scrip_directory::Recipient;
use scrip_refusal::Failure;
use scrip_slots::leave;
use scrip_store::{Transaction, Write};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// What all have been told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ToldOutcome {
    /// At least one sharer has a reward.
    Rewarded,
    /// At least one coupon is used, and nobody is rewarded.
    Redeemed,
    /// No coupon could be used.
    Refused,
    /// It was reversed before: nobody is told anything here.
    Ended,
}

impl Redemptions {
    /// Tells everybody what became of a redemption. Telling again tells nothing new: the same facts have the same keys.
    pub async fn notify_redemption(&self, id: &str) -> Result<Followed<ToldOutcome>, Failure> {
        self.store.until_unchanged(|| self.try_notify(id)).await
    }

    async fn try_notify(&self, id: &str) -> Result<Followed<ToldOutcome>, Failure> {
        let record = self.redemption(id).await?.ok_or_else(no_such_redemption)?;
        let outcome = match record.status {
            RedemptionStatus::Accepted => return Err(Failure::broken("it has not been judged")),
            RedemptionStatus::Reversed => return Ok(Followed { outcome: ToldOutcome::Ended }),
            RedemptionStatus::Rewarded => ToldOutcome::Rewarded,
            RedemptionStatus::Redeemed => ToldOutcome::Redeemed,
            RedemptionStatus::Refused => ToldOutcome::Refused,
        };
        let mut transaction = Transaction::new();
        // Nobody is told of a reward that is being taken back. Nothing is left to be done after this.
        let finished = leave(Write::update(&self.table, RedemptionRecord::key(id), ""));
        transaction.require(scrip_coupons::changed_item(finished, record.version), |_| changed());
        for note in self.notes(&record)? {
            transaction.require(note, |_| changed());
        }
        self.store.commit(transaction).await?;
        Ok(Followed { outcome })
    }

    fn notes(&self, record: &RedemptionRecord) -> Result<Vec<Write>, Failure> {
        let at = Timestamp::from_millisecond(record.at).map_err(Failure::broken)?;
        let note = |recipient: Recipient, kind: &str, facts: Value, unique: &str| {
            self.directory.notification(&recipient, kind, members(facts), at, unique)
        };
        let mut notes = Vec::new();
        for line in &record.lines {
            let (Some(coupon), true) = (&line.coupon, line.is_used()) else { continue };
            let unique = format!("{}#{coupon}", record.id);
            let mut facts = json!({
                "redemption": record.id, "coupon": coupon, "merchant": record.merchant,
            });
            if let Some(user) = &line.user {
                notes.push(note(Recipient::User(user.clone()), "coupon-redeemed", facts.clone(), &unique)?);
            }
            if let Some(sharer) = &line.sharer {
                facts["by"] = json!(line.user);
                let (kind, name, fact) = match (&line.reward, &line.reason) {
                    (Some(reward), _) => ("share-rewarded", "reward", Some(reward)),
                    (None, reason) => ("shared-coupon-redeemed", "reason", reason.as_ref()),
                };
                if let Some(fact) = fact {
                    facts[name] = json!(fact);
                }
                notes.push(note(Recipient::User(sharer.clone()), kind, facts, &unique)?);
            }
        }
        let (what, kind) = record.told_as()?;
        let mut facts = json!({ what: record.id });
        if let Some(reference) = record.order.as_ref().and_then(|order| order.reference.as_ref()) {
            facts["order_reference"] = json!(reference);
        }
        notes.push(note(Recipient::Merchant(record.merchant.clone()), &kind, facts, &record.id)?);
        Ok(notes)
    }

    /// The writes that tell that a use was taken back: who used the coupon, and who loses a reward for it.
    pub(crate) fn reversal_notes(
        &self,
        record: &RedemptionRecord,
        line: &Line,
        at: Timestamp,
    ) -> Result<Vec<Write>, Failure> {
        let Some(coupon) = &line.coupon else { return Ok(Vec::new()) };
        let unique = format!("{}#{coupon}", record.id);
        let facts = json!({ "redemption": record.id, "coupon": coupon, "merchant": record.merchant });
        let mut notes = Vec::new();
        let mut tell = |user: &str, kind: &str, facts: Value| -> Result<(), Failure> {
            let user = Recipient::User(user.to_owned());
            notes.push(self.directory.notification(&user, kind, members(facts), at, &unique)?);
            Ok(())
        };
        if let Some(user) = &line.user {
            tell(user, "redemption-reversed", facts.clone())?;
        }
        if let (Some(sharer), Some(reward)) = (&line.sharer, &line.reward) {
            let mut facts = facts;
            facts["reward"] = json!(reward);
            tell(sharer, "reward-revoked", facts)?;
        }
        Ok(notes)
    }
}

impl RedemptionRecord {
    /// What it is called, and the kind of what its merchant is told.
    fn told_as(&self) -> Result<(&'static str, String), Failure> {
        let what = if self.id.starts_with(CONFIRMATION_PREFIX) { "confirmation" } else { "verification" };
        let status = serde_json::to_value(self.status).map_err(Failure::broken)?;
        Ok((what, format!("{what}-{}", status.as_str().unwrap_or_default())))
    }
}

impl Line {
    /// Whether its coupon is used.
    pub(crate) const fn is_used(&self) -> bool {
        matches!(self.status, RedemptionStatus::Redeemed | RedemptionStatus::Rewarded)
    }
}

fn members(facts: Value) -> Map<String, Value> {
    match facts {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::follow_up::tests::record;
    use crate::tests::{plan, redemptions};
    use scrip_coupons::examples::{NOW, time};

    fn redeemed(status: RedemptionStatus) -> RedemptionRecord {
        let mut record = record(2);
        record.status = status;
        record.lines[0].status = status;
        record.lines[0].coupon = Some("cpn_1".into());
        record.lines[0].user = Some("bob".into());
        record.lines[0].sharer = Some("alice".into());
        record.lines[1].status = RedemptionStatus::Refused;
        record.lines[1].coupon = Some("cpn_2".into());
        record
    }

    /// To whom each of them goes, and which kind it is of.
    fn told(notes: Vec<Write>) -> Vec<(String, String)> {
        let value = |line: &str, name: &str| {
            let (_, value) = line.split_once(&format!("{name}: \"")).unwrap();
            value.split('"').next().unwrap().to_owned()
        };
        let of = |line: &String| {
            let to = value(line, "pk");
            let to = to.trim_start_matches("NOTE#").trim_start_matches("user:");
            (to.split('#').next().unwrap().to_owned(), value(line, "kind"))
        };
        plan(notes).iter().map(of).collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(to, kind)| ((*to).to_owned(), (*kind).to_owned())).collect()
    }

    #[test]
    fn who_used_who_shared_and_the_merchant_are_told() {
        let notes = |record: &RedemptionRecord| told(redemptions().notes(record).unwrap());
        let mut rewarded = redeemed(RedemptionStatus::Rewarded);
        rewarded.lines[0].reward = Some("cpn_reward".into());
        let merchant = |kind| ("mch_1", kind);
        assert_eq!(
            notes(&rewarded),
            pairs(&[
                ("bob", "coupon-redeemed"),
                ("alice", "share-rewarded"),
                merchant("confirmation-rewarded")
            ])
        );
        let unrewarded = RedemptionRecord { id: "vfy_1".into(), ..redeemed(RedemptionStatus::Redeemed) };
        assert_eq!(
            notes(&unrewarded),
            pairs(&[
                ("bob", "coupon-redeemed"),
                ("alice", "shared-coupon-redeemed"),
                merchant("verification-redeemed")
            ])
        );
        assert_eq!(notes(&redeemed(RedemptionStatus::Refused)), pairs(&[merchant("confirmation-refused")]));
    }

    #[test]
    fn a_reversal_is_told_to_who_used_and_to_who_loses_a_reward() {
        let mut record = redeemed(RedemptionStatus::Rewarded);
        let notes = |record: &RedemptionRecord| {
            told(redemptions().reversal_notes(record, &record.lines[0], time(NOW)).unwrap())
        };
        assert_eq!(notes(&record), pairs(&[("bob", "redemption-reversed")]));
        record.lines[0].reward = Some("cpn_reward".into());
        assert_eq!(notes(&record), pairs(&[("bob", "redemption-reversed"), ("alice", "reward-revoked")]));
    }
}
