//! Functions behind the Lambda Invoke API.

use super::*;

/// Answers one request with this, and gives what was asked.
async fn lambda(answer: &'static str) -> (String, impl Future<Output = String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serve = async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"{\"n\":1}") {
            assert_ne!(stream.read_buf(&mut request).await.unwrap(), 0);
        }
        stream.write_all(answer.as_bytes()).await.unwrap();
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
    let both = async { tokio::join!(functions.invoke(event, &client), serve) };
    tokio::task::LocalSet::new().run_until(both).await
}

fn at(url: String) -> Functions {
    let region = String::from("us-east-1");
    Functions { region, urls: [("f".into(), url)].into(), ..Functions::default() }
}

#[tokio::test]
async fn the_event_is_posted_and_the_answer_read() {
    let (url, serve) = lambda(
        "HTTP/1.1 200 OK\r\nx-amzn-requestid: abc\r\nX-Amz-Function-Error: Unhandled\r\nContent-Length: 2\r\n\r\n{}",
    )
    .await;
    let (answer, request) = ask(&at(url), event(&json!({"n": 1})), serve).await;
    let answer = answer.unwrap();
    assert_eq!((answer.status, &*answer.payload.0), (200, &b"{}"[..]));
    assert_eq!(answer.function_error.as_deref(), Some("Unhandled"));
    assert_eq!(answer.request_id.as_deref(), Some("abc"));
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
            Target::InvokeApi(api) => api.endpoint,
            Target::Program(_) => String::new(),
        }
    };
    assert_eq!(endpoint("f", Some("prod")), "http://prod");
    assert_eq!(endpoint("f", Some("test")), "http://function");
    assert_eq!(endpoint("f", None), "http://function");
    assert_eq!(endpoint("g", None), "http://lambda");
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
