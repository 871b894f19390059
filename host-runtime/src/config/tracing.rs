//! `tracing`: where spans go, after OpenTelemetry's environment variables.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use gateway_core::definition::Sampler;
use gateway_core::definition::document::At;
use http::{HeaderName, HeaderValue};

use super::iam::secret_text;
use super::reading::Reading;
use crate::traces::TracingConfig;

const TIMEOUT_MS_DEFAULT: u32 = 10_000;
const SAMPLER_DEFAULT: &str = "parentbased_always_on";
const SAMPLERS: [&str; 6] = [
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
];

pub(super) fn read(reading: &Reading, at: &At<'_>, directory: &Path) -> Option<Arc<TracingConfig>> {
    let Some(at) = at.get("tracing") else {
        refuse_without(reading, at);
        return None;
    };
    const KEYS: [&str; 7] = [
        "endpoint",
        "headers",
        "timeoutInMillis",
        "sampler",
        "samplerArg",
        "serviceName",
        "resourceAttributes",
    ];
    reading.keys(&at, &KEYS);
    let endpoint = reading.required(&at, KEYS[0]).and_then(|at| reading.url(&at));
    let headers = at.get(KEYS[1]).map(|at| headers(reading, &at, directory)).unwrap_or_default();
    let timeout_ms = at.get(KEYS[2]).and_then(|at| reading.whole(&at));
    let service_name = at.get(KEYS[5]).and_then(|at| reading.text(&at));
    let mut resource = vec![("service.name".into(), service_name.unwrap_or("edgeway").into())];
    resource.extend(reading.variables(at.get(KEYS[6])));
    let sampler = sampler(reading, &at);
    Some(Arc::new(TracingConfig {
        url: format!("{}/v1/traces", endpoint?),
        headers,
        timeout: Duration::from_millis(timeout_ms.unwrap_or(TIMEOUT_MS_DEFAULT).max(1).into()),
        sampler: sampler?,
        resource,
    }))
}

/// A stage that is to be traced, and nobody to take its spans.
fn refuse_without(reading: &Reading, at: &At<'_>) {
    let apis = at.get("apis").map(|at| at.items().collect::<Vec<_>>()).unwrap_or_default();
    let stages = apis.iter().filter_map(|at| at.get("stages"));
    let stages: Vec<At<'_>> = stages.flat_map(|at| at.items().collect::<Vec<_>>()).collect();
    for at in stages.iter().filter_map(|at| at.get("tracingEnabled")) {
        if at.as_bool() == Some(true) {
            let help = "say with `tracing: {endpoint: URL}` who takes spans";
            reading.error_with(&at, "`tracingEnabled` without `tracing`", help);
        }
    }
}

fn sampler(reading: &Reading, at: &At<'_>) -> Option<Sampler> {
    let name = match at.get("sampler") {
        Some(at) => reading.one_of(&at, &SAMPLERS),
        None => Some(SAMPLER_DEFAULT),
    };
    let share = match at.get("samplerArg") {
        Some(at) => {
            let share = at.as_text().and_then(|text| text.parse::<f64>().ok());
            let share = share.filter(|share| (0.0..=1.0).contains(share));
            if share.is_none() {
                reading.error(&at, "`samplerArg` is the share of traces, 0.0 to 1.0");
            }
            share?
        }
        None => 1.0,
    };
    Sampler::named(name?, share)
}

fn headers(reading: &Reading, at: &At<'_>, directory: &Path) -> Vec<(HeaderName, HeaderValue)> {
    let read = |(name, at): (&str, At<'_>)| {
        let value = secret_text(reading, &at, directory)?;
        let field = (name.parse::<HeaderName>(), HeaderValue::from_str(&value));
        let (Ok(name), Ok(mut value)) = field else {
            // Without the value, which may be a secret.
            reading.error(&at, format!("`{name}` is no header field"));
            return None;
        };
        value.set_sensitive(true);
        Some((name, value))
    };
    reading.object(at).into_iter().filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;

    fn read(tracing: &str, stage: &str) -> Result<Config, String> {
        let stage = format!("{{stageName: prod, {stage}}}");
        let apis = format!("apis: [{{id: a, protocol: REST, definition: d, stages: [{stage}]}}]");
        let document = crate::document::read(&format!("{tracing}\n{apis}\n")).unwrap();
        Config::read(&document, Path::new("/")).map_err(|errors| format!("{errors:?}"))
    }

    #[test]
    fn spans_go_where_the_configuration_says() {
        let tracing = "tracing: {endpoint: 'http://collector:4318/', sampler: traceidratio, \
                       samplerArg: 0.5, headers: {X-Key: hush}, resourceAttributes: {a: b}}";
        let config = read(tracing, "tracingEnabled: true").unwrap();
        let tracing = config.tracing.as_ref().unwrap();
        assert_eq!(tracing.url, "http://collector:4318/v1/traces");
        assert_eq!(Some(tracing.sampler), Sampler::named("traceidratio", 0.5));
        assert_eq!(tracing.resource[0], ("service.name".into(), "edgeway".into()));
        assert!(config.apis[0].stages[0].tracing_enabled);
        assert!(!format!("{tracing:?}").contains("hush"));
    }

    #[test]
    fn what_would_trace_nothing_or_otherwise_than_asked_is_refused() {
        let enabled = "tracingEnabled: true";
        for (tracing, stage, wrong) in [
            ("", enabled, "`tracingEnabled` without `tracing`"),
            ("tracing: {}", "", "`endpoint` is missing"),
            ("tracing: {endpoint: collector}", "", "is not an http"),
            ("tracing: {endpoint: 'http://c', sampler: xray}", "", "`xray`"),
            ("tracing: {endpoint: 'http://c', samplerArg: 2}", "", "0.0 to 1.0"),
            ("tracing: {endpoint: 'http://c', headers: {a b: hush}}", "", "`a b`"),
        ] {
            let errors = read(tracing, stage).unwrap_err();
            assert!(errors.contains(wrong) && !errors.contains("hush"), "{tracing}: {errors}");
        }
    }
}
