//! APIs and requests for benchmarks, and a world that answers what these ask for.
#![allow(dead_code)] // each benchmark has its own share

use std::collections::BTreeMap;
use std::rc::Rc;

use gateway_core::bucket::Limit;
use gateway_core::definition::*;
use gateway_core::effect::{Effect, FunctionAnswer, Outcome, Taken};
use gateway_core::exchange::{Exchange, Next};
use gateway_core::gateway::Gateway;
use gateway_core::message::*;

pub(crate) fn integration(integration_type: IntegrationType, uri: &str) -> Integration {
    Integration {
        http_method: Some("POST".into()).filter(|_| integration_type == IntegrationType::AwsProxy),
        uri: Some(uri.into()),
        ..Integration::new(integration_type)
    }
}

pub(crate) fn method(resource_path: String, integration: Integration) -> Method {
    Method { resource_id: "r1a2b3".into(), ..Method::new("GET", &resource_path, integration) }
}

/// These methods, throttled and logged.
pub(crate) fn gateway(protocol: Protocol, methods: Vec<Method>) -> Rc<Gateway> {
    deployed(protocol, Deployment::new("d1", methods), Some(LOG_FORMAT))
}

/// A line of six variables.
pub(crate) const LOG_FORMAT: &str = "{\"requestId\":\"$context.requestId\",\"ip\":\"$context.identity.sourceIp\",\
    \"requestTime\":\"$context.requestTime\",\"status\":\"$context.status\",\
    \"path\":\"$context.path\",\"latency\":\"$context.responseLatency\"}";

/// This deployment, throttled, and logged if there is a format.
pub(crate) fn deployed(
    protocol: Protocol,
    deployment: Deployment,
    log_format: Option<&str>,
) -> Rc<Gateway> {
    let deployment = Deployment { endpoint_type: EndpointType::Regional, ..deployment };
    let throttling = Some(Limit::new(2_000.0, 1_000));
    let stage = Stage {
        stage_name: "prod".into(),
        method_settings: BTreeMap::from([(
            "*/*".into(),
            MethodSetting { throttling, ..MethodSetting::default() },
        )]),
        access_log_settings: log_format.map(|format| AccessLogSettings {
            format: format.into(),
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

pub(crate) fn arrival(target: &str) -> Arrival {
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

pub(crate) fn endpoint() -> EndpointResponse {
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

pub(crate) fn perform(effect: &Effect) -> Outcome {
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
pub(crate) fn exchange(gateway: &Rc<Gateway>, arrival: Arrival) -> (Response, usize) {
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
