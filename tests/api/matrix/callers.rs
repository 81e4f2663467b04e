//! Without proof, as a stranger, in another role.

use super::cases;
use crate::api::world::{Who, World};
use scrip_refusal::Code;
use std::collections::BTreeSet;

#[tokio::test]
async fn every_route_of_the_template_has_a_case() {
    let world = World::with_coupons().await;
    let routes = &world.scrip.application().await.routes;
    let wired: BTreeSet<_> = routes.iter().map(|route| route.function.clone()).collect();
    let cases = cases(&world).await;
    let tried: BTreeSet<_> = cases.iter().map(|case| case.operation.clone()).collect();
    assert_eq!(tried, wired);
    let open = routes.iter().filter(|route| route.authorizer.is_none()).map(|route| &route.function);
    let other = cases.iter().filter(|case| case.is_signed() || case.is_public()).map(|case| &case.operation);
    let [open, other]: [BTreeSet<_>; 2] = [open.collect(), other.collect()];
    assert_eq!(open, other, "every operation wants a token, but for those that say so");
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "each is sent by the test of deployed routes")]
async fn every_case_is_a_request_that_succeeds() {
    let world = World::with_coupons().await;
    for case in cases(&world).await {
        let answer = case.send(&world, case.caller, &case.path(), case.bytes()).await;
        assert!((200..300).contains(&answer.status), "{}: {answer:#?}", case.operation);
        assert_eq!(answer.operation.as_ref(), Some(&case.operation));
    }
}

#[tokio::test]
async fn nobody_calls_without_a_proof_that_holds() {
    let world = World::with_coupons().await;
    let before = world.state().await;
    let token = &world.alice.token;
    let (signed, _) = token.rsplit_once('.').unwrap();
    let headers = [
        None,
        Some(String::new()),
        Some("Bearer".to_owned()),
        Some("Bearer ".to_owned()),
        Some("Bearer garbage".to_owned()),
        Some("Bearer a.b.c".to_owned()),
        Some(format!("Bearer {signed}.")),
        Some(format!("Bearer {signed}.AAAA")),
        Some(format!("Basic {token}")),
        Some(token.clone()),
        Some(format!("Bearer {token}, Bearer {token}")),
    ];
    // A deployed stack takes its time: there, each route is tried without a proof, and with one that was changed.
    let some = [0, 7].map(|index| headers[index].clone());
    let headers = if cfg!(feature = "deployed") { some.as_slice() } else { headers.as_slice() };
    for case in cases(&world).await.into_iter().filter(|case| !case.is_public()) {
        for header in headers {
            let mut fields = vec![("idempotency-key", "k")];
            fields.extend(header.as_deref().map(|header| ("authorization", header)));
            let answer = world.scrip.raw(case.method.clone(), &case.path(), &fields, case.bytes()).await;
            let answer = answer.refused(&case.operation, 401, "unauthenticated");
            assert_eq!(answer.headers["www-authenticate"], "Bearer", "{header:?}");
        }
    }
    assert_eq!(world.state().await, before);
}

#[tokio::test]
async fn known_callers_in_another_role_are_told_so() {
    let world = World::with_coupons().await;
    let before = world.state().await;
    for case in cases(&world).await {
        for who in &case.wrong_roles {
            let answer = case.send(&world, *who, &case.path(), case.bytes()).await;
            answer.refused(&case.operation, 403, "wrong-role");
        }
    }
    assert_eq!(world.state().await, before);
}

#[tokio::test]
async fn strangers_do_not_learn_what_exists() {
    let world = World::with_coupons().await;
    let before = world.state().await;
    for case in cases(&world).await {
        for who in &case.strangers {
            let answer = case.send(&world, *who, &case.path(), case.bytes()).await;
            answer.refused(&case.operation, 404, "not-found");
        }
    }
    assert_eq!(world.state().await, before);
}

#[tokio::test]
async fn lists_show_strangers_nothing_but_their_own() {
    let world = World::with_coupons().await;
    for (path, own) in [
        ("/v1/accounts", 1),
        ("/v1/bills", 0),
        ("/v1/notifications", 0),
        ("/v1/coupons", 0),
        ("/v1/contacts", 0),
        ("/v1/me/stores", 0),
    ] {
        let listed = world.scrip.get(&world.who(Who::Mallory), path).await.expect(200).body;
        assert_eq!(listed["items"].as_array().unwrap().len(), own, "{path}");
        assert!(!listed.to_string().contains(&world.account), "{path}");
    }
}

#[tokio::test]
async fn roles_and_strangers_are_tried_wherever_an_operation_tells_them_apart() {
    let world = World::with_coupons().await;
    let cases = cases(&world).await;
    for operation in scrip_catalog::operations().iter().filter(|operation| operation.is_http()) {
        let case = cases.iter().find(|case| case.operation == operation.name).unwrap();
        let lists = |code: Code| operation.refusals().any(|listed| listed == code);
        assert_eq!(lists(Code::WrongRole), !case.wrong_roles.is_empty(), "{}", operation.name);
        assert!(
            lists(Code::NotFound) || (case.strangers.is_empty() && case.parameters.is_empty()),
            "{}",
            operation.name
        );
    }
}
