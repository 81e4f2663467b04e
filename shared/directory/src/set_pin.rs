//! Setting and changing a PIN.

use crate::Directory;
use crate::pin::{FIRST_VERSION, PinRecord, PinVerdict, hash, pin_contended, pin_key, verify};
use scrip_capability::not_held;
use scrip_identity::{Keyring, Pin};
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Commit, Origin, Transaction, Write, encode};

/// A PIN to be set, and the one that it replaces.
#[derive(Clone, Debug)]
pub struct PinChange {
    /// The new PIN.
    pub pin: Pin,
    /// The PIN until now, if one is set.
    pub current: Option<Pin>,
}

impl Directory {
    /// Sets or changes a user's PIN. The same change may be sent again: what it asks for is so already.
    ///
    /// # Errors
    /// `pin-too-weak`; `missing-field` if one is set and the current one is not named; `pin-refused`, `pin-locked`.
    pub async fn set_pin(
        &self,
        user: &str,
        change: &PinChange,
        keyring: &Keyring,
        origin: Option<&Origin>,
    ) -> Result<(), Failure> {
        if change.pin.is_guessable() {
            let detail = "Choose a PIN that is neither one digit repeated nor a run of digits.";
            return Err(Refusal::new(Code::PinTooWeak, detail).into());
        }
        match (self.pin(user).await?, &change.current) {
            (None, _) => self.set_first_pin(user, change, keyring).await,
            (Some(record), _) if is_withdrawn(&record, keyring)? => {
                self.replace_withdrawn_pin(&record, change, keyring).await
            }
            (Some(record), None) => self.repeat_first_pin(&record, &change.pin, keyring).await,
            (Some(record), Some(current)) => {
                let requests = origin.map(|origin| origin.request_ids("preq_"));
                self.change_pin(&record, current, &change.pin, keyring, requests.as_deref()).await
            }
        }
    }

    async fn set_first_pin(&self, user: &str, change: &PinChange, keyring: &Keyring) -> Result<(), Failure> {
        let record = PinRecord::first(user, hash(&change.pin, user, keyring, self.store.deadline()).await?);
        let mut transaction = Transaction::new();
        transaction.create(&self.table, encode(&pin_key(user), &record)?);
        match self.store.commit(transaction).await? {
            Commit::Done => Ok(()),
            Commit::Exists(_) => Err(pin_contended()),
        }
    }

    /// A PIN whose keys were withdrawn proves nothing any more: it is as if none were set. The hash is part of the condition,
    /// since versions begin anew.
    async fn replace_withdrawn_pin(
        &self,
        record: &PinRecord,
        change: &PinChange,
        keyring: &Keyring,
    ) -> Result<(), Failure> {
        let next = PinRecord::first(
            &record.user,
            hash(&change.pin, &record.user, keyring, self.store.deadline()).await?,
        );
        let write = Write::put(&self.table, encode(&pin_key(&record.user), &next)?)
            .when("#version = :seen AND #hash = :withdrawn")
            .name("#version", "version")
            .name("#hash", "hash")
            .value(":seen", record.version)
            .value(":withdrawn", record.hash.as_str());
        self.write_pin(write).await
    }

    /// Who sets the first PIN and gets no answer sends it again. So that nobody can try PINs in this way, uncounted,
    /// only one that differs is ever compared: the next version is no first one.
    async fn repeat_first_pin(
        &self,
        record: &PinRecord,
        pin: &Pin,
        keyring: &Keyring,
    ) -> Result<(), Failure> {
        let missing =
            || Refusal::field("/current_pin", Code::MissingField, "a PIN is set; name it to change it");
        if record.version != FIRST_VERSION {
            return Err(missing().into());
        }
        let same =
            verify(pin, &record.user, keyring, &record.hash, self.store.deadline()).await? == Some(true);
        let next = if same { record.version } else { record.version + 1 };
        self.write_pin(self.pin_write(record, "SET #version = :next").value(":next", next)).await?;
        if same { Ok(()) } else { Err(missing().into()) }
    }

    async fn change_pin(
        &self,
        record: &PinRecord,
        current: &Pin,
        pin: &Pin,
        keyring: &Keyring,
        requests: Option<&[String]>,
    ) -> Result<(), Failure> {
        if let Some(attempts_left) = requests.and_then(|requests| record.told(requests)) {
            return Err(refused(attempts_left).into());
        }
        match self.judge_pin(record, current, keyring).await? {
            PinVerdict::Right => {
                let changed = record.changed(hash(pin, &record.user, keyring, self.store.deadline()).await?);
                let write = Write::put(&self.table, encode(&pin_key(&record.user), &changed)?)
                    .when("#version = :seen")
                    .name("#version", "version")
                    .value(":seen", record.version);
                self.write_pin(write).await
            }
            PinVerdict::Wrong { .. } if self.is_repeated(record, current, pin, keyring).await? => {
                self.write_pin(self.pin_succeeded_write(record)).await
            }
            PinVerdict::Wrong { attempts_left } => {
                let write = match requests {
                    Some(requests) => self.pin_refused_write(record, requests, attempts_left)?,
                    None => self.pin_failed_write(record),
                };
                self.write_pin(write).await?;
                Err(refused(attempts_left).into())
            }
        }
    }

    /// Whether this very change was made before. Knowing the PIN before it as well makes it no way to try PINs.
    async fn is_repeated(
        &self,
        record: &PinRecord,
        current: &Pin,
        pin: &Pin,
        keyring: &Keyring,
    ) -> Result<bool, Failure> {
        let Some(previous) = &record.previous else { return Ok(false) };
        let (user, deadline) = (&record.user, self.store.deadline());
        Ok(verify(current, user, keyring, previous, deadline).await? == Some(true)
            && verify(pin, user, keyring, &record.hash, deadline).await? == Some(true))
    }

    async fn write_pin(&self, write: Write) -> Result<(), Failure> {
        let mut transaction = Transaction::new();
        transaction.require(write, |_| pin_contended());
        self.store.commit(transaction).await.map(|_| ())
    }
}

fn refused(attempts_left: i64) -> Refusal {
    let refusal = Refusal::new(Code::PinRefused, "The current PIN is another one.");
    refusal.with("attempts_left", attempts_left)
}

/// Whether the stored PIN can't be verified any more.
fn is_withdrawn(record: &PinRecord, keyring: &Keyring) -> Result<bool, Failure> {
    let generation = Pin::generation(&record.hash).map_err(Failure::broken)?;
    match keyring.require(generation) {
        Err(error) if error.is_newer() => Err(not_held(error)),
        held => Ok(held.is_err()),
    }
}
