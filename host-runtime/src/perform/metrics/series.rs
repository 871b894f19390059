//! What is counted by API and stage, and of some methods by themselves.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock};

use gateway_core::effect::{CacheUse, RequestRecord};
use gateway_core::gateway_error::ResponseType;

use super::histogram::Histogram;
use super::{describe, escape};

/// Most APIs, stages and methods that are counted by themselves. Names come from definitions and not
/// from requests, but configurations come and go, and what was counted stays.
const SERIES_MAX: u64 = 10_000;

/// Requests by what they were for.
#[derive(Debug, Default)]
pub(super) struct Requests {
    by_api: RwLock<BTreeMap<String, BTreeMap<String, Arc<Stage>>>>,
    series: AtomicU64,
    /// Requests that stand in no series, for want of room.
    uncounted: AtomicU64,
}

/// A stage, and its methods that are counted by themselves, by route key.
#[derive(Debug, Default)]
struct Stage {
    all: Series,
    by_method: RwLock<BTreeMap<String, Arc<Series>>>,
}

/// What is counted of each.
#[derive(Debug, Default)]
struct Series {
    count: AtomicU64,
    errors_4xx: AtomicU64,
    errors_5xx: AtomicU64,
    latency: Histogram,
    integration_latency: Histogram,
    cache_hits: AtomicU64,
    cache_misses: AtomicU64,
    authorizer_latency: Histogram,
    authorizer_hits: AtomicU64,
    authorizer_misses: AtomicU64,
    gateway_responses: [AtomicU64; ResponseType::ALL.len()],
}

type Counter = fn(&Series) -> &AtomicU64;
type Times = fn(&Series) -> &Histogram;

const COUNTERS: [(&str, &str, Counter); 7] = [
    ("requests_total", "Requests (AWS: Count).", |s| &s.count),
    ("4xx_errors_total", "Answers of 400 to 499 (AWS: 4XXError).", |s| &s.errors_4xx),
    ("5xx_errors_total", "Answers of 500 to 599 (AWS: 5XXError).", |s| &s.errors_5xx),
    ("cache_hits_total", "Answered from a stage's cache (AWS: CacheHitCount).", |s| &s.cache_hits),
    (
        "cache_misses_total",
        "Not in the cache of a stage that was asked (AWS: CacheMissCount).",
        |s| &s.cache_misses,
    ),
    ("authorizer_cache_hits_total", "Results of Lambda authorizers that were remembered.", |s| {
        &s.authorizer_hits
    }),
    (
        "authorizer_cache_misses_total",
        "Results of Lambda authorizers that were asked for anew although they are remembered.",
        |s| &s.authorizer_misses,
    ),
];
const TIMES: [(&str, &str, Times); 3] = [
    ("latency_seconds", "From a request's arrival to its answer (AWS: Latency).", |s| &s.latency),
    ("integration_latency_seconds", "Spent in integrations (AWS: IntegrationLatency).", |s| {
        &s.integration_latency
    }),
    ("authorizer_latency_seconds", "Spent in authorizers until they had decided.", |s| {
        &s.authorizer_latency
    }),
];

const GATEWAY_RESPONSES: &str = "Requests that ended in a gateway response, by its type.";

impl Requests {
    pub(super) fn record(&self, request: &RequestRecord) {
        let Some(stage) = self.stage(request) else {
            self.uncounted.fetch_add(1, Relaxed);
            return;
        };
        stage.all.record(request);
        let Some(route_key) = &request.route_key else { return };
        match self.method(&stage, route_key) {
            Some(series) => series.record(request),
            None => drop(self.uncounted.fetch_add(1, Relaxed)),
        }
    }

    fn stage(&self, request: &RequestRecord) -> Option<Arc<Stage>> {
        let RequestRecord { api_id, stage, .. } = request;
        let by_api = self.by_api.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = by_api.get(api_id).and_then(|stages| stages.get(stage)) {
            return Some(Arc::clone(found));
        }
        drop(by_api);
        let mut by_api = self.by_api.write().unwrap_or_else(PoisonError::into_inner);
        let found = by_api.get(api_id).is_some_and(|stages| stages.contains_key(stage));
        (found || self.has_room()).then(|| {
            let stages = by_api.entry(api_id.clone()).or_default();
            Arc::clone(stages.entry(stage.clone()).or_default())
        })
    }

    fn method(&self, stage: &Stage, route_key: &str) -> Option<Arc<Series>> {
        let by_method = stage.by_method.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = by_method.get(route_key) {
            return Some(Arc::clone(found));
        }
        drop(by_method);
        let mut by_method = stage.by_method.write().unwrap_or_else(PoisonError::into_inner);
        let found = by_method.contains_key(route_key);
        (found || self.has_room())
            .then(|| Arc::clone(by_method.entry(route_key.to_owned()).or_default()))
    }

    fn has_room(&self) -> bool {
        let more = |series| (series < SERIES_MAX).then_some(series + 1);
        self.series.fetch_update(Relaxed, Relaxed, more).is_ok()
    }

    /// In Prometheus's text format.
    pub(super) fn write(&self, text: &mut String) {
        let by_api = self.by_api.read().unwrap_or_else(PoisonError::into_inner);
        let stages: Vec<(String, Arc<Stage>)> = by_api
            .iter()
            .flat_map(|(api, stages)| stages.iter().map(move |(name, stage)| (api, name, stage)))
            .map(|(api, name, stage)| (labels(api, name), Arc::clone(stage)))
            .collect();
        drop(by_api);
        for (name, help, counter) in COUNTERS {
            describe(text, name, help, "counter");
            for (labels, stage) in &stages {
                let value = counter(&stage.all).load(Relaxed);
                let _ = writeln!(text, "edgeway_{name}{{{labels}}} {value}");
            }
        }
        describe(text, "gateway_responses_total", GATEWAY_RESPONSES, "counter");
        for (labels, stage) in &stages {
            for (response_type, count) in ResponseType::ALL.iter().zip(&stage.all.gateway_responses)
            {
                let (response_type, count) = (response_type.name(), count.load(Relaxed));
                let _ = writeln!(
                    text,
                    "edgeway_gateway_responses_total{{{labels},response_type=\"{response_type}\"}} {count}"
                );
            }
        }
        for (name, help, times) in TIMES {
            describe(text, name, help, "histogram");
            stages.iter().for_each(|(labels, stage)| times(&stage.all).write(text, name, labels));
        }
        write_methods(text, &stages);
        let help = "Requests that stand in no series, for want of room.";
        describe(text, "uncounted_requests_total", help, "counter");
        let uncounted = self.uncounted.load(Relaxed);
        let _ = writeln!(text, "edgeway_uncounted_requests_total {uncounted}");
    }
}

/// In families of their own: added up with those of stages, every request would count twice.
fn write_methods(text: &mut String, stages: &[(String, Arc<Stage>)]) {
    let mut methods: Vec<(String, Arc<Series>)> = Vec::new();
    for (labels, stage) in stages {
        let by_method = stage.by_method.read().unwrap_or_else(PoisonError::into_inner);
        methods.extend(by_method.iter().map(|(route_key, series)| {
            // `$default` of an HTTP API is a route for any method.
            let (method, resource) = route_key.split_once(' ').unwrap_or(("ANY", route_key));
            let (method, resource) = (escape(method), escape(resource));
            let labels = format!("{labels},method=\"{method}\",resource=\"{resource}\"");
            (labels, Arc::clone(series))
        }));
    }
    if methods.is_empty() {
        return;
    }
    for (name, help, counter) in COUNTERS {
        let name = format!("method_{name}");
        describe(text, &name, &by_method(help), "counter");
        for (labels, series) in &methods {
            let value = counter(series).load(Relaxed);
            let _ = writeln!(text, "edgeway_{name}{{{labels}}} {value}");
        }
    }
    describe(text, "method_gateway_responses_total", &by_method(GATEWAY_RESPONSES), "counter");
    for (labels, series) in &methods {
        write_method_gateway_responses(text, labels, series);
    }
    for (name, help, times) in TIMES {
        let name = format!("method_{name}");
        describe(text, &name, &by_method(help), "histogram");
        methods.iter().for_each(|(labels, series)| times(series).write(text, &name, labels));
    }
}

/// Those that there were: a line of each type for each method would be most of what is told.
fn write_method_gateway_responses(text: &mut String, labels: &str, series: &Series) {
    let counts = series.gateway_responses.iter().map(|count| count.load(Relaxed));
    let counted = ResponseType::ALL.iter().zip(counts).filter(|(_, count)| *count > 0);
    for (response_type, count) in counted {
        let response_type = response_type.name();
        let _ = writeln!(
            text,
            "edgeway_method_gateway_responses_total{{{labels},response_type=\"{response_type}\"}} {count}"
        );
    }
}

fn by_method(help: &str) -> String {
    format!("{} By method, where metricsEnabled says so.", help)
}

fn labels(api: &str, stage: &str) -> String {
    format!("api=\"{}\",stage=\"{}\"", escape(api), escape(stage))
}

impl Series {
    fn record(&self, request: &RequestRecord) {
        self.count.fetch_add(1, Relaxed);
        match request.status {
            400..=499 => self.errors_4xx.fetch_add(1, Relaxed),
            500..=599 => self.errors_5xx.fetch_add(1, Relaxed),
            _ => 0,
        };
        self.latency.record(request.latency_ms);
        if let Some(latency_ms) = request.integration_latency_ms {
            self.integration_latency.record(latency_ms);
        }
        match request.cache {
            Some(CacheUse::Hit) => self.cache_hits.fetch_add(1, Relaxed),
            Some(CacheUse::Miss) => self.cache_misses.fetch_add(1, Relaxed),
            None => 0,
        };
        if let Some(authorizer) = request.authorizer {
            self.authorizer_latency.record(authorizer.latency_ms);
            match authorizer.is_remembered {
                Some(true) => self.authorizer_hits.fetch_add(1, Relaxed),
                Some(false) => self.authorizer_misses.fetch_add(1, Relaxed),
                None => 0,
            };
        }
        // Who asks for no API is answered in the words of an API key refused; nobody asked for a key.
        let is_of_key =
            |of: &ResponseType| request.unserved.is_none() || *of != ResponseType::InvalidApiKey;
        if let Some(response_type) = request.response_type.filter(is_of_key) {
            self.gateway_responses[response_type as usize].fetch_add(1, Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_an_end_to_series() {
        let requests = Requests::default();
        for stage in 0..SERIES_MAX + 3 {
            let stage = format!("s{stage}");
            requests.record(&RequestRecord { stage, ..RequestRecord::default() });
        }
        let known = RequestRecord { stage: "s0".into(), ..RequestRecord::default() };
        requests.record(&known);
        requests.record(&RequestRecord { route_key: Some("GET /".into()), ..known });
        let mut text = String::new();
        requests.write(&mut text);
        assert!(text.contains("edgeway_requests_total{api=\"\",stage=\"s0\"} 3\n"));
        assert!(text.contains("edgeway_uncounted_requests_total 4\n"));
        assert!(!text.contains("edgeway_method_requests_total"));
    }

    #[test]
    fn a_response_type_counts_in_its_own_place() {
        for (place, response_type) in ResponseType::ALL.into_iter().enumerate() {
            assert_eq!(response_type as usize, place, "{}", response_type.name());
        }
    }
}
