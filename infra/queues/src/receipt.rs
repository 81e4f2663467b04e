//! Receipt handles: which message, and which receive of it.

use data_encoding::BASE64URL_NOPAD;

/// Holds until the message is received again, which gives it another nonce.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Receipt {
    pub(crate) sequence: i64,
    pub(crate) nonce: String,
}

impl Receipt {
    pub(crate) fn new(sequence: i64) -> Self {
        Self { sequence, nonce: format!("{:032x}", rand::random::<u128>()) }
    }

    pub(crate) fn handle(&self) -> String {
        BASE64URL_NOPAD.encode(format!("{}:{}", self.sequence, self.nonce).as_bytes())
    }

    pub(crate) fn parse(handle: &str) -> Option<Self> {
        let text = String::from_utf8(BASE64URL_NOPAD.decode(handle.as_bytes()).ok()?).ok()?;
        let (sequence, nonce) = text.split_once(':')?;
        let is_nonce = nonce.len() == 32 && nonce.bytes().all(|b| b.is_ascii_hexdigit());
        is_nonce.then_some(Self { sequence: sequence.parse().ok()?, nonce: nonce.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_read_back_and_never_repeats() {
        let receipt = Receipt::new(7);
        assert_eq!(Receipt::parse(&receipt.handle()), Some(receipt.clone()));
        assert_ne!(Receipt::new(7), receipt);
    }

    #[test]
    fn what_is_no_handle_is_refused() {
        for text in ["", "x", "!!!", &BASE64URL_NOPAD.encode(b"7"), &BASE64URL_NOPAD.encode(b"7:zz")] {
            assert_eq!(Receipt::parse(text), None, "{text}");
        }
    }
}
