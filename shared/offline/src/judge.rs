//! Whether a secure code pays: the payer's codes are read, the code is judged without I/O, and what is found holds only
//! with the transaction that moves the money or counts the miss.

use crate::Offline;
use crate::aliases::aliases;
use crate::codes::{Codes, CodesRecord, DeviceRecord, restored};
use crate::count::merchant_tags;
use crate::decline::DeclineCause;
use crate::grant::{Change, Grant, day_of};
use crate::guesses::Tags;
use crate::recognise::{Match, recognise, with_code_first};
use scrip_clock::Timestamp;
use scrip_directory::{PinRecord, PinVerdict, pin_key};
use scrip_identity::{Keyring, Pin};
use scrip_ledger::{AccountId, Debit, DebitSource};
use scrip_money::Money;
use scrip_refusal::{Code, Failure};
use scrip_secure_code::{Alias, Presentation, SecureCode, Step};
use scrip_store::{Address, AtMostOne, FromItems, Item, Many, One, Transaction, Write};

/// What a payer presents at a device.
#[derive(Clone, Debug)]
pub struct Presented {
    /// Who pays, and the code.
    pub payer: Payer,
    /// The PIN, if it was typed.
    pub pin: Option<Pin>,
    /// When it was presented: now, or when a stored transaction occurred.
    pub at: Timestamp,
    /// Whether it was stored since, so that nobody stands at the device any more.
    pub is_stored: bool,
    /// The device at which it was presented, `dev_…`.
    pub device: String,
    /// The device's merchant, `mch_…`, against whom misses count, and who is told when the device is locked.
    pub merchant: String,
}

/// Who pays, and the code.
#[derive(Clone, Debug)]
pub enum Payer {
    /// Named by the user's id.
    User {
        /// The user.
        user: String,
        /// The code.
        secure_code: SecureCode,
    },
    /// Scanned: 18 digits that hold both.
    Presentation(Presentation),
}

/// What was read of the payer and the device.
#[derive(Clone, Debug)]
pub struct Case {
    /// `None` if others have all aliases that the user could have.
    pub(crate) codes: Option<Codes>,
    /// While several generations of keys are held, the user's other places, where the code is not.
    pub(crate) others: Vec<Codes>,
    pub(crate) device: Option<DeviceRecord>,
    pub(crate) pin: Option<PinRecord>,
}

impl Case {
    /// The merchant as it is named in the payer's places: where it is known in one, it is known in all.
    pub(crate) fn merchant(&self, keyring: &Keyring, presented: &Presented) -> Tags {
        let tags = merchant_tags(keyring, &presented.merchant);
        let records = self.places().filter_map(|codes| codes.record.as_ref());
        let paid_at = records.map(|record| record.guesses.paid_at(&tags)).max().unwrap_or_default();
        Tags { paid_at, ..tags }
    }

    fn places(&self) -> impl Iterator<Item = &Codes> {
        self.codes.iter().chain(&self.others)
    }

    /// How many milliseconds no code of the payer is looked at for this merchant, if so. It is presented for all places at
    /// once, so that a lock of one is a lock of all.
    pub(crate) fn left(&self, merchant: &Tags, now: Timestamp) -> Option<i64> {
        self.places().filter_map(|codes| codes.left(merchant, now)).max()
    }
}

/// What a code is found to be.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one for a payment, and it is moved once")]
pub enum Judgement {
    /// It pays.
    Pays(Consumption),
    /// It does not.
    Declines(Decline),
}

/// A right code, and what paying with it uses up.
#[derive(Clone, Debug)]
pub struct Consumption {
    /// The payer.
    pub user: String,
    /// The authorization, `auth_…`.
    pub authorization: String,
    /// The account that pays.
    pub account: AccountId,
    /// Takes the money: from what the authorization reserved, or from what is available.
    pub debit: Debit,
    /// What a transaction keeps of it.
    pub consumed: Consumed,
    writes: Vec<Write>,
}

/// A refusal to pay, and what must be counted before it is told.
#[derive(Clone, Debug)]
pub struct Decline {
    /// What the device is told.
    pub reason: Code,
    /// What the wallet's operator is told.
    pub cause: DeclineCause,
    /// The payer, if known to exist.
    pub user: Option<String>,
    pub(crate) writes: Vec<Write>,
}

impl Consumption {
    /// Adds what is used up to the transaction that debits [`Self::debit`]. It holds only while all is as judged;
    /// else it fails as [`Failure::Changed`]: read and judge anew.
    pub fn add_to(&self, transaction: &mut Transaction<'_>) {
        add(&self.writes, transaction);
    }
}

impl Decline {
    /// Adds what is to be counted: for a miss, those of the payer and of the device, and who is told of a lock; for a wrong PIN, its attempt. Other
    /// declines tell that the code is right, so they hold only while no miss comes between. The decline may be told only
    /// once the transaction has held; if it fails as [`Failure::Changed`], read and judge anew.
    pub fn add_to(&self, transaction: &mut Transaction<'_>) {
        add(&self.writes, transaction);
    }
}

fn add(writes: &[Write], transaction: &mut Transaction<'_>) {
    for write in writes {
        transaction.require(write.clone(), |_| changed());
    }
}

/// Something changed between reading and writing; nothing is wrong.
pub fn changed() -> Failure {
    Failure::Changed("The payer's codes are changing. Send the same request again.")
}

/// Where the candidates of the payer's codes, the device's misses and the PIN stand.
pub type CaseAddresses = (Vec<Address>, Address, Option<Address>);

/// What was found there.
#[derive(Debug)]
pub struct CaseItems {
    codes: Vec<Option<CodesRecord>>,
    device: Option<DeviceRecord>,
    pin: Option<PinRecord>,
}

impl FromItems<(Many, One, AtMostOne)> for CaseItems {
    fn from_items(
        shape: (Many, One, AtMostOne),
        found: &mut std::vec::IntoIter<Option<Item>>,
    ) -> Result<Self, Failure> {
        let (codes, device, pin) = FromItems::from_items(shape, found)?;
        Ok(Self { codes, device, pin })
    }
}

impl Offline {
    /// What must be read to judge: the candidates of the payer's codes, the device's misses, and the PIN.
    /// A caller reads them together with its own items, in one round trip.
    pub fn case_addresses(&self, presented: &Presented) -> Result<CaseAddresses, Failure> {
        let aliases = self.aliases(presented)?.into_iter();
        let codes = aliases.map(|alias| CodesRecord::key(alias).at(&self.table)).collect();
        let user = presented.user().filter(|_| presented.pin.is_some());
        let pin = user.map(|user| pin_key(user).at(self.directory.table()));
        Ok((codes, DeviceRecord::key(&presented.device).at(&self.table), pin))
    }

    /// The case, from what was found at [`Self::case_addresses`].
    pub fn case(&self, presented: &Presented, found: CaseItems) -> Result<Case, Failure> {
        let CaseItems { codes, device, pin } = found;
        let mut places = match &presented.payer {
            Payer::User { user, .. } => {
                Codes::places_of(user, self.keyring()?, codes).into_iter().flatten().collect()
            }
            Payer::Presentation(presentation) => {
                vec![Codes { alias: presentation.alias(), record: codes.into_iter().next().flatten() }]
            }
        };
        with_code_first(&mut places, presented.code(), presented.at, self.keyring()?)?;
        let mut places = places.into_iter();
        Ok(Case { codes: places.next(), others: places.collect(), device, pin })
    }

    fn aliases(&self, presented: &Presented) -> Result<Vec<Alias>, Failure> {
        Ok(match &presented.payer {
            Payer::User { user, .. } => aliases(self.keyring()?, user),
            Payer::Presentation(presentation) => vec![presentation.alias()],
        })
    }

    /// Judges what was presented against what was read. Does the same work for every kind of wrong code.
    pub async fn judge(
        &self,
        case: &Case,
        presented: &Presented,
        amount: Money,
    ) -> Result<Judgement, Failure> {
        let now = self.now();
        // Somebody for whom there is no place is looked for where nothing is found, which takes as long.
        let nowhere = Codes { alias: Alias::of_number(0), record: None };
        let codes = case.codes.as_ref().unwrap_or(&nowhere);
        let matches = recognise(codes, presented.code(), presented.at, self.keyring()?)?;
        let merchant = case.merchant(self.keyring()?, presented);
        let device = case.device.unwrap_or_default();
        let is_locked = !presented.is_stored && device.left(now).is_some();
        let found = if is_locked {
            Err(DeclineCause::DeviceLocked)
        } else if case.left(&merchant, now).is_some() {
            Err(DeclineCause::CodesLocked)
        } else {
            find(codes, &matches, presented, amount)
        };
        let Found { user, grant, id, step } = match found {
            Ok(found) => found,
            Err(why) => return Ok(Judgement::Declines(self.decline(case, presented, why, now)?)),
        };
        let mut pin = None;
        if grant.needs_pin(amount) {
            let (refused, write) = match self.judge_pin(case, user, presented).await {
                Ok(judged) => judged,
                Err(failure) => return Err(self.unless_guessed(codes, failure).await),
            };
            if let Some(why) = refused {
                let mut decline = self.decline(case, presented, why, now)?;
                decline.writes.extend(write);
                return Ok(Judgement::Declines(decline));
            }
            pin = write;
        }

        let change = Change::by_payment(amount.amount, day_of(presented.at));
        let used = codes.used(&self.table, (id, grant), &change, step, (&merchant, now))?;
        let mut writes = vec![used];
        writes.extend(pin);
        let source = if grant.reserve { DebitSource::Held } else { DebitSource::Available };
        let holder = Some(format!("user:{user}"));
        Ok(Judgement::Pays(Consumption {
            user: user.to_owned(),
            authorization: id.to_owned(),
            account: grant.account.clone(),
            debit: Debit { account: grant.account.clone(), shard: 0, amount, holder, source },
            consumed: Consumed {
                codes: CodesRecord::partition(codes.alias),
                authorization: id.to_owned(),
                amount: amount.amount,
                day: change.day,
                reserved: grant.reserve,
                valid_until: grant.valid_until,
            },
            writes,
        }))
    }

    /// That a PIN was to be looked at tells that the code is right. So this failure, too, is told only while no miss came
    /// between; else it is judged anew.
    async fn unless_guessed(&self, codes: &Codes, failure: Failure) -> Failure {
        let place = CodesRecord::key(codes.alias).at(&self.table);
        let read: Result<Option<CodesRecord>, Failure> = self.store.read(place).await;
        match read {
            Ok(record) => {
                let now = Codes { alias: codes.alias, record };
                if now.guard() == codes.guard() { failure } else { changed() }
            }
            Err(unread) => unread,
        }
    }

    /// Why the PIN does not do, if it does not, and the write without which this may not be told.
    async fn judge_pin(
        &self,
        case: &Case,
        user: &str,
        presented: &Presented,
    ) -> Result<(Option<DeclineCause>, Option<Write>), Failure> {
        let Some(pin) = &presented.pin else { return Ok((Some(DeclineCause::PinRequired), None)) };
        // Who presents an alias is known only now.
        let record = match presented.payer {
            Payer::User { .. } => case.pin.clone(),
            Payer::Presentation(_) => self.directory.pin(user).await?,
        };
        let Some(record) = record else { return Ok((Some(DeclineCause::PinNotSet), None)) };
        match self.directory.judge_pin(&record, pin, self.keyring()?).await {
            Ok(PinVerdict::Right) => Ok((None, Some(self.directory.pin_succeeded_write(&record)))),
            Ok(PinVerdict::Wrong { .. }) => {
                Ok((Some(DeclineCause::PinRefused), Some(self.directory.pin_failed_write(&record))))
            }
            // What was stored can wait until a PIN is looked at again.
            Err(failure) if failure.code() == Some(Code::PinLocked) && !presented.is_stored => {
                Ok((Some(DeclineCause::PinLocked), None))
            }
            Err(failure) if failure.code() == Some(Code::PinNotSet) => {
                Ok((Some(DeclineCause::PinNotSet), None))
            }
            Err(failure) => Err(failure),
        }
    }

    /// The write that gives an authorization back what a reversed transaction used of it, and whether what goes back
    /// was reserved. `None` once the authorization can't be used any more.
    pub fn restoration(&self, consumed: &Consumed, now: Timestamp) -> Result<Option<Restoration>, Failure> {
        let usable = now.as_millisecond() < consumed.valid_until;
        let write = usable.then(|| restored(&self.table, consumed));
        Ok(write.map(|write| Restoration { write, to_reserve: consumed.reserved }))
    }
}

/// The authorization that pays, apart from the PIN.
struct Found<'a> {
    user: &'a str,
    id: &'a str,
    grant: &'a Grant,
    step: Option<Step>,
}

/// Picks the authorization that pays among those that have the code, or tells why none does.
fn find<'a>(
    codes: &'a Codes,
    matches: &[Match<'a>],
    presented: &Presented,
    amount: Money,
) -> Result<Found<'a>, DeclineCause> {
    let record = codes.record.as_ref().filter(|record| !record.authorizations.is_empty());
    let user = record.and_then(|record| record.user.as_deref()).ok_or(DeclineCause::UnknownUser)?;
    let mut cause = None;
    for Match { id, grant, step } in matches {
        match grant.judge(&presented.device, amount, presented.at, *step) {
            Ok(()) => return Ok(Found { user, id, grant, step: *step }),
            Err(why) => cause = cause.or(Some(why)),
        }
    }
    Err(cause.unwrap_or(DeclineCause::WrongCode))
}

impl Presented {
    /// The user, if named by id.
    pub(crate) fn user(&self) -> Option<&str> {
        match &self.payer {
            Payer::User { user, .. } => Some(user),
            Payer::Presentation(_) => None,
        }
    }

    fn code(&self) -> &SecureCode {
        match &self.payer {
            Payer::User { secure_code, .. } => secure_code,
            Payer::Presentation(presentation) => presentation.code(),
        }
    }
}

/// What a transaction keeps of its consumption, to be able to give it back. Stored inside the transaction's item.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Consumed {
    /// The partition of the payer's codes, so that they are found without a search.
    pub codes: String,
    /// The authorization, `auth_…`.
    pub authorization: String,
    /// Minor units.
    pub amount: i64,
    /// The UTC date on which it counts, `2026-11-23`.
    pub day: String,
    /// Whether the money came from what the authorization reserved.
    pub reserved: bool,
    /// Until when the authorization can be used, in milliseconds since the epoch.
    pub valid_until: i64,
}

/// How an authorization gets back what was used of it.
#[derive(Clone, Debug)]
pub struct Restoration {
    /// The write; if its condition fails, the authorization has ended: go on without it, crediting the balance.
    pub write: Write,
    /// Whether the money goes back to what is reserved.
    pub to_reserve: bool,
}

#[cfg(test)]
mod tests;
