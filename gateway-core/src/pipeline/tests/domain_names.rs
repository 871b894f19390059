use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec;

use crate::definition::{ApiMapping, DomainName};
use crate::effect::Notice;
use crate::gateway::Gateway;
use crate::pipeline::world::*;

fn mapping(base_path: &str, api: u32, stage: Option<&str>) -> ApiMapping {
    ApiMapping { base_path: base_path.into(), api, stage: stage.map(Into::into) }
}

/// `api.example.com`: `v1` and everything else to a REST API, `v1/orders` to an HTTP API.
fn mapped() -> Rc<Gateway> {
    let text = "$context.path $context.stage";
    let mut pets = rest(vec![method("GET /", mock("root")), method("GET /pets", mock(text))]);
    pets.id = "pets".into();
    let log = pets.stages[0].access_log_settings.as_mut().unwrap();
    log.format = "$context.requestId $context.customDomain.basePathMatched".into();
    pets.disable_execute_api_endpoint = true;
    let mut orders = http(vec![method("GET /orders", http_proxy_to("https://backend.example/o"))]);
    orders.id = "orders".into();
    let mut snapshot = snapshot(vec![pets, orders]);
    snapshot.domain_names = vec![
        DomainName {
            domain_name: "api.example.com".into(),
            mutual_tls: false,
            strict_access: false,
            mappings: vec![
                mapping("", 0, Some("prod")),
                mapping("v1", 0, Some("prod")),
                mapping("v1/orders", 1, Some("$default")),
                mapping("staged", 0, None),
            ],
        },
        DomainName {
            domain_name: "*.shop.example".into(),
            mutual_tls: false,
            strict_access: false,
            mappings: vec![mapping("v1", 0, Some("prod"))],
        },
    ];
    Rc::new(Gateway::compile(snapshot).unwrap())
}

fn http_proxy_to(url: &str) -> crate::definition::Integration {
    integration(crate::definition::IntegrationType::HttpProxy, url)
}

#[track_caller]
fn answer(request: &str, host: &str) -> String {
    let told = run_alone(&mapped(), arrival(request, &[&alloc::format!("Host: {host}")]));
    alloc::format!("{} {}", told.response.status, told.body())
}

const FORBIDDEN: &str = "403 {\"message\":\"Forbidden\"}";

#[test]
fn the_longest_base_path_decides_and_the_path_stays_whole() {
    let host = "api.example.com";
    assert_eq!(answer("GET /pets", host), "200 /pets prod");
    assert_eq!(answer("GET /v1/pets", host), "200 /v1/pets prod");
    assert_eq!(answer("GET /v1", host), "200 root");
    assert_eq!(answer("GET /v1/pets", "API.example.com:8443"), "200 /v1/pets prod");
    // Base paths are whole segments: `v1x` belongs to the mapping without one, which lacks it.
    assert!(answer("GET /v1x/pets", host).starts_with("403 {\"message\":\"Missing Authentication"));
    let orders =
        |_: &crate::effect::Effect| Some(endpoint(204, &[], crate::message::Content::Empty));
    let told =
        run(&mapped(), arrival("GET /v1/orders/orders", &["Host: api.example.com"]), |effect| {
            matches!(effect, crate::effect::Effect::SendRequest(_))
                .then(|| orders(effect))
                .flatten()
        });
    assert_eq!(told.response.status, 204);
}

#[test]
fn a_path_that_others_read_as_one_below_another_base_path_has_no_mapping() {
    let host = "api.example.com";
    for path in [
        "/./v1/pets",
        "/x/../v1/pets",
        "/%76%31/pets",
        "/v1%2fpets",
        "/v1;a/pets",
        "/x//../v1/pets",
        "/%2e/v1/pets",
        "/\\v1/pets",
        "/.//v1/pets",
        "/v1/../pets",
        // A signature for `/v1/orders/orders`, which another API answers, is one for these too.
        "/v1//orders/orders",
        "/v1/./orders/orders",
        "/v1/x/../orders/orders",
    ] {
        assert_eq!(answer(&alloc::format!("GET {path}"), host), FORBIDDEN, "{path}");
    }
    // These are of their base path to everybody.
    for path in ["//v1/pets", "///v1/pets", "/v1//pets"] {
        let told = answer(&alloc::format!("GET {path}"), host);
        assert_ne!(told, FORBIDDEN, "{path}");
    }
}

#[test]
fn a_mapping_without_a_stage_lets_the_client_name_it() {
    assert_eq!(answer("GET /staged/prod/pets", "api.example.com"), "200 /staged/prod/pets prod");
    assert_eq!(answer("GET /staged/dev/pets", "api.example.com"), FORBIDDEN);
    assert_eq!(answer("GET /staged", "api.example.com"), FORBIDDEN);
}

#[test]
fn a_wildcard_stands_for_one_label() {
    assert_eq!(answer("GET /v1/pets", "a.shop.example"), "200 /v1/pets prod");
    assert_eq!(answer("GET /other", "a.shop.example"), FORBIDDEN);
    assert_eq!(answer("GET /v1/pets", "a.b.shop.example"), FORBIDDEN);
}

#[test]
fn an_api_whose_own_endpoint_is_disabled_is_reached_by_its_domain_name_alone() {
    assert_eq!(answer("GET /prod/pets", "pets.execute-api.us-east-1.amazonaws.com"), FORBIDDEN);
    assert_eq!(answer("GET /_aws/execute-api/pets/prod/pets", "localhost"), FORBIDDEN);
    assert_eq!(answer("GET /v1/pets", "api.example.com"), "200 /v1/pets prod");
}

#[test]
fn the_log_tells_the_base_path() {
    for (request, base_path) in [("GET /v1/pets", "v1"), ("GET /pets", "(none)")] {
        let told = run_alone(&mapped(), arrival(request, &["Host: api.example.com"]));
        let logged = told.notices.iter().any(|notice| {
            matches!(notice, Notice::WriteAccessLog { line, .. } if line.ends_with(&alloc::format!(" {base_path}")))
        });
        assert!(logged, "{request}: {:?}", told.notices);
    }
}
