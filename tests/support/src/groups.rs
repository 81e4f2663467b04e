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

impl Group {
    /// Has somebody make a group of others, who become contacts of theirs.
    pub async fn gather(scrip: &Scrip, owner: &User, members: &[&User]) -> Self {
        for member in members {
            befriend(scrip, owner, member).await;
        }
        let created = scrip.post(owner, "/v1/groups", &group_of(scrip, members)).await.expect(201);
        Self { id: created.text("id") }
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
