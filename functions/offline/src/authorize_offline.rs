//! A user authorizes payments that are made later without a connection.

use schemars::JsonSchema;
use scrip_clock::{Period, PeriodWithin};
use scrip_fields::schema::Digits;
use scrip_fields::{invalid, refuse_card_number};
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_identity::Pin;
use scrip_ledger::{AccountId, unknown_account};
use scrip_money::Money;
use scrip_money::schema::{NonNegativeMoney, PositiveMoney};
use scrip_offline::limits::{MAX_POS_DEVICES, MAX_USES, MAX_VALID_SECONDS, MIN_VALID_SECONDS};
use scrip_offline::{AuthorizationView, NewAuthorization, NewCode, Offline, PerDay, Scheme};
use scrip_refusal::{Code, Refusal};
use scrip_secure_code::{
    MAX_SECRET_BYTES, MAX_STATIC_CODE_DIGITS, MIN_SECRET_BYTES, MIN_STATIC_CODE_DIGITS, StaticCode,
    StaticCodeError, TOTP_DIGITS, TOTP_STEP_SECONDS, Totp, TotpAlgorithm, TotpSecret,
};
use scrip_store::id_pattern;
use serde::Deserialize;
use serde_json::json;

pub(crate) fn operation() -> Operation {
    Operation::http("authorize-offline", "Authorize payments without a connection", authorize_offline)
        .description(
            "At most five can be used at the same time. The code or secret is never shown again. With \
             `reserve`, the limit is set aside in the account until the authorization ends.",
        )
        .callers(&[Caller::User])
        .refuses(&[
            Code::CardNumberRefused,
            Code::NotFound,
            Code::CurrencyMismatch,
            Code::LimitExceeded,
            Code::PinNotSet,
            Code::PinRefused,
            Code::PinLocked,
            Code::SecureCodeInUse,
            Code::AccountClosed,
            Code::InsufficientFunds,
        ])
        .request::<AuthorizeOffline>()
        .response::<AuthorizationView>(201)
        .budget(2, 10)
}

/// The shortest secret, in base64url.
const MIN_SECRET_CHARACTERS: usize = (MIN_SECRET_BYTES * 8).div_ceil(6);
/// The longest secret, in base32.
const MAX_SECRET_CHARACTERS: usize = (MAX_SECRET_BYTES * 8).div_ceil(5);

/// What a user asks to be able to pay without a connection.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({
    "account": "acct_u0123456789abcdefghjkmnpqrs",
    "pin": "493817",
    "secure_code": { "scheme": "totp", "secret": "c2NyaXAtZXhhbXBsZS1zZWNyZXQtb2YtMzItYnl0ZXM" },
    "limit": { "amount": 5_000, "currency": "CNY" },
    "per_transaction_limit": { "amount": 2_000, "currency": "CNY" },
    "uses": 3,
    "valid_for": "P1D",
}))]
pub(crate) struct AuthorizeOffline {
    /// The account that will pay.
    #[schemars(pattern(AccountId::pattern()))]
    account: String,
    /// The user's PIN, 6 digits.
    #[schemars(with = "Pin")]
    pin: String,
    /// The code that will pay.
    secure_code: CodeToKeep,
    /// What all payments may take.
    #[schemars(with = "PositiveMoney")]
    limit: Money,
    /// What one payment may take: at most the limit.
    #[schemars(with = "PositiveMoney")]
    per_transaction_limit: Money,
    /// How many payments it allows, 1 to 50.
    #[schemars(range(min = 1, max = MAX_USES))]
    uses: i64,
    /// For how long, PT1M to P7D.
    #[schemars(with = "PeriodWithin<MIN_VALID_SECONDS, MAX_VALID_SECONDS>")]
    valid_for: Period,
    /// What a UTC day may take.
    per_day: Option<PerDay>,
    /// Amounts above this need the PIN at the point of sale, too.
    #[schemars(with = "Option<NonNegativeMoney>")]
    pin_above: Option<Money>,
    /// The points of sale at which it counts, 1 to 10; all if not said.
    #[schemars(length(min = 1, max = MAX_POS_DEVICES), inner(pattern(id_pattern("dev_"))))]
    pos: Option<Vec<String>>,
    /// Whether the limit is reserved in the account until then; if not said, it is not.
    reserve: Option<bool>,
}

/// A code that the user chose, or the secret of an authenticator.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewSecureCode")]
struct CodeToKeep {
    /// What kind of code it is.
    scheme: Scheme,
    /// With scheme `static`: 12 to 24 digits that do not look like a card number.
    #[schemars(with = "Option<Digits<MIN_STATIC_CODE_DIGITS, MAX_STATIC_CODE_DIGITS>>")]
    code: Option<String>,
    /// With scheme `totp`: 16 to 64 bytes in base64url or base32, without padding.
    #[schemars(
        length(min = MIN_SECRET_CHARACTERS, max = MAX_SECRET_CHARACTERS),
        pattern("^[A-Za-z0-9_-]+$")
    )]
    secret: Option<String>,
    /// With scheme `totp`: the hash; SHA256 if not said.
    algorithm: Option<Hash>,
    /// With scheme `totp`: 8.
    #[schemars(range(min = TOTP_DIGITS, max = TOTP_DIGITS))]
    digits: Option<usize>,
    /// With scheme `totp`: 30 seconds.
    #[schemars(range(min = TOTP_STEP_SECONDS, max = TOTP_STEP_SECONDS))]
    period: Option<u64>,
}

/// The hash of time-based codes.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[schemars(rename = "TotpHash")]
enum Hash {
    /// As authenticator apps assume.
    Sha1,
    /// The default.
    Sha256,
    /// The longest.
    Sha512,
}

pub(crate) async fn authorize_offline(offline: Offline, call: Call) -> Answer {
    let user = call.user()?;
    // Neither code nor PIN is to be guessed from the hash that is stored of the request.
    let origin = call.origin_by(&offline.keyring()?.request_keys("authorize-offline"))?;
    let wanted = call.body::<AuthorizeOffline>()?.into_terms()?;

    let granted = offline.authorize(&user.id, &wanted, &origin, call.request_id()).await?;

    Ok(Reply::created(&granted.value)?.replayed(granted.replayed))
}

impl AuthorizeOffline {
    fn into_terms(self) -> Result<NewAuthorization, Refusal> {
        refuse_card_number(&self.account, "/account")?;
        let pin = Pin::parse(&self.pin).map_err(|error| invalid("/pin", error.to_string()))?;
        if self.pos.as_ref().is_some_and(Vec::is_empty) {
            return Err(Refusal::field("/pos", Code::OutOfRange, "at least one device, or leave it out"));
        }
        Ok(NewAuthorization {
            code: self.secure_code.into_code()?,
            account: AccountId::parse(&self.account).ok_or_else(|| unknown_account("/account"))?,
            pin,
            limit: self.limit,
            per_transaction_limit: self.per_transaction_limit,
            uses: self.uses,
            valid_for: self.valid_for,
            per_day: self.per_day,
            pin_above: self.pin_above,
            pos: self.pos.unwrap_or_default(),
            reserve: self.reserve.unwrap_or_default(),
        })
    }
}

impl CodeToKeep {
    fn into_code(self) -> Result<NewCode, Refusal> {
        let at = |field: &str| format!("/secure_code/{field}");
        let missing = |field: &str| {
            Refusal::field(at(field), Code::MissingField, "a code of this scheme needs this field")
        };
        match self.scheme {
            Scheme::Static => {
                for (is_there, field) in [
                    (self.secret.is_some(), "secret"),
                    (self.algorithm.is_some(), "algorithm"),
                    (self.digits.is_some(), "digits"),
                    (self.period.is_some(), "period"),
                ] {
                    refuse(is_there, &at(field))?;
                }
                let code = StaticCode::parse(&self.code.ok_or_else(|| missing("code"))?);
                code.map(NewCode::Static).map_err(|error| match error {
                    StaticCodeError::NotDigits => invalid(at("code"), error.to_string()),
                    StaticCodeError::LooksLikeACard => {
                        let detail = "Scrip never takes what looks like a card number; choose other digits";
                        Refusal::field(at("code"), Code::CardNumberRefused, detail)
                    }
                })
            }
            Scheme::Totp => {
                refuse(self.code.is_some(), &at("code"))?;
                if self.digits.is_some_and(|digits| digits != TOTP_DIGITS) {
                    return Err(Refusal::field(at("digits"), Code::OutOfRange, TOTP_DIGITS.to_string()));
                }
                if self.period.is_some_and(|period| period != TOTP_STEP_SECONDS) {
                    return Err(Refusal::field(
                        at("period"),
                        Code::OutOfRange,
                        TOTP_STEP_SECONDS.to_string(),
                    ));
                }
                let secret = TotpSecret::parse(&self.secret.ok_or_else(|| missing("secret"))?);
                let secret = secret.map_err(|error| invalid(at("secret"), error.to_string()))?;
                let algorithm = self.algorithm.map(TotpAlgorithm::from).unwrap_or_default();
                Ok(NewCode::Totp(Totp::new(secret, algorithm)))
            }
        }
    }
}

impl From<Hash> for TotpAlgorithm {
    fn from(hash: Hash) -> Self {
        match hash {
            Hash::Sha1 => Self::Sha1,
            Hash::Sha256 => Self::Sha256,
            Hash::Sha512 => Self::Sha512,
        }
    }
}

fn refuse(is_there: bool, pointer: &str) -> Result<(), Refusal> {
    if is_there {
        return Err(Refusal::field(pointer, Code::UnknownField, "this scheme does not take this field"));
    }
    Ok(())
}
