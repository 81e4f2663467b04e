//! Campaigns and their coupons, and who takes, shares, reserves, uses and verifies them.

use crate::{Answer, Scrip, Shop, Terminal, User, fresh_key};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use scrip_clock::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// The store of shops, operators and devices.
pub const STORE: &str = "s1";
/// The machine that follows up.
pub const MACHINE: &str = "coupon-reward";
/// How long a campaign lasts that does not say, from now on.
const LASTS: SignedDuration = SignedDuration::from_hours(60 * 24);
/// How long it has been valid.
const BEFORE: SignedDuration = SignedDuration::from_hours(24);

/// A coupon that a contact has reserved.
#[derive(Clone, Debug)]
pub struct Reserved {
    /// The coupon, `cpn_…`.
    pub coupon: String,
    /// The reservation, `rsv_…`.
    pub id: String,
    /// The code that lasts as long as it, of 18 digits.
    pub code: String,
}

/// A shop whose campaign rewards who shares: Bob's, which sells in CNY, with Olga at its counter and a server. Alice
/// and Carol are contacts of one another.
pub struct Club {
    pub scrip: Scrip,
    /// The shop, Bob's.
    pub shop: Shop,
    /// Operates the shop's store `s1`.
    pub olga: User,
    /// The shop's server.
    pub server: Terminal,
    /// Takes and shares.
    pub alice: User,
    /// Uses what Alice shares.
    pub carol: User,
    /// The campaign of the reward, 2.00 off, `cmp_…`.
    pub reward: String,
    /// The campaign of what is shared, 10.00 off, `cmp_…`; each use of a shared one brings the sharer the reward.
    pub campaign: String,
}

/// Adds members to a request, in place of those of the same name; null takes one away.
pub fn with(mut request: Value, more: &Value) -> Value {
    for (name, value) in more.as_object().into_iter().flatten() {
        request[name] = value.clone();
    }
    request.as_object_mut().expect("an object").retain(|_, value| !value.is_null());
    request
}

/// The request for a campaign: 10.00 CNY off each order, 100 of them, 5 for each user, valid since yesterday, for 60
/// days, in every store, shareable. `terms` are added to it; null takes one away.
pub fn campaign(terms: &Value) -> Value {
    campaign_at(crate::time::start(), terms)
}

fn campaign_at(now: Timestamp, terms: &Value) -> Value {
    let defaults = json!({
        "name": "Ten off",
        "benefit": off(1_000),
        "quantity": 100,
        "per_user": 5,
        "valid_from": (now - BEFORE).to_string(),
        "valid_until": (now + LASTS).to_string(),
        "shareable": true,
    });
    with(defaults, terms)
}

/// A benefit that takes this many fen off an order.
pub fn off(fen: i64) -> Value {
    json!({ "effect": { "amount": yuan(fen) } })
}

/// A benefit that takes a percentage off an order.
pub fn percent(percentage: &str) -> Value {
    json!({ "effect": { "percentage": percentage } })
}

/// This many fen.
pub fn yuan(fen: i64) -> Value {
    json!({ "amount": fen, "currency": "CNY" })
}

/// An order that comes to this many fen, which no other order of this process is called as.
pub fn order(fen: i64) -> Value {
    json!({ "reference": fresh_key(), "total": yuan(fen) })
}

/// Makes contacts of two users: both put the other.
pub async fn befriend(scrip: &Scrip, one: &User, other: &User) {
    one.put_contact(scrip, &other.id).await.expect(200);
    let put = other.put_contact(scrip, &one.id).await.expect(200);
    assert_eq!(put.text("status"), "mutual");
}

/// The request to verify a code at a store; `more` is added to it, such as an `order`.
pub fn verification(store: &str, code: &str, more: &Value) -> Value {
    with(json!({ "store": store, "code": code }), more)
}

/// A code of 18 digits with its check digit that is no code of anything.
pub fn code_of_nothing() -> String {
    let body = "00000000000000000";
    format!("{body}{}", char::from(scrip_secure_code::check_digit(body)))
}

impl Shop {
    /// Where the merchant's campaigns are.
    pub fn campaigns_path(&self) -> String {
        format!("/v1/merchants/{}/campaigns", self.id)
    }

    /// Asks for a campaign of these terms and, where they say nothing, of those of [`campaign`].
    pub async fn ask_campaign(&self, scrip: &Scrip, terms: &Value) -> Answer {
        let request = campaign_at(scrip.beginning().await, terms);
        scrip.post(&self.owner, &self.campaigns_path(), &request).await
    }

    /// The same, which must be fine; gives its id.
    pub async fn campaign(&self, scrip: &Scrip, terms: &Value) -> String {
        self.ask_campaign(scrip, terms).await.expect(201).text("id")
    }

    /// Names somebody who operates these stores.
    pub async fn operator(&self, scrip: &Scrip, user: &str, stores: &[&str]) -> User {
        let path = format!("/v1/merchants/{}/operators", self.id);
        scrip.post(&self.owner, &path, &json!({ "user": user, "stores": stores })).await.expect(201);
        scrip.user(user).await
    }

    /// The merchant's verifications, as somebody asks for them; `query` begins with `?` or is empty.
    pub async fn verifications(&self, scrip: &Scrip, who: &User, query: &str) -> Answer {
        scrip.get(who, &format!("/v1/merchants/{}/verifications{query}", self.id)).await
    }
}

impl User {
    /// Puts a contact.
    pub async fn put_contact(&self, scrip: &Scrip, user: &str) -> Answer {
        scrip.change(Method::PUT, self, &scrip.contact_path(user), &Value::Null).await
    }

    /// Removes a contact.
    pub async fn remove_contact(&self, scrip: &Scrip, user: &str) -> Answer {
        scrip.change(Method::DELETE, self, &scrip.contact_path(user), &Value::Null).await
    }

    /// Takes a coupon of a campaign.
    pub async fn take(&self, scrip: &Scrip, campaign: &str) -> Answer {
        self.take_keyed(scrip, &fresh_key(), campaign).await
    }

    /// The same with this key.
    pub async fn take_keyed(&self, scrip: &Scrip, key: &str, campaign: &str) -> Answer {
        scrip.post_keyed(self, &format!("/v1/campaigns/{campaign}/coupons"), key, &json!({})).await
    }

    /// Takes a coupon, which must be fine; gives its id.
    pub async fn taken(&self, scrip: &Scrip, campaign: &str) -> String {
        self.take(scrip, campaign).await.expect(201).text("id")
    }

    /// Reads a coupon.
    pub async fn coupon(&self, scrip: &Scrip, coupon: &str) -> Answer {
        scrip.get(self, &format!("/v1/coupons/{coupon}")).await
    }

    /// Asks for what is shown to use a coupon: `code`, `qr`, `valid_until`.
    pub async fn ask_code(&self, scrip: &Scrip, coupon: &str) -> Answer {
        scrip.get(self, &format!("/v1/coupons/{coupon}/code")).await
    }

    /// The 18 digits that are shown to use a coupon.
    pub async fn code(&self, scrip: &Scrip, coupon: &str) -> String {
        self.ask_code(scrip, coupon).await.expect(200).text("code")
    }

    /// Puts a coupon into one's own pool.
    pub async fn share(&self, scrip: &Scrip, coupon: &str) -> Answer {
        scrip.post(self, &scrip.pool_path(&self.id, ""), &json!({ "coupon": coupon })).await
    }

    /// Takes a coupon out of one's own pool.
    pub async fn withdraw(&self, scrip: &Scrip, coupon: &str) -> Answer {
        let path = scrip.pool_path(&self.id, &format!("/{coupon}"));
        scrip.change(Method::DELETE, self, &path, &Value::Null).await
    }

    /// The coupons in somebody's pool.
    pub async fn pool(&self, scrip: &Scrip, owner: &str) -> Answer {
        scrip.get(self, &scrip.pool_path(owner, "")).await
    }

    /// Asks for a coupon in somebody's pool.
    pub async fn reserve(&self, scrip: &Scrip, owner: &str, coupon: &str) -> Answer {
        self.reserve_keyed(scrip, &fresh_key(), owner, coupon).await
    }

    /// The same with this key.
    pub async fn reserve_keyed(&self, scrip: &Scrip, key: &str, owner: &str, coupon: &str) -> Answer {
        let path = scrip.pool_path(owner, &format!("/{coupon}/reservations"));
        scrip.post_keyed(self, &path, key, &json!({})).await
    }

    /// Gives a reservation back.
    pub async fn release(&self, scrip: &Scrip, owner: &str, coupon: &str, reservation: &str) -> Answer {
        let path = scrip.pool_path(owner, &format!("/{coupon}/reservations/{reservation}"));
        scrip.change(Method::DELETE, self, &path, &Value::Null).await
    }

    /// Verifies a code at a store as its operator, without an order.
    pub async fn verify(&self, scrip: &Scrip, store: &str, code: &str) -> Answer {
        self.verify_with(scrip, &verification(store, code, &json!({}))).await
    }

    /// The same for an order of this many fen.
    pub async fn verify_order(&self, scrip: &Scrip, store: &str, code: &str, fen: i64) -> Answer {
        self.verify_with(scrip, &verification(store, code, &json!({ "order": order(fen) }))).await
    }

    /// Verifies with this request.
    pub async fn verify_with(&self, scrip: &Scrip, request: &Value) -> Answer {
        self.verify_keyed(scrip, &fresh_key(), request).await
    }

    /// The same with this key.
    pub async fn verify_keyed(&self, scrip: &Scrip, key: &str, request: &Value) -> Answer {
        scrip.post_keyed(self, "/v1/verifications", key, request).await
    }

    /// Takes a verification back.
    pub async fn reverse_verification(&self, scrip: &Scrip, key: &str, verification: &str) -> Answer {
        let path = format!("/v1/verifications/{verification}/reversals");
        scrip.post_keyed(self, &path, key, &json!({})).await
    }
}

impl Terminal {
    /// Checks codes for an order, as the merchant's server.
    pub async fn check_codes(&self, scrip: &Scrip, codes: &[&str], order: &Value) -> Answer {
        scrip.post(self, "/v1/coupons/checks", &json!({ "codes": codes, "order": order })).await
    }

    /// Reads a confirmation, as the merchant's server.
    pub async fn confirmation(&self, scrip: &Scrip, confirmation: &str) -> Answer {
        scrip.get(self, &format!("/v1/confirmations/{confirmation}")).await
    }

    /// Takes a confirmation back, as the merchant's server.
    pub async fn reverse_confirmation(&self, scrip: &Scrip, key: &str, confirmation: &str) -> Answer {
        let path = format!("/v1/confirmations/{confirmation}/reversals");
        scrip.post_keyed(self, &path, key, &json!({})).await
    }
}

/// All but unreserved characters (RFC 3986 section 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A user's id as it stands in paths.
fn segment(user: &str) -> String {
    utf8_percent_encode(user, RESERVED).to_string()
}

impl Scrip {
    /// The path of somebody's pool, or of what is in it.
    pub fn pool_path(&self, owner: &str, rest: &str) -> String {
        format!("/v1/pools/{}/coupons{rest}", segment(&self.known_as(owner)))
    }

    fn contact_path(&self, user: &str) -> String {
        format!("/v1/contacts/{}", segment(&self.known_as(user)))
    }

    /// Waits until all that follows from a verification or confirmation is done: it has then left its slot.
    pub async fn followed_up(&self, redemption: &str) {
        self.settle().await;
        let (client, table) = (Client::new(&self.aws()), self.table("CouponsTable").await);
        let look = async || {
            let read = client.get_item().table_name(&table).consistent_read(true);
            let read = read.key("pk", AttributeValue::S(format!("RDM#{redemption}")));
            let read = read.key("sk", AttributeValue::S("REDEMPTION".to_owned()));
            let item = read.send().await.expect("the item is read").item.expect("a redemption");
            (!item.contains_key("slot")).then_some(())
        };
        self.soon("the end of the follow-up", look).await;
    }
}

impl Club {
    /// The shop with its people. The campaign gives 100 coupons of 10.00, the reward's one as many of 2.00.
    pub async fn open() -> Self {
        Self::open_with(&json!({})).await
    }

    /// The same with other terms of the campaign that is shared.
    pub async fn open_with(terms: &Value) -> Self {
        Self::open_in(Scrip::start().await, terms).await
    }

    /// The same in this system, of which it takes hold.
    pub async fn open_in(scrip: Scrip, terms: &Value) -> Self {
        let shop = scrip.shop("bob", "CNY").await;
        let olga = shop.operator(&scrip, "olga", &[STORE]).await;
        let server = shop.device(&scrip, "server").await;
        let [alice, carol] = [scrip.user("alice").await, scrip.user("carol").await];
        befriend(&scrip, &alice, &carol).await;
        let two_off = json!({ "name": "Two off", "benefit": off(200) });
        let reward = shop.campaign(&scrip, &two_off).await;
        let rewarding = json!({ "reward": { "campaign": reward, "to": "sharer" } });
        let campaign = shop.campaign(&scrip, &with(rewarding, terms)).await;
        Self { scrip, shop, olga, server, alice, carol, reward, campaign }
    }

    /// A coupon in Alice's pool.
    pub async fn shared(&self) -> String {
        let coupon = self.alice.taken(&self.scrip, &self.campaign).await;
        self.alice.share(&self.scrip, &coupon).await.expect(201);
        coupon
    }

    /// A coupon in Alice's pool that Carol has reserved.
    pub async fn reserved(&self) -> Reserved {
        let coupon = self.shared().await;
        let reservation = self.carol.reserve(&self.scrip, &self.alice.id, &coupon).await.expect(201);
        Reserved { coupon, id: reservation.text("id"), code: reservation.text("code") }
    }
}
