use alloc::rc::Rc;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use serde_json::Value;

use super::cache::{Host, cached, enabled, proxy};
use super::iam;
use crate::definition::{Authorization, Integration, IntegrationType, Method, Protocol};
use crate::effect::{Effect, Notice, RequestSignature};
use crate::gateway::Gateway;
use crate::message::Content;
use crate::pipeline::world::*;

const DELETE: &str = "X-HTTP-Method-Override: DELETE";

fn methods() -> Vec<Method> {
    ["GET /a", "POST /a", "ANY /any"].map(|route| method(route, mock(route))).into()
}

fn answered(gateway: &Rc<Gateway>, request: &str, fields: &[&str]) -> String {
    let told = run_alone(gateway, arrival(request, fields));
    alloc::format!("{} {}", told.response.status, told.body())
}

#[test]
fn a_request_to_a_rest_api_is_for_the_method_that_its_field_names() {
    let mut api = rest(methods());
    api.stages[0].access_log_settings.as_mut().unwrap().format =
        "$context.httpMethod $context.status".into();
    let gateway = gateway(vec![api]);
    let none = "403 {\"message\":\"Missing Authentication Token\"}";
    for (request, fields, answer, logged) in [
        ("POST /prod/a", &["X-HTTP-Method-Override: GET"][..], "200 GET /a", "GET 200"),
        ("GET /prod/a", &["x-http-method-override: POST"], "200 POST /a", "POST 200"),
        ("POST /prod/any", &["X-HTTP-Method-Override: PATCH"], "200 ANY /any", "PATCH 200"),
        ("POST /prod/a", &[DELETE], none, "DELETE 403"),
        ("POST /prod/a", &["X-HTTP-Method-Override: get"], none, "- 403"),
        ("POST /prod/any", &["X-HTTP-Method-Override: TRACE"], none, "- 403"),
        ("POST /prod/any", &["X-HTTP-Method-Override: \"} GET"], none, "- 403"),
        ("POST /prod/any", &["X-HTTP-Method-Override: "], none, "- 403"),
        ("POST /prod/any", &["X-HTTP-Method-Override: GET", DELETE], none, "- 403"),
        (
            "POST /prod/a",
            &["X-HTTP-Method: GET", "X-Method-Override: GET"],
            "200 POST /a",
            "POST 200",
        ),
    ] {
        assert_eq!(answered(&gateway, request, fields), answer, "{request} {fields:?}");
        let told = run_alone(&gateway, arrival(request, fields));
        let entry = told.notices.iter().find_map(|notice| match notice {
            Notice::WriteAccessLog { line, .. } => Some(line.as_str()),
            _ => None,
        });
        assert_eq!(entry, Some(logged), "{request} {fields:?}");
    }
    let endpoint = integration(IntegrationType::HttpProxy, "http://backend/a");
    let told = run(
        &crate::pipeline::world::gateway(vec![http(vec![method("ANY /a", endpoint)])]),
        arrival("POST /a", &[DELETE]),
        |effect| backend(b"", b"").perform(effect),
    );
    assert_eq!(sent(&told).method, "POST", "an HTTP API's is an endpoint's to read");
}

#[test]
fn what_protects_a_method_protects_it_from_other_methods_that_name_it() {
    let signed = Method { authorization: Authorization::Iam, ..method("DELETE /a", mock("gone")) };
    let gateway = gateway(vec![rest(vec![method("GET /a", mock("read")), signed])]);
    assert_eq!(answered(&gateway, "GET /prod/a", &[]), "200 read");
    assert!(answered(&gateway, "GET /prod/a", &[DELETE]).starts_with("403 "));
}

/// What is signed has the method that was sent, so that a presigned `GET` would open every method.
#[test]
fn a_signature_opens_another_method_only_if_the_field_that_names_it_is_signed() {
    let mut api = iam::signed_api(Protocol::Rest);
    api.deployments[0].methods[0].http_method = "DELETE".into();
    let gateway = iam::gateway_of(api, iam::everything());
    let unsigned = iam::claiming("/prod/a", NOW, &[DELETE]);
    let mut signed = unsigned.clone();
    let authorization = unsigned.request.fields.get("authorization").unwrap();
    let authorization = authorization.replace("=host;", "=host;x-http-method-override;");
    signed.request.fields.set("Authorization", authorization);
    for (request, status) in [(unsigned, 403), (signed, 200)] {
        let told = iam::ask(&gateway, request, RequestSignature::Valid).told;
        assert_eq!(told.response.status, status);
        let verified = told.effects.iter().find_map(|effect| match effect {
            Effect::VerifyRequestSignature(asked) => Some(asked.strings_to_sign.len()),
            _ => None,
        });
        assert_eq!(verified.is_some(), status == 200);
    }
}

#[test]
fn an_endpoint_is_asked_by_the_method_that_is_meant_and_told_of_no_other() {
    let mut endpoint = integration(IntegrationType::HttpProxy, "http://backend/a");
    let sent_by = |endpoint: &Integration| {
        let gateway = gateway(vec![rest(vec![method("ANY /a", endpoint.clone())])]);
        let request = arrival("POST /prod/a", &[DELETE, "X-Mine: 1"]);
        let told = run(&gateway, request.clone(), |effect| backend(b"", b"").perform(effect));
        let fields = sent_fields(told.asked()[0], &request);
        assert_eq!(fields.get("x-mine"), Some("1"));
        (sent(&told).method.clone(), fields.get("x-http-method-override").map(ToString::to_string))
    };
    assert_eq!(sent_by(&endpoint), ("DELETE".into(), None));
    let field = "X-HTTP-Method-Override";
    endpoint.request_parameters = [(
        alloc::format!("integration.request.header.{field}"),
        alloc::format!("method.request.header.{field}"),
    )]
    .into();
    assert_eq!(sent_by(&endpoint), ("DELETE".into(), Some("DELETE".into())));
}

#[test]
fn a_function_sees_the_method_that_is_meant_and_no_field_that_names_it() {
    let mut api = iam::signed_api(Protocol::Rest);
    let own = &mut api.deployments[0].methods[0];
    (own.http_method, own.authorization) = ("DELETE".into(), Authorization::None);
    let seen = iam::ask(
        &gateway(vec![api]),
        arrival("POST /prod/a", &[DELETE, "X-Mine: 1"]),
        RequestSignature::Valid,
    );
    let event: Value = seen.event.unwrap();
    assert_eq!(event["httpMethod"], "DELETE");
    assert_eq!(event["requestContext"]["httpMethod"], "DELETE");
    for headers in ["headers", "multiValueHeaders"] {
        let headers = event[headers].as_object().unwrap();
        assert!(headers.contains_key("X-Mine"));
        assert!(!headers.contains_key("X-HTTP-Method-Override"));
    }
}

#[test]
fn responses_are_cached_of_the_method_that_is_meant() {
    let api = rest(vec![method("GET /a", proxy()), method("POST /a", proxy())]);
    let (gateway, mut host) = (gateway(vec![cached(api, &[("*/*", enabled())])]), Host::new());
    let mut body = |request: &str, fields: &[&str], has_content: bool| {
        let mut asked = arrival(request, fields);
        if has_content {
            asked.request.content = Content::Held(crate::message::ContentId(0));
        }
        host.ask(&gateway, asked).1
    };
    let first = body("GET /prod/a", &[], false);
    let post = "X-HTTP-Method-Override: POST";
    assert_ne!(body("GET /prod/a", &[post], false), first);
    assert_eq!(body("GET /prod/a", &[], false), first);
    let get = "X-HTTP-Method-Override: GET";
    assert_eq!(body("POST /prod/a", &[get], false), first);
    assert_ne!(
        body("POST /prod/a", &[get], true),
        first,
        "who sends content has an answer of their own"
    );
    assert_eq!(body("GET /prod/a", &[], false), first);
}
