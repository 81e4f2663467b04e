//! Merchants' devices: terminals, points of sale and servers that sign their own tokens.

use crate::directory::ACTIVE;
use crate::{Directory, MerchantRecord, PublicKey};
use schemars::JsonSchema;
use scrip_clock::Timestamp;
use scrip_identity::{DeviceKind, Jwk};
use scrip_money::Currency;
use scrip_refusal::Failure;
use scrip_store::{Created, Key, Origin, Transaction, encode};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// A device that is to be registered.
#[derive(Clone, Debug)]
pub struct NewMerchantDevice {
    /// What it is.
    pub kind: DeviceKind,
    /// What it is called.
    pub name: String,
    /// The store it stands in.
    pub store: String,
    /// The key that verifies its tokens.
    pub public_key: Jwk,
}

/// The stored device: all that proving who calls needs, so that one read is enough.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MerchantDeviceRecord {
    /// The id, `dev_…`.
    pub id: String,
    /// The merchant, `mch_…`.
    pub merchant: String,
    /// What it is.
    pub kind: DeviceKind,
    /// What it is called.
    pub name: String,
    /// The store it stands in.
    pub store: String,
    /// The merchant's currency.
    pub currency: Currency,
    /// The key that verifies its tokens.
    pub public_key: Jwk,
    /// `active`.
    pub status: String,
    /// When it was registered, in milliseconds since the epoch.
    pub created: i64,
    /// The hash of the request.
    pub request_hash: String,
}

/// A device as the merchant's owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "MerchantDevice", example = json!({
    "id": "dev_0123456789abcdefghjkmnpqrs",
    "merchant": "mch_0123456789abcdefghjkmnpqrs",
    "kind": "terminal",
    "name": "Counter",
    "store": "s1",
    "public_key": { "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" },
    "created": "2026-11-30T12:00:00Z",
}))]
pub struct MerchantDeviceView {
    /// The id, `dev_…`.
    pub id: String,
    /// The merchant, `mch_…`.
    pub merchant: String,
    /// What it is.
    pub kind: DeviceKind,
    /// The name by which its owner tells it apart.
    pub name: String,
    /// The merchant's own name of the store in which it stands.
    pub store: String,
    /// The key that verifies its tokens.
    #[schemars(with = "PublicKey")]
    pub public_key: Jwk,
    /// When it was registered.
    #[schemars(with = "scrip_clock::DateTime")]
    pub created: Timestamp,
}

impl MerchantDeviceRecord {
    /// Whether its tokens count.
    pub fn is_active(&self) -> bool {
        self.status == ACTIVE
    }

    /// As the merchant's owner sees it.
    pub fn view(&self) -> Result<MerchantDeviceView, Failure> {
        Ok(MerchantDeviceView {
            id: self.id.clone(),
            merchant: self.merchant.clone(),
            kind: self.kind,
            name: self.name.clone(),
            store: self.store.clone(),
            public_key: self.public_key.clone(),
            created: Timestamp::from_millisecond(self.created).map_err(Failure::broken)?,
        })
    }
}

/// The key of a merchant's device. It does not name the merchant: a token names the device alone.
pub fn merchant_device_key(device: &str) -> Key {
    Key::new(format!("DEVICE#{device}"), "DEVICE")
}

impl Directory {
    /// Registers a device of a merchant whose owner asks.
    pub async fn register_merchant_device(
        &self,
        merchant: &MerchantRecord,
        new: NewMerchantDevice,
        origin: &Origin,
    ) -> Result<Created<MerchantDeviceRecord>, Failure> {
        let record = MerchantDeviceRecord {
            id: origin.id("dev_"),
            merchant: merchant.id.clone(),
            kind: new.kind,
            name: new.name,
            store: new.store,
            currency: merchant.currency,
            public_key: new.public_key,
            status: ACTIVE.to_owned(),
            created: self.clock.now().as_millisecond(),
            request_hash: origin.fingerprint.as_str().to_owned(),
        };
        let mut transaction = Transaction::new();
        transaction.create(&self.table, encode(&merchant_device_key(&record.id), &record)?);
        self.create(transaction, record, origin).await
    }

    /// A merchant's device, if it exists. A user's own device is none.
    pub async fn merchant_device(&self, device: &str) -> Result<Option<MerchantDeviceRecord>, Failure> {
        self.read(&merchant_device_key(device)).await
    }
}
