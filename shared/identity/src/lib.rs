//! Proofs of who calls: user tokens, device tokens, presentation codes and PINs. It knows no trigger and no
//! store.

mod base64url;
mod device_kind;
mod device_token;
mod jwk;
mod jws;
mod key_set;
mod key_source;
mod keyring;
mod keyring_source;
mod master_secret;
mod pin;
mod presentation;
mod seal;
mod signing_key;
mod token_error;
mod user_token;

pub use device_kind::DeviceKind;
pub use device_token::{
    DEVICE_AUDIENCE, DEVICE_TOKEN_MAX_SECONDS, DeviceClaims, Kind, body_sha256, classify, peek_device,
    sign_device, verify_device,
};
pub use jwk::{Jwk, JwkError, verify_signature};
pub use key_set::{KeySet, KeySetError};
pub use key_source::{CachedKeys, KeySource, KeysUnavailable, StaticKeys};
pub use keyring::{Generation, Keyring, NotHeld};
pub use keyring_source::{KeyringSource, MASTER_SECRET_FRESH_MINUTES};
pub use master_secret::{MasterSecret, MasterSecretError};
pub use pin::{HashMemory, NotAPin, Pin, PinHashError};
pub use presentation::{PRESENTATION_STEP_SECONDS, PresentationKey, PresentationKeyError};
pub use scrip_secure_code::Step;
pub use seal::NotOpened;
pub use signing_key::{Algorithm, SigningKey, SigningKeyError};
pub use token_error::TokenError;
pub use user_token::{User, UserTokens};
