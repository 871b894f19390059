//! Connections to endpoints, kept for the next request. One pool for each thread: no locks.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use http::uri::Authority;
use hyper::client::conn::http2;

use super::http1::Http1;
use super::trust::Trust;
use crate::body::Body;

/// Most idle connections kept for one origin, on one thread.
const IDLE_PER_ORIGIN_MAX: usize = 256;
/// How often old connections are looked for.
const SWEEP: Duration = Duration::from_secs(10);
/// How many sweeps an idle connection outlives: 40 to 50 seconds. Common servers close theirs after
/// 60 s and more.
const SWEEPS_MAX: u32 = 5;

/// Scheme and authority (RFC 9110 §4.3.1).
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    pub(crate) tls: bool,
    /// Over TLS: whether any certificate authority will do. Nobody who asks for more may find such
    /// a connection.
    pub(crate) any_authority: bool,
    /// Over TLS: the name that the certificate must have, in place of the authority's host.
    pub(crate) server_name: Option<String>,
    pub(crate) authority: Authority,
}

/// A connection that requests can be sent on.
#[derive(Debug)]
pub(crate) enum Sender {
    /// Nobody else has it.
    Http1(Http1),
    /// Shared: every user holds a clone.
    Http2(http2::SendRequest<Body>),
}

/// Idle connections by origin.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    origins: RefCell<HashMap<Origin, Rc<Idle>>>,
    sweeping: Cell<bool>,
    /// Who vouched for them.
    trust: Arc<Trust>,
}

/// The idle connections of one origin, each with the sweep that it was last used after.
#[derive(Debug, Default)]
pub(crate) struct Idle {
    http1: RefCell<Vec<(Http1, u32)>>,
    http2: RefCell<Option<(http2::SendRequest<Body>, u32)>>,
    sweeps: Cell<u32>,
}

impl Pool {
    pub(crate) fn new(trust: Arc<Trust>) -> Self {
        Self { trust, ..Self::default() }
    }

    pub(crate) fn trust(&self) -> &Arc<Trust> {
        &self.trust
    }

    /// The connections of an origin.
    pub(crate) fn of(self: &Rc<Self>, origin: &Origin) -> Rc<Idle> {
        let mut origins = self.origins.borrow_mut();
        if let Some(idle) = origins.get(origin) {
            return Rc::clone(idle);
        }
        let idle = Rc::new(Idle::default());
        origins.insert(origin.clone(), Rc::clone(&idle));
        drop(origins);
        self.sweep_later();
        idle
    }

    /// One task sweeps while any origin is known, and ends when none is.
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
                    pool.sweeping.set(false);
                    return;
                }
            }
        });
    }

    fn sweep(&self) -> usize {
        let mut origins = self.origins.borrow_mut();
        // Whose connections are in use is known to those who use them.
        origins.retain(|_, idle| !idle.sweep() || Rc::strong_count(idle) > 1);
        origins.len()
    }
}

impl Idle {
    /// A connection that was used before and seems alive: the one that was used last.
    pub(crate) fn take(&self) -> Option<Sender> {
        let mut http2 = self.http2.borrow_mut();
        if let Some((sender, used)) = http2.as_mut() {
            if sender.is_ready() && !sender.is_closed() {
                *used = self.sweeps.get();
                return Some(Sender::Http2(sender.clone()));
            }
            *http2 = None;
        }
        let mut http1 = self.http1.borrow_mut();
        while let Some((mut connection, _)) = http1.pop() {
            if connection.is_alive() {
                return Some(Sender::Http1(connection));
            }
        }
        None
    }

    /// Keeps a connection that nobody uses.
    pub(crate) fn put(&self, connection: Http1) {
        let mut http1 = self.http1.borrow_mut();
        if http1.len() < IDLE_PER_ORIGIN_MAX {
            http1.push((connection, self.sweeps.get()));
        }
    }

    /// Makes an HTTP/2 connection known, so that others send on it too.
    pub(crate) fn share(&self, sender: &http2::SendRequest<Body>) {
        *self.http2.borrow_mut() = Some((sender.clone(), self.sweeps.get()));
    }

    /// Closes what has been idle for long; whether nothing is left.
    fn sweep(&self) -> bool {
        let now = self.sweeps.get().wrapping_add(1);
        self.sweeps.set(now);
        let is_young = |used: u32| now.wrapping_sub(used) < SWEEPS_MAX;
        let (mut http1, mut http2) = (self.http1.borrow_mut(), self.http2.borrow_mut());
        http1.retain_mut(|(connection, used)| is_young(*used) && connection.is_alive());
        http2.take_if(|(sender, used)| sender.is_closed() || !is_young(*used));
        http1.is_empty() && http2.is_none()
    }
}

// Authorities that differ in case alone are the same; to take them for two costs a connection, and
// not to costs every request.
impl PartialEq for Origin {
    fn eq(&self, other: &Self) -> bool {
        fn parts(origin: &Origin) -> (bool, bool, Option<&str>) {
            (origin.tls, origin.any_authority, origin.server_name.as_deref())
        }
        parts(self) == parts(other) && self.authority.as_str() == other.authority.as_str()
    }
}

impl Eq for Origin {}

impl Hash for Origin {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.tls, self.any_authority, &self.server_name).hash(state);
        self.authority.as_str().hash(state);
    }
}
