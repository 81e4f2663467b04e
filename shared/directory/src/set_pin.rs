//! Setting and changing a PIN.

use crate::Directory;
use crate::pin::{FIRST_VERSION, PinRecord, PinVerdict, hash, pin_contended, pin_key, verify};
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
            (Some(record), None) => self.repeat_first_pin(&record, &change.pin, keyring).await,
            (Some(record), Some(current)) => {
                let request = origin.map(|origin| origin.id_within(origin.fingerprint.as_str(), "preq_"));
                self.change_pin(&record, current, &change.pin, keyring, request.as_deref()).await
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
        let same = verify(pin, &record.user, keyring, &record.hash, self.store.deadline()).await?;
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
        request: Option<&str>,
    ) -> Result<(), Failure> {
        if let Some(attempts_left) = request.and_then(|request| record.told(request)) {
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
                let write = match request {
                    Some(request) => self.pin_refused_write(record, request, attempts_left)?,
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
        Ok(verify(current, user, keyring, previous, deadline).await?
            && verify(pin, user, keyring, &record.hash, deadline).await?)
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
