//! What an exchange costs the core: routing, an HTTP proxy, a Lambda proxy. Answers are checked.
#![allow(missing_docs)] // criterion's macros make public items

use std::collections::BTreeMap;
use std::hint::black_box;
use std::rc::Rc;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use gateway_core::bucket::Limit;
use gateway_core::definition::*;
use gateway_core::effect::{Effect, FunctionAnswer, Outcome, Taken};
use gateway_core::exchange::{Exchange, Next};
use gateway_core::gateway::Gateway;
use gateway_core::message::*;

fn integration(integration_type: IntegrationType, uri: &str) -> Integration {
    Integration {
        http_method: Some("POST".into()).filter(|_| integration_type == IntegrationType::AwsProxy),
        uri: Some(uri.into()),
        ..Integration::new(integration_type)
    }
}

fn method(resource_path: String, integration: Integration) -> Method {
    Method { resource_id: "r1a2b3".into(), ..Method::new("GET", &resource_path, integration) }
}

fn gateway(protocol: Protocol, methods: Vec<Method>) -> Rc<Gateway> {
    let deployment =
        Deployment { endpoint_type: EndpointType::Regional, ..Deployment::new("d1", methods) };
    let throttling = Some(Limit::new(2_000.0, 1_000));
    let stage = Stage {
        stage_name: "prod".into(),
        method_settings: BTreeMap::from([(
            "*/*".into(),
            MethodSetting { throttling, ..MethodSetting::default() },
        )]),
        access_log_settings: Some(AccessLogSettings {
            format: "{\"requestId\":\"$context.requestId\",\"ip\":\"$context.identity.sourceIp\",\
                     \"requestTime\":\"$context.requestTime\",\"status\":\"$context.status\",\
                     \"path\":\"$context.path\",\"latency\":\"$context.responseLatency\"}"
                .into(),
            destination: "stdout".into(),
        }),
        ..Stage::default()
    };
    let api = Api {
        id: "abc123".into(),
        name: "bench".into(),
        protocol,
        disable_execute_api_endpoint: false,
        deployments: vec![deployment],
        stages: vec![stage],
    };
    let snapshot = Snapshot::new("eu-west-1", "123456789012", vec![api]);
    Rc::new(Gateway::compile(snapshot).expect("the definition is right"))
}

fn arrival(target: &str) -> Arrival {
    let fields = [
        ("Host", "abc123.execute-api.eu-west-1.amazonaws.com"),
        ("User-Agent", "bench/1.0"),
        ("Accept", "*/*"),
        ("Accept-Encoding", "gzip, br"),
        ("Cookie", "session=0123456789abcdef"),
        ("X-Forwarded-For", "192.0.2.1"),
    ];
    Arrival {
        now: Timestamp(1_700_000_000_000),
        seed: Seed([7; 32]),
        source_ip: "192.0.2.7".into(),
        scheme: Scheme::Https,
        port: 443,
        vpc_endpoint_id: None,
        location: None,
        tls: None,
        is_explained: false,
        inspection: None,
        request: Request {
            method: "GET".into(),
            target: target.into(),
            version: Version::Http11,
            fields: fields.iter().map(|(name, value)| Field::new(*name, *value)).collect(),
            content: Content::Empty,
        },
    }
}

fn endpoint() -> EndpointResponse {
    let fields = [
        ("Content-Type", "application/json"),
        ("Content-Length", "512"),
        ("Date", "Tue, 14 Nov 2023 22:13:20 GMT"),
        ("Server", "endpoint"),
        ("Cache-Control", "no-store"),
    ];
    EndpointResponse {
        status: 200,
        fields: fields.iter().map(|(name, value)| Field::new(*name, *value)).collect(),
        content: Content::Held(ContentId(1)),
    }
}

fn perform(effect: &Effect) -> Outcome {
    match effect {
        Effect::TakeTokens(_) => Outcome::TakeTokens(Ok(Taken::All)),
        Effect::SendRequest(_) => Outcome::SendRequest(Ok(endpoint())),
        Effect::InvokeFunction(_) => {
            Outcome::InvokeFunction(Ok(FunctionAnswer {
                status: 200,
                function_error: None,
                payload: br#"{"statusCode":200,"headers":{"X-A":"1"},"body":"{\"ok\":true}"}"#
                    .to_vec()
                    .into(),
                request_id: None,
                trace: None,
                content: None,
            }))
        }
        other => other.failed(gateway_core::effect::EffectError::Cancelled),
    }
}

/// A whole exchange: its response and how many notices it left.
fn exchange(gateway: &Rc<Gateway>, arrival: Arrival) -> (Response, usize) {
    let mut exchange = Exchange::begin(gateway.clone(), arrival);
    let mut notices = 0;
    loop {
        let turn = exchange.advance().expect("the loop keeps the contract");
        notices += turn.notices.len();
        match turn.next {
            Next::Perform(effect) => {
                let outcome = perform(&effect);
                exchange.resume(Timestamp(1_700_000_000_001), outcome).expect("as above");
            }
            Next::Respond(response) => return (response, notices),
        }
    }
}

/// From arrival to the first effect: the context, and finding the route among so many.
fn routing(c: &mut Criterion) {
    let mut group = c.benchmark_group("routing");
    for count in [10_u32, 1_000, 10_000] {
        let path = |i: u32| format!("/service{}/v{}/items{i}/{{id}}", i % 100, i % 7);
        let uri = "http://127.0.0.1:9000/items";
        let methods = (0..count)
            .map(|i| method(path(i), integration(IntegrationType::HttpProxy, uri)))
            .collect();
        let gateway = gateway(Protocol::Rest, methods);
        let i = count / 2;
        let asked = arrival(&format!("/prod/service{}/v{}/items{i}/42", i % 100, i % 7));
        let (response, notices) = exchange(&gateway, asked.clone());
        assert_eq!((response.status, notices), (200, 2));
        group.bench_function(BenchmarkId::from_parameter(count), |b| {
            b.iter_batched(
                || asked.clone(),
                |arrival| {
                    let mut exchange = Exchange::begin(gateway.clone(), arrival);
                    let turn = exchange.advance();
                    assert!(matches!(
                        turn.as_ref().map(|turn| &turn.next),
                        Ok(Next::Perform(Effect::TakeTokens(_)))
                    ));
                    black_box((exchange, turn))
                },
                criterion::BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

fn whole(c: &mut Criterion) {
    let function = "arn:aws:lambda:eu-west-1:123456789012:function:orders";
    for (name, protocol, integration) in [
        ("http_proxy/rest", Protocol::Rest, integration(IntegrationType::HttpProxy, "http://h/x")),
        ("http_proxy/http", Protocol::Http, integration(IntegrationType::HttpProxy, "http://h/x")),
        ("lambda_proxy/rest", Protocol::Rest, integration(IntegrationType::AwsProxy, function)),
    ] {
        let gateway = gateway(protocol, vec![method("/items/{id}".into(), integration)]);
        let asked = arrival("/prod/items/42?page=2&sort=name");
        let (response, notices) = exchange(&gateway, asked.clone());
        assert_eq!((response.status, notices), (200, 2), "{name}");
        c.bench_function(name, |b| {
            b.iter_batched(
                || asked.clone(),
                |arrival| {
                    let (response, notices) = exchange(&gateway, arrival);
                    assert_eq!((response.status, notices), (200, 2));
                    black_box(response)
                },
                criterion::BatchSize::SmallInput,
            );
        });
    }
}

criterion_group!(benches, routing, whole);
criterion_main!(benches);
