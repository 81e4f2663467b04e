//! Where a system is that runs, and what time it is there.

use anyhow::Context;
use clap::Args;
use scrip_clock::{Clock, Timestamp};
use serde::Deserialize;
use std::time::Duration;

/// Longer than any answer takes, advancing the clock by weeks included.
const ANSWER_TIMEOUT: Duration = Duration::from_mins(1);
/// What is slower than this to tell the time is not on this machine, and has the time of its own system.
const CLOCK_TIMEOUT: Duration = Duration::from_secs(20);
const DEFAULT_PORT: u16 = 9400;

/// The system that a command is about.
#[derive(Args, Clone, Debug)]
pub(crate) struct Address {
    /// Where the system is [default: the port on 127.0.0.1]
    #[arg(long, env = "SCRIP_URL")]
    url: Option<String>,
    /// Its port on 127.0.0.1
    #[arg(long, env = "SCRIP_PORT", default_value_t = DEFAULT_PORT)]
    port: u16,
}

#[derive(Deserialize)]
struct Told {
    now: Timestamp,
}

impl Address {
    /// What its URLs begin with, without a slash at the end.
    pub(crate) fn base(&self) -> String {
        match &self.url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("http://127.0.0.1:{}", self.port),
        }
    }

    /// The time there: that of the platform's clock, which may have been advanced, or else the system's.
    pub(crate) async fn now(&self) -> Timestamp {
        now(&self.base()).await.unwrap_or_else(|| Clock::system().now())
    }
}

/// What the embedded platform's clock shows, if there is one.
pub(crate) async fn now(base: &str) -> Option<Timestamp> {
    let request = client().ok()?.get(format!("{base}/local/clock")).timeout(CLOCK_TIMEOUT);
    let told: Told = request.send().await.ok()?.error_for_status().ok()?.json().await.ok()?;
    Some(told.now)
}

/// A client that goes straight to where it is told: the system is on this machine, and no proxy knows it.
pub(crate) fn client() -> anyhow::Result<reqwest::Client> {
    reqwest::Client::builder()
        .no_proxy()
        .timeout(ANSWER_TIMEOUT)
        .build()
        .context("no HTTP client can be made")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    fn address(url: Option<&str>) -> Address {
        Address { url: url.map(str::to_owned), port: 9411 }
    }

    #[test]
    fn a_system_is_addressed_by_its_url_or_its_port() {
        assert_eq!(address(None).base(), "http://127.0.0.1:9411");
        assert_eq!(address(Some("http://localhost:1/")).base(), "http://localhost:1");
    }

    #[tokio::test]
    async fn where_nothing_answers_the_systems_clock_counts() {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let before = Clock::system().now();
        let now = address(Some(&format!("http://{free}"))).now().await;
        assert!((before..=Clock::system().now()).contains(&now), "{now}");
    }
}
