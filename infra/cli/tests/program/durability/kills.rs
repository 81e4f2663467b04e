//! The program is killed again and again while clients work with it.

use super::client::{Client, parties};
use super::link::Link;
use super::server::{Server, expect_clean};
use super::verdict;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use scrip_test_support::Scrip;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::task::JoinSet;

const CLIENTS: usize = 5;
const KILLS: u32 = 20;
/// Requests sent and answered between a start and the next kill.
const EVENTS: std::ops::Range<u64> = 2..120;

/// A number from the environment, so that a failed run can be repeated or a longer one made.
fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_acknowledged_is_lost_or_doubled_when_the_program_is_killed() {
    let seed = setting("SCRIP_SEED").unwrap_or_else(|| rand::rng().random_range(0..1_000_000));
    println!("SCRIP_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join("data");
    let mut log = Vec::new();

    let mut server = start(&data).await;
    let parties = Arc::new(parties(&Scrip::at(server.base()), CLIENTS).await);
    let link = Arc::new(Link::new());
    let stop = Arc::new(AtomicBool::new(false));
    link.up(server.base());
    let mut working = JoinSet::new();
    for place in 0..CLIENTS {
        working.spawn(Client::new(place, parties.clone(), link.clone(), seed).run(stop.clone()));
    }
    for _ in 0..setting("SCRIP_KILLS").map_or(KILLS, |kills| u32::try_from(kills).expect("a number of kills"))
    {
        tokio::select! {
            () = link.events(random.random_range(EVENTS)) => {}
            // A client that ends before it is told to has found something wrong.
            ended = working.join_next() => panic!("{:?}", ended.and_then(Result::err)),
        }
        for _ in 0..random.random_range(0..64) {
            tokio::task::yield_now().await;
        }
        link.down();
        log.extend(server.kill());
        // As it was left, before anything is mended by a start.
        expect_clean(&data);
        server = start(&data).await;
        link.up(server.base());
    }
    stop.store(true, Ordering::SeqCst);
    let mut clients = working.join_all().await;
    for client in &mut clients {
        client.resolve().await;
    }

    let made: usize = clients.iter().map(|client| client.record.payments.len()).sum();
    let refused: usize = clients.iter().map(|client| client.record.refused).sum();
    let bills: usize = clients.iter().map(|client| client.record.bills.len()).sum();
    let coupons: usize = clients.iter().map(|client| client.record.coupons.len()).sum();
    let (unanswered, replayed) =
        (link.unanswered.load(Ordering::SeqCst), link.replayed.load(Ordering::SeqCst));
    println!(
        "{made} payments, {refused} refused, {bills} bills, {coupons} coupons; {unanswered} without answer, {replayed} done before"
    );
    assert!(unanswered > 0, "the program died at work");
    verdict::check(&link, &mut clients, &parties).await;
    verdict::check_ends(&link, &mut clients).await;
    let (status, last) = server.stop();
    assert!(status.success(), "{status} {last:?}");
    log.extend(last);
    expect_clean(&data);
    let faults: Vec<&String> =
        log.iter().filter(|line| line.contains(r#""level":"error""#) || line.contains("panicked")).collect();
    assert!(faults.is_empty(), "{faults:#?}");
}

async fn start(data: &Path) -> Server {
    let data = data.to_owned();
    tokio::task::spawn_blocking(move || Server::start(&data)).await.expect("it starts")
}
