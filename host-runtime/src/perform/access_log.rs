//! `WriteAccessLog`: lines are gathered on each thread and written by one thread of their own.
//!
//! A line on the hot path costs a copy into a buffer. The buffer is handed over when it is large or
//! a moment old, so that no request waits for a disk or wakes another thread.

use std::cell::RefCell;
use std::collections::{HashMap, hash_map::Entry};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

/// A buffer of this size is handed over at once.
const BATCH_BYTES: usize = 64 * 1024;
/// A line waits no longer than this.
const BATCH_AGE_MAX: Duration = Duration::from_millis(100);
/// Lines are dropped, and counted, when more than this waits to be written.
const QUEUED_BYTES_MAX: usize = 32 * 1024 * 1024;

/// The writing thread. Dropped after all its [`AccessLogBuffer`]s, it has written everything.
#[derive(Debug)]
pub struct AccessLog {
    queue: Option<mpsc::Sender<Message>>,
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct State {
    queued_bytes: AtomicUsize,
    dropped_lines: AtomicU64,
}

enum Message {
    Lines {
        destination: Arc<str>,
        lines: Vec<u8>,
    },
    /// What files of this name begin with.
    Head {
        destination: Arc<str>,
        head: String,
    },
    /// Opens files anew: they were rotated.
    Reopen,
    /// Everything sent before is written when this is answered.
    Flush(mpsc::Sender<()>),
}

impl AccessLog {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start() -> io::Result<Self> {
        let (queue, messages) = mpsc::channel();
        let state = Arc::new(State::default());
        let (files, heads) = Default::default();
        let writer = Writer { state: Arc::clone(&state), files, heads };
        let thread = std::thread::Builder::new()
            .name("access-log".into())
            .spawn(move || writer.run(&messages))?;
        Ok(Self { queue: Some(queue), state, thread: Some(thread) })
    }

    /// A buffer for one thread.
    pub fn buffer(&self) -> AccessLogBuffer {
        let queue = self.queue.clone().expect("it is taken by `drop` alone");
        AccessLogBuffer(Rc::new(RefCell::new(Buffer {
            batches: HashMap::new(),
            queue,
            state: Arc::clone(&self.state),
            flushing: false,
        })))
    }

    /// What a file of this name begins with from now on, if it is empty when it is opened.
    pub fn begin_with(&self, destination: &str, head: String) {
        self.send(Message::Head { destination: destination.into(), head });
    }

    /// Opens files anew, as after a rotation.
    pub fn reopen(&self) {
        self.send(Message::Reopen);
    }

    /// Waits until everything handed over so far is written.
    pub fn flush(&self) {
        let (written, wait) = mpsc::channel();
        self.send(Message::Flush(written));
        // An error says that the thread has ended, and so has everything it had to do.
        wait.recv().ok();
    }

    /// Lines that were dropped because destinations were too slow or could not be written.
    pub fn dropped_lines(&self) -> u64 {
        self.state.dropped_lines.load(Relaxed)
    }

    fn send(&self, message: Message) {
        if let Some(queue) = &self.queue {
            queue.send(message).ok();
        }
    }
}

impl Drop for AccessLog {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

/// The lines of one thread.
#[derive(Debug, Clone)]
pub struct AccessLogBuffer(Rc<RefCell<Buffer>>);

#[derive(Debug)]
struct Buffer {
    batches: HashMap<Arc<str>, Vec<u8>>,
    queue: mpsc::Sender<Message>,
    state: Arc<State>,
    flushing: bool,
}

impl AccessLogBuffer {
    /// Adds a line. It is written within a moment.
    pub fn write(&self, destination: &str, line: &str) {
        let mut buffer = self.0.borrow_mut();
        if !buffer.batches.contains_key(destination) {
            buffer.batches.insert(destination.into(), Vec::new());
        }
        let batch = buffer.batches.get_mut(destination).expect("inserted above");
        batch.extend_from_slice(line.as_bytes());
        batch.push(b'\n');
        if batch.len() >= BATCH_BYTES {
            buffer.hand_over();
        } else if !std::mem::replace(&mut buffer.flushing, true) {
            drop(buffer);
            self.flush_later();
        }
    }

    /// Hands everything over to the writing thread.
    pub fn flush(&self) {
        self.0.borrow_mut().hand_over();
    }

    fn flush_later(&self) {
        let buffer = Rc::clone(&self.0);
        tokio::task::spawn_local(async move {
            tokio::time::sleep(BATCH_AGE_MAX).await;
            let mut buffer = buffer.borrow_mut();
            buffer.flushing = false;
            buffer.hand_over();
        });
    }
}

impl Buffer {
    fn hand_over(&mut self) {
        for (destination, batch) in &mut self.batches {
            if batch.is_empty() {
                continue;
            }
            let lines = std::mem::take(batch);
            let length = lines.len();
            let dropped = if self.state.queued_bytes.load(Relaxed) + length > QUEUED_BYTES_MAX {
                count_lines(&lines)
            } else {
                self.state.queued_bytes.fetch_add(length, Relaxed);
                let message = Message::Lines { destination: Arc::clone(destination), lines };
                match self.queue.send(message) {
                    Err(mpsc::SendError(Message::Lines { lines, .. })) => count_lines(&lines),
                    _ => 0,
                }
            };
            self.state.dropped_lines.fetch_add(dropped, Relaxed);
        }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.hand_over();
    }
}

struct Writer {
    state: Arc<State>,
    files: HashMap<Arc<str>, File>,
    heads: HashMap<Arc<str>, String>,
}

impl Writer {
    fn run(mut self, messages: &mpsc::Receiver<Message>) {
        for message in messages {
            match message {
                Message::Lines { destination, lines } => {
                    if let Err(error) = self.write(&destination, &lines) {
                        self.files.remove(&destination);
                        let before =
                            self.state.dropped_lines.fetch_add(count_lines(&lines), Relaxed);
                        if before == 0 {
                            tracing::error!(%destination, %error, "access log entries are lost");
                        }
                    }
                    self.state.queued_bytes.fetch_sub(lines.len(), Relaxed);
                }
                Message::Head { destination, head } => {
                    self.heads.insert(destination, head);
                }
                Message::Reopen => self.files.clear(),
                Message::Flush(written) => {
                    written.send(()).ok();
                }
            }
        }
    }

    fn write(&mut self, destination: &Arc<str>, lines: &[u8]) -> io::Result<()> {
        match &**destination {
            "stdout" => {
                let mut stdout = io::stdout().lock();
                stdout.write_all(lines)?;
                stdout.flush()
            }
            "stderr" => io::stderr().lock().write_all(lines),
            path => {
                let file = match self.files.entry(Arc::clone(destination)) {
                    Entry::Occupied(open) => open.into_mut(),
                    Entry::Vacant(new) => {
                        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
                        if let Some(head) = self.heads.get(destination)
                            && file.metadata().is_ok_and(|file| file.len() == 0)
                        {
                            file.write_all(head.as_bytes())?;
                        }
                        new.insert(file)
                    }
                };
                file.write_all(lines)
            }
        }
    }
}

fn count_lines(lines: &[u8]) -> u64 {
    lines.iter().filter(|&&byte| byte == b'\n').count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_written_in_order_and_completely_at_shutdown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("access.log");
        let log = AccessLog::start().unwrap();
        let buffer = log.buffer();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build_local(Default::default())
            .unwrap();
        let line = "x".repeat(1_000);
        runtime.block_on(async {
            for i in 0..1_000 {
                buffer.write(path.to_str().unwrap(), &format!("{i} {line}"));
            }
        });
        drop((runtime, buffer, log));
        let written = std::fs::read_to_string(&path).unwrap();
        let numbers =
            written.lines().map(|l| l.split_once(' ').unwrap().0.parse::<usize>().unwrap());
        assert!(numbers.eq(0..1_000));
    }

    #[test]
    fn a_destination_that_cannot_be_written_is_counted_and_harms_nothing() {
        let log = AccessLog::start().unwrap();
        let buffer = log.buffer();
        buffer.0.borrow_mut().flushing = true;
        buffer.write("/nonexistent/directory/log", "a");
        buffer.write("/nonexistent/directory/log", "b");
        buffer.flush();
        log.flush();
        assert_eq!(log.dropped_lines(), 2);
    }
}
