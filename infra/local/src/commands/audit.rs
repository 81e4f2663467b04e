//! `scrip audit`: checks everything that is stored.

use super::{answer, tell};
use crate::audit;
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
    pub(super) async fn run(self) -> ExitCode {
        let books = match &self.url {
            Some(url) => audit::of_platform(url).await,
            None => audit::of_directory(&self.data).await,
        };
        let told = books.and_then(|books| {
            let report = audit::check(&books);
            answer(report.to_string().trim_end())?;
            Ok(report.violations().is_empty())
        });
        match told {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::from(VIOLATIONS),
            Err(error) => {
                tell(&format!("scrip: {error:#}"));
                ExitCode::from(UNREADABLE)
            }
        }
    }
}
