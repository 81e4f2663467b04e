//! The codes, in order of precedence: when several apply, the one listed first is told.

use serde::{Serialize, Serializer};
use std::fmt;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident => $text:literal,)+) => {
        /// A stable kebab-case code. The order of the variants is their precedence.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Code {
            /// Every code, in order of precedence.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The code as it is sent.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// What the code means, in one sentence.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii(),)+ }
            }
        }
    };
}

codes! {
    /// No operation has this path.
    RouteNotFound => "route-not-found",
    /// The path exists, but not with this method.
    MethodNotAllowed => "method-not-allowed",
    /// The body is larger than 64 KiB.
    BodyTooLarge => "body-too-large",
    /// There is no proof of who calls, or it does not hold: expired, not yet valid, of another issuer or audience, unknown key.
    Unauthenticated => "unauthenticated",
    /// The token was signed for another body than the one sent.
    BodyHashMismatch => "body-hash-mismatch",
    /// Who calls is known, but this operation is for another role.
    WrongRole => "wrong-role",
    /// The Idempotency-Key header is missing from a POST.
    IdempotencyKeyMissing => "idempotency-key-missing",
    /// The Idempotency-Key is not 1 to 255 visible characters.
    IdempotencyKeyInvalid => "idempotency-key-invalid",
    /// The body is not JSON.
    MalformedJson => "malformed-json",
    /// One or more fields are wrong; `errors` lists them.
    InvalidRequest => "invalid-request",
    /// A field is not known to this operation.
    UnknownField => "unknown-field",
    /// A required field is missing.
    MissingField => "missing-field",
    /// A field has the wrong type or form.
    InvalidField => "invalid-field",
    /// A field is outside its limits.
    OutOfRange => "out-of-range",
    /// A list has too many elements.
    TooMany => "too-many",
    /// An amount is zero or negative where a positive one is needed.
    AmountNotPositive => "amount-not-positive",
    /// The currency is not an active ISO 4217 code that Scrip knows.
    UnknownCurrency => "unknown-currency",
    /// The page cursor is not one that this list handed out.
    InvalidCursor => "invalid-cursor",
    /// The value looks like a payment card number, which Scrip never holds.
    CardNumberRefused => "card-number-refused",
    /// The thing does not exist, or the caller must not know that it does.
    NotFound => "not-found",
    /// The key was used before for another request.
    IdempotencyKeyReused => "idempotency-key-reused",
    /// The point of sale used the order reference before, for another payer or amount.
    OrderReferenceReused => "order-reference-reused",
    /// Amounts of different currencies meet.
    CurrencyMismatch => "currency-mismatch",
    /// Payer and payee are the same account.
    SameAccount => "same-account",
    /// The account takes part in no more transfers.
    AccountClosed => "account-closed",
    /// The account has less available than is asked for.
    InsufficientFunds => "insufficient-funds",
    /// A balance or total would exceed the largest amount.
    AmountTooLarge => "amount-too-large",
    /// More is asked back than is left of the transfer.
    ReversalExceedsTransfer => "reversal-exceeds-transfer",
    /// Transfers of this kind can't be reversed here.
    NotReversible => "not-reversible",
    /// The user, device or item is named already, with other particulars.
    AlreadyExists => "already-exists",
    /// Only a mutual contact can be added to a group; `user` is not one.
    NotAContact => "not-a-contact",
    /// The caller holds as many of these as one may, or the authorization does not pay that much or that often.
    LimitExceeded => "limit-exceeded",
    /// The split names somebody who is not in the group; `user` is not.
    NotAMember => "not-a-member",
    /// The parts do not give the total; `left` is what is missing, negative for too much.
    SplitMismatch => "split-mismatch",
    /// The share of `user` would be nothing.
    ShareTooSmall => "share-too-small",
    /// Nobody asks the user for a share, or for the share of whom the payment names.
    NotAsked => "not-asked",
    /// The payment request is not open (any more); `current` tells its status.
    RequestNotOpen => "request-not-open",
    /// Nothing is due on the share; `current` tells how it was settled.
    ShareSettled => "share-settled",
    /// Those who have not paid were reminded a short time ago; Retry-After tells when they may be again.
    RemindedRecently => "reminded-recently",
    /// More is offered than is due on the share; `left` is what is.
    AmountAboveDue => "amount-above-due",
    /// The user has not set a PIN.
    PinNotSet => "pin-not-set",
    /// The secure code is unknown, wrong, used or expired, or does not count here.
    CodeNotAccepted => "code-not-accepted",
    /// An authorization of the user that can be used has the same secure code.
    SecureCodeInUse => "secure-code-in-use",
    /// The transaction was reversed before it arrived.
    Reversed => "reversed",
    /// The transaction occurred too long ago to be taken.
    TooLate => "too-late",
    /// The transaction has not occurred yet, by the clock of the wallet.
    TooEarly => "too-early",
    /// The amount needs the payer's PIN.
    PinRequired => "pin-required",
    /// The PIN is too easily guessed.
    PinTooWeak => "pin-too-weak",
    /// The PIN is wrong; `attempts_left` tells how many tries remain.
    PinRefused => "pin-refused",
    /// Too many wrong PINs; Retry-After tells when the next try is possible.
    PinLocked => "pin-locked",
    /// The bill is not open (any more); `current` tells its status.
    BillNotOpen => "bill-not-open",
    /// The bill is not awaiting verification; `current` tells its status.
    BillNotAwaitingVerification => "bill-not-awaiting-verification",
    /// The bill has no items, so there is nothing to verify.
    BillEmpty => "bill-empty",
    /// The bill has items, so it can't be cancelled.
    BillNotEmpty => "bill-not-empty",
    /// The coupon, or the reward it was, was taken back.
    Revoked => "revoked",
    /// The coupon was used before.
    AlreadyRedeemed => "already-redeemed",
    /// The coupon lies in a pool: its holder withdraws it, or a contact reserves it, before it can be used.
    CouponPooled => "coupon-pooled",
    /// A contact has reserved the coupon.
    CouponReserved => "coupon-reserved",
    /// The reservation has lapsed or was given up.
    ReservationLapsed => "reservation-lapsed",
    /// The time for which the bill was opened, or in which the coupon can be used, is over.
    Expired => "expired",
    /// The presentation code is wrong, expired or was used at this terminal before.
    PresentationCodeRefused => "presentation-code-refused",
    /// The items would lift the total above the bill's ceiling.
    CeilingExceeded => "ceiling-exceeded",
    /// The new ceiling is below what is on the bill.
    CeilingBelowTotal => "ceiling-below-total",
    /// The bill holds as many items or merchants as one may, or has seen as many additions.
    TooManyItems => "too-many-items",
    /// The time in which an item can be taken off again is over.
    RemovalWindowOver => "removal-window-over",
    /// The object has changed since the version named; `current` tells the version now.
    VersionStale => "version-stale",
    /// The item has nothing of which a user could be given more.
    NotGrantable => "not-grantable",
    /// The rule that was calculated with is no longer the item's; `current` holds the one that is.
    RuleVersionStale => "rule-version-stale",
    /// The second value is not the one that the rules give: `expected` is, and `steps` tell how it comes about.
    DeductionMismatch => "deduction-mismatch",
    /// The verification request was replaced by a later one or has expired.
    VerificationRequestStale => "verification-request-stale",
    /// The PIN or signature is wrong; `attempts_left` tells how many tries remain.
    VerificationFailed => "verification-failed",
    /// The coupon can't be used yet.
    NotYetValid => "not-yet-valid",
    /// The campaign has no coupon left.
    SoldOut => "sold-out",
    /// Coupons of this campaign can't be shared.
    NotShareable => "not-shareable",
    /// Who shared the coupon and who would use it are no longer contacts of each other.
    NotSharedWithYou => "not-shared-with-you",
    /// The coupon was shared by the same user who would use it, or who would be rewarded.
    SelfRedemption => "self-redemption",
    /// The coupon can't be used in this store.
    WrongStore => "wrong-store",
    /// What the coupon is worth depends on the order; name its total.
    OrderRequired => "order-required",
    /// The order comes to less than the coupon asks for.
    OrderBelowMinimum => "order-below-minimum",
    /// The benefit does not apply to this order.
    NotApplicable => "not-applicable",
    /// The campaign's budget is used up.
    BudgetExhausted => "budget-exhausted",
    /// Nothing was redeemed, so there is nothing to reverse; `current` tells its status.
    NotRedeemed => "not-redeemed",
    /// It was reversed before, by another request.
    AlreadyReversed => "already-reversed",
    /// The day on which it could be reversed is over.
    ReversalWindowOver => "reversal-window-over",
    /// The reward for this use was used itself, so the use can't be reversed.
    RewardUsed => "reward-used",
    /// The transaction was declined, so there is nothing to reverse; `current` tells its status.
    TransactionDeclined => "transaction-declined",
    /// The transaction was reversed before, by another request; `current` tells its status.
    TransactionReversed => "transaction-reversed",
    /// The merchant is paid, so the transaction can't be reversed any more; `current` tells its status.
    TransactionSettled => "transaction-settled",
    /// Too many requests; Retry-After tells when to come again.
    TooManyRequests => "too-many-requests",
    /// The store is busy, or did not answer in time; the same request may be sent again, and tells what became of it.
    Busy => "busy",
    /// A fault of ours; the request id finds it in the log.
    Internal => "internal",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn codes_are_unique_and_kebab_case() {
        let texts: HashSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(texts.len(), Code::ALL.len());
        for text in texts {
            assert!(text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{text}");
        }
    }

    #[test]
    fn every_code_says_what_it_means() {
        for code in Code::ALL {
            assert!(code.meaning().ends_with('.'), "{code}: {}", code.meaning());
        }
    }
}
