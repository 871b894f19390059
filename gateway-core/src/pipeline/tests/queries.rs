use alloc::vec;

use serde_json::{Value, json};

use super::iam;
use crate::definition::{
    Api, Authorization, IntegrationType, Protocol, RequestParameter, RequestValidator,
};
use crate::effect::RequestSignature;
use crate::pipeline::world::*;

/// What a function is told of the query.
fn told_to_function(protocol: Protocol, request: &str) -> Value {
    let mut api = iam::signed_api(protocol);
    api.deployments[0].methods[0].authorization = Authorization::None;
    let seen = iam::ask(&gateway(vec![api]), arrival(request, &[]), RequestSignature::Valid);
    let mut event = seen.event.unwrap();
    match protocol {
        Protocol::Rest => event["multiValueQueryStringParameters"].take(),
        Protocol::Http => json!([event["rawQueryString"], event["queryStringParameters"]]),
    }
}

#[test]
fn a_semicolon_splits_the_query_of_a_request_to_a_rest_api() {
    for (query, told) in [
        ("a=1;b=2", json!({"a": ["1"], "b": ["2"]})),
        ("a=1;a=2&c;;", json!({"a": ["1", "2"], "c": [""]})),
        ("a=1%3Bb=2", json!({"a": ["1;b=2"]})),
    ] {
        let request = alloc::format!("POST /prod/a?{query}");
        assert_eq!(told_to_function(Protocol::Rest, &request), told, "{query}");
    }
    let untouched = json!(["a=1;b=2", {"a": "1;b=2"}]);
    assert_eq!(told_to_function(Protocol::Http, "POST /a?a=1;b=2"), untouched);
}

/// "The plain text pipe character (`|`) and the curly brace character (`{` or `}`) are not supported for any
/// request URL query string and must be URL-encoded."
#[test]
fn a_pipe_or_a_brace_in_the_query_of_a_request_to_a_rest_api_is_url_encoded() {
    let rest = gateway(vec![rest(vec![method("GET /a", mock("ok"))])]);
    for query in ["a=x|y", "a|b=1", "f={a:1}", "a={", "}"] {
        let told = run_alone(&rest, arrival(&alloc::format!("GET /prod/a?{query}"), &[]));
        let answer = (told.response.status, told.body(), told.field("x-amzn-errortype"));
        let refused = (400, "{\"message\":\"Bad Request\"}", Some("BadRequestException"));
        assert_eq!(answer, refused, "{query}");
    }
    for query in ["a=x%7Cy", "f=%7Ba:1%7D", "a=[1]"] {
        let told = run_alone(&rest, arrival(&alloc::format!("GET /prod/a?{query}"), &[]));
        assert_eq!((told.response.status, told.body()), (200, "ok"), "{query}");
    }
    let untouched = json!(["f={a|b}", {"f": "{a|b}"}]);
    assert_eq!(told_to_function(Protocol::Http, "POST /a?f={a|b}"), untouched);
}

#[test]
fn an_endpoint_and_a_template_see_the_parameters_that_semicolons_split() {
    let endpoint = integration(IntegrationType::HttpProxy, "http://backend/a?own=1");
    let gateway_of = |api: Api| gateway(vec![api]);
    let told = run(
        &gateway_of(rest(vec![method("GET /a", endpoint)])),
        arrival("GET /prod/a?a=1;b=2%3B", &[]),
        |effect| backend(b"", b"").perform(effect),
    );
    assert_eq!(sent(&told).url, "http://backend/a?own=1&a=1&b=2%3B");
    let told = run_alone(
        &gateway_of(rest(vec![method("GET /a", mock("$input.params('b')"))])),
        arrival("GET /prod/a?a=1;b=2", &[]),
    );
    assert_eq!(told.body(), "2");
}

#[test]
fn a_parameter_behind_a_semicolon_is_there_for_validation() {
    let mut api = rest(vec![method("GET /a", mock("ok"))]);
    let own = &mut api.deployments[0].methods[0];
    own.request_parameters =
        vec![RequestParameter { location: "querystring".into(), name: "b".into(), required: true }];
    own.request_validator = Some(0);
    api.deployments[0].request_validators = vec![RequestValidator {
        name: "parameters".into(),
        validate_request_parameters: true,
        validate_request_body: false,
    }];
    let gateway = gateway(vec![api]);
    for (query, status) in [("a=1;b=2", 200), ("a=1%3Bb=2", 400)] {
        let request = alloc::format!("GET /prod/a?{query}");
        assert_eq!(run_alone(&gateway, arrival(&request, &[])).response.status, status, "{query}");
    }
}
