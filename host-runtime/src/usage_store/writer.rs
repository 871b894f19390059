//! Writes what was counted, some moments later, on a thread of its own.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::UsageStore;
use crate::perform::tokens::Tokens;

/// What is counted is written after at most this long, and one write's time. A crash loses no more.
const INTERVAL: Duration = Duration::from_millis(500);

/// A thread that writes. Dropped, it writes what is left and ends.
#[derive(Debug)]
pub(crate) struct UsageWriter {
    /// Nothing is ever sent: the thread waits for this end to go.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl UsageWriter {
    /// Writes what these tokens count to this store from now on.
    ///
    /// # Errors
    /// When the system has no thread.
    pub(crate) fn start(store: UsageStore, tokens: Arc<Tokens>) -> std::io::Result<Self> {
        let (stop, stopped) = channel();
        let thread = std::thread::Builder::new()
            .name("usage".into())
            .spawn(move || write_on(store, &tokens, &stopped))?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for UsageWriter {
    fn drop(&mut self) {
        self.stop.take();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that writes usage counts panicked");
        }
    }
}

fn write_on(mut store: UsageStore, tokens: &Tokens, stopped: &Receiver<()>) {
    let mut is_failing = false;
    loop {
        let ends = stopped.recv_timeout(INTERVAL) != Err(RecvTimeoutError::Timeout);
        match write(&mut store, tokens) {
            Ok(()) if is_failing => {
                is_failing = false;
                tracing::info!("usage counts are written again");
            }
            Ok(()) => {}
            Err(error) => {
                tokens.note_unwritable();
                // Once for each time that it begins; the metric counts on.
                if !is_failing || ends {
                    tracing::error!(%error, "usage counts cannot be written: a restart loses them");
                }
                is_failing = true;
            }
        }
        if ends {
            return;
        }
    }
}

fn write(store: &mut UsageStore, tokens: &Tokens) -> Result<(), String> {
    loop {
        let batch = tokens.unwritten();
        if batch.is_empty() {
            return Ok(());
        }
        if let Err(error) = store.write(&batch) {
            tokens.not_written(&batch);
            return Err(error);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gateway_core::effect::TakeTokens;
    use gateway_core::message::Timestamp;
    use gateway_core::usage::{Usage, UsageTake};

    fn count(tokens: &Tokens, key: &str) {
        let usage = Some(UsageTake { key: key.into(), quota: None });
        tokens.take(&TakeTokens { buckets: Vec::new(), usage }, Timestamp(0));
    }

    #[test]
    fn what_is_counted_while_it_writes_is_written_at_the_end_and_nothing_twice() {
        let folder = tempfile::tempdir().unwrap();
        let tokens = Arc::new(Tokens::default());
        let writer =
            UsageWriter::start(UsageStore::open(folder.path()).unwrap(), Arc::clone(&tokens));
        std::thread::scope(|scope| {
            for thread in 0..2 {
                let tokens = &tokens;
                scope.spawn(move || {
                    (0..30_000).for_each(|i| count(tokens, &format!("p/{}", (i + thread) % 1_000)));
                });
            }
        });
        drop(writer.unwrap());
        let counted = UsageStore::open(folder.path()).unwrap().load().unwrap();
        assert_eq!(counted.len(), 1_000);
        let exact = Usage::from_days(vec![(0, 60)]);
        assert!(counted.iter().all(|(_, usage)| *usage == exact), "{counted:?}");
    }

    #[test]
    fn what_cannot_be_written_is_kept_until_it_can() {
        let folder = tempfile::tempdir().unwrap();
        let tokens = Tokens::default();
        let mut store = UsageStore::open(folder.path()).unwrap();
        count(&tokens, "p/a");
        let elsewhere = rusqlite::Connection::open(folder.path().join("usage.db")).unwrap();
        elsewhere.execute_batch("ALTER TABLE usage RENAME TO away").unwrap();
        assert!(write(&mut store, &tokens).is_err());
        count(&tokens, "p/a");
        elsewhere.execute_batch("ALTER TABLE away RENAME TO usage").unwrap();
        write(&mut store, &tokens).unwrap();
        assert_eq!(store.load().unwrap(), [("p/a".into(), Usage::from_days(vec![(0, 2)]))]);
    }
}
