mod failing;
mod remembered;

use alloc::vec;
use alloc::vec::Vec;

use serde_json::{Value, json};

use crate::definition::{
    Api, Authorization, Authorizer, AuthorizerKind, IntegrationType, LambdaAuthorizer,
    LambdaAuthorizerType, Method, PayloadFormat, Protocol, Source,
};
use crate::effect::{
    AuthorizationKey, AuthorizerFailure, Effect, EffectError, FunctionAnswer, InvokeFunction,
    Notice, Outcome,
};
use crate::gateway::Gateway;
use crate::limits::METHOD_ARN_BYTES_MAX;
use crate::message::Timestamp;
use crate::pipeline::world::*;
use crate::remembered::RememberedAuthorizations;

const FUNCTION: &str = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/\
     arn:aws:lambda:eu-west-1:123456789012:function:auth/invocations";

pub(super) fn token() -> LambdaAuthorizer {
    LambdaAuthorizer {
        authorizer_type: LambdaAuthorizerType::Token,
        uri: FUNCTION.into(),
        identity_source: vec!["method.request.header.Authorization".into()],
        identity_validation_expression: None,
        result_ttl_s: 300,
        payload_format: PayloadFormat::V1,
        enable_simple_responses: false,
        credentials: None,
    }
}

fn request(sources: &[&str]) -> LambdaAuthorizer {
    LambdaAuthorizer {
        authorizer_type: LambdaAuthorizerType::Request,
        identity_source: sources.iter().map(|s| (*s).into()).collect(),
        ..token()
    }
}

pub(super) fn simple(sources: &[&str]) -> LambdaAuthorizer {
    LambdaAuthorizer {
        payload_format: PayloadFormat::V2,
        enable_simple_responses: true,
        ..request(sources)
    }
}

/// `GET /a/{x}` and `POST /a/{x}` behind this authorizer; both call the function `fn`.
pub(super) fn protected(protocol: Protocol, authorizer: LambdaAuthorizer) -> Api {
    let uri = FUNCTION.replace(":auth/", ":fn/");
    let locked = |route| Method {
        authorization: Authorization::Authorizer { authorizer: 0, scopes: vec![] },
        ..method(route, integration(IntegrationType::AwsProxy, &uri))
    };
    let stage = if protocol == Protocol::Rest { "prod" } else { "$default" };
    let mut methods: Vec<Method> = ["GET /a/{x}", "POST /a/{x}", "GET /b/{x+}"].map(locked).into();
    for method in &mut methods {
        method.integration.http_method = Some("POST".into());
        if protocol == Protocol::Http {
            method.integration.payload_format = PayloadFormat::V2;
        }
    }
    let mut api = api(protocol, stage, methods);
    api.deployments[0].authorizers = vec![Authorizer {
        name: "a".into(),
        kind: AuthorizerKind::Lambda(authorizer),
        source: Source::default(),
    }];
    let settings = api.stages[0].access_log_settings.as_mut().unwrap();
    settings.format =
        "$context.status $context.authorizer.principalId $context.authorizer.k".into();
    api
}

/// A policy of one statement.
fn policy(effect: &str, resource: &str) -> Value {
    json!({"principalId": "jo", "policyDocument": {"Version": "2012-10-17", "Statement": [
        {"Effect": effect, "Action": "execute-api:Invoke", "Resource": resource}
    ]}})
}

const METHODS: &str = "arn:aws:execute-api:eu-west-1:123456789012:abc123/prod/";

pub(super) fn everything() -> Value {
    policy("Allow", "*")
}

/// A host whose function `auth` answers this, and which remembers.
pub(super) struct Host {
    answer: Value,
    error: Option<&'static str>,
    remembered: RememberedAuthorizations,
    /// Events of the authorizer's function, and of the other.
    asked: Vec<Value>,
    events: Vec<Value>,
}

impl Host {
    pub(super) fn new(answer: Value) -> Self {
        let remembered = RememberedAuthorizations::default();
        Self { answer, error: None, remembered, asked: vec![], events: vec![] }
    }

    pub(super) fn run(
        &mut self,
        gateway: &alloc::rc::Rc<Gateway>,
        arrival: crate::message::Arrival,
    ) -> Told {
        let now = arrival.now;
        let told = run(gateway, arrival, |effect| self.perform(effect, now));
        for notice in &told.notices {
            if let Notice::RememberAuthorization { key, grant, until } = notice {
                self.remembered.remember(*key, grant.clone(), *until, now);
            }
        }
        told
    }

    fn perform(&mut self, effect: &Effect, now: Timestamp) -> Option<Outcome> {
        match effect {
            Effect::RecallAuthorization(recall) => {
                Some(Outcome::RecallAuthorization(Ok(self.remembered.recall(&recall.key, now))))
            }
            Effect::InvokeFunction(InvokeFunction { function, payload, .. }) => {
                let event: Value = serde_json::from_slice(&payload.0).unwrap();
                let (error, answer) = match function.name.as_str() {
                    "auth" => {
                        self.asked.push(event);
                        let message = self.error.map(|m| json!({"errorMessage": m}));
                        (self.error, message.unwrap_or_else(|| self.answer.clone()))
                    }
                    _ => {
                        self.events.push(event);
                        (None, json!({"statusCode": 200}))
                    }
                };
                Some(Outcome::InvokeFunction(Ok(FunctionAnswer {
                    status: 200,
                    function_error: error.map(|_| "Unhandled".into()),
                    payload: serde_json::to_vec(&answer).unwrap().into(),
                    request_id: None,
                    trace: None,
                    content: None,
                })))
            }
            _ => None,
        }
    }
}

fn log(told: &Told) -> &str {
    let mut lines = told.notices.iter().filter_map(|notice| match notice {
        Notice::WriteAccessLog { line, .. } => Some(line.as_str()),
        _ => None,
    });
    lines.next_back().unwrap()
}

const JO: &[&str] = &["Authorization: jo"];

#[test]
fn a_token_authorizer_is_asked_with_the_token_and_the_methods_arn() {
    let gateway = gateway(vec![protected(Protocol::Rest, token())]);
    let mut host = Host::new(everything());
    let told = host.run(&gateway, arrival("GET /prod/a/7?q=1", JO));
    assert_eq!((told.response.status, log(&told)), (200, "200 jo -"));
    let arn = alloc::format!("{METHODS}GET/a/7");
    assert_eq!(
        host.asked,
        [json!({"type": "TOKEN", "authorizationToken": "jo", "methodArn": arn})]
    );
    assert_eq!(host.events[0]["requestContext"]["authorizer"]["principalId"], "jo");
}

#[test]
fn without_its_identity_nobody_is_asked_and_nobody_comes_in() {
    for (protocol, path, authorizer) in [
        (Protocol::Rest, "/prod/a/7", token()),
        (Protocol::Rest, "/prod/a/7", request(&["method.request.header.h"])),
        (Protocol::Rest, "/prod/a/7", request(&["method.request.querystring.q"])),
        (Protocol::Rest, "/prod/a/7", request(&["stageVariables.v"])),
        (Protocol::Rest, "/prod/a/7", request(&["context.authorizer.x"])),
        (Protocol::Http, "/a/7", simple(&["$request.header.h"])),
        (Protocol::Http, "/a/7", simple(&["$request.querystring.q"])),
        (Protocol::Http, "/a/7", simple(&["$context.path", "$stageVariables.v"])),
    ] {
        let gateway = gateway(vec![protected(protocol, authorizer.clone())]);
        let request = alloc::format!("GET {path}?q=");
        let told = run_alone(&gateway, arrival(&request, &["h: ", "Authorization: "]));
        let answered = (told.response.status, told.body());
        assert_eq!(answered, (401, "{\"message\":\"Unauthorized\"}"), "{authorizer:?}");
        assert_eq!(told.effects.len(), 0, "{authorizer:?}");
    }
}

#[test]
fn every_form_of_identity_source_is_read() {
    let sources = [
        "method.request.header.H",
        "method.request.querystring.q",
        "stageVariables.v",
        "context.identity.sourceIp",
    ];
    let mut api = protected(Protocol::Rest, request(&sources));
    api.stages[0].variables.insert("v".into(), "blue".into());
    let gateway_of_rest = gateway(vec![api]);
    let mut host = Host::new(everything());
    let told = host.run(&gateway_of_rest, arrival("GET /prod/a/7?q=1&q=2", &["h: x"]));
    assert_eq!(told.response.status, 200);
    let event = &host.asked[0];
    assert_eq!(event["type"], "REQUEST");
    assert_eq!(event["methodArn"], alloc::format!("{METHODS}GET/a/7"));
    assert_eq!(event["headers"]["h"], "x");
    assert_eq!(event["multiValueQueryStringParameters"], json!({"q": ["1", "2"]}));
    assert_eq!(event["pathParameters"], json!({"x": "7"}));
    assert_eq!(event["stageVariables"], json!({"v": "blue"}));
    assert_eq!(event["requestContext"]["stage"], "prod");
    assert_eq!(event.get("body"), None);

    let http = request(&["$request.header.H", "$request.querystring.q", "$context.routeKey"]);
    for format in [PayloadFormat::V1, PayloadFormat::V2] {
        let authorizer = LambdaAuthorizer { payload_format: format, ..http.clone() };
        let gateway = gateway(vec![protected(Protocol::Http, authorizer)]);
        let mut host = Host::new(everything());
        let told = host.run(&gateway, arrival("GET /a/7?q=1&q=2", &["h: x", "h: y"]));
        assert_eq!(told.response.status, 200);
        let event = &host.asked[0];
        let arn = "arn:aws:execute-api:eu-west-1:123456789012:abc123/$default/GET/a/7";
        match format {
            PayloadFormat::V1 => {
                let identity = "x,y,1,2,GET /a/{x}";
                assert_eq!(event["version"], "1.0");
                assert_eq!(
                    (&event["methodArn"], &event["identitySource"]),
                    (&json!(arn), &json!(identity))
                );
                assert_eq!(event["authorizationToken"], identity);
            }
            PayloadFormat::V2 => {
                assert_eq!(event["version"], "2.0");
                assert_eq!(event["routeArn"], arn);
                assert_eq!(event["identitySource"], json!(["x,y", "1,2", "GET /a/{x}"]));
                assert_eq!(event["requestContext"]["http"]["method"], "GET");
            }
        }
    }
}

#[test]
fn a_token_that_does_not_match_is_not_handed_on() {
    let authorizer =
        LambdaAuthorizer { identity_validation_expression: Some("x-[a-z]+".into()), ..token() };
    let gateway = gateway(vec![protected(Protocol::Rest, authorizer)]);
    for (value, status) in [("x-a", 200), ("y-a", 401), ("x-a1", 401), (" x-a", 401)] {
        let mut host = Host::new(everything());
        let field = alloc::format!("Authorization: {value}");
        let told = host.run(&gateway, arrival("GET /prod/a/7", &[&field]));
        assert_eq!((told.response.status, host.asked.len()), (status, usize::from(status == 200)));
    }
}

#[test]
fn what_the_policy_does_not_allow_is_forbidden_and_the_integration_is_not_reached() {
    let gateway = gateway(vec![protected(Protocol::Rest, token())]);
    let denied = "{\"Message\":\"User is not authorized to access this resource with an explicit deny \
                  in an identity-based policy\"}";
    let silent = "{\"Message\":\"User is not authorized to access this resource\"}";
    let get = alloc::format!("{METHODS}GET/a/*");
    for (answer, path, status, body) in [
        (policy("Allow", &get), "GET /prod/a/7", 200, ""),
        (policy("Allow", &get), "POST /prod/a/7", 403, silent),
        (policy("Deny", &get), "GET /prod/a/7", 403, denied),
        (policy("Deny", &get), "POST /prod/a/7", 403, silent),
        (policy("Allow", &get), "GET /prod/b/7", 403, silent),
        // A REST API takes `/a/7/` for `/a/7`.
        (policy("Deny", &get.replace('*', "7")), "GET /prod/a/7/", 403, denied),
        // A path is denied as it is sent and as it is read, and allowed as it is sent alone.
        (policy("Deny", &get.replace('*', "secret")), "GET /prod/a/%73ecret", 403, denied),
        (policy("Allow", &get.replace('*', "public")), "GET /prod/a/%70ublic", 403, silent),
    ] {
        let mut host = Host::new(answer.clone());
        let told = host.run(&gateway, arrival(path, JO));
        assert_eq!((told.response.status, told.body()), (status, body), "{path} {answer}");
        assert_eq!(host.events.len(), usize::from(status == 200));
        if status == 403 {
            assert_eq!(told.field("x-amzn-errortype"), Some("AccessDeniedException"));
            assert_eq!(log(&told), "403 jo -");
        }
    }
}

#[test]
fn a_simple_answer_opens_or_closes_every_route() {
    let gateway = gateway(vec![protected(Protocol::Http, simple(&["$request.header.h"]))]);
    for (is_authorized, status) in [(true, 200), (false, 403)] {
        let answer = json!({"isAuthorized": is_authorized, "context": {"k": {"a": [1]}, "s": "x"}});
        let mut host = Host::new(answer);
        for line in ["GET /a/7", "POST /a/7"] {
            let told = host.run(&gateway, arrival(line, &["h: x"]));
            assert_eq!((told.response.status, host.asked.len()), (status, 1));
            if status == 403 {
                assert_eq!(told.body(), "{\"message\":\"Forbidden\"}");
            }
        }
        if is_authorized {
            let lambda = &host.events[0]["requestContext"]["authorizer"]["lambda"];
            assert_eq!(lambda, &json!({"k": {"a": [1]}, "s": "x"}));
        }
    }
}

/// `{"lambda": null}` was captured from a live API.
#[test]
fn a_function_sees_null_for_an_authorizer_that_gave_no_context() {
    let granted = |context: Option<Value>| {
        let mut answer = json!({"isAuthorized": true});
        if let Some(context) = context {
            answer["context"] = context;
        }
        answer
    };
    let by_policy =
        LambdaAuthorizer { enable_simple_responses: false, ..simple(&["$request.header.h"]) };
    for (authorizer, answer, seen) in [
        (simple(&["$request.header.h"]), granted(None), Value::Null),
        (simple(&["$request.header.h"]), granted(Some(Value::Null)), Value::Null),
        (simple(&["$request.header.h"]), granted(Some(json!({}))), json!({})),
        (by_policy, policy("Allow", "*"), Value::Null),
    ] {
        let gateway = gateway(vec![protected(Protocol::Http, authorizer)]);
        let mut host = Host::new(answer);
        // The second time it is remembered.
        for _ in 0..2 {
            let told = host.run(&gateway, arrival("GET /a/7", &["h: x"]));
            assert_eq!((told.response.status, host.asked.len()), (200, 1));
            let context = &host.events.last().unwrap()["requestContext"];
            assert_eq!(context["authorizer"], json!({"lambda": seen}));
        }
    }
}

#[test]
fn context_of_a_rest_api_is_text_in_events_and_variables() {
    let gateway = gateway(vec![protected(Protocol::Rest, token())]);
    let mut answer = everything();
    answer["context"] = json!({"k": 1, "b": true, "s": "x"});
    let mut host = Host::new(answer);
    for latency in [5, 0] {
        let told = host.run(&gateway, arrival("GET /prod/a/7", JO));
        assert_eq!(log(&told), "200 jo 1");
        let authorizer = &host.events.last().unwrap()["requestContext"]["authorizer"];
        let expected = json!({
            "k": "1", "b": "true", "s": "x", "principalId": "jo", "integrationLatency": latency
        });
        assert_eq!(authorizer, &expected);
    }
}

#[test]
fn an_arn_longer_than_its_quota_is_414() {
    let gateway = gateway(vec![protected(Protocol::Rest, token())]);
    let room = METHOD_ARN_BYTES_MAX - METHODS.len() - "GET/b/".len();
    for (length, status) in [(room, 200), (room + 1, 414)] {
        let line = alloc::format!("GET /prod/b/{}", "x".repeat(length));
        let told = Host::new(everything()).run(&gateway, arrival(&line, JO));
        assert_eq!(told.response.status, status);
    }
}
