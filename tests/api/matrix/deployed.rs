//! What the gate asks of each deployed route: its good request, once. A new operation is among them with its case.

use super::{Case, cases};
use crate::api::world::World;
use scrip_test_support::Answer;

#[tokio::test]
async fn every_route_answers_a_good_request() {
    let world = World::with_coupons_at_once().await;
    for case in cases(&world).await {
        let mut answer = send(&case, &world).await;
        // A phone's code counts for a time that passes by itself here. When it is over, the phone shows another.
        while answer.body["code"] == "presentation-code-refused" {
            let mut anew = cases(&world).await.into_iter();
            let anew = anew.find(|other| other.operation == case.operation).expect("the same case");
            answer = send(&anew, &world).await;
        }
        assert!((200..300).contains(&answer.status), "{}: {answer:#?}", case.operation);
        assert_eq!(answer.operation.as_ref(), Some(&case.operation));
    }
}

async fn send(case: &Case, world: &World) -> Answer {
    case.send(world, case.caller, &case.path(), case.bytes()).await
}

/// The gateway asks the authorizer, and answers by itself if that says no.
#[tokio::test]
async fn the_gateway_lets_nobody_through_without_a_proof() {
    let world = World::at_once().await;
    for header in [None, Some("Bearer a.b.c")] {
        let fields: Vec<_> = header.map(|token| ("authorization", token)).into_iter().collect();
        let answer = world.scrip.raw(reqwest::Method::GET, "/v1/accounts", &fields, Vec::new()).await;
        let answer = answer.refused("list-accounts", 401, "unauthenticated");
        assert_eq!(answer.headers["www-authenticate"], "Bearer", "{header:?}");
    }
}
