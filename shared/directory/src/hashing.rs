//! Hashing a PIN takes a processor and 19 MiB on purpose. It is done on as many threads as there are processors, so that
//! neither runs out however many PINs come at once; who would have to wait too long is told to come again.

use scrip_identity::HashMemory;
use scrip_refusal::Failure;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout_at;

/// What is left of an invocation, once its hash may begin, for that hash and the write that follows it.
const RESERVE: Duration = Duration::from_secs(1);

type Job = Box<dyn FnOnce(&mut HashMemory) + Send>;

/// The threads of this process, whatever functions run in it.
static OF_THIS_PROCESS: LazyLock<Hashing> = LazyLock::new(|| Hashing::on(processors()));

/// Threads that hash. Each keeps the memory of its hashes, so there is never more of it than one hash takes on each.
pub(crate) struct Hashing {
    free: Arc<Semaphore>,
    jobs: mpsc::Sender<Job>,
}

impl Hashing {
    fn on(threads: usize) -> Self {
        let (jobs, waiting) = mpsc::channel::<Job>();
        let waiting = Arc::new(Mutex::new(waiting));
        let started = (0..threads).filter(|_| {
            let waiting = waiting.clone();
            thread::Builder::new().name("pin-hashing".to_owned()).spawn(move || work(&waiting)).is_ok()
        });
        Self { free: Arc::new(Semaphore::new(started.count())), jobs }
    }

    /// Does the job on a thread of its own, if one becomes free in time before `deadline`.
    ///
    /// # Errors
    /// Busy if none does: nothing was done.
    async fn run<T: Send + 'static>(
        &self,
        deadline: Instant,
        job: impl FnOnce(&mut HashMemory) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let until = deadline.checked_sub(RESERVE).unwrap_or(deadline);
        let free = timeout_at(until.into(), self.free.clone().acquire_owned()).await;
        let free = free.map_err(|_| Failure::Busy("more PINs came than can be hashed in time".into()))?;
        let free = free.map_err(Failure::broken)?;
        let (tell, told) = oneshot::channel();
        // The thread is taken until the job ends, even if nobody waits for it any more.
        let job = move |memory: &mut HashMemory| {
            let result = job(memory);
            drop(free);
            let _ = tell.send(result);
        };
        self.jobs.send(Box::new(job)).map_err(|_| Failure::broken("no thread hashes PINs"))?;
        told.await.map_err(|_| Failure::broken("the thread that hashed a PIN gave up"))
    }
}

/// Does a job on one of the threads for hashing of this process.
///
/// # Errors
/// Busy if none is free in time before `deadline`.
pub(crate) async fn hashing<T: Send + 'static>(
    deadline: Instant,
    job: impl FnOnce(&mut HashMemory) -> T + Send + 'static,
) -> Result<T, Failure> {
    OF_THIS_PROCESS.run(deadline, job).await
}

fn processors() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

fn work(waiting: &Mutex<mpsc::Receiver<Job>>) {
    let mut memory = HashMemory::default();
    loop {
        let job = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        // A job that panics takes its answer along, and not the thread.
        let _ = catch_unwind(AssertUnwindSafe(|| job(&mut memory)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use std::sync::atomic::{AtomicUsize, Ordering};

    const THREADS: usize = 3;

    fn in_an_hour() -> Instant {
        Instant::now() + Duration::from_hours(1)
    }

    #[tokio::test]
    async fn as_many_jobs_run_at_once_as_there_are_threads() {
        let hashing = Hashing::on(THREADS);
        let (begun, begins) = mpsc::channel::<()>();
        let (let_go, held): (Vec<_>, Vec<_>) = (0..THREADS).map(|_| mpsc::channel::<()>()).unzip();
        let mut running: Vec<_> = held
            .into_iter()
            .map(|held| {
                let begun = begun.clone();
                // None of them has time to wait for another.
                Box::pin(hashing.run(Instant::now(), move |_| {
                    begun.send(()).unwrap();
                    held.recv().unwrap();
                }))
            })
            .collect();
        for job in &mut running {
            assert!(job.now_or_never().is_none(), "it has a thread and holds it");
        }
        // All have begun, and none has ended.
        assert_eq!(begins.iter().take(THREADS).count(), THREADS);
        assert!(matches!(hashing.run(Instant::now(), |_| 7).await, Err(Failure::Busy(_))));
        for let_go in let_go {
            let_go.send(()).unwrap();
        }
        for job in running {
            job.await.unwrap();
        }
    }

    #[tokio::test]
    async fn of_many_jobs_none_is_lost_and_no_more_run_at_once_than_there_are_threads() {
        let hashing = Hashing::on(THREADS);
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let jobs = (0..300).map(|number| {
            let (running, most) = (running.clone(), most.clone());
            hashing.run(in_an_hour(), move |_| {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                thread::yield_now();
                running.fetch_sub(1, Ordering::SeqCst);
                number
            })
        });
        let mut done = Vec::new();
        for result in futures::future::join_all(jobs).await {
            done.push(result.unwrap());
        }
        assert_eq!(done, (0..300).collect::<Vec<_>>());
        assert!(most.load(Ordering::SeqCst) <= THREADS);
    }

    #[tokio::test]
    async fn who_can_not_wait_is_told_busy_and_nothing_is_done() {
        let hashing = Hashing::on(1);
        let (let_go, held) = mpsc::channel::<()>();
        let first = hashing.run(in_an_hour(), move |_| held.recv());
        let second = async {
            let refused = hashing.run(Instant::now(), |_| panic!("nobody waited for this")).await;
            let_go.send(()).unwrap();
            refused
        };
        let (first, second) = futures::future::join(first, second).await;
        assert!(matches!(second, Err(Failure::Busy(_))));
        assert_eq!(first.unwrap(), Ok(()));
        assert_eq!(hashing.run(Instant::now(), |_| 7).await.unwrap(), 7, "what is free needs no time");
    }

    #[tokio::test]
    async fn a_thread_outlives_a_job_that_fails() {
        let hashing = Hashing::on(1);
        let failed = hashing.run(in_an_hour(), |_| panic!("on purpose")).await;
        assert!(matches!(failed, Err(Failure::Broken(_))));
        assert_eq!(hashing.run(in_an_hour(), |_| 7).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn a_job_that_nobody_waits_for_any_more_keeps_its_thread_until_it_ends() {
        let hashing = Hashing::on(1);
        let (let_go, held) = mpsc::channel::<()>();
        let begun = hashing.run(in_an_hour(), move |_| held.recv());
        assert!(begun.now_or_never().is_none());
        assert!(matches!(hashing.run(Instant::now(), |_| 7).await, Err(Failure::Busy(_))));
        let_go.send(()).unwrap();
        assert_eq!(hashing.run(in_an_hour(), |_| 7).await.unwrap(), 7);
    }
}
