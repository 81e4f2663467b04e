//! A platform, a user with money, a merchant, and a folder of simulated devices.

use scrip_test_support::{Scrip, Shop};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};

pub(super) const PIN: &str = "493817";

pub(super) struct Machine {
    platform: Child,
    pub(super) scrip: Scrip,
    folder: tempfile::TempDir,
    pub(super) account: String,
    pub(super) shop: Shop,
}

/// What a command said, and whether it succeeded.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) is_done: bool,
    pub(super) text: String,
}

impl Machine {
    pub(super) async fn start() -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_scrip"));
        command
            .args(["up", "--memory", "--port", "0", "--clock", "standing"])
            .env_clear()
            .stdin(Stdio::null());
        let mut platform = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program");
        let mut greeting = String::new();
        BufReader::new(platform.stdout.take().expect("its answers"))
            .read_line(&mut greeting)
            .expect("a line");
        let (_, base) = greeting.trim_end().split_once(" listens on ").expect("a greeting");
        let scrip = Scrip::at(base);
        let alice = scrip.user("alice").await;
        alice.set_pin(&scrip, PIN).await;
        let account = scrip.account(&alice, 50_000, "CNY").await;
        let shop = scrip.shop("bo", "CNY").await;
        let folder = tempfile::tempdir().expect("a folder");
        Self { platform, scrip, folder, account, shop }
    }

    /// Runs the program in the folder, with the platform's address, and splits the line at its spaces.
    pub(super) fn run(&self, line: &str) -> Said {
        self.run_at(self.scrip.base(), line)
    }

    /// The same with the address of nothing: whoever asks there has no network.
    pub(super) fn run_offline(&self, line: &str) -> Said {
        self.run_at("http://127.0.0.1:1", line)
    }

    fn run_at(&self, base: &str, line: &str) -> Said {
        let mut command = Command::new(env!("CARGO_BIN_EXE_scrip"));
        command.args(line.split_whitespace()).env_clear().env("SCRIP_URL", base).current_dir(&self.folder);
        let output = command.stdin(Stdio::null()).output().expect("the program");
        let (answer, told) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let text = format!("{answer}{told}").trim_end().to_owned();
        Said { is_done: output.status.success(), text }
    }

    /// Runs the program as [`Self::run`] does, and kills it as soon as its file holds these words, if it still runs.
    pub(super) fn run_killed(&self, line: &str, file: &str, words: &str) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_scrip"));
        command.args(line.split_whitespace()).env_clear().env("SCRIP_URL", self.scrip.base());
        command.current_dir(&self.folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = command.spawn().expect("the program");
        let holds =
            || fs::read_to_string(self.folder.path().join(file)).is_ok_and(|text| text.contains(words));
        while process.try_wait().expect("whether it ended").is_none() && !holds() {
            std::thread::yield_now();
        }
        let _ = process.kill();
        process.wait().expect("its end");
    }

    /// The most memory that the platform has had so far.
    pub(super) fn peak_kibibytes(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.platform.id())).expect("its status");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the most memory");
        peak.trim().trim_end_matches(" kB").parse().expect("kibibytes")
    }

    /// How many of the platform's threads have this name.
    pub(super) fn threads(&self, name: &str) -> usize {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.platform.id())).expect("its threads");
        let names = tasks.flatten().filter_map(|task| fs::read_to_string(task.path().join("comm")).ok());
        names.filter(|found| found.trim_end() == name).count()
    }

    /// Registers a device of the shop in a file.
    pub(super) fn register(&self, kind: &str) {
        let merchant = &self.shop.id;
        self.run(&format!("{kind} register --state {kind}.json --merchant {merchant} --owner bo")).done();
        self.expect_private(&format!("{kind}.json"));
    }

    pub(super) async fn advance(&self, by: &str) {
        let body = json!({ "advance": by }).to_string().into_bytes();
        self.scrip.raw(reqwest::Method::POST, "/local/clock", &[], body).await.expect(200);
    }

    /// The platform's time, as `--at` takes it.
    pub(super) async fn now(&self) -> String {
        let clock = self.scrip.raw(reqwest::Method::GET, "/local/clock", &[], Vec::new()).await.expect(200);
        clock.text("now")
    }

    pub(super) async fn balance(&self) -> i64 {
        // The clock may have been advanced beyond the time of an earlier token.
        let alice = self.scrip.user("alice").await;
        self.scrip.balance(&alice, &self.account).await
    }

    pub(super) async fn shop_balance(&self) -> i64 {
        let owner = self.scrip.user("bo").await;
        self.scrip.balance(&owner, &self.shop.account).await
    }

    pub(super) fn write(&self, name: &str, content: &Value) {
        fs::write(self.folder.path().join(name), content.to_string()).expect("a file");
    }

    pub(super) fn exists(&self, name: &str) -> bool {
        self.folder.path().join(name).exists()
    }

    pub(super) fn expect_private(&self, name: &str) {
        let mode = fs::metadata(self.folder.path().join(name)).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.platform.kill();
        let _ = self.platform.wait();
    }
}

impl Said {
    /// Requires that it succeeded.
    #[track_caller]
    pub(super) fn done(self) -> String {
        assert!(self.is_done, "{self:?}");
        self.text
    }

    /// Requires that it failed, and said why in one line with these words.
    #[track_caller]
    pub(super) fn refused(self, words: &str) -> String {
        assert!(!self.is_done && self.text.starts_with("scrip: "), "{self:?}");
        assert!(!self.text.contains('\n') && self.text.contains(words), "{words:?} is not in {self:?}");
        self.text
    }
}
