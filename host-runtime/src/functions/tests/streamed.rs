//! Functions whose answers are streamed.

use super::*;
use crate::body::{Body, BodyError};

const PREAMBLE: &str = "{\"statusCode\":201}\0\0\0\0\0\0\0\0";

fn streamed(event: InvokeFunction) -> InvokeFunction {
    let invocation = InvocationType::ResponseStream { idle_ms: 60_000 };
    InvokeFunction { invocation, ..event }
}

async fn invoke_streamed(functions: &Functions, event: &Value) -> Invoked {
    functions.invoke(streamed(super::event(event)), &HttpClient::default()).await.unwrap()
}

async fn next(body: &mut Body) -> Option<Result<String, BodyError>> {
    use hyper::body::Body as _;
    let part = std::future::poll_fn(|cx| std::pin::Pin::new(&mut *body).poll_frame(cx)).await?;
    Some(part.map(|frame| String::from_utf8(frame.into_data().unwrap().into()).unwrap()))
}

/// A function that has written this and waits, and its answer so far.
async fn begun(functions: &Functions, first: &str, end: &str) -> (Body, TcpStream) {
    let (listener, event) = meeting_point().await;
    let event =
        super::event(&json!({"do": "parts", "at": event["at"], "first": first, "end": end}));
    let client = HttpClient::default();
    let invoking = functions.invoke(streamed(event), &client);
    let (invoked, accepted) = tokio::join!(invoking, listener.accept());
    let Invoked { answer, content } = invoked.unwrap();
    assert_eq!((answer.status, answer.function_error.as_deref()), (200, None));
    assert_eq!(answer.payload.0, b"{\"statusCode\":201}");
    assert_eq!(answer.request_id.unwrap().len(), 36);
    (content.unwrap(), accepted.unwrap().0)
}

#[tokio::test]
async fn content_comes_before_the_function_has_ended() {
    let functions = fake("", 1, LONG);
    let (mut content, waiting) = begun(&functions, &format!("{PREAMBLE}first"), "well").await;
    assert_eq!(next(&mut content).await.unwrap().unwrap(), "first");
    go_on(waiting).await;
    assert_eq!(next(&mut content).await.unwrap().unwrap(), "last");
    assert!(next(&mut content).await.is_none());
    answer(&functions, &json!({"do": "tell"})).await;
}

#[tokio::test]
async fn a_function_that_fails_midway_breaks_its_content_off() {
    for end in ["trailers", "crash"] {
        let functions = fake("", 1, LONG);
        let (mut content, waiting) = begun(&functions, PREAMBLE, end).await;
        go_on(waiting).await;
        let broken = next(&mut content).await;
        assert!(matches!(broken, Some(Err(BodyError::Broken(_)))), "{end}: {broken:?}");
        answer(&functions, &json!({"do": "tell"})).await;
    }
}

#[tokio::test]
async fn a_client_that_leaves_lets_the_function_run_on() {
    let functions = fake("", 1, LONG);
    let pid = answer(&functions, &json!({"do": "tell"})).await["pid"].clone();
    let (content, waiting) = begun(&functions, PREAMBLE, "well").await;
    drop(content);
    go_on(waiting).await;
    assert_eq!(answer(&functions, &json!({"do": "tell"})).await["pid"], pid);
}

#[tokio::test]
async fn a_function_that_fails_before_its_content_has_none() {
    let functions = fake("", 1, LONG);
    let Invoked { answer, content } = invoke_streamed(&functions, &json!({"do": "fail"})).await;
    assert_eq!((answer.function_error.as_deref(), content.is_none()), (Some("Unhandled"), true));
    assert!(String::from_utf8_lossy(&answer.payload.0).contains("Fake.Error"));
}

#[tokio::test]
async fn an_answer_without_the_delimiter_has_no_content() {
    let functions = fake("", 1, LONG);
    for event in [json!({"do": "stream"}), json!({"do": "too large"})] {
        let Invoked { answer, content } = invoke_streamed(&functions, &event).await;
        assert_eq!((answer.function_error, content.is_none()), (None, true));
        assert!(!answer.payload.0.is_empty());
    }
}
