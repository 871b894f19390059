//! Endpoints, functions and authorizers that give no answer, told to the operator now and then, however many requests they
//! fail: the bounded store that all hosts have.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use crate::effect::EffectError;
use crate::limits::{FAILING_ENDPOINTS_MAX, FAILING_QUIET_MS};
use crate::message::Timestamp;

/// What was told of which endpoint. Those beyond the bound are told of as one.
#[derive(Debug, Default)]
pub struct FailingEndpoints(BTreeMap<String, Failing>);

/// Most reasons that are told of one endpoint before it is quiet.
const REASONS_MAX: usize = 4;

#[derive(Debug)]
struct Failing {
    told_at: Timestamp,
    /// Requests that failed since.
    failed: u64,
    /// Why, as it was told since then: what is told is told once, also where endpoints fail now so and now so.
    reasons: Vec<String>,
}

/// What is to be told now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Telling<'e> {
    /// Why there is no answer.
    pub reason: &'e str,
    /// Requests that failed since the endpoint was told of last, this one among them; 0 if it never was.
    pub failed: u64,
}

impl FailingEndpoints {
    /// Nothing was told yet.
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Notes that an endpoint gave no answer. What is to be told of it, if it is time to; nothing where that
    /// was the client's doing, or the gateway's.
    pub fn note<'e>(
        &mut self,
        endpoint: &str,
        error: &'e EffectError,
        now: Timestamp,
    ) -> Option<Telling<'e>> {
        let reason = match error {
            EffectError::TimedOut => "it does not answer in time",
            EffectError::Unavailable(reason)
            | EffectError::Misconfigured(reason)
            | EffectError::Malformed(reason) => reason,
            EffectError::TooLarge
            | EffectError::Stalled
            | EffectError::Overloaded
            | EffectError::Cancelled => return None,
        };
        Some(Telling { reason, failed: self.count(endpoint, reason, now)? })
    }

    /// Notes that something of this name failed a request. If it is time to tell of it, or the reason is a new one: the
    /// requests that it failed since it was told of last, this one among them; 0 if it never was.
    pub fn count(&mut self, endpoint: &str, reason: &str, now: Timestamp) -> Option<u64> {
        // Also where the clock was set back: told once too often rather than not at all.
        let is_quiet = |told_at: Timestamp| now.0.abs_diff(told_at.0) < FAILING_QUIET_MS;
        let is_new_beyond_bound =
            |told: &Self| told.0.len() >= FAILING_ENDPOINTS_MAX && !told.0.contains_key(endpoint);
        if is_new_beyond_bound(self) {
            self.0.retain(|_, failing| is_quiet(failing.told_at));
        }
        let name = if is_new_beyond_bound(self) { "" } else { endpoint };
        match self.0.get_mut(name) {
            Some(failing) if is_quiet(failing.told_at) => {
                failing.failed += 1;
                // Several endpoints that are told of as one have reasons without end.
                let is_told = name.is_empty()
                    || failing.reasons.len() >= REASONS_MAX
                    || failing.reasons.iter().any(|told| told == reason);
                if is_told {
                    return None;
                }
                failing.reasons.push(reason.into());
                Some(core::mem::take(&mut failing.failed))
            }
            Some(failing) => {
                failing.told_at = now;
                failing.reasons = [reason.into()].into();
                Some(core::mem::take(&mut failing.failed) + 1)
            }
            None => {
                let reasons = [reason.into()].into();
                self.0.insert(name.into(), Failing { told_at: now, failed: 0, reasons });
                Some(0)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(told: &mut FailingEndpoints, endpoint: &str, seconds: u64) -> Option<u64> {
        let now = Timestamp(1_700_000_000_000 + seconds * 1_000);
        told.note(endpoint, &EffectError::TimedOut, now).map(|telling| telling.failed)
    }

    #[test]
    fn an_endpoint_is_told_of_once_in_a_while_with_what_it_failed() {
        let mut told = FailingEndpoints::new();
        assert_eq!(note(&mut told, "a:80", 0), Some(0));
        assert_eq!((note(&mut told, "a:80", 1), note(&mut told, "a:80", 59)), (None, None));
        assert_eq!(note(&mut told, "b:80", 59), Some(0));
        assert_eq!(note(&mut told, "a:80", 60), Some(3));
        assert_eq!(note(&mut told, "a:80", 61), None);
    }

    #[test]
    fn another_reason_is_told_at_once_and_once() {
        let mut told = FailingEndpoints::new();
        let mut count = |reason: &str, ms: u64| told.count("a:80", reason, Timestamp(100_000 + ms));
        assert_eq!((count("refused", 0), count("refused", 1)), (Some(0), None));
        assert_eq!(
            (count("late", 2), count("refused", 3), count("late", 4)),
            (Some(2), None, None)
        );
        assert_eq!((count("third", 5), count("fourth", 6)), (Some(3), Some(1)));
        assert_eq!(count("fifth", 7), None, "an endpoint with a new reason each time is no flood");
        assert_eq!(count("late", 60_000), Some(2));
        assert_eq!(count("refused", 60_001), Some(1));
    }

    #[test]
    fn endpoints_without_end_are_told_of_as_one() {
        let mut told = FailingEndpoints::new();
        let mut noted = 0;
        for i in 0..10 * FAILING_ENDPOINTS_MAX {
            let endpoint = alloc::format!("{i}:80");
            noted += usize::from(note(&mut told, &endpoint, 0).is_some());
        }
        let most = FAILING_ENDPOINTS_MAX + 1;
        assert_eq!((noted, told.0.len()), (most, most));
        // The first ones are forgotten once they may be told of again.
        assert_eq!(note(&mut told, "new:80", 60), Some(0));
        assert_eq!(told.0.len(), 1);
    }

    #[test]
    fn what_a_client_did_is_told_of_no_endpoint() {
        let mut told = FailingEndpoints::new();
        let errors = [EffectError::TooLarge, EffectError::Stalled, EffectError::Cancelled];
        assert!(errors.iter().all(|error| told.note("a:80", error, Timestamp(0)).is_none()));
        let refused = EffectError::Unavailable("connection refused".into());
        let telling = told.note("a:80", &refused, Timestamp(0));
        assert_eq!(telling, Some(Telling { reason: "connection refused", failed: 0 }));
    }
}
