//! How many requests are taken at a time, and how many wait for one integration.
//!
//! A slow endpoint must not take the gateway with it: without a bound every request of it keeps
//! memory and a connection until it times out, and whoever waits behind them has gone by then. What
//! is beyond the bounds is answered 503 at once, while there is still something to answer with.

use std::collections::{HashMap, VecDeque};
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gateway_core::effect::EffectError;
use tokio::sync::oneshot;

use crate::perform::metrics::describe;

/// Most that may be under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Requests, from their arrival to the end of their answer.
    pub requests_in_flight: usize,
    /// Requests to one integration, to the end of its answer.
    pub integration_requests_in_flight: usize,
    /// Requests that wait until an integration may be sent one more.
    pub integration_requests_queued: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            requests_in_flight: 16_384,
            integration_requests_in_flight: 4_096,
            integration_requests_queued: 1_024,
        }
    }
}

/// What is under way, in all threads.
#[derive(Debug, Default)]
pub struct Load {
    in_flight: AtomicUsize,
    shed: AtomicU64,
    integrations_shed: AtomicU64,
    state: Mutex<State>,
    requests_max: AtomicUsize,
}

#[derive(Debug, Default)]
struct State {
    bounds: Bounds,
    /// Those with something under way, by where they lead.
    integrations: HashMap<Arc<str>, Integration>,
}

#[derive(Debug, Default)]
struct Integration {
    in_flight: usize,
    waiting: VecDeque<oneshot::Sender<Place>>,
}

/// A request that was taken, until this is dropped.
#[derive(Debug)]
pub(crate) struct InFlight(Arc<Load>);

/// A request's place at its integration, until this is dropped: then the next one has it.
#[derive(Debug)]
pub(crate) struct Place {
    /// `None`: it was never taken.
    load: Option<Arc<Load>>,
    integration: Arc<str>,
}

impl Load {
    /// At most this from now on. What is under way already goes on.
    pub(crate) fn limit(&self, bounds: Bounds) {
        self.requests_max.store(bounds.requests_in_flight, Relaxed);
        self.state().bounds = bounds;
    }

    /// Takes a request, unless there are too many.
    pub(crate) fn enter(self: &Arc<Self>) -> Option<InFlight> {
        let before = self.in_flight.fetch_add(1, Relaxed);
        let entered = InFlight(Arc::clone(self));
        if before >= self.requests_max.load(Relaxed) {
            self.shed.fetch_add(1, Relaxed);
            return None;
        }
        Some(entered)
    }

    /// A place at the integration that leads there, once there is one.
    ///
    /// # Errors
    /// `Overloaded`, at once, where too many wait for one; `TimedOut` where none came free in time.
    pub(crate) async fn place(
        self: &Arc<Self>,
        integration: &str,
        timeout: Duration,
    ) -> Result<Place, EffectError> {
        let free = match self.place_or_queue(integration) {
            Ok(place) => return Ok(place),
            Err(Some(free)) => free,
            Err(None) => {
                self.integrations_shed.fetch_add(1, Relaxed);
                return Err(EffectError::Overloaded);
            }
        };
        match tokio::time::timeout(timeout, free).await {
            Ok(Ok(place)) => Ok(place),
            // Nobody throws a place in the queue away.
            Ok(Err(_)) => Err(EffectError::Overloaded),
            Err(_) => Err(EffectError::TimedOut),
        }
    }

    /// A place, or one in the queue, or none.
    fn place_or_queue(
        self: &Arc<Self>,
        integration: &str,
    ) -> Result<Place, Option<oneshot::Receiver<Place>>> {
        let mut state = self.state();
        let Bounds { integration_requests_in_flight: max, integration_requests_queued, .. } =
            state.bounds;
        let name = state.integrations.get_key_value(integration).map(|(name, _)| Arc::clone(name));
        let name = name.unwrap_or_else(|| integration.into());
        let there = state.integrations.entry(Arc::clone(&name)).or_default();
        if there.in_flight < max {
            there.in_flight += 1;
            return Ok(Place { load: Some(Arc::clone(self)), integration: name });
        }
        if there.waiting.len() >= integration_requests_queued {
            // Clients that left wait no more.
            there.waiting.retain(|free| !free.is_closed());
        }
        if there.waiting.len() >= integration_requests_queued {
            return Err(None);
        }
        let (free, wait) = oneshot::channel();
        there.waiting.push_back(free);
        Err(Some(wait))
    }

    fn leave(self: &Arc<Self>, integration: &Arc<str>) {
        let mut state = self.state();
        let max = state.bounds.integration_requests_in_flight;
        let Some(there) = state.integrations.get_mut(integration) else { return };
        there.in_flight = there.in_flight.saturating_sub(1);
        while there.in_flight < max
            && let Some(free) = there.waiting.pop_front()
        {
            let place =
                Place { load: Some(Arc::clone(self)), integration: Arc::clone(integration) };
            match free.send(place) {
                Ok(()) => there.in_flight += 1,
                // Whoever waited has left: nothing was taken that could be given back.
                Err(mut place) => place.load = None,
            }
        }
        if there.in_flight == 0 && there.waiting.is_empty() {
            state.integrations.remove(integration);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// In Prometheus's text format.
    pub fn write_metrics(&self, text: &mut String) {
        let state = self.state();
        let sum =
            |of: fn(&Integration) -> usize| -> usize { state.integrations.values().map(of).sum() };
        let gauges = [
            ("requests_in_flight", "Requests under way.", self.in_flight.load(Relaxed)),
            (
                "integration_requests_in_flight",
                "Requests under way to integrations.",
                sum(|there| there.in_flight),
            ),
            (
                "integration_requests_queued",
                "Requests that wait until their integration may be sent one more.",
                sum(|there| there.waiting.len()),
            ),
        ];
        for (name, help, value) in gauges {
            describe(text, name, help, "gauge");
            let _ = writeln!(text, "edgeway_{name} {value}");
        }
        let help = "Requests that were answered 503 because a bound was reached.";
        describe(text, "shed_requests_total", help, "counter");
        for (bound, shed) in [
            ("requestsInFlight", &self.shed),
            ("integrationRequestsQueued", &self.integrations_shed),
        ] {
            let shed = shed.load(Relaxed);
            let _ = writeln!(text, "edgeway_shed_requests_total{{bound=\"{bound}\"}} {shed}");
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Relaxed);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(load) = self.load.take() {
            load.leave(&self.integration);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    const NOW: Duration = Duration::ZERO;
    const LONG: Duration = Duration::from_secs(3_600);

    fn load(in_flight: usize, queued: usize) -> Arc<Load> {
        let load = Arc::new(Load::default());
        load.limit(Bounds {
            requests_in_flight: 2,
            integration_requests_in_flight: in_flight,
            integration_requests_queued: queued,
        });
        load
    }

    /// Time that passes when everybody waits.
    fn paused(test: impl AsyncFnOnce()) {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_time().start_paused(true).build().unwrap();
        runtime.block_on(test());
    }

    #[test]
    fn requests_are_taken_up_to_the_bound_and_again_when_one_has_ended() {
        let load = load(1, 0);
        let (one, other) = (load.enter().unwrap(), load.enter());
        assert!(load.enter().is_none() && load.enter().is_none());
        drop(one);
        assert!(load.enter().is_some());
        drop(other);
        assert_eq!((load.in_flight.load(Relaxed), load.shed.load(Relaxed)), (0, 2));
    }

    #[test]
    fn an_integration_that_is_full_queues_and_then_refuses_and_no_other_does() {
        paused(async || {
            let load = load(1, 1);
            let first = load.place("a", NOW).await.unwrap();
            let mut second = Box::pin(load.place("a", LONG));
            assert!(second.as_mut().now_or_never().is_none());
            assert_eq!(load.place("a", LONG).await.unwrap_err(), EffectError::Overloaded);
            assert!(load.place("b", NOW).await.is_ok());
            drop(first);
            drop(second.await.unwrap());
            assert!(load.state().integrations.is_empty(), "what is idle takes no memory");
        });
    }

    #[test]
    fn whoever_waits_too_long_or_leaves_keeps_nobody_from_their_place() {
        paused(async || {
            let load = load(1, 2);
            let first = load.place("a", NOW).await.unwrap();
            assert_eq!(load.place("a", LONG).await.unwrap_err(), EffectError::TimedOut);
            let mut left = Box::pin(load.place("a", LONG));
            assert!(left.as_mut().now_or_never().is_none());
            drop(left);
            // Both of them still stand in the queue, and make room.
            let mut third = Box::pin(load.place("a", LONG));
            assert!(third.as_mut().now_or_never().is_none());
            drop(first);
            // Given a place, and gone before it was told.
            drop(third);
            assert!(load.state().integrations.is_empty());
            assert!(load.place("a", NOW).await.is_ok());
        });
    }

    #[test]
    fn a_bound_that_is_raised_serves_those_who_wait_with_the_next_that_ends() {
        paused(async || {
            let load = load(1, 5);
            let first = load.place("a", NOW).await.unwrap();
            let mut waiting = [load.place("a", LONG), load.place("a", LONG)].map(Box::pin);
            for waiting in &mut waiting {
                assert!(waiting.as_mut().now_or_never().is_none());
            }
            load.limit(Bounds { integration_requests_in_flight: 2, ..Bounds::default() });
            drop(first);
            let [one, other] = waiting;
            let both =
                (one.now_or_never().unwrap().unwrap(), other.now_or_never().unwrap().unwrap());
            assert_eq!(load.state().integrations["a"].in_flight, 2);
            drop(both);
        });
    }
}
