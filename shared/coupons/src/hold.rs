//! The code of a coupon, for who may use it now.

use crate::code::CouponCode;
use crate::coupon::{CouponRecord, Place};
use crate::coupons::Coupons;
use schemars::JsonSchema;
use scrip_clock::Timestamp;
use scrip_refusal::{Code, Failure, Refusal};
use serde::Serialize;
use serde_json::json;

/// What is shown to use a coupon.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "CouponCode", example = json!({
    "code": "204615873493827164",
    "qr": "scrip:coupon:204615873493827164",
    "valid_until": "2026-11-30T12:01:00Z",
}))]
pub struct CodeView {
    /// 18 digits.
    pub code: String,
    /// The text of a QR code that stands for the same.
    pub qr: String,
    /// Until when this is the code to show. It is accepted for a minute more.
    #[schemars(with = "scrip_clock::DateTime")]
    pub valid_until: Timestamp,
}

impl Coupons {
    /// The code to show now.
    ///
    /// # Errors
    /// `not-found`, also once the two are no contacts any more; `revoked`, `already-redeemed`, `expired`,
    /// `coupon-pooled`.
    pub async fn code(&self, id: &str, user: &str) -> Result<CodeView, Failure> {
        let coupon = self.visible_coupon(id, user).await?;
        let now = self.now();
        check(&coupon, now)?;
        let keyring = self.keyring()?;
        let code = match (coupon.place, coupon.reserved(now)) {
            (Place::Held, _) => CouponCode::of_holder(&coupon, keyring, now),
            (_, Some(reservation)) if reservation.user == user => {
                CouponCode::of_reserver(&coupon, reservation, keyring, now)
            }
            _ => {
                let detail = "Withdraw the coupon from the pool to use it yourself.";
                return Err(Refusal::new(Code::CouponPooled, detail).into());
            }
        };
        Ok(CodeView { code: code.to_string(), qr: code.qr(), valid_until: CouponCode::shown_until(now) })
    }
}

fn check(coupon: &CouponRecord, now: Timestamp) -> Result<(), Refusal> {
    match coupon.place {
        Place::Revoked => Err(Refusal::new(Code::Revoked, "The coupon was taken back.")),
        Place::Redeemed => Err(Refusal::new(Code::AlreadyRedeemed, "The coupon was used.")),
        _ if now.as_millisecond() >= coupon.terms.valid_until => {
            Err(Refusal::new(Code::Expired, "The coupon's time is over."))
        }
        _ => Ok(()),
    }
}
