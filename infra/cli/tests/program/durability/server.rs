//! The program as a process of its own.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// A running program. It is killed when it is dropped.
pub(super) struct Server {
    child: Child,
    base: String,
    told: Arc<Mutex<Vec<String>>>,
    listener: Option<JoinHandle<()>>,
}

/// The program with these arguments, and nothing of this process's settings.
pub(super) fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scrip"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    command
}

/// The arguments that start it on any free port.
pub(super) fn up(data: &Path) -> Vec<&str> {
    vec!["up", "--port", "0", "--log-format", "json", "--data", data.to_str().expect("a path in UTF-8")]
}

impl Server {
    pub(super) fn start(data: &Path) -> Self {
        Self::start_by(program(&up(data)))
    }

    /// Starts it by this command, and comes back when it says that it listens.
    pub(super) fn start_by(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program");
        let told = Arc::new(Mutex::new(Vec::new()));
        let lines = BufReader::new(child.stderr.take().expect("its errors"));
        let into = told.clone();
        let listener = std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                into.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            }
        });
        let mut greeting = String::new();
        BufReader::new(child.stdout.take().expect("its answers")).read_line(&mut greeting).expect("a line");
        let mut server = Self { child, base: String::new(), told, listener: Some(listener) };
        match greeting.trim_end().split_once(" listens on ") {
            Some((_, base)) => base.clone_into(&mut server.base),
            None => panic!("no greeting, but {greeting:?}; {:#?}", server.end()),
        }
        server
    }

    /// What its URLs begin with.
    pub(super) fn base(&self) -> &str {
        &self.base
    }

    /// Ends it at once, in whatever it does, and gives what it wrote to its log.
    pub(super) fn kill(mut self) -> Vec<String> {
        self.child.kill().expect("a signal");
        self.end().1
    }

    /// Asks it to stop, and waits until it has.
    pub(super) fn stop(mut self) -> (ExitStatus, Vec<String>) {
        self.signal("TERM");
        self.end()
    }

    /// Sends it a signal by name.
    pub(super) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().expect("kill").success());
    }

    fn end(&mut self) -> (ExitStatus, Vec<String>) {
        let status = self.child.wait().expect("its end");
        self.listener.take().map(JoinHandle::join);
        (status, std::mem::take(&mut self.told.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Requires that everything stored is true, by the program's own audit.
#[track_caller]
pub(super) fn expect_clean(data: &Path) {
    let audit =
        program(&["audit", "--data", data.to_str().expect("a path in UTF-8")]).output().expect("an audit");
    assert!(audit.status.success(), "{}{}", text(&audit.stdout), text(&audit.stderr));
}

/// Requires that the program does not start, and says why in one line with these words.
#[track_caller]
pub(super) fn expect_refused(mut command: Command, words: &[&str]) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program");
    let mut greeting = String::new();
    BufReader::new(child.stdout.as_mut().expect("its answers")).read_line(&mut greeting).expect("a line");
    if !greeting.is_empty() {
        child.kill().expect("a signal");
    }
    let output = child.wait_with_output().expect("its end");
    assert_eq!(greeting, "", "it started");
    let answer = text(&output.stdout);
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{answer}{told}");
    assert_eq!(answer, "");
    let line = told.strip_prefix("scrip: ").and_then(|told| told.strip_suffix('\n')).unwrap_or_default();
    assert!(!line.is_empty() && !line.contains('\n'), "not one line: {told:?}");
    for word in words {
        assert!(line.contains(word), "{word:?} is not in {line:?}");
    }
}

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Every file below a directory, with its bytes.
pub(super) fn files(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let mut bytes = Vec::new();
            fs::File::open(&path).expect("a file").read_to_end(&mut bytes).expect("its bytes");
            found.insert(path, bytes);
        }
    }
    found
}

/// Requires that two states of a directory are the same, without showing all their bytes.
#[track_caller]
pub(super) fn expect_untouched(before: &BTreeMap<PathBuf, Vec<u8>>, after: &BTreeMap<PathBuf, Vec<u8>>) {
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
    let changed: Vec<_> =
        before.iter().filter(|(path, bytes)| after[*path] != **bytes).map(|(path, _)| path).collect();
    assert!(changed.is_empty(), "changed: {changed:?}");
}
