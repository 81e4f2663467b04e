//! What survives the end of the process.

use super::*;

/// Every kind of wait and call: tasks, retries, a Wait, a Parallel whose branch is retried, a Map, a Catch, variables.
fn everything() -> Value {
    machine(
        "First",
        json!({
            "First": task("first", json!({
                "Arguments": { "FunctionName": "first", "Payload": { "key": "{% $uuid() %}", "input": "{% $states.input %}" } },
                "Retry": [{ "ErrorEquals": ["Busy"], "IntervalSeconds": 60 }],
                "Assign": { "from": "{% $states.result.Payload %}" }, "Next": "Pause",
            })),
            "Pause": { "Type": "Wait", "Seconds": 3600, "Next": "Both" },
            "Both": { "Type": "Parallel", "Next": "Each", "Branches": [
                { "StartAt": "Left", "States": {
                    "Left": task("left", json!({ "Retry": [{ "ErrorEquals": ["Busy"] }], "Next": "LeftPause" })),
                    "LeftPause": { "Type": "Wait", "Seconds": 10, "End": true } } },
                { "StartAt": "Right", "States": {
                    "Right": task("right", json!({ "Catch": [{ "ErrorEquals": ["Refused"], "Next": "Caught" }] })),
                    "Caught": { "Type": "Pass", "Output": "{% $from & ' ' & $states.input.Error %}", "End": true } } },
            ] },
            "Each": { "Type": "Map", "Items": [1, 2, 3], "MaxConcurrency": 2, "Next": "Last",
                "ItemProcessor": { "StartAt": "Item", "States": { "Item": task("item", json!({})) } },
                "Output": { "each": "{% $states.result %}", "both": "{% $states.input %}" } },
            "Last": task("last", json!({})),
        }),
    )
}

fn everything_functions() -> Arc<Functions> {
    let busy = Mutex::new(BTreeMap::<String, usize>::new());
    Functions::new(move |name, payload, _| match name {
        // The first two calls of these fail, however often the engine restarts.
        "first" | "left" => {
            let mut busy = busy.lock().unwrap();
            let calls = busy.entry(name.into()).or_default();
            *calls += 1;
            if *calls < 3 { failed("Busy") } else { Ok(json!(name)) }
        }
        "right" => failed("Refused"),
        "item" => Ok(json!(payload.as_i64().unwrap() * 10)),
        _ => Ok(payload.clone()),
    })
}

/// One thing that happens: a batch is stored, a call answers, or time passes. `false` when nothing is left.
async fn tick(world: &World) -> bool {
    if world.engine.batch().unwrap() {
        return true;
    }
    if !world.engine.is_idle() {
        tokio::task::yield_now().await;
        return true;
    }
    match world.engine.next_due().unwrap() {
        Some(due) => world.clock.advance_to(due),
        None => return false,
    }
    true
}

fn expected_output() -> Value {
    json!({ "each": [10, 20, 30], "both": ["left", "first Refused"] })
}

/// The states in the order entered, but siblings sorted: which of two answers comes first is not fixed.
fn sorted_path(record: &ExecutionRecord) -> Vec<String> {
    let mut path = path(record);
    path.sort();
    path
}

#[tokio::test]
async fn an_execution_resumes_from_every_moment_at_which_it_is_killed() {
    let undisturbed = World::new(everything(), everything_functions());
    undisturbed.start("x", json!({ "n": 1 }));
    let mut ticks = 0;
    while tick(&undisturbed).await {
        ticks += 1;
    }
    let calm = undisturbed.record("x");
    assert_eq!(calm.output, Some(expected_output()), "{calm:?}");
    assert!(ticks > 20, "{ticks}");

    for kill in 0..=ticks {
        let world = World::new(everything(), everything_functions());
        world.start("x", json!({ "n": 1 }));
        for _ in 0..kill {
            tick(&world).await;
        }
        let world = world.restart();
        world.finish().await;
        let record = world.record("x");
        assert_eq!(record.output, calm.output, "killed after {kill}");
        assert_eq!(sorted_path(&record), sorted_path(&calm), "killed after {kill}");
        assert_eq!(record.started, world.record("x").started);
        let counts = world.functions.counts();
        for (function, calls) in undisturbed.functions.counts() {
            let after = counts[&function];
            assert!((calls..=calls + 3).contains(&after), "killed after {kill}: {function} {after} times");
        }
    }
}

#[tokio::test]
async fn an_execution_survives_being_killed_after_every_single_moment() {
    let mut world = World::new(everything(), everything_functions());
    world.start("x", json!({ "n": 1 }));
    for _ in 0..1_000 {
        if world.record("x").status != Status::Running {
            break;
        }
        // A batch that calls, then the answers, then the batch that stores them: less would never get on.
        for _ in 0..3 {
            tick(&world).await;
        }
        world = world.restart();
    }
    assert_eq!(world.record("x").output, Some(expected_output()));
}

#[tokio::test]
async fn a_repeated_call_is_the_same_call() {
    let world = World::new(everything(), Functions::new(|_, _, _| Ok(json!("first"))));
    world.start("x", json!({}));
    world.engine.batch().unwrap();
    tokio::task::yield_now().await;
    assert_eq!(world.functions.calls().len(), 1);
    let world = world.restart();
    world.engine.run_until_idle().await.unwrap();
    let calls = world.functions.calls();
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0], calls[1], "the payload holds a random key, which is kept");
}

#[tokio::test]
async fn nothing_is_called_before_it_is_stored() {
    let world = World::new(everything(), Functions::new(|_, payload, _| Ok(payload.clone())));
    world.start("x", json!({}));
    world.engine.break_writes(true);
    assert!(world.engine.run_until_idle().await.is_err());
    tokio::task::yield_now().await;
    assert_eq!(world.functions.calls(), []);

    world.engine.break_writes(false);
    world.engine.batch().unwrap();
    tokio::task::yield_now().await;
    assert_eq!(world.functions.calls().len(), 1);
    world.engine.break_writes(true);
    assert!(world.engine.run_until_idle().await.is_err(), "the answer cannot be stored");
    assert_eq!(path(&world.record("x")), ["First active"]);

    world.engine.break_writes(false);
    world.engine.run_until_idle().await.unwrap();
    assert_eq!(world.functions.calls().len(), 1, "the answer was kept");
    assert_eq!(path(&world.record("x")), ["First completed", "Pause active"]);
}

#[tokio::test]
async fn a_running_execution_keeps_the_definition_it_was_started_with() {
    let wait_then = |output: &str| {
        machine(
            "W",
            json!({ "W": { "Type": "Wait", "Seconds": 10, "Next": "P" }, "P": { "Type": "Pass", "Output": output, "End": true } }),
        )
    };
    let mut world = World::new(wait_then("old"), Functions::new(|_, _, _| unreachable!()));
    world.start("x", json!({}));
    world.definition = wait_then("new");
    let world = world.restart();
    world.start("y", json!({}));
    world.finish().await;
    assert_eq!(world.record("x").output, Some(json!("old")));
    assert_eq!(world.record("y").output, Some(json!("new")));
}

#[tokio::test]
async fn an_execution_that_cannot_be_read_fails_alone() {
    let world =
        World::new(machine("P", json!({ "P": { "Type": "Pass", "End": true } })), everything_functions());
    world.start("good", json!(1));
    world.start("bad", json!(1));
    world.engine.damage("bad");
    world.finish().await;
    assert_eq!(world.record("good").status, Status::Succeeded);
    assert_eq!(world.record("bad").error.as_deref(), Some("States.Runtime"));
}

#[tokio::test]
async fn a_file_belongs_to_one_engine() {
    let world = World::new(everything(), everything_functions());
    let path = world.directory.path().join("workflows");
    let functions = Arc::clone(&world.functions) as Arc<dyn Invoker>;
    let second = Engine::open(&path, Durability::Fast, vec![], Clock::standing(), functions);
    assert!(second.is_err_and(|error| error.to_string().contains("locked")));
}

/// Tells the test below that it is the process to be killed, and which file to use.
const VICTIM: &str = "SCRIP_WORKFLOWS_VICTIM";

fn victim(path: &std::path::Path) {
    use std::io::Write;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let machines = vec![parse(&waits_and_works())];
        let functions = Functions::new(|_, payload, _| Ok(payload.clone()));
        let engine = Engine::open(path, Durability::Full, machines, Clock::standing(), functions).unwrap();
        let driver = engine.clone();
        tokio::spawn(async move { driver.drive(std::future::pending()).await });
        for index in 0.. {
            engine.start("m", Some(&format!("x{index}")), &json!(index)).unwrap();
            writeln!(std::io::stdout(), "started x{index}").unwrap();
            tokio::task::yield_now().await;
        }
    });
}

fn waits_and_works() -> Value {
    machine(
        "A",
        json!({
            "A": task("a", json!({ "Next": "W" })),
            "W": { "Type": "Wait", "Seconds": 600, "Next": "B" },
            "B": task("b", json!({})),
        }),
    )
}

#[test]
fn what_was_acknowledged_survives_kill_9() {
    use std::io::{BufRead, BufReader};
    if let Some(path) = std::env::var_os(VICTIM) {
        return victim(path.as_ref());
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("workflows");
    let mut process = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "tests::durability::what_was_acknowledged_survives_kill_9", "--nocapture"])
        .env(VICTIM, &path)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
    let started = lines.filter_map(|line| Some(line.rsplit_once("started ")?.1.to_owned()));
    let started: Vec<String> = started.take(200).collect();
    process.kill().unwrap();
    process.wait().unwrap();
    assert_eq!(started.len(), 200);

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let world = World::new(waits_and_works(), Functions::new(|_, payload, _| Ok(payload.clone())));
        let functions = Arc::clone(&world.functions) as Arc<dyn Invoker>;
        let machines = vec![parse(&world.definition)];
        let engine = Engine::open(&path, Durability::Fast, machines, world.clock.clone(), functions).unwrap();
        let world = World { engine, ..world };
        let left: usize = started.iter().map(|name| world.record(name).states.len()).sum();
        assert!(left > started.len(), "some had come further than their first state: {left}");
        world.finish().await;
        for (index, name) in started.iter().enumerate() {
            let record = world.record(name);
            assert_eq!(record.output, Some(json!(index)), "{name}");
            assert_eq!(super::path(&record), ["A completed", "W completed", "B completed"]);
        }
    });
}
