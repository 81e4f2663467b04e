//! Base64url without padding (RFC 4648 section 5, RFC 7515 appendix C). Padding and stray bits are refused,
//! so that bytes have one text only.

use data_encoding::BASE64URL_NOPAD;

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64URL_NOPAD.encode(bytes.as_ref())
}

pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    BASE64URL_NOPAD.decode(text.as_bytes()).ok()
}

/// Decodes exactly 32 bytes: a SHA-256 digest, an HMAC key, a curve coordinate or a private scalar.
pub(crate) fn decode_32(text: &str) -> Option<[u8; 32]> {
    decode(text)?.try_into().ok()
}
