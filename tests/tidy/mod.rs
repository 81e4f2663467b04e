//! Rules of the house that a compiler does not know.

mod layers;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const MAX_FILE_LINES: usize = 400;
/// What must not stand in code that serves requests, and why.
const BANNED: &[(&str, &str)] = &[
    ("thread::sleep", "it blocks the runtime"),
    ("todo!(", "what is committed is done"),
    ("unimplemented!(", "what is committed is done"),
    ("SystemTime::now", "time comes from the clock"),
    ("Timestamp::now", "time comes from the clock"),
    ("f32", "money and percentages are exact"),
];
/// What outlives an invocation in code that serves requests and belongs to no function's world, and why it may: all else is
/// kept in [`scrip_capability::Kept`], since several functions and platforms may share a process.
const OF_THE_PROCESS: &[(&str, &str, &str)] = &[
    (
        "shared/directory/src/hashing.rs",
        "OF_THIS_PROCESS",
        "threads and memory are the process's, and know nothing of users",
    ),
    ("shared/function/src/log.rs", "DIRECTIVES_TEXT", "it is a constant that is made once"),
];
/// How state of a process begins.
const PROCESS_STATE: [&str; 3] = ["static ", "thread_local!", "task_local!"];
/// Folders in which nothing is ours.
const IGNORED: [&str; 3] = ["target", "snapshots", "node_modules"];
/// Where an exception is due.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("shared/clock/src/lib.rs", "Timestamp::now"),
    // The runtime tells the deadline of an invocation as a time of the system's clock.
    ("functions/bootstrap/src/invocation.rs", "SystemTime::now"),
    // A serde deserializer names every type that serde knows.
    ("shared/http/src/strict.rs", "f32"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && !IGNORED.iter().any(|ignored| path.ends_with(ignored)) {
            files(&path, ending, found);
        } else if path.extension().is_some_and(|extension| extension == ending) {
            found.push(path);
        }
    }
}

fn rust_files(folders: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in folders {
        files(&root().join(folder), "rs", &mut found);
    }
    assert!(!found.is_empty());
    let name = |path: &Path| path.strip_prefix(root()).unwrap_or(path).display().to_string();
    found.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn no_file_is_longer_than_one_can_hold_in_mind() {
    let long: Vec<_> = rust_files(&["shared", "functions", "infra", "tests"])
        .into_iter()
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > MAX_FILE_LINES)
        .collect();
    assert!(long.is_empty(), "split by meaning: {long:?}");
}

#[test]
fn nothing_banned_stands_in_code_that_serves_requests() {
    for (path, text) in rust_files(&["shared", "functions"]) {
        if path.contains("/tests/") {
            continue;
        }
        let serving = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (banned, why) in BANNED {
            if !EXCEPTIONS.contains(&(path.as_str(), banned)) {
                assert!(!serving.contains(banned), "{path} has {banned}: {why}");
            }
        }
    }
}

#[test]
fn nothing_is_remembered_by_a_process_but_what_is_its_own() {
    let mut found = BTreeSet::new();
    for (path, text) in rust_files(&["shared", "functions"]) {
        let serving = text.split("#[cfg(test)]").next().unwrap_or_default();
        for line in serving
            .lines()
            .map(|line| line.trim_start().trim_start_matches("pub ").trim_start_matches("pub(crate) "))
        {
            if PROCESS_STATE.iter().any(|begin| line.starts_with(begin)) {
                let name = line.split([' ', ':', '{']).nth(1).unwrap_or_default().to_owned();
                found.insert((path.clone(), name));
            }
        }
    }
    let allowed = OF_THE_PROCESS.iter().map(|(path, name, _)| ((*path).to_owned(), (*name).to_owned()));
    assert_eq!(found, allowed.collect());
}

#[test]
fn each_operation_has_a_file_of_its_name() {
    let files: BTreeSet<String> = rust_files(&["functions"]).into_iter().map(|(path, _)| path).collect();
    for operation in scrip_catalog::operations() {
        let file = format!("/{}.rs", operation.name.replace('-', "_"));
        assert!(files.iter().any(|path| path.ends_with(&file)), "{} has no file", operation.name);
    }
}

#[test]
fn every_code_is_used() {
    let sources = rust_files(&["shared", "functions", "infra"]);
    let template = fs::read_to_string(root().join("infra/template.yaml")).unwrap();
    for code in scrip_refusal::Code::ALL {
        let variant = format!("{code:?}");
        let used = sources.iter().any(|(path, text)| {
            !path.ends_with("refusal/src/code.rs")
                && !path.ends_with("http/src/problem.rs")
                && text.split(|letter: char| !letter.is_alphanumeric()).any(|word| word == variant)
        });
        assert!(used || template.contains(code.as_str()), "{code} is never told");
    }
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut documents = Vec::new();
    files(&root(), "md", &mut documents);
    for document in
        documents.iter().filter(|path| !path.components().any(|part| part.as_os_str() == "target"))
    {
        let text = fs::read_to_string(document).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap_or_default();
            if !target.is_empty() && !target.contains("://") {
                let path = document.parent().unwrap().join(target);
                assert!(path.exists(), "{} links to {link}", document.display());
            }
        }
    }
}
