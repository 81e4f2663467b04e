//! What a decline counts for, who is told of the lock that it leads to, and what has to wait for one.

use crate::codes::{Codes, DeviceRecord};
use crate::decline::DeclineCause;
use crate::guesses::{Lock, Tags};
use crate::judge::{Case, Decline, Presented};
use crate::offline::Offline;
use scrip_clock::{SignedDuration, Timestamp};
use scrip_directory::Recipient;
use scrip_identity::Keyring;
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::Write;
use serde_json::json;

impl Offline {
    /// A decline, with what it counts for.
    pub(crate) fn decline(
        &self,
        case: &Case,
        presented: &Presented,
        why: DeclineCause,
        now: Timestamp,
    ) -> Result<Decline, Failure> {
        let codes = case.codes.as_ref();
        let record = codes.and_then(|codes| codes.record.as_ref());
        let known = record.filter(|record| !record.authorizations.is_empty());
        let mut writes = Vec::new();
        if why.is_miss() {
            if let Some(codes) = codes {
                let merchant = case.merchant(self.keyring()?, presented);
                let at = (&merchant, why != DeclineCause::CodesLocked);
                let mut told = None;
                for place in [codes].into_iter().chain(&case.others) {
                    let (missed, lock) = place.missed(&self.table, presented.user(), at, now)?;
                    writes.push(missed);
                    told = told.or(lock);
                }
                if let Some(lock) = told {
                    let payer = known.and_then(|record| record.user.as_deref());
                    writes.push(self.told(codes, payer, presented, lock, now)?);
                }
            }
            writes.extend(self.device_missed(case, presented, now)?);
        } else if let Some(codes) = codes.filter(|_| why != DeclineCause::DeviceLocked) {
            writes.push(codes.unchanged(&self.table));
        }
        let user = known.and_then(|record| record.user.clone());
        Ok(Decline { reason: why.reason(), cause: why, user, writes })
    }

    /// Tells the payer that no code is looked at for a while. Where there is nobody to tell, an item that expires takes as
    /// long to write.
    fn told(
        &self,
        codes: &Codes,
        payer: Option<&str>,
        presented: &Presented,
        lock: Lock,
        now: Timestamp,
    ) -> Result<Write, Failure> {
        let Some(payer) = payer else { return codes.told_nobody(&self.table, now) };
        let until = Timestamp::from_millisecond(lock.until).map_err(Failure::broken)?;
        let facts = [
            ("scope", json!(lock.scope.as_str())),
            ("merchant", json!(presented.merchant)),
            ("until", json!(until)),
        ];
        let facts = facts.map(|(name, value)| (name.to_owned(), value)).into_iter().collect();
        let payer = Recipient::User(payer.to_owned());
        let unique = format!("{}#{}", presented.device, codes.guard());
        self.directory.notification(&payer, "codes-locked", facts, now, &unique)
    }

    /// Counts a miss of the device. The merchant is told of the one that locks it.
    fn device_missed(
        &self,
        case: &Case,
        presented: &Presented,
        now: Timestamp,
    ) -> Result<Vec<Write>, Failure> {
        let (next, lock) = DeviceRecord::after_miss(case.device, presented.is_stored, now);
        let mut writes = vec![next.write(case.device, &self.table, &presented.device)?];
        if let Some(left) = lock {
            let until = now + SignedDuration::from_millis(left);
            let facts = [("device", json!(presented.device)), ("until", json!(until))];
            let facts = facts.map(|(name, value)| (name.to_owned(), value)).into_iter().collect();
            let merchant = Recipient::Merchant(presented.merchant.clone());
            let unique = format!("{}#{}", presented.device, next.version);
            writes.push(self.directory.notification(&merchant, "device-locked", facts, now, &unique)?);
        }
        Ok(writes)
    }

    /// Refuses what was stored while a lock keeps its code from being looked at: it can come again. Nothing is learnt of
    /// the code by that, since nothing was looked at.
    ///
    /// # Errors
    /// `too-many-requests`.
    pub(crate) fn require_looked_at(&self, case: &Case, presented: &Presented) -> Result<(), Failure> {
        let now = self.now();
        let merchant = case.merchant(self.keyring()?, presented);
        let device = case.device.unwrap_or_default().left_for_stored(now);
        let codes = case.left(&merchant, now);
        let Some(left) = device.max(codes) else { return Ok(()) };
        let detail = "Too many codes were not accepted. Send it again when Retry-After is over.";
        let refusal = Refusal::new(Code::TooManyRequests, detail);
        Err(refusal.with("retry_after_seconds", left.unsigned_abs().div_ceil(1_000)).into())
    }
}

/// As a merchant is named among a user's codes: eight signs of a keyed hash, since the item is to stay small, and nobody
/// who reads it is to see where somebody pays.
pub(crate) fn merchant_tags(keyring: &Keyring, merchant: &str) -> Tags {
    let mut tags = keyring.derive_each("offline-merchant", merchant).map(|key| {
        data_encoding::BASE64URL_NOPAD.encode(key.first_chunk::<6>().map_or(&[][..], <[u8; 6]>::as_slice))
    });
    Tags { current: tags.next().unwrap_or_default(), others: tags.collect(), paid_at: 0 }
}

#[cfg(test)]
mod tests;
