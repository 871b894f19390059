//! Handshakes with clients, bounded in time and number.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::oneshot;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::rustls::server::Acceptor;
use tokio_rustls::server::TlsStream;

use super::noted::Noted;
use super::{Session, Tls, fingerprint, words};
use crate::acme::Challenges;
use crate::host::Place;

/// Longest that a handshake may take, the wait for its first byte included.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);
/// Most handshakes at a time on one thread. Beyond, the oldest is given up: whoever is quick gets in,
/// however many are slow on purpose.
const HANDSHAKES_MAX: usize = 1_024;
/// Shortest time between two lines of the log about handshakes that failed.
const TOLD_EVERY: Duration = Duration::from_secs(1);
/// A fatal alert `unrecognized_name` (RFC 8446 §6, RFC 6066 §3) in a record of its own.
const UNRECOGNIZED_NAME: [u8; 7] = [0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x70];

/// The handshakes that are under way on a thread.
#[derive(Debug, Default)]
pub(crate) struct Handshakes {
    next: Cell<u64>,
    /// The oldest first. Dropped, it is given up.
    under_way: RefCell<BTreeMap<u64, oneshot::Sender<()>>>,
    told: Cell<Option<Instant>>,
    challenges: Arc<Challenges>,
}

/// A place among them, until it is dropped.
struct UnderWay<'h> {
    handshakes: &'h Handshakes,
    number: u64,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.handshakes.under_way.borrow_mut().remove(&self.number);
    }
}

impl Handshakes {
    /// With these proofs for authorities.
    pub(crate) fn new(challenges: &Arc<Challenges>) -> Self {
        Self { challenges: Arc::clone(challenges), ..Self::default() }
    }

    /// Shakes hands with a client. `None` if that failed, which is its own affair and told at most
    /// once a second.
    pub(crate) async fn shake<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        tls: impl Fn() -> Arc<Tls>,
        place: &Place,
        address: SocketAddr,
        stream: S,
    ) -> Option<(TlsStream<Noted<S>>, Session)> {
        let number = self.next.replace(self.next.get() + 1);
        let (given, given_up) = oneshot::channel();
        {
            let mut under_way = self.under_way.borrow_mut();
            under_way.insert(number, given);
            if under_way.len() > HANDSHAKES_MAX {
                under_way.pop_first();
            }
        }
        let _under_way = UnderWay { handshakes: self, number };
        let shaken = tokio::select! {
            biased;
            shaken = tokio::time::timeout(HANDSHAKE_MAX, self.shaken(tls, place, stream)) => shaken
                .unwrap_or_else(|_| Err(io::Error::other("it took too long"))),
            _ = given_up => Err(io::Error::other("too many are under way")),
        };
        match shaken {
            Ok(shaken) => shaken,
            Err(error) => {
                let is_quiet = |told: Instant| told.elapsed() < TOLD_EVERY;
                if !self.told.get().is_some_and(is_quiet) {
                    self.told.set(Some(Instant::now()));
                    let error = words::handshake(&error, "the client");
                    tracing::info!(%address, error, "a TLS handshake failed");
                }
                None
            }
        }
    }
}

impl Handshakes {
    /// `None`: an authority has seen its proof, which is all that it came for.
    async fn shaken<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        tls: impl Fn() -> Arc<Tls>,
        place: &Place,
        stream: S,
    ) -> io::Result<Option<(TlsStream<Noted<S>>, Session)>> {
        let stream = Noted::new(stream, tls().takes_fingerprints);
        let mut start = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
        let fingerprints = start.io.take().and_then(|greeting| fingerprint(&greeting));
        if let Some(proof) = self.challenges.find(&start.client_hello()) {
            // RFC 8737 §3: no application data.
            start.into_stream(proof).await?.shutdown().await?;
            return Ok(None);
        }
        let server_name = start.client_hello().server_name().map(str::to_ascii_lowercase);
        // As the configuration is now: the client may have taken its time.
        let Some(identity) = tls().find(place, server_name.as_deref()).cloned() else {
            start.io.write_all(&UNRECOGNIZED_NAME).await?;
            start.io.shutdown().await?;
            return Err(io::Error::other(
                "there is no certificate for the name that was asked for",
            ));
        };
        let stream = start.into_stream(Arc::clone(&identity.config)).await?;
        let session = Session::new(stream.get_ref().1, place.clone(), &identity);
        let session = session.ok_or_else(|| io::Error::other("the client's certificate is odd"))?;
        Ok(Some((stream, session.with_fingerprints(fingerprints))))
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Waker};

    use tokio::io::AsyncReadExt;

    use super::*;

    fn place() -> Place {
        let address = "127.0.0.1:443".parse().unwrap();
        Place { address, is_tls: true, vpc_endpoint_id: None, distribution_id: None }
    }

    async fn shake<S: AsyncRead + AsyncWrite + Unpin>(handshakes: &Handshakes, stream: S) -> bool {
        let address = "127.0.0.1:1".parse().unwrap();
        handshakes.shake(Arc::default, &place(), address, stream).await.is_some()
    }

    fn paused(test: impl AsyncFnOnce()) {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_time().start_paused(true).build().unwrap().block_on(test());
    }

    #[test]
    fn a_silent_client_is_given_up_and_leaves_nothing_behind() {
        paused(async || {
            let handshakes = Handshakes::default();
            let (_client, server) = tokio::io::duplex(64);
            let begun = tokio::time::Instant::now();
            assert!(!shake(&handshakes, server).await);
            assert_eq!(begun.elapsed(), HANDSHAKE_MAX);
            assert!(handshakes.under_way.borrow().is_empty());
        });
    }

    #[test]
    fn beyond_the_bound_the_oldest_is_given_up() {
        paused(async || {
            let handshakes = Handshakes::default();
            let mut context = Context::from_waker(Waker::noop());
            let mut ends = Vec::new();
            let mut first = pin!(shake(&handshakes, {
                let (client, server) = tokio::io::duplex(64);
                ends.push(client);
                server
            }));
            assert!(first.as_mut().poll(&mut context).is_pending());
            let mut others: Vec<_> = (0..HANDSHAKES_MAX)
                .map(|_| {
                    let (client, server) = tokio::io::duplex(64);
                    ends.push(client);
                    Box::pin(shake(&handshakes, server))
                })
                .collect();
            for other in &mut others {
                assert!(other.as_mut().poll(&mut context).is_pending());
            }
            assert_eq!(handshakes.under_way.borrow().len(), HANDSHAKES_MAX);
            assert!(first.as_mut().poll(&mut context).is_ready(), "it is given up at once");
            assert!(others[0].as_mut().poll(&mut context).is_pending());
        });
    }

    #[test]
    fn what_is_no_tls_is_answered_with_an_alert() {
        paused(async || {
            let handshakes = Handshakes::default();
            let (mut client, server) = tokio::io::duplex(1024);
            client.write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").await.unwrap();
            assert!(!shake(&handshakes, server).await);
            let mut answer = Vec::new();
            client.read_to_end(&mut answer).await.unwrap();
            assert_eq!(answer.first(), Some(&0x15), "{answer:?}");
        });
    }
}
