use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use crate::definition::{Integration, IntegrationResponse, IntegrationType};
use crate::pipeline::world::*;

fn response(
    pattern: Option<&str>,
    status_code: u16,
    mappings: &[(&str, &str)],
) -> IntegrationResponse {
    let target = |name: &str| alloc::format!("method.response.header.{name}");
    IntegrationResponse {
        selection_pattern: pattern.map(Into::into),
        response_parameters: mappings.iter().map(|(t, s)| (target(t), (*s).into())).collect(),
        ..IntegrationResponse::new(status_code)
    }
}

fn ask(responses: Vec<IntegrationResponse>, backend: &Backend, fields: &[&str]) -> Told {
    let integration =
        Integration { responses, ..integration(IntegrationType::Http, "http://backend/") };
    let mut api = rest(vec![method("GET /", integration)]);
    api.stages[0].variables.insert("v".into(), "a stage variable".into());
    run(&gateway(vec![api]), arrival("GET /prod", fields), |effect| backend.perform(effect))
}

#[test]
fn fields_of_the_endpoint_cross_only_where_they_are_mapped() {
    let mappings = [
        ("a", "integration.response.header.test"),
        ("b", "integration.response.header.Test"),
        ("last", "integration.response.header.many"),
        ("all", "integration.response.multivalueheader.many"),
        ("solo", "integration.response.multivalueheader.test"),
        ("api", "context.apiId"),
        ("sv", "stageVariables.v"),
        ("literal", "'fixed'"),
        ("gone", "integration.response.header.missing"),
        ("gone-too", "stageVariables.none"),
    ];
    let backend = Backend {
        fields: vec![
            ("test", "value"),
            ("many", "1"),
            ("many", "2"),
            ("Server", "s"),
            ("content-type", "text/csv"),
        ],
        ..backend(b"", b"a,b")
    };
    let told = ask(vec![response(None, 201, &mappings)], &backend, &[]);
    for (name, value) in [
        ("a", Some("value")),
        ("b", None),
        ("last", Some("2")),
        ("all", Some("1,2")),
        ("solo", Some("value")),
        ("api", Some("abc123")),
        ("sv", Some("a stage variable")),
        ("literal", Some("fixed")),
        ("gone", None),
        ("gone-too", None),
        ("test", None),
        ("server", None),
        ("x-amzn-remapped-server", None),
        ("content-type", Some("application/json")),
    ] {
        assert_eq!(told.field(name), value, "{name}");
    }
    assert_eq!((told.response.status, told.body()), (201, "a,b"));
    assert!(told.field("x-amzn-trace-id").is_some());
}

#[test]
fn where_spelling_is_not_known_names_have_no_case() {
    let mappings = [
        ("a", "integration.response.header.ETag"),
        ("b", "integration.response.multivalueheader.X-Many"),
    ];
    let fields = |spelled: &'static str| Backend {
        fields: vec![("etag", "1"), ("x-many", "2"), ("x-many", "3"), (spelled, "4")],
        ..backend(b"", b"")
    };
    let told = ask(vec![response(None, 200, &mappings)], &fields("date"), &[]);
    assert_eq!((told.field("a"), told.field("b")), (Some("1"), Some("2,3")));
    let told = ask(vec![response(None, 200, &mappings)], &fields("Date"), &[]);
    assert_eq!((told.field("a"), told.field("b")), (None, None));
}

#[test]
fn fields_take_the_content_or_what_a_json_path_finds_in_it() {
    let mappings = [
        ("all", "integration.response.body"),
        ("name", "integration.response.body.store.pets[0].name"),
    ];
    let ask = |content: &str| {
        ask(vec![response(None, 200, &mappings)], &backend(b"", content.as_bytes()), &[])
    };
    let told = ask(r#"{"store": {"pets": [{"name": "rex"}]}}"#);
    assert_eq!(told.field("name"), Some("rex"));
    let told = ask(r#"{"store": {"pets": {"name": "rex"}}}"#);
    assert_eq!(told.field("name"), None);
    for (content, all) in [("", "{}"), ("plain", "plain")] {
        let told = ask(content);
        assert_eq!((told.field("all"), told.field("name")), (Some(all), None));
        assert_eq!(told.body(), content);
    }
    let told = ask("{nonsense");
    assert_eq!(
        (told.response.status, told.body(), told.field("x-amzn-errortype")),
        (500, "{\"message\": \"Internal server error\"}", Some("InternalFailureException"))
    );
}

#[test]
fn names_that_are_the_gateways_own_come_back_remapped() {
    let remapped = [
        "Authorization",
        "Connection",
        "Content-Length",
        "Content-MD5",
        "Date",
        "Expect",
        "Host",
        "Max-Forwards",
        "Proxy-Authenticate",
        "Server",
        "Trailer",
        "Upgrade",
        "User-Agent",
        "WWW-Authenticate",
    ];
    let kept = [
        "Accept",
        "Accept-Charset",
        "Accept-Encoding",
        "Age",
        "Content-Encoding",
        "Content-Type",
        "Pragma",
        "Range",
        "Referer",
        "TE",
        "Via",
        "Warn",
    ];
    let mappings: Vec<(&str, &str)> = remapped
        .iter()
        .chain(&kept)
        .chain(&["Transfer-Encoding"])
        .map(|name| (*name, "'mapped'"))
        .collect();
    let told = ask(vec![response(None, 200, &mappings)], &backend(b"", b"{}"), &[]);
    for name in remapped {
        let renamed = alloc::format!("x-amzn-Remapped-{name}");
        assert_eq!(told.field(&renamed), Some("mapped"), "{name}");
        assert_eq!(told.field(name), None, "{name}");
    }
    for name in kept {
        assert_eq!(told.field(name), Some("mapped"), "{name}");
    }
    assert_eq!(told.field("transfer-encoding"), None);
    assert_eq!(told.field("x-amzn-remapped-transfer-encoding"), None);
}

#[test]
fn the_status_selects_the_first_pattern_that_matches_all_of_it() {
    let responses = || {
        vec![
            response(None, 200, &[]),
            response(Some("4\\d{2}"), 400, &[]),
            response(Some("404"), 404, &[]),
            response(Some("5"), 500, &[]),
        ]
    };
    for (endpoint, status) in [(200, 200), (404, 400), (503, 200), (302, 200)] {
        let told = ask(responses(), &Backend { status: endpoint, ..backend(b"", b"{}") }, &[]);
        assert_eq!(told.response.status, status, "{endpoint}");
    }
    let told = ask(responses().split_off(1), &backend(b"", b"{}"), &[]);
    assert_eq!(
        (told.response.status, told.body()),
        (500, "{\"message\": \"Internal server error\"}"),
        "nothing matches and there is no default"
    );
    let told = ask(vec![response(Some(""), 202, &[])], &backend(b"", b"{}"), &[]);
    assert_eq!(told.response.status, 202, "an empty pattern is the default");
}

#[test]
fn accept_chooses_the_template_whatever_the_content_is() {
    let templates: Vec<(String, String)> =
        vec![("text/html".into(), "<p/>".into()), ("application/json".into(), "{\"a\":1}".into())];
    let templated =
        IntegrationResponse { response_templates: templates, ..IntegrationResponse::new(200) };
    let html = Backend { fields: vec![("content-type", "text/html")], ..backend(b"", b"raw") };
    for (fields, body) in [
        (&[][..], "{\"a\":1}"),
        (&["Accept: text/html"], "<p/>"),
        (&["Accept: text/html;q=0.5, x/y"], "<p/>"),
        (&["Accept: x/y"], "{\"a\":1}"),
    ] {
        let told = ask(vec![templated.clone()], &html, fields);
        assert_eq!(told.body(), body);
        assert_eq!(told.field("content-type"), Some("application/json"));
    }
}

#[test]
fn values_cannot_break_out_of_their_field() {
    let mappings = [("X-A", "integration.response.body.a")];
    let content = br#"{"a": "x\r\nSet-Cookie: y"}"#;
    let told = ask(vec![response(None, 200, &mappings)], &backend(b"", content), &[]);
    assert_eq!(told.field("x-a"), Some("x  Set-Cookie: y"));
}
