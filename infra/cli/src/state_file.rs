//! What a simulated phone or till keeps: a JSON file that only its owner can read, since it holds keys and codes.

use anyhow::{Context, bail};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;

/// Reads what was kept; `None` if nothing was.
pub(crate) fn read<S: DeserializeOwned>(path: &Path) -> anyhow::Result<Option<S>> {
    match fs::read(path) {
        Ok(json) => {
            let state = serde_json::from_slice(&json);
            Ok(Some(state.with_context(|| format!("{} was not written by this command", path.display()))?))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("{} can't be read", path.display())),
    }
}

/// Reads what must have been kept.
pub(crate) fn expect<S: DeserializeOwned>(path: &Path, first: &str) -> anyhow::Result<S> {
    match read(path)? {
        Some(state) => Ok(state),
        None => bail!("{} does not exist; `{first}` makes it", path.display()),
    }
}

/// Keeps it: the file has the old content or the new one, whenever the machine stops.
pub(crate) fn write(path: &Path, state: &impl Serialize) -> anyhow::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let cant = || format!("{} can't be written", path.display());
    // Temporary files are made with mode 0600.
    let mut file = tempfile::Builder::new().prefix(".scrip-state-").tempfile_in(folder).with_context(cant)?;
    serde_json::to_writer_pretty(&mut file, state).with_context(cant)?;
    file.write_all(b"\n").with_context(cant)?;
    file.as_file().sync_all().with_context(cant)?;
    file.persist(path).with_context(cant)?;
    fs::File::open(folder).and_then(|folder| folder.sync_all()).with_context(cant)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn what_is_kept_is_read_back_and_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        assert_eq!(read::<u32>(&path).unwrap(), None);
        fs::write(&path, "1").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();

        write(&path, &2).unwrap();

        assert_eq!(read::<u32>(&path).unwrap(), Some(2));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_wrong_with_a_file_is_told_with_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pos.json");
        let missing = expect::<u32>(&path, "scrip pos register").unwrap_err().to_string();
        assert!(missing.ends_with("pos.json does not exist; `scrip pos register` makes it"), "{missing}");
        fs::write(&path, "{").unwrap();
        assert!(read::<u32>(&path).unwrap_err().to_string().contains("pos.json was not written"));
        assert!(write(&folder.path().join("no/where.json"), &1).is_err());
    }
}
