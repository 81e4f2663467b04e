//! A bill as its user's phone holds it.

use crate::{Answer, Scrip, Terminal, User};
use scrip_clock::{SignedDuration, Timestamp};
use scrip_identity::{PRESENTATION_STEP_SECONDS, PresentationKey};
use serde_json::{Value, json};

#[derive(Clone, Debug)]
pub struct Bill {
    /// The id, `bill_…`.
    pub id: String,
    /// The key of the codes that the phone shows.
    pub key: PresentationKey,
}

impl Bill {
    /// The path of the bill, or of what belongs to it.
    pub fn path(&self, rest: &str) -> String {
        format!("/v1/bills/{}{rest}", self.id)
    }

    /// The code that the phone shows now.
    pub async fn code(&self, scrip: &Scrip) -> String {
        self.key.code_at(scrip.now().await)
    }

    /// The code that the phone showed before. It still counts, for as long as the one that it shows now.
    pub async fn last_code(&self, scrip: &Scrip) -> String {
        self.key
            .code_at(scrip.now().await - SignedDuration::from_secs(PRESENTATION_STEP_SECONDS.cast_signed()))
    }

    /// The request of a terminal that adds one item with the phone's code.
    pub async fn item(&self, scrip: &Scrip, name: &str, quantity: i64, price: i64, currency: &str) -> Value {
        let price = json!({ "amount": price, "currency": currency });
        let item = json!({ "name": name, "quantity": quantity, "unit_price": price });
        json!({ "presentation_code": self.code(scrip).await, "items": [item] })
    }

    /// Adds one item in CNY. A terminal can do so once in 30 seconds, since each code counts once.
    pub async fn add(&self, scrip: &Scrip, terminal: &Terminal, quantity: i64, price: i64) -> Answer {
        let request = self.item(scrip, "Tea", quantity, price, "CNY").await;
        scrip.post(terminal, &self.path("/items"), &request).await
    }

    /// Adds one item in CNY with this code.
    pub async fn add_with(
        &self,
        scrip: &Scrip,
        terminal: &Terminal,
        code: &str,
        quantity: i64,
        price: i64,
    ) -> Answer {
        let mut request = self.item(scrip, "Tea", quantity, price, "CNY").await;
        request["presentation_code"] = json!(code);
        scrip.post(terminal, &self.path("/items"), &request).await
    }

    /// The bill, as its user sees it.
    pub async fn read(&self, scrip: &Scrip, user: &User) -> Value {
        scrip.get(user, &self.path("")).await.expect(200).body
    }

    /// Where the bill stands.
    pub async fn status(&self, scrip: &Scrip, user: &User) -> String {
        self.read(scrip, user).await["status"].as_str().expect("a status").to_owned()
    }

    /// When its time is over.
    pub async fn deadline(&self, scrip: &Scrip, user: &User) -> Timestamp {
        self.read(scrip, user).await["effective_until"].as_str().expect("a time").parse().expect("a time")
    }

    /// Asks for verification, and gives the request.
    pub async fn ask(&self, scrip: &Scrip, user: &User) -> Answer {
        scrip.post(user, &self.path("/verification-requests"), &json!({})).await
    }

    /// Answers a verification request with a PIN.
    pub async fn verify(&self, scrip: &Scrip, user: &User, request: &str, pin: &str) -> Answer {
        let body = json!({ "verification_request": request, "method": "pin", "pin": pin });
        scrip.post(user, &self.path("/verifications"), &body).await
    }
}
