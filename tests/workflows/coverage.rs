//! Nothing of a machine is left untaken.

use super::scene::Taken;
use super::{bill_expiry, coupon_reward, offline_authorization, payment_request, pos_settlement};
use scrip_test_support::Scrip;
use serde_json::Value;
use std::collections::BTreeSet;

#[tokio::test]
async fn every_way_out_of_every_state_is_taken() {
    let mut taken = Taken::default();
    bill_expiry::take_all(&mut taken).await;
    coupon_reward::take_all(&mut taken).await;
    offline_authorization::take_all(&mut taken).await;
    payment_request::take_all(&mut taken).await;
    pos_settlement::take_all(&mut taken).await;

    let scrip = Scrip::start().await;
    let mut untaken = Vec::new();
    for machine in scrip.running().engine().machines() {
        let name = machine.name();
        let branches = machine
            .branches()
            .into_iter()
            .filter(|branch| !taken.branches.contains(&(name.into(), branch.clone())));
        untaken.extend(branches.map(|branch| format!("{name}: {} by {}", branch.state, branch.exit)));
        let definition: Value = serde_json::from_str(machine.definition()).expect("a definition");
        for (state, function) in retrying(&definition, &scrip) {
            if !taken.retried.contains(function.as_str()) {
                untaken.push(format!("{name}: {state} by its Retry"));
            }
        }
    }
    assert!(untaken.is_empty(), "not taken by any scenario: {untaken:#?}");
}

/// The definitions in the repository are those that run.
#[tokio::test]
async fn every_machine_runs() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../statemachines");
    let files = std::fs::read_dir(folder).expect("the machines' folder");
    let names = files.map(|file| file.expect("a file").file_name().into_string().expect("a name"));
    let defined: BTreeSet<String> =
        names.filter_map(|name| Some(name.strip_suffix(".asl.json")?.to_owned())).collect();
    let scrip = Scrip::start().await;
    let running = scrip.running().engine().machines().map(|machine| machine.name().to_owned());
    assert_eq!(running.collect::<BTreeSet<_>>(), defined);
}

/// The tasks that retry, with the function of each; nested ones too.
fn retrying(flow: &Value, scrip: &Scrip) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (name, state) in flow["States"].as_object().into_iter().flatten() {
        if state["Retry"].is_array() {
            let arn = state["Arguments"]["FunctionName"].as_str().expect("a function by its ARN or name");
            let functions = &scrip.running().application().functions;
            let function =
                functions.iter().find(|spec| spec.arn == arn || spec.name == arn).expect("a function");
            found.push((name.clone(), function.name.clone()));
        }
        let branches = state["Branches"].as_array().into_iter().flatten();
        for nested in branches.chain([&state["ItemProcessor"]]) {
            found.extend(retrying(nested, scrip));
        }
    }
    found
}
