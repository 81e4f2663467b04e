//! Where operators sign in: what the deployment says of its issuer.

use scrip_capability::{Capability, Context, Environment};
use scrip_refusal::Failure;
use serde::Serialize;

/// What the page reads first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Configuration {
    /// What the environment is called, such as `prod`.
    pub(crate) environment: String,
    /// Where operators sign in, if the deployment says so.
    pub(crate) sign_in: Option<SignIn>,
}

/// An issuer with the authorization code flow and PKCE (RFC 6749 section 4.1, RFC 7636).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct SignIn {
    pub(crate) client_id: String,
    pub(crate) authorization_url: String,
    pub(crate) token_url: String,
    pub(crate) scope: String,
}

impl Capability for Configuration {
    fn new(context: &Context) -> Result<Self, Failure> {
        Ok(Self::of(&context.environment))
    }
}

impl Configuration {
    pub(crate) fn of(environment: &Environment) -> Self {
        let named =
            |name: &str| environment.get(name).ok().filter(|text| !text.is_empty()).map(str::to_owned);
        let sign_in = || {
            Some(SignIn {
                client_id: named("SIGN_IN_CLIENT_ID")?,
                authorization_url: named("SIGN_IN_AUTHORIZATION_URL")?,
                token_url: named("SIGN_IN_TOKEN_URL")?,
                scope: named("SIGN_IN_SCOPE")?,
            })
        };
        Self { environment: environment.name().to_owned(), sign_in: sign_in() }
    }

    /// What may be fetched beside the page's own origin: the origin of the token endpoint, if it is another one.
    pub(crate) fn token_origin(&self) -> Option<String> {
        let url = &self.sign_in.as_ref()?.token_url;
        let (scheme, rest) = url.split_once("://")?;
        let host = rest.split(['/', '?', '#']).next()?;
        let is_origin = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '.' | '-' | ':');
        (!host.is_empty() && host.chars().all(is_origin)).then(|| format!("{scheme}://{host}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn configuration(token_url: &str) -> Configuration {
        let variables = [
            ("ENVIRONMENT", "prod"),
            ("SIGN_IN_CLIENT_ID", "page"),
            ("SIGN_IN_AUTHORIZATION_URL", "https://issuer/authorize"),
            ("SIGN_IN_TOKEN_URL", token_url),
            ("SIGN_IN_SCOPE", "openid"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Configuration::of(&Environment::new(BTreeMap::from(variables)))
    }

    #[test]
    fn an_issuer_is_all_of_its_parts_or_none() {
        assert_eq!(configuration("https://issuer/token").sign_in.unwrap().client_id, "page");
        assert_eq!(configuration("").sign_in, None);
        assert_eq!(configuration("").environment, "prod");
    }

    #[test]
    fn the_origin_of_the_token_endpoint_is_all_of_it_that_a_policy_names() {
        for (url, origin) in [
            ("https://issuer.example/oauth2/token", Some("https://issuer.example")),
            ("https://issuer.example:8443?x", Some("https://issuer.example:8443")),
            ("/local/sign-in/token", None),
            ("https://a b; script-src *", None),
            ("https:///token", None),
        ] {
            assert_eq!(configuration(url).token_origin().as_deref(), origin, "{url}");
        }
    }
}
