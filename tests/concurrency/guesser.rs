//! Somebody who tries codes at many points of sale, for hours.
#![cfg(not(feature = "deployed"))]

use super::offline::{Scene, scene};
use futures::future::join_all;
use reqwest::Method;
use scrip_test_support::{Answer, Pos, User};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const PIN: &str = "493817";
/// Lanes do not meet: each guesses at points of sale and users of its own, one after the other.
const LANES: usize = 4;
const POINTS_PER_LANE: usize = 8;
/// Each ends with a pause after which locks are over.
const WINDOWS: usize = 10;
const GUESSES_PER_WINDOW: usize = 32;
/// Misses at a point of sale that are looked at: five, and one more for each five of the minutes between the windows.
const MISSES_PER_POINT: usize = 5 + (WINDOWS - 1) * 16 / 5;
const OPERATION: &str = "create-pos-transaction";

/// What is guessed at.
struct Lane {
    number: usize,
    points: Vec<Pos>,
    /// With the codes that are tried, right ones among them that do not count any more.
    victims: [Victim; 4],
}

struct Victim {
    user: User,
    account: String,
    code: String,
}

async fn victim(scene: &Scene, name: &str, lane: usize, terms: Value) -> Victim {
    let scrip = &scene.scrip;
    let user = scrip.user(&format!("{name}-{lane}")).await;
    user.set_pin(scrip, PIN).await;
    let account = scrip.account(&user, 10_000, "CNY").await;
    let code = format!("49302817465{lane}");
    user.authorize_static(scrip, &account, PIN, &code, terms).await.expect(201);
    Victim { user, account, code }
}

async fn lane(scene: &Scene, lane: usize) -> Lane {
    let scrip = &scene.scrip;
    let points = scene.points[lane * POINTS_PER_LANE..][..POINTS_PER_LANE].to_vec();
    let guessed = victim(scene, "guessed", lane, json!({})).await;
    let used = victim(scene, "used", lane, json!({ "uses": 1 })).await;
    let paid = points[0].ask(scrip, &used.user.id, &used.code, 1).await.expect(201);
    assert_eq!(paid.body["decision"], "approved");
    let expired = victim(scene, "expired", lane, json!({ "valid_for": "PT1M" })).await;
    let revoked = victim(scene, "revoked", lane, json!({})).await;
    let listed = scrip.get(&revoked.user, "/v1/offline/authorizations").await.expect(200).body;
    let path = format!("/v1/offline/authorizations/{}", listed["items"][0]["id"].as_str().expect("an id"));
    let answer = scrip.change(Method::DELETE, &revoked.user, &path, &Value::Null).await;
    assert!((200..300).contains(&answer.status));
    Lane { number: lane, points, victims: [guessed, used, expired, revoked] }
}

impl Lane {
    /// Who is guessed at with which code.
    fn guess(&self, number: usize) -> (String, String) {
        let wrong = format!("1000000{number:05}");
        match number % 5 {
            0 => (self.victims[0].user.id.clone(), wrong),
            4 => (format!("nobody-{}-{number}", self.number), wrong),
            kind => (self.victims[kind].user.id.clone(), self.victims[kind].code.clone()),
        }
    }

    /// Guesses at each point of sale, more often than is looked at.
    async fn window(&self, scene: &Scene, window: usize) {
        for (point, pos) in self.points.iter().enumerate() {
            for number in 0..GUESSES_PER_WINDOW {
                let number = (window * POINTS_PER_LANE + point) * GUESSES_PER_WINDOW + number;
                let (user, code) = self.guess(number);
                expect_nothing_learnt(&pos.ask(&scene.scrip, &user, &code, 100).await);
            }
        }
    }
}

#[track_caller]
fn expect_nothing_learnt(answer: &Answer) {
    let told = (&answer.body["decision"], &answer.body["reason"]);
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(told, (&json!("declined"), &json!("code-not-accepted")), "{}", answer.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_thousand_guesses_are_locked_out_learn_nothing_and_move_nothing() {
    let scene = scene(0, LANES * POINTS_PER_LANE + 1).await;
    let mut lanes = Vec::new();
    for number in 0..LANES {
        lanes.push(lane(&scene, number).await);
    }
    scene.scrip.advance("PT31M").await;
    let transfers = scene.scrip.books().await.transfers();
    let before = scene.scrip.log().lines().len();

    for window in 0..WINDOWS {
        join_all(lanes.iter().map(|lane| lane.window(&scene, window))).await;
        if window + 1 < WINDOWS {
            scene.scrip.advance("PT16M").await;
        }
    }

    let logged = scene.scrip.log().lines().split_off(before);
    let guesses: Vec<_> = logged.iter().filter(|line| line["operation"] == OPERATION).collect();
    assert_eq!(guesses.len(), LANES * POINTS_PER_LANE * WINDOWS * GUESSES_PER_WINDOW);
    let judged: Vec<_> = guesses.iter().filter(|line| line["reason"] != "device-locked").collect();
    let most = LANES * POINTS_PER_LANE * MISSES_PER_POINT;
    assert!((most / 2..=most).contains(&judged.len()), "{} of {most}", judged.len());
    // What it costs tells nobody what kind of miss it was; nor does it tell whoever measures how long it takes. Only
    // that a lock begins shows: of the device, by the notification of its merchant, or of a user's codes, by that of the
    // user, or what is written where there is nobody to tell.
    let mut kinds: BTreeMap<[u64; 3], BTreeSet<&str>> = BTreeMap::new();
    for line in judged {
        let cost = ["round_trips", "read_half_units", "write_half_units"]
            .map(|name| line[name].as_u64().expect("a number"));
        kinds.entry(cost).or_default().insert(line["reason"].as_str().expect("a cause"));
    }
    let costs: Vec<_> = kinds.keys().map(|[round_trips, _, writes]| (*round_trips, *writes)).collect();
    assert!([(2, 12), (2, 16)].iter().all(|cost| costs.contains(cost)), "{kinds:?}");
    assert!(costs.iter().all(|cost| [(2, 12), (2, 16), (2, 20)].contains(cost)), "{kinds:?}");
    let expected = ["codes-locked", "expired", "no-uses-left", "unknown-user", "wrong-code"];
    assert_eq!(kinds.values().next(), Some(&BTreeSet::from(expected)));

    assert_eq!(scene.scrip.books().await.transfers(), transfers, "no money moved");
    scene.scrip.check_books().await;
    let (honest, victim) = (&scene.points[LANES * POINTS_PER_LANE], &lanes[0].victims[0]);
    let locked = honest.ask(&scene.scrip, &victim.user.id, &victim.code, 100).await;
    expect_nothing_learnt(&locked);
    scene.scrip.advance("PT15M").await;
    let paid = honest.ask(&scene.scrip, &victim.user.id, &victim.code, 100).await.expect(201);
    assert_eq!(paid.body["decision"], "approved");
    let user = scene.scrip.user(&victim.user.id).await;
    assert_eq!(scene.scrip.balance(&user, &victim.account).await, 9_900);
}
