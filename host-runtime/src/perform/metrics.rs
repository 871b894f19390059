//! `RecordRequest`: AWS's metrics by API, stage and, where the stage says so, method, in Prometheus's
//! text format.
//!
//! Count, 4XXError, 5XXError, Latency and IntegrationLatency are those of "Amazon API Gateway
//! dimensions and metrics"; times are seconds, as Prometheus has them.

mod histogram;
mod series;

use std::fmt::Write;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock};

use gateway_core::effect::RequestRecord;

use super::vpc_links::VpcLinks;
use crate::growth::Growth;
use crate::traces::SpanCounts;
use series::Requests;

/// The metrics of this process.
#[derive(Debug, Default)]
pub struct Metrics {
    requests: Requests,
    vpc_links: RwLock<Arc<VpcLinks>>,
    /// Open client connections.
    pub connections: AtomicI64,
    /// Configurations that were taken over since the start.
    pub reloads: AtomicU64,
    /// Configurations that were refused since the start.
    pub reloads_refused: AtomicU64,
    /// Requests that no API saw: refused by the host.
    pub refused: AtomicU64,
    /// Spans of requests.
    pub spans: Arc<SpanCounts>,
}

impl Metrics {
    /// Counts a finished request.
    pub fn record(&self, request: &RequestRecord) {
        self.requests.record(request);
    }

    /// Tells of the health of these links' targets from now on.
    pub(crate) fn tell_of(&self, vpc_links: &Arc<VpcLinks>) {
        let mut links = self.vpc_links.write().unwrap_or_else(PoisonError::into_inner);
        *links = Arc::clone(vpc_links);
    }

    /// All metrics in Prometheus's text format.
    pub fn to_text(&self, dropped_log_lines: u64, content_bytes: usize) -> String {
        let mut text = String::new();
        self.requests.write(&mut text);
        self.vpc_links.read().unwrap_or_else(PoisonError::into_inner).write_metrics(&mut text);
        let process = [
            ("connections", "Open client connections.", "gauge", self.connections.load(Relaxed)),
            (
                "content_in_memory_bytes",
                "Content that is held whole.",
                "gauge",
                content_bytes as i64,
            ),
            (
                "instances_in_memory_bytes",
                "Memory that instances of the component have grown by.",
                "gauge",
                Growth::of_process().held() as i64,
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
                "exported_spans_total",
                "Spans that a collector took.",
                "counter",
                self.spans.exported.load(Relaxed) as i64,
            ),
            (
                "dropped_spans_total",
                "Spans that were lost: too many waited, or no collector took them.",
                "counter",
                self.spans.dropped.load(Relaxed) as i64,
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

pub(crate) fn describe(text: &mut String, name: &str, help: &str, kind: &str) {
    let _ = writeln!(text, "# HELP edgeway_{name} {help}\n# TYPE edgeway_{name} {kind}");
}

pub(super) fn escape(label: &str) -> String {
    label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use gateway_core::effect::{AuthorizerUse, CacheUse};
    use gateway_core::gateway_error::ResponseType;

    use super::*;

    fn request(stage: &str, status: u16, latency_ms: u32) -> RequestRecord {
        let (api_id, stage) = ("a".into(), stage.into());
        RequestRecord { api_id, stage, status, latency_ms, ..RequestRecord::default() }
    }

    #[test]
    fn requests_are_counted_by_api_and_stage() {
        let metrics = Metrics::default();
        metrics.record(&RequestRecord {
            integration_latency_ms: Some(2),
            authorizer: Some(AuthorizerUse { latency_ms: 1, is_remembered: Some(true) }),
            cache: Some(CacheUse::Hit),
            ..request("prod", 200, 3)
        });
        metrics.record(&RequestRecord {
            response_type: Some(ResponseType::Throttled),
            authorizer: Some(AuthorizerUse { latency_ms: 7, is_remembered: Some(false) }),
            ..request("prod", 429, 40_000)
        });
        metrics.record(&RequestRecord { cache: Some(CacheUse::Miss), ..request("test", 503, 1) });
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
            "edgeway_authorizer_latency_seconds_sum{api=\"a\",stage=\"prod\"} 0.008",
            "edgeway_authorizer_cache_hits_total{api=\"a\",stage=\"prod\"} 1",
            "edgeway_authorizer_cache_misses_total{api=\"a\",stage=\"prod\"} 1",
            "edgeway_gateway_responses_total{api=\"a\",stage=\"prod\",response_type=\"THROTTLED\"} 1",
            "edgeway_gateway_responses_total{api=\"a\",stage=\"prod\",response_type=\"QUOTA_EXCEEDED\"} 0",
            "edgeway_access_log_dropped_lines_total 7",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn methods_are_counted_by_themselves_where_their_stage_says_so() {
        let metrics = Metrics::default();
        metrics.record(&request("prod", 200, 3));
        for route_key in ["GET /pets/{id}", "$default"] {
            let route_key = Some(route_key.into());
            metrics.record(&RequestRecord { route_key, ..request("prod", 502, 3) });
        }
        for (response_type, is_remembered) in
            [(ResponseType::QuotaExceeded, true), (ResponseType::AccessDenied, false)]
        {
            metrics.record(&RequestRecord {
                route_key: Some("GET /pets/{id}".into()),
                response_type: Some(response_type),
                authorizer: Some(AuthorizerUse {
                    latency_ms: 4,
                    is_remembered: Some(is_remembered),
                }),
                ..request("prod", 403, 3)
            });
        }
        let text = metrics.to_text(0, 0);
        for line in [
            "edgeway_requests_total{api=\"a\",stage=\"prod\"} 5",
            "edgeway_method_requests_total{api=\"a\",stage=\"prod\",method=\"GET\",resource=\"/pets/{id}\"} 3",
            "edgeway_method_5xx_errors_total{api=\"a\",stage=\"prod\",method=\"ANY\",resource=\"$default\"} 1",
            "edgeway_method_gateway_responses_total{api=\"a\",stage=\"prod\",method=\"GET\",resource=\"/pets/{id}\",response_type=\"QUOTA_EXCEEDED\"} 1",
            "edgeway_method_gateway_responses_total{api=\"a\",stage=\"prod\",method=\"GET\",resource=\"/pets/{id}\",response_type=\"ACCESS_DENIED\"} 1",
            "edgeway_method_authorizer_latency_seconds_sum{api=\"a\",stage=\"prod\",method=\"GET\",resource=\"/pets/{id}\"} 0.008",
            "edgeway_method_authorizer_cache_hits_total{api=\"a\",stage=\"prod\",method=\"GET\",resource=\"/pets/{id}\"} 1",
            "edgeway_method_authorizer_cache_misses_total{api=\"a\",stage=\"prod\",method=\"GET\",resource=\"/pets/{id}\"} 1",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
        }
        let responses = "edgeway_method_gateway_responses_total{";
        assert_eq!(text.matches(responses).count(), 2, "of what there was alone");
    }

    #[test]
    fn who_asks_for_nothing_that_is_served_was_refused_no_api_key() {
        let metrics = Metrics::default();
        let response_type = Some(ResponseType::InvalidApiKey);
        let unserved = gateway_core::effect::Unserved {
            host: "h".into(),
            path: "/".into(),
            reason: "no such API".into(),
        };
        let unserved = Some(Box::new(unserved));
        metrics.record(&RequestRecord { response_type, unserved, ..request("", 403, 1) });
        metrics.record(&RequestRecord { response_type, ..request("prod", 403, 1) });
        let text = metrics.to_text(0, 0);
        for (stage, refused) in [("", 0), ("prod", 1)] {
            let labels = format!("api=\"a\",stage=\"{stage}\"");
            let key = "response_type=\"INVALID_API_KEY\"";
            let line = format!("edgeway_gateway_responses_total{{{labels},{key}}} {refused}");
            assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
            let line = format!("edgeway_4xx_errors_total{{{labels}}} 1");
            assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn a_label_cannot_break_out_of_its_line() {
        let metrics = Metrics::default();
        metrics.record(&RequestRecord { api_id: "a\"\n\\".into(), ..RequestRecord::default() });
        assert!(metrics.to_text(0, 0).contains(r#"{api="a\"\n\\",stage=""} 1"#));
    }
}
