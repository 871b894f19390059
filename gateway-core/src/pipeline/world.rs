//! A host made of closures, and small definitions, for the pipeline's tests.

use alloc::rc::Rc;
use alloc::vec;
use alloc::{string::String, vec::Vec};

use crate::definition::{
    AccessLogSettings, Api, Deployment, Integration, IntegrationResponse, IntegrationType, Method,
    Protocol, Snapshot, Stage,
};
use crate::effect::{Effect, FunctionAnswer, Notice, Outcome, ReadContent, SendRequest, Taken};
use crate::exchange::{Exchange, Next};
use crate::gateway::Gateway;
use crate::message::{
    Arrival, Content, ContentId, EndpointResponse, Field, Fields, OutgoingFields, Request,
    Response, Scheme, Seed, Timestamp, Version,
};

/// When every test's request arrives.
pub(crate) const NOW: Timestamp = Timestamp(1_700_000_000_000);

/// What an exchange did.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) response: Response,
    /// The response's fields, edits made.
    pub(crate) fields: Fields,
    pub(crate) effects: Vec<Effect>,
    pub(crate) notices: Vec<Notice>,
}

impl Told {
    pub(crate) fn body(&self) -> &str {
        match &self.response.content {
            Content::Bytes(bytes) => core::str::from_utf8(bytes).unwrap(),
            Content::Empty => "",
            Content::Held(_) => "(held)",
        }
    }
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name)
    }
    /// The effects but for the tokens, which every admitted request takes.
    pub(crate) fn asked(&self) -> Vec<&Effect> {
        self.effects.iter().filter(|e| !matches!(e, Effect::TakeTokens(_))).collect()
    }
}

/// Runs an exchange; tokens are there unless `perform` says otherwise, each effect takes 5 ms.
pub(crate) fn run(
    gateway: &Rc<Gateway>,
    arrival: Arrival,
    mut perform: impl FnMut(&Effect) -> Option<Outcome>,
) -> Told {
    run_holding(gateway, arrival, |effect, _| perform(effect))
}

/// As [`run`]; what performs effects also sets the header section that edits refer to, where that is not an endpoint's.
pub(crate) fn run_holding(
    gateway: &Rc<Gateway>,
    arrival: Arrival,
    mut perform: impl FnMut(&Effect, &mut Fields) -> Option<Outcome>,
) -> Told {
    let (mut effects, mut notices) = (Vec::new(), Vec::new());
    let mut base = Fields::new();
    let mut now = arrival.now;
    let recorded = usize::from(arrival.inspection.is_none());
    let mut exchange = Exchange::begin(gateway.clone(), arrival);
    loop {
        let turn = exchange.advance().unwrap();
        notices.extend(turn.notices);
        match turn.next {
            Next::Perform(effect) => {
                let outcome = perform(&effect, &mut base).unwrap_or_else(|| match &effect {
                    Effect::TakeTokens(_) => Outcome::TakeTokens(Ok(Taken::All)),
                    other => panic!("nobody expected {other:?}"),
                });
                if let Outcome::SendRequest(Ok(endpoint)) = &outcome {
                    base = endpoint.fields.clone();
                }
                effects.push(effect);
                now.0 += 5;
                exchange.resume(now, outcome).unwrap();
            }
            Next::Respond(response) => {
                let records = notices.iter().filter(|n| matches!(n, Notice::RecordRequest { .. }));
                assert_eq!(records.count(), recorded, "one RecordRequest, whatever happened");
                let fields = response.fields.clone().resolve(&base);
                return Told { response, fields, effects, notices };
            }
        }
    }
}

/// Runs an exchange that asks for nothing but tokens.
pub(crate) fn run_alone(gateway: &Rc<Gateway>, arrival: Arrival) -> Told {
    run(gateway, arrival, |_| None)
}

/// A request to the API `abc123`, as `GET /prod/a` with fields as `name: value`.
pub(crate) fn arrival(request: &str, fields: &[&str]) -> Arrival {
    let (method, target) = request.split_once(' ').unwrap();
    let host = "Host: abc123.execute-api.eu-west-1.amazonaws.com";
    let has_host = fields.iter().any(|f| f.to_ascii_lowercase().starts_with("host:"));
    let all = [host].into_iter().filter(|_| !has_host).chain(fields.iter().copied());
    let fields = all.map(|line| {
        let (name, value) = line.split_once(": ").unwrap();
        Field::new(name, value)
    });
    Arrival {
        now: NOW,
        seed: Seed([7; 32]),
        source_ip: "192.0.2.7".into(),
        scheme: Scheme::Https,
        port: 443,
        vpc_endpoint_id: None,
        location: None,
        tls: None,
        request: Request {
            method: method.into(),
            target: target.into(),
            version: Version::Http11,
            fields: fields.collect(),
            content: Content::Empty,
        },
        is_explained: false,
        inspection: None,
    }
}

/// What an endpoint answers.
pub(crate) fn endpoint(status: u16, fields: &[(&str, &str)], content: Content) -> Outcome {
    let fields = fields.iter().map(|(name, value)| Field::new(*name, *value)).collect();
    Outcome::SendRequest(Ok(EndpointResponse { status, fields, content }))
}

/// A request as [`arrival`] makes it, with content that [`Backend`] holds.
pub(crate) fn posted(request: &str, fields: &[&str]) -> Arrival {
    let mut arrival = arrival(request, fields);
    arrival.request.content = Content::Held(ContentId(0));
    arrival
}

/// A host with the client's content, and an endpoint that answers every request alike.
#[derive(Debug, Clone)]
pub(crate) struct Backend {
    pub(crate) request: Vec<u8>,
    pub(crate) status: u16,
    pub(crate) fields: Vec<(&'static str, &'static str)>,
    pub(crate) content: Vec<u8>,
}

impl Backend {
    /// What the host says to any effect.
    pub(crate) fn perform(&self, effect: &Effect) -> Option<Outcome> {
        Some(match effect {
            Effect::ReadContent(ReadContent { content: ContentId(0), .. }) => {
                Outcome::ReadContent(Ok(self.request.clone().into()))
            }
            Effect::ReadContent(_) => Outcome::ReadContent(Ok(self.content.clone().into())),
            Effect::SendRequest(_) => {
                endpoint(self.status, &self.fields, Content::Held(ContentId(1)))
            }
            Effect::InvokeFunction(_) => Outcome::InvokeFunction(Ok(FunctionAnswer {
                status: self.status,
                function_error: None,
                payload: self.content.clone().into(),
                request_id: None,
                trace: None,
                content: None,
            })),
            _ => return None,
        })
    }
}

/// The client's content, and an endpoint that answers 200 and this content.
pub(crate) fn backend(request: &[u8], content: &[u8]) -> Backend {
    Backend { request: request.to_vec(), status: 200, fields: vec![], content: content.to_vec() }
}

/// The request that was sent to the endpoint.
pub(crate) fn sent(told: &Told) -> &SendRequest {
    let sent = told.effects.iter().find_map(|effect| match effect {
        Effect::SendRequest(sent) => Some(sent),
        _ => None,
    });
    sent.expect("a request to the endpoint")
}

/// A field of the request that was sent to the endpoint, all of whose fields are the gateway's.
pub(crate) fn sent_field<'t>(told: &'t Told, name: &str) -> Option<&'t str> {
    let OutgoingFields::Complete(fields) = &sent(told).fields else { panic!("edits only") };
    fields.last(name)
}

/// The content that was sent to the endpoint.
pub(crate) fn sent_content(told: &Told) -> &[u8] {
    match &sent(told).content {
        Content::Empty => b"",
        Content::Bytes(bytes) => bytes,
        Content::Held(_) => b"(held)",
    }
}

/// An integration of a type and URI, with nothing else set.
pub(crate) fn integration(integration_type: IntegrationType, uri: &str) -> Integration {
    Integration { uri: Some(uri.into()), ..Integration::new(integration_type) }
}

/// A mock that answers 200 and this body.
pub(crate) fn mock(body: &str) -> Integration {
    Integration {
        uri: None,
        request_templates: vec![("application/json".into(), "{\"statusCode\": 200}".into())],
        responses: vec![IntegrationResponse {
            response_templates: vec![("application/json".into(), body.into())],
            ..IntegrationResponse::new(200)
        }],
        ..integration(IntegrationType::Mock, "")
    }
}

/// A method, as `GET /a`, or `$default`.
pub(crate) fn method(route: &str, integration: Integration) -> Method {
    let (http_method, resource_path) = route.split_once(' ').unwrap_or(("ANY", route));
    Method { resource_id: "r1".into(), ..Method::new(http_method, resource_path, integration) }
}

/// The API `abc123` with one stage.
pub(crate) fn api(protocol: Protocol, stage_name: &str, methods: Vec<Method>) -> Api {
    Api {
        id: "abc123".into(),
        name: "test".into(),
        protocol,
        disable_execute_api_endpoint: false,
        deployments: vec![Deployment::new("d1", methods)],
        stages: vec![Stage {
            stage_name: stage_name.into(),
            access_log_settings: Some(AccessLogSettings {
                format: "$context.requestId $context.status $context.error.message".into(),
                destination: "stdout".into(),
            }),
            ..Stage::default()
        }],
    }
}

/// A REST API with the stage `prod`.
pub(crate) fn rest(methods: Vec<Method>) -> Api {
    api(Protocol::Rest, "prod", methods)
}

/// An HTTP API with the stage `$default`.
pub(crate) fn http(methods: Vec<Method>) -> Api {
    api(Protocol::Http, "$default", methods)
}

/// A gateway that serves these APIs.
pub(crate) fn gateway(apis: Vec<Api>) -> Rc<Gateway> {
    Rc::new(Gateway::compile(snapshot(apis)).unwrap())
}

pub(crate) fn snapshot(apis: Vec<Api>) -> Snapshot {
    Snapshot::new("eu-west-1", "123456789012", apis)
}

/// The request's fields that an effect sends on, edits made.
pub(crate) fn sent_fields(effect: &Effect, arrival: &Arrival) -> Fields {
    let Effect::SendRequest(sent) = effect else { panic!("not sent: {effect:?}") };
    assert!(matches!(sent.fields, OutgoingFields::Edited(_)), "only changes cross");
    sent.fields.clone().resolve(&arrival.request.fields)
}

/// The URL of an effect that sends a request.
pub(crate) fn sent_url(effect: &Effect) -> String {
    let Effect::SendRequest(sent) = effect else { panic!("not sent: {effect:?}") };
    sent.url.clone()
}
