//! `scrip audit`: checks everything that is stored.

use crate::{address, answer, tell};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

const VIOLATIONS: u8 = 1;
const UNREADABLE: u8 = 2;

/// What is audited. It ends with 0 if all is true, 1 if anything is not, 2 if it can't be read.
#[derive(Args, Debug)]
pub(crate) struct Audit {
    /// The data directory of a platform that does not run, or a copy of one
    #[arg(long, env = "SCRIP_DATA", default_value = "./.scrip")]
    data: PathBuf,
    /// The address of a platform that runs, instead of a data directory
    #[arg(long)]
    url: Option<String>,
}

impl Audit {
    pub(crate) async fn run(self) -> ExitCode {
        match self.holds().await {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::from(VIOLATIONS),
            Err(error) => {
                tell(&format!("scrip: {error:#}"));
                ExitCode::from(UNREADABLE)
            }
        }
    }

    /// Tells what was found, and whether all is true.
    async fn holds(&self) -> anyhow::Result<bool> {
        let books = match &self.url {
            Some(url) => scrip_audit::of_platform(&address::client()?, url).await,
            None => scrip_audit::of_directory(&self.data).await,
        };
        let report = scrip_audit::check(&books?);
        answer(report.to_string().trim_end())?;
        Ok(report.is_clean())
    }
}
