//! `RecordRequest`: AWS's metrics by API and stage, in Prometheus's text format.
//!
//! Count, 4XXError, 5XXError, Latency and IntegrationLatency are those of "Amazon API Gateway
//! dimensions and metrics"; times are seconds, as Prometheus has them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, RwLock};

use gateway_core::effect::CacheUse;

use super::vpc_links::VpcLinks;

/// Upper bounds of the latency buckets, milliseconds.
const LATENCY_MS: [u32; 14] =
    [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000];

/// The metrics of this process.
#[derive(Debug, Default)]
pub struct Metrics {
    by_api: RwLock<BTreeMap<String, BTreeMap<String, Arc<Series>>>>,
    vpc_links: RwLock<Arc<VpcLinks>>,
    /// Open client connections.
    pub connections: AtomicI64,
    /// Configurations that were taken over since the start.
    pub reloads: AtomicU64,
    /// Configurations that were refused since the start.
    pub reloads_refused: AtomicU64,
    /// Requests that no API saw: refused by the host.
    pub refused: AtomicU64,
}

#[derive(Debug, Default)]
struct Series {
    count: AtomicU64,
    errors_4xx: AtomicU64,
    errors_5xx: AtomicU64,
    latency: Histogram,
    integration_latency: Histogram,
    cache_hits: AtomicU64,
    cache_misses: AtomicU64,
}

#[derive(Debug, Default)]
struct Histogram {
    buckets: [AtomicU64; LATENCY_MS.len()],
    count: AtomicU64,
    sum_ms: AtomicU64,
}

impl Metrics {
    /// Counts a finished request.
    pub fn record(
        &self,
        api_id: &str,
        stage: &str,
        status: u16,
        latency_ms: u32,
        integration_latency_ms: Option<u32>,
    ) {
        let series = self.series(api_id, stage);
        series.count.fetch_add(1, Relaxed);
        match status {
            400..=499 => series.errors_4xx.fetch_add(1, Relaxed),
            500..=599 => series.errors_5xx.fetch_add(1, Relaxed),
            _ => 0,
        };
        series.latency.record(latency_ms);
        if let Some(latency_ms) = integration_latency_ms {
            series.integration_latency.record(latency_ms);
        }
    }

    /// Counts a request for which a stage's cache was asked.
    pub fn record_cache(&self, api_id: &str, stage: &str, cache: CacheUse) {
        let series = self.series(api_id, stage);
        match cache {
            CacheUse::Hit => series.cache_hits.fetch_add(1, Relaxed),
            CacheUse::Miss => series.cache_misses.fetch_add(1, Relaxed),
        };
    }

    /// Tells of the health of these links' targets from now on.
    pub(crate) fn tell_of(&self, vpc_links: &Arc<VpcLinks>) {
        let mut links = self.vpc_links.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        *links = Arc::clone(vpc_links);
    }

    fn series(&self, api_id: &str, stage: &str) -> Arc<Series> {
        let by_api = self.by_api.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(series) = by_api.get(api_id).and_then(|stages| stages.get(stage)) {
            return Arc::clone(series);
        }
        drop(by_api);
        let mut by_api = self.by_api.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        Arc::clone(by_api.entry(api_id.into()).or_default().entry(stage.into()).or_default())
    }

    /// All metrics in Prometheus's text format.
    pub fn to_text(&self, dropped_log_lines: u64, content_bytes: usize) -> String {
        let mut text = String::new();
        let by_api = self.by_api.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let series = || {
            by_api.iter().flat_map(|(api, stages)| {
                stages.iter().map(move |(stage, series)| {
                    (format!("api=\"{}\",stage=\"{}\"", escape(api), escape(stage)), &**series)
                })
            })
        };
        type Counter = fn(&Series) -> &AtomicU64;
        let counters: [(&str, &str, Counter); 5] = [
            ("requests_total", "Requests (AWS: Count).", |s| &s.count),
            ("4xx_errors_total", "Answers of 400 to 499 (AWS: 4XXError).", |s| &s.errors_4xx),
            ("5xx_errors_total", "Answers of 500 to 599 (AWS: 5XXError).", |s| &s.errors_5xx),
            (
                "cache_hits_total",
                "Requests answered from a stage's cache (AWS: CacheHitCount).",
                |s| &s.cache_hits,
            ),
            (
                "cache_misses_total",
                "Requests that a stage's cache had no answer for (AWS: CacheMissCount).",
                |s| &s.cache_misses,
            ),
        ];
        for (name, help, counter) in counters {
            describe(&mut text, name, help, "counter");
            for (labels, series) in series() {
                let value = counter(series).load(Relaxed);
                let _ = writeln!(text, "edgeway_{name}{{{labels}}} {value}");
            }
        }
        type Times = fn(&Series) -> &Histogram;
        let histograms: [(&str, &str, Times); 2] = [
            ("latency_seconds", "From a request's arrival to its answer (AWS: Latency).", |s| {
                &s.latency
            }),
            (
                "integration_latency_seconds",
                "Spent in integrations (AWS: IntegrationLatency).",
                |s| &s.integration_latency,
            ),
        ];
        for (name, help, histogram) in histograms {
            describe(&mut text, name, help, "histogram");
            for (labels, series) in series() {
                histogram(series).write(&mut text, name, &labels);
            }
        }
        self.vpc_links
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .write_metrics(&mut text);
        let process = [
            ("connections", "Open client connections.", "gauge", self.connections.load(Relaxed)),
            (
                "content_in_memory_bytes",
                "Content that is held whole.",
                "gauge",
                content_bytes as i64,
            ),
            (
                "refused_requests_total",
                "Requests that the host refused before any API saw them.",
                "counter",
                self.refused.load(Relaxed) as i64,
            ),
            (
                "reloads_total",
                "Configurations taken over since the start.",
                "counter",
                self.reloads.load(Relaxed) as i64,
            ),
            (
                "reloads_refused_total",
                "Configurations refused since the start.",
                "counter",
                self.reloads_refused.load(Relaxed) as i64,
            ),
            (
                "access_log_dropped_lines_total",
                "Access log entries that could not be written.",
                "counter",
                dropped_log_lines as i64,
            ),
        ];
        for (name, help, kind, value) in process {
            describe(&mut text, name, help, kind);
            let _ = writeln!(text, "edgeway_{name} {value}");
        }
        text
    }
}

impl Histogram {
    fn record(&self, latency_ms: u32) {
        if let Some(bucket) = LATENCY_MS.iter().position(|&bound| latency_ms <= bound) {
            self.buckets[bucket].fetch_add(1, Relaxed);
        }
        self.count.fetch_add(1, Relaxed);
        self.sum_ms.fetch_add(latency_ms.into(), Relaxed);
    }

    fn write(&self, text: &mut String, name: &str, labels: &str) {
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

pub(super) fn describe(text: &mut String, name: &str, help: &str, kind: &str) {
    let _ = writeln!(text, "# HELP edgeway_{name} {help}\n# TYPE edgeway_{name} {kind}");
}

pub(super) fn escape(label: &str) -> String {
    label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_api_and_stage() {
        let metrics = Metrics::default();
        metrics.record("a", "prod", 200, 3, Some(2));
        metrics.record("a", "prod", 404, 40_000, None);
        metrics.record("a", "test", 503, 1, Some(1));
        metrics.record_cache("a", "prod", CacheUse::Hit);
        metrics.record_cache("a", "test", CacheUse::Miss);
        let text = metrics.to_text(7, 0);
        for line in [
            "edgeway_requests_total{api=\"a\",stage=\"prod\"} 2",
            "edgeway_4xx_errors_total{api=\"a\",stage=\"prod\"} 1",
            "edgeway_5xx_errors_total{api=\"a\",stage=\"test\"} 1",
            "edgeway_latency_seconds_bucket{api=\"a\",stage=\"prod\",le=\"0.005\"} 1",
            "edgeway_latency_seconds_bucket{api=\"a\",stage=\"prod\",le=\"30\"} 1",
            "edgeway_latency_seconds_bucket{api=\"a\",stage=\"prod\",le=\"+Inf\"} 2",
            "edgeway_integration_latency_seconds_count{api=\"a\",stage=\"prod\"} 1",
            "edgeway_latency_seconds_sum{api=\"a\",stage=\"prod\"} 40.003",
            "edgeway_cache_hits_total{api=\"a\",stage=\"prod\"} 1",
            "edgeway_cache_misses_total{api=\"a\",stage=\"prod\"} 0",
            "edgeway_cache_misses_total{api=\"a\",stage=\"test\"} 1",
            "edgeway_access_log_dropped_lines_total 7",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn a_label_cannot_break_out_of_its_line() {
        let metrics = Metrics::default();
        metrics.record("a\"\n\\", "", 200, 1, None);
        assert!(metrics.to_text(0, 0).contains(r#"{api="a\"\n\\",stage=""} 1"#));
    }
}
