use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::{Value, json};

use super::*;
use crate::effect::FunctionAnswer;

fn respond(payload: impl Into<Vec<u8>>) -> Result<Response, GatewayError> {
    let payload = payload.into().into();
    let answer = &FunctionAnswer {
        status: 200,
        function_error: None,
        payload,
        request_id: None,
        trace: None,
        content: None,
    };
    let protocol = Protocol::Http;
    answer_v2(&AnswerInput { protocol, answer, accept: None, binary_media_types: &[] })
}

/// Status, content type, body.
fn shown(response: Response) -> (u16, String, Vec<u8>) {
    let OutgoingFields::Complete(fields) = &response.fields else { unreachable!() };
    let media_type = fields.get("content-type").unwrap_or_default().into();
    let body = if let Content::Bytes(bytes) = response.content { bytes } else { Vec::new() };
    (response.status, media_type, body)
}

/// Recorded on live API Gateway (aws-lambda-dotnet, `VariousPayloads`).
#[test]
fn what_has_no_status_code_is_the_body() {
    for (payload, body) in [
        (r#""Hello, World!""#, "Hello, World!"),
        (r#""Special \"quoted\" text""#, r#"Special "quoted" text"#),
        (r#""""#, ""),
        ("42", "42"),
        (" true ", " true "),
        ("[1, 2]", "[1, 2]"),
        ("null", "null"),
        ("", ""),
        ("<not json", "<not json"),
        (r#"{"cookies": ["a=1"], "body": "x"}"#, r#"{"cookies": ["a=1"], "body": "x"}"#),
        (r#"{"headers": 5, "body": {"a": 1}}"#, r#"{"headers": 5, "body": {"a": 1}}"#),
        (r#"{"statusCode": null}"#, r#"{"statusCode": null}"#),
    ] {
        let expected = (200, "application/json".to_string(), body.into());
        assert_eq!(shown(respond(payload).unwrap()), expected, "{payload}");
    }
    assert_eq!(shown(respond(b"\"a\xff\"").unwrap()).2, b"\"a\xff\"");
}

#[test]
fn with_a_status_code_the_default_type_is_text_plain() {
    let plain = || "text/plain; charset=utf-8".to_string();
    let explicit = |answer: Value| shown(respond(answer.to_string()).unwrap());
    assert_eq!(explicit(json!({"statusCode": 200, "body": "x"})), (200, plain(), b"x".into()));
    assert_eq!(explicit(json!({"statusCode": "404"})), (404, plain(), Vec::new()));
    let gif = json!({"statusCode": 200, "isBase64Encoded": true, "body": "R0lGODlh",
        "headers": {"content-type": "image/gif"}, "multiValueHeaders": 7, "unknown": 1});
    assert_eq!(explicit(gif), (200, "image/gif".into(), b"GIF89a".into()));
}

#[test]
fn each_cookie_is_a_line() {
    let answer = json!({"statusCode": 200, "cookies": ["a=1", "b=2; Path=/"],
        "headers": {"Set-Cookie": "c=3"}});
    let OutgoingFields::Complete(fields) = respond(answer.to_string()).unwrap().fields else {
        unreachable!()
    };
    let cookies: Vec<&str> = fields.all("set-cookie").collect();
    assert_eq!(cookies, ["c=3", "a=1", "b=2; Path=/"]);
}

#[test]
fn an_explicit_answer_of_another_form_is_500() {
    for payload in [
        json!({"statusCode": 0}),
        json!({"statusCode": 200.5}),
        json!({"statusCode": 101}),
        json!({"statusCode": 600}),
        json!({"statusCode": "999"}),
        json!({"statusCode": {}}),
        json!({"statusCode": 200, "headers": []}),
        json!({"statusCode": 200, "cookies": "a=1"}),
        json!({"statusCode": 200, "cookies": ["a=1\nb: c"]}),
        json!({"statusCode": 200, "body": ["x"]}),
        json!({"statusCode": 200, "body": "%", "isBase64Encoded": true}),
    ] {
        let error = respond(payload.to_string()).unwrap_err();
        assert_eq!(error.status, Some(500), "{payload}");
        assert_eq!(error.message.as_deref(), Some("Internal Server Error"));
    }
}
