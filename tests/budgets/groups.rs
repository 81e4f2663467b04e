//! Groups, and what is written in them.

use crate::docs::costs::POLL_HALF_UNITS;
use scrip_test_support::groups::{Group, PaymentRequest, equally};
use scrip_test_support::{Scrip, User};
use serde_json::json;

/// Somebody with so many contacts, all of whom are in a group.
async fn large(scrip: &Scrip, members: usize) -> (User, Vec<User>, Group) {
    let owner = scrip.user("grete").await;
    let mut all = Vec::new();
    for n in 0..members {
        all.push(scrip.user(&format!("member-{n}")).await);
    }
    let group = Group::gather(scrip, &owner, &all.iter().collect::<Vec<_>>()).await;
    (owner, all, group)
}

pub(super) async fn every_operation(scrip: &Scrip) {
    let (owner, all, group) = large(scrip, 97).await;
    let account = scrip.account(&owner, 0, "CNY").await;
    let terms = json!({ "split": equally(scrip, &all.iter().collect::<Vec<_>>()) });
    let asked = PaymentRequest::of(group.ask(scrip, &owner, &account, 97_000, &terms).await);
    scrip.settle().await;
    asked.amend(scrip, &owner, &json!({ "version": 1, "extend_by": "P1D" })).await.expect(200);
    asked.remind(scrip, &owner, &json!({})).await.expect(200);
    asked.mute(scrip, &all[0], reqwest::Method::PUT).await.expect(204);
    asked.mute(scrip, &all[0], reqwest::Method::DELETE).await.expect(204);
    asked.stop(scrip, &owner).await.expect(200);
    // All of it comes to its end by itself.
    group
        .ask(scrip, &owner, &account, 97_000, &json!({ "split": terms["split"], "expires_in": "PT1H" }))
        .await;
    let [gustav, gerda] = [scrip.user("gustav").await, scrip.user("gerda").await];
    let group = Group::gather(scrip, &owner, &[&gustav]).await;
    scrip_test_support::coupons::befriend(scrip, &owner, &gerda).await;
    group.add(scrip, &owner, &gerda.id).await.expect(204);
    group.rename(scrip, &owner, 1, "Supper").await.expect(200);
    // 800 bytes.
    let sent = group.send(scrip, &gerda, &"Tee?".repeat(200)).await.expect(201);
    for query in ["?after=0", "?before=9", "?after=3", ""] {
        group.messages(scrip, &owner, query).await.expect(200);
    }
    group.read(scrip, &owner).await.expect(200);
    scrip.get(&gustav, "/v1/groups").await.expect(200);
    let seq = sent.body["seq"].as_i64().expect("a number");
    group.mark(scrip, &owner, seq).await.expect(204);
    payments(scrip, &owner, &account, &gustav, &group).await;
    group.remove(scrip, &owner, &owner.id).await.expect(204);
}

async fn payments(scrip: &Scrip, owner: &User, account: &str, payer: &User, group: &Group) {
    let purse = scrip.account(payer, 10_000, "CNY").await;
    let terms = json!({ "split": equally(scrip, &[owner, payer]) });
    let preview = json!({ "total": { "amount": 900, "currency": "CNY" }, "split": terms["split"] });
    scrip.post(owner, &group.path("/payment-requests/previews"), &preview).await.expect(200);
    let mut asked = Vec::new();
    for _ in 0..3 {
        asked.push(PaymentRequest::of(group.ask(scrip, owner, account, 900, &terms).await));
    }
    let part = json!({ "amount": { "amount": 100, "currency": "CNY" } });
    asked[0].pay(scrip, payer, &purse, &part).await.expect(201);
    // For another one, which reads one item more.
    let gerda = scrip.user("gerda").await;
    let hers = scrip.account(&gerda, 10_000, "CNY").await;
    let for_payer = json!({ "for": scrip.known_as(&payer.id) });
    asked[0].pay(scrip, &gerda, &hers, &for_payer).await.expect(201);
    asked[0].read(scrip, &gerda).await.expect(200);
    asked[1].decline(scrip, payer, &json!({ "reason": "No" })).await.expect(200);
    asked[2].settle(scrip, owner, &payer.id, 1, "waived").await.expect(200);
    for query in ["?limit=1", "?role=requester&limit=1"] {
        let path = format!("/v1/payment-requests{query}");
        scrip.get(if query.contains("role") { owner } else { payer }, &path).await.expect(200);
    }
}

/// Ways that do something to a table that the usual way does not.
pub(super) async fn every_other_way(scrip: &Scrip) {
    let [hilde, hans, heidi] =
        [scrip.user("hilde").await, scrip.user("hans").await, scrip.user("heidi").await];
    let group = Group::gather(scrip, &hilde, &[&hans, &heidi]).await;
    let account = scrip.account(&hilde, 0, "CNY").await;
    let terms = json!({ "split": equally(scrip, &[&hilde, &hans]) });
    group.ask(scrip, &hans, &account, 500, &terms).await.expect_problem(404, "not-found");
    let asked = PaymentRequest::of(group.ask(scrip, &hilde, &account, 500, &terms).await);
    asked.stop(scrip, &heidi).await.expect_problem(403, "wrong-role");
    asked
        .amend(scrip, &heidi, &json!({ "version": 1, "note": "No" }))
        .await
        .expect_problem(403, "wrong-role");
    asked.remind(scrip, &heidi, &json!({})).await.expect_problem(403, "wrong-role");
    asked.settle(scrip, &heidi, &hans.id, 1, "waived").await.expect_problem(403, "wrong-role");
}

/// Asks for new messages where there are none: nothing is written, and two units at most are read.
#[tokio::test]
async fn a_poll_that_finds_nothing_costs_next_to_nothing() {
    let scrip = Scrip::start().await;
    let [alice, bo] = [scrip.user("alice").await, scrip.user("bo").await];
    let group = Group::gather(&scrip, &alice, &[&bo]).await;
    group.send(&scrip, &bo, "Tea?").await.expect(201);
    let next = group.messages(&scrip, &alice, "?after=0").await.expect(200).text("next");
    let page = group.messages(&scrip, &alice, &format!("?after={next}")).await.expect(200).body;
    assert_eq!((&page["items"], &page["next"]), (&serde_json::json!([]), &serde_json::json!(next)));
    let mut all = scrip.log().invocations().into_iter();
    let polled = all.rfind(|one| one.operation == "list-messages").expect("it was asked for");
    assert_eq!((polled.round_trips, polled.write_half_units), (1, 0));
    assert!(polled.read_half_units <= POLL_HALF_UNITS, "{polled:?}");
}
