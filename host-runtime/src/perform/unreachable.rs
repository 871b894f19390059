//! Endpoints that cannot be reached, told on the log: now and then, however many requests they fail.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use gateway_core::effect::EffectError;
use http::uri::Authority;

/// How long an endpoint is not told of again.
const QUIET: Duration = Duration::from_secs(60);
/// Most endpoints that are told apart. The others are told of as one.
const ENDPOINTS_MAX: usize = 256;

/// Tells why an endpoint gave no answer, unless that was the client's doing or the gateway's.
pub(super) fn tell(authority: &Authority, error: &EffectError) {
    static TOLD: Mutex<Told> = Mutex::new(Told::new());
    let reason = match error {
        EffectError::TimedOut => "it does not answer in time",
        EffectError::Unavailable(reason)
        | EffectError::Misconfigured(reason)
        | EffectError::Malformed(reason) => reason,
        _ => return,
    };
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(failed) = told.note(authority.as_str(), Instant::now()) else { return };
    drop(told);
    let endpoint = authority.as_str();
    match failed {
        0 => tracing::warn!(endpoint, reason, "an endpoint gives no answer"),
        failed => tracing::warn!(endpoint, reason, failed, "an endpoint still gives no answer"),
    }
}

#[derive(Debug)]
struct Told(BTreeMap<String, Failing>);

#[derive(Debug)]
struct Failing {
    told_at: Instant,
    /// Requests that failed since.
    failed: u64,
}

impl Told {
    const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// How many requests failed since it was told of last, if it is time to tell of it.
    fn note(&mut self, authority: &str, now: Instant) -> Option<u64> {
        let is_full = self.0.len() >= ENDPOINTS_MAX && !self.0.contains_key(authority);
        if is_full {
            self.0.retain(|_, failing| now.duration_since(failing.told_at) < QUIET);
        }
        let name = if self.0.len() >= ENDPOINTS_MAX && is_full { "" } else { authority };
        match self.0.get_mut(name) {
            Some(failing) if now.duration_since(failing.told_at) < QUIET => {
                failing.failed += 1;
                None
            }
            Some(failing) => {
                failing.told_at = now;
                Some(std::mem::take(&mut failing.failed) + 1)
            }
            None => {
                self.0.insert(name.into(), Failing { told_at: now, failed: 0 });
                Some(0)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_told_of_once_in_a_while_with_what_it_failed() {
        let mut told = Told::new();
        let start = Instant::now();
        let mut note =
            |authority: &str, seconds| told.note(authority, start + Duration::from_secs(seconds));
        assert_eq!(note("a:80", 0), Some(0));
        assert_eq!((note("a:80", 1), note("a:80", 59)), (None, None));
        assert_eq!(note("b:80", 59), Some(0));
        assert_eq!(note("a:80", 60), Some(3));
        assert_eq!(note("a:80", 61), None);
    }

    #[test]
    fn endpoints_without_end_are_told_of_as_one() {
        let mut told = Told::new();
        let start = Instant::now();
        let mut noted = 0;
        for i in 0..10 * ENDPOINTS_MAX {
            noted += usize::from(told.note(&format!("{i}:80"), start).is_some());
        }
        assert_eq!((noted, told.0.len()), (ENDPOINTS_MAX + 1, ENDPOINTS_MAX + 1));
        // The first ones are forgotten once they may be told of again.
        assert_eq!(told.note("new:80", start + QUIET), Some(0));
        assert_eq!(told.0.len(), 1);
    }
}
