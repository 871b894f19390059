use alloc::vec;

use crate::definition::{Api, Cors, IntegrationType};
use crate::effect::Effect;
use crate::message::Content;
use crate::pipeline::world::*;

fn cors(origins: &[&str]) -> Cors {
    Cors {
        allow_origins: origins.iter().map(|o| (*o).into()).collect(),
        allow_methods: vec!["GET".into(), "POST".into()],
        allow_headers: vec!["authorization".into(), "content-type".into()],
        expose_headers: vec!["x-api-id".into()],
        max_age_s: Some(300),
        allow_credentials: true,
    }
}

fn api(cors: Cors, routes: &[&str]) -> Api {
    let backend = || integration(IntegrationType::HttpProxy, "http://backend/");
    let mut api = http(routes.iter().map(|route| method(route, backend())).collect());
    api.deployments[0].cors = Some(cors);
    api
}

fn ask(api: Api, request: &str, fields: &[&str]) -> Told {
    run(&gateway(vec![api]), arrival(request, fields), |effect| match effect {
        Effect::SendRequest(_) => Some(endpoint(
            200,
            &[("Access-Control-Allow-Origin", "*"), ("access-control-max-age", "1"), ("X-B", "b")],
            Content::Empty,
        )),
        _ => None,
    })
}

const PREFLIGHT: [&str; 2] = ["Origin: https://a.example", "Access-Control-Request-Method: POST"];

#[test]
fn a_preflight_that_no_route_matches_is_answered_by_the_gateway() {
    for path in ["/a", "/nowhere"] {
        let told = ask(
            api(cors(&["https://a.example"]), &["GET /a"]),
            &alloc::format!("OPTIONS {path}"),
            &PREFLIGHT,
        );
        assert_eq!((told.response.status, told.body(), told.effects.len()), (204, "", 0));
        for (name, value) in [
            ("access-control-allow-origin", Some("https://a.example")),
            ("access-control-allow-methods", Some("GET,POST")),
            ("access-control-allow-headers", Some("authorization,content-type")),
            ("access-control-allow-credentials", Some("true")),
            ("access-control-max-age", Some("300")),
            ("access-control-expose-headers", None),
        ] {
            assert_eq!(told.field(name), value, "{name}");
        }
    }
}

#[test]
fn a_route_that_matches_options_serves_the_preflight_itself() {
    let api = api(cors(&["https://a.example"]), &["GET /a", "OPTIONS /{proxy+}"]);
    let told = ask(api, "OPTIONS /a", &PREFLIGHT);
    assert_eq!((told.response.status, told.asked().len()), (200, 1));
    assert_eq!(told.field("access-control-allow-origin"), Some("https://a.example"));
}

#[test]
fn options_without_the_fields_of_a_preflight_is_any_request() {
    let told = ask(api(cors(&["*"]), &["GET /a"]), "OPTIONS /a", &["Origin: https://a.example"]);
    assert_eq!(told.response.status, 404);
}

#[test]
fn the_apis_settings_replace_the_integrations_fields() {
    let get = |origins: &[&str], fields: &[&str]| {
        let told = ask(api(cors(origins), &["GET /a"]), "GET /a", fields);
        assert_eq!((told.field("access-control-max-age"), told.field("x-b")), (None, Some("b")));
        told.field("access-control-allow-origin").map(alloc::string::String::from)
    };
    let origin = ["Origin: https://a.example"];
    assert_eq!(
        get(&["https://a.example", "https://b.example"], &origin).as_deref(),
        Some("https://a.example")
    );
    assert_eq!(get(&["https://b.example"], &origin), None);
    assert_eq!(get(&["https://a.example"], &["Origin: https://a.example.evil.org"]), None);
    assert_eq!(get(&["https://a.example"], &["Origin: https://a.example:8443"]), None);
    // A browser's origin is in lower case, and compared byte for byte (Fetch, "CORS check").
    assert_eq!(get(&["https://a.example"], &["Origin: HTTPS://A.example"]), None);
    assert_eq!(get(&["https://A.example"], &origin), None);
    assert_eq!(get(&["https://*"], &["Origin: HTTPS://a.example"]), None);
    assert_eq!(get(&["https://*"], &origin).as_deref(), Some("https://a.example"));
    assert_eq!(get(&["http://*"], &origin), None);
    assert_eq!(get(&["*"], &origin).as_deref(), Some("*"));
    assert_eq!(get(&["*"], &[]), None);
}

#[test]
fn without_settings_the_integrations_fields_pass() {
    let mut api = api(cors(&["*"]), &["GET /a"]);
    api.deployments[0].cors = None;
    let told = ask(api, "GET /a", &["Origin: https://a.example"]);
    assert_eq!(told.field("access-control-allow-origin"), Some("*"));
}
