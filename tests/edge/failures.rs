//! What an operator is told, by `wrangler tail`, of endpoints and functions that give no answer.

use std::time::{Duration, Instant};
use std::{fs, path::Path};

use tests::client::{self, Request};
use tests::json::Json;
use tests::ports::free_port;
use tests::setup::{API_ID, set_up};
use tests::target::{Engine, Gateway, Target, worker::Settings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// How long the log may take to be relayed.
const WAIT: Duration = Duration::from_secs(20);
const SECRET: &str = "topsecret";

/// A path for each of these URLs, and `/function`, behind a function of the name `away`.
fn case(urls: &[(&str, String)]) -> Json {
    let endpoint = |(path, url): &(&str, String)| {
        format!(
            r#""/{path}": {{"get": {{"x-amazon-apigateway-integration": {{"type": "http_proxy", "httpMethod": "GET",
                "timeoutInMillis": 300, "uri": "{url}/{SECRET}?token={SECRET}"}}}}}}"#
        )
    };
    let endpoints: Vec<String> = urls.iter().map(endpoint).collect();
    let text = format!(
        r#"{{"name": "failures", "source": "this project", "kind": "rest",
        "api": {{"openapi": "3.0.1", "info": {{"title": "failures", "version": "1"}}, "paths": {{{},
            "/function": {{"get": {{"x-amazon-apigateway-integration": {{"type": "aws_proxy", "httpMethod": "POST",
                "uri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:away/invocations"}}}}}}}}}},
        "exchanges": [{{"request": {{}}, "expect": {{"status": 200}}}}]}}"#,
        endpoints.join(",")
    );
    Json::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// An endpoint that says this to whatever it is asked, and hangs where that is nothing.
async fn saying(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(answer.as_bytes()).await;
            open.extend(answer.is_empty().then_some(stream));
        }
    });
    format!("http://{address}")
}

async fn status(gateway: &Gateway, path: &str) -> u16 {
    let host = format!("{API_ID}.execute-api.us-east-1.amazonaws.com");
    let request = Request {
        method: "GET".into(),
        target: format!("/test/{path}"),
        fields: vec![("Host".into(), host)],
        content: Vec::new(),
    };
    client::send(gateway.address, &request).await.expect("an answer").status
}

/// The line of the log that has this in it.
async fn line(log: &Path, text: &str) -> String {
    let began = Instant::now();
    loop {
        let told = fs::read_to_string(log).unwrap_or_default();
        if let Some(line) = told.lines().find(|line| line.contains(text)) {
            return line.into();
        }
        assert!(began.elapsed() < WAIT, "nothing is told of {text}:\n{told}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn the_log_says_why_an_endpoint_or_a_function_gave_no_answer() {
    let refuses = format!("http://127.0.0.1:{}", free_port());
    let (hangs, garbles) = (saying("").await, saying("SSH-2.0-OpenSSH_9.6\r\n").await);
    let odd = saying("HTTP/1.1 600 Odd\r\nContent-Length: 0\r\n\r\n").await;
    let urls = [
        ("refuses", refuses.clone()),
        ("hangs", hangs.clone()),
        ("garbles", garbles.clone()),
        ("odd", odd.clone()),
    ];
    let setup = set_up(&case(&urls)).await.unwrap();
    let mut target = Target::find(Engine::Worker).await.unwrap();
    let log = setup.folder.path().join("worker.log");
    let away = ("FUNCTION_URL_AWAY".to_owned(), format!("http://127.0.0.1:{}", free_port()));
    target.settings =
        Settings { log: Some(log.clone()), variables: vec![away], ..Settings::default() };
    let gateway = target.start(&setup.config, setup.listen, 0).await.unwrap();

    for path in ["refuses", "hangs", "garbles", "odd", "function"] {
        for _ in 0..2 {
            assert!(status(&gateway, path).await >= 500, "{path}");
        }
    }
    for url in [&refuses, &hangs, &garbles, &odd] {
        let name = format!("no answer of the endpoint `{}`: ", &url["http://".len()..]);
        let told = line(&log, &name).await;
        assert!(!told.ends_with(": "), "without a reason: {told}");
    }
    line(&log, "no answer of the function `away`: ").await;
    assert!(line(&log, &hangs["http://".len()..]).await.contains("does not answer in time"));
    assert!(line(&log, &odd["http://".len()..]).await.contains("the status 600"));
    let told = fs::read_to_string(&log).unwrap();
    assert!(!told.contains(SECRET), "{told}");
    assert_eq!(told.matches("no answer of").count(), 5, "each once, however many failed: {told}");
    target.stop().await;
}
