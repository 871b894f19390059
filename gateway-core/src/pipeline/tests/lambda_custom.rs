use alloc::string::String;
use alloc::vec;

use crate::definition::{Integration, IntegrationResponse, IntegrationType};
use crate::effect::{
    Effect, EffectError, FunctionAnswer, IntegrationFailure, InvocationType, InvokeFunction,
    Notice, Outcome,
};
use crate::limits::EVENT_BYTES_MAX;
use crate::pipeline::world::*;

const URI: &str = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:orders:${stageVariables.alias}/invocations";

fn function(mappings: &[(&str, &str)]) -> Integration {
    let target = |name: &str| alloc::format!("integration.request.{name}");
    Integration {
        http_method: Some("POST".into()),
        request_parameters: mappings.iter().map(|(t, s)| (target(t), (*s).into())).collect(),
        responses: vec![IntegrationResponse::new(200)],
        ..integration(IntegrationType::Aws, URI)
    }
}

fn gateway_of(integration: Integration) -> alloc::rc::Rc<crate::gateway::Gateway> {
    let mut api = rest(vec![method("ANY /", integration)]);
    api.stages[0].variables.insert("alias".into(), "live".into());
    gateway(vec![api])
}

fn ask(integration: Integration, content: &[u8], answer: FunctionAnswer) -> Told {
    run(&gateway_of(integration), posted("POST /prod", &[]), |effect| match effect {
        Effect::InvokeFunction(_) => Some(Outcome::InvokeFunction(Ok(answer.clone()))),
        other => backend(content, b"").perform(other),
    })
}

fn answer(payload: &str) -> FunctionAnswer {
    let payload = payload.as_bytes().to_vec().into();
    FunctionAnswer {
        status: 200,
        function_error: None,
        payload,
        request_id: None,
        trace: None,
        content: None,
    }
}

fn failed(payload: &str) -> FunctionAnswer {
    FunctionAnswer { function_error: Some("Unhandled".into()), ..answer(payload) }
}

fn invoked(told: &Told) -> &InvokeFunction {
    let invoked = told.effects.iter().find_map(|effect| match effect {
        Effect::InvokeFunction(invoked) => Some(invoked),
        _ => None,
    });
    invoked.expect("an invocation")
}

#[test]
fn the_operator_is_told_which_variable_a_stage_lacks_that_a_function_is_named_by() {
    let gateway = gateway(vec![rest(vec![method("ANY /", function(&[]))])]);
    let told = run_alone(&gateway, arrival("GET /prod", &[]));
    assert_eq!(told.response.status, 500);
    let report = told.notices.iter().find_map(|notice| match notice {
        Notice::ReportIntegration(failure) => Some(failure),
        _ => None,
    });
    let IntegrationFailure { api_id, stage, route_key, reason } = report.expect("a report");
    assert_eq!((&**api_id, &**stage, &**route_key), ("abc123", "prod", "ANY /"));
    let ends =
        "does not name a Lambda function: the stage has no variable `alias`, which its URI names";
    assert!(reason.ends_with(ends), "{reason}");
}

#[test]
fn the_content_is_the_event_and_the_result_the_content() {
    for content in ["{\"message\": \"hello\"}", "\"HelloWorld\"", "\"\"", "0"] {
        let told = ask(function(&[]), content.as_bytes(), answer(content));
        let invoked = invoked(&told);
        assert_eq!(invoked.payload.0, content.as_bytes());
        assert_eq!(invoked.invocation, InvocationType::RequestResponse);
        assert_eq!(invoked.function.qualifier.as_deref(), Some("live"));
        assert_eq!((told.response.status, told.body()), (200, content));
        assert_eq!(told.field("content-type"), Some("application/json"));
        assert!(told.field("x-amzn-trace-id").is_some());
    }
}

#[test]
fn the_client_is_told_the_trace_that_lambda_told() {
    let trace = Some("root=1-2-3;parent=4;sampled=0;lineage=b7b1ca60:0".into());
    let told = ask(function(&[]), b"{}", FunctionAnswer { trace, ..answer("{}") });
    let spelled = "Root=1-2-3;Parent=4;Sampled=0;lineage=b7b1ca60:0";
    assert_eq!(told.field("x-amzn-trace-id"), Some(spelled));
    let told = ask(function(&[]), b"{}", answer("{}"));
    assert!(told.field("x-amzn-trace-id").unwrap().contains(";Lineage=1:"));
}

#[test]
fn nothing_is_an_empty_object() {
    let told = ask(function(&[]), b"", answer("{}"));
    assert_eq!(invoked(&told).payload.0, b"{}");
    let told = run(&gateway_of(function(&[])), arrival("GET /prod", &[]), |effect| {
        backend(b"", b"{}").perform(effect)
    });
    assert_eq!(invoked(&told).payload.0, b"{}");
}

#[test]
fn the_error_message_selects_the_response_and_the_error_is_the_content() {
    let response = |pattern: &str, status_code| IntegrationResponse {
        selection_pattern: Some(pattern.into()),
        ..IntegrationResponse::new(status_code)
    };
    let integration = || Integration {
        responses: vec![
            IntegrationResponse::new(200),
            response(".*four hundred.*", 405),
            response("Malformed.*", 400),
            response("(\\n|.)*line(\\n|.)*", 503),
            response("[0-9]+", 501),
            response("Exact", 502),
            response("(?!Known)\\[\\w+\\] .*", 504),
        ],
        ..function(&[])
    };
    for (error, status) in [
        (r#"{"errorMessage": "Malformed request", "errorType": "E"}"#, 400),
        (r#"{"errorMessage": "well, Malformed"}"#, 200),
        (r#"{"errorMessage": "Exactly"}"#, 200),
        (r#"{"errorMessage": "a\nline\nmore"}"#, 503),
        (r#"{"errorMessage": "a\nfour hundred"}"#, 200),
        (r#"{"errorMessage": 42}"#, 501),
        (r#"{"errorMessage": null}"#, 200),
        (r#"{"errorMessage": "[Late] too late"}"#, 504),
        (r#"{"errorType": "four hundred"}"#, 200),
        ("\"Malformed request\"", 200),
        ("errorMessage", 200),
    ] {
        let told = ask(integration(), b"{}", failed(error));
        assert_eq!((told.response.status, told.body()), (status, error));
    }
    let told = ask(integration(), b"{}", answer("{\"errorMessage\": \"four hundred five\"}"));
    assert_eq!(told.response.status, 405, "also where the function returned it");
    let none = Integration { responses: vec![response("x", 400)], ..function(&[]) };
    assert_eq!(ask(none, b"{}", answer("{}")).response.status, 500);
}

/// The bytes are those of reports from the real service, which escapes as `$util.escapeJavaScript`.
#[test]
fn an_event_that_lambda_cannot_read_is_told_in_its_words() {
    let integration = || Integration {
        responses: vec![
            IntegrationResponse::new(200),
            IntegrationResponse {
                selection_pattern: Some(".*parse.*".into()),
                ..IntegrationResponse::new(418)
            },
        ],
        ..function(&[])
    };
    let document = r#"{"Type":"User","message":"Could not parse request body into json: Could not parse payload into json: Unrecognized token 'a/b'\n at [Source: (byte[])\"a/b\"; line: 1]"}"#;
    let told = ask(integration(), b"a/b", FunctionAnswer { status: 400, ..answer(document) });
    assert_eq!(told.response.status, 400);
    assert_eq!(
        told.body(),
        r#"{"message": "Could not parse request body into json: Could not parse payload into json: Unrecognized token \'a\/b\'\n at [Source: (byte[])\"a\/b\"; line: 1]"}"#
    );
    assert_eq!(told.field("content-type"), Some("application/json"));
    assert!(told.field("x-amzn-errortype").is_some() && told.field("x-amzn-trace-id").is_none());
}

#[test]
fn an_event_is_queued_and_answered_with_nothing() {
    let queued = FunctionAnswer { status: 202, ..answer("") };
    for name in ["X-Amz-Invocation-Type", "x-amz-invocation-type"] {
        let target = alloc::format!("header.{name}");
        let told = ask(function(&[(&target, "'Event'")]), b"{\"a\":1}", queued.clone());
        assert_eq!(invoked(&told).invocation, InvocationType::Event);
        assert_eq!(invoked(&told).payload.0, b"{\"a\":1}");
        assert_eq!((told.response.status, told.body()), (200, ""));
        assert_eq!(told.field("content-type"), Some("application/json"));
    }
    let odd = ask(function(&[("header.X-Amz-Invocation-Type", "'Soon'")]), b"{}", queued);
    assert_eq!((odd.response.status, odd.asked().len()), (500, 1), "only the content was read");
}

#[test]
fn a_mapped_client_context_reaches_the_function() {
    let context = "eyJjdXN0b20iOnsiYSI6MX19";
    let literal = alloc::format!("'{context}'");
    let told = ask(function(&[("header.X-Amz-Client-Context", &literal)]), b"{}", answer("{}"));
    assert_eq!(invoked(&told).client_context.as_deref(), Some(context));
    assert_eq!(told.response.status, 200);
    let empty = ask(function(&[("header.x-amz-client-context", "''")]), b"{}", answer("{}"));
    assert_eq!((empty.response.status, &invoked(&empty).client_context), (200, &None));
    for bad in ["'{}'", "'WzFd'", "'e30'", "'e2E='"] {
        let told = ask(function(&[("header.X-Amz-Client-Context", bad)]), b"{}", answer("{}"));
        let words = r#"{"message": "Client context must be a valid Base64-encoded JSON object."}"#;
        assert_eq!((told.response.status, told.body()), (400, words), "{bad}");
        assert_eq!(told.asked().len(), 1, "only the content was read");
    }
}

#[test]
fn what_lambda_turns_down_is_a_mistake_in_the_definition() {
    for status in [401, 402, 403, 404, 409, 415, 429, 500, 503] {
        let refused = FunctionAnswer { status, ..answer("{\"message\":\"no\"}") };
        let told = ask(function(&[]), b"{}", refused);
        let internal = (500, "{\"message\": \"Internal server error\"}");
        assert_eq!((told.response.status, told.body()), internal, "{status}");
    }
}

#[test]
fn forbidden_fields_are_a_configuration_error() {
    for name in [
        "Content-Length",
        "Transfer-Encoding",
        "Authorization",
        "Connection",
        "Expect",
        "Proxy-Authenticate",
        "TE",
    ] {
        let target = alloc::format!("header.{name}");
        let told = run_alone(&gateway_of(function(&[(&target, "'x'")])), arrival("GET /prod", &[]));
        assert_eq!(
            (told.response.status, told.body()),
            (500, "{\"message\": \"Internal server error\"}"),
            "{name}"
        );
        assert_eq!(told.field("x-amzn-trace-id"), None);
    }
}

#[test]
fn a_function_that_is_not_posted_to_is_not_invoked() {
    let get = Integration { http_method: Some("GET".into()), ..function(&[]) };
    let told = run_alone(&gateway_of(get), arrival("GET /prod", &[]));
    assert_eq!(told.response.status, 500);
}

#[test]
fn fields_of_lambdas_answer_can_be_mapped() {
    let mut integration = function(&[]);
    integration.responses[0].response_parameters = [
        ("X-Error", "integration.response.header.X-Amz-Function-Error"),
        ("X-Id", "integration.response.header.x-amzn-RequestId"),
        ("X-Type", "integration.response.body.errorType"),
    ]
    .map(|(name, source)| (alloc::format!("method.response.header.{name}"), source.into()))
    .into();
    let error = FunctionAnswer {
        request_id: Some("r1".into()),
        trace: None,
        ..failed("{\"errorMessage\": \"no\", \"errorType\": \"Oops\"}")
    };
    let told = ask(integration, b"{}", error);
    let found = ["x-error", "x-id", "x-type"].map(|name| told.field(name).unwrap_or("none"));
    assert_eq!(found, ["Unhandled", "r1", "Oops"]);
}

#[test]
fn what_is_too_large_or_too_slow_is_told() {
    let content = vec![b' '; EVENT_BYTES_MAX];
    assert_eq!(ask(function(&[]), &content, answer("{}")).response.status, 413);
    for (error, status) in [(EffectError::TooLarge, 500), (EffectError::TimedOut, 504)] {
        let told = run(&gateway_of(function(&[])), arrival("GET /prod", &[]), |effect| {
            matches!(effect, Effect::InvokeFunction(_))
                .then(|| Outcome::InvokeFunction(Err(error.clone())))
        });
        let expected: String = told.body().into();
        assert_eq!(told.response.status, status, "{expected}");
    }
}

#[test]
fn a_log_with_data_has_what_is_said_beside_events_and_results() {
    let mut api = rest(vec![method("ANY /", function(&[]))]);
    api.stages[0].variables.insert("alias".into(), "live".into());
    let setting = crate::definition::MethodSetting {
        logging_level: Some(crate::definition::LoggingLevel::Info),
        data_trace_enabled: Some(true),
        ..Default::default()
    };
    api.stages[0].method_settings.insert("*/*".into(), setting);
    let answer = FunctionAnswer {
        function_error: Some("Unhandled".into()),
        request_id: Some("r-1".into()),
        trace: None,
        ..answer("{\"a\":1}")
    };
    let told = run(&gateway(vec![api]), arrival("GET /prod", &[]), |effect| match effect {
        Effect::InvokeFunction(_) => Some(Outcome::InvokeFunction(Ok(answer.clone()))),
        other => backend(b"", b"").perform(other),
    });
    let lines = told.notices.iter().find_map(|notice| match notice {
        Notice::WriteExecutionLog { lines, .. } => Some(lines),
        _ => None,
    });
    let request_id = told.field("x-amzn-requestid").unwrap();
    let asked = alloc::format!(
        "Endpoint request headers: {{Content-Type=application/json, X-Amz-Invocation-Type=RequestResponse, X-Amz-Log-Type=None, \
         x-amzn-apigateway-api-id=abc123, Accept=application/json, User-Agent=AmazonAPIGateway_abc123, \
         x-amzn-lambda-integration-tag={request_id}}}"
    );
    for expected in [
        &*asked,
        "Endpoint response headers: {Content-Type=application/json, Content-Length=7, x-amzn-RequestId=r-1, X-Amz-Function-Error=Unhandled}",
    ] {
        assert!(lines.unwrap().iter().any(|line| line.ends_with(expected)), "{lines:#?}");
    }
}
