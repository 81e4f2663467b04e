//! Time that goes by in a test: advanced where there is a test clock, waited for where there is none.

use crate::Scrip;
use crate::system::Target;
use reqwest::Method;
use scrip_clock::{Clock, Period, SignedDuration, Timestamp};
use serde_json::json;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Where the embedded platform's clock stands until a test advances it: every run sees the same time of day.
const START: &str = "2027-01-15T12:00:00Z";
/// What a test may wait for where time can't be advanced.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(3);
/// How long a deployed system may take until it has done what is due.
const SOON: Duration = Duration::from_mins(3);
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// The time at which tests begin.
pub(crate) fn start() -> Timestamp {
    if cfg!(feature = "deployed") { Clock::system().now() } else { START.parse().expect("a time") }
}

impl Scrip {
    /// When the system's tests began, or now where its clock runs in another process.
    pub(crate) async fn beginning(&self) -> Timestamp {
        if let Target::Elsewhere = self.target { self.now().await } else { start() }
    }

    /// The system's time.
    pub async fn now(&self) -> Timestamp {
        match &self.target {
            Target::Embedded(running) => running.clock().now(),
            Target::Deployed(_) => Clock::system().now(),
            Target::Elsewhere => {
                let answer = self.raw(Method::GET, "/local/clock", &[], Vec::new()).await.expect(200);
                answer.text("now").parse().expect("a time")
            }
        }
    }

    /// Lets this much time go by. The embedded platform's clock is advanced, and what was due has run afterwards; a
    /// deployed system's time passes by itself.
    pub async fn advance(&self, period: &str) {
        match &self.target {
            Target::Deployed(_) => {
                let period: Period = period.parse().expect("a period");
                wait_for(period.duration()).await;
            }
            _ => {
                self.local("/local/clock", &json!({ "advance": period })).await.expect(200);
            }
        }
    }

    /// Lets time go by until this moment, and on the embedded platform what was due by then run.
    pub async fn reach(&self, moment: Timestamp) {
        let left = moment.duration_since(self.now().await).max(SignedDuration::ZERO);
        match &self.target {
            Target::Deployed(_) => wait_for(left).await,
            _ => {
                self.running().advance(left).await.expect("time passes");
            }
        }
    }

    /// Looks until there is something to see. A deployed system does some of its work after it has answered.
    pub async fn soon<T>(&self, what: &str, look: impl AsyncFn() -> Option<T>) -> T {
        let give_up = Instant::now() + SOON;
        loop {
            if let Some(seen) = look().await {
                return seen;
            }
            let may_come = self.is_deployed() && Instant::now() < give_up;
            assert!(may_come, "{what}: not to be seen");
            sleep(LOOK_AGAIN).await;
        }
    }

    /// Lets everything that is due now run; a deployed system runs it by itself.
    pub async fn settle(&self) {
        if self.is_deployed() {
            return;
        }
        self.running().settle().await.expect("everything runs");
    }
}

/// Waits for the real time to pass.
async fn wait_for(period: SignedDuration) {
    assert!(period <= LONGEST_WAIT, "a test that needs this much time needs the test clock");
    sleep(period.unsigned_abs()).await;
}
