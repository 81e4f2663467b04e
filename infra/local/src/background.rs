//! What runs beside requests: schedules, streams, queues, workflows, and the end of what is kept for a time.

use crate::time::Time;
use scrip_clock::{Clock, SignedDuration};
use scrip_function::{Level, Line, Log};
use scrip_refusal::Code;
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How often items whose time to live is over are looked for, beside each advance of the clock.
const EXPIRY_PERIOD: SignedDuration = SignedDuration::from_hours(1);
/// How long a part of the platform rests after it could not do its work, such as on a full disk. It is real time, since a
/// clock that is advanced mends no disk.
const REST_AFTER_ERROR: Duration = Duration::from_secs(5);

/// Starts what runs by itself.
pub(crate) fn drive(
    tasks: &mut JoinSet<()>,
    time: &Arc<Time>,
    log: &Arc<dyn Log>,
    stopped: &watch::Receiver<bool>,
) {
    macro_rules! spawn {
        ($name:literal, $time:ident, $until:ident => $work:expr) => {{
            let ($time, log, stopped) = (time.clone(), log.clone(), stopped.clone());
            tasks.spawn(async move {
                loop {
                    let $until = until(stopped.clone());
                    let Err(error) = $work.await else { return };
                    tell(&log, &$time.clock, $name, &error);
                    tokio::select! {
                        () = tokio::time::sleep(REST_AFTER_ERROR) => {}
                        () = until(stopped.clone()) => return,
                    }
                }
            });
        }};
    }
    spawn!("schedules", time, until => time.schedules.drive(until));
    spawn!("streams", time, until => time.streams.drive(until));
    spawn!("queues", time, until => time.poller.drive(until));
    spawn!("workflows", time, until => time.engine.drive(until));
    spawn!("expiry", time, until => expire(&time, until));
}

async fn expire(time: &Time, shutdown: impl Future<Output = ()>) -> Result<(), String> {
    tokio::pin!(shutdown);
    loop {
        time.expire().await?;
        let wait = time.clock.until(time.clock.now() + EXPIRY_PERIOD);
        tokio::select! {
            () = elapse(wait) => {}
            () = &mut shutdown => return Ok(()),
        }
    }
}

/// Ends after so long, or never.
pub(crate) async fn elapse(wait: Option<Duration>) {
    match wait {
        Some(wait) => tokio::time::sleep(wait).await,
        None => std::future::pending().await,
    }
}

/// Ends when the platform is to stop, or is dropped.
pub(crate) async fn until(mut stopped: watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

fn tell(log: &Arc<dyn Log>, clock: &Clock, part: &str, error: &impl Display) {
    log.write(&Line {
        level: Level::Error,
        time: clock.now(),
        environment: crate::ENVIRONMENT,
        request_id: "-",
        causes: &[],
        operation: part,
        principal: "system",
        outcome: Code::Internal.as_str(),
        status: None,
        measures: None,
        counts: &[],
        reason: None,
        detail: Some(&error.to_string()),
    });
}
