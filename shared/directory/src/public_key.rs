//! How the API's description shows a public key; [`scrip_identity::Jwk`] reads and checks it.

use schemars::JsonSchema;
use scrip_fields::schema::Base64Url;

/// A public key as a JSON Web Key (RFC 7517): `OKP` with `Ed25519` and `x`, or `EC` with `P-256`, `x` and `y`.
#[derive(Clone, Debug, JsonSchema)]
pub struct PublicKey {
    /// `OKP` or `EC`.
    #[schemars(extend("enum" = ["OKP", "EC"]))]
    pub kty: String,
    /// `Ed25519` or `P-256`.
    #[schemars(extend("enum" = ["Ed25519", "P-256"]))]
    pub crv: String,
    /// A coordinate: 32 bytes in base64url without padding.
    #[schemars(with = "Base64Url<32>")]
    pub x: String,
    /// The other one, for `EC` alone.
    #[schemars(with = "Option<Base64Url<32>>")]
    pub y: Option<String>,
}
