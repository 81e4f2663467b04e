//! Paths and methods that are not there.

use super::cases;
use crate::api::world::World;
use reqwest::Method;
use std::collections::{BTreeMap, BTreeSet};

const METHODS: [Method; 7] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];

#[tokio::test]
async fn a_path_without_an_operation_is_not_a_route() {
    let world = World::start().await;
    // Outside of its stages, and where slashes are doubled or end a path, each gateway has its own answer.
    let of_the_embedded_gateway = ["/v1", "/v1/", "/v1/bills/", "/v1//bills", "/v2/bills", "/bills", "/"];
    let paths = ["/v1/nothing", "/v1/bills/a/b", "/v1/Bills", "/v1/local/tokens"];
    let more = if cfg!(feature = "deployed") { &[][..] } else { &of_the_embedded_gateway };
    for path in paths.iter().chain(more) {
        let answer = world.scrip.get(&world.alice, path).await.expect_problem(404, "route-not-found");
        assert_eq!(answer.operation, None, "{path}");
    }
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "the embedded gateway alone tells the methods")]
async fn a_route_without_a_method_names_those_it_has() {
    let world = World::with_coupons().await;
    let mut methods: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for case in cases(&world).await {
        let path = case.path().split('?').next().unwrap_or_default().to_owned();
        methods.entry(path).or_default().insert(case.method.to_string());
    }
    for (path, allowed) in methods {
        for method in METHODS.iter().filter(|method| !allowed.contains(method.as_str())) {
            let answer = world.scrip.send(method.clone(), &world.alice, &path, Some("k"), Vec::new()).await;
            let told: BTreeSet<_> = answer.headers["allow"].split(", ").map(str::to_owned).collect();
            assert_eq!((answer.status, &told), (405, &allowed), "{method} {path}");
            // The answer to HEAD has no body.
            if *method != Method::HEAD {
                answer.expect_problem(405, "method-not-allowed");
            }
        }
    }
}
