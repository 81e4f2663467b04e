//! The data directory: who may use it, which version wrote it, and the small files in it.

use crate::error::StartError;
use data_encoding::BASE64;
use rand::Rng;
use scrip_clock::{Clock, SignedDuration, Timestamp};
use scrip_identity::{Algorithm, SigningKey};
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// What this version writes, and all that it reads. It grows when what is written can't be read by an older one, or what an
/// older one wrote is not found any more.
const DATA_VERSION: u64 = 3;
const LOCK: &str = "lock";
pub(crate) const VERSION: &str = "version";
const MASTER_KEY: &str = "master.key";
const ISSUER_KEY: &str = "issuer.json";
const CLOCK: &str = "clock";
const STANDING: &str = "standing";
const MASTER_KEY_BYTES: usize = 32;
const SHARED_MEMORY: &str = "/dev/shm";

/// How time passes on the platform.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClockMode {
    /// As on the system's clock; it can be advanced.
    #[default]
    Running,
    /// Only when it is advanced.
    Standing {
        /// The time in a new data directory. In one that was kept it goes on where it was left.
        from: Timestamp,
    },
}

/// The directory, locked for as long as this lives.
pub(crate) struct DataDirectory {
    path: PathBuf,
    is_new: bool,
    _lock: File,
    // Erases the directory after everything else is dropped.
    _erased: Option<TempDir>,
}

impl DataDirectory {
    /// Opens or creates the directory, and locks it.
    pub(crate) fn open(path: &Path) -> Result<Self, StartError> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(|error| StartError::data(path, format!("can't be created: {error}")))?;
        Self::locked(path.to_owned(), None)
    }

    /// A directory that is erased at the end, in memory where the system has files there.
    pub(crate) fn temporary() -> Result<Self, StartError> {
        let builder = || {
            let mut builder = tempfile::Builder::new();
            builder.prefix("scrip-");
            builder
        };
        let shared =
            Path::new(SHARED_MEMORY).is_dir().then(|| builder().tempdir_in(SHARED_MEMORY).ok()).flatten();
        let directory = match shared {
            Some(directory) => directory,
            None => builder().tempdir().map_err(|error| StartError::data(&std::env::temp_dir(), error))?,
        };
        Self::locked(directory.path().to_owned(), Some(directory))
    }

    fn locked(path: PathBuf, erased: Option<TempDir>) -> Result<Self, StartError> {
        let is_new = check_version(&path)?;
        let lock_path = path.join(LOCK);
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&lock_path)
            .map_err(|error| StartError::data(&lock_path, error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StartError::DataInUse(path)),
            Err(TryLockError::Error(error)) => return Err(StartError::data(&lock_path, error)),
        }
        let directory = Self { path, is_new, _lock: lock, _erased: erased };
        if is_new {
            directory.write(VERSION, &format!("{DATA_VERSION}\n"))?;
        }
        Ok(directory)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The text from which functions derive their keys.
    pub(crate) fn master_secret(&self) -> Result<String, StartError> {
        self.read_or_create(MASTER_KEY, || BASE64.encode(&rand::rng().random::<[u8; MASTER_KEY_BYTES]>()))
    }

    /// The same text again. One that is gone is not made anew: nothing that was made with it would hold any more.
    pub(crate) fn master_secret_again(&self) -> Result<String, StartError> {
        let gone = || StartError::data(&self.master_secret_path(), "it was there, and is gone");
        self.read(MASTER_KEY)?.ok_or_else(gone)
    }

    pub(crate) fn master_secret_path(&self) -> PathBuf {
        self.path.join(MASTER_KEY)
    }

    /// The key with which the development issuer signs.
    pub(crate) fn issuer_key(&self) -> Result<SigningKey, StartError> {
        let text = self.read_or_create(ISSUER_KEY, || {
            SigningKey::generate(Algorithm::EdDsa).to_private_jwk().to_string()
        })?;
        SigningKey::from_private_jwk(text.trim())
            .map_err(|error| StartError::data(&self.path.join(ISSUER_KEY), error))
    }

    /// The clock, where it was left.
    pub(crate) fn clock(&self, mode: ClockMode) -> Result<Clock, StartError> {
        let what = "not a number of milliseconds that the clock is ahead";
        let ahead = self.read_milliseconds(CLOCK, what)?.unwrap_or_default();
        let stood_at = self.read_milliseconds(STANDING, "not the milliseconds at which the clock stands")?;
        let system = Clock::system().now();
        let ClockMode::Standing { from } = mode else {
            let Some(stood_at) = stood_at else {
                return Ok(Clock::ahead_by(SignedDuration::from_millis(ahead)));
            };
            // It stood, and runs from here on: at least as late as it stood at last.
            let clock = Clock::ahead_by(SignedDuration::from_millis(
                ahead.max(stood_at.saturating_add(ahead).saturating_sub(system.as_millisecond())),
            ));
            self.keep_clock(clock.offset())?;
            fs::remove_file(self.path.join(STANDING))
                .map_err(|error| StartError::data(&self.path.join(STANDING), error))?;
            return Ok(clock);
        };
        let start = if let Some(stood_at) = stood_at {
            Timestamp::from_millisecond(stood_at).unwrap_or(Timestamp::MAX)
        } else {
            let start = if self.is_new { from } else { from.max(system) };
            self.write(STANDING, &format!("{}\n", start.as_millisecond()))?;
            start
        };
        Ok(Clock::standing_at(start, SignedDuration::from_millis(ahead)))
    }

    fn read_milliseconds(&self, name: &str, otherwise: &str) -> Result<Option<i64>, StartError> {
        let Some(text) = self.read(name)? else { return Ok(None) };
        let milliseconds = text.trim().parse().ok().filter(|milliseconds| *milliseconds >= 0);
        milliseconds.map(Some).ok_or_else(|| StartError::data(&self.path.join(name), otherwise))
    }

    /// Notes how far the clock is ahead. It has to be noted before the clock moves, since time never goes back.
    pub(crate) fn keep_clock(&self, ahead: SignedDuration) -> Result<(), StartError> {
        self.write(CLOCK, &format!("{}\n", ahead.as_millis()))
    }

    fn read_or_create(&self, name: &str, make: impl FnOnce() -> String) -> Result<String, StartError> {
        if let Some(text) = self.read(name)? {
            return Ok(text);
        }
        let text = make();
        self.write(name, &text)?;
        Ok(text)
    }

    fn read(&self, name: &str) -> Result<Option<String>, StartError> {
        let path = self.path.join(name);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StartError::data(&path, error)),
        }
    }

    /// Replaces a file as a whole: whenever the process or the machine stops, the old text is there, or the new.
    fn write(&self, name: &str, text: &str) -> Result<(), StartError> {
        let path = self.path.join(name);
        let draft = self.path.join(format!("{name}.draft"));
        let write = || -> io::Result<()> {
            let mut file =
                OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&draft)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&draft, &path)?;
            File::open(&self.path)?.sync_all()
        };
        write().map_err(|error| StartError::data(&path, error))
    }
}

/// Whether the directory is yet to be given its version. Nothing in it is touched.
fn check_version(path: &Path) -> Result<bool, StartError> {
    let file = path.join(VERSION);
    match fs::read_to_string(&file) {
        Ok(text) => match text.trim().parse() {
            Ok(DATA_VERSION) => Ok(false),
            Ok(found) if found > DATA_VERSION => {
                Err(StartError::DataNewer { directory: path.to_owned(), found })
            }
            Ok(found) if found > 0 => Err(StartError::DataOlder { directory: path.to_owned(), found }),
            _ => Err(StartError::data(&file, "not a data version; was this directory written by Scrip?")),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let entries = fs::read_dir(path).map_err(|error| StartError::data(path, error))?;
            let ours = [LOCK.to_owned(), format!("{VERSION}.draft")];
            for entry in entries {
                let entry = entry.map_err(|error| StartError::data(path, error))?;
                if !ours.iter().any(|name| entry.file_name() == name.as_str()) {
                    let why = "holds other files, but none that says it was written by Scrip; choose another with --data";
                    return Err(StartError::data(path, why));
                }
            }
            Ok(true)
        }
        Err(error) => Err(StartError::data(&file, error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn refused(path: &Path) -> String {
        DataDirectory::open(path).err().unwrap().to_string()
    }

    #[test]
    fn keys_and_clock_of_a_data_directory_are_read_back() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("a/b");
        let first = DataDirectory::open(&path).unwrap();
        let secret = first.master_secret().unwrap();
        let key = first.issuer_key().unwrap();
        first.keep_clock(SignedDuration::from_hours(2)).unwrap();
        drop(first);

        let second = DataDirectory::open(&path).unwrap();
        assert_eq!(second.master_secret().unwrap(), secret);
        assert_eq!(BASE64.decode(secret.as_bytes()).unwrap().len(), MASTER_KEY_BYTES);
        assert_eq!(second.issuer_key().unwrap().public_jwk(), key.public_jwk());
        assert_eq!(second.clock(ClockMode::Running).unwrap().offset(), SignedDuration::from_hours(2));
        for name in [MASTER_KEY, ISSUER_KEY] {
            let mode = fs::metadata(path.join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }

    #[test]
    fn a_standing_clock_stands_where_it_was_left() {
        let directory = tempfile::tempdir().unwrap();
        let from: Timestamp = "2090-01-15T12:00:00Z".parse().unwrap();
        let hours = SignedDuration::from_hours;
        let clock = |mode| DataDirectory::open(directory.path()).unwrap().clock(mode).unwrap();
        assert_eq!(clock(ClockMode::Standing { from }).now(), from);

        DataDirectory::open(directory.path()).unwrap().keep_clock(hours(2)).unwrap();
        assert_eq!(clock(ClockMode::Standing { from: from + hours(9) }).now(), from + hours(2));
        let running = clock(ClockMode::Running).now();
        assert!(running >= from + hours(2), "time went back to {running}");
        assert!(clock(ClockMode::Running).now() >= running);
        assert!(clock(ClockMode::Standing { from }).now() >= running);
    }

    #[test]
    fn one_process_has_the_directory() {
        let directory = tempfile::tempdir().unwrap();
        let first = DataDirectory::open(directory.path()).unwrap();
        assert!(refused(directory.path()).contains("is in use by another process"));
        drop(first);
        assert!(DataDirectory::open(directory.path()).is_ok());
    }

    #[test]
    fn what_another_version_wrote_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let older = "older Scrip (data version 2), whose data this one can't read: use that one, or another directory with --data";
        for (text, why) in [
            ("4\n", "newer Scrip (data version 4)"),
            ("2\n", older),
            ("0\n", "not a data version"),
            ("one", "not a data version"),
            ("", "not a data"),
        ] {
            fs::write(directory.path().join(VERSION), text).unwrap();
            let told = refused(directory.path());
            assert!(told.contains(why), "{told}");
            assert_eq!(fs::read_to_string(directory.path().join(VERSION)).unwrap(), text);
            assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
        }
    }

    #[test]
    fn a_directory_of_somebody_else_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("thesis.txt"), "…").unwrap();
        assert!(refused(directory.path()).contains("holds other files"));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_in_place_of_the_data_directory_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(refused(file.path()).contains("can't be created"));
    }

    #[test]
    fn a_temporary_directory_is_erased() {
        let directory = DataDirectory::temporary().unwrap();
        let path = directory.path().to_owned();
        directory.master_secret().unwrap();
        assert!(path.is_dir());
        drop(directory);
        assert!(!path.exists());
    }
}
