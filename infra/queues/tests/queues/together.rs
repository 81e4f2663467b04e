//! The background driver, callers that wait for idleness, and restarts.

use crate::bench::{Bench, work_and_dead};
use crate::mappings::{Functions, bodies, send};
use futures::FutureExt;
use futures::future::BoxFuture;
use scrip_queues::{Consumer, Mapping, Poller, QueueSpec};
use serde_json::Value;
use std::sync::Arc;
use tokio::runtime::Runtime;
use tokio::sync::{Semaphore, mpsc, oneshot};

/// Tells of each invocation, which then waits for a permit to end.
struct Gated {
    begun: mpsc::UnboundedSender<Vec<String>>,
    may_end: Arc<Semaphore>,
}

impl Gated {
    fn new() -> (Arc<Self>, mpsc::UnboundedReceiver<Vec<String>>, Arc<Semaphore>) {
        let (begun, beginnings) = mpsc::unbounded_channel();
        let may_end = Arc::new(Semaphore::new(0));
        (Arc::new(Self { begun, may_end: Arc::clone(&may_end) }), beginnings, may_end)
    }
}

impl Consumer for Gated {
    fn invoke(&self, _function: String, event: Value) -> BoxFuture<'static, Result<Value, String>> {
        self.begun.send(bodies(&event)).unwrap();
        let may_end = Arc::clone(&self.may_end);
        async move {
            may_end.acquire().await.unwrap().forget();
            Ok(Value::Null)
        }
        .boxed()
    }
}

fn one_by_one() -> Mapping {
    Mapping { batch_size: 1, maximum_concurrency: Some(2), ..Mapping::new("work", "confirm") }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_run_at_once_than_the_mapping_allows() {
    let bench = Bench::new(vec![QueueSpec::new("work")]);
    let (consumer, mut beginnings, may_end) = Gated::new();
    for body in ["a", "b", "c"] {
        bench.send("work", body);
    }
    let poller = Poller::new(bench.queues.clone(), vec![one_by_one()], consumer).unwrap();
    let idle = tokio::spawn({
        let poller = poller.clone();
        async move { poller.run_until_idle().await }
    });

    beginnings.recv().await.unwrap();
    beginnings.recv().await.unwrap();
    assert_eq!(bench.depth("work"), (1, 2, 0));
    assert!(beginnings.try_recv().is_err());
    may_end.add_permits(1);
    assert_eq!(beginnings.recv().await.unwrap(), ["c"]);
    assert!(!idle.is_finished(), "two still run");
    may_end.add_permits(2);
    idle.await.unwrap().unwrap();
    assert_eq!(bench.depth("work"), (0, 0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_means_that_the_drivers_invocations_have_ended_too() {
    let bench = Bench::new(vec![QueueSpec::new("work")]);
    let (consumer, mut beginnings, may_end) = Gated::new();
    let poller = Poller::new(bench.queues.clone(), vec![one_by_one()], consumer).unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let driver = tokio::spawn({
        let poller = poller.clone();
        async move { poller.drive(stopped.map(drop)).await }
    });
    bench.send("work", "a");
    beginnings.recv().await.unwrap();

    let idle = tokio::spawn(async move { poller.run_until_idle().await });
    for _ in 0..100 {
        assert_eq!(bench.depth("work"), (0, 1, 0));
        tokio::task::yield_now().await;
        assert!(!idle.is_finished());
    }
    may_end.add_permits(1);
    idle.await.unwrap().unwrap();
    assert_eq!(bench.depth("work"), (0, 0, 0));

    bench.send("work", "b");
    beginnings.recv().await.unwrap();
    stop.send(()).unwrap();
    may_end.add_permits(1);
    driver.await.unwrap().unwrap();
    assert_eq!(bench.depth("work"), (0, 0, 0), "what ran when it was stopped has ended");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_driver_delivers_what_an_advanced_clock_makes_due() {
    let bench = Bench::new(vec![QueueSpec { delay_seconds: 900, ..QueueSpec::new("work") }]);
    let (consumer, mut beginnings, may_end) = Gated::new();
    may_end.add_permits(1);
    let poller = Poller::new(bench.queues.clone(), vec![one_by_one()], consumer).unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let driver = tokio::spawn(async move { poller.drive(stopped.map(drop)).await });
    bench.send("work", "a");
    assert!(beginnings.try_recv().is_err());

    bench.advance(900);

    assert_eq!(beginnings.recv().await.unwrap(), ["a"]);
    stop.send(()).unwrap();
    driver.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn driver_and_callers_together_deliver_each_message_once() {
    const MESSAGES: usize = 200;
    let bench = Bench::new(vec![QueueSpec::new("work"), QueueSpec::new("more")]);
    let queues = bench.queues.clone();
    let functions = Functions::new(move |event| {
        for body in bodies(event).iter().filter(|body| !body.starts_with("more")) {
            send(&queues, "more", &format!("more {body}"));
        }
        Ok(Value::Null)
    });
    let mappings = vec![Mapping::new("work", "confirm"), Mapping::new("more", "confirm")];
    let poller =
        Poller::new(bench.queues.clone(), mappings, Arc::clone(&functions) as Arc<dyn Consumer>).unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let driver = tokio::spawn({
        let poller = poller.clone();
        async move { poller.drive(stopped.map(drop)).await }
    });
    let callers: Vec<_> = (0..4)
        .map(|caller| {
            let poller = poller.clone();
            let queues = bench.queues.clone();
            tokio::spawn(async move {
                for n in 0..MESSAGES / 4 {
                    send(&queues, "work", &format!("{caller}-{n}"));
                    if n % 10 == 0 {
                        poller.run_until_idle().await.unwrap();
                    }
                }
                poller.run_until_idle().await.unwrap();
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    assert_eq!((bench.depth("work"), bench.depth("more")), ((0, 0, 0), (0, 0, 0)));
    stop.send(()).unwrap();
    driver.await.unwrap().unwrap();

    let mut delivered = functions.batches().concat();
    assert_eq!(delivered.len(), 2 * MESSAGES);
    delivered.sort();
    delivered.dedup();
    assert_eq!(delivered.len(), 2 * MESSAGES);
}

/// The process dies while the function runs: the next one delivers the message again.
#[test]
fn a_message_whose_invocation_did_not_end_comes_again() {
    let mut bench = Bench::new(work_and_dead(3));
    let (consumer, mut beginnings, _never_ends) = Gated::new();
    bench.send("work", "a");
    let poller = Poller::new(bench.queues.clone(), vec![one_by_one()], consumer).unwrap();
    let first_life = Runtime::new().unwrap();
    first_life.spawn(async move { poller.run_until_idle().await });
    assert_eq!(first_life.block_on(beginnings.recv()).unwrap(), ["a"]);
    drop(first_life);

    bench.reopen();
    bench.advance(30);
    let functions = Functions::new(|_| Ok(Value::Null));
    let consumer = Arc::clone(&functions) as Arc<dyn Consumer>;
    let poller = Poller::new(bench.queues.clone(), vec![one_by_one()], consumer).unwrap();
    Runtime::new().unwrap().block_on(poller.run_until_idle()).unwrap();

    assert_eq!(functions.batches(), [["a"]]);
    let event = &functions.events.lock().unwrap()[0].1;
    assert_eq!(event["Records"][0]["attributes"]["ApproximateReceiveCount"], "2");
    assert_eq!(bench.depth("work"), (0, 0, 0));
}
