//! What the API's description is compared with: what is committed, so that no state of the working tree is a way around it.

use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::{fs, io};

/// The description in the last commit; where the folder is no clone, the one that lies there.
///
/// # Errors
/// There is none, or it can't be read: a description that is gone would let every change pass.
pub(super) fn baseline(root: &Path, path: &str) -> Result<Value, String> {
    let found = chosen(committed(root, path), || fs::read_to_string(root.join(path)));
    found.map_err(|why| {
        format!(
            "{path}, with which changes are compared, is not there or not whole ({why}). Take it from a commit that has it: \
             git checkout <commit> -- {path}"
        )
    })
}

fn chosen(committed: Option<String>, lying: impl FnOnce() -> io::Result<String>) -> Result<Value, String> {
    let text = committed.map_or_else(lying, Ok).map_err(|error| error.to_string())?;
    let document: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    if document["info"]["version"].is_string() && document["paths"].is_object() {
        Ok(document)
    } else {
        Err("it has no version or no paths".to_owned())
    }
}

fn committed(root: &Path, path: &str) -> Option<String> {
    let shown =
        Command::new("git").arg("show").arg(format!("HEAD:./{path}")).current_dir(root).output().ok()?;
    shown.status.success().then(|| String::from_utf8(shown.stdout).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn version(version: &str) -> String {
        json!({ "info": { "version": version }, "paths": {} }).to_string()
    }

    #[test]
    fn what_is_committed_counts_whatever_lies_there() {
        let not_found = || Err(io::ErrorKind::NotFound.into());
        let of = |lying: io::Result<String>| {
            chosen(Some(version("0.1.0")), || lying).unwrap()["info"]["version"].clone()
        };
        assert_eq!(of(Ok(version("0.2.0"))), "0.1.0");
        assert_eq!(of(not_found()), "0.1.0", "nor is it a way around to take it away");
        assert!(chosen(None, not_found).is_err(), "a commit that has lost it, or no clone");
        assert_eq!(chosen(None, || Ok(version("0.2.0"))).unwrap()["info"]["version"], "0.2.0");
    }

    #[test]
    fn what_is_not_whole_is_no_baseline() {
        for broken in ["", "{}", "<<<<<<< HEAD\n{}", r#"{ "info": { "version": "0.1.0" } }"#] {
            assert!(chosen(None, || Ok(broken.to_owned())).is_err(), "{broken}");
            assert!(chosen(Some(broken.to_owned()), || Ok(version("0.1.0"))).is_err(), "{broken}");
        }
    }
}
