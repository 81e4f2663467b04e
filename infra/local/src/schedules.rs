//! The template's schedules, by the platform's clock. A function that starts what is due is invoked when something is, and
//! no more often than its schedule says: ticks at which it would find nothing are passed over, so that a week of them
//! takes as long as what is due in it.

use crate::background::elapse;
use crate::due::{DueItem, DueItems};
use crate::error::StartError;
use crate::functions::Functions;
use crate::store::TableStore;
use futures::FutureExt;
use scrip_clock::{Clock, SignedDuration, Timestamp};
use scrip_sam::{Application, ScheduleSpec};
use tokio::sync::{Mutex, Notify};

pub(crate) struct Schedules {
    all: Vec<Schedule>,
    clock: Clock,
    woken: Notify,
}

struct Schedule {
    spec: ScheduleSpec,
    due: DueItems,
    functions: Functions,
    clock: Clock,
    /// When the function was invoked last. Held while it runs, so that it runs once at a time.
    last: Mutex<Option<Timestamp>>,
}

impl Schedules {
    /// The template's schedules.
    ///
    /// # Errors
    /// One invokes a function that does not start what is due: nothing says which of its ticks may be passed over.
    pub(crate) fn of(
        application: &Application,
        store: &TableStore,
        functions: &Functions,
        clock: &Clock,
    ) -> Result<Self, StartError> {
        let mut all = Vec::new();
        for spec in &application.schedules {
            let function = application.function(&spec.function);
            let function =
                function.ok_or_else(|| StartError::Wiring(format!("{} is no function", spec.function)))?;
            all.push(Schedule {
                spec: spec.clone(),
                due: DueItems::of(function, store).map_err(StartError::Wiring)?,
                functions: functions.clone(),
                clock: clock.clone(),
                last: Mutex::default(),
            });
        }
        Ok(Self { all, clock: clock.clone(), woken: Notify::new() })
    }

    /// Invokes what is to be invoked now.
    pub(crate) async fn run_until_idle(&self) -> Result<(), String> {
        for schedule in &self.all {
            while schedule.step().await? {}
        }
        Ok(())
    }

    /// When a function will find something, at the earliest that its schedule allows.
    pub(crate) async fn next_due(&self) -> Result<Option<Timestamp>, String> {
        let mut next = None;
        for schedule in &self.all {
            let last = *schedule.last.lock().await;
            next = next.into_iter().chain(schedule.next(last).await?).min();
        }
        Ok(next)
    }

    /// Has the driver look again, as after the clock was advanced.
    pub(crate) fn wake(&self) {
        self.woken.notify_one();
    }

    /// What is due, of one item or of all.
    pub(crate) async fn due(&self, item: Option<&str>) -> Result<Vec<DueItem>, String> {
        let mut due = Vec::new();
        for schedule in &self.all {
            due.extend(schedule.due.list(item).await?);
        }
        Ok(due)
    }

    /// Invokes functions as their time comes, until `shutdown`.
    pub(crate) async fn drive(&self, shutdown: impl Future<Output = ()>) -> Result<(), String> {
        let shutdown = shutdown.shared();
        let longest = self.all.iter().map(Schedule::period).min();
        let Some(longest) = longest else {
            shutdown.await;
            return Ok(());
        };
        loop {
            self.run_until_idle().await?;
            let latest = self.clock.now() + longest;
            let next = self.next_due().await?.map_or(latest, |next| next.min(latest));
            tokio::select! {
                () = self.woken.notified() => {}
                () = elapse(self.clock.until(next)) => {}
                () = shutdown.clone() => return Ok(()),
            }
        }
    }
}

impl Schedule {
    fn period(&self) -> SignedDuration {
        SignedDuration::from_secs(self.spec.period_seconds.into())
    }

    async fn next(&self, last: Option<Timestamp>) -> Result<Option<Timestamp>, String> {
        let Some(earliest) = self.due.earliest().await? else { return Ok(None) };
        let allowed = last.and_then(|last| last.checked_add(self.period()).ok());
        Ok(Some(allowed.map_or(earliest, |allowed| earliest.max(allowed))))
    }

    /// Invokes the function if it is time. What it fails to do is still due at its next tick.
    async fn step(&self) -> Result<bool, String> {
        let mut last = self.last.lock().await;
        let now = self.clock.now();
        if self.next(*last).await?.is_none_or(|next| next > now) {
            return Ok(false);
        }
        *last = Some(now);
        // Its line in the log tells how it failed.
        let _ = self.functions.invoke(&self.spec.function, self.spec.input.clone()).await;
        Ok(true)
    }
}
