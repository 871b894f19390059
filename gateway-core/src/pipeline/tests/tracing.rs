use alloc::rc::Rc;
use alloc::string::{String, ToString};
use alloc::{format, vec, vec::Vec};

use crate::definition::{
    Api, ApiKey, IntegrationType, KeyDigest, LoggingLevel, MethodSetting, Sampler, Snapshot,
    UsagePlan, UsagePlanStage,
};
use crate::effect::{Effect, Notice};
use crate::gateway::Gateway;
use crate::message::Fields;
use crate::pipeline::world::*;
use crate::spans::{AttributeValue, Moment, Span, SpanKind, TraceRecord};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

fn traced(mut apis: Vec<Api>, sampler: &str) -> Rc<Gateway> {
    apis.iter_mut().for_each(|api| api.stages[0].tracing_enabled = true);
    let tracing = Sampler::named(sampler, 1.0);
    assert!(tracing.is_some());
    Rc::new(Gateway::compile(Snapshot { tracing, ..snapshot(apis) }).unwrap())
}

fn proxied() -> Vec<Api> {
    let to = integration(IntegrationType::HttpProxy, "https://up.example:8443/pets/{id}?key=hush");
    vec![rest(vec![method("GET /pets/{id}", to)])]
}

fn record(told: &Told) -> Option<&TraceRecord> {
    told.notices.iter().find_map(|notice| match notice {
        Notice::RecordTrace(record) => Some(record),
        _ => None,
    })
}

/// What an endpoint is sent.
fn passed_on(gateway: &Rc<Gateway>, fields: &[&str]) -> (Fields, Told) {
    let arrival = arrival("GET /prod/pets/7", fields);
    let told = run(gateway, arrival.clone(), |effect| backend(b"", b"{}").perform(effect));
    (sent_fields(told.asked()[0], &arrival), told)
}

fn text<'s>(span: &'s Span, name: &str) -> Option<&'s str> {
    let found = span.attributes.iter().find(|(known, _)| known == name);
    match found.map(|(_, value)| value) {
        Some(AttributeValue::Text(text)) => Some(text),
        _ => None,
    }
}

#[test]
fn the_call_of_the_endpoint_is_the_parent_of_what_happens_there() {
    let gateway = traced(proxied(), "parentbased_always_on");
    let w3c = format!("traceparent: 00-{TRACE}-{CALLER}-01");
    let xray = format!("X-Amzn-Trace-Id: Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent={CALLER}");
    for field in [&w3c, &format!("{xray};Sampled=1"), &xray] {
        let (fields, told) = passed_on(&gateway, &[field, "tracestate: a=b"]);
        let record = record(&told).unwrap();
        assert_eq!(format!("{:032x}", record.trace_id), TRACE);
        let call = record.spans.iter().find(|span| span.kind == SpanKind::Client).unwrap();
        let call_id = format!("{:016x}", call.span_id);
        let expected = format!("00-{TRACE}-{call_id}-01");
        assert_eq!(fields.all("traceparent").collect::<Vec<_>>(), [&expected]);
        let root = "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736";
        let expected = format!("{root};Parent={call_id};Sampled=1");
        assert_eq!(fields.all("x-amzn-trace-id").collect::<Vec<_>>(), [&expected]);
        let server = &record.spans[0];
        assert_eq!(server.parent_id, u64::from_str_radix(CALLER, 16).ok());
        // It goes with the `traceparent` that it came with, and with no other.
        assert_eq!(fields.get("tracestate"), (field == &w3c).then_some("a=b"), "{field}");
    }
}

#[test]
fn every_stage_and_every_effect_has_a_span_within_that_of_what_it_is_a_part_of() {
    let gateway = traced(proxied(), "always_on");
    let (_, told) = passed_on(&gateway, &["Authorization: Bearer hush", "Cookie: hush=1"]);
    let record = record(&told).unwrap();
    let names: Vec<&str> = record.spans.iter().map(|span| &*span.name).collect();
    let stages = ["find stage", "route", "authorize", "throttle", "validate", "integrate"];
    let effects = ["take tokens", "GET up.example"];
    let all = [&["GET /pets/{id}"], &stages[..], &["map response", "respond"], &effects].concat();
    assert_eq!(names, all);
    let mut ids: Vec<u64> = record.spans.iter().map(|span| span.span_id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), record.spans.len());
    // The host's own steps: arrival, asked 0, answered 1, asked 1, answered 2, the response.
    let order = |moment: Moment| match moment {
        Moment::Answered(n) => n * 2,
        Moment::Asked(n) => n * 2 + 1,
        Moment::Responded => u32::MAX,
    };
    for span in &record.spans[1..] {
        let parent = record.spans.iter().find(|other| Some(other.span_id) == span.parent_id);
        let parent = parent.unwrap_or_else(|| panic!("{} is a part of nothing", span.name));
        let (begun, ended) = (order(span.begun), order(span.ended));
        let within = order(parent.begun) <= begun && begun <= ended && ended <= order(parent.ended);
        assert!(within, "{} in {}", span.name, parent.name);
    }
    let call = record.spans.last().unwrap();
    assert_eq!((call.begun, call.ended), (Moment::Asked(1), Moment::Answered(2)));
    assert_eq!(text(&record.spans[0], "http.route"), Some("/pets/{id}"));
    assert_eq!(text(&record.spans[0], "aws.api_gateway.stage"), Some("prod"));
    assert!(!format!("{record:?}").contains("hush"));
}

#[test]
fn a_key_that_is_asked_for_has_a_span_of_its_own() {
    const VALUE: &str = "abcdefghij0123456789ABCD";
    let mut apis = proxied();
    apis[0].deployments[0].methods[0].api_key_required = true;
    apis[0].stages[0].tracing_enabled = true;
    let usable = UsagePlan {
        id: "gold".into(),
        name: "gold".into(),
        api_stages: vec![UsagePlanStage {
            api_id: "abc123".into(),
            stage_name: "prod".into(),
            throttle: Default::default(),
            source: Default::default(),
        }],
        throttle: None,
        quota: None,
        api_key_ids: vec!["k1".into()],
    };
    let key = ApiKey {
        id: "k1".into(),
        name: "k1".into(),
        digest: KeyDigest::of(VALUE),
        enabled: true,
        customer_id: None,
    };
    let tracing = Sampler::named("always_on", 1.0);
    let (api_keys, usage_plans) = (vec![key], vec![usable]);
    let snapshot = Snapshot { tracing, api_keys, usage_plans, ..snapshot(apis) };
    let gateway = Rc::new(Gateway::compile(snapshot).unwrap());
    let names = |told: &Told| -> Vec<String> {
        record(told).unwrap().spans.iter().skip(1).map(|span| span.name.clone()).collect()
    };
    let told = run_alone(&gateway, arrival("GET /prod/pets/7", &[]));
    assert_eq!(names(&told), ["find stage", "route", "authorize", "check api key", "respond"]);
    let (_, told) = passed_on(&gateway, &[&format!("x-api-key: {VALUE}")]);
    assert_eq!(names(&told)[3..5], ["check api key", "throttle"]);
    assert!(!format!("{:?}", record(&told)).contains(VALUE));
}

/// "Annotations are simple key-value pairs that are indexed for use with filter expressions" (X-Ray's guide).
#[test]
fn x_ray_may_look_requests_up_by_what_the_apis_span_names() {
    let annotations = |told: &Told| -> Vec<String> {
        let span = &record(told).unwrap().spans[0];
        let (_, names) =
            span.attributes.iter().find(|(name, _)| name == "aws.xray.annotations").unwrap();
        let AttributeValue::Texts(names) = names else { panic!("{names:?}") };
        for name in names {
            assert!(span.attributes.iter().any(|(known, _)| known == name), "{name}");
        }
        names.iter().map(|name| name.replace("aws.api_gateway.", "")).collect()
    };
    let gateway = traced(proxied(), "always_on");
    let (_, told) = passed_on(&gateway, &[]);
    assert_eq!(annotations(&told), ["rest_api_id", "stage", "deployment_id"]);
    let told = run_alone(&gateway, arrival("GET /prod/nowhere", &[]));
    assert_eq!(annotations(&told)[3..], ["response_type"]);
}

#[test]
fn what_is_not_traced_is_passed_on_as_it_came_and_told_to_nobody() {
    let given = format!("00-{TRACE}-{CALLER}-00");
    let w3c = format!("traceparent: {given}");
    let (off, unsampled) = (gateway(proxied()), traced(proxied(), "parentbased_always_on"));
    for gateway in [&off, &unsampled, &traced(proxied(), "always_off")] {
        let (fields, told) = passed_on(gateway, &[&w3c]);
        assert!(record(&told).is_none());
        assert_eq!(fields.get("traceparent"), Some(&*given));
        assert!(fields.get("x-amzn-trace-id").unwrap().ends_with(";Sampled=0"));
    }
    // One trace has one id, also where it is not recorded.
    let (fields, _) = passed_on(&unsampled, &[&w3c]);
    let root = "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;";
    assert!(fields.get("x-amzn-trace-id").unwrap().starts_with(root));
    let mut apis = proxied();
    apis[0].stages[0].tracing_enabled = false;
    let tracing = Sampler::named("always_on", 1.0);
    let elsewhere = Gateway::compile(Snapshot { tracing, ..snapshot(apis) }).unwrap();
    assert!(record(&passed_on(&Rc::new(elsewhere), &[&w3c]).1).is_none());
}

#[test]
fn a_failure_is_told_by_its_kind_alone() {
    let gateway = traced(proxied(), "always_on");
    let error = crate::effect::EffectError::Unavailable("10.1.2.3 hush".into());
    let told = run(&gateway, arrival("GET /prod/pets/7", &[]), |effect| {
        matches!(effect, Effect::SendRequest(_)).then(|| effect.failed(error.clone()))
    });
    let record = record(&told).unwrap();
    let failed: Vec<(&str, &str)> = record
        .spans
        .iter()
        .filter_map(|span| Some((&*span.name, span.error.as_deref()?)))
        .collect();
    let expected = [("GET /pets/{id}", "INTEGRATION_FAILURE"), ("GET up.example", "unavailable")];
    assert_eq!(failed, expected);
    assert!(!format!("{record:?}").contains("hush"));
}

#[test]
fn functions_and_templates_are_told_the_trace_too() {
    let lambda = |kind| {
        let function = "arn:aws:lambda:eu-west-1:123456789012:function:f";
        let uri = format!(
            "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{function}/invocations"
        );
        let mut integration = integration(kind, &uri);
        integration.http_method = Some("POST".into());
        integration
    };
    let to = lambda(IntegrationType::AwsProxy);
    let gateway = traced(vec![rest(vec![method("GET /", to)])], "always_on");
    let field = format!("traceparent: 00-{TRACE}-{CALLER}-01");
    let told = run(&gateway, arrival("GET /prod", &[&field]), |effect| {
        backend(b"", br#"{"statusCode":200}"#).perform(effect)
    });
    let [Effect::InvokeFunction(invoked)] = told.asked()[..] else { panic!("{told:?}") };
    let trace = invoked.trace.as_deref().unwrap();
    assert!(trace.starts_with("Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent="));
    let event: serde_json::Value = serde_json::from_slice(&invoked.payload.0).unwrap();
    assert_eq!(event["headers"]["X-Amzn-Trace-Id"], trace);
    let traceparent: String = event["headers"]["traceparent"].as_str().unwrap().into();
    assert!(traceparent.starts_with(&format!("00-{TRACE}-")) && !traceparent.contains(CALLER));
    assert_eq!(event["multiValueHeaders"]["traceparent"].as_array().unwrap().len(), 1);
}

#[test]
fn the_log_of_a_request_that_is_traced_ends_with_its_trace() {
    let last_line = |is_traced: bool, fields: &[&str]| {
        let mut apis = proxied();
        let logging_level = Some(LoggingLevel::Info);
        let setting = MethodSetting { logging_level, ..MethodSetting::default() };
        apis[0].stages[0].method_settings.insert("*/*".into(), setting);
        let gateway = match is_traced {
            true => traced(apis, "parentbased_always_on"),
            false => Rc::new(Gateway::compile(snapshot(apis)).unwrap()),
        };
        let (_, told) = passed_on(&gateway, fields);
        let mut logs = told.notices.iter().filter_map(|notice| match notice {
            Notice::WriteExecutionLog { lines, .. } => lines.last(),
            _ => None,
        });
        logs.next().unwrap().split_once(") ").unwrap().1.to_string()
    };
    let root = "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736";
    let field = format!("X-Amzn-Trace-Id: {root};Sampled=1");
    assert_eq!(last_line(true, &[&field]), format!("X-ray Tracing ID : {root}"));
    assert!(last_line(true, &[]).starts_with("X-ray Tracing ID : Root=1-"));
    assert!(last_line(false, &[&field]).starts_with("Method completed with status"));
}
