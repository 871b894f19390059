//! Functions behind the Lambda Invoke API.

use gateway_core::effect::InvokingApi;

use super::*;

/// Answers one request with this, and gives what was asked.
async fn lambda(answer: impl AsRef<[u8]> + 'static) -> (String, impl Future<Output = String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serve = async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"{\"n\":1}") {
            assert_ne!(stream.read_buf(&mut request).await.unwrap(), 0);
        }
        stream.write_all(answer.as_ref()).await.unwrap();
        String::from_utf8(request).unwrap()
    };
    (url, serve)
}

async fn ask(
    functions: &Functions,
    event: InvokeFunction,
    serve: impl Future<Output = String>,
) -> (Result<FunctionAnswer, EffectError>, String) {
    let client = HttpClient::default();
    let both = async {
        let (invoked, request) = tokio::join!(functions.invoke(event, &client), serve);
        (invoked.map(|invoked| invoked.answer), request)
    };
    tokio::task::LocalSet::new().run_until(both).await
}

fn at(url: String) -> Functions {
    let region = String::from("us-east-1");
    Functions { region, urls: [("f".into(), url)].into(), ..Functions::default() }
}

#[tokio::test]
async fn the_event_is_posted_and_the_answer_read() {
    let (url, serve) = lambda(
        "HTTP/1.1 200 OK\r\nx-amzn-requestid: abc\r\nX-Amzn-Trace-Id: Root=1-2-3;Lineage=1:0a:0\r\nX-Amz-Function-Error: Unhandled\r\nContent-Length: 2\r\n\r\n{}",
    )
    .await;
    let (answer, request) = ask(&at(url), event(&json!({"n": 1})), serve).await;
    let answer = answer.unwrap();
    assert_eq!((answer.status, &*answer.payload.0), (200, &b"{}"[..]));
    assert_eq!(answer.function_error.as_deref(), Some("Unhandled"));
    assert_eq!(answer.request_id.as_deref(), Some("abc"));
    assert_eq!(answer.trace.as_deref(), Some("Root=1-2-3;Lineage=1:0a:0"));
    assert!(
        request.starts_with("POST /2015-03-31/functions/f/invocations HTTP/1.1\r\n"),
        "{request}"
    );
    let request = request.to_ascii_lowercase();
    assert!(request.contains("x-amz-invocation-type: requestresponse\r\n"), "{request}");
    assert!(!request.contains("authorization"), "nobody's credentials are not sent");
}

#[tokio::test]
async fn a_response_over_6_mb_is_the_functions_error_and_not_the_clients() {
    let (url, serve) = lambda("HTTP/1.1 200 OK\r\nContent-Length: 6356993\r\n\r\n{").await;
    let (answer, _) = ask(&at(url), event(&json!({"n": 1})), serve).await;
    let answer = answer.unwrap();
    assert_eq!((answer.status, answer.function_error.as_deref()), (200, Some("Unhandled")));
    assert!(String::from_utf8_lossy(&answer.payload.0).contains("Function.ResponseSizeTooLarge"));
}

#[tokio::test]
async fn the_entry_of_an_alias_goes_before_that_of_its_function_and_both_before_lambda() {
    let mut functions = at("http://function".into());
    functions.urls.insert("f:prod".into(), "http://prod".into());
    functions.lambda_endpoint = Some("http://lambda".into());
    let endpoint = |name: &str, qualifier: Option<&str>| {
        let function = FunctionName {
            region: String::new(),
            account_id: String::new(),
            name: name.into(),
            qualifier: qualifier.map(Into::into),
        };
        match functions.target(&function) {
            Target::InvokeApi(api) | Target::Unnamed(api) => api.endpoint,
            Target::Program(_) => String::new(),
        }
    };
    assert_eq!(endpoint("f", Some("prod")), "http://prod");
    assert_eq!(endpoint("f", Some("test")), "http://function");
    assert_eq!(endpoint("f", None), "http://function");
    assert_eq!(endpoint("g", None), "http://lambda");
}

#[tokio::test]
async fn lambda_is_told_which_api_asks() {
    let (url, serve) = lambda("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").await;
    let api = InvokingApi { api_id: "a1b2c3".into(), request_id: "r-1".into() };
    let event = InvokeFunction { invoked_by: Some(api.into()), ..event(&json!({"n": 1})) };
    let (_, request) = ask(&at(url), event, serve).await;
    let request = request.to_ascii_lowercase();
    for field in [
        "x-amzn-apigateway-api-id: a1b2c3\r\n",
        "accept: application/json\r\n",
        "user-agent: amazonapigateway_a1b2c3\r\n",
        "x-amzn-lambda-integration-tag: r-1\r\n",
    ] {
        assert!(request.contains(field), "{request}");
    }
}

#[tokio::test]
async fn lambdas_own_refusal_is_an_answer() {
    let (url, serve) = lambda(
        "HTTP/1.1 404 Not Found\r\nx-amzn-ErrorType: ResourceNotFoundException\r\nContent-Length: 2\r\n\r\n{}",
    )
    .await;
    let (answer, _) = ask(&at(url), event(&json!({"n": 1})), serve).await;
    assert_eq!(answer.unwrap().status, 404);
}

#[tokio::test]
async fn an_answer_that_never_comes_times_out() {
    let (listener, _) = meeting_point().await;
    let functions = at(format!("http://{}", listener.local_addr().unwrap()));
    let event = InvokeFunction { timeout_ms: 1, ..event(&json!({"n": 1})) };
    let (answer, _) = ask(&functions, event, std::future::ready(String::new())).await;
    assert_eq!(answer, Err(EffectError::TimedOut));
}

#[tokio::test]
async fn what_is_not_http_is_an_error() {
    let (url, serve) = lambda("SSH-2.0-OpenSSH\r\n\r\n").await;
    let (answer, _) = ask(&at(url), event(&json!({"n": 1})), serve).await;
    assert!(matches!(answer, Err(EffectError::Malformed(_))), "{answer:?}");
}

/// What Lambda sends for what a function wrote, each part whole, and `InvokeComplete`.
const EVENTS: &[u8] = b"\
    \x00\x00\x00\x7f\x00\x00\x00Z\x95\x1e\x10\x9d\x0b:event-type\x07\x00\x0cPayloadChunk\
    \x0d:content-type\x07\x00\x18application/octet-stream\x0d:message-type\x07\x00\x05ev\
    ent{\"statusCode\":201}\x00\x00\x00E\xaamm\x00\x00\x00u\x00\x00\x00Z\xdf\xae\x08<\x0b\
    :event-type\x07\x00\x0cPayloadChunk\x0d:content-type\x07\x00\x18application/octet-st\
    ream\x0d:message-type\x07\x00\x05event\x00\x00\x00\x00\x00first \x96\x09H\x81\x00\x00\
    \x00p\x00\x00\x00Z\x17N\x87L\x0b:event-type\x07\x00\x0cPayloadChunk\x0d:content-type\
    \x07\x00\x18application/octet-stream\x0d:message-type\x07\x00\x05eventsecond6\xef\xf3\
    \x9b\x00\x00\x00t\x00\x00\x00T\x05v\x0c\x8b\x0b:event-type\x07\x00\x0eInvokeComplete\
    \x0d:content-type\x07\x00\x10application/json\x0d:message-type\x07\x00\x05event{\"Lo\
    gResult\":\"\"}5\xca P";

async fn ask_streamed(events: &[u8]) -> (Result<FunctionAnswer, EffectError>, String, String) {
    use http_body_util::BodyExt as _;
    let head = "HTTP/1.1 200 OK\r\nx-amzn-requestid: abc\r\nTransfer-Encoding: chunked\r\n\
                Content-Type: application/vnd.amazon.eventstream\r\n\r\n";
    let mut answer = head.as_bytes().to_vec();
    // In chunks that end anywhere.
    for chunk in events.chunks(70) {
        answer.extend(format!("{:x}\r\n", chunk.len()).bytes().chain(chunk.iter().copied()));
        answer.extend(b"\r\n");
    }
    answer.extend(b"0\r\n\r\n");
    let (url, serve) = lambda(answer).await;
    let functions = at(url);
    let invocation = InvocationType::ResponseStream { idle_ms: 60_000 };
    let event = InvokeFunction { invocation, ..event(&json!({"n": 1})) };
    let client = HttpClient::default();
    let both = async {
        let (invoked, request) = tokio::join!(functions.invoke(event, &client), serve);
        let mut read = String::new();
        let answer = match invoked {
            Ok(Invoked { answer, content }) => {
                let mut content = content.unwrap_or_default();
                while let Some(part) = content.frame().await {
                    match part {
                        Ok(part) => read += std::str::from_utf8(part.data_ref().unwrap()).unwrap(),
                        Err(error) => read += &format!("!{error}"),
                    }
                    if read.contains('!') {
                        break;
                    }
                }
                Ok(answer)
            }
            Err(error) => Err(error),
        };
        (answer, read, request)
    };
    tokio::task::LocalSet::new().run_until(both).await
}

#[tokio::test]
async fn events_of_lambda_become_metadata_and_content() {
    let (answer, content, request) = ask_streamed(EVENTS).await;
    let answer = answer.unwrap();
    assert_eq!((answer.status, &answer.payload.0[..]), (200, &br#"{"statusCode":201}"#[..]));
    assert_eq!(answer.request_id.as_deref(), Some("abc"));
    assert_eq!(content, "first second");
    let line = "POST /2021-11-15/functions/f/response-streaming-invocations HTTP/1.1\r\n";
    assert!(request.starts_with(line), "{request}");
}

#[tokio::test]
async fn events_that_are_not_what_lambda_sent_are_an_error() {
    let mut wrong = EVENTS.to_vec();
    wrong[40] ^= 1;
    let (answer, ..) = ask_streamed(&wrong).await;
    assert!(matches!(answer, Err(EffectError::Malformed(_))), "{answer:?}");
    // Without `InvokeComplete` nobody knows whether that is all.
    let (answer, content, _) = ask_streamed(&EVENTS[..EVENTS.len() - 1]).await;
    assert!(answer.is_ok() && content.starts_with("first second!"), "{content}");
}
