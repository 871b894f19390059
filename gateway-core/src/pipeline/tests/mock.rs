use alloc::vec;

use crate::definition::{Integration, IntegrationResponse, PassthroughBehavior};
use crate::effect::{Effect, Outcome};
use crate::message::{Content, ContentId};
use crate::pipeline::world::*;

fn response(
    pattern: Option<&str>,
    status_code: u16,
    name: &str,
    value: &str,
) -> IntegrationResponse {
    IntegrationResponse {
        selection_pattern: pattern.map(Into::into),
        response_parameters: vec![(name.into(), value.into())],
        ..IntegrationResponse::new(status_code)
    }
}

#[test]
fn a_template_selects_the_response_by_its_status_code() {
    let integration = Integration {
        request_templates: vec![("application/json".into(), "{statusCode: 204,}".into())],
        responses: vec![
            response(None, 200, "method.response.header.A", "'no'"),
            response(Some("20[4-9]"), 202, "method.response.header.Vary", "'Origin'"),
        ],
        ..mock("")
    };
    let told = run_alone(
        &gateway(vec![rest(vec![method("OPTIONS /", integration)])]),
        arrival("OPTIONS /prod", &[]),
    );
    assert_eq!(told.response.status, 202);
    assert_eq!((told.field("vary"), told.field("a"), told.body()), (Some("Origin"), None, ""));
    assert_eq!(told.field("x-amzn-trace-id"), None);
    assert_eq!(told.field("content-type"), Some("application/json"));
    assert!(told.field("x-amzn-requestid").is_some() && told.field("x-amz-apigw-id").is_some());
}

#[test]
fn reserved_names_are_remapped_and_values_come_from_the_request() {
    let mapped =
        |name: &str, value: &str| (alloc::format!("method.response.header.{name}"), value.into());
    let mut integration = mock("{}");
    integration.responses[0].response_parameters = vec![
        mapped("Date", "'d'"),
        mapped("Transfer-Encoding", "'t'"),
        mapped("X-Header", "method.request.header.X-In"),
        mapped("X-Case", "method.request.header.x-in"),
        mapped("X-Query", "method.request.querystring.q"),
        mapped("X-Path", "method.request.path.p"),
        mapped("X-Stage", "stageVariables.v"),
        mapped("X-Missing", "stageVariables.none"),
        mapped("X-Context", "context.stage"),
        mapped("Content-Type", "'text/plain'"),
    ];
    let mut api = rest(vec![method("GET /{p}", integration)]);
    api.stages[0].variables.insert("v".into(), "1".into());
    let arrival = arrival("GET /prod/x%20y?q=1&q=2%0d%0aSet-Cookie:%20a", &["X-In: in"]);
    let told = run_alone(&gateway(vec![api]), arrival);
    for (name, value) in [
        ("x-amzn-remapped-date", Some("d")),
        ("transfer-encoding", None),
        ("x-header", Some("in")),
        ("x-case", None),
        ("x-query", Some("2  Set-Cookie: a")),
        ("x-path", Some("x%20y")),
        ("x-stage", Some("1")),
        ("x-missing", None),
        ("x-context", Some("prod")),
        ("content-type", Some("text/plain")),
    ] {
        assert_eq!(told.field(name), value, "{name}");
    }
}

#[test]
fn accept_chooses_among_response_templates() {
    let mut integration = mock("{}");
    integration.responses[0].response_templates.push(("text/xml".into(), "<x/>".into()));
    let gateway = gateway(vec![rest(vec![method("GET /", integration)])]);
    let body = |fields: &[&str]| run_alone(&gateway, arrival("GET /prod", fields)).body().len();
    assert_eq!((body(&[]), body(&["Accept: text/xml"])), (2, 4));
}

#[test]
fn without_a_template_the_content_itself_is_read() {
    let integration = Integration { request_templates: vec![], ..mock("ok") };
    let never =
        Integration { passthrough_behavior: PassthroughBehavior::Never, ..integration.clone() };
    let gateway =
        gateway(vec![rest(vec![method("POST /", integration), method("POST /n", never)])]);
    let mut posted = arrival("POST /prod", &["Content-Type: text/plain"]);
    posted.request.content = Content::Held(ContentId(0));
    let told = run(&gateway, posted, |effect| match effect {
        Effect::ReadContent(_) => {
            Some(Outcome::ReadContent(Ok(b"{'statusCode': 7}".to_vec().into())))
        }
        _ => None,
    });
    assert_eq!((told.response.status, told.body()), (200, "ok"));
    assert_eq!(
        run_alone(&gateway, arrival("POST /prod", &[])).response.status,
        500,
        "no statusCode"
    );
    assert_eq!(run_alone(&gateway, arrival("POST /prod/n", &[])).response.status, 415);
}

/// Its configuration is at fault, not the client: "Output mapping refers to an invalid method response".
#[test]
fn a_response_that_the_method_does_not_declare_is_none() {
    let mut integration = mock("{}");
    integration.responses[0].has_method_response = false;
    let gateway = gateway(vec![rest(vec![method("GET /", integration)])]);
    let told = run_alone(&gateway, arrival("GET /prod", &[]));
    assert_eq!(
        (told.response.status, told.body()),
        (500, r#"{"message": "Internal server error"}"#)
    );
    assert_eq!(told.field("x-amzn-errortype"), Some("InternalServerErrorException"));
}
