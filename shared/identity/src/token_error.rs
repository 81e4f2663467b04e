//! Why a token proves nothing.

use std::fmt;

/// Why a token is refused, for the log: it holds nothing of the token. The caller is told no more than that
/// the token does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenError {
    /// It is longer than 8 KiB.
    TooLong,
    /// It is not a compact JWS with a JSON header and JSON claims; the text names the part.
    Malformed(&'static str),
    /// Its `alg` is none of those accepted. `none` and the HMAC algorithms never are.
    AlgorithmNotAccepted,
    /// Its header makes extensions critical (RFC 7515 section 4.1.11); none is known here.
    CriticalExtension,
    /// Its `typ` or `token_use` is that of another kind of token.
    WrongType,
    /// No key has its `kid`, or it has none and there is more than one key for its `alg`.
    UnknownKey,
    /// Its `alg` is not that of the key it names.
    AlgorithmNotOfKey,
    /// The signature is not the key's over this header and these claims.
    BadSignature,
    /// `iss` is someone else.
    WrongIssuer,
    /// Neither `aud` nor, where there is none, `client_id` names us.
    WrongAudience,
    /// `exp` is past.
    Expired,
    /// `nbf` or `iat` is in the future.
    NotYetValid,
    /// From `iat` to `exp` is not a time of 1 to 60 seconds.
    LifetimeNotAllowed,
    /// `sub` is not 1 to 255 visible ASCII characters.
    InvalidSubject,
    /// The issuer's keys could not be read: the token may be good. The caller should come again.
    KeysUnavailable(String),
}

impl TokenError {
    /// Whether the same token may be accepted later, since the fault is not its own.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::KeysUnavailable(_))
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "longer than 8 KiB",
            Self::Malformed(part) => return write!(f, "malformed {part}"),
            Self::AlgorithmNotAccepted => "alg is not accepted",
            Self::CriticalExtension => "crit names unknown extensions",
            Self::WrongType => "typ or token_use is that of another kind of token",
            Self::UnknownKey => "no single key fits kid and alg",
            Self::AlgorithmNotOfKey => "alg is not that of the key",
            Self::BadSignature => "the signature does not verify",
            Self::WrongIssuer => "iss is someone else",
            Self::WrongAudience => "neither aud nor client_id names us",
            Self::Expired => "exp is past",
            Self::NotYetValid => "nbf or iat is in the future",
            Self::LifetimeNotAllowed => "exp is not 1 to 60 seconds after iat",
            Self::InvalidSubject => "sub is not a user id",
            Self::KeysUnavailable(why) => return write!(f, "the issuer's keys are unavailable: {why}"),
        })
    }
}

impl std::error::Error for TokenError {}
