use alloc::vec;
use alloc::vec::Vec;

use crate::definition::{Authorization, Method, Protocol};
use crate::pipeline::world::*;

fn routes() -> Vec<Method> {
    vec![method("GET /", mock("root")), method("GET /a", mock("a")), method("GET /prod", mock("p"))]
}

#[track_caller]
fn body(
    gateway: &alloc::rc::Rc<crate::gateway::Gateway>,
    request: &str,
    host: &str,
) -> alloc::string::String {
    let told = run_alone(gateway, arrival(request, &[&alloc::format!("Host: {host}")]));
    alloc::format!("{} {}", told.response.status, told.body())
}

const OWN: &str = "abc123.execute-api.eu-west-1.amazonaws.com";

#[test]
fn an_api_is_found_by_host_by_path_form_or_as_the_only_one() {
    let one = gateway(vec![rest(routes())]);
    let forbidden = "403 {\"message\":\"Forbidden\"}";
    for (request, host, answer) in [
        ("GET /prod/a", OWN, "200 a"),
        ("GET /prod/a", "ABC123.Execute-API.localhost:8080", "200 a"),
        ("GET /prod/a", "abc123-vpce-0123.execute-api.eu-west-1.amazonaws.com", "200 a"),
        ("GET /prod/a", "localhost:8080", "200 a"),
        ("GET /_aws/execute-api/abc123/prod/a", "localhost", "200 a"),
        ("GET /_aws/execute-api/abc123/prod", "localhost", "200 root"),
        ("GET /_aws/execute-api/other/prod/a", "localhost", forbidden),
        ("GET /_aws/execute-api/", "localhost", forbidden),
        ("GET /prod/a", "other.execute-api.localhost", forbidden),
        ("GET /dev/a", OWN, forbidden),
        ("GET /", OWN, forbidden),
    ] {
        assert_eq!(body(&one, request, host), answer, "{request} at {host}");
    }
    let mut other = rest(vec![method("GET /b", mock("b"))]);
    other.id = "other".into();
    let two = gateway(vec![rest(routes()), other]);
    assert_eq!(body(&two, "GET /prod/a", "localhost"), forbidden, "which of the two?");
    assert_eq!(body(&two, "GET /prod/b", "other.execute-api.localhost"), "200 b");
}

#[test]
fn a_disabled_execute_api_endpoint_answers_by_other_names_only() {
    for (protocol, refusal) in [
        (Protocol::Rest, "403 {\"message\":\"Forbidden\"}"),
        (Protocol::Http, "404 {\"message\":\"Not Found\"}"),
    ] {
        let mut api = api(protocol, "prod", routes());
        api.disable_execute_api_endpoint = true;
        let gateway = gateway(vec![api]);
        for path in ["/prod/a", "/prod/none", "/none", "/"] {
            assert_eq!(body(&gateway, &alloc::format!("GET {path}"), OWN), refusal, "{path}");
        }
        assert_eq!(body(&gateway, "GET /prod/a", "api.example.com"), "200 a", "{protocol:?}");
    }
}

#[test]
fn the_stage_leaves_the_path_once_and_slashes_around_it_do_not_count() {
    let gateway = gateway(vec![rest(routes())]);
    for (request, answer) in [
        ("GET /prod", "200 root"),
        ("GET /prod/", "200 root"),
        ("GET /prod/prod", "200 p"),
        ("GET //prod/a", "200 a"),
        ("GET /prod//a", "200 a"),
        ("GET /prod/a/", "200 a"),
        ("GET /prod/a?x=/b", "200 a"),
        ("GET /prod/a//", "200 a"),
        ("GET /prod/b", "403 {\"message\":\"Missing Authentication Token\"}"),
        ("POST /prod/a", "403 {\"message\":\"Missing Authentication Token\"}"),
        ("HEAD /prod/a", "403 {\"message\":\"Missing Authentication Token\"}"),
    ] {
        assert_eq!(body(&gateway, request, OWN), answer, "{request}");
    }
}

#[test]
fn an_http_api_has_a_default_stage_beside_named_ones() {
    let proxied = || {
        let uri = "http://backend";
        let integration = integration(crate::definition::IntegrationType::HttpProxy, uri);
        vec![method("$default", integration)]
    };
    let mut api = http(proxied());
    let mut dev = api.stages[0].clone();
    dev.stage_name = "dev".into();
    api.stages.push(dev);
    let gateway = gateway(vec![api]);
    for (request, url) in [
        ("GET /a", "http://backend/a"),
        ("GET /dev/a", "http://backend/a"),
        ("GET /dev", "http://backend/"),
        ("GET /_aws/execute-api/abc123/a", "http://backend/a"),
        ("GET /_aws/execute-api/abc123/$default/a", "http://backend/a"),
    ] {
        let arrival = arrival(request, &["Host: localhost"]);
        let told = run(&gateway, arrival, |effect| match effect {
            crate::effect::Effect::SendRequest(_) => {
                Some(endpoint(204, &[], crate::message::Content::Empty))
            }
            _ => None,
        });
        assert_eq!(sent_url(told.asked()[0]), url, "{request}");
    }
}

#[test]
fn an_http_api_without_default_stage_answers_404() {
    let api = api(Protocol::Http, "dev", routes());
    // Mocks stand in: which integration it is does not matter to addressing.
    let gateway = gateway(vec![api]);
    assert_eq!(body(&gateway, "GET /a", OWN), "404 {\"message\":\"Not Found\"}");
    assert_eq!(body(&gateway, "GET /dev/a", OWN), "200 a");
    assert_eq!(body(&gateway, "GET /dev/b", OWN), "404 {\"message\":\"Not Found\"}");
}

#[test]
fn odd_targets_are_answered_and_nothing_breaks() {
    let gateway = gateway(vec![rest(routes())]);
    for target in
        ["*", "", "?", "/", "//", "/%", "/prod/%ff%zz?%=%&&=", "http://x", "http:///prod/a"]
    {
        let told = run_alone(&gateway, arrival(&alloc::format!("GET {target}"), &[]));
        assert!([200, 403].contains(&told.response.status), "{target}");
    }
    let mut hostless = arrival("GET /prod/a", &[]);
    hostless.request.fields = crate::message::Fields::new();
    assert_eq!(run_alone(&gateway, hostless).response.status, 200);
}

#[test]
fn a_request_line_and_fields_that_are_too_long_are_refused_as_the_api_answers() {
    for protocol in [Protocol::Rest, Protocol::Http] {
        let api = if protocol == Protocol::Rest { rest(routes()) } else { http(routes()) };
        let gateway = gateway(vec![api]);
        let ask = |path: usize, field: usize| {
            let request = alloc::format!("GET /prod/{}", "p".repeat(path));
            run_alone(
                &gateway,
                arrival(&request, &[&alloc::format!("X-Long: {}", "x".repeat(field))]),
            )
        };
        for (path, field, status, message) in [
            (9_000, 2_000, 431, "Request Header Fields Too Large"),
            (10_300, 0, 414, "Request URI too long"),
        ] {
            let told = ask(path, field);
            let body = alloc::format!("{{\"message\":\"{message}\"}}");
            assert_eq!((told.response.status, told.body()), (status, &*body));
            let is_rest = protocol == Protocol::Rest;
            for name in ["x-amzn-requestid", "x-amz-apigw-id", "x-amzn-errortype"] {
                assert_eq!(told.field(name).is_some(), is_rest, "{name}");
            }
            assert_eq!(told.field("apigw-requestid").is_some(), !is_rest);
        }
        assert!(!matches!(ask(9_000, 1_000).response.status, 414 | 431));
    }
}

#[test]
fn a_request_of_more_than_100_fields_is_refused_whatever_host_let_it_in() {
    let gateway = gateway(vec![rest(routes())]);
    let ask = |count: usize| {
        let mut asked = arrival("GET /prod/a", &[]);
        let there = asked.request.fields.len();
        (there..count).for_each(|i| asked.request.fields.push(alloc::format!("x-{i}"), "1"));
        run_alone(&gateway, asked)
    };
    assert_eq!(ask(100).response.status, 200);
    let refused = ask(101);
    assert_eq!(refused.response.status, 431);
    assert_eq!(refused.body(), r#"{"message":"Request Header Fields Too Large"}"#);
}

/// `/admin` and, of a REST API, `/key` are protected, all else is open and goes to one endpoint.
fn half_open(protocol: Protocol) -> alloc::rc::Rc<crate::gateway::Gateway> {
    let proxied = |uri: &str| integration(crate::definition::IntegrationType::HttpProxy, uri);
    let mut admin = method("GET /admin", proxied("http://backend/admin"));
    admin.authorization = Authorization::Iam;
    let mut key = method("GET /key", proxied("http://backend/key"));
    key.api_key_required = protocol == Protocol::Rest;
    let open = match protocol {
        Protocol::Http => method("$default", proxied("http://backend/base")),
        Protocol::Rest => method("GET /{all+}", proxied("http://backend/base/{all}")),
    };
    let below = method("GET /open/{proxy+}", proxied("http://backend/open/{proxy}"));
    gateway(vec![api(protocol, "prod", vec![admin, key, open, below])])
}

#[track_caller]
fn status(gateway: &alloc::rc::Rc<crate::gateway::Gateway>, path: &str) -> u16 {
    let arrival = arrival(&alloc::format!("GET /prod{path}"), &[]);
    let told = run(gateway, arrival, |effect| match effect {
        crate::effect::Effect::SendRequest(_) => {
            Some(endpoint(200, &[], crate::message::Content::Empty))
        }
        _ => None,
    });
    told.response.status
}

#[test]
fn no_spelling_of_a_protected_path_leads_to_an_open_route() {
    for (protocol, name, escaped) in [
        (Protocol::Rest, "admin", "%61dmin"),
        (Protocol::Rest, "key", "%6Bey"),
        (Protocol::Http, "admin", "%61dmin"),
    ] {
        let gateway = half_open(protocol);
        let status = |path: &str| status(&gateway, &path.replace('@', name));
        assert_eq!(status("/@"), 403, "{protocol:?}: no signature, no key");
        let refused = if protocol == Protocol::Rest { 403 } else { 404 };
        for path in ["/./@", "/x/../@", "/%2e/@", "/x/%2E./@", "/x//../@/."] {
            assert_eq!(status(path), refused, "{protocol:?}: {path} of {name}");
        }
        // Not everybody takes these for separators, and whoever does not is led to another place.
        for path in ["/x%2fy/../@", "/x%5cy/../@", "/x\\y/%2e%2e/@", "/x//y/;/../../../@"] {
            assert_eq!(status(path), refused, "{protocol:?}: {path} of {name}");
        }
        let spelled = ["//@", "/@/", "/@//", "/@;x=1", "/;/@", "/%2f@", "/%5C@", "/@%2f", "/@%3bx"];
        for path in spelled.into_iter().chain([&*alloc::format!("/{escaped}")]) {
            assert!([403, 404].contains(&status(path)), "{protocol:?}: {path} of {name}");
        }
        // Whoever resolves it as a reference has an authority before the path.
        if protocol == Protocol::Http {
            assert_eq!(status("//x:1/@"), refused, "{name}");
        }
        for path in ["/other", "/x//y", "/x/", "/x/./y", "/x/../y", "/x/y%2Fz", "/@er"] {
            assert_eq!(status(path), 200, "{protocol:?}: {path} of {name}");
        }
    }
}

#[test]
fn no_path_leads_out_of_what_its_route_is_for() {
    for protocol in [Protocol::Rest, Protocol::Http] {
        let gateway = half_open(protocol);
        let ambiguous = ["/open/x%2fy/../../x", "/open/x%5cy/../../x", "/open//../../x"];
        let plain = ["/open/../x", "/open/a/../../x", "/open/..%2fx", "/open/%2e%2e", "/../x"];
        for path in plain.into_iter().chain(ambiguous) {
            assert!([403, 404].contains(&status(&gateway, path)), "{protocol:?}: {path}");
        }
        assert_eq!(status(&gateway, "/open/a/../b"), 200, "{protocol:?}");
    }
}

/// Whoever meets it at a path that is not there sent a token of another kind, and no signature is
/// missing: recorded many a time from the real service.
#[test]
fn what_names_no_method_is_told_what_its_signature_lacks() {
    let gateway = gateway(vec![rest(routes())]);
    let whole = "AWS4-HMAC-SHA256 Credential=k/20150830/eu-west-1/execute-api/aws4_request, SignedHeaders=host, Signature=ab";
    for (authorization, kind, words) in [
        (
            "Bearer secret",
            "IncompleteSignatureException",
            "not a valid key=value pair (missing equal-sign)",
        ),
        ("Basic c2VjcmV0OnA=", "IncompleteSignatureException", "requires 'Credential' parameter."),
        (whole, "MissingAuthenticationTokenException", "Missing Authentication Token"),
        ("", "MissingAuthenticationTokenException", "Missing Authentication Token"),
    ] {
        let fields =
            [&*alloc::format!("Authorization: {authorization}"), "X-Amz-Date: 20150830T123600Z"];
        let told = run_alone(&gateway, arrival("GET /prod/nowhere", &fields));
        assert_eq!(told.response.status, 403);
        assert_eq!(told.field("x-amzn-errortype"), Some(kind), "{authorization}");
        assert!(told.body().contains(words), "{}", told.body());
        assert!(!told.body().contains("secret"));
    }
}
