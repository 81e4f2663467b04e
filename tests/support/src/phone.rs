//! A phone that pays without a connection.

use crate::{Scrip, User, fresh_key};
use scrip_secure_code::{Alias, Totp, TotpAlgorithm, TotpSecret};
use serde_json::Value;

/// A phone with the secret of an authorization.
#[derive(Clone, Debug)]
pub struct Phone {
    /// The authorization, `auth_…`.
    pub authorization: String,
    /// What it shows before its codes.
    pub alias: Alias,
    /// What it makes its codes with.
    pub totp: Totp,
}

impl User {
    /// Has a phone authorized for offline payments in CNY; `terms` are added to the request.
    pub async fn phone(&self, scrip: &Scrip, account: &str, pin: &str, terms: Value) -> Phone {
        let secret = format!("{:0>32}", fresh_key()).into_bytes();
        let secret = TotpSecret::from_bytes(secret).expect("a secret");
        let granted = self.authorize_totp(scrip, account, pin, &secret.to_base64url(), terms).await;
        let granted = granted.expect(201);
        let alias = granted.text("alias").parse().expect("an alias");
        Phone { authorization: granted.text("id"), alias, totp: Totp::new(secret, TotpAlgorithm::default()) }
    }

    /// One of the user's authorizations, as it is now.
    pub async fn authorization(&self, scrip: &Scrip, id: &str) -> Value {
        scrip.get(self, &format!("/v1/offline/authorizations/{id}")).await.expect(200).body
    }
}

impl Phone {
    /// The code that it shows now.
    pub async fn code(&self, scrip: &Scrip) -> String {
        self.totp.code_at(scrip.now().await).as_str().to_owned()
    }

    /// The 18 digits that it shows now.
    pub async fn presentation(&self, scrip: &Scrip) -> String {
        self.totp.presentation_at(self.alias, scrip.now().await).to_string()
    }
}
