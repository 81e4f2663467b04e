//! Who is who: merchants, their operators and devices, users' own devices and PINs, and what each is told.
//!
//! Every record has one item, whose key says what it is; all reads are by key.

mod contact;
mod directory;
mod hashing;
mod memberships;
mod merchant;
mod merchant_device;
mod notification;
mod operator;
mod pin;
mod public_key;
mod set_pin;
mod user_device;
mod webhook_key;

pub use contact::{ContactRecord, ContactStatus, ContactView, contact_key};
pub use directory::Directory;
pub use memberships::{MAX_MEMBERSHIPS, Membership, MembershipView, MembershipsRecord, memberships_key};
pub use merchant::{MerchantRecord, MerchantView, NewMerchant, merchant_key};
pub use merchant_device::{MerchantDeviceRecord, MerchantDeviceView, NewMerchantDevice, merchant_device_key};
pub use notification::{NOTIFICATION_KEPT_DAYS, NotificationView, Recipient};
pub use operator::{NewOperator, OperatorRecord, OperatorView, operator_key};
pub use pin::{PIN_ATTEMPTS, PIN_LOCK_MINUTES, PinRecord, PinVerdict, RefusedPin, pin_contended, pin_key};
pub use public_key::PublicKey;
pub use set_pin::PinChange;
pub use user_device::{MAX_USER_DEVICES, NewUserDevice, UserDeviceRecord, UserDeviceView, user_device_key};
pub use webhook_key::{
    MAX_WEBHOOK_KEYS, MAX_WEBHOOK_KEYS_KEPT, WEBHOOK_KEY_PREFIX, WebhookKeyKind, WebhookKeyRecord,
    WebhookKeyView,
};
