//! How long things took, by buckets.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Upper bounds of the buckets, milliseconds.
const LATENCY_MS: [u32; 14] =
    [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000];

/// Times that were recorded.
#[derive(Debug, Default)]
pub(super) struct Histogram {
    buckets: [AtomicU64; LATENCY_MS.len()],
    count: AtomicU64,
    sum_ms: AtomicU64,
}

impl Histogram {
    pub(super) fn record(&self, latency_ms: u32) {
        if let Some(bucket) = LATENCY_MS.iter().position(|&bound| latency_ms <= bound) {
            self.buckets[bucket].fetch_add(1, Relaxed);
        }
        self.count.fetch_add(1, Relaxed);
        self.sum_ms.fetch_add(latency_ms.into(), Relaxed);
    }

    pub(super) fn write(&self, text: &mut String, name: &str, labels: &str) {
        let mut total = 0;
        for (bound_ms, bucket) in LATENCY_MS.iter().zip(&self.buckets) {
            total += bucket.load(Relaxed);
            let bound = f64::from(*bound_ms) / 1_000.0;
            let _ = writeln!(text, "edgeway_{name}_bucket{{{labels},le=\"{bound}\"}} {total}");
        }
        // A request that is counted meanwhile must not make +Inf less than a bucket below it.
        let count = self.count.load(Relaxed).max(total);
        let sum = self.sum_ms.load(Relaxed) as f64 / 1_000.0;
        let _ = writeln!(text, "edgeway_{name}_bucket{{{labels},le=\"+Inf\"}} {count}");
        let _ = writeln!(text, "edgeway_{name}_sum{{{labels}}} {sum}");
        let _ = writeln!(text, "edgeway_{name}_count{{{labels}}} {count}");
    }
}
