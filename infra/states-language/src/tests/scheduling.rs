//! Starts, many executions, the driver.

use super::*;
use std::time::Duration;

fn waiting() -> Value {
    machine(
        "W",
        json!({
            "W": { "Type": "Wait", "Seconds": "{% $states.input.seconds %}", "Next": "T" },
            "T": task("f", json!({})),
        }),
    )
}

#[tokio::test]
async fn a_named_start_is_idempotent_while_it_runs() {
    let world = World::new(waiting(), Functions::new(|_, _, _| Ok(json!(1))));
    let first = world.start("x", json!({ "seconds": 10 }));
    assert!(first.new);
    let again = world.engine.start("m", Some("x"), &json!({ "seconds": 10 })).unwrap();
    assert_eq!(again, Started { new: false, ..first });
    let other = world.engine.start("m", Some("x"), &json!({ "seconds": 11 }));
    assert!(matches!(other, Err(StartError::AlreadyExists)));
    world.finish().await;
    let ended = world.engine.start("m", Some("x"), &json!({ "seconds": 10 }));
    assert!(matches!(ended, Err(StartError::AlreadyExists)));
    assert_eq!(world.functions.calls().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_starts_of_one_name_are_one_execution() {
    let world = World::new(waiting(), Functions::new(|_, _, _| Ok(json!(1))));
    let engine = world.engine.clone();
    let driver = world.engine.clone();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let driving = tokio::spawn(async move { driver.drive(stopped.map(|_| ())).await });
    let starts = (0..64).map(|index| {
        let engine = engine.clone();
        let name = format!("x{}", index % 4);
        tokio::task::spawn_blocking(move || {
            engine.start("m", Some(&name), &json!({ "seconds": 100 })).unwrap().new
        })
    });
    let new =
        futures::future::join_all(starts).await.into_iter().filter(|new| *new.as_ref().unwrap()).count();
    assert_eq!(new, 4);
    world.finish().await;
    assert_eq!(world.functions.calls().len(), 4);
    stop.send(()).unwrap();
    driving.await.unwrap().unwrap();
}

#[tokio::test]
async fn names_are_those_that_step_functions_takes() {
    let world = World::new(waiting(), Functions::new(|_, _, _| Ok(json!(1))));
    let input = json!({ "seconds": 1 });
    for name in ["a", "A-b_c.1", "(x)@y!z='+", &"n".repeat(80), "größe"] {
        assert!(world.engine.start("m", Some(name), &input).is_ok(), "{name}");
    }
    for name in [
        "",
        "a b",
        "a/b",
        "a:b",
        "a;b",
        "<a>",
        "{a}",
        "[a]",
        "a?",
        "a*",
        "a\"",
        "a#",
        "a%",
        "a\\",
        "a^",
        "a|",
        "a~",
        "a`",
        "a$",
        "a&",
        "a,",
        "a\n",
        "a\u{7f}",
        "a\u{85}",
        &"n".repeat(81),
    ] {
        assert!(
            matches!(world.engine.start("m", Some(name), &input), Err(StartError::InvalidName)),
            "{name:?}"
        );
    }
    assert!(matches!(world.engine.start("other", None, &input), Err(StartError::NoSuchMachine)));
    let unnamed = world.engine.start("m", None, &input).unwrap();
    assert_eq!(unnamed.arn.rsplit(':').next().unwrap().len(), 36);
}

#[tokio::test]
async fn thousands_wait_and_each_wakes_at_its_moment() {
    const COUNT: i64 = 3_000;
    let world = World::new(waiting(), Functions::new(|_, payload, _| Ok(payload.clone())));
    for index in 0..COUNT {
        world.start(&format!("x{index}"), json!({ "seconds": 100_000 + index * 10 }));
    }
    world.engine.run_until_idle().await.unwrap();
    assert_eq!(world.functions.calls().len(), 0);
    for expected in 1..=20 {
        world.clock.advance_to(world.engine.next_due().unwrap().unwrap());
        world.engine.run_until_idle().await.unwrap();
        let woken = world.functions.calls().len();
        assert!(woken >= expected && woken < expected + 20, "{woken} after {expected} moments");
    }
    let running = Filter { status: Some(Status::Running), ..Filter::default() };
    assert_eq!(world.engine.executions(&running).unwrap().len(), 1_000, "a list is bounded");
    world.clock.advance(scrip_clock::SignedDuration::from_hours(100));
    world.engine.run_until_idle().await.unwrap();
    assert_eq!(world.functions.calls().len(), usize::try_from(COUNT).unwrap());
    assert_eq!(world.engine.next_due().unwrap(), None);
    assert!(world.engine.executions(&running).unwrap().is_empty());
}

#[tokio::test]
async fn what_is_due_the_longest_comes_first_and_a_commit_is_bounded() {
    let world = World::new(
        machine("S", json!({ "S": { "Type": "Succeed" } })),
        Functions::new(|_, _, _| unreachable!()),
    );
    for index in 0..100 {
        world.start(&format!("x{index}"), json!(null));
    }
    assert!(world.engine.batch().unwrap());
    let status = |index| world.record(&format!("x{index}")).status;
    let most = limits::COMMIT_MAX_EXECUTIONS;
    assert!((0..most).all(|index| status(index) == Status::Succeeded));
    assert!((most..100).all(|index| status(index) == Status::Running));
    assert!(world.engine.batch().unwrap());
    assert!((0..100).all(|index| status(index) == Status::Succeeded));
    assert!(!world.engine.batch().unwrap());
}

#[tokio::test]
async fn the_driver_runs_what_is_started_and_what_an_advanced_clock_makes_due() {
    let world = World::new(waiting(), Functions::new(|_, _, _| Ok(json!(1))));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let driver = world.engine.clone();
    let driving = tokio::spawn(async move { driver.drive(stopped.map(|_| ())).await });
    let until = async |what: fn(&World) -> bool| {
        tokio::time::timeout(Duration::from_mins(5), async {
            while !what(&world) {
                tokio::task::yield_now().await;
            }
        })
        .await
        .unwrap();
    };
    tokio::task::yield_now().await;
    world.start("x", json!({ "seconds": 100_000 }));
    until(|world| world.engine.next_due().unwrap().unwrap() > world.clock.now()).await;
    assert_eq!(path(&world.record("x")), ["W active"]);
    world.clock.advance_to(world.engine.next_due().unwrap().unwrap());
    world.engine.wake();
    until(|world| world.record("x").status == Status::Succeeded).await;
    stop.send(()).unwrap();
    driving.await.unwrap().unwrap();
}

#[tokio::test]
async fn what_is_due_comes_by_itself_on_a_running_clock() {
    let directory = tempfile::tempdir().unwrap();
    let engine = open(&directory, &waiting(), &Clock::system(), &Functions::new(|_, _, _| Ok(json!(1))));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let driver = engine.clone();
    let driving = tokio::spawn(async move { driver.drive(stopped.map(|_| ())).await });
    engine.start("m", Some("x"), &json!({ "seconds": 1 })).unwrap();
    while engine.execution("m", "x").unwrap().unwrap().status == Status::Running {
        tokio::task::yield_now().await;
    }
    assert_eq!(engine.execution("m", "x").unwrap().unwrap().status, Status::Succeeded);
    stop.send(()).unwrap();
    driving.await.unwrap().unwrap();
}

#[tokio::test]
async fn states_taken_covers_what_was_taken() {
    let definition = machine(
        "C",
        json!({
            "C": { "Type": "Choice", "Choices": [{ "Condition": "{% $states.input = 1 %}", "Next": "S" }], "Default": "F" },
            "S": { "Type": "Succeed" },
            "F": { "Type": "Fail" },
        }),
    );
    let world = World::new(definition, Functions::new(|_, _, _| unreachable!()));
    let missing = |world: &World| -> Vec<String> {
        let taken = world.engine.states_taken().unwrap();
        let machine = world.engine.machines().next().unwrap();
        let branches = machine.branches().into_iter();
        branches
            .filter(|it| !taken.contains(&("m".into(), it.clone())))
            .map(|it| format!("{} {}", it.state, it.exit))
            .collect()
    };
    world.start("x", json!(1));
    world.finish().await;
    assert_eq!(missing(&world), ["C default", "F failed"]);
    world.start("y", json!(2));
    world.finish().await;
    assert_eq!(missing(&world), [""; 0]);
}

#[tokio::test]
async fn filters_narrow_the_list() {
    let world = World::new(waiting(), Functions::new(|_, _, _| Ok(json!(1))));
    for name in ["a", "b", "c"] {
        world.start(name, json!({ "seconds": 1 }));
    }
    let names = |filter: Filter| -> Vec<String> {
        world.engine.executions(&filter).unwrap().into_iter().map(|it| it.name).collect()
    };
    assert_eq!(names(Filter::default()), ["c", "b", "a"]);
    assert_eq!(names(Filter { name: Some("b".into()), ..Filter::default() }), ["b"]);
    assert_eq!(names(Filter { machine: Some("n".into()), ..Filter::default() }), [""; 0]);
    assert_eq!(names(Filter { most: Some(2), ..Filter::default() }), ["c", "b"]);
}
