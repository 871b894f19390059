//! `KeepSample`: requests that web ACLs have inspected, for [`GetSampledRequests`](crate::admin). Bounded in
//! number, bytes and age; the oldest go first.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use gateway_core::message::Timestamp;

/// "You can specify any time range in the previous three hours."
pub(crate) const KEPT_MS: u64 = 3 * 60 * 60 * 1_000;
/// Most samples of a metric: "a sample size of up to 500 requests".
pub(crate) const SAMPLES_MAX: usize = 500;
/// Most bytes of all samples.
const BYTES_MAX: usize = 32 * 1024 * 1024;
/// Most bytes of one.
const SAMPLE_BYTES_MAX: usize = 64 * 1024;

/// The samples of all threads, behind one lock that is held for a look-up.
#[derive(Debug, Default)]
pub struct Samples(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// By web ACL and metric, the oldest first.
    metrics: BTreeMap<(String, String), VecDeque<Sample>>,
    bytes: usize,
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sample {
    pub(crate) at: Timestamp,
    /// How many requests it stands for.
    pub(crate) weight: u64,
    /// `SampledHTTPRequest` in JSON.
    pub(crate) text: String,
}

impl Samples {
    /// Keeps a sample.
    pub(crate) fn keep(
        &self,
        web_acl_arn: String,
        metric_name: String,
        weight: u64,
        text: String,
        at: Timestamp,
    ) {
        if text.len() > SAMPLE_BYTES_MAX {
            return;
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.forget_before(at.0.saturating_sub(KEPT_MS));
        kept.bytes += text.len();
        let all = kept.metrics.entry((web_acl_arn, metric_name)).or_default();
        all.push_back(Sample { at, weight, text });
        let surplus = if all.len() > SAMPLES_MAX { all.pop_front() } else { None };
        kept.bytes -= surplus.map_or(0, |sample| sample.text.len());
        while kept.bytes > BYTES_MAX {
            kept.forget_oldest();
        }
    }

    /// The samples of a metric in a span of time, both ends included.
    pub(crate) fn find(
        &self,
        web_acl_arn: &str,
        metric_name: &str,
        from: Timestamp,
        until: Timestamp,
    ) -> Vec<Sample> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all = kept.metrics.get(&(web_acl_arn.to_owned(), metric_name.to_owned()));
        let within = |sample: &&Sample| (from.0..=until.0).contains(&sample.at.0);
        all.into_iter().flatten().filter(within).cloned().collect()
    }
}

impl Kept {
    fn forget_before(&mut self, at_ms: u64) {
        let bytes = &mut self.bytes;
        self.metrics.retain(|_, all| {
            while all.front().is_some_and(|sample| sample.at.0 < at_ms) {
                *bytes -= all.pop_front().map_or(0, |sample| sample.text.len());
            }
            !all.is_empty()
        });
    }

    /// Of the metric whose first sample is the oldest.
    fn forget_oldest(&mut self) {
        let oldest = self.metrics.iter_mut().filter(|(_, all)| !all.is_empty());
        let oldest = oldest.min_by_key(|(_, all)| all.front().map(|sample| sample.at));
        let Some(sample) = oldest.and_then(|(_, all)| all.pop_front()) else {
            self.bytes = 0;
            return;
        };
        self.bytes -= sample.text.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep(samples: &Samples, metric: &str, text: &str, at_ms: u64) {
        samples.keep("acl".into(), metric.into(), 2, text.into(), Timestamp(at_ms));
    }

    fn texts(samples: &Samples, metric: &str, from: u64, until: u64) -> Vec<String> {
        let found = samples.find("acl", metric, Timestamp(from), Timestamp(until));
        found.into_iter().map(|sample| sample.text).collect()
    }

    #[test]
    fn samples_are_found_by_metric_and_time_until_they_are_old() {
        let samples = Samples::default();
        for (metric, text, at) in [("a", "1", 10), ("b", "2", 20), ("a", "3", 30)] {
            keep(&samples, metric, text, at);
        }
        assert_eq!(texts(&samples, "a", 0, 100), ["1", "3"]);
        assert_eq!(texts(&samples, "a", 11, 30), ["3"]);
        assert_eq!(texts(&samples, "c", 0, 100), Vec::<String>::new());
        assert_eq!(samples.find("other", "a", Timestamp(0), Timestamp(100)), []);
        keep(&samples, "b", "4", KEPT_MS + 25);
        assert_eq!(texts(&samples, "a", 0, u64::MAX), ["3"]);
        assert_eq!(texts(&samples, "b", 0, u64::MAX), ["4"]);
    }

    #[test]
    fn neither_number_nor_bytes_grow_without_end() {
        let samples = Samples::default();
        for at in 0..SAMPLES_MAX as u64 + 10 {
            keep(&samples, "a", "x", at);
        }
        assert_eq!(texts(&samples, "a", 0, u64::MAX).len(), SAMPLES_MAX);
        assert_eq!(texts(&samples, "a", 0, 9), Vec::<String>::new(), "the oldest go first");
        let large = "x".repeat(SAMPLE_BYTES_MAX);
        for at in 0..2 * BYTES_MAX / SAMPLE_BYTES_MAX {
            keep(&samples, &format!("m{}", at % 7), &large, 10_000 + at as u64);
        }
        let kept = samples.0.lock().unwrap();
        let bytes: usize = kept.metrics.values().flatten().map(|sample| sample.text.len()).sum();
        assert_eq!(kept.bytes, bytes);
        assert!(bytes <= BYTES_MAX);
        drop(kept);
        keep(&samples, "too large", &(large + "x"), 20_000);
        assert_eq!(texts(&samples, "too large", 0, u64::MAX), Vec::<String>::new());
    }
}
