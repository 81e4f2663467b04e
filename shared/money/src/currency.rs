//! Currencies by their ISO 4217 code.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use scrip_refusal::{Code, Failure, Refusal};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use std::{borrow::Cow, fmt, str::FromStr};

macro_rules! currencies {
    ($($code:ident $exponent:literal,)+) => {
        /// An active currency or fund of ISO 4217 that has a minor unit, or [`Currency::XXX`], none. It orders as its
        /// code does, with none last, and is a string, such as `"CNY"`, wherever it is written. None is read from
        /// what is stored alone, by [`stored_currency`]: whoever asks must name money.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "&'static str")]
        pub enum Currency {
            $(#[doc = concat!("`", stringify!($code), "`, with ", $exponent, " decimal places.")] $code,)+
            /// ISO 4217's code where no currency is involved: units such as points and coupons, which are no money.
            XXX,
        }

        impl Currency {
            /// Every currency that is money, in the order of the codes.
            pub const ACTIVE: &[Self] = &[$(Self::$code,)+];

            /// The three capital letters of ISO 4217.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$code => stringify!($code),)+ Self::XXX => "XXX" }
            }

            /// How many decimal places the minor unit has: 2 for CNY, 0 for JPY, 3 for KWD.
            pub const fn exponent(self) -> u32 {
                match self { $(Self::$code => $exponent,)+ Self::XXX => 0 }
            }

            /// Whether amounts of it are money.
            pub const fn is_money(self) -> bool {
                !matches!(self, Self::XXX)
            }
        }
    };
}

// Source: ISO 4217 list one, published 2026-01-01 by SIX, the standard's maintenance agency. Its codes without a
// minor unit (metals, bond market units, SDR, SUCRE, ADB unit of account, testing, no currency) are left out.
currencies! {
    AED 2, AFN 2, ALL 2, AMD 2, AOA 2, ARS 2, AUD 2, AWG 2, AZN 2, BAM 2, BBD 2, BDT 2, BHD 3, BIF 0, BMD 2,
    BND 2, BOB 2, BOV 2, BRL 2, BSD 2, BTN 2, BWP 2, BYN 2, BZD 2, CAD 2, CDF 2, CHE 2, CHF 2, CHW 2, CLF 4,
    CLP 0, CNY 2, COP 2, COU 2, CRC 2, CUP 2, CVE 2, CZK 2, DJF 0, DKK 2, DOP 2, DZD 2, EGP 2, ERN 2, ETB 2,
    EUR 2, FJD 2, FKP 2, GBP 2, GEL 2, GHS 2, GIP 2, GMD 2, GNF 0, GTQ 2, GYD 2, HKD 2, HNL 2, HTG 2, HUF 2,
    IDR 2, ILS 2, INR 2, IQD 3, IRR 2, ISK 0, JMD 2, JOD 3, JPY 0, KES 2, KGS 2, KHR 2, KMF 0, KPW 2, KRW 0,
    KWD 3, KYD 2, KZT 2, LAK 2, LBP 2, LKR 2, LRD 2, LSL 2, LYD 3, MAD 2, MDL 2, MGA 2, MKD 2, MMK 2, MNT 2,
    MOP 2, MRU 2, MUR 2, MVR 2, MWK 2, MXN 2, MXV 2, MYR 2, MZN 2, NAD 2, NGN 2, NIO 2, NOK 2, NPR 2, NZD 2,
    OMR 3, PAB 2, PEN 2, PGK 2, PHP 2, PKR 2, PLN 2, PYG 0, QAR 2, RON 2, RSD 2, RUB 2, RWF 0, SAR 2, SBD 2,
    SCR 2, SDG 2, SEK 2, SGD 2, SHP 2, SLE 2, SOS 2, SRD 2, SSP 2, STN 2, SVC 2, SYP 2, SZL 2, THB 2, TJS 2,
    TMT 2, TND 3, TOP 2, TRY 2, TTD 2, TWD 2, TZS 2, UAH 2, UGX 0, USD 2, USN 2, UYI 0, UYU 2, UYW 4, UZS 2,
    VED 2, VES 2, VND 0, VUV 0, WST 2, XAD 2, XAF 0, XCD 2, XCG 2, XOF 0, XPF 0, YER 2, ZAR 2, ZMW 2, ZWG 2,
}

/// The text is not the code of an active currency that has a minor unit. Shown as a refusal is, code first, so that
/// the code survives where only a text is passed on, as by a deserializer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownCurrency;

impl UnknownCurrency {
    const DETAIL: &str = "Expected the code of an active ISO 4217 currency in capital letters, such as CNY.";
}

impl fmt::Display for UnknownCurrency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", Code::UnknownCurrency, Self::DETAIL)
    }
}

impl std::error::Error for UnknownCurrency {}

impl From<UnknownCurrency> for Refusal {
    fn from(_: UnknownCurrency) -> Self {
        Self::new(Code::UnknownCurrency, UnknownCurrency::DETAIL)
    }
}

impl From<UnknownCurrency> for Failure {
    fn from(error: UnknownCurrency) -> Self {
        Refusal::from(error).into()
    }
}

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let at = Self::ACTIVE
            .binary_search_by(|currency| currency.code().cmp(text))
            .map_err(|_| UnknownCurrency)?;
        Self::ACTIVE.get(at).copied().ok_or(UnknownCurrency)
    }
}

impl TryFrom<String> for Currency {
    type Error = UnknownCurrency;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// Reads the currency of a stored record, which may count units that are no money:
/// `#[serde(deserialize_with = "scrip_money::stored_currency")]`.
///
/// # Errors
/// The text is neither the code of an active currency nor `XXX`.
pub fn stored_currency<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Currency, D::Error> {
    let code = String::deserialize(deserializer)?;
    if code == Currency::XXX.code() { Ok(Currency::XXX) } else { code.parse().map_err(Error::custom) }
}

impl From<Currency> for &'static str {
    fn from(currency: Currency) -> Self {
        currency.code()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl JsonSchema for Currency {
    fn schema_name() -> Cow<'static, str> {
        "Currency".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let codes: Vec<&str> = Self::ACTIVE.iter().map(|currency| currency.code()).collect();
        json_schema!({ "type": "string", "description": "ISO 4217 currency code.", "enum": codes })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(crate) fn any_currency() -> impl Strategy<Value = Currency> {
        prop::sample::select(Currency::ACTIVE)
    }

    #[test]
    fn codes_are_sorted_unique_capitals_and_round_trip() {
        assert!(Currency::ACTIVE.is_sorted_by(|a, b| a.code() < b.code() && a < b));
        for currency in Currency::ACTIVE {
            assert!(
                currency.code().len() == 3 && currency.code().bytes().all(|b| b.is_ascii_uppercase()),
                "{currency}"
            );
            assert_eq!(currency.to_string().parse(), Ok(*currency));
            let json = serde_json::to_value(currency).unwrap();
            assert_eq!(json, currency.code());
            assert_eq!(serde_json::from_value::<Currency>(json).unwrap(), *currency);
        }
    }

    #[test]
    fn exponents_are_those_of_the_standard() {
        let of =
            |exponent| Currency::ACTIVE.iter().filter(move |c| c.exponent() == exponent).map(|c| c.code());
        let listed = |exponent| of(exponent).collect::<Vec<_>>().join(" ");
        assert_eq!(listed(0), "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF");
        assert_eq!(listed(3), "BHD IQD JOD KWD LYD OMR TND");
        assert_eq!(listed(4), "CLF UYW");
        assert_eq!(of(2).count() + 17 + 7 + 2, Currency::ACTIVE.len());
    }

    #[test]
    fn what_is_not_an_active_code_is_refused() {
        for text in ["", "cny", "CNY ", "CN", "CNYY", "XAU", "XXX", "XTS", "DEM", "HRK", "ANG", "¥"] {
            assert_eq!(text.parse::<Currency>(), Err(UnknownCurrency), "{text}");
        }
        assert_eq!(Refusal::from(UnknownCurrency).code, Code::UnknownCurrency);
        assert_eq!(Failure::from(UnknownCurrency).code(), Some(Code::UnknownCurrency));
        let error = serde_json::from_str::<Currency>(r#""BTC""#).unwrap_err();
        assert!(error.to_string().starts_with("unknown-currency: "), "{error}");
    }

    #[test]
    fn none_is_stored_but_never_asked_for() {
        assert!(!Currency::XXX.is_money() && !Currency::ACTIVE.contains(&Currency::XXX));
        assert!(Currency::ACTIVE.iter().all(|currency| currency.is_money() && *currency < Currency::XXX));
        assert_eq!((Currency::XXX.code(), Currency::XXX.exponent()), ("XXX", 0));
        let json = serde_json::to_value(Currency::XXX).unwrap();
        assert_eq!(stored_currency(&json).unwrap(), Currency::XXX);
        assert_eq!(stored_currency(&serde_json::json!("CNY")).unwrap(), Currency::CNY);
        let unknown = serde_json::from_value::<Currency>(json).unwrap_err();
        assert!(unknown.to_string().starts_with("unknown-currency: "), "{unknown}");
        let money = serde_json::json!({ "amount": 1, "currency": "XXX" });
        assert!(serde_json::from_value::<crate::Money>(money).is_err());
        for text in ["xxx", "XTS", ""] {
            assert!(stored_currency(&serde_json::json!(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn the_schema_lists_the_codes() {
        let schema = schemars::schema_for!(Currency);
        let codes = schema.get("enum").and_then(|codes| codes.as_array()).unwrap();
        assert_eq!(codes.len(), Currency::ACTIVE.len());
        assert!(codes.contains(&"CNY".into()));
    }

    proptest! {
        #[test]
        fn any_text_is_an_active_code_or_unknown(text in "\\PC{0,4}|[A-Z]{3}") {
            match text.parse::<Currency>() {
                Ok(currency) => prop_assert_eq!(currency.code(), text),
                Err(UnknownCurrency) => prop_assert!(!Currency::ACTIVE.iter().any(|c| c.code() == text)),
            }
        }
    }
}
