//! Connections to endpoints, kept for the next request. One pool for each thread: no locks.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use http::uri::Authority;
use hyper::client::conn::{http1, http2};
use tokio::time::Instant;

use super::trust::Trust;
use crate::body::Body;

/// Most idle connections kept for one origin, on one thread.
const IDLE_PER_ORIGIN_MAX: usize = 256;
/// How long an idle connection is kept. Common servers close theirs after 60 s and more.
const IDLE_MAX: Duration = Duration::from_secs(50);
/// How often old connections are looked for.
const SWEEP: Duration = Duration::from_secs(10);

/// Scheme and authority (RFC 9110 §4.3.1).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Origin {
    pub(crate) tls: bool,
    /// Over TLS: whether any certificate authority will do. Nobody who asks for more may find such
    /// a connection.
    pub(crate) any_authority: bool,
    pub(crate) authority: Authority,
}

/// A connection that requests can be sent on.
#[derive(Debug)]
pub(crate) enum Sender {
    Http1(http1::SendRequest<Body>),
    /// Shared: every user holds a clone.
    Http2(http2::SendRequest<Body>),
}

/// Idle connections by origin.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    origins: RefCell<HashMap<Origin, Idle>>,
    sweeping: RefCell<bool>,
    /// Who vouched for them.
    trust: Arc<Trust>,
}

#[derive(Debug, Default)]
struct Idle {
    http1: Vec<(http1::SendRequest<Body>, Instant)>,
    http2: Option<(http2::SendRequest<Body>, Instant)>,
}

/// An HTTP/1.1 connection in use. Dropped without [`Lease::give_back`], it closes.
#[derive(Debug)]
pub(crate) struct Lease {
    sender: Option<http1::SendRequest<Body>>,
    origin: Origin,
    pool: Rc<Pool>,
}

impl Pool {
    pub(crate) fn new(trust: Arc<Trust>) -> Self {
        Self { trust, ..Self::default() }
    }

    pub(crate) fn trust(&self) -> &Arc<Trust> {
        &self.trust
    }

    /// A connection that was used before and seems alive: the one that was used last.
    pub(crate) fn take(&self, origin: &Origin) -> Option<Sender> {
        let mut origins = self.origins.borrow_mut();
        let idle = origins.get_mut(origin)?;
        if let Some((sender, used)) = &mut idle.http2 {
            if sender.is_ready() && !sender.is_closed() {
                *used = Instant::now();
                return Some(Sender::Http2(sender.clone()));
            }
            idle.http2 = None;
        }
        for last in (0..idle.http1.len()).rev() {
            let (sender, since) = &idle.http1[last];
            if sender.is_closed() || since.elapsed() >= IDLE_MAX {
                idle.http1.remove(last);
            } else if sender.is_ready() {
                return Some(Sender::Http1(idle.http1.remove(last).0));
            }
            // Otherwise its response was read a moment ago, and it has not noticed that it is free.
        }
        None
    }

    /// Makes an HTTP/2 connection known, so that others send on it too.
    pub(crate) fn share(self: &Rc<Self>, origin: &Origin, sender: &http2::SendRequest<Body>) {
        let mut origins = self.origins.borrow_mut();
        origins.entry(origin.clone()).or_default().http2 = Some((sender.clone(), Instant::now()));
        drop(origins);
        self.sweep_later();
    }

    pub(crate) fn lease(self: &Rc<Self>, origin: Origin, sender: Sender) -> Lease {
        let sender = match sender {
            Sender::Http1(sender) => Some(sender),
            Sender::Http2(_) => None,
        };
        Lease { sender, origin, pool: Rc::clone(self) }
    }

    fn put(self: &Rc<Self>, origin: Origin, sender: http1::SendRequest<Body>) {
        let mut origins = self.origins.borrow_mut();
        let idle = &mut origins.entry(origin).or_default().http1;
        if idle.len() < IDLE_PER_ORIGIN_MAX {
            idle.push((sender, Instant::now()));
        }
        drop(origins);
        self.sweep_later();
    }

    /// One task sweeps while anything is kept, and ends when nothing is.
    fn sweep_later(self: &Rc<Self>) {
        if self.sweeping.replace(true) {
            return;
        }
        let pool = Rc::downgrade(self);
        tokio::task::spawn_local(async move {
            loop {
                tokio::time::sleep(SWEEP).await;
                let Some(pool) = pool.upgrade() else { return };
                if pool.sweep() == 0 {
                    pool.sweeping.replace(false);
                    return;
                }
            }
        });
    }

    fn sweep(&self) -> usize {
        let mut origins = self.origins.borrow_mut();
        origins.retain(|_, idle| {
            idle.http1.retain(|(s, since)| !s.is_closed() && since.elapsed() < IDLE_MAX);
            idle.http2.take_if(|(s, used)| s.is_closed() || used.elapsed() >= IDLE_MAX);
            !idle.http1.is_empty() || idle.http2.is_some()
        });
        origins.len()
    }
}

impl Lease {
    /// The response has ended: the next request may use the connection.
    pub(crate) fn give_back(self) {
        if let Some(sender) = self.sender.filter(|sender| !sender.is_closed()) {
            self.pool.put(self.origin, sender);
        }
    }
}
