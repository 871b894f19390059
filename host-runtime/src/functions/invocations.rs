//! Invocations that are under way, whether or not anybody waits for their answers.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Most request ids that are told of a function's invocations.
const TOLD_MAX: usize = 10;

/// All invocations of programs.
#[derive(Debug, Default)]
pub(super) struct Invocations {
    under_way: Mutex<UnderWay>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct UnderWay {
    /// Function and request id, by the order in which they began.
    invocations: BTreeMap<u64, (String, String)>,
    begun: u64,
}

/// One that is under way. Dropped, it is no more.
#[derive(Debug)]
pub(super) struct Invocation {
    all: Arc<Invocations>,
    number: u64,
}

impl Invocations {
    pub(super) fn begin(self: &Arc<Self>, function: &str, request_id: &str) -> Invocation {
        let mut under_way = self.under_way();
        let number = under_way.begun;
        under_way.begun += 1;
        under_way.invocations.insert(number, (function.into(), request_id.into()));
        Invocation { all: Arc::clone(self), number }
    }

    pub(super) fn count(&self) -> usize {
        self.under_way().invocations.len()
    }

    /// Waits until all have ended, for so long: request ids of those that have not, by function.
    pub(super) fn wait(&self, time_max: Duration) -> BTreeMap<String, Vec<String>> {
        let waited = self.ended.wait_timeout_while(self.under_way(), time_max, |under_way| {
            !under_way.invocations.is_empty()
        });
        let (under_way, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let mut left = BTreeMap::<String, Vec<String>>::new();
        for (function, request_id) in under_way.invocations.values() {
            left.entry(function.clone()).or_default().push(request_id.clone());
        }
        left
    }

    fn under_way(&self) -> MutexGuard<'_, UnderWay> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Invocation {
    fn drop(&mut self) {
        self.all.under_way().invocations.remove(&self.number);
        self.all.ended.notify_all();
    }
}

/// Says which invocations are broken off.
pub(super) fn log_left(left: &BTreeMap<String, Vec<String>>) {
    for (function, request_ids) in left {
        let (invocations, told) = (request_ids.len(), request_ids.len().min(TOLD_MAX));
        let request_ids = request_ids[..told].join(", ");
        let more = if invocations > told { " and others" } else { "" };
        tracing::error!(
            function,
            invocations,
            request_ids = format!("{request_ids}{more}"),
            "killed before it ended: `limits.drainTimeoutInMillis` gives it more time"
        );
    }
}
