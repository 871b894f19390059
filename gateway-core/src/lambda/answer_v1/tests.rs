use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::{Value, json};

use super::*;
use crate::effect::FunctionAnswer;
use crate::message::{Content, Response};

fn returned(payload: impl Into<Vec<u8>>) -> FunctionAnswer {
    FunctionAnswer {
        status: 200,
        function_error: None,
        payload: payload.into().into(),
        request_id: None,
        trace: None,
        content: None,
    }
}

fn respond(protocol: Protocol, payload: &str) -> Result<Response, GatewayError> {
    let answer = &returned(payload);
    answer_v1(&AnswerInput { protocol, answer, accept: None, binary_media_types: &[] })
}

fn rest(payload: Value) -> Result<Response, GatewayError> {
    respond(Protocol::Rest, &payload.to_string())
}

fn http(payload: Value) -> Result<Response, GatewayError> {
    respond(Protocol::Http, &payload.to_string())
}

/// Status, field lines, body.
fn shown(response: Response) -> (u16, Vec<String>, String) {
    let OutgoingFields::Complete(fields) = response.fields else { unreachable!() };
    let lines = fields.iter().map(|f| alloc::format!("{}: {}", f.name, f.value)).collect();
    let body = match response.content {
        Content::Bytes(bytes) => String::from_utf8(bytes).unwrap(),
        _ => String::new(),
    };
    (response.status, lines, body)
}

const JSON: &str = "Content-Type: application/json";
const PLAIN: &str = "Content-Type: text/plain; charset=utf-8";

#[test]
fn every_member_of_a_rest_answer_is_optional_and_nullable() {
    let empty = (200, [JSON.to_string()].into(), String::new());
    assert_eq!(shown(rest(json!({})).unwrap()), empty);
    let nulls = json!({"statusCode": null, "headers": null, "multiValueHeaders": null,
        "body": null, "isBase64Encoded": null});
    assert_eq!(shown(rest(nulls).unwrap()), empty);
    assert_eq!(rest(json!({"statusCode": "201"})).unwrap().status, 201);
}

#[test]
fn a_rest_answer_of_another_form_is_502() {
    for payload in [
        json!("justAString"),
        json!(null),
        json!([]),
        json!({"unknown": 1}),
        json!({"cookies": []}),
        json!({"statusCode": "ok"}),
        json!({"statusCode": "+200"}),
        json!({"statusCode": 200.5}),
        json!({"statusCode": -1}),
        json!({"statusCode": 0}),
        json!({"statusCode": 101}),
        json!({"statusCode": 600}),
        json!({"statusCode": "999"}),
        json!({"statusCode": 1000}),
        json!({"statusCode": 65736}),
        json!({"statusCode": [200]}),
        json!({"headers": "x"}),
        json!({"headers": {"a": ["b"]}}),
        json!({"multiValueHeaders": {"a": "b"}}),
        json!({"multiValueHeaders": {"a": [["b"]]}}),
        json!({"body": {"a": 1}}),
        json!({"isBase64Encoded": "yes"}),
        json!({"headers": {"a b": "1"}}),
        json!({"headers": {"": "1"}}),
        json!({"headers": {"a": "1\r\nset-cookie: b"}}),
        json!({"headers": {"a": "1\u{0}"}}),
        json!({"headers": {"a": "x".repeat(20_000)}}),
    ] {
        let Err(error) = rest(payload.clone()) else { panic!("{payload}") };
        assert_eq!(error.status, Some(502), "{payload}");
        assert_eq!(error.message.as_deref(), Some("Internal server error"));
    }
    for payload in ["<html>", "", "{", "{\"statusCode\":200} x", "{\"body\":\"\u{1}\"}"] {
        assert_eq!(respond(Protocol::Rest, payload).unwrap_err().status, Some(502), "{payload}");
    }
}

#[test]
fn multi_values_come_first_and_give_the_spelling() {
    let answer = json!({"statusCode": 200,
        "multiValueHeaders": {"X-maNY": ["from-multi", "again"], "Set-Cookie": ["a=1", "b=2"]},
        "headers": {"x-many": "from-single", "Set-Cookie": "a=1", "X-Last": true, "X-N": 5,
            "X-Null": null}});
    let (_, mut lines, _) = shown(rest(answer).unwrap());
    lines.sort();
    assert_eq!(
        lines,
        [
            JSON,
            "Set-Cookie: a=1",
            "Set-Cookie: b=2",
            "X-Last: true",
            "X-N: 5",
            "X-maNY: again",
            "X-maNY: from-multi",
            "X-maNY: from-single"
        ]
    );
}

#[test]
fn a_header_that_stands_twice_counts_once_and_two_spellings_count_twice() {
    let payload = r#"{"headers":{"a":"1","a":"2","Set-Cookie":"x","set-cookie":"y"}}"#;
    let (_, lines, _) = shown(respond(Protocol::Rest, payload).unwrap());
    assert_eq!(lines, ["a: 2", "Set-Cookie: x", "set-cookie: y", JSON]);
}

#[test]
fn fields_of_the_connection_are_renamed_or_lost() {
    let headers = json!({"Date": "d", "Server": "s", "Connection": "c", "Content-Length": "7",
        "Transfer-Encoding": "chunked", "x-amzn-requestid": "i", "Content-Type": " text/html "});
    let (_, lines, _) = shown(rest(json!({"headers": headers})).unwrap());
    let mut expected = [
        "x-amzn-Remapped-Connection: c",
        "x-amzn-Remapped-Content-Length: 7",
        "Content-Type: text/html",
        "x-amzn-Remapped-Date: d",
        "x-amzn-Remapped-Server: s",
        "x-amzn-Remapped-x-amzn-requestid: i",
    ];
    let mut lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    lines.sort_unstable();
    expected.sort_unstable();
    assert_eq!(lines, expected);
}

fn binary(protocol: Protocol, accept: Option<&str>, body: &str) -> Result<Response, GatewayError> {
    let answer =
        returned(json!({"statusCode": 200, "isBase64Encoded": true, "body": body}).to_string());
    let binary_media_types = &["image/png".into()];
    answer_v1(&AnswerInput { protocol, answer: &answer, accept, binary_media_types })
}

#[test]
fn a_rest_api_decodes_for_clients_that_accept_a_binary_type_first() {
    let text = |accept| shown(binary(Protocol::Rest, accept, "dGVzdA==").unwrap()).2;
    assert_eq!(text(Some("image/png,*/*")), "test");
    assert_eq!(text(Some("*/*,image/png")), "dGVzdA==");
    assert_eq!(text(None), "dGVzdA==");
    let error = binary(Protocol::Rest, Some("image/png"), "%%%").unwrap_err();
    assert_eq!(error.status, Some(500));
    assert_eq!(shown(binary(Protocol::Http, None, "dGVzdA").unwrap()).2, "test");
}

#[test]
fn a_function_that_fails_is_502_and_an_invocation_that_is_refused_500() {
    let failed = |status, function_error: Option<&str>| {
        let answer = FunctionAnswer {
            status,
            function_error: function_error.map(Into::into),
            ..returned("{}")
        };
        [Protocol::Rest, Protocol::Http].map(|protocol| {
            let input =
                AnswerInput { protocol, answer: &answer, accept: None, binary_media_types: &[] };
            answer_v1(&input).unwrap_err().status.unwrap()
        })
    };
    assert_eq!(failed(200, Some("Unhandled")), [502, 500]);
    assert_eq!(failed(403, None), [500, 500]);
    assert_eq!(failed(500, None), [502, 500]);
}

#[test]
fn an_http_answer_needs_a_status_and_may_have_any_member() {
    let (status, lines, body) =
        shown(http(json!({"statusCode": 200, "body": "x", "unknown": {"a": [1]}})).unwrap());
    assert_eq!((status, lines, body.as_str()), (200, [PLAIN.to_string()].into(), "x"));
    for payload in [json!({"message": "hi"}), json!({"statusCode": 0}), json!(7), json!("x")] {
        let error = http(payload.clone()).unwrap_err();
        assert_eq!(error.status, Some(500), "{payload}");
        assert_eq!(error.message.as_deref(), Some("Internal Server Error"));
    }
}

#[test]
fn an_http_answer_has_single_values_first() {
    let answer = json!({"statusCode": 200, "headers": {"a": "single", "content-length": "9"},
        "multiValueHeaders": {"A": ["m1", "m2"]}});
    let (_, lines, _) = shown(http(answer).unwrap());
    assert_eq!(lines, ["a: single", "A: m1", "A: m2", PLAIN]);
}
