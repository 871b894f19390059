use alloc::vec;

use crate::definition::{Integration, IntegrationType};
use crate::effect::{Effect, EffectError};
use crate::message::{Arrival, Content, ContentId, Scheme};
use crate::pipeline::world::*;

fn proxy(uri: &str) -> Integration {
    integration(IntegrationType::HttpProxy, uri)
}

fn ok(effect: &Effect) -> Option<crate::effect::Outcome> {
    matches!(effect, Effect::SendRequest(_)).then(|| endpoint(200, &[], Content::Empty))
}

#[test]
fn the_endpoint_of_a_rest_api_sees_the_clients_fields_but_for_a_few() {
    let gateway = gateway(vec![rest(vec![method("POST /a", proxy("http://backend/b"))])]);
    let mut posted = arrival(
        "POST /prod/a",
        &[
            "X-Mine: 1",
            "x-mine: 2",
            "Connection: close",
            "TE: gzip",
            "Expect: 100-continue",
            "Via: 1.1 p",
            "Content-Encoding: identity",
            "Content-Type: text/x",
            "Content-Length: 3",
            "WWW-Authenticate: x",
            "Cookie: a=1",
            "Authorization: secret",
            "x-forwarded-for: 198.51.100.7",
            "X-Forwarded-Proto: http",
            "X-Amzn-Trace-Id: Root=1-3152b799-8954dae64eda91bc9a23a7e8;Parent=7fa8c0f79203be72",
        ],
    );
    posted.request.content = Content::Held(ContentId(0));
    let told = run(&gateway, posted.clone(), ok);
    let Effect::SendRequest(sent) = told.asked()[0] else { panic!() };
    assert_eq!((sent.method.as_str(), sent.url.as_str()), ("POST", "http://backend/b"));
    assert_eq!((&sent.content, sent.timeout_ms), (&Content::Held(ContentId(0)), 29_000));
    let lines: vec::Vec<_> = sent_fields(told.asked()[0], &posted)
        .iter()
        .map(|f| alloc::format!("{}: {}", f.name, f.value))
        .collect();
    assert_eq!(
        lines,
        [
            "X-Mine: 1",
            "x-mine: 2",
            "Content-Type: text/x",
            "Cookie: a=1",
            "Authorization: secret",
            "X-Forwarded-For: 198.51.100.7, 192.0.2.7",
            "X-Forwarded-Port: 443",
            "X-Forwarded-Proto: https",
            "X-Amzn-Apigateway-Api-Id: abc123",
            "X-Amzn-Trace-Id: Root=1-3152b799-8954dae64eda91bc9a23a7e8;Parent=7fa8c0f79203be72;Sampled=1",
            "Accept: application/json",
            "User-Agent: AmazonAPIGateway_abc123",
        ]
    );
}

#[test]
fn the_client_of_a_rest_api_sees_some_of_the_endpoints_fields_renamed() {
    let gateway = gateway(vec![rest(vec![method("GET /", proxy("http://backend"))])]);
    let held = Content::Held(ContentId(1));
    let told = run(&gateway, arrival("GET /prod", &[]), |effect| {
        let fields = [
            ("Date", "d"),
            ("Server", "s"),
            ("Connection", "close"),
            ("Content-Length", "4"),
            ("X-Amzn-RequestId", "r"),
            ("Transfer-Encoding", "chunked"),
            ("Via", "v"),
            ("Set-Cookie", "a"),
            ("Set-Cookie", "b"),
            ("WWW-Authenticate", "Basic"),
            ("content-md5", "m"),
            ("Max-Forwards", "1"),
            ("User-Agent", "u"),
            ("Expect", "e"),
            ("Host", "h"),
            ("Proxy-Authenticate", "p"),
            ("TE", "t"),
            ("te", "t"),
            ("Age", "1"),
            ("Warn", "w"),
        ];
        ok(effect).map(|_| endpoint(418, &fields, held.clone()))
    });
    assert_eq!((told.response.status, &told.response.content), (418, &held));
    let lines: vec::Vec<_> =
        told.fields.iter().map(|f| alloc::format!("{}: {}", f.name, f.value)).collect();
    assert_eq!(
        lines,
        [
            "x-amzn-Remapped-Date: d",
            "x-amzn-Remapped-Server: s",
            "x-amzn-Remapped-Connection: close",
            "x-amzn-Remapped-Content-Length: 4",
            "x-amzn-Remapped-x-amzn-RequestId: r",
            "Set-Cookie: a",
            "Set-Cookie: b",
            "x-amzn-Remapped-WWW-Authenticate: Basic",
            "x-amzn-Remapped-Content-MD5: m",
            "x-amzn-Remapped-Max-Forwards: 1",
            "x-amzn-Remapped-User-Agent: u",
            "Age: 1",
            "Warn: w",
            "Content-Type: application/json",
            "x-amzn-RequestId: 07070707-0707-4707-8707-070707070707",
            "x-amz-apigw-id: BwcHBwcHBwcHBwc=",
        ]
    );
}

#[test]
fn an_answer_of_a_rest_api_has_a_content_type_even_without_content() {
    let gateway = gateway(vec![rest(vec![method("GET /", proxy("http://backend"))])]);
    let told = run(&gateway, arrival("GET /prod", &[]), |effect| {
        ok(effect).map(|_| endpoint(204, &[], Content::Empty))
    });
    assert_eq!((told.response.status, told.field("content-type")), (204, Some("application/json")));
}

#[test]
fn an_http_api_tells_its_endpoint_whom_it_forwards_for() {
    let gateway = gateway(vec![http(vec![method("ANY /a/{id}", proxy("http://backend/{id}"))])]);
    let fields = ["Host: api.example.com:8443", "Connection: x", "Keep-Alive: 5", "Via: 1.0 fred"];
    let asked: Arrival = Arrival {
        source_ip: "2001:db8::1".into(),
        scheme: Scheme::Http,
        ..arrival("GET /a/x%2Fy?q=1", &fields)
    };
    let told = run(&gateway, asked.clone(), ok);
    assert_eq!(sent_url(told.asked()[0]), "http://backend/x%2Fy?q=1");
    let sent = sent_fields(told.asked()[0], &asked);
    assert_eq!(
        sent.get("forwarded"),
        Some("by=_gateway;for=\"[2001:db8::1]\";host=\"api.example.com:8443\";proto=http")
    );
    assert_eq!(sent.get("via"), Some("1.0 fred, HTTP/1.1 AmazonAPIGateway"));
    assert_eq!(
        (sent.get("keep-alive"), sent.get("user-agent"), sent.get("host")),
        (None, None, None)
    );
}

#[test]
fn an_http_apis_answer_comes_back_unchanged_but_for_its_connection() {
    let gateway = gateway(vec![http(vec![method("GET /", proxy("http://backend"))])]);
    let told = run(&gateway, arrival("GET /", &[]), |effect| {
        let fields = [("Date", "d"), ("Server", "s"), ("Connection", "x"), ("Content-Length", "1")];
        ok(effect).map(|_| endpoint(200, &fields, Content::Held(ContentId(1))))
    });
    let names: vec::Vec<_> = told.fields.iter().map(|f| f.name).collect();
    assert_eq!(names, ["Date", "Server", "Apigw-Requestid"]);
}

#[test]
fn nothing_that_is_mapped_to_a_path_leads_out_of_it() {
    for kind in [IntegrationType::HttpProxy, IntegrationType::Http] {
        let mapping = ("integration.request.path.f", "method.request.querystring.f");
        let integration = Integration {
            http_method: Some("GET".into()),
            request_parameters: vec![(mapping.0.into(), mapping.1.into())],
            ..integration(kind, "http://backend/files/{f}")
        };
        let gateway = gateway(vec![rest(vec![method("GET /a", integration)])]);
        for climbing in ["../admin", "..%2f..%2Fadmin", "%2e%2e/x", "a/../../x", "..%5cx", "..;/x"]
        {
            let told = run(&gateway, arrival(&alloc::format!("GET /prod/a?f={climbing}"), &[]), ok);
            assert_eq!(told.body(), "{\"message\":\"Bad Request\"}", "{climbing}");
            assert_eq!((told.response.status, told.asked().len()), (400, 0), "{climbing}");
        }
        for within in ["a/b", "a..b", "a/../b", "%252e"] {
            let told = run(&gateway, arrival(&alloc::format!("GET /prod/a?f={within}"), &[]), ok);
            assert_eq!(told.asked().len(), 1, "{within}");
        }
    }
}

#[test]
fn mappings_fill_path_query_and_fields_of_a_rest_integration() {
    let mapping = |target: &str, source: &str| {
        (alloc::format!("integration.request.{target}"), source.into())
    };
    let integration = Integration {
        http_method: Some("PUT".into()),
        request_parameters: vec![
            mapping("path.proxy", "method.request.path.rest"),
            mapping("path.host", "method.request.header.X-Tenant"),
            mapping("querystring.tv", "method.request.querystring.tv"),
            mapping("querystring.mv", "method.request.multivaluequerystring.mv"),
            mapping("querystring.id", "method.request.path.id"),
            mapping("header.X-Mine", "'mapped'"),
            mapping("header.Via", "'lost'"),
            mapping("header.X-None", "method.request.header.X-None"),
        ],
        ..proxy("http://backend/{host}/{proxy}/{none}?own=1")
    };
    let gateway = gateway(vec![rest(vec![method("GET /{id}/{rest+}", integration)])]);
    let asked =
        arrival("GET /prod/a%20b/c/d%2Fe/?tv=bar&mv=1&mv=2", &["X-Tenant: t?/#", "X-Mine: own"]);
    let told = run(&gateway, asked.clone(), ok);
    let Effect::SendRequest(sent) = told.asked()[0] else { panic!() };
    assert_eq!(sent.method, "PUT");
    assert_eq!(
        sent.url,
        "http://backend/t%3F/%23/c/d%2Fe/%7Bnone%7D?own=1&tv=bar&mv=1&mv=2&tv=bar&mv=1&mv=2&id=a%20b"
    );
    let fields = sent_fields(told.asked()[0], &asked);
    assert_eq!(
        (fields.get("x-mine"), fields.get("via"), fields.get("x-none")),
        (Some("mapped"), None, None)
    );
}

#[test]
fn a_mapping_to_framing_fields_fails_and_calls_nobody() {
    for name in ["Content-Length", "transfer-encoding"] {
        let target = alloc::format!("integration.request.header.{name}");
        let integration =
            Integration { request_parameters: vec![(target, "'0'".into())], ..proxy("http://h") };
        let gateway = gateway(vec![rest(vec![method("GET /", integration)])]);
        let told = run_alone(&gateway, arrival("GET /prod", &[]));
        assert_eq!(
            (told.response.status, told.body()),
            (500, "{\"message\": \"Internal server error\"}")
        );
    }
}

#[test]
fn stage_variables_make_the_uri_and_their_lack_a_500() {
    let uri = "http://${stageVariables.host}/${stageVariables.where}?${stageVariables.qs}";
    let mut api = rest(vec![method("GET /", proxy(uri))]);
    assert_eq!(
        run_alone(&gateway(vec![api.clone()]), arrival("GET /prod", &[])).response.status,
        500
    );
    for (name, value) in [("host", "backend:81"), ("where", "a/b"), ("qs", "k=v")] {
        api.stages[0].variables.insert(name.into(), value.into());
    }
    let told = run(&gateway(vec![api]), arrival("GET /prod?c=1", &[]), ok);
    assert_eq!(sent_url(told.asked()[0]), "http://backend:81/a/b?k=v&c=1");
}

#[test]
fn an_endpoint_that_fails_is_504_for_rest_and_503_for_http() {
    let fail = |error: EffectError| {
        move |effect: &Effect| ok(effect).map(|_| effect.failed(error.clone()))
    };
    let rest = gateway(vec![rest(vec![method("GET /", proxy("http://h"))])]);
    let http = gateway(vec![http(vec![method("GET /", proxy("http://h"))])]);
    for (error, body) in [
        (EffectError::TimedOut, "Endpoint request timed out"),
        (EffectError::Unavailable("refused".into()), "Network error communicating with endpoint"),
        (EffectError::Malformed("garbage".into()), "Network error communicating with endpoint"),
    ] {
        let told = run(&rest, arrival("GET /prod", &[]), fail(error.clone()));
        assert_eq!(told.response.status, 504);
        assert_eq!(told.body(), alloc::format!("{{\"message\": \"{body}\"}}"));
        assert_eq!(told.field("x-amzn-errortype"), Some("InternalServerErrorException"));
        let told = run(&http, arrival("GET /", &[]), fail(error));
        assert_eq!(
            (told.response.status, told.body()),
            (503, "{\"message\":\"Service Unavailable\"}")
        );
    }
    for (error, status, body) in [
        (EffectError::Stalled, 408, "Request Timeout"),
        (EffectError::Overloaded, 503, "Service Unavailable"),
    ] {
        for (gateway, target) in [(&rest, "GET /prod"), (&http, "GET /")] {
            let told = run(gateway, arrival(target, &[]), fail(error.clone()));
            assert_eq!(told.response.status, status);
            assert!(told.body().contains(body), "{}", told.body());
        }
    }
    let misconfigured = EffectError::Misconfigured("the certificate has expired".into());
    let told = run(&rest, arrival("GET /prod", &[]), fail(misconfigured.clone()));
    assert_eq!(
        (told.response.status, told.body()),
        (500, "{\"message\": \"Internal server error\"}")
    );
    let told = run(&http, arrival("GET /", &[]), fail(misconfigured));
    assert_eq!(told.response.status, 503);
}

#[test]
fn the_access_log_knows_how_much_content_the_endpoint_announced() {
    let mut api = rest(vec![method("ANY /", proxy("http://h"))]);
    let settings = api.stages[0].access_log_settings.as_mut().unwrap();
    settings.format = "$context.responseLength $context.integration.status".into();
    let gateway = gateway(vec![api]);
    for (request, line) in [("GET /prod", "12 200"), ("HEAD /prod", "0 200")] {
        let told = run(&gateway, arrival(request, &[]), |effect| {
            ok(effect)
                .map(|_| endpoint(200, &[("content-length", "12")], Content::Held(ContentId(1))))
        });
        let lines = told.notices.iter().filter_map(|notice| match notice {
            crate::effect::Notice::WriteAccessLog { line, .. } => Some(line.as_str()),
            _ => None,
        });
        assert_eq!(lines.collect::<vec::Vec<_>>(), [line]);
    }
}
