//! `scrip secret`: generations of the master secret, from the standard input to the standard output, or in a file.

use crate::answer;
use anyhow::{Context, ensure};
use clap::{Args, Subcommand};
use scrip_clock::{Clock, Period, Timestamp};
use scrip_identity::{MASTER_SECRET_FRESH_MINUTES, MasterSecret};
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Random bytes of a new secret.
const SECRET_BYTES: usize = 32;

/// What is done with the master secret.
#[derive(Args, Debug)]
pub(crate) struct Secret {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// Add a generation that what is new is made under from some time on
    Add(Add),
    /// Remove the oldest generation: what was made under it alone is refused from then on
    Remove(Kept),
    /// Tell which generations there are, and since when each counts
    Show(Kept),
}

#[derive(Args, Debug)]
struct Add {
    /// In how long it counts; functions need five minutes to learn of it
    #[arg(long = "in", default_value = "PT15M")]
    after: Period,
    #[command(flatten)]
    kept: Kept,
}

#[derive(Args, Debug)]
struct Kept {
    /// The file, which is replaced, such as .scrip/master.key; without it, from standard input to standard output
    #[arg(long)]
    file: Option<PathBuf>,
}

impl Secret {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self.action {
            Action::Add(Add { after, kept }) => {
                kept.write(&added(&kept.read()?, after, Clock::system().now())?)
            }
            Action::Remove(kept) => kept.write(&removed(&kept.read()?, Clock::system().now())?),
            Action::Show(kept) => answer(&shown(&kept.read()?)),
        }
    }
}

/// The same with a new generation.
fn added(master: &MasterSecret, after: Period, now: Timestamp) -> anyhow::Result<MasterSecret> {
    ensure!(
        after.duration().as_mins() >= MASTER_SECRET_FRESH_MINUTES,
        "functions learn of a change within {MASTER_SECRET_FRESH_MINUTES} minutes: what some made earlier, others could not open"
    );
    let secret = Zeroizing::new(data_encoding::BASE64.encode(&rand::random::<[u8; SECRET_BYTES]>()));
    Ok(master.with_next(&secret, now + after.duration())?)
}

/// The same without the oldest generation, whose successor has to count by then.
fn removed(master: &MasterSecret, now: Timestamp) -> anyhow::Result<MasterSecret> {
    if let Some((next, Some(from))) = master.generations().nth(1) {
        ensure!(from <= now, "generation {next} does not count before {from}: until then nothing else does");
    }
    Ok(master.without_oldest()?)
}

fn shown(master: &MasterSecret) -> String {
    let lines = master.generations().map(|(generation, from)| match from {
        Some(from) => format!("generation {generation}, from {from}"),
        None => format!("generation {generation}"),
    });
    lines.collect::<Vec<_>>().join("\n")
}

impl Kept {
    fn read(&self) -> anyhow::Result<MasterSecret> {
        let mut text = Zeroizing::new(String::new());
        match &self.file {
            Some(path) => {
                *text =
                    fs::read_to_string(path).with_context(|| format!("{} can't be read", path.display()))?;
            }
            None => {
                std::io::stdin()
                    .lock()
                    .read_to_string(&mut text)
                    .context("the standard input can't be read")?;
            }
        }
        Ok(MasterSecret::parse(&text)?)
    }

    /// The file is there as it was or as it is to be, whenever this ends.
    fn write(&self, master: &MasterSecret) -> anyhow::Result<()> {
        let Some(path) = &self.file else { return answer(&master.to_text()) };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let cant = || format!("{} can't be written", path.display());
        // Temporary files are made with mode 0600.
        let mut file =
            tempfile::Builder::new().prefix(".scrip-secret-").tempfile_in(folder).with_context(cant)?;
        file.write_all(master.to_text().as_bytes())
            .and_then(|()| file.write_all(b"\n"))
            .with_context(cant)?;
        file.as_file().sync_all().with_context(cant)?;
        file.persist(path).with_context(cant)?;
        answer(&shown(master))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn kept(path: &Path) -> Kept {
        Kept { file: Some(path.to_owned()) }
    }

    #[test]
    fn a_generation_is_added_and_the_oldest_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        fs::write(&path, "a master secret that is long enough, alone\n").unwrap();
        let first = kept(&path).read().unwrap();
        assert_eq!(shown(&first), "generation 1");

        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let two = added(&first, "PT15M".parse().unwrap(), now).unwrap();
        kept(&path).write(&two).unwrap();
        let read = kept(&path).read().unwrap();
        assert_eq!(shown(&read), "generation 1\ngeneration 2, from 2027-01-15T08:15:00Z");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert_eq!(read.keyring(now).derive("a", "b"), first.keyring(now).derive("a", "b"));

        let early = removed(&read, now).unwrap_err();
        assert!(early.to_string().contains("does not count before 2027-01-15T08:15:00Z"), "{early}");
        let then = Timestamp::from_second(1_800_000_000 + 15 * 60).unwrap();
        let alone = removed(&read, then).unwrap();
        assert_eq!(shown(&alone), "generation 2, from 2027-01-15T08:15:00Z");
        assert!(removed(&alone, then).is_err());
    }

    #[test]
    fn a_generation_does_not_count_before_all_know_it() {
        let master = MasterSecret::parse(&"x".repeat(32)).unwrap();
        let soon = added(&master, "PT4M".parse().unwrap(), Timestamp::UNIX_EPOCH).unwrap_err();
        assert!(soon.to_string().contains("within 5 minutes"), "{soon}");
    }
}
