//! The directory's table, and how anything is created in it.

use scrip_capability::capability;
use scrip_refusal::Failure;
use scrip_store::{Commit, Created, Key, Origin, Transaction, check_replay, decode};
use serde::de::DeserializeOwned;

/// The status of a device whose key counts.
pub(crate) const ACTIVE: &str = "active";

capability! {
    /// The directory, for one invocation.
    pub struct Directory in "DIRECTORY_TABLE" {}
}

impl Directory {
    /// Commits what creates `record` before all else. If it is there, it is the answer to the same request.
    pub(crate) async fn create<T: DeserializeOwned>(
        &self,
        transaction: Transaction<'_>,
        record: T,
        origin: &Origin,
    ) -> Result<Created<T>, Failure> {
        match self.store.commit(transaction).await? {
            Commit::Done => Ok(Created { value: record, replayed: false }),
            Commit::Exists(item) => {
                check_replay(&item, &origin.fingerprint)?;
                Ok(Created { value: decode(item)?, replayed: true })
            }
        }
    }

    pub(crate) async fn read<T: DeserializeOwned>(&self, key: &Key) -> Result<Option<T>, Failure> {
        self.store.get(&self.table, key).await?.map(decode).transpose()
    }
}
