//! Why a payment is declined: exactly, for the operator of the wallet. Devices are told less.

use scrip_refusal::Code;
use serde::{Deserialize, Serialize};

/// Why a payment is declined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeclineCause {
    /// The user has no codes, or there is no such user.
    UnknownUser,
    /// No authorization of this user has this code.
    WrongCode,
    /// Too many codes of this user were wrong: none is looked at.
    CodesLocked,
    /// Too many codes were wrong at this device: none is looked at.
    DeviceLocked,
    /// The authorization was not valid yet.
    NotYetValid,
    /// The authorization was not valid any more.
    Expired,
    /// The authorization does not count at this device.
    OtherDevice,
    /// This time-based code has paid before.
    CodeUsed,
    /// The authorization has no uses left.
    NoUsesLeft,
    /// The authorization is in another currency.
    CurrencyMismatch,
    /// The amount is above what one payment may take.
    TransactionLimit,
    /// The amount is above what is left of the authorization.
    TotalLimit,
    /// The authorization is used up for this day.
    DailyLimit,
    /// The amount needs a PIN, and none was typed.
    PinRequired,
    /// The user has no PIN.
    PinNotSet,
    /// The PIN is wrong.
    PinRefused,
    /// Too many wrong PINs were tried.
    PinLocked,
    /// The payer's account has less available.
    InsufficientFunds,
    /// The payer's account takes part in no more transfers.
    AccountClosed,
    /// The transaction was reversed before it arrived.
    Reversed,
    /// The transaction occurred too long ago.
    TooLate,
    /// The transaction has not occurred yet.
    TooEarly,
}

impl DeclineCause {
    /// What the device is told: all that would help to guess a code is the same.
    pub const fn reason(self) -> Code {
        match self {
            Self::UnknownUser
            | Self::WrongCode
            | Self::CodesLocked
            | Self::DeviceLocked
            | Self::NotYetValid
            | Self::Expired
            | Self::OtherDevice
            | Self::CodeUsed
            | Self::NoUsesLeft => Code::CodeNotAccepted,
            Self::CurrencyMismatch => Code::CurrencyMismatch,
            Self::TransactionLimit | Self::TotalLimit | Self::DailyLimit => Code::LimitExceeded,
            Self::PinRequired => Code::PinRequired,
            Self::PinNotSet => Code::PinNotSet,
            Self::PinRefused => Code::PinRefused,
            Self::PinLocked => Code::PinLocked,
            Self::InsufficientFunds => Code::InsufficientFunds,
            Self::AccountClosed => Code::AccountClosed,
            Self::Reversed => Code::Reversed,
            Self::TooLate => Code::TooLate,
            Self::TooEarly => Code::TooEarly,
        }
    }

    /// Whether it counts as a miss, and so towards the locks of the user's codes and of the device. A locked device locks
    /// nobody's codes.
    pub fn is_miss(self) -> bool {
        self.reason() == Code::CodeNotAccepted && self != Self::DeviceLocked
    }

    /// As it is stored and logged.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownUser => "unknown-user",
            Self::WrongCode => "wrong-code",
            Self::CodesLocked => "codes-locked",
            Self::DeviceLocked => "device-locked",
            Self::NotYetValid => "not-yet-valid",
            Self::Expired => "expired",
            Self::OtherDevice => "other-device",
            Self::CodeUsed => "code-used",
            Self::NoUsesLeft => "no-uses-left",
            Self::CurrencyMismatch => "currency-mismatch",
            Self::TransactionLimit => "transaction-limit",
            Self::TotalLimit => "total-limit",
            Self::DailyLimit => "daily-limit",
            Self::PinRequired => "pin-required",
            Self::PinNotSet => "pin-not-set",
            Self::PinRefused => "pin-refused",
            Self::PinLocked => "pin-locked",
            Self::InsufficientFunds => "insufficient-funds",
            Self::AccountClosed => "account-closed",
            Self::Reversed => "reversed",
            Self::TooLate => "too-late",
            Self::TooEarly => "too-early",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_logged_as_they_are_stored() {
        let told = [
            DeclineCause::UnknownUser,
            DeclineCause::WrongCode,
            DeclineCause::NoUsesLeft,
            DeclineCause::DeviceLocked,
            DeclineCause::TooEarly,
        ];
        for cause in told {
            assert_eq!(serde_json::to_value(cause).unwrap(), cause.as_str());
        }
    }
}
