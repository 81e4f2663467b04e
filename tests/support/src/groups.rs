//! Groups of users who talk with each other.

use crate::coupons::befriend;
use crate::{Answer, Scrip, User};
use reqwest::Method;
use serde_json::{Value, json};

/// A group.
#[derive(Clone, Debug)]
pub struct Group {
    /// The id, `grp_…`.
    pub id: String,
}

/// The request for a group of these users.
pub fn group_of(scrip: &Scrip, members: &[&User]) -> Value {
    let members: Vec<String> = members.iter().map(|member| scrip.known_as(&member.id)).collect();
    json!({ "name": "Lunch", "members": members })
}

/// A payment request.
#[derive(Clone, Debug)]
pub struct PaymentRequest {
    /// The id, `preq_…`.
    pub id: String,
}

/// A split of which each user pays the same.
pub fn equally(scrip: &Scrip, users: &[&User]) -> Value {
    let users: Vec<String> = users.iter().map(|user| scrip.known_as(&user.id)).collect();
    json!({ "equal": users })
}

impl PaymentRequest {
    /// The one that was asked for.
    pub fn of(answer: Answer) -> Self {
        Self { id: answer.expect(201).text("id") }
    }

    /// A path within it.
    pub fn path(&self, rest: &str) -> String {
        format!("/v1/payment-requests/{}{rest}", self.id)
    }

    /// Reads it.
    pub async fn read(&self, scrip: &Scrip, user: &User) -> Answer {
        scrip.get(user, &self.path("")).await
    }

    /// Pays a share; `terms` are added to the payment.
    pub async fn pay(&self, scrip: &Scrip, user: &User, account: &str, terms: &Value) -> Answer {
        let payment = crate::coupons::with(json!({ "account": account }), terms);
        scrip.post(user, &self.path("/payments"), &payment).await
    }

    /// Declines one's own share.
    pub async fn decline(&self, scrip: &Scrip, user: &User, terms: &Value) -> Answer {
        scrip.post(user, &self.path("/declines"), terms).await
    }

    /// Says what becomes of a user's share.
    pub async fn settle(
        &self,
        scrip: &Scrip,
        user: &User,
        whose: &str,
        version: i64,
        status: &str,
    ) -> Answer {
        let path = self.path(&format!("/shares/{}", scrip.known_as(whose)));
        let body = json!({ "version": version, "status": status });
        scrip.change(Method::PUT, user, &path, &body).await
    }

    /// Changes its terms.
    pub async fn amend(&self, scrip: &Scrip, user: &User, terms: &Value) -> Answer {
        scrip.change(Method::PATCH, user, &self.path(""), terms).await
    }

    /// Reminds those who have not paid.
    pub async fn remind(&self, scrip: &Scrip, user: &User, whom: &Value) -> Answer {
        scrip.post(user, &self.path("/reminders"), whom).await
    }

    /// Says by `PUT` that a user wants no reminders, by `DELETE` that they want them again.
    pub async fn mute(&self, scrip: &Scrip, user: &User, method: Method) -> Answer {
        scrip.change(method, user, &self.path("/mute"), &Value::Null).await
    }

    /// Stops it.
    pub async fn stop(&self, scrip: &Scrip, user: &User) -> Answer {
        scrip.post(user, &self.path("/stops"), &json!({})).await
    }
}

impl Group {
    /// Has somebody make a group of others, who become contacts of theirs.
    pub async fn gather(scrip: &Scrip, owner: &User, members: &[&User]) -> Self {
        for member in members {
            befriend(scrip, owner, member).await;
        }
        let created = scrip.post(owner, "/v1/groups", &group_of(scrip, members)).await.expect(201);
        Self { id: created.text("id") }
    }

    /// Asks for a payment; `terms` are added to a request of these users for the same from each.
    pub async fn ask(&self, scrip: &Scrip, user: &User, account: &str, fen: i64, terms: &Value) -> Answer {
        let request = crate::coupons::with(
            json!({ "account": account, "total": { "amount": fen, "currency": "CNY" } }),
            terms,
        );
        scrip.post(user, &self.path("/payment-requests"), &request).await
    }

    /// A path within it.
    pub fn path(&self, rest: &str) -> String {
        format!("/v1/groups/{}{rest}", self.id)
    }

    /// Sends a text.
    pub async fn send(&self, scrip: &Scrip, user: &User, text: &str) -> Answer {
        scrip.post(user, &self.path("/messages"), &json!({ "text": text })).await
    }

    /// Reads messages; `query` begins with a question mark, or is empty.
    pub async fn messages(&self, scrip: &Scrip, user: &User, query: &str) -> Answer {
        scrip.get(user, &self.path(&format!("/messages{query}"))).await
    }

    /// Reads the group.
    pub async fn read(&self, scrip: &Scrip, user: &User) -> Answer {
        scrip.get(user, &self.path("")).await
    }

    /// Says how far somebody has read.
    pub async fn mark(&self, scrip: &Scrip, user: &User, seq: i64) -> Answer {
        scrip.change(Method::PUT, user, &self.path("/read"), &json!({ "seq": seq })).await
    }

    /// Adds somebody.
    pub async fn add(&self, scrip: &Scrip, user: &User, new: &str) -> Answer {
        let path = self.path(&format!("/members/{}", scrip.known_as(new)));
        scrip.change(Method::PUT, user, &path, &Value::Null).await
    }

    /// Takes somebody out.
    pub async fn remove(&self, scrip: &Scrip, user: &User, member: &str) -> Answer {
        let path = self.path(&format!("/members/{}", scrip.known_as(member)));
        scrip.change(Method::DELETE, user, &path, &Value::Null).await
    }

    /// Gives it another name.
    pub async fn rename(&self, scrip: &Scrip, user: &User, version: i64, name: &str) -> Answer {
        let body = json!({ "version": version, "name": name });
        scrip.change(Method::PATCH, user, &self.path(""), &body).await
    }
}
