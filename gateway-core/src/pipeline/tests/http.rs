use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use crate::definition::{Integration, IntegrationResponse, IntegrationType, PassthroughBehavior};
use crate::effect::{Effect, EffectError, Notice, Outcome};
use crate::message::{Content, OutgoingFields};
use crate::pipeline::world::*;

/// An HTTP integration that passes everything through, with these request parameters.
fn custom(uri: &str, mappings: &[(&str, &str)]) -> Integration {
    let target = |name: &str| alloc::format!("integration.request.{name}");
    Integration {
        http_method: Some("POST".into()),
        request_parameters: mappings.iter().map(|(t, s)| (target(t), (*s).into())).collect(),
        responses: vec![IntegrationResponse::new(200)],
        ..integration(IntegrationType::Http, uri)
    }
}

fn ask(integration: Integration, arrival: crate::message::Arrival, backend: &Backend) -> Told {
    let gateway = gateway(vec![rest(vec![method("ANY /a/{p}", integration)])]);
    run(&gateway, arrival, |effect| backend.perform(effect))
}

fn lines(told: &Told) -> Vec<String> {
    let OutgoingFields::Complete(fields) = &sent(told).fields else { panic!("edits only") };
    fields.iter().map(|f| alloc::format!("{}: {}", f.name, f.value)).collect()
}

#[test]
fn the_endpoint_sees_nothing_of_the_client_but_its_content_and_its_type() {
    let fields = ["X-Mine: 1", "Cookie: a=1", "Authorization: secret", "Content-Type: text/x"];
    let told = ask(
        custom("http://backend/b", &[]),
        posted("PUT /prod/a/1?q=1", &fields),
        &backend(b"hello", b"answer"),
    );
    assert_eq!(
        (sent(&told).method.as_str(), sent(&told).url.as_str()),
        ("POST", "http://backend/b")
    );
    let own = [
        "Accept: application/json",
        "User-Agent: AmazonAPIGateway_abc123",
        "X-Amzn-Apigateway-Api-Id: abc123",
    ];
    assert_eq!(lines(&told)[..3], own);
    assert!(lines(&told)[3].starts_with("X-Amzn-Trace-Id: Root=1-"));
    assert_eq!(lines(&told)[4..], ["Content-Type: text/x"]);
    assert_eq!((sent_content(&told), sent(&told).timeout_ms), (&b"hello"[..], 29_000));
    assert_eq!((told.response.status, told.body()), (200, "answer"));
}

#[test]
fn methods_without_content_have_no_content_type() {
    for verb in ["GET", "HEAD", "OPTIONS"] {
        let request = alloc::format!("{verb} /prod/a/1");
        let told = ask(
            custom("http://backend/b", &[]),
            arrival(&request, &["Content-Type: text/x"]),
            &backend(b"", b""),
        );
        assert_eq!(sent_field(&told, "content-type"), None, "{verb}");
    }
}

#[test]
fn any_is_the_clients_method() {
    let any = Integration { http_method: Some("ANY".into()), ..custom("http://backend/b", &[]) };
    let told = ask(any, arrival("DELETE /prod/a/1", &[]), &backend(b"", b""));
    assert_eq!(sent(&told).method, "DELETE");
}

#[test]
fn path_query_and_header_take_what_is_mapped() {
    let mappings = [
        ("path.p", "method.request.path.p"),
        ("path.h", "method.request.header.X-H"),
        ("querystring.q", "method.request.querystring.q"),
        ("querystring.all", "method.request.multivaluequerystring.q"),
        ("header.X-Last", "method.request.header.X-H"),
        ("header.X-All", "method.request.multivalueheader.X-H"),
        ("header.X-Case", "method.request.header.x-h"),
        ("header.X-Stage", "context.stage"),
        ("header.X-Unknown", "context.nothing"),
        ("header.X-Literal", "'a b'"),
        ("header.X-Hidden", "method.request.header.Content-Length"),
        ("header.User-Agent", "'mine'"),
        ("header.X-From", "method.request.header.X-Forwarded-For"),
        ("header.X-From-All", "method.request.multivalueheader.X-Forwarded-For"),
        ("header.X-From-Case", "method.request.header.x-forwarded-for"),
        ("header.X-Scheme", "method.request.header.X-Forwarded-Proto"),
    ];
    let told = ask(
        custom("http://backend/{p}/{h}/{none}?own=1", &mappings),
        arrival(
            "GET /prod/a/x%2Fy?q=1&q=2+3&z=4",
            &["X-H: one", "X-H: two/?", "Content-Length: 0", "x-forwarded-for: 198.51.100.7"],
        ),
        &backend(b"", b""),
    );
    assert_eq!(
        sent(&told).url,
        "http://backend/x%2Fy/two/%3F/%7Bnone%7D?own=1&q=2%203&all=1&all=2%203"
    );
    for (name, value) in [
        ("x-last", Some("two/?")),
        ("x-all", Some("one,two/?")),
        ("x-case", None),
        ("x-stage", Some("prod")),
        ("x-unknown", None),
        ("x-literal", Some("a b")),
        ("x-hidden", None),
        ("user-agent", Some("mine")),
        // Added in front of the API; by themselves they do not go on.
        ("x-from", Some("198.51.100.7, 192.0.2.7")),
        ("x-from-all", Some("198.51.100.7, 192.0.2.7")),
        ("x-from-case", None),
        ("x-scheme", Some("https")),
        ("x-forwarded-for", None),
    ] {
        assert_eq!(sent_field(&told, name), value, "{name}");
    }
}

#[test]
fn mappings_take_the_content_or_what_a_json_path_finds_in_it() {
    let mappings = [
        ("header.all", "method.request.body"),
        ("header.name", "method.request.body.pets[0].name"),
        ("header.pet", "method.request.body.pets[0]"),
        ("header.number", "method.request.body.n"),
        ("header.null", "method.request.body.null"),
        ("header.none", "method.request.body.none"),
        ("querystring.names", "method.request.body.pets[*].name"),
    ];
    let ask = |content: &str| {
        let integration = custom("http://backend/", &mappings);
        ask(integration, posted("POST /prod/a/1", &[]), &backend(content.as_bytes(), b""))
    };
    let told = ask(r#"{"pets": [{"name": "rex"}, {"name": "tom"}], "n": 1.50, "null": null}"#);
    for (name, value) in [
        ("name", Some("rex")),
        ("pet", Some(r#"{"name":"rex"}"#)),
        ("number", Some("1.5")),
        ("null", None),
        ("none", None),
    ] {
        assert_eq!(sent_field(&told, name), value, "{name}");
    }
    assert!(sent(&told).url.ends_with("?names=%5B%22rex%22%2C%22tom%22%5D"), "{}", sent(&told).url);
    for (content, all) in [("", "{}"), ("<a/>", "<a/>"), ("a\r\nb: c", "a  b: c")] {
        let told = ask(content);
        assert_eq!(sent_field(&told, "all"), Some(all));
        assert_eq!(sent_field(&told, "name"), None);
        assert_eq!(sent_content(&told), content.as_bytes());
    }
    for content in ["{", " [1,", "\"a", "'a'"] {
        let told = ask(content);
        assert_eq!(
            (told.response.status, told.body()),
            (400, "{\"message\":\"Invalid JSON in request body\"}"),
            "{content}"
        );
        assert_eq!(told.field("x-amzn-errortype"), Some("BadRequestException"));
        assert!(told.effects.iter().all(|e| !matches!(e, Effect::SendRequest(_))));
    }
}

#[test]
fn content_that_no_mapping_reads_is_not_parsed() {
    let integration = custom("http://backend/", &[("header.a", "'b'")]);
    let told = ask(integration, posted("POST /prod/a/1", &[]), &backend(b"{", b""));
    assert_eq!((told.response.status, sent_content(&told)), (200, &b"{"[..]));
}

#[test]
fn fields_of_the_gateway_itself_are_a_configuration_error_where_they_are_mapped() {
    for name in ["Content-Length", "transfer-encoding", "X-Amzn-Trace-Id"] {
        let target = alloc::format!("header.{name}");
        let told = ask(
            custom("http://backend/", &[(&target, "'0'")]),
            arrival("GET /prod/a/1", &[]),
            &backend(b"", b""),
        );
        assert_eq!(
            (told.response.status, told.body()),
            (500, "{\"message\": \"Internal server error\"}"),
        );
        assert_eq!(told.asked().len(), 0, "nobody is called");
        let missing = [(target.as_str(), "method.request.header.None")];
        let told = ask(
            custom("http://backend/", &missing),
            arrival("GET /prod/a/1", &[]),
            &backend(b"", b""),
        );
        assert_eq!(told.response.status, 200, "what is not mapped does not matter: {name}");
    }
}

#[test]
fn some_mapped_fields_are_lost_and_all_others_arrive() {
    let lost = ["Connection", "Expect", "Proxy-Authenticate", "TE", "Via"];
    let arrive = [
        "Accept",
        "Accept-Charset",
        "Accept-Encoding",
        "Age",
        "Authorization",
        "Content-Encoding",
        "Content-MD5",
        "Content-Type",
        "Date",
        "Host",
        "Max-Forwards",
        "Pragma",
        "Range",
        "Referer",
        "Server",
        "Trailer",
        "Upgrade",
        "User-Agent",
        "Warn",
        "WWW-Authenticate",
    ];
    let targets: Vec<String> =
        lost.iter().chain(&arrive).map(|name| alloc::format!("header.{name}")).collect();
    let mappings: Vec<(&str, &str)> = targets.iter().map(|t| (t.as_str(), "'mapped'")).collect();
    let told = ask(
        custom("http://backend/", &mappings),
        arrival("GET /prod/a/1", &[]),
        &backend(b"", b""),
    );
    for name in lost {
        assert_eq!(sent_field(&told, name), None, "{name}");
    }
    for name in arrive {
        assert_eq!(sent_field(&told, name), Some("mapped"), "{name}");
    }
}

#[test]
fn content_without_a_template_passes_or_is_415_as_the_integration_says() {
    use PassthroughBehavior::{Never, WhenNoMatch, WhenNoTemplates};
    let templates = |media_types: &[&str]| {
        let template = |media_type: &&str| ((*media_type).into(), "{\"templated\":true}".into());
        media_types.iter().map(template).collect::<Vec<(String, String)>>()
    };
    const TEMPLATED: Option<&str> = Some("{\"templated\":true}");
    for (behavior, media_types, content_type, content) in [
        (Never, &[][..], None, None),
        (Never, &["text/xml"], Some("text/xml; charset=utf-8"), TEMPLATED),
        (Never, &["application/json"], None, TEMPLATED),
        (Never, &["application/json"], Some("text/plain"), None),
        (Never, &["$default"], Some("text/plain"), TEMPLATED),
        (WhenNoTemplates, &[], Some("text/plain"), Some("content")),
        (WhenNoTemplates, &["text/xml"], None, None),
        (WhenNoMatch, &["text/xml"], Some("text/plain"), Some("content")),
    ] {
        let integration = Integration {
            passthrough_behavior: behavior,
            request_templates: templates(media_types),
            ..custom("http://backend/", &[])
        };
        let field = content_type.map(|t| alloc::format!("Content-Type: {t}"));
        let fields: Vec<&str> = field.iter().map(String::as_str).collect();
        let posted = posted("POST /prod/a/1", &fields);
        let told = ask(integration, posted, &backend(b"content", b""));
        match content {
            Some(content) => assert_eq!(sent_content(&told), content.as_bytes()),
            None => assert_eq!(
                (told.response.status, told.body()),
                (415, "{\"message\":\"Unsupported Media Type\"}")
            ),
        }
    }
}

#[test]
fn content_of_a_type_whose_template_is_empty_passes_both_ways() {
    use PassthroughBehavior::{Never, WhenNoTemplates};
    let none = || vec![("application/json".into(), String::new())];
    for passthrough_behavior in [Never, WhenNoTemplates] {
        let mut integration = Integration {
            passthrough_behavior,
            request_templates: none(),
            ..custom("http://backend/", &[])
        };
        integration.responses[0].response_templates = none();
        let json = posted("POST /prod/a/1", &["Content-Type: application/json"]);
        let told = ask(integration.clone(), json, &backend(b"content", b"answer"));
        assert_eq!((sent_content(&told), told.body()), (&b"content"[..], "answer"));
        let text = posted("POST /prod/a/1", &["Content-Type: text/plain"]);
        assert_eq!(ask(integration, text, &backend(b"", b"")).response.status, 415);
    }
}

#[test]
fn a_template_makes_content_where_the_client_sent_none() {
    let integration = Integration {
        request_templates: vec![("application/json".into(), "{\"a\":1}".into())],
        ..custom("http://backend/", &[])
    };
    let told = ask(integration, arrival("GET /prod/a/1", &[]), &backend(b"", b""));
    assert_eq!(sent_content(&told), b"{\"a\":1}");
}

#[test]
fn content_that_is_too_large_for_a_header_section_is_not_mapped() {
    for (bytes, status) in [(9_000, 200), (11_000, 500)] {
        let content = "x".repeat(bytes);
        let integration = custom("http://backend/", &[("header.all", "method.request.body")]);
        let posted = posted("POST /prod/a/1", &[]);
        let told = ask(integration, posted, &backend(content.as_bytes(), b""));
        assert_eq!(told.response.status, status, "{bytes}");
        let mut integration = custom("http://backend/", &[]);
        integration.responses[0].response_parameters =
            vec![("method.response.header.all".into(), "integration.response.body".into())];
        let told =
            ask(integration, arrival("GET /prod/a/1", &[]), &backend(b"", content.as_bytes()));
        assert_eq!(told.response.status, status, "{bytes}");
    }
}

#[test]
fn an_endpoint_that_fails_is_504() {
    let gateway = gateway(vec![rest(vec![method("GET /", custom("http://backend/", &[]))])]);
    for (error, message) in [
        (EffectError::TimedOut, "Endpoint request timed out"),
        (EffectError::Unavailable("refused".into()), "Network error communicating with endpoint"),
    ] {
        let told = run(&gateway, arrival("GET /prod", &[]), |effect| match effect {
            Effect::SendRequest(_) => Some(Outcome::SendRequest(Err(error.clone()))),
            _ => None,
        });
        assert_eq!(told.response.status, 504);
        assert!(told.body().contains(message), "{}", told.body());
    }
}

#[test]
fn an_answer_of_more_than_10_mb_is_a_configuration_error() {
    let gateway = gateway(vec![rest(vec![method("GET /", custom("http://backend/", &[]))])]);
    let told = run(&gateway, arrival("GET /prod", &[]), |effect| match effect {
        Effect::ReadContent(_) => Some(Outcome::ReadContent(Err(EffectError::TooLarge))),
        other => backend(b"", b"").perform(other),
    });
    assert_eq!(
        (told.response.status, told.body().to_string()),
        (500, "{\"message\": \"Internal server error\"}".into())
    );
}

#[test]
fn stage_variables_make_the_uri_and_their_lack_a_500() {
    let uri = "http://${stageVariables.host}/";
    let mut api = rest(vec![method("GET /", custom(uri, &[]))]);
    let told = run_alone(&gateway(vec![api.clone()]), arrival("GET /prod", &[]));
    assert_eq!(told.response.status, 500);
    let reason = told.notices.iter().find_map(|notice| match notice {
        Notice::ReportIntegration(failure) => Some(&failure.reason),
        _ => None,
    });
    assert_eq!(
        reason.unwrap(),
        "Invalid endpoint address: `http://${stageVariables.host}/`: there is no host: the stage has no \
         variable `host`, which its URI names"
    );
    api.stages[0].variables.insert("host".into(), "example.com".into());
    let told = run(&gateway(vec![api]), arrival("GET /prod", &[]), |effect| {
        matches!(effect, Effect::SendRequest(_)).then(|| endpoint(200, &[], Content::Empty))
    });
    assert_eq!(sent(&told).url, "http://example.com/");
}
