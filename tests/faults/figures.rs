//! What the walks of this process have come to, said once all of them are done.

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

#[derive(Default)]
struct Figures {
    began: Option<Instant>,
    tests: usize,
    walks: usize,
    calls: usize,
    faults: usize,
}

static FIGURES: Mutex<Figures> = Mutex::new(Figures { began: None, tests: 0, walks: 0, calls: 0, faults: 0 });

fn with(change: impl FnOnce(&mut Figures)) {
    change(&mut FIGURES.lock().unwrap_or_else(PoisonError::into_inner));
}

/// A test of walks begins.
pub fn begin() {
    with(|figures| figures.began = figures.began.or_else(|| Some(Instant::now())));
}

/// Something was walked over that makes so many calls, and met so many faults.
pub fn count(calls: usize, faults: usize) {
    with(|figures| {
        figures.walks += 1;
        figures.calls += calls;
        figures.faults += faults;
    });
}

/// A test of walks is done. The last of so many says what they came to, past what the test runner keeps to itself.
pub fn done(of: usize) {
    with(|figures| {
        figures.tests += 1;
        let Some(began) = figures.began.filter(|_| figures.tests == of) else { return };
        let Figures { walks, calls, faults, .. } = figures;
        let seconds = began.elapsed().as_secs();
        let line = format!("faults: {walks} walks over {calls} calls met {faults} faults in {seconds} s\n");
        let _ = io::stderr().lock().write_all(line.as_bytes());
    });
}
