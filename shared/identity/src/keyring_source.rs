//! Where a process that lives for long has its keyring from: the master secret, read again from time to time.

use crate::{Keyring, MasterSecret};
use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use scrip_clock::Clock;
use std::fmt;
use std::future::Future;
use std::sync::{PoisonError, RwLock};
use tokio::sync::Mutex;

/// How old what was read may be when an invocation begins. A generation that is added or removed is known everywhere after
/// this time.
pub const MASTER_SECRET_FRESH_MINUTES: i64 = 5;
/// The least time between two attempts to read it again.
const REREAD_AFTER_SECONDS: i64 = 30;

type Read = Box<dyn Fn() -> BoxFuture<'static, Result<String, String>> + Send + Sync>;

/// Hands out keyrings of the master secret as it was read last. While it can't be read again, the last one counts.
pub struct KeyringSource {
    clock: Clock,
    read: Read,
    held: RwLock<Held>,
    // Held while reading: invocations that begin meanwhile wait for the same answer.
    reading: Mutex<()>,
}

struct Held {
    master: MasterSecret,
    read_at: Timestamp,
    tried_at: Timestamp,
}

impl KeyringSource {
    /// A source of what was just read, and is read again by `read`, which has to have its own time limit.
    pub fn new<F, A>(clock: Clock, master: MasterSecret, read: F) -> Self
    where
        F: Fn() -> A + Send + Sync + 'static,
        A: Future<Output = Result<String, String>> + Send + 'static,
    {
        let now = clock.now();
        let held = RwLock::new(Held { master, read_at: now, tried_at: now });
        Self { clock, read: Box::new(move || Box::pin(read())), held, reading: Mutex::default() }
    }

    /// The keyring as of now.
    pub fn keyring(&self) -> Keyring {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.master.keyring(self.clock.now())
    }

    /// Reads the master secret again, if what was read is too old.
    ///
    /// # Errors
    /// Why it can't be read, for the log, once for each attempt: what was read before still counts.
    pub async fn refresh(&self) -> Result<(), String> {
        if !self.is_due() {
            return Ok(());
        }
        let _turn = self.reading.lock().await;
        if !self.is_due() {
            return Ok(());
        }
        // Noted before the answer: an invocation that ends while it waits has tried too.
        let now = self.clock.now();
        self.change(|held| held.tried_at = now);
        let text = (self.read)().await?;
        let master = MasterSecret::parse(&text).map_err(|error| error.to_string())?;
        self.replace(master, now)
    }

    /// A generation that has another secret than before was overwritten, not rotated, and so was one in use after which no
    /// later one comes. To take that up would spoil, in each process, what was made under the first one.
    fn replace(&self, master: MasterSecret, read_at: Timestamp) -> Result<(), String> {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        let in_use = held.master.keyring(read_at).current();
        if master.contradicts(&held.master) || master.newest() < in_use {
            let why =
                "the master secret was overwritten: the generation in use is lost, or one has another secret";
            return Err(why.into());
        }
        (held.master, held.read_at) = (master, read_at);
        Ok(())
    }

    fn is_due(&self) -> bool {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        now.duration_since(held.read_at) >= SignedDuration::from_mins(MASTER_SECRET_FRESH_MINUTES)
            && (held.tried_at == held.read_at
                || now.duration_since(held.tried_at) >= SignedDuration::from_secs(REREAD_AFTER_SECONDS))
    }

    fn change(&self, change: impl FnOnce(&mut Held)) {
        change(&mut self.held.write().unwrap_or_else(PoisonError::into_inner));
    }
}

impl fmt::Debug for KeyringSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyringSource")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::Mutex as StdMutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    const OLD: &str = "correct horse battery staple, and then some more";
    const NEW: &str = "another secret that is long enough to be one";

    /// A place where the secret is kept, that counts how often it is asked.
    #[derive(Clone, Default)]
    struct Kept {
        text: Arc<StdMutex<Option<String>>>,
        reads: Arc<AtomicUsize>,
    }

    impl Kept {
        fn put(&self, text: Option<String>) {
            *self.text.lock().unwrap() = text;
        }

        fn source(&self, clock: &Clock) -> KeyringSource {
            let kept = self.clone();
            KeyringSource::new(clock.clone(), MasterSecret::parse(OLD).unwrap(), move || {
                kept.reads.fetch_add(1, Ordering::SeqCst);
                let text = kept.text.lock().unwrap().clone();
                async move {
                    tokio::task::yield_now().await;
                    text.ok_or_else(|| "not there".to_owned())
                }
            })
        }

        fn reads(&self) -> usize {
            self.reads.load(Ordering::SeqCst)
        }
    }

    fn rotated(clock: &Clock) -> String {
        MasterSecret::parse(OLD).unwrap().with_next(NEW, clock.now()).unwrap().to_text().to_string()
    }

    #[tokio::test]
    async fn a_change_is_known_after_five_minutes_and_asked_for_no_more_often() {
        let (kept, clock) = (Kept::default(), Clock::standing());
        let source = kept.source(&clock);
        kept.put(Some(rotated(&clock)));
        clock.advance(SignedDuration::from_secs(299));
        source.refresh().await.unwrap();
        assert_eq!((source.keyring().current().number(), kept.reads()), (1, 0));

        clock.advance(SignedDuration::from_secs(1));
        futures::future::join_all((0..9).map(|_| source.refresh())).await;
        assert_eq!((source.keyring().current().number(), kept.reads()), (2, 1));
        source.refresh().await.unwrap();
        assert_eq!(kept.reads(), 1);
    }

    #[tokio::test]
    async fn what_was_read_counts_while_it_cannot_be_read_again() {
        let (kept, clock) = (Kept::default(), Clock::standing());
        let source = kept.source(&clock);
        clock.advance(SignedDuration::from_mins(MASTER_SECRET_FRESH_MINUTES));
        assert_eq!(source.refresh().await, Err("not there".to_owned()));
        assert_eq!(source.refresh().await, Ok(()), "told once for each attempt");
        kept.put(Some("short".to_owned()));
        clock.advance(SignedDuration::from_secs(REREAD_AFTER_SECONDS));
        assert!(source.refresh().await.unwrap_err().contains("fewer than 32 bytes"));
        assert_eq!((source.keyring().current().number(), kept.reads()), (1, 2));

        kept.put(Some(rotated(&clock)));
        clock.advance(SignedDuration::from_secs(REREAD_AFTER_SECONDS));
        source.refresh().await.unwrap();
        assert_eq!(source.keyring().current().number(), 2);
    }

    #[tokio::test]
    async fn a_generation_that_was_overwritten_is_told_and_not_taken_up() {
        let (kept, clock) = (Kept::default(), Clock::standing());
        let source = kept.source(&clock);
        kept.put(Some(NEW.to_owned()));
        clock.advance(SignedDuration::from_mins(MASTER_SECRET_FRESH_MINUTES));
        assert!(source.refresh().await.unwrap_err().contains("overwritten"));
        let of_old = MasterSecret::parse(OLD).unwrap().keyring(clock.now()).derive("a", "b");
        assert_eq!(source.keyring().derive("a", "b"), of_old);
    }

    #[tokio::test]
    async fn an_addition_is_undone_before_it_counts_and_not_after() {
        let (kept, clock) = (Kept::default(), Clock::standing());
        let source = kept.source(&clock);
        let read_again = async |text: String| {
            kept.put(Some(text));
            clock.advance(SignedDuration::from_mins(MASTER_SECRET_FRESH_MINUTES));
            source.refresh().await.map(|()| source.keyring().generations().count())
        };
        let soon = clock.now() + SignedDuration::from_mins(2 * MASTER_SECRET_FRESH_MINUTES + 1);
        let added = MasterSecret::parse(OLD).unwrap().with_next(NEW, soon).unwrap();
        assert_eq!(read_again(added.to_text().to_string()).await, Ok(2));
        assert_eq!(read_again(OLD.to_owned()).await, Ok(1));
        assert_eq!(read_again(added.to_text().to_string()).await, Ok(2));
        assert!(read_again(OLD.to_owned()).await.unwrap_err().contains("overwritten"));
        // Who was not asked for long finds the next generation alone.
        let other = Kept::default().source(&clock);
        assert_eq!(other.replace(added.without_oldest().unwrap(), clock.now()), Ok(()));
    }

    #[tokio::test]
    async fn an_invocation_that_gives_up_blocks_nobody() {
        let (kept, clock) = (Kept::default(), Clock::standing());
        let source = kept.source(&clock);
        kept.put(Some(rotated(&clock)));
        clock.advance(SignedDuration::from_mins(MASTER_SECRET_FRESH_MINUTES));
        let mut given_up = Box::pin(source.refresh());
        assert!(futures::poll!(&mut given_up).is_pending());
        drop(given_up);
        clock.advance(SignedDuration::from_secs(REREAD_AFTER_SECONDS));
        source.refresh().await.unwrap();
        assert_eq!(source.keyring().current().number(), 2);
    }
}
