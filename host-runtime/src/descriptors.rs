//! File descriptors: as many as the system gives but for some that are the operator's, by which clients are
//! refused, too, when the others are used up.

use std::io;
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

/// What a connection is told that cannot be served: RFC 9110 §15.6.4.
const REFUSED: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\n\
x-amzn-errortype: ServiceUnavailableException\r\ncontent-length: 33\r\nretry-after: 1\r\n\
connection: close\r\n\r\n{\"message\":\"Service Unavailable\"}";
/// Shortest time between two lines of the log about it.
const TOLD_EVERY: Duration = Duration::from_secs(10);

/// Descriptors that are kept for the operator's connections, while that is at most a quarter of all: whoever
/// uses up the others is best seen by their metrics.
const RESERVED: u64 = 64;
/// Most connections of the operator.
const OPERATORS_MAX: u64 = 48;
/// Shortest wait after a connection could not be accepted, and longest.
const BACK_OFF_MIN: Duration = Duration::from_millis(10);
const BACK_OFF_MAX: Duration = Duration::from_secs(1);

/// The lowest descriptor of the reserve: the system gives the lowest that is free.
static FIRST_RESERVED: AtomicU64 = AtomicU64::new(u64::MAX);
/// Whoever uses the reserve: the limit is the process's, and would be put back to what another had raised it to.
static RESERVE: Mutex<()> = Mutex::new(());

/// Raises the number of open files to what the system allows at most: a connection is one, and most
/// systems begin with 1,024 for the sake of programs that use `select`. The reserve stays above that.
pub(crate) fn raise_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum.map(unreserved);
    FIRST_RESERVED.store(limit.current.unwrap_or(u64::MAX), Ordering::Relaxed);
    match setrlimit(Resource::Nofile, limit) {
        Ok(()) => tracing::debug!(files = ?limit.current, "open files are allowed"),
        Err(error) => tracing::warn!(%error, "the limit of open files cannot be set"),
    }
}

fn unreserved(maximum: u64) -> u64 {
    maximum - reserved(maximum)
}

fn reserved(maximum: u64) -> u64 {
    RESERVED.min(maximum / 4)
}

/// How many connections of the operator there may be: three of four descriptors of the reserve. By the others
/// clients are refused, and the next connection of the operator comes before an older one has gone.
pub(crate) fn operators_connections_max() -> usize {
    operators_of(getrlimit(Resource::Nofile).maximum)
}

fn operators_of(maximum: Option<u64>) -> usize {
    let reserved = maximum.map_or(RESERVED, reserved);
    (reserved * 3 / 4).clamp(1, OPERATORS_MAX) as usize
}

/// Does what needs a descriptor with those of the reserve, which are everybody's meanwhile: it has to be brief.
pub(crate) fn with_reserve<T>(act: impl FnOnce() -> T) -> T {
    let _alone = RESERVE.lock().unwrap_or_else(PoisonError::into_inner);
    let limit = getrlimit(Resource::Nofile);
    let all = Rlimit { current: limit.maximum, ..limit };
    let is_raised = setrlimit(Resource::Nofile, all).is_ok();
    let done = act();
    if is_raised && let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(%error, "the limit of open files cannot be set");
    }
    done
}

/// Whether a failure is that no descriptor is free.
pub(crate) fn are_used_up(error: &io::Error) -> bool {
    let errno = error.raw_os_error().map(rustix::io::Errno::from_raw_os_error);
    matches!(errno, Some(rustix::io::Errno::MFILE | rustix::io::Errno::NFILE))
}

/// Waits between attempts to accept, longer from one to the next.
#[derive(Debug, Default)]
pub(crate) struct BackOff(Option<Duration>);

impl BackOff {
    /// An attempt failed.
    pub(crate) async fn wait(&mut self) {
        let wait = self.0.map_or(BACK_OFF_MIN, |before| (2 * before).min(BACK_OFF_MAX));
        self.0 = Some(wait);
        tokio::time::sleep(wait).await;
    }

    /// One did not.
    pub(crate) fn end(&mut self) {
        self.0 = None;
    }
}

/// Connections that are accepted with a descriptor of the reserve, to be refused. Without, they would wait in
/// the queue, and `accept` would fail again and again.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    told: Option<Instant>,
}

impl Refusals {
    /// Refuses the next connection if the failure is that no descriptor is free; answers whether.
    pub(crate) async fn refuse_one(&mut self, error: &io::Error, listener: &TcpListener) -> bool {
        if !are_used_up(error) {
            return false;
        }
        self.tell();
        let mut context = Context::from_waker(Waker::noop());
        match with_reserve(|| listener.poll_accept(&mut context)) {
            Poll::Ready(Ok((connection, _))) => refuse(connection).await,
            Poll::Pending => {} // another thread was quicker
            Poll::Ready(Err(_)) => return false,
        }
        true
    }

    /// Refuses a connection that another thread's call let have a descriptor of the reserve; gives back any other.
    pub(crate) async fn unless_reserved(&mut self, connection: TcpStream) -> Option<TcpStream> {
        let descriptor = u64::try_from(connection.as_raw_fd()).unwrap_or(0);
        if descriptor < FIRST_RESERVED.load(Ordering::Relaxed) {
            return Some(connection);
        }
        self.tell();
        refuse(connection).await;
        None
    }

    fn tell(&mut self) {
        if self.told.is_none_or(|told| told.elapsed() >= TOLD_EVERY) {
            self.told = Some(Instant::now());
            tracing::error!("no file descriptor is free: connections are refused (ulimit -n)");
        }
    }
}

async fn refuse(mut connection: TcpStream) {
    let refuse = async {
        // What does not fit into an empty socket's buffer at once is not worth waiting for.
        connection.try_write(REFUSED).ok();
        connection.shutdown().await?;
        // Closed with a request unread, a connection is reset, and the answer lost with it.
        connection.readable().await?;
        connection.try_read(&mut [0; 4096])
    };
    tokio::time::timeout(Duration::from_millis(10), refuse).await.ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operators_descriptors_are_a_few_of_many_and_a_quarter_of_few() {
        assert_eq!((unreserved(1_048_576), unreserved(1_024)), (1_048_512, 960));
        assert_eq!((unreserved(60), unreserved(0)), (45, 0));
    }

    #[test]
    fn the_operators_connections_leave_descriptors_of_the_reserve_to_refuse_clients_by() {
        assert_eq!((operators_of(None), operators_of(Some(1_048_576))), (48, 48));
        for (maximum, connections) in [(200, 37), (60, 11), (8, 1), (0, 1)] {
            assert_eq!(operators_of(Some(maximum)), connections, "{maximum}");
        }
    }

    #[test]
    fn whoever_uses_the_reserve_puts_the_limit_back() {
        raise_limit();
        let limit = getrlimit(Resource::Nofile);
        std::thread::scope(|threads| {
            for _ in 0..4 {
                threads.spawn(|| (0..500).for_each(|_| with_reserve(std::thread::yield_now)));
            }
        });
        assert_eq!(getrlimit(Resource::Nofile), limit);
    }

    #[test]
    fn attempts_to_accept_become_rarer_until_one_succeeds() {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut back_off = BackOff::default();
            let begun = tokio::time::Instant::now();
            for _ in 0..10 {
                back_off.wait().await;
            }
            assert_eq!(begun.elapsed(), Duration::from_millis(10 * 127) + 3 * BACK_OFF_MAX);
            back_off.end();
            let begun = tokio::time::Instant::now();
            back_off.wait().await;
            assert_eq!(begun.elapsed(), BACK_OFF_MIN);
        });
    }

    #[test]
    fn what_the_refused_are_told_is_framed_rightly() {
        let text = std::str::from_utf8(REFUSED).unwrap();
        let (head, content) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("\r\ncontent-length: {}\r\n", content.len())), "{head}");
    }
}
