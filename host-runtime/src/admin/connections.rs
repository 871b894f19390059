//! The operator's connections, bounded, with room for one more: where all places are taken, the oldest
//! connection on which nobody is being answered gives its place up.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use tokio::sync::Notify;

/// The open connections, the oldest first.
#[derive(Debug, Clone)]
pub(super) struct Connections {
    open: Rc<RefCell<VecDeque<Rc<Open>>>>,
    max: usize,
}

#[derive(Debug, Default)]
struct Open {
    /// Calls that are being answered.
    calls: Cell<usize>,
    given_up: Notify,
}

/// A connection's place, until it is dropped.
#[derive(Debug)]
pub(super) struct Connection {
    open: Rc<Open>,
    all: Connections,
}

/// A call that is being answered.
#[derive(Debug)]
pub(super) struct Call(Rc<Open>);

impl Connections {
    /// None yet, of at most so many at a time.
    pub(super) fn at_most(max: usize) -> Self {
        Self { open: Rc::default(), max }
    }

    /// A place for a new connection. `None` where calls are being answered on all of them.
    pub(super) fn enter(&self) -> Option<Connection> {
        let mut all = self.open.borrow_mut();
        if all.len() >= self.max {
            let idle = all.iter().position(|open| open.calls.get() == 0)?;
            all.remove(idle)?.given_up.notify_one();
        }
        let open = Rc::<Open>::default();
        all.push_back(Rc::clone(&open));
        Some(Connection { open, all: self.clone() })
    }
}

impl Connection {
    /// Until the place is given up.
    pub(super) async fn given_up(&self) {
        self.open.given_up.notified().await;
    }

    /// What begins the answer of a call.
    pub(super) fn calls(&self) -> impl Fn() -> Call + use<> {
        let open = Rc::clone(&self.open);
        move || {
            open.calls.set(open.calls.get() + 1);
            Call(Rc::clone(&open))
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.all.open.borrow_mut().retain(|open| !Rc::ptr_eq(open, &self.open));
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.0.calls.set(self.0.calls.get() - 1);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn the_oldest_idle_connection_gives_its_place_up_and_no_busy_one_does() {
        let all = Connections::at_most(5);
        let open: Vec<Connection> = (0..5).map(|_| all.enter().unwrap()).collect();
        let call = open[0].calls()();
        let next = all.enter().expect("a place");
        assert!(open[0].given_up().now_or_never().is_none(), "it is busy");
        assert!(open[1].given_up().now_or_never().is_some());
        assert!(open[2].given_up().now_or_never().is_none());
        drop(call);
        let another = all.enter().expect("a place");
        assert!(open[0].given_up().now_or_never().is_some());
        let calls: Vec<Call> = open.iter().chain([&next, &another]).map(|c| c.calls()()).collect();
        assert!(all.enter().is_none(), "all are busy");
        drop((calls, open));
        assert_eq!(all.open.borrow().len(), 2);
    }
}
