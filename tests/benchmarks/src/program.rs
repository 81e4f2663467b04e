//! The programs as they are built: found beside this one, and run in processes of their own.

use crate::client::Client;
use anyhow::{Context, ensure};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_mins(1);

/// The folder that all programs are built into.
pub(crate) fn folder() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe()?;
    Ok(program.parent().context("this program is in no folder")?.to_owned())
}

/// A program beside this one.
pub(crate) fn find(name: &str) -> anyhow::Result<PathBuf> {
    let path = folder()?.join(name);
    let profile = if cfg!(debug_assertions) { "" } else { "--release " };
    let how = format!("build it first: cargo build {profile}-p scrip-cli -p scrip-bootstrap");
    ensure!(path.is_file(), "there is no {}; {how}", path.display());
    Ok(path)
}

/// `scrip up`, in a process of its own.
pub(crate) struct Program {
    process: Child,
    /// Host and port.
    pub(crate) address: String,
    /// From the start of the process to its first answer.
    pub(crate) started_in: Duration,
}

impl Program {
    /// Starts it on this data, and waits for its first answer.
    pub(crate) async fn start(data: &Path) -> anyhow::Result<Self> {
        let path = find("scrip")?;
        let began = Instant::now();
        let mut process = Command::new(path)
            .args(["up", "--port", "0", "--data"])
            .arg(data)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let output = process.stdout.take().context("no output")?;
        let mut lines = BufReader::new(output).lines();
        let address = timeout(PATIENCE, async {
            while let Some(line) = lines.next_line().await? {
                if let Some((_, address)) = line.split_once("listens on http://") {
                    return Ok(address.trim().to_owned());
                }
            }
            anyhow::bail!("scrip ended before it listened")
        });
        let address = address.await??;
        let health = Client::connect(&address).await?.get("/health").await?;
        let started_in = began.elapsed();
        ensure!(health["status"] == "ok", "{health}");
        // What it has to say is read to the end, so that it never waits for a reader.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self { process, address, started_in })
    }

    /// Its resident memory.
    pub(crate) fn resident_kilobytes(&self) -> anyhow::Result<u64> {
        let id = self.process.id().context("it has ended")?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        Ok(line.trim().trim_end_matches("kB").trim().parse()?)
    }

    /// Stops it in order.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        terminate(self.process.id().context("it has ended")?).await?;
        let status = timeout(PATIENCE, self.process.wait()).await??;
        ensure!(status.success(), "scrip ended with {status}");
        Ok(())
    }
}

/// Asks a process to end.
pub(crate) async fn terminate(id: u32) -> anyhow::Result<()> {
    let status = Command::new("kill").arg("-TERM").arg(id.to_string()).status().await?;
    ensure!(status.success(), "process {id} can't be told to end");
    Ok(())
}
