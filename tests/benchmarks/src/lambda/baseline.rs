//! The function that ours is measured against: `baseline/` beside this crate's `src`.

use crate::program;
use anyhow::{Context, ensure};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

const MANIFEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/baseline/Cargo.toml");

/// Its program, if it has been built.
pub(super) fn built() -> anyhow::Result<Option<PathBuf>> {
    let path = folder()?.join("release/scrip-baseline");
    Ok(path.is_file().then_some(path))
}

/// Builds it, as our artifact is, with a lock file and a folder of its own.
pub(super) async fn build() -> anyhow::Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--release", "--locked", "--manifest-path", MANIFEST, "--target-dir"]);
    let output = command.arg(folder()?).stdin(Stdio::null()).kill_on_drop(true).output().await?;
    ensure!(output.status.success(), "the baseline: {}", String::from_utf8_lossy(&output.stderr));
    built()?.context("cargo built no baseline")
}

/// Beside the folder of this program's profile.
fn folder() -> anyhow::Result<PathBuf> {
    let folder = program::folder()?;
    Ok(folder.parent().map_or_else(|| folder.clone(), Path::to_owned).join("baseline"))
}

#[cfg(test)]
mod tests {
    const OWN: &str = include_str!("../../baseline/Cargo.toml");
    const WORKSPACE: &str = include_str!("../../../../Cargo.toml");

    fn profile(manifest: &str) -> Vec<&str> {
        let lines = manifest.lines().skip_while(|line| *line != "[profile.release]").skip(1);
        lines.take_while(|line| line.contains('=')).collect()
    }

    #[test]
    fn both_are_built_alike() {
        let profile = [OWN, WORKSPACE].map(profile);
        assert_eq!(profile[0].len(), 4);
        assert_eq!(profile[0], profile[1]);
    }
}
