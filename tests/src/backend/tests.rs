use super::*;
use crate::client::{self, Request, Response};

async fn ask(
    backend: &Backend,
    method: &str,
    target: &str,
    fields: &[(&str, &str)],
    content: &str,
) -> std::io::Result<Response> {
    let mut fields: Vec<_> =
        fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    fields.push(("Content-Length".to_owned(), content.len().to_string()));
    let request = Request {
        method: method.to_owned(),
        target: target.to_owned(),
        fields,
        content: content.into(),
    };
    client::send(backend.address, &request).await
}

async fn text(backend: &Backend, target: &str) -> String {
    String::from_utf8(ask(backend, "GET", target, &[], "").await.unwrap().content).unwrap()
}

#[tokio::test]
async fn the_longest_prefix_of_whole_segments_answers() {
    let answers = r#"{"/": {"body": "root"}, "/ab": {"body": "ab"}, "/ab/c": {"body": "abc"}}"#;
    let backend = Backend::start(http(Json::parse(answers).unwrap())).await.unwrap();
    for (target, body) in
        [("/ab/c/d", "abc"), ("/ab/cd", "ab"), ("/ab?x", "ab"), ("/abc", "root"), ("/", "root")]
    {
        assert_eq!(text(&backend, target).await, body, "{target}");
    }
    assert_eq!(backend.take().len(), 5);
}

#[tokio::test]
async fn an_echo_shows_the_request_and_it_is_recorded() {
    let backend =
        Backend::start(http(Json::parse(r#"{"/": {"echo": true}}"#).unwrap())).await.unwrap();
    let response =
        ask(&backend, "PUT", "/a?b=c", &[("X-A", "1"), ("x-a", "2")], "é").await.unwrap();
    let echo = Json::parse(&String::from_utf8(response.content).unwrap()).unwrap();
    assert_eq!(
        echo.to_string(),
        r#"{"method": "PUT", "path": "/a", "query": "b=c", "headers": {"content-length": "2", "x-a": "1, 2"}, "body": "\u00e9"}"#
    );
    let received = backend.take();
    assert_eq!((received[0].method.as_str(), received[0].text().as_str()), ("PUT", "é"));
    assert!(backend.take().is_empty());
}

#[tokio::test]
async fn a_dropping_backend_gives_no_answer() {
    let backend =
        Backend::start(http(Json::parse(r#"{"/": {"drop": true}}"#).unwrap())).await.unwrap();
    assert!(ask(&backend, "GET", "/", &[], "").await.is_err());
}

#[tokio::test]
async fn repeated_fields_are_sent_one_by_one() {
    let backend = Backend::start(service(
        Json::parse(r#"{"status": 201, "headers": {"Set-Cookie": ["a", "b"], "X": 1}}"#).unwrap(),
    ))
    .await
    .unwrap();
    let response = ask(&backend, "GET", "/", &[], "").await.unwrap();
    assert_eq!(response.status, 201);
    assert_eq!(response.fields.all("set-cookie").collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(response.fields.joined("x").as_deref(), Some("1"));
}

#[tokio::test]
async fn functions_are_invoked_by_name_arn_and_qualifier() {
    let functions = r#"{"f": {"result": {"n": 1}}, "f:live": {"result": 2}, "g": {"error": {"payload": {"errorMessage": "m"}}}, "e": {"echo": true}}"#;
    let api = r#"{"x": [{"uri": "arn:aws:…:function:e/invocations", "type": "AWS_PROXY"}]}"#;
    let backend = lambda(Json::parse(functions).unwrap(), &Json::parse(api).unwrap());
    let backend = Backend::start(backend).await.unwrap();
    for (function, status, content) in [
        ("f", 200, r#"{"n": 1}"#),
        ("arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Af%3Alive", 200, "2"),
        ("f?Qualifier=live", 200, "2"),
        ("f?Qualifier=other", 200, r#"{"n": 1}"#),
        ("g", 200, r#"{"errorMessage": "m"}"#),
        (
            "e",
            200,
            r#"{"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": "{}"}"#,
        ),
        ("nobody", 404, r#"{"Message":"Function not found"}"#),
    ] {
        let (name, query) = function.split_once('?').unwrap_or((function, ""));
        let response = ask(
            &backend,
            "POST",
            &format!("/2015-03-31/functions/{name}/invocations?{query}"),
            &[],
            "",
        )
        .await
        .unwrap();
        assert_eq!(
            (response.status, str::from_utf8(&response.content).unwrap()),
            (status, content),
            "{function}"
        );
        assert_eq!(response.fields.joined("x-amz-function-error").is_some(), function == "g");
    }
    let received = backend.take();
    assert_eq!(
        (received[1].function.as_deref(), received[1].qualifier.as_deref()),
        (Some("f"), Some("live"))
    );
}
