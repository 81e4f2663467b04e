//! How an authorization ends: its user revokes it, or its time is over and later its code is forgotten.

use crate::authorization::{AuthorizationRecord, AuthorizationStatus, no_such_authorization};
use crate::grant::Grant;
use crate::judge::changed;
use crate::offline::Offline;
use crate::read::Held;
use scrip_money::Money;
use scrip_refusal::Failure;
use scrip_slots::leave;
use scrip_store::{Transaction, Write};
use serde::Serialize;

/// What became of an authorization whose time was thought to be over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ExpirationOutcome {
    /// It is expired; its code is kept for what occurred before.
    Expired,
    /// It was revoked before.
    Ended,
}

/// The answer to the workflow that expires an authorization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Expiration {
    /// What became of it.
    pub outcome: ExpirationOutcome,
}

/// What became of the code of an authorization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErasureOutcome {
    /// It is not there any more.
    Erased,
}

/// The answer to the workflow that erases a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Erasure {
    /// What became of it.
    pub outcome: ErasureOutcome,
}

impl Offline {
    /// Takes an authorization back: its code is erased, what it reserved is released. Repeating it finds the work done.
    pub async fn revoke(&self, user: &str, id: &str) -> Result<(), Failure> {
        self.store.until_unchanged(|| self.try_revoke(user, id)).await
    }

    async fn try_revoke(&self, user: &str, id: &str) -> Result<(), Failure> {
        let held = self.held(id, Some(user)).await?.ok_or_else(no_such_authorization)?;
        let grant = held.record.grant(&held.codes);
        match grant {
            Some(grant) => self.end(&held, grant, AuthorizationStatus::Revoked, true).await,
            None => Ok(()),
        }
    }

    /// Ends an authorization whose time is over. Repeating it finds the work done.
    pub async fn expire(&self, id: &str) -> Result<Expiration, Failure> {
        self.store.until_unchanged(|| self.try_expire(id)).await
    }

    async fn try_expire(&self, id: &str) -> Result<Expiration, Failure> {
        let ended = Expiration { outcome: ExpirationOutcome::Ended };
        let Some(held) = self.held(id, None).await? else { return Ok(ended) };
        if held.record.status == AuthorizationStatus::Approved {
            if self.now().as_millisecond() < held.record.valid_until {
                return Err(Failure::Busy("this clock has not reached the authorization's end".into()));
            }
            let grant = held.record.grant(&held.codes);
            let grant = grant.ok_or_else(|| Failure::broken("an approved authorization without its code"))?;
            self.end(&held, grant, AuthorizationStatus::Expired, false).await?;
        } else if held.record.status == AuthorizationStatus::Revoked {
            return Ok(ended);
        }
        Ok(Expiration { outcome: ExpirationOutcome::Expired })
    }

    /// Forgets the code of an authorization that has ended. Repeating it finds the work done.
    pub async fn erase_secret(&self, id: &str) -> Result<Erasure, Failure> {
        self.store.until_unchanged(|| self.try_erase(id)).await
    }

    async fn try_erase(&self, id: &str) -> Result<Erasure, Failure> {
        let erased = Erasure { outcome: ErasureOutcome::Erased };
        let Some(held) = self.held(id, None).await? else { return Ok(erased) };
        let Some(grant) = held.record.grant(&held.codes) else { return Ok(erased) };
        if held.record.status == AuthorizationStatus::Approved {
            return Err(Failure::Busy("the authorization has not been expired".into()));
        }
        self.end(&held, grant, AuthorizationStatus::Expired, true).await?;
        Ok(erased)
    }

    /// Ends an authorization as it was read, in one transaction with what it reserved: its status and last numbers, its
    /// place among the codes, and what it waits for.
    async fn end(
        &self,
        held: &Held,
        grant: &Grant,
        status: AuthorizationStatus,
        erase: bool,
    ) -> Result<(), Failure> {
        let Held { record, codes } = held;
        let last = Write::update(
            &self.table,
            AuthorizationRecord::key(&record.id),
            "SET #status = :status, remaining = :remaining, uses_left = :uses_left",
        )
        .when("#status = :before")
        .name("#status", "status")
        .value(":status", status.as_str())
        .value(":remaining", grant.remaining)
        .value(":uses_left", grant.uses_left)
        .value(":before", record.status.as_str());
        let (last, place) = if erase {
            (leave(last), codes.erased(&self.table, &record.id, grant, self.now()))
        } else {
            let slot = self.authorization_slot(&record.id, "erasure", record.erase_at())?;
            (slot.enter(last), codes.ended(&self.table, &record.id, grant))
        };
        let mut transaction = Transaction::new();
        let as_read = |_| changed();
        transaction.require(last, as_read).require(place, as_read);
        if grant.reserve && grant.remaining > 0 {
            let reserved = Money::new(grant.remaining, record.currency);
            self.ledger.add_release(&mut transaction, &record.account, reserved);
        }
        self.store.commit(transaction).await.map(|_| ())
    }
}
