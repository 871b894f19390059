use alloc::rc::Rc;
use alloc::string::ToString;
use alloc::{format, vec};

use crate::definition::{
    GatewayResponse, Method, Model, RequestParameter, RequestValidator, Source,
};
use crate::effect::{Effect, Notice, Outcome};
use crate::gateway::Gateway;
use crate::gateway_error::ResponseType;
use crate::message::{Content, ContentId};
use crate::pipeline::world::*;

fn parameter(location: &str, name: &str) -> RequestParameter {
    RequestParameter { location: location.into(), name: name.into(), required: true }
}

/// A method whose parameters and content are validated as the flags say.
fn validated(body: bool, parameters: bool, models: &[(&str, &str)]) -> Rc<Gateway> {
    let schema = r#"{"type":"object","required":["a"],"properties":{"a":{"type":"integer"}}}"#;
    let model = |name: &str, schema: &str| Model {
        name: name.into(),
        schema: schema.into(),
        source: Source::default(),
    };
    let mut integration = mock("");
    integration.request_templates = vec![("$default".into(), "{\"statusCode\": 200}".into())];
    let post = Method {
        request_parameters: vec![
            parameter("querystring", "q"),
            parameter("path", "nowhere"),
            parameter("path", "id"),
            parameter("header", "X-B"),
            parameter("header", "X-A"),
            RequestParameter { required: false, ..parameter("querystring", "optional") },
        ],
        request_models: models.iter().map(|(m, n)| ((*m).into(), (*n).into())).collect(),
        request_validator: Some(0),
        ..method("POST /r/{id}", integration)
    };
    let mut api = rest(vec![post]);
    let deployment = &mut api.deployments[0];
    deployment.models = vec![
        model("Object", schema),
        model("List", r##"{"type":"array","items":{"$ref":"#/definitions/Object"}}"##),
    ];
    deployment.request_validators = vec![RequestValidator {
        name: "v".into(),
        validate_request_body: body,
        validate_request_parameters: parameters,
    }];
    let template = concat!(
        r#"{"message": $context.error.messageString, "#,
        r#""cause": "$context.error.validationErrorString"}"#,
    );
    deployment.gateway_responses = vec![GatewayResponse {
        response_type: ResponseType::BadRequestBody,
        status_code: Some(422),
        response_parameters: vec![],
        response_templates: vec![("application/json".into(), template.into())],
    }];
    api.stages[0].access_log_settings.as_mut().unwrap().format =
        "$context.status $context.error.responseType $context.error.validationErrorString".into();
    gateway(vec![api])
}

fn post(gateway: &Rc<Gateway>, target: &str, fields: &[&str], body: &str) -> Told {
    let mut arrival = arrival(&format!("POST /prod{target}"), fields);
    if !body.is_empty() {
        arrival.request.content = Content::Held(ContentId(0));
    }
    run(gateway, arrival, |effect| match effect {
        Effect::ReadContent(_) => Some(Outcome::ReadContent(Ok(body.as_bytes().to_vec().into()))),
        _ => None,
    })
}

#[test]
fn required_parameters_that_are_missing_are_listed_by_place_and_name() {
    let gateway = validated(true, true, &[("application/json", "Object")]);
    let told = post(&gateway, "/r/1", &[], "no json");
    assert_eq!(told.response.status, 400);
    let message = "Missing required request parameters: [X-A, X-B, nowhere, q]";
    assert_eq!(told.body(), format!("{{\"message\":\"{message}\"}}"));
    assert_eq!(told.field("x-amzn-errortype"), Some("BadRequestException"));
    assert!(told.asked().is_empty(), "content is not read where parameters are missing");
    let entry = told.notices.iter().find_map(|notice| match notice {
        Notice::WriteAccessLog { line, .. } => Some(line.as_str()),
        _ => None,
    });
    assert_eq!(entry, Some("400 BAD_REQUEST_PARAMETERS [X-A, X-B, nowhere, q]"));
}

#[test]
fn a_parameter_without_a_value_is_missing_and_fields_have_no_case() {
    let gateway = validated(false, true, &[]);
    let missing = |target: &str, fields: &[&str]| {
        let told = post(&gateway, target, fields, "");
        let body: serde_json::Value = serde_json::from_str(told.body()).unwrap();
        body["message"].as_str().unwrap().split_once(": ").unwrap().1.to_string()
    };
    assert_eq!(missing("/r/1?q=1", &["x-a: 1", "X-B: 2"]), "[nowhere]");
    assert_eq!(missing("/r/1?q=&q=%20", &["x-a: ", "X-B: 2"]), "[X-A, nowhere, q]");
    assert_eq!(missing("/r/1?q=&q=1", &["x-a: 1", "X-B: 2"]), "[nowhere]");
}

#[test]
fn content_must_satisfy_the_model_of_its_type() {
    let gateway = validated(
        true,
        false,
        &[("application/json", "Object"), ("application/list+json", "List"), ("$default", "List")],
    );
    let object = "{\"a\": 1}";
    for (content_type, body, is_valid) in [
        (None, object, true),
        (Some("application/json"), object, true),
        (Some("Application/JSON; charset=utf-8"), object, true),
        (Some("application/json"), "{\"a\": \"x\"}", false),
        (Some("application/json"), "{\"a\": 1", false),
        (Some("application/json"), "{\"a\": 1} x", false),
        (Some("application/json"), "\u{feff}{\"a\": 1}", false),
        (Some("application/json"), " \n", false),
        (None, "", false),
        (Some("application/list+json"), "[{\"a\": 1}]", true),
        (Some("application/list+json"), object, false),
        (Some("text/plain"), "[]", true),
        (Some("text/plain"), "text", false),
    ] {
        let field = content_type.map(|t| format!("Content-Type: {t}"));
        let fields: vec::Vec<&str> = field.as_deref().into_iter().collect();
        let told = post(&gateway, "/r/1", &fields, body);
        let expected = if is_valid { 200 } else { 422 };
        assert_eq!(told.response.status, expected, "{content_type:?} {body}");
    }
}

#[test]
fn what_is_wrong_is_told_to_gateway_responses_and_logs() {
    let gateway = validated(true, false, &[("application/json", "Object")]);
    let told = post(&gateway, "/r/1", &[], "{}");
    let wrong = "[object has missing required properties ([\"a\"])]";
    // In quotes, as in AWS's samples, it makes JSON.
    let body: serde_json::Value = serde_json::from_str(told.body()).unwrap();
    assert_eq!(body, serde_json::json!({"message": "Invalid request body", "cause": wrong}));
    // Logs escape quotes.
    let logged = format!("422 BAD_REQUEST_BODY {}", wrong.replace('"', "\\\""));
    let is_logged = |notice: &Notice| match notice {
        Notice::WriteAccessLog { line, .. } => *line == logged,
        _ => false,
    };
    assert!(told.notices.iter().any(is_logged), "{:?}", told.notices);
}

#[test]
fn content_of_a_type_without_a_model_is_not_validated_nor_read() {
    let gateway = validated(true, false, &[("application/json", "Object")]);
    let told = post(&gateway, "/r/1", &["Content-Type: text/plain"], "text");
    assert_eq!(told.response.status, 200);
    let gateway = validated(false, false, &[("application/json", "Object")]);
    assert_eq!(post(&gateway, "/r/1", &[], "text").response.status, 200);
}
