use alloc::vec;
use alloc::vec::Vec;

use crate::definition::{Integration, IntegrationType, PayloadFormat};
use crate::effect::{Effect, EffectError, FunctionAnswer, InvocationType, Outcome};
use crate::message::{Content, ContentId};
use crate::pipeline::world::*;

const URI: &str = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/\
                   arn:aws:lambda:eu-west-1:123456789012:function:${stageVariables.name}:live/invocations";

fn function(payload_format: PayloadFormat) -> Integration {
    Integration { payload_format, ..integration(IntegrationType::AwsProxy, URI) }
}

fn named(mut api: crate::definition::Api) -> crate::definition::Api {
    api.stages[0].variables.insert("name".into(), "orders".into());
    api
}

fn answer(payload: &str) -> Outcome {
    Outcome::InvokeFunction(Ok(FunctionAnswer {
        status: 200,
        function_error: None,
        payload: payload.as_bytes().to_vec().into(),
        request_id: Some("i-1".into()),
        trace: None,
        content: None,
    }))
}

fn answers(payload: &'static str) -> impl FnMut(&Effect) -> Option<Outcome> {
    move |effect| match effect {
        Effect::InvokeFunction(_) => Some(answer(payload)),
        Effect::ReadContent(_) => Some(Outcome::ReadContent(Ok(b"{\"n\":1}".to_vec().into()))),
        _ => None,
    }
}

fn event(effect: &Effect) -> serde_json::Value {
    let Effect::InvokeFunction(invoked) = effect else { panic!("{effect:?}") };
    serde_json::from_slice(&invoked.payload.0).unwrap()
}

#[test]
fn a_rest_function_is_handed_the_request_and_answers_it() {
    let api = named(rest(vec![method("POST /a/{id}", function(PayloadFormat::V1))]));
    let mut posted = arrival("POST /prod/a/x%20y?q=1", &["Content-Type: application/json"]);
    posted.request.content = Content::Held(ContentId(0));
    let told =
        run(&gateway(vec![api]), posted, answers("{\"statusCode\": 201, \"body\": \"made\"}"));
    let asked = told.asked();
    assert!(matches!(asked[0], Effect::ReadContent(_)), "{asked:?}");
    let Effect::InvokeFunction(invoked) = asked[1] else { panic!("{asked:?}") };
    assert_eq!(
        (invoked.function.name.as_str(), invoked.function.qualifier.as_deref()),
        ("orders", Some("live"))
    );
    assert_eq!((invoked.invocation, invoked.timeout_ms), (InvocationType::RequestResponse, 29_000));
    let event = event(asked[1]);
    assert_eq!(event["resource"], "/a/{id}");
    assert_eq!(
        (&event["path"], &event["requestContext"]["path"]),
        (&"/a/x%20y".into(), &"/prod/a/x%20y".into())
    );
    assert_eq!(
        (&event["pathParameters"]["id"], &event["body"]),
        (&"x%20y".into(), &"{\"n\":1}".into())
    );
    assert_eq!((told.response.status, told.body()), (201, "made"));
    assert_eq!(told.field("content-type"), Some("application/json"));
    let trace = told.field("x-amzn-trace-id").unwrap();
    assert!(trace.starts_with("Root=1-") && trace.contains(";Lineage=1:"), "{trace}");
}

#[test]
fn an_http_function_is_handed_the_format_that_its_integration_names() {
    let api = named(http(vec![
        method("GET /a/{id}", function(PayloadFormat::V2)),
        method("GET /b/{id}", function(PayloadFormat::V1)),
    ]));
    let gateway = gateway(vec![api]);
    let told = run(&gateway, arrival("GET /a/x%20y", &[]), answers("\"hello\""));
    let handed = event(told.asked()[0]);
    assert_eq!(
        (&handed["version"], &handed["pathParameters"]["id"]),
        (&"2.0".into(), &"x y".into())
    );
    assert_eq!((told.body(), told.field("x-amzn-trace-id")), ("hello", None));
    let told = run(&gateway, arrival("GET /b/1", &[]), answers("\"hello\""));
    assert_eq!(event(told.asked()[0])["version"], "1.0");
    assert_eq!(
        (told.response.status, told.body()),
        (500, "{\"message\":\"Internal Server Error\"}")
    );
}

#[test]
fn a_function_that_fails_is_an_error_of_the_protocols_own() {
    let gateways = [
        gateway(vec![named(rest(vec![method("GET /", function(PayloadFormat::V1))]))]),
        gateway(vec![named(http(vec![method("GET /", function(PayloadFormat::V2))]))]),
    ];
    let failed = |status: u16, function_error: Option<&str>| {
        Outcome::InvokeFunction(Ok(FunctionAnswer {
            status,
            function_error: function_error.map(Into::into),
            payload: b"{}".to_vec().into(),
            request_id: None,
            trace: None,
            content: None,
        }))
    };
    let rest_error = "{\"message\": \"Internal server error\"}";
    let http_error = "{\"message\":\"Internal Server Error\"}";
    let unavailable = "{\"message\":\"Service Unavailable\"}";
    for (outcome, rest, http) in [
        (failed(200, Some("Unhandled")), (502, rest_error), (500, http_error)),
        (failed(403, None), (500, rest_error), (500, http_error)),
        (failed(500, None), (502, rest_error), (500, http_error)),
        (
            Outcome::InvokeFunction(Err(EffectError::TimedOut)),
            (504, "{\"message\": \"Endpoint request timed out\"}"),
            (503, unavailable),
        ),
    ] {
        let statuses: Vec<_> = gateways
            .iter()
            .zip(["GET /prod", "GET /"])
            .map(|(gateway, request)| {
                let told = run(gateway, arrival(request, &[]), |effect| {
                    matches!(effect, Effect::InvokeFunction(_)).then(|| outcome.clone())
                });
                (told.response.status, alloc::string::String::from(told.body()))
            })
            .collect();
        assert_eq!(statuses, [(rest.0, rest.1.into()), (http.0, http.1.into())], "{outcome:?}");
    }
}

#[test]
fn mistakes_in_an_integration_are_500_and_invoke_nothing() {
    let put = Integration { http_method: Some("GET".into()), ..function(PayloadFormat::V1) };
    let mapped = Integration {
        request_parameters: vec![("integration.request.header.TE".into(), "'gzip'".into())],
        ..function(PayloadFormat::V1)
    };
    let unnamed = rest(vec![method("GET /", function(PayloadFormat::V1))]);
    for api in [
        named(rest(vec![method("GET /", put)])),
        named(rest(vec![method("GET /", mapped)])),
        unnamed,
    ] {
        let told = run_alone(&gateway(vec![api]), arrival("GET /prod", &[]));
        assert_eq!(
            (told.response.status, told.body()),
            (500, "{\"message\": \"Internal server error\"}")
        );
    }
}

#[test]
fn content_beyond_ten_megabytes_is_413() {
    let api = named(rest(vec![method("POST /", function(PayloadFormat::V1))]));
    let mut posted = arrival("POST /prod", &[]);
    posted.request.content = Content::Held(ContentId(0));
    let told = run(&gateway(vec![api]), posted, |effect| {
        matches!(effect, Effect::ReadContent(_)).then(|| effect.failed(EffectError::TooLarge))
    });
    assert_eq!(told.response.status, 413);
}

#[test]
fn an_event_that_no_function_takes_is_413_and_invokes_nothing() {
    let api = named(rest(vec![method("POST /", function(PayloadFormat::V1))]));
    let mut posted = arrival("POST /prod", &["Content-Type: text/plain"]);
    posted.request.content = Content::Held(ContentId(0));
    let told = run(&gateway(vec![api]), posted, |effect| match effect {
        Effect::ReadContent(_) => {
            Some(Outcome::ReadContent(Ok(vec![1; crate::limits::EVENT_BYTES_MAX / 2].into())))
        }
        _ => None,
    });
    assert_eq!((told.response.status, told.body()), (413, "{\"message\":\"Request Too Long\"}"));
    assert!(!told.asked().iter().any(|effect| matches!(effect, Effect::InvokeFunction(_))));
}

#[test]
fn an_answer_that_is_too_large_is_no_fault_of_the_clients() {
    for (api, request, expected) in [
        (rest(vec![method("GET /", function(PayloadFormat::V1))]), "GET /prod", 502),
        (http(vec![method("GET /", function(PayloadFormat::V2))]), "GET /", 500),
    ] {
        let told = run(&gateway(vec![named(api)]), arrival(request, &[]), |effect| {
            matches!(effect, Effect::InvokeFunction(_))
                .then(|| effect.failed(EffectError::TooLarge))
        });
        assert_eq!(told.response.status, expected);
    }
}

#[test]
fn a_streamed_answer_begins_with_what_its_metadata_says() {
    use crate::definition::{EndpointType, ResponseTransferMode};
    let uri = "arn:aws:apigateway:eu-west-1:lambda:path/2021-11-15/functions/\
               arn:aws:lambda:eu-west-1:123456789012:function:orders/response-streaming-invocations";
    for (endpoint_type, idle_ms) in
        [(EndpointType::Edge, 30_000), (EndpointType::Regional, 300_000)]
    {
        let streamed = Integration {
            response_transfer_mode: ResponseTransferMode::Stream,
            timeout_ms: Some(900_000),
            credentials: Some("arn:aws:iam::123456789012:role/${stageVariables.name}".into()),
            ..integration(IntegrationType::AwsProxy, uri)
        };
        let mut api = named(rest(vec![method("GET /a", streamed)]));
        api.deployments[0].endpoint_type = endpoint_type;
        let told = run(&gateway(vec![api]), arrival("GET /prod/a", &[]), |effect| {
            let Effect::InvokeFunction(invoked) = effect else { return None };
            assert_eq!(invoked.invocation, InvocationType::ResponseStream { idle_ms });
            assert_eq!(invoked.timeout_ms, 900_000);
            let role = Some("arn:aws:iam::123456789012:role/orders");
            assert_eq!(invoked.credentials.as_deref(), role);
            Some(Outcome::InvokeFunction(Ok(FunctionAnswer {
                status: 200,
                function_error: None,
                payload: b"{\"statusCode\":206}".to_vec().into(),
                request_id: None,
                trace: None,
                content: Some(Content::Held(ContentId(1))),
            })))
        });
        assert_eq!(told.response.status, 206);
        assert_eq!(told.response.content, Content::Held(ContentId(1)));
        assert_eq!(told.asked().len(), 1, "nobody reads it here");
    }
}
