//! What comes of payment requests.

use super::tasks::Kept;
use super::wired;
use crate::workflows::payment_request::Lunch;
use crate::workflows::scene::Scene;
use scrip_test_support::{Fault, Wire};
use serde_json::{Value, json};

async fn scene() -> (Wire, Scene) {
    let (wire, faults, scrip) = wired().await;
    (wire, Scene::of(scrip, faults).await)
}

/// A request of which everybody was told, and for whose next moment the task is kept.
async fn kept_after(function: &'static str, terms: Value, period: &str) {
    let (wire, scene) = scene().await;
    Lunch::ask(&scene, terms).await;
    scene.scrip.settle().await;
    scene.faults.plan(function, [Fault::Broken]);
    scene.advance(period).await;
    Kept::of(&scene.scrip, &wire, scene.faults, function).walk().await;
}

pub(super) async fn a_request_is_announced(function: &'static str) {
    let (wire, scene) = scene().await;
    scene.faults.plan(function, [Fault::Broken]);
    Lunch::ask(&scene, json!({})).await;
    scene.scrip.settle().await;
    Kept::of(&scene.scrip, &wire, scene.faults, function).walk().await;
}

pub(super) async fn a_request_is_reminded_of(function: &'static str) {
    kept_after(function, json!({}), "P1D").await;
}

pub(super) async fn a_request_expires(function: &'static str) {
    kept_after(function, json!({ "expires_in": "PT1H" }), "PT1H").await;
}
