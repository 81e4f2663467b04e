//! What the program can't work with: it says so in one line, and changes nothing.

use super::server::{Server, expect_refused, expect_untouched, files, program, up};
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A data directory that was used and then left by a program that was killed.
fn used() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    Server::start(&data).kill();
    (directory, data)
}

fn starting(data: &Path) -> Command {
    program(&up(data))
}

#[test]
fn a_data_directory_of_a_newer_version_is_refused() {
    let (_directory, data) = used();
    fs::write(data.join("version"), "999\n").unwrap();
    let before = files(&data);
    expect_refused(starting(&data), &["written by a newer Scrip (data version 999)", data.to_str().unwrap()]);
    expect_untouched(&before, &files(&data));
}

#[test]
fn a_data_directory_in_use_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let server = Server::start(&data);
    // It keeps its lock, but writes nothing of its own meanwhile.
    server.signal("STOP");
    let before = files(&data);
    expect_refused(starting(&data), &["in use by another process", data.to_str().unwrap()]);
    expect_untouched(&before, &files(&data));
    server.signal("CONT");
    let (status, _) = server.stop();
    assert!(status.success());
}

#[test]
fn a_port_in_use_is_refused() {
    let (_directory, data) = used();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let before = files(&data);
    let command = program(&["up", "--port", &port, "--data", data.to_str().unwrap()]);
    expect_refused(command, &[&format!("port {port} is in use"), "--port"]);
    expect_untouched(&before, &files(&data));
    Server::start(&data).kill();
}

#[test]
fn a_port_in_use_makes_no_directory() {
    let directory = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let data = directory.path().join("data");
    let command = program(&["up", "--port", &port, "--data", data.to_str().unwrap()]);
    expect_refused(command, &["is in use"]);
    assert!(!data.exists());
}

#[test]
fn a_data_directory_that_can_not_be_written_is_refused() {
    // Not even root writes there.
    expect_refused(starting(Path::new("/proc/scrip")), &["/proc/scrip", "can't be created"]);
    expect_refused(starting(Path::new("/proc/self/task")), &["/proc/self/task"]);
}

#[test]
fn a_file_in_place_of_the_data_directory_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("notes.txt");
    fs::write(&file, "not to be lost").unwrap();
    let before = files(directory.path());
    expect_refused(starting(&file), &[file.to_str().unwrap(), "can't be created"]);
    expect_refused(starting(&file.join("data")), &[file.to_str().unwrap(), "can't be created"]);
    expect_untouched(&before, &files(directory.path()));
}

#[test]
fn a_data_directory_with_other_files_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("thesis.txt"), "not to be lost").unwrap();
    let before = files(directory.path());
    expect_refused(starting(directory.path()), &["holds other files", "--data"]);
    expect_untouched(&before, &files(directory.path()));
}

#[test]
fn damaged_files_are_refused() {
    let other = "this is not what it was, and longer than a header would be: ".repeat(20);
    let damages = [
        ("store.db", other.as_str()),
        ("queues.db", &other),
        ("workflows.db", &other),
        // Any long text is a secret, but none at all is not.
        ("master.key", ""),
        ("issuer.json", &other),
        ("clock", &other),
    ];
    for (name, damage) in damages {
        println!("{name}");
        let (_directory, data) = used();
        // What was written ahead would mend a database.
        let _ = fs::remove_file(data.join(format!("{name}-wal")));
        fs::write(data.join(name), damage).unwrap();
        expect_refused(starting(&data), &[data.to_str().unwrap()]);
        assert_eq!(fs::read_to_string(data.join(name)).unwrap(), damage);
    }
}
