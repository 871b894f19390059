//! File descriptors: as many as the system gives, and one in reserve for the day when they are used up.

use std::fs::File;
use std::io;
use std::time::{Duration, Instant};

use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

/// What a connection is told that cannot be served: RFC 9110 §15.6.4.
const REFUSED: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\n\
x-amzn-errortype: ServiceUnavailableException\r\ncontent-length: 33\r\nretry-after: 1\r\n\
connection: close\r\n\r\n{\"message\":\"Service Unavailable\"}";
/// Shortest time between two lines of the log about it.
const TOLD_EVERY: Duration = Duration::from_secs(10);

/// Raises the number of open files to what the system allows at most: a connection is one, and most
/// systems begin with 1,024 for the sake of programs that use `select`.
pub(crate) fn raise_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return;
    }
    limit.current = limit.maximum;
    match setrlimit(Resource::Nofile, limit) {
        Ok(()) => tracing::debug!(files = ?limit.current, "open files are allowed"),
        Err(error) => tracing::warn!(%error, "the limit of open files cannot be raised"),
    }
}

/// A descriptor that is given up for a moment to accept a connection and refuse it. Without, the
/// connection would wait in the queue, and `accept` would fail again and again.
#[derive(Debug)]
pub(crate) struct SpareDescriptor {
    spare: Option<File>,
    told: Option<Instant>,
}

impl SpareDescriptor {
    pub(crate) fn new() -> Self {
        Self { spare: File::open("/dev/null").ok(), told: None }
    }

    /// Refuses the next connection if the failure is that no descriptor is free; answers whether.
    pub(crate) async fn refuse_one(&mut self, error: &io::Error, listener: &TcpListener) -> bool {
        let errno = error.raw_os_error().map(rustix::io::Errno::from_raw_os_error);
        if !matches!(errno, Some(rustix::io::Errno::MFILE | rustix::io::Errno::NFILE)) {
            return false;
        }
        if self.told.is_none_or(|told| told.elapsed() >= TOLD_EVERY) {
            self.told = Some(Instant::now());
            tracing::error!(%error, "no file descriptor is free: connections are refused (ulimit -n)");
        }
        if self.spare.take().is_none() {
            self.spare = File::open("/dev/null").ok();
            return false;
        }
        let refuse = async {
            let (mut connection, _) = listener.accept().await?;
            // What does not fit into an empty socket's buffer at once is not worth waiting for.
            connection.try_write(REFUSED).ok();
            connection.shutdown().await?;
            // Closed with a request unread, a connection is reset, and the answer lost with it.
            connection.readable().await?;
            connection.try_read(&mut [0; 4096])
        };
        // Another one may have taken the connection meanwhile: then nobody needs the descriptor.
        tokio::time::timeout(Duration::from_millis(10), refuse).await.ok();
        self.spare = File::open("/dev/null").ok();
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_refused_are_told_is_framed_rightly() {
        let text = std::str::from_utf8(REFUSED).unwrap();
        let (head, content) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("\r\ncontent-length: {}\r\n", content.len())), "{head}");
    }
}
