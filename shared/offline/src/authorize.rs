//! Granting an authorization.

use crate::aliases::aliases;
use crate::authorization::{
    AUTHORIZATION_PREFIX, AuthorizationRecord, AuthorizationStatus, AuthorizationView, PerDay, Scheme,
};
use crate::codes::{Codes, CodesRecord};
use crate::grant::{DailyLimit, Grant};
use crate::judge::changed;
use crate::limits::{
    MAX_POS_DEVICES, MAX_USABLE_AUTHORIZATIONS, MAX_USES, MAX_USES_PER_DAY, MAX_VALID_SECONDS,
    MIN_VALID_SECONDS,
};
use crate::offline::Offline;
use crate::recognise::{NewCode, is_in_use, keep};
use scrip_clock::{Period, Timestamp};
use scrip_directory::{PinRecord, PinVerdict, pin_key};
use scrip_identity::Pin;
use scrip_ledger::{AccountId, AccountRecord, unknown_account};
use scrip_money::{MAX_AMOUNT_MINOR_UNITS, Money, MoneyError};
use scrip_refusal::{Code, Failure, Refusal};
use scrip_secure_code::Alias;
use scrip_store::{
    Commit, Created, Item, Origin, Raw, Transaction, Write, check_replay, decode, encode, is_id,
};
use std::collections::BTreeMap;

/// What a user asks to be able to pay without a connection.
#[derive(Clone, Debug)]
pub struct NewAuthorization {
    /// The account that will pay: one of the user's.
    pub account: AccountId,
    /// The user's PIN.
    pub pin: Pin,
    /// The code that will pay.
    pub code: NewCode,
    /// What all payments may take.
    pub limit: Money,
    /// What one payment may take.
    pub per_transaction_limit: Money,
    /// How many payments it allows.
    pub uses: i64,
    /// For how long.
    pub valid_for: Period,
    /// What a day may take.
    pub per_day: Option<PerDay>,
    /// Amounts above this need the PIN at the point of sale, too.
    pub pin_above: Option<Money>,
    /// The points of sale at which it counts; all if there are none.
    pub pos: Vec<String>,
    /// Whether the limit is reserved in the account until then.
    pub reserve: bool,
}

/// What was read before an authorization is granted.
struct Ground {
    codes: Codes,
    /// Where the user may have authorizations of before the keys changed.
    others: Vec<Codes>,
    pin: PinRecord,
}

impl NewAuthorization {
    /// Whether the terms are sane, as far as they tell by themselves.
    fn check(&self) -> Result<(), Refusal> {
        let out_of_range =
            |pointer: &str, detail: String| Err(Refusal::field(pointer, Code::OutOfRange, detail));
        let limit = self.limit.positive("/limit")?;
        let single = self.per_transaction_limit.positive("/per_transaction_limit")?;
        let daily = self.per_day.map(|day| day.amount.positive("/per_day/amount")).transpose()?;
        if self.pin_above.is_some_and(|above| !(0..=MAX_AMOUNT_MINOR_UNITS).contains(&above.amount)) {
            return out_of_range("/pin_above/amount", format!("0 to {MAX_AMOUNT_MINOR_UNITS} minor units"));
        }
        let others = [Some(single), daily, self.pin_above];
        if others.into_iter().flatten().any(|money| money.currency != limit.currency) {
            return Err(MoneyError::CurrencyMismatch.into());
        }
        if single.amount > limit.amount {
            return out_of_range("/per_transaction_limit/amount", "at most the limit".to_owned());
        }
        if !(1..=MAX_USES).contains(&self.uses) {
            return out_of_range("/uses", format!("1 to {MAX_USES}"));
        }
        if self.per_day.is_some_and(|day| !(1..=MAX_USES_PER_DAY).contains(&day.count)) {
            return out_of_range("/per_day/count", format!("1 to {MAX_USES_PER_DAY}"));
        }
        if !(MIN_VALID_SECONDS..=MAX_VALID_SECONDS).contains(&self.valid_for.as_seconds()) {
            let detail = format!("a duration from {MIN_VALID_SECONDS} to {MAX_VALID_SECONDS} seconds");
            return out_of_range("/valid_for", detail);
        }
        if self.pos.len() > MAX_POS_DEVICES {
            let detail = format!("at most {MAX_POS_DEVICES} devices");
            return Err(Refusal::field("/pos", Code::TooMany, detail));
        }
        if let Some(place) = self.pos.iter().position(|device| !is_id("dev_", device)) {
            let detail = "the id of a device, dev_…";
            return Err(Refusal::field(format!("/pos/{place}"), Code::InvalidField, detail));
        }
        Ok(())
    }

    fn record(
        &self,
        offline: &Offline,
        (user, id, alias): (&str, String, Alias),
        now: Timestamp,
        origin: &Origin,
        cause: &str,
    ) -> Result<AuthorizationRecord, Failure> {
        let valid_from = now.as_millisecond();
        let valid_until = valid_from.saturating_add(self.valid_for.as_seconds().saturating_mul(1_000));
        let slot = offline.authorization_slot(&id, "expiry", valid_until)?;
        Ok(AuthorizationRecord {
            user: user.to_owned(),
            granted: format!("{valid_from:013}#{alias}"),
            alias,
            account: self.account.clone(),
            currency: self.limit.currency,
            scheme: match self.code {
                NewCode::Static(_) => Scheme::Static,
                NewCode::Totp(_) => Scheme::Totp,
            },
            limit: self.limit.amount,
            per_transaction_limit: self.per_transaction_limit.amount,
            uses: self.uses,
            per_day: self.per_day.map(|day| DailyLimit { count: day.count, amount: day.amount.amount }),
            pin_above: self.pin_above.map(|above| above.amount),
            pos: self.pos.clone(),
            reserve: self.reserve,
            valid_from,
            valid_until,
            status: AuthorizationStatus::Approved,
            remaining: self.limit.amount,
            uses_left: self.uses,
            slot: Some(slot.caused_by(cause)),
            request_hash: origin.fingerprint.as_str().to_owned(),
            id,
        })
    }
}

impl Offline {
    /// Grants an authorization, by the user's PIN. The stored authorization is itself the event that starts its end;
    /// `cause` is the id of the request, under which the log knows all that follows.
    pub async fn authorize(
        &self,
        user: &str,
        wanted: &NewAuthorization,
        origin: &Origin,
        cause: &str,
    ) -> Result<Created<AuthorizationView>, Failure> {
        wanted.check()?;
        self.store.until_unchanged(|| self.try_authorize(user, wanted, origin, cause)).await
    }

    async fn try_authorize(
        &self,
        user: &str,
        wanted: &NewAuthorization,
        origin: &Origin,
        cause: &str,
    ) -> Result<Created<AuthorizationView>, Failure> {
        let id = origin.id(AUTHORIZATION_PREFIX);
        let now = self.now();
        let Ground { codes, others, pin } = match self.ground(user, wanted, &id).await? {
            Read::Granted(item) => return replay(item, origin),
            Read::Ground(ground) => *ground,
        };
        let made = AuthorizationRecord::key(&id).at(&self.table);
        let instead_of = match place(&codes, &others) {
            Ok(instead_of) => instead_of,
            Err(refusal) => return Err(self.store.unless_made(made, refusal).await),
        };
        let right = self.right_pin(&pin, &wanted.pin, origin).await?;
        let keyring = self.keyring()?;
        let mut own = [&codes].into_iter().chain(&others);
        if own.try_fold(false, |found, codes| {
            Ok::<_, Failure>(found | is_in_use(&wanted.code, codes, keyring)?)
        })? {
            self.write(vec![right]).await?;
            let detail = "Another authorization has this secure code. Choose another one.";
            return Err(self.store.unless_made(made, Refusal::new(Code::SecureCodeInUse, detail)).await);
        }

        let record = wanted.record(self, (user, id, codes.alias), now, origin, cause)?;
        let grant = Grant {
            account: record.account.clone(),
            currency: record.currency,
            credential: keep(&wanted.code, codes.alias, &record.id, self.keyring()?),
            remaining: record.limit,
            uses_left: record.uses,
            per_transaction_limit: record.per_transaction_limit,
            valid_from: record.valid_from,
            valid_until: record.valid_until,
            per_day: record.per_day,
            day_counts: BTreeMap::new(),
            day_amounts: BTreeMap::new(),
            pin_above: record.pin_above,
            pos: record.pos.clone(),
            reserve: record.reserve,
            ended: false,
            steps: Vec::new(),
        };
        let mut transaction = Transaction::new();
        transaction.create(&self.table, encode(&AuthorizationRecord::key(&record.id), &record)?);
        let granted = codes.granted(&self.table, user, (&record.id, &grant), (instead_of, &others))?;
        for write in others.iter().filter_map(|codes| codes.relieved(&self.table)).chain([granted]) {
            transaction.require(write, |_| changed());
        }
        transaction.require(right, |_| changed());
        if record.reserve {
            let holder = format!("user:{user}");
            self.ledger.add_hold(&mut transaction, &record.account, &holder, wanted.limit);
        }
        match self.store.commit(transaction).await? {
            Commit::Done => Ok(Created { value: record.as_granted()?, replayed: false }),
            Commit::Exists(item) => replay(item, origin),
        }
    }

    /// The user's codes, PIN and account, and this authorization if the request comes again, in one round trip.
    async fn ground(&self, user: &str, wanted: &NewAuthorization, id: &str) -> Result<Read, Failure> {
        let aliases = aliases(self.keyring()?, user);
        let asked = (
            AuthorizationRecord::key(id).at(&self.table),
            pin_key(user).at(self.directory.table()),
            wanted.account.balance_key(0).at(self.ledger.table()),
            aliases.iter().map(|alias| CodesRecord::key(*alias).at(&self.table)).collect::<Vec<_>>(),
        );
        let (earlier, pin, account, places): (Option<Raw>, Option<PinRecord>, Option<AccountRecord>, _) =
            self.store.read(asked).await?;
        if let Some(Raw(item)) = earlier {
            return Ok(Read::Granted(item));
        }
        let holder = format!("user:{user}");
        let account = account.filter(|account| account.holder == holder);
        let account = account.ok_or_else(|| unknown_account("/account"))?;
        if account.currency != wanted.limit.currency {
            return Err(MoneyError::CurrencyMismatch.into());
        }
        let pin = pin.ok_or_else(|| Refusal::new(Code::PinNotSet, "Set a PIN with PUT /v1/me/pin first."))?;
        let (codes, others) = Codes::to_grant(user, self.keyring()?, places)
            .ok_or_else(|| Failure::broken("others have all aliases that this user could have"))?;
        Ok(Read::Ground(Box::new(Ground { codes, others, pin })))
    }

    /// Judges the PIN: a wrong one is counted before it is told, the right one goes with the write that is given.
    async fn right_pin(&self, record: &PinRecord, pin: &Pin, origin: &Origin) -> Result<Write, Failure> {
        let requests = origin.request_ids("preq_");
        if let Some(attempts_left) = record.told(&requests) {
            return Err(refused_pin(attempts_left).into());
        }
        match self.directory.judge_pin(record, pin, self.keyring()?).await? {
            PinVerdict::Right => Ok(self.directory.pin_succeeded_write(record)),
            PinVerdict::Wrong { attempts_left } => {
                let counted = self.directory.pin_refused_write(record, &requests, attempts_left)?;
                self.write(vec![counted]).await?;
                Err(refused_pin(attempts_left).into())
            }
        }
    }

    /// Writes that hold only while all is as it was read.
    pub(crate) async fn write(&self, writes: Vec<Write>) -> Result<(), Failure> {
        let mut transaction = Transaction::new();
        for write in writes {
            transaction.require(write, |_| changed());
        }
        self.store.commit(transaction).await.map(|_| ())
    }
}

fn refused_pin(attempts_left: i64) -> Refusal {
    Refusal::new(Code::PinRefused, "The PIN is another one.").with("attempts_left", attempts_left)
}

enum Read {
    Granted(Item),
    Ground(Box<Ground>),
}

/// The ended authorization whose place the new one takes, if there is no other place.
fn place<'a>(codes: &'a Codes, others: &[Codes]) -> Result<Option<&'a str>, Refusal> {
    let usable = [codes].into_iter().chain(others).flat_map(Codes::grants).filter(|(_, grant)| !grant.ended);
    if usable.count() >= MAX_USABLE_AUTHORIZATIONS {
        let detail =
            format!("At most {MAX_USABLE_AUTHORIZATIONS} authorizations can be used at a time. Revoke one.");
        return Err(Refusal::new(Code::LimitExceeded, detail));
    }
    if codes.grants().count() < MAX_USABLE_AUTHORIZATIONS {
        return Ok(None);
    }
    let ended = codes.grants().filter(|(_, grant)| grant.ended);
    Ok(ended.min_by_key(|(_, grant)| grant.valid_until).map(|(id, _)| id))
}

fn replay(item: Item, origin: &Origin) -> Result<Created<AuthorizationView>, Failure> {
    check_replay(&item, &origin.fingerprint)?;
    let record: AuthorizationRecord = decode(item)?;
    Ok(Created { value: record.as_granted()?, replayed: true })
}

#[cfg(test)]
mod tests;
