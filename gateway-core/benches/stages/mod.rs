//! What stages cost, each by itself: the steps of an exchange that are nothing but that stage. Answers are checked.
//!
//! The log's line is written by the step that responds: what it costs is what the same step costs less without it.

use std::hint::black_box;
use std::rc::Rc;

use criterion::{BatchSize, Criterion};
use gateway_core::bucket::{Buckets, take_all};
use gateway_core::definition::*;
use gateway_core::effect::{Effect, EffectKind, Notice, Outcome, TakeTokens, Taken};
use gateway_core::exchange::{Exchange, Next, Turn};
use gateway_core::gateway::Gateway;
use gateway_core::gateway_error::ResponseType;
use gateway_core::message::*;

use crate::kit::{LOG_FORMAT, arrival, deployed, endpoint, integration, method, perform};

const NOW: Timestamp = Timestamp(1_700_000_000_001);
const FUNCTION: &str = "arn:aws:lambda:eu-west-1:123456789012:function:orders";

/// An exchange that has come to its first effect of this kind, and that effect.
fn asking(gateway: &Rc<Gateway>, arrival: Arrival, kind: EffectKind) -> (Exchange, Effect) {
    let mut exchange = Exchange::begin(gateway.clone(), arrival);
    loop {
        let turn = exchange.advance().expect("the loop keeps the contract");
        match turn.next {
            Next::Perform(effect) if effect.kind() == kind => return (exchange, effect),
            Next::Perform(effect) => {
                let outcome = perform(&effect);
                exchange.resume(NOW, outcome).expect("as above");
            }
            Next::Respond(response) => panic!("nothing asked for {kind:?}: {response:?}"),
        }
    }
}

/// One step: from this outcome to what comes next.
fn step(mut exchange: Exchange, outcome: Outcome) -> (Exchange, Turn) {
    exchange.resume(NOW, outcome).expect("the outcome is the effect's");
    let turn = exchange.advance().expect("it was resumed");
    (exchange, turn)
}

fn response(turn: &Turn) -> &Response {
    match &turn.next {
        Next::Respond(response) => response,
        Next::Perform(effect) => panic!("it asks for {effect:?}"),
    }
}

fn text(response: &Response) -> &str {
    match &response.content {
        Content::Bytes(bytes) => str::from_utf8(bytes).expect("it is text"),
        _ => "",
    }
}

/// The value of a field of the response, which an endpoint's fields may be among.
fn field(response: &Response, name: &str) -> String {
    let fields = response.fields.clone().resolve(&endpoint().fields);
    fields.all(name).collect::<Vec<_>>().join(", ")
}

/// Measures the one turn of requests that ask for nothing.
fn at_once(
    c: &mut Criterion,
    name: &str,
    gateway: &Rc<Gateway>,
    asked: &Arrival,
    check: fn(&Turn),
) {
    let run = |arrival: Arrival| {
        let mut exchange = Exchange::begin(gateway.clone(), arrival);
        let turn = exchange.advance().expect("it has begun");
        check(&turn);
        (exchange, turn)
    };
    c.bench_function(name, |b| {
        b.iter_batched(|| asked.clone(), |arrival| black_box(run(arrival)), BatchSize::SmallInput);
    });
}

/// Measures the step after the first effect of a kind.
fn after(
    c: &mut Criterion,
    name: &str,
    (gateway, asked, kind): (&Rc<Gateway>, &Arrival, EffectKind),
    check: fn(&Turn),
) {
    c.bench_function(name, |b| {
        b.iter_batched(
            || {
                let (exchange, effect) = asking(gateway, asked.clone(), kind);
                (exchange, perform(&effect))
            },
            |(exchange, outcome)| {
                let (exchange, turn) = step(exchange, outcome);
                check(&turn);
                black_box((exchange, turn))
            },
            BatchSize::SmallInput,
        );
    });
}

/// Taking a token of the account's bucket and of the method's, in memory.
pub(crate) fn throttle(c: &mut Criterion) {
    let methods =
        vec![method("/items".into(), integration(IntegrationType::HttpProxy, "http://h/x"))];
    let gateway = deployed(Protocol::Rest, Deployment::new("d1", methods), None);
    let (_, effect) = asking(&gateway, arrival("/prod/items"), EffectKind::TakeTokens);
    let Effect::TakeTokens(take) = effect else { unreachable!("it is of the kind") };
    assert!(take.buckets.len() > 1, "{take:?}");
    let mut buckets = Buckets::default();
    let mut now = NOW;
    let mut taken = |take: &TakeTokens| {
        // In a millisecond come two: no bucket runs dry.
        now.0 += 1;
        take_all(take, now, &mut buckets)
    };
    c.bench_function("throttle/take", |b| {
        b.iter(|| assert_eq!(taken(black_box(&take)), Taken::All));
    });

    let asked = arrival("/prod/items");
    c.bench_function("throttle/refuse", |b| {
        b.iter_batched(
            || asking(&gateway, asked.clone(), EffectKind::TakeTokens).0,
            |exchange| {
                let none = Taken::None { empty: 0, retry_after_ms: Some(1) };
                let (exchange, turn) = step(exchange, Outcome::TakeTokens(Ok(none)));
                assert_eq!(response(&turn).status, 429);
                black_box((exchange, turn))
            },
            BatchSize::SmallInput,
        );
    });
}

/// A preflight request, and the fields of a response.
pub(crate) fn cors(c: &mut Criterion) {
    let methods =
        vec![method("/items".into(), integration(IntegrationType::HttpProxy, "http://h/x"))];
    let cors = Cors {
        allow_origins: vec!["https://other.example".into(), "https://app.example".into()],
        allow_methods: vec!["GET".into(), "POST".into()],
        allow_headers: vec!["authorization".into(), "content-type".into()],
        expose_headers: vec!["x-own".into()],
        max_age_s: Some(60),
        allow_credentials: true,
    };
    let deployment = Deployment { cors: Some(cors), ..Deployment::new("d1", methods) };
    let gateway = deployed(Protocol::Http, deployment, None);
    let mut asked = arrival("/prod/items");
    asked.request.fields.push("Origin", "https://app.example");
    after(c, "cors/response", (&gateway, &asked, EffectKind::SendRequest), |turn| {
        let response = response(turn);
        assert_eq!(response.status, 200);
        assert_eq!(field(response, "access-control-allow-origin"), "https://app.example");
    });

    asked.request.method = "OPTIONS".into();
    asked.request.fields.push("Access-Control-Request-Method", "POST");
    at_once(c, "cors/preflight", &gateway, &asked, |turn| {
        let response = response(turn);
        assert_eq!(response.status, 204);
        assert_eq!(field(response, "access-control-allow-origin"), "https://app.example");
        assert_eq!(field(response, "access-control-allow-methods"), "GET,POST");
    });
}

/// To a request without a route: the default, and one with a template and a field of its own.
pub(crate) fn gateway_response(c: &mut Criterion) {
    let asked = arrival("/prod/nothing/here");
    let gateway = deployed(Protocol::Rest, Deployment::new("d1", Vec::new()), None);
    at_once(c, "gateway_response/default", &gateway, &asked, |turn| {
        let response = response(turn);
        assert_eq!(response.status, 403);
        assert_eq!(text(response), r#"{"message":"Missing Authentication Token"}"#);
    });

    let own = GatewayResponse {
        response_type: ResponseType::MissingAuthenticationToken,
        status_code: Some(404),
        response_parameters: vec![("gatewayresponse.header.X-Own".into(), "'mine'".into())],
        response_templates: vec![(
            "application/json".into(),
            r#"{"error":$context.error.messageString,"at":"$context.path"}"#.into(),
        )],
    };
    let deployment =
        Deployment { gateway_responses: vec![own], ..Deployment::new("d1", Vec::new()) };
    let gateway = deployed(Protocol::Rest, deployment, None);
    at_once(c, "gateway_response/template", &gateway, &asked, |turn| {
        let response = response(turn);
        assert_eq!((response.status, field(response, "x-own")), (404, "mine".into()));
        let expected = r#"{"error":"Missing Authentication Token","at":"/prod/nothing/here"}"#;
        assert_eq!(text(response), expected);
    });
}

/// The step that responds to an HTTP proxy's client, with a line for the log and without.
pub(crate) fn access_log(c: &mut Criterion) {
    let proxy = || integration(IntegrationType::HttpProxy, "http://h/x");
    let deployment = || Deployment::new("d1", vec![method("/items".into(), proxy())]);
    let asked = arrival("/prod/items?page=2");
    let gateway = deployed(Protocol::Rest, deployment(), None);
    after(c, "access_log/none", (&gateway, &asked, EffectKind::SendRequest), |turn| {
        assert_eq!((response(turn).status, turn.notices.len()), (200, 1));
    });

    let gateway = deployed(Protocol::Rest, deployment(), Some(LOG_FORMAT));
    after(c, "access_log/line", (&gateway, &asked, EffectKind::SendRequest), |turn| {
        assert_eq!((response(turn).status, turn.notices.len()), (200, 2));
        let line = turn.notices.iter().find_map(|notice| match notice {
            Notice::WriteAccessLog { line, .. } => Some(line),
            _ => None,
        });
        let line = line.expect("the stage has a log");
        assert!(line.contains(r#""ip":"192.0.2.7""#) && line.contains(r#""path":"/prod/items""#));
        assert!(line.contains(r#""status":"200""#), "{line}");
    });
}

/// The event of payload format 2.0: from the tokens that were taken to the invocation.
pub(crate) fn event(c: &mut Criterion) {
    let function = Integration {
        payload_format: PayloadFormat::V2,
        ..integration(IntegrationType::AwsProxy, FUNCTION)
    };
    let deployment = Deployment::new("d1", vec![method("/items/{id}".into(), function)]);
    let gateway = deployed(Protocol::Http, deployment, None);
    let asked = arrival("/prod/items/42?page=2&sort=name&sort=price");
    after(c, "event/2.0", (&gateway, &asked, EffectKind::TakeTokens), |turn| {
        let Next::Perform(Effect::InvokeFunction(invoke)) = &turn.next else {
            panic!("no invocation: {turn:?}")
        };
        let event = str::from_utf8(&invoke.payload.0).expect("it is text");
        assert!(event.contains(r#""version":"2.0""#), "{event}");
        assert!(event.contains(r#""sort":"name,price""#), "{event}");
        assert!(event.contains(r#""pathParameters":{"id":"42"}"#), "{event}");
    });
}

/// A template chooses the status, another one is the answer: from the tokens that were taken to the response.
pub(crate) fn mock(c: &mut Criterion) {
    let template = |text: &str| vec![("application/json".to_owned(), text.to_owned())];
    let integration = Integration {
        request_templates: template(r#"{"statusCode": 200}"#),
        responses: vec![IntegrationResponse {
            response_templates: template(r#"{"id":"$input.params('id')"}"#),
            ..IntegrationResponse::new(200)
        }],
        ..Integration::new(IntegrationType::Mock)
    };
    let deployment = Deployment::new("d1", vec![method("/items/{id}".into(), integration)]);
    let gateway = deployed(Protocol::Rest, deployment, None);
    let asked = arrival("/prod/items/42");
    after(c, "mock", (&gateway, &asked, EffectKind::TakeTokens), |turn| {
        let response = response(turn);
        assert_eq!((response.status, text(response)), (200, r#"{"id":"42"}"#));
    });
}
