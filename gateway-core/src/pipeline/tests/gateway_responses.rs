use alloc::vec;
use alloc::vec::Vec;

use crate::definition::{
    Api, Authorization, Authorizer, AuthorizerKind, GatewayResponse, Integration, IntegrationType,
    Source,
};
use crate::effect::{Effect, EffectError, Notice, Outcome, Taken};
use crate::gateway_error::ResponseType;
use crate::message::{Arrival, Content, ContentId};
use crate::pipeline::world::*;

fn cognito() -> Authorizer {
    Authorizer {
        name: "pool".into(),
        kind: AuthorizerKind::Cognito {
            identity_header: "Authorization".into(),
            identity_validation_expression: Some("client".into()),
            provider_arns: vec!["arn:aws:cognito-idp:eu-west-1:1:userpool/eu-west-1_a".into()],
        },
        source: Source::default(),
    }
}

/// A REST API on which everything that can go wrong does.
fn api() -> Api {
    let authorized = |route: &str, authorizer: u32| crate::definition::Method {
        authorization: Authorization::Authorizer { authorizer, scopes: vec![] },
        ..method(route, mock("{}"))
    };
    let keyed =
        crate::definition::Method { api_key_required: true, ..method("GET /key", mock("{}")) };
    let broken = Integration {
        request_templates: vec![("application/json".into(), "nonsense".into())],
        ..mock("{}")
    };
    let never = Integration {
        passthrough_behavior: crate::definition::PassthroughBehavior::Never,
        ..mock("{}")
    };
    let plain = Integration { request_templates: vec![], ..mock("{}") };
    let mut api = rest(vec![
        method("ANY /ok", mock("{}")),
        method("GET /proxy", integration(IntegrationType::HttpProxy, "http://h")),
        method("GET /broken", broken),
        method("POST /media", never),
        method("POST /read", plain),
        authorized("GET /pool", 0),
        authorized("GET /none", 9),
        keyed,
    ]);
    api.deployments[0].authorizers.push(cognito());
    api
}

const EMPTY: Taken = Taken::None { empty: 0, retry_after_ms: None };

/// What provokes each type: a request, and what the host says to everything it asks.
fn provoke(response_type: ResponseType) -> Option<(Arrival, Outcome)> {
    use ResponseType::*;
    let all_taken = || Outcome::TakeTokens(Ok(Taken::All));
    let failed = |error| Outcome::SendRequest(Err(error));
    Some(match response_type {
        MissingAuthenticationToken => (arrival("GET /prod/nowhere", &[]), all_taken()),
        InvalidApiKey => (arrival("GET /prod/key", &[]), all_taken()),
        Unauthorized => (arrival("GET /prod/pool", &["Authorization: odd"]), all_taken()),
        AuthorizerConfigurationError => (arrival("GET /prod/none", &[]), all_taken()),
        Throttled => (arrival("GET /prod/ok", &[]), Outcome::TakeTokens(Ok(EMPTY))),
        Default4xx => {
            (arrival("GET /prod/ok", &[]), Outcome::TakeTokens(Err(EffectError::Cancelled)))
        }
        RequestTooLarge => (arrival("POST /prod/ok", &["Content-Length: 10485761"]), all_taken()),
        UnsupportedMediaType => {
            (arrival("POST /prod/media", &["Content-Type: text/x"]), all_taken())
        }
        ApiConfigurationError => (arrival("GET /prod/broken", &[]), all_taken()),
        IntegrationFailure => {
            (arrival("GET /prod/proxy", &[]), failed(EffectError::Unavailable("".into())))
        }
        IntegrationTimeout => (arrival("GET /prod/proxy", &[]), failed(EffectError::TimedOut)),
        BadRequestBody => {
            let mut posted = arrival("POST /prod/read", &[]);
            posted.request.content = Content::Held(ContentId(0));
            (posted, Outcome::ReadContent(Err(EffectError::Malformed("cut off".into()))))
        }
        // Not before: resource policies and Lambda authorizers, expired tokens, request validation,
        // IAM, usage plans, web ACLs; RESOURCE_NOT_FOUND is an HTTP API's here.
        AccessDenied | ExpiredToken | BadRequestParameters | InvalidSignature | QuotaExceeded
        | WafFiltered | AuthorizerFailure | Default5xx | ResourceNotFound => return None,
    })
}

const PROVOKED: [ResponseType; 12] = [
    ResponseType::MissingAuthenticationToken,
    ResponseType::InvalidApiKey,
    ResponseType::Unauthorized,
    ResponseType::AuthorizerConfigurationError,
    ResponseType::Throttled,
    ResponseType::Default4xx,
    ResponseType::RequestTooLarge,
    ResponseType::UnsupportedMediaType,
    ResponseType::ApiConfigurationError,
    ResponseType::IntegrationFailure,
    ResponseType::IntegrationTimeout,
    ResponseType::BadRequestBody,
];

fn ask(api: Api, response_type: ResponseType) -> Told {
    let (arrival, outcome) = provoke(response_type).unwrap();
    run(&gateway(vec![api]), arrival, |effect| {
        (effect.kind() == outcome.kind()).then(|| outcome.clone())
    })
}

#[test]
fn every_type_that_can_occur_answers_with_awss_status_error_type_and_body() {
    use ResponseType::*;
    for response_type in PROVOKED {
        let told = ask(api(), response_type);
        let (status, body) = match response_type {
            MissingAuthenticationToken => (403, "{\"message\":\"Missing Authentication Token\"}"),
            InvalidApiKey => (403, "{\"message\":\"Forbidden\"}"),
            Unauthorized => (401, "{\"message\":\"Unauthorized\"}"),
            AuthorizerConfigurationError => (500, "{\"message\":null}"),
            Throttled => (429, "{\"message\":\"Too Many Requests\"}"),
            Default4xx => (499, "{\"message\":\"Bad request\"}"),
            RequestTooLarge => (413, "{\"message\":\"Request Too Long\"}"),
            UnsupportedMediaType => (415, "{\"message\":\"Unsupported Media Type\"}"),
            ApiConfigurationError => (500, "{\"message\": \"Internal server error\"}"),
            IntegrationFailure => {
                (504, "{\"message\": \"Network error communicating with endpoint\"}")
            }
            IntegrationTimeout => (504, "{\"message\": \"Endpoint request timed out\"}"),
            BadRequestBody => (400, "{\"message\":\"Invalid request body\"}"),
            _ => unreachable!(),
        };
        assert_eq!((told.response.status, told.body()), (status, body), "{response_type:?}");
        assert_eq!(told.field("x-amzn-errortype"), Some(response_type.error_type()));
        assert_eq!(told.field("content-type"), Some("application/json"));
        assert_eq!(told.field("x-amzn-trace-id"), None);
        assert!(told.field("x-amzn-requestid").is_some() && told.field("x-amz-apigw-id").is_some());
    }
}

#[test]
fn every_type_that_can_occur_leaves_one_record_and_one_log_entry() {
    for response_type in PROVOKED {
        let told = ask(api(), response_type);
        let logged: Vec<&Notice> =
            told.notices.iter().filter(|n| matches!(n, Notice::WriteAccessLog { .. })).collect();
        let Notice::WriteAccessLog { destination, line, .. } = logged[0] else { unreachable!() };
        assert_eq!((logged.len(), destination.as_str()), (1, "stdout"), "{response_type:?}");
        assert!(line.contains(&alloc::format!(" {} ", told.response.status)), "{line}");
    }
}

fn custom(
    response_type: ResponseType,
    status_code: Option<u16>,
    template: Option<&str>,
) -> GatewayResponse {
    GatewayResponse {
        response_type,
        status_code,
        response_parameters: vec![
            ("gatewayresponse.header.x-why".into(), "'custom'".into()),
            ("gatewayresponse.header.x-from".into(), "method.request.querystring.f".into()),
        ],
        response_templates: template
            .map(|t| ("application/json".into(), t.into()))
            .into_iter()
            .collect(),
    }
}

#[test]
fn a_definition_changes_status_fields_and_body_of_a_type() {
    let mut api = api();
    let template = "{\"type\":\"$context.error.responseType\",\"m\":$context.error.messageString,\
                    \"s\":\"$stageVariables.v\",\"v\":\"$context.error.validationErrorString\"}";
    api.stages[0].variables.insert("v".into(), "1".into());
    api.deployments[0].gateway_responses =
        vec![custom(ResponseType::Throttled, Some(503), Some(template))];
    let told = ask(api, ResponseType::Throttled);
    assert_eq!((told.response.status, told.field("x-why")), (503, Some("custom")));
    assert_eq!(
        told.body(),
        "{\"type\":\"THROTTLED\",\"m\":\"Too Many Requests\",\"s\":\"1\",\"v\":\"\"}"
    );
    assert_eq!(told.field("x-amzn-errortype"), Some("TooManyRequestsException"));
}

#[test]
fn every_type_that_can_occur_answers_with_its_own_status_fields_and_template() {
    let template = "$context.error.responseType|$context.error.messageString|$stageVariables.v";
    let has_own = |t: &ResponseType| *t != ResponseType::RequestTooLarge;
    for response_type in PROVOKED.into_iter().filter(has_own) {
        let asked = |responses: Vec<GatewayResponse>| {
            let mut api = api();
            api.stages[0].variables.insert("v".into(), "1".into());
            api.deployments[0].gateway_responses = responses;
            ask(api, response_type)
        };
        let plain = asked(vec![]);
        let plain: serde_json::Value = serde_json::from_str(plain.body()).unwrap();
        let told = asked(vec![custom(response_type, Some(418), Some(template))]);
        let expected = alloc::format!("{}|{}|1", response_type.name(), plain["message"]);
        assert_eq!((told.response.status, told.body()), (418, &*expected), "{response_type:?}");
        assert_eq!(told.field("x-why"), Some("custom"), "{response_type:?}");
        assert_eq!(told.field("x-amzn-errortype"), Some(response_type.error_type()));
        assert_eq!(told.field("content-type"), Some("application/json"));
    }
}

#[test]
fn no_entry_of_its_own_changes_what_a_request_that_is_too_large_is_answered() {
    let mut api = api();
    let own = custom(ResponseType::RequestTooLarge, Some(418), Some("tea"));
    api.deployments[0].gateway_responses = vec![own];
    let told = ask(api.clone(), ResponseType::RequestTooLarge);
    assert_eq!((told.response.status, told.field("x-why")), (413, None));
    assert_eq!(told.body(), "{\"message\":\"Request Too Long\"}");
    let default = custom(ResponseType::Default4xx, None, Some("coffee"));
    api.deployments[0].gateway_responses.push(default);
    assert_eq!(ask(api, ResponseType::RequestTooLarge).body(), "coffee");
}

#[test]
fn default_4xx_and_5xx_stand_in_for_types_without_an_entry() {
    let mut api = api();
    api.deployments[0].gateway_responses = vec![
        custom(ResponseType::Default4xx, Some(418), Some("tea")),
        custom(ResponseType::Default5xx, None, Some("coffee")),
        custom(ResponseType::MissingAuthenticationToken, None, None),
    ];
    let answer = |t| {
        let told = ask(api.clone(), t);
        (told.response.status, alloc::string::String::from(told.body()))
    };
    assert_eq!(answer(ResponseType::Throttled), (418, "tea".into()));
    assert_eq!(answer(ResponseType::IntegrationTimeout), (504, "coffee".into()));
    let own = (403, "{\"message\":\"Missing Authentication Token\"}".into());
    assert_eq!(
        answer(ResponseType::MissingAuthenticationToken),
        own,
        "an entry of its own, with its type's defaults"
    );
}

#[test]
fn what_a_request_puts_into_a_gateway_response_cannot_break_out_of_a_field() {
    let mut api = api();
    let entry = custom(ResponseType::MissingAuthenticationToken, None, None);
    api.deployments[0].gateway_responses = vec![entry];
    let told = run_alone(&gateway(vec![api]), arrival("GET /prod/nowhere?f=a%0d%0ab%00", &[]));
    assert_eq!(told.field("x-from"), Some("a  b "));
}

#[test]
fn problem_details_are_made_of_what_is_known_of_the_request() {
    let mut api = api();
    let template = concat!(
        r#"{"type":"https://errors.example/$context.error.responseType","status":404,"#,
        r#""title":$context.error.messageString,"instance":"$context.requestId","#,
        r#""agent":"$method.request.header.User-Agent","tab":"$method.request.querystring.tab","#,
        r#""nothing":"$method.request.header.X-None","stage":"$stageVariables.kind"}"#,
    );
    let mut entry = custom(ResponseType::Default4xx, Some(404), None);
    entry.response_templates = vec![("application/problem+json".into(), template.into())];
    entry.response_parameters = vec![
        ("gatewayresponse.header.Retry-After".into(), "'60'".into()),
        ("gatewayresponse.header.X-Request-Id".into(), "context.requestId".into()),
    ];
    api.deployments[0].gateway_responses = vec![entry];
    api.stages[0].variables.insert("kind".into(), "blue".into());
    let told = run_alone(
        &gateway(vec![api]),
        arrival("GET /prod/nowhere?tab=a%20b", &["User-Agent: probe/1.0", "Accept: */*"]),
    );
    let id = told.field("x-amzn-requestid").unwrap();
    assert_eq!(
        told.body(),
        alloc::format!(
            r#"{{"type":"https://errors.example/MISSING_AUTHENTICATION_TOKEN","status":404,"title":"Missing Authentication Token","instance":"{id}","agent":"probe/1.0","tab":"a b","nothing":"","stage":"blue"}}"#
        )
    );
    assert_eq!(
        (told.response.status, told.field("content-type"), told.field("retry-after")),
        (404, Some("application/problem+json"), Some("60"))
    );
    assert_eq!(told.field("x-request-id"), Some(id));
}

#[test]
fn accept_chooses_among_templates_of_a_gateway_response() {
    let mut api = api();
    let mut entry = custom(ResponseType::MissingAuthenticationToken, None, Some("{}"));
    entry.response_templates.push(("text/html".into(), "<p>$context.error.message</p>".into()));
    api.deployments[0].gateway_responses = vec![entry];
    let told = run_alone(&gateway(vec![api]), arrival("GET /prod/nowhere", &["Accept: text/html"]));
    assert_eq!(told.body(), "<p>Missing Authentication Token</p>");
    assert_eq!(told.field("content-type"), Some("text/html"));
}

#[test]
fn an_http_api_answers_in_its_own_words() {
    let integration = || integration(IntegrationType::HttpProxy, "http://h");
    let api = http(vec![method("GET /a", integration())]);
    let ask = |request: &str, fields: &[&str], outcome: Outcome| {
        run(&gateway(vec![api.clone()]), arrival(request, fields), |effect: &Effect| {
            (effect.kind() == outcome.kind()).then(|| outcome.clone())
        })
    };
    let taken = || Outcome::TakeTokens(Ok(Taken::All));
    for (told, status, message) in [
        (ask("GET /b", &[], taken()), 404, "Not Found"),
        (ask("POST /a", &[], taken()), 404, "Not Found"),
        (ask("GET /a", &["Content-Length: 10485761"], taken()), 413, "Request Entity Too Large"),
        (ask("GET /a", &[], Outcome::TakeTokens(Ok(EMPTY))), 429, "Too Many Requests"),
    ] {
        assert_eq!(told.response.status, status);
        assert_eq!(told.body(), alloc::format!("{{\"message\":\"{message}\"}}"));
        let request_id = told.field("apigw-requestid").unwrap();
        let logs_it = |notice: &Notice| match notice {
            Notice::WriteAccessLog { line, .. } => line.starts_with(request_id),
            _ => false,
        };
        assert!(told.notices.iter().any(logs_it), "$context.requestId is the id that is sent");
        for absent in ["x-amzn-requestid", "x-amz-apigw-id", "x-amzn-errortype"] {
            assert_eq!(told.field(absent), None);
        }
    }
}

#[test]
fn clients_are_not_told_what_the_host_says_of_endpoints() {
    let host = || alloc::string::String::from("10.0.0.1:80: refused");
    for (error, told) in [
        (EffectError::Unavailable(host()), "Network error communicating with endpoint"),
        (EffectError::Malformed(host()), "Network error communicating with endpoint"),
        (EffectError::Misconfigured(host()), "Execution failed due to configuration error"),
    ] {
        let mut api = api();
        let template = "$context.integrationErrorMessage|$context.integration.error";
        api.deployments[0].gateway_responses =
            vec![custom(ResponseType::Default5xx, None, Some(template))];
        let answer = run(&gateway(vec![api]), arrival("GET /prod/proxy", &[]), |effect| {
            matches!(effect, Effect::SendRequest(_)).then(|| effect.failed(error.clone()))
        });
        assert_eq!(answer.body(), alloc::format!("{told}|{told}"), "{error:?}");
    }
}
