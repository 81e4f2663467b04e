//! `scrip code`: the code that a phone shows at a terminal or a point of sale.

use crate::till::time;
use crate::{address::Address, answer};
use anyhow::{anyhow, bail};
use clap::Args;
use scrip_clock::Timestamp;
use scrip_identity::PresentationKey;
use scrip_secure_code::{Alias, MIN_STATIC_CODE_DIGITS, StaticCode, Totp, TotpAlgorithm, TotpSecret};

/// Whose code, and where.
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["key", "totp_secret", "fixed"]))]
pub(crate) struct Code {
    /// The bill's `presentation_key`, as its opening answered it: the 8 digits for a terminal
    #[arg(long)]
    key: Option<String>,
    /// The secret of an offline authorization, base64url or base32: the 8 digits for a point of sale
    #[arg(long)]
    totp_secret: Option<String>,
    /// With --totp-secret: the authorization's alias, for the 18 digits that a point of sale scans
    #[arg(long, requires = "totp_secret", value_parser = alias)]
    alias: Option<Alias>,
    /// Make a new static code for an offline authorization
    #[arg(long = "static")]
    fixed: bool,
    /// With --static: how many digits, 12 to 24
    #[arg(long, requires = "fixed", default_value_t = MIN_STATIC_CODE_DIGITS + 4)]
    digits: usize,
    /// The time, RFC 3339 [default: the platform's, or this machine's where none answers]
    #[arg(long, value_parser = time)]
    at: Option<Timestamp>,
    #[command(flatten)]
    address: Address,
}

impl Code {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        if self.fixed {
            return answer(StaticCode::generate(self.digits).as_str());
        }
        let at = match self.at {
            Some(at) => at,
            None => self.address.now().await,
        };
        answer(&self.code(at)?)
    }

    fn code(&self, at: Timestamp) -> anyhow::Result<String> {
        if let Some(key) = &self.key {
            let key = key.trim().parse::<PresentationKey>();
            let key = key.map_err(|_| anyhow!("--key is not a bill's presentation_key (43 characters)"))?;
            return Ok(key.code_at(at));
        }
        let Some(secret) = &self.totp_secret else { bail!("name --key, --totp-secret or --static") };
        let secret = TotpSecret::parse(secret.trim()).map_err(|why| anyhow!("--totp-secret: {why}"))?;
        let totp = Totp::new(secret, TotpAlgorithm::default());
        Ok(match self.alias {
            Some(alias) => totp.presentation_at(alias, at).to_string(),
            None => totp.code_at(at).as_str().to_owned(),
        })
    }
}

fn alias(text: &str) -> Result<Alias, String> {
    Alias::parse(text).map_err(|_| "not 9 digits".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        code: Code,
    }

    fn code(arguments: &[&str], second: i64) -> anyhow::Result<String> {
        let line = Line::try_parse_from([&["code"], arguments].concat())?;
        line.code.code(Timestamp::from_second(second)?)
    }

    /// The secret and codes of RFC 6238 appendix B for SHA-256.
    const SECRET: &str = "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI";

    #[test]
    fn bills_and_authorizations_have_codes_of_rfc_6238() {
        assert_eq!(code(&["--key", SECRET], 59).unwrap(), "46119246");
        assert_eq!(code(&["--totp-secret", SECRET], 59).unwrap(), "46119246");
    }

    #[test]
    fn a_code_with_an_alias_is_what_a_scanner_reads() {
        let shown = code(&["--totp-secret", SECRET, "--alias", "012345678"], 59).unwrap();
        let read = scrip_secure_code::Presentation::parse(&shown).unwrap();
        assert_eq!((read.alias().to_string().as_str(), read.code().as_str()), ("012345678", "46119246"));
    }

    #[test]
    fn a_code_is_asked_for_in_one_of_three_ways_and_mistakes_are_told() {
        for arguments in
            [&[][..], &["--key", SECRET, "--static"], &["--alias", "012345678"], &["--digits", "13"]]
        {
            assert!(Line::try_parse_from([&["code"], arguments].concat()).is_err(), "{arguments:?}");
        }
        assert!(code(&["--key", "x"], 0).unwrap_err().to_string().starts_with("--key is not"));
        assert!(code(&["--totp-secret", "x"], 0).unwrap_err().to_string().starts_with("--totp-secret: "));
    }
}
