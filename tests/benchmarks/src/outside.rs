//! Programs that this workspace does not build: each beside this crate's `src`, with a lock file of its own.

use crate::program;
use anyhow::{Context, ensure};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

/// A program that Scrip is measured against.
pub(crate) struct Outside {
    /// The folder beside `src`, and beside that of this program's profile.
    pub(crate) folder: &'static str,
    /// Its name.
    pub(crate) program: &'static str,
}

impl Outside {
    /// The program, if it has been built.
    pub(crate) fn built(&self) -> anyhow::Result<Option<PathBuf>> {
        let path = self.target()?.join("release").join(self.program);
        Ok(path.is_file().then_some(path))
    }

    /// Builds it, which takes minutes.
    pub(crate) async fn build(&self) -> anyhow::Result<PathBuf> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join(self.folder).join("Cargo.toml");
        let mut command = Command::new(cargo);
        command.args(["build", "--release", "--locked", "--manifest-path"]).arg(manifest);
        let output = command.arg("--target-dir").arg(self.target()?);
        let output = output.stdin(Stdio::null()).kill_on_drop(true).output().await?;
        ensure!(output.status.success(), "{}: {}", self.folder, String::from_utf8_lossy(&output.stderr));
        self.built()?.with_context(|| format!("cargo built no {}", self.program))
    }

    fn target(&self) -> anyhow::Result<PathBuf> {
        let folder = program::folder()?;
        let beside = folder.parent().map_or_else(|| folder.clone(), Path::to_owned);
        Ok(beside.join(self.folder))
    }
}
