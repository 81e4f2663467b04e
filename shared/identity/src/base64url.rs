//! Base64url without padding (RFC 4648 section 5, RFC 7515 appendix C). Padding and stray bits are refused,
//! so that bytes have one text only.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Decodes exactly 32 bytes: a SHA-256 digest, an HMAC key, a curve coordinate or a private scalar.
pub(crate) fn decode_32(text: &str) -> Option<[u8; 32]> {
    decode(text)?.try_into().ok()
}
