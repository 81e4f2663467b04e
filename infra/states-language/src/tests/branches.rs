//! Parallel and Map.

use super::*;

fn flow(start_at: &str, states: Value) -> Value {
    json!({ "StartAt": start_at, "States": states })
}

fn wait_then_pass(prefix: &str, seconds: u64, output: Value) -> Value {
    let wait = format!("{prefix}Wait");
    let pass = format!("{prefix}Pass");
    let mut states = json!({});
    states[&wait] = json!({ "Type": "Wait", "Seconds": seconds, "Next": pass });
    states[&pass] = json!({ "Type": "Pass", "Output": output, "End": true });
    flow(&wait, states)
}

#[tokio::test]
async fn parallel_gathers_its_branches_in_order() {
    let definition = machine(
        "P",
        json!({ "P": {
            "Type": "Parallel", "End": true,
            "Arguments": { "n": "{% $states.input.n + 1 %}" },
            "Branches": [
                wait_then_pass("A", 300, json!("{% $states.input.n %}")),
                wait_then_pass("B", 100, json!("second")),
            ],
            "Output": { "all": "{% $states.result %}", "was": "{% $states.input %}" },
        } }),
    );
    let record = run_pure(definition, json!({ "n": 1 })).await;
    assert_eq!(record.output, Some(json!({ "all": [2, "second"], "was": { "n": 1 } })));
    assert_eq!(record.states.len(), 5);
}

#[tokio::test]
async fn a_failed_branch_stops_its_siblings_and_is_caught_under_its_own_error() {
    let definition = machine(
        "P",
        json!({
            "P": {
                "Type": "Parallel", "End": true,
                "Branches": [
                    wait_then_pass("A", 1_000_000, json!(1)),
                    flow("Inner", json!({ "Inner": { "Type": "Parallel", "End": true, "Branches": [
                        wait_then_pass("B", 1_000_000, json!(1)), flow("T", json!({ "T": task("f", json!({})) })),
                    ] } })),
                ],
                "Catch": [{ "ErrorEquals": ["Custom"], "Next": "S", "Output": "{% $states.errorOutput %}" }],
            },
            "S": { "Type": "Succeed" },
        }),
    );
    let (record, _) = run(definition, json!({}), |_, _, _| failed("Custom")).await;
    assert_eq!(record.output, Some(json!({ "Error": "Custom", "Cause": "because" })));
    assert_eq!(
        path(&record),
        ["P catch-0", "AWait stopped", "Inner failed", "BWait stopped", "T failed", "S completed"]
    );
    assert!(record.stopped.unwrap().duration_since(record.started).as_secs() < 1_000);
}

#[tokio::test]
async fn a_retried_parallel_runs_all_its_branches_again() {
    let branch = |name: &str| {
        let mut states = json!({});
        states[name] = task(name, json!({}));
        flow(name, states)
    };
    let definition = machine(
        "P",
        json!({ "P": {
            "Type": "Parallel", "End": true, "Branches": [branch("good"), branch("bad")],
            "Retry": [{ "ErrorEquals": ["Busy"], "IntervalSeconds": 10 }],
        } }),
    );
    let (record, functions) = run(definition, json!({}), |name, _, before| match name {
        "bad" if before < 2 => failed("Busy"),
        _ => Ok(json!([name, before])),
    })
    .await;
    assert_eq!(record.output, Some(json!([["good", 2], ["bad", 2]])));
    assert_eq!(functions.counts(), BTreeMap::from([("good".into(), 3), ("bad".into(), 3)]));
}

#[tokio::test]
async fn branches_read_outer_variables_and_keep_their_own() {
    let branch = |name: &str, value: Value| {
        let first = format!("{name}1");
        let last = format!("{name}2");
        let mut states = json!({});
        states[&first] = json!({ "Type": "Pass", "Assign": { "own": value }, "Next": last });
        states[&last] = json!({ "Type": "Pass", "Output": "{% $outer & '-' & $own %}", "End": true });
        flow(&first, states)
    };
    let definition = machine(
        "A",
        json!({
            "A": { "Type": "Pass", "Assign": { "outer": "o" }, "Next": "P" },
            "P": { "Type": "Parallel", "Branches": [branch("X", json!("x")), branch("Y", json!("y"))],
                   "Assign": { "outer": "{% $states.result[0] %}" }, "Next": "B" },
            "B": { "Type": "Pass", "Output": { "in": "{% $states.input %}", "outer": "{% $outer %}" }, "End": true },
        }),
    );
    let record = run_pure(definition, json!({})).await;
    assert_eq!(record.output, Some(json!({ "in": ["o-x", "o-y"], "outer": "o-x" })));
}

fn map(more: Value, processor: Value) -> Value {
    let mut state = json!({ "Type": "Map", "End": true, "ItemProcessor": processor });
    more.as_object().unwrap().iter().for_each(|(name, value)| state[name] = value.clone());
    machine("M", json!({ "M": state }))
}

#[tokio::test]
async fn map_selects_items_and_tells_index_and_value() {
    let definition = map(
        json!({
            "Items": "{% $states.input.list %}",
            "ItemSelector": { "n": "{% $states.context.Map.Item.Value * 10 %}", "of": "{% $count($states.input.list) %}" },
        }),
        flow(
            "I",
            json!({ "I": { "Type": "Pass", "End": true,
            "Output": "{% [$states.input.n, $states.input.of, $states.context.Map.Item.Index, $states.context.Map.Item.Value] %}" } }),
        ),
    );
    let record = run_pure(definition, json!({ "list": [7, 8] })).await;
    assert_eq!(record.output, Some(json!([[70, 2, 0, 7], [80, 2, 1, 8]])));
}

#[tokio::test]
async fn map_takes_its_input_for_items_and_refuses_what_is_no_array() {
    let definition = map(json!({}), flow("I", json!({ "I": { "Type": "Pass", "End": true } })));
    assert_eq!(run_pure(definition.clone(), json!([])).await.output, Some(json!([])));
    assert_eq!(run_pure(definition.clone(), json!([null, {}])).await.output, Some(json!([null, {}])));
    let record = run_pure(definition, json!({ "a": 1 })).await;
    assert_eq!(record.error.as_deref(), Some("States.QueryEvaluationError"));
}

/// How many calls are open at once.
#[derive(Default)]
struct Gauge {
    open: Mutex<(usize, usize)>,
}

struct Gauged(Arc<Gauge>);

impl Invoker for Gauged {
    fn invoke(&self, _: String, payload: Value) -> BoxFuture<'static, Result<Value, TaskError>> {
        let gauge = Arc::clone(&self.0);
        async move {
            {
                let mut open = gauge.open.lock().unwrap();
                open.0 += 1;
                open.1 = open.1.max(open.0);
            }
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            gauge.open.lock().unwrap().0 -= 1;
            Ok(payload)
        }
        .boxed()
    }
}

#[tokio::test]
async fn map_keeps_to_its_concurrency() {
    for (concurrency, most) in
        [(json!(1), 1), (json!(3), 3), (json!("{% 1 + 1 %}"), 2), (json!(0), 40), (json!(1000), 40)]
    {
        let definition =
            map(json!({ "MaxConcurrency": concurrency }), flow("T", json!({ "T": task("f", json!({})) })));
        let directory = tempfile::tempdir().unwrap();
        let gauge = Arc::new(Gauge::default());
        let engine = Engine::open(
            &directory.path().join("workflows"),
            Durability::Fast,
            vec![parse(&definition)],
            Clock::standing(),
            Arc::new(Gauged(Arc::clone(&gauge))),
        )
        .unwrap();
        let items: Vec<_> = (0..100).collect();
        engine.start("m", Some("x"), &json!(items)).unwrap();
        engine.run_until_idle().await.unwrap();
        assert_eq!(engine.execution("m", "x").unwrap().unwrap().output, Some(json!(items)));
        assert_eq!(gauge.open.lock().unwrap().1, most, "{concurrency}");
    }
}

#[tokio::test]
async fn a_failed_iteration_fails_the_map_which_can_be_retried_and_caught() {
    let mut definition = map(
        json!({
            "Retry": [{ "ErrorEquals": ["Bad"], "MaxAttempts": 1 }],
            "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "S" }],
        }),
        flow("T", json!({ "T": task("f", json!({})) })),
    );
    definition["States"]["S"] = json!({ "Type": "Succeed" });
    let (record, functions) =
        run(
            definition,
            json!([1, 2, 3]),
            |_, payload, _| if *payload == 2 { failed("Bad") } else { Ok(json!(0)) },
        )
        .await;
    assert_eq!(record.output, Some(json!({ "Error": "Bad", "Cause": "because" })));
    assert_eq!(functions.calls().len(), 6);
    assert_eq!(record.states.last().unwrap().state, "S");
}

#[tokio::test]
async fn maps_nest_in_maps_and_parallels() {
    let inner = json!({ "Type": "Map", "End": true, "ItemProcessor":
        flow("P", json!({ "P": { "Type": "Parallel", "End": true, "Branches": [
            flow("T", json!({ "T": task("f", json!({})) })),
            flow("I", json!({ "I": { "Type": "Pass", "Output": "{% $states.context.Map.Item.Index %}", "End": true } })),
        ] } })) });
    let definition = map(json!({ "MaxConcurrency": 1 }), flow("N", json!({ "N": inner })));
    let (record, _) =
        run(definition, json!([[1, 2], [3]]), |_, payload, _| Ok(json!(payload.as_i64().unwrap() * 10)))
            .await;
    assert_eq!(record.output, Some(json!([[[10, 0], [20, 1]], [[30, 0]]])));
}
