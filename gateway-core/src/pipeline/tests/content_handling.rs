use alloc::vec;

use crate::content_handling::is_binary;
use crate::definition::ContentHandling::{self, ConvertToBinary, ConvertToText};
use crate::definition::{Api, Integration, IntegrationResponse, IntegrationType};
use crate::effect::Effect;
use crate::message::{Content, ContentId};
use crate::pipeline::world::*;

const RAW: &[u8] = b"\x1f\x8b raw";
const INTERNAL: (u16, &str) = (500, "{\"message\": \"Internal server error\"}");

fn api(request: Option<ContentHandling>, response: Option<ContentHandling>) -> Api {
    let integration = Integration {
        content_handling: request,
        responses: vec![IntegrationResponse {
            content_handling: response,
            ..IntegrationResponse::new(200)
        }],
        ..integration(IntegrationType::Http, "http://backend/")
    };
    let mut api = rest(vec![method("PUT /", integration)]);
    api.deployments[0].binary_media_types = vec!["image/png".into()];
    api
}

fn ask(api: Api, fields: &[&str], backend: &Backend) -> Told {
    run(&gateway(vec![api]), posted("PUT /prod", fields), |effect| backend.perform(effect))
}

#[test]
fn the_clients_content_is_converted_for_the_endpoint() {
    for (content_type, handling, content, sent) in [
        ("text/plain", None, RAW, Some("\u{1f}\u{fffd} raw".as_bytes())),
        ("text/plain", Some(ConvertToText), RAW, Some("\u{1f}\u{fffd} raw".as_bytes())),
        ("text/plain", Some(ConvertToBinary), b"H4sgcmF3", Some(RAW)),
        ("text/plain", Some(ConvertToBinary), RAW, None),
        ("image/png", Some(ConvertToText), RAW, Some(b"H4sgcmF3")),
    ] {
        let field = alloc::format!("Content-Type: {content_type}");
        let told = ask(api(handling, None), &[&field], &backend(content, b""));
        match sent {
            Some(sent) => assert_eq!(sent_content(&told), sent, "{content_type} {handling:?}"),
            None => assert_eq!((told.response.status, told.body()), INTERNAL),
        }
    }
}

#[test]
fn a_proxy_converts_content_where_its_integration_says_so() {
    for (content_type, handling, content, sent) in [
        ("text/plain", ConvertToBinary, &b"H4sgcmF3"[..], RAW),
        ("image/png", ConvertToText, RAW, b"H4sgcmF3"),
    ] {
        let mut api = api(Some(handling), None);
        api.deployments[0].methods[0].integration.integration_type = IntegrationType::HttpProxy;
        let field = alloc::format!("Content-Type: {content_type}");
        let told = ask(api, &[&field], &backend(content, b""));
        assert_eq!(sent_content(&told), sent, "{content_type} {handling:?}");
    }
}

#[test]
fn bytes_that_nobody_reads_stay_with_the_host_both_ways() {
    let png = Backend { fields: vec![("Content-Type", "image/png")], ..backend(RAW, RAW) };
    for handling in [None, Some(ConvertToBinary)] {
        let fields = ["Content-Type: image/png", "Accept: image/png"];
        let told = ask(api(handling, handling), &fields, &png);
        assert_eq!(sent(&told).content, Content::Held(ContentId(0)));
        assert_eq!(told.response.content, Content::Held(ContentId(1)));
        assert!(told.effects.iter().all(|e| !matches!(e, Effect::ReadContent(_))));
    }
}

#[test]
fn the_endpoints_content_is_converted_for_the_client() {
    for (content_type, accept, handling, body) in [
        ("image/png", "text/plain", None, Some("H4sgcmF3")),
        ("image/png", "image/png", Some(ConvertToText), Some("H4sgcmF3")),
        ("text/plain", "text/plain", None, Some("\u{1f}\u{fffd} raw")),
        ("text/plain", "image/png", Some(ConvertToText), Some("\u{1f}\u{fffd} raw")),
        ("text/plain", "image/png", None, None),
        ("text/plain", "text/plain", Some(ConvertToBinary), None),
    ] {
        let accept = alloc::format!("Accept: {accept}");
        let backend = Backend { fields: vec![("Content-Type", content_type)], ..backend(b"", RAW) };
        let told = ask(api(None, handling), &[&accept], &backend);
        match body {
            Some(body) => assert_eq!((told.response.status, told.body()), (200, body)),
            None => assert_eq!((told.response.status, told.body()), INTERNAL),
        }
    }
}

#[test]
fn templates_take_text_alone() {
    let templates =
        || vec![("application/json".into(), "{}".into()), ("image/png".into(), "{}".into())];
    let mut requests = api(None, None);
    requests.deployments[0].methods[0].integration.request_templates = templates();
    for (content, handling, status) in [
        (RAW, None, 500),
        (b"text", None, 500),
        (b"", None, 500),
        (b"text", Some(ConvertToBinary), 500),
        (b"text", Some(ConvertToText), 200),
        (RAW, Some(ConvertToText), 200),
    ] {
        requests.deployments[0].methods[0].integration.content_handling = handling;
        let told = ask(requests.clone(), &["Content-Type: image/png"], &backend(content, b""));
        assert_eq!(told.response.status, status, "{handling:?}");
    }
    let mut responses = api(None, None);
    responses.deployments[0].methods[0].integration.responses[0].response_templates = templates();
    let png = |content: &[u8]| Backend {
        fields: vec![("Content-Type", "image/png")],
        ..backend(b"", content)
    };
    for (content, accept, status) in
        [(RAW, "image/png", 500), (b"", "image/png", 200), (RAW, "text/plain", 200)]
    {
        let accept = alloc::format!("Accept: {accept}");
        assert_eq!(ask(responses.clone(), &[&accept], &png(content)).response.status, status);
    }
}

#[test]
fn a_mock_where_everything_is_binary_answers_once_it_converts_to_text() {
    let mut api = rest(vec![method("OPTIONS /", mock("{}"))]);
    api.deployments[0].binary_media_types = vec!["*/*".into()];
    assert!(is_binary(None, &api.deployments[0].binary_media_types));
    for (handling, answer) in
        [(None, INTERNAL), (Some(ConvertToBinary), INTERNAL), (Some(ConvertToText), (200, "{}"))]
    {
        api.deployments[0].methods[0].integration.content_handling = handling;
        let arrival = arrival("OPTIONS /prod", &["Accept: */*"]);
        let told = run_alone(&gateway(vec![api.clone()]), arrival);
        assert_eq!((told.response.status, told.body()), answer, "{handling:?}");
    }
}
