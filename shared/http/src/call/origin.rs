//! Where a request comes from: who asks, with which key and body.

use super::Call;
use crate::body;
use crate::problem::Problem;
use scrip_refusal::{Code, Refusal};
use scrip_store::{Fingerprint, IdempotencyKey, Origin};

pub(super) const IDEMPOTENCY_KEY: &str = "idempotency-key";

impl<P> Call<P> {
    /// Where what this request creates comes from.
    ///
    /// # Errors
    /// `idempotency-key-missing`, `idempotency-key-invalid`, `malformed-json`.
    pub fn origin(&self) -> Result<Origin, Problem> {
        self.origin_by(&[[]])
    }

    /// The same for a request that holds a PIN or code: its hash is keyed, so that none can be guessed from it. The first
    /// key counts; the request is the same by the others too.
    ///
    /// # Errors
    /// As [`Self::origin`].
    pub fn origin_by<const N: usize>(&self, keys: &[[u8; N]]) -> Result<Origin, Problem> {
        let Some(text) = self.header(IDEMPOTENCY_KEY) else {
            let detail = "Send an Idempotency-Key, such as a UUID, that is new for each new request.";
            return Err(Refusal::new(Code::IdempotencyKeyMissing, detail).into());
        };
        self.origin_of(self.principal.name(), IdempotencyKey::parse(&text)?, keys)
    }

    /// Where a request comes from that needs no key. Without one, the same body is the same request; what can't be a key
    /// counts as none, and what is no JSON as it stands.
    pub fn origin_or_body(&self) -> Origin {
        let body = body::canonical(&self.body).unwrap_or_else(|_| self.body.to_vec());
        let key = self.optional_key().unwrap_or_else(|| IdempotencyKey::internal(""));
        self.origin_with(self.principal.name(), key, &[[]], &body)
    }

    /// The same as [`Self::origin_by`] for a request that needs no key, if it has one.
    ///
    /// # Errors
    /// `malformed-json`.
    pub fn origin_if_keyed_by<const N: usize>(
        &self,
        hash_keys: &[[u8; N]],
    ) -> Result<Option<Origin>, Problem> {
        self.optional_key().map(|key| self.origin_of(self.principal.name(), key, hash_keys)).transpose()
    }

    fn optional_key(&self) -> Option<IdempotencyKey> {
        IdempotencyKey::parse(&self.header(IDEMPOTENCY_KEY)?).ok()
    }

    /// The same for a proof of another kind, which brings a key of its own.
    ///
    /// # Errors
    /// `malformed-json`.
    pub fn origin_of<const N: usize>(
        &self,
        principal: String,
        key: IdempotencyKey,
        hash_keys: &[[u8; N]],
    ) -> Result<Origin, Problem> {
        Ok(self.origin_with(principal, key, hash_keys, &body::canonical(&self.body)?))
    }

    fn origin_with<const N: usize>(
        &self,
        principal: String,
        key: IdempotencyKey,
        hash_keys: &[[u8; N]],
        body: &[u8],
    ) -> Origin {
        let parts = [self.operation.as_bytes(), self.gateway.path.as_bytes(), body];
        let fingerprint = Fingerprint::keyed(hash_keys, &parts);
        Origin { principal, operation: self.operation.clone(), key, fingerprint }
    }
}
