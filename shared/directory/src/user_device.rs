//! Users' own devices, whose signatures count like a PIN.

use crate::Directory;
use crate::directory::ACTIVE;
use schemars::JsonSchema;
use scrip_clock::Timestamp;
use scrip_fields::user_in_key;
use scrip_identity::Jwk;
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Created, Key, Origin, Transaction, Write, encode};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// How many devices a user may register.
pub const MAX_USER_DEVICES: i64 = 20;

/// A device that is to be registered.
#[derive(Clone, Debug)]
pub struct NewUserDevice {
    /// What it is called.
    pub name: String,
    /// The key that verifies its signatures.
    pub public_key: Jwk,
}

/// The stored device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserDeviceRecord {
    /// The id, `dev_…`.
    pub id: String,
    /// Whose it is.
    pub user: String,
    /// What it is called.
    pub name: String,
    /// The key that verifies its signatures.
    pub public_key: Jwk,
    /// `active`.
    pub status: String,
    /// When it was registered, in milliseconds since the epoch.
    pub created: i64,
    /// The hash of the request.
    pub request_hash: String,
}

/// A device as its user sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "UserDevice", example = json!({
    "id": "dev_0123456789abcdefghjkmnpqrs",
    "name": "Phone",
    "created": "2026-11-30T12:00:00Z",
}))]
pub struct UserDeviceView {
    /// The id, `dev_…`.
    pub id: String,
    /// The name by which the user tells it apart.
    pub name: String,
    /// When it was registered.
    #[schemars(with = "scrip_clock::DateTime")]
    pub created: Timestamp,
}

impl UserDeviceRecord {
    /// Whether its signatures count.
    pub fn is_active(&self) -> bool {
        self.status == ACTIVE
    }

    /// As its user sees it.
    pub fn view(&self) -> Result<UserDeviceView, Failure> {
        Ok(UserDeviceView {
            id: self.id.clone(),
            name: self.name.clone(),
            created: Timestamp::from_millisecond(self.created).map_err(Failure::broken)?,
        })
    }
}

/// The key of a user's device.
pub fn user_device_key(user: &str, device: &str) -> Key {
    Key::new(format!("USER#{}", user_in_key(user)), format!("DEVICE#{device}"))
}

impl Directory {
    /// Registers a user's device and counts it, together.
    pub async fn register_user_device(
        &self,
        user: &str,
        new: NewUserDevice,
        origin: &Origin,
    ) -> Result<Created<UserDeviceRecord>, Failure> {
        let record = UserDeviceRecord {
            id: origin.id("dev_"),
            user: user.to_owned(),
            name: new.name,
            public_key: new.public_key,
            status: ACTIVE.to_owned(),
            created: self.clock.now().as_millisecond(),
            request_hash: origin.fingerprint.as_str().to_owned(),
        };
        let counter = Key::new(format!("USER#{}", user_in_key(user)), "DEVICES");
        let count = Write::update(&self.table, counter, "SET devices = if_not_exists(devices, :none) + :one")
            .when("attribute_not_exists(devices) OR devices < :most")
            .value(":none", 0)
            .value(":one", 1)
            .value(":most", MAX_USER_DEVICES);
        let mut transaction = Transaction::new();
        transaction.create(&self.table, encode(&user_device_key(user, &record.id), &record)?);
        transaction.require(count, |_| {
            Refusal::new(Code::LimitExceeded, format!("A user has at most {MAX_USER_DEVICES} devices."))
        });
        self.create(transaction, record, origin).await
    }
}
