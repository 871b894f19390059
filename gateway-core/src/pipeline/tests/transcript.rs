//! What the pipeline writes down of itself.

mod account;

use alloc::vec;
use alloc::{string::String, vec::Vec};

use crate::definition::{
    Authorization, Authorizer, AuthorizerKind, Integration, IntegrationResponse, IntegrationType,
    LoggingLevel, MethodSetting, Source,
};
use crate::effect::{Effect, FunctionAnswer, Notice, Outcome};
use crate::message::{Arrival, Content, ContentId};
use crate::pipeline::world::{
    Told, arrival, backend, endpoint, gateway, integration, method, mock, rest, run, run_alone,
};
use crate::transcript::{Event, Message, PipelineStage, Transcript};

fn logged(level: LoggingLevel, data: bool, integration: Integration) -> crate::definition::Api {
    let mut method = method("POST /pets/{id}", integration);
    method.source = Source { pointer: "/paths/~1pets/post".into(), line: 7 };
    method.integration.source = Source { pointer: "/i".into(), line: 9 };
    let mut api = rest(vec![method]);
    let setting = MethodSetting {
        logging_level: Some(level),
        data_trace_enabled: Some(data),
        ..MethodSetting::default()
    };
    api.stages[0].method_settings.insert("*/*".into(), setting);
    api
}

fn http(template: &str) -> Integration {
    Integration {
        http_method: Some("POST".into()),
        request_templates: vec![("application/json".into(), template.into())],
        responses: vec![IntegrationResponse {
            response_templates: vec![(
                "application/json".into(),
                "{\"made\":$input.json('$.a')}".into(),
            )],
            ..IntegrationResponse::new(201)
        }],
        ..integration(IntegrationType::Http, "http://endpoint.example/p?q=1")
    }
}

/// The events of the log, without the time and the id that each begins with.
fn log(told: &Told) -> Vec<&str> {
    let lines = told.notices.iter().find_map(|notice| match notice {
        Notice::WriteExecutionLog { lines, .. } => Some(lines),
        _ => None,
    });
    let lines = lines.map(|lines| lines.iter().map(|line| line.split_once(") ").unwrap().1));
    lines.into_iter().flatten().collect()
}

fn transcript(told: &Told) -> &Transcript {
    let mut accounts = told.notices.iter().filter_map(|notice| match notice {
        Notice::Explain(account) => Some(account),
        _ => None,
    });
    accounts.next().expect("an account")
}

fn posted() -> Arrival {
    let fields = ["Content-Type: application/json", "Content-Length: 7", "X-Api-Key: topsecret1"];
    let mut arrival = arrival("POST /prod/pets/1?x=2&token=topsecret2", &fields);
    arrival.request.content = Content::Held(ContentId(0));
    arrival
}

#[test]
fn with_data_tracing_a_log_has_the_lines_of_the_real_service_in_their_order() {
    let api = logged(LoggingLevel::Info, true, http("{\"sent\":$input.json('$')}"));
    let host = backend(b"{\"b\":1}", b"{\"a\":2}");
    let told = run(&gateway(vec![api]), posted(), |effect| host.perform(effect));
    let request_id = told.field("x-amzn-requestid").unwrap();
    let extended = told.field("x-amz-apigw-id").unwrap();
    let lines = log(&told);
    let expected = [
        alloc::format!("Extended Request Id: {extended}"),
        alloc::format!(
            "Verifying Usage Plan for request: {request_id}. API Key:  API Stage: abc123/prod"
        ),
        "API Key  authorized because method 'POST /pets/{id}' does not require API Key. Request \
         will not contribute to throttle or quota limits"
            .into(),
        "Usage Plan check succeeded for API Key  and API Stage abc123/prod".into(),
        alloc::format!("Starting execution for request: {request_id}"),
        "HTTP Method: POST, Resource Path: /pets/1".into(),
        "Method request path: {id=1}".into(),
        "Method request query string: {x=2, token=*****}".into(),
        "Method request headers: {Host=abc123.execute-api.eu-west-1.amazonaws.com, \
         Content-Type=application/json, X-Api-Key=*****, \
         X-Amzn-Trace-Id=Root=1-6553f100-9cebde21f45561d3564fe27c, X-Forwarded-For=192.0.2.7, \
         X-Forwarded-Port=443, X-Forwarded-Proto=https}"
            .into(),
        "Method request body before transformations: {\"b\":1}".into(),
        "Endpoint request URI: http://endpoint.example/p?q=1".into(),
        "Endpoint request headers: {".into(),
        "Endpoint request body after transformations: {\"sent\":{\"b\":1}}".into(),
        "Sending request to http://endpoint.example/p?q=1".into(),
        "Received response. Status: 200, Integration latency: 5 ms".into(),
        "Endpoint response headers: {}".into(),
        "Endpoint response body before transformations: {\"a\":2}".into(),
        "Method response body after transformations: {\"made\":2}".into(),
        "Method response headers: {".into(),
        "Successfully completed execution".into(),
        "Method completed with status: 201".into(),
    ];
    let expected: Vec<&String> = expected.iter().collect();
    // The endpoint's content had no length: it was read for the template alone, after its headers.
    assert_eq!(lines.len(), expected.len(), "{lines:#?}");
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.starts_with(expected.as_str()), "{line}\n{expected}");
    }
}

#[test]
fn without_data_tracing_nothing_that_was_sent_is_logged() {
    let api = logged(LoggingLevel::Info, false, http("{}"));
    let host = backend(b"{\"b\":1}", b"{\"a\":2}");
    let told = run(&gateway(vec![api]), posted(), |effect| host.perform(effect));
    let lines = log(&told);
    assert_eq!(lines.len(), 10, "{lines:#?}");
    let traces = lines.iter().filter(|line| line.contains("{"));
    assert_eq!(traces.count(), 1, "the route key alone: {lines:#?}");
    assert!(
        !told.effects.iter().any(
            |effect| matches!(effect, Effect::ReadContent(read) if read.content == ContentId(0))
        )
    );
}

#[test]
fn the_level_decides_which_requests_are_logged() {
    let good = || mock("{}");
    let bad = || Integration { request_templates: vec![], ..mock("{}") };
    for (level, good_lines, bad_lines) in
        [(LoggingLevel::Off, 0, 0), (LoggingLevel::Error, 0, 3), (LoggingLevel::Info, 8, 9)]
    {
        for (integration, lines) in [(good(), good_lines), (bad(), bad_lines)] {
            let gateway = gateway(vec![logged(level, false, integration)]);
            let told = run_alone(&gateway, arrival("POST /prod/pets/1", &[]));
            let logged = log(&told);
            assert_eq!(logged.len(), lines, "{level:?} {logged:#?}");
            if lines == bad_lines && lines > 0 {
                let failed = |line: &&str| {
                    line.starts_with("Execution failed due to configuration error: Unable to parse")
                };
                assert!(logged.iter().any(failed), "{logged:#?}");
                assert_eq!(logged.last(), Some(&"Method completed with status: 500"));
            }
        }
    }
}

#[test]
fn a_methods_own_level_comes_before_that_of_all_methods() {
    let mut api = logged(LoggingLevel::Info, true, mock("{}"));
    let off = MethodSetting { logging_level: Some(LoggingLevel::Off), ..Default::default() };
    api.stages[0].method_settings.insert("~1pets~1{id}/POST".into(), off);
    let told = run_alone(&gateway(vec![api]), arrival("POST /prod/pets/1", &[]));
    assert_eq!(log(&told), [""; 0]);
}

#[test]
fn a_client_cannot_write_lines_into_a_log() {
    let api = logged(LoggingLevel::Info, true, mock("{}"));
    let forged = "POST /prod/pets/1?x=%0AMethod%20completed%20with%20status:%20666";
    let told = run_alone(&gateway(vec![api]), arrival(forged, &[]));
    assert!(log(&told).iter().all(|line| !line.contains('\n')));
}

#[test]
fn no_secret_is_written_down_wherever_it_turns_up() {
    let template = "{\"key\":\"$input.params('X-Api-Key')\",\"t\":\"$input.params('token')\"}";
    let api = logged(LoggingLevel::Info, true, http(template));
    let arrival = Arrival { is_explained: true, ..posted() };
    let told = run(&gateway(vec![api]), arrival, |effect| match effect {
        Effect::SendRequest(_) => Some(endpoint(
            200,
            &[("Set-Cookie", "s=topsecret3; Path=/")],
            Content::Bytes(b"{\"a\":\"topsecret3\"}".to_vec()),
        )),
        other => backend(b"{\"b\":1}", b"").perform(other),
    });
    assert!(log(&told).len() > 10);
    for notice in &told.notices {
        if matches!(notice, Notice::WriteExecutionLog { .. } | Notice::Explain(_)) {
            let text = alloc::format!("{notice:?}");
            assert!(!text.contains("topsecret"), "{text}");
        }
    }
}

#[test]
fn no_secret_of_an_integrations_uri_is_written_down() {
    let proxy =
        integration(IntegrationType::HttpProxy, "https://backend/x?access_token=topsecret&b=c");
    let api = logged(LoggingLevel::Info, true, proxy);
    let arrival = Arrival { is_explained: true, ..arrival("POST /prod/pets/1", &[]) };
    let told = run(&gateway(vec![api]), arrival, |effect| backend(b"", b"").perform(effect));
    let text = alloc::format!("{:?}", told.notices);
    assert!(text.contains("with https://backend/x?access_token=*****&b=c"), "{text}");
    assert!(!text.contains("topsecret"), "{text}");
}

#[test]
fn an_account_is_bounded() {
    let big = "x".repeat(3_000_000);
    let api = logged(
        LoggingLevel::Info,
        true,
        integration(
            IntegrationType::AwsProxy,
            "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:f/invocations",
        ),
    );
    let arrival = Arrival { is_explained: true, ..arrival("POST /prod/pets/1", &[]) };
    let told = run(&gateway(vec![api]), arrival, |effect| match effect {
        Effect::InvokeFunction(_) => Some(Outcome::InvokeFunction(Ok(FunctionAnswer {
            status: 200,
            function_error: None,
            payload: alloc::format!("{{\"statusCode\":200,\"body\":\"{big}\"}}")
                .into_bytes()
                .into(),
            request_id: None,
            trace: None,
            content: None,
        }))),
        _ => None,
    });
    assert_eq!(told.response.status, 200);
    let bytes = crate::codec::encode(transcript(&told)).len();
    assert!(bytes < 100_000, "{bytes}");
}

/// What an authorizer says stands before the usage plan, and an execution that is not allowed does
/// not start.
#[test]
fn an_authorizer_is_logged_before_the_execution() {
    let mut api = logged(LoggingLevel::Info, false, mock("{}"));
    let authorizer = Authorization::Authorizer { authorizer: 0, scopes: vec![] };
    api.deployments[0].methods[0].authorization = authorizer;
    api.deployments[0].authorizers = vec![Authorizer {
        name: "auth".into(),
        kind: AuthorizerKind::Lambda(super::lambda_authorizer::token()),
        source: Source::default(),
    }];
    let gateway = gateway(vec![api]);
    let answered = |effect: &str| {
        let policy = alloc::format!(
            r#"{{"principalId": "somebody@example", "policyDocument": {{"Version": "2012-10-17",
            "Statement": [{{"Effect": "{effect}", "Action": "*", "Resource": "*"}}]}}}}"#
        );
        let arrival = arrival("POST /prod/pets/1", &["Authorization: topsecret"]);
        run(&gateway, arrival, |effect| match effect {
            Effect::InvokeFunction(_) => Some(Outcome::InvokeFunction(Ok(FunctionAnswer {
                status: 200,
                function_error: None,
                payload: policy.clone().into_bytes().into(),
                content: None,
                request_id: None,
                trace: None,
            }))),
            Effect::RecallAuthorization(_) => Some(Outcome::RecallAuthorization(Ok(None))),
            _ => None,
        })
    };
    let told = answered("Allow");
    let id = told.field("x-amzn-requestid").unwrap();
    let lines = log(&told);
    let at = |beginning: &str| {
        let found = lines.iter().position(|line| line.starts_with(beginning));
        found.unwrap_or_else(|| panic!("{beginning}: {lines:#?}"))
    };
    let order = [
        at(&alloc::format!("Starting authorizer: auth for request: {id}")),
        at("Using valid authorizer policy for principal: **********xample"),
        at("Successfully completed authorizer execution"),
        at("Verifying Usage Plan for request: "),
        at("API Key  authorized because method"),
        at("Usage Plan check succeeded"),
        at("Starting execution for request: "),
        at("HTTP Method: POST"),
        at("Successfully completed execution"),
    ];
    assert!(order.is_sorted(), "{lines:#?}");
    let denied = answered("Deny");
    let lines = log(&denied);
    assert_eq!(denied.response.status, 403);
    let started =
        |line: &&str| line.starts_with("Starting execution") || line.contains("Usage Plan");
    assert!(!lines.iter().any(started), "{lines:#?}");
    assert_eq!(lines.last(), Some(&"Method completed with status: 403"));
}

#[test]
fn what_tells_an_authorizer_who_calls_is_a_secret_by_whatever_name() {
    let mut api = logged(LoggingLevel::Info, true, mock("{}"));
    let sources = ["method.request.header.X-Who", "method.request.querystring.who"];
    let kind = AuthorizerKind::Lambda(crate::definition::LambdaAuthorizer {
        identity_source: sources.map(Into::into).into(),
        authorizer_type: crate::definition::LambdaAuthorizerType::Request,
        ..super::lambda_authorizer::token()
    });
    let authorizer = Authorizer { name: "auth".into(), kind, source: Source::default() };
    api.deployments[0].authorizers = vec![authorizer];
    let authorization = Authorization::Authorizer { authorizer: 0, scopes: vec![] };
    api.deployments[0].methods[0].authorization = authorization;
    let fields = ["X-Who: Scheme topsecret8", "Referer: https://a/?sessionToken=topsecret9"];
    let request = arrival("POST /prod/pets/1?who=topsecret%207", &fields);
    let told = run(&gateway(vec![api]), Arrival { is_explained: true, ..request }, |_| {
        Some(Outcome::RecallAuthorization(Err(crate::effect::EffectError::Cancelled)))
    });
    let text = alloc::format!("{:?} {:?}", log(&told), transcript(&told));
    assert!(text.contains("/prod/pets/1?who=*****") && text.contains("?sessionToken=*****"));
    assert!(!text.contains("topsecret"), "{text}");
}
