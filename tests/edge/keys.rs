//! Keys of issuers, which requests of an isolate wait for together.

use std::time::{Duration, Instant};

use tests::client::{self, Request};
use tests::issuer::Issuer;
use tests::json::Json;
use tests::setup::{API_ID, Setup, set_up};
use tests::target::{Engine, Gateway, Target};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A case with an HTTP API whose one route asks for a token of this issuer.
pub(super) fn case_of(issuer: &str) -> String {
    format!(
        r#"{{"name": "keys", "source": "this project", "kind": "http",
        "api": {{"openapi": "3.0.1", "info": {{"title": "keys", "version": "1"}}, "paths": {{"/a": {{"get": {{
            "security": [{{"jwt": []}}],
            "x-amazon-apigateway-integration": {{"type": "HTTP_PROXY", "httpMethod": "GET", "payloadFormatVersion": "1.0",
                "uri": "{{{{HTTP_BACKEND}}}}/a"}}}}}}}},
            "components": {{"securitySchemes": {{"jwt": {{"type": "oauth2", "flows": {{}},
                "x-amazon-apigateway-authorizer": {{"type": "jwt", "identitySource": "$request.header.Authorization",
                    "jwtConfiguration": {{"audience": ["a"], "issuer": "{issuer}"}}}}}}}}}}}},
        "exchanges": [{{"request": {{}}, "expect": {{"status": 200}}}}]}}"#
    )
}

async fn serving(issuer: &str) -> (Setup, Target, Gateway) {
    let text = case_of(issuer);
    let case = Json::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let setup = set_up(&case).await.unwrap();
    let target = Target::find(Engine::Worker).await.unwrap();
    let gateway = target.start(&setup.config, setup.listen, 0).await.unwrap();
    (setup, target, gateway)
}

fn host() -> String {
    format!("{API_ID}.execute-api.us-east-1.amazonaws.com")
}

async fn status(gateway: &Gateway, token: &str) -> u16 {
    let fields = [("Host", host()), ("Authorization", token.to_owned())];
    let fields = fields.map(|(name, value)| (name.to_owned(), value)).into();
    let request =
        Request { method: "GET".into(), target: "/a".into(), fields, content: Vec::new() };
    client::send(gateway.address, &request).await.expect("an answer").status
}

#[tokio::test]
async fn a_client_who_leaves_takes_no_keys_away_from_those_who_wait_for_them() {
    let issuer = Issuer::start_slow(Duration::from_millis(500)).await.unwrap();
    let token = issuer.mint(&Json::parse(r#"{"aud": "a"}"#).unwrap());
    let (_setup, target, gateway) = serving(&issuer.url()).await;

    let mut first = TcpStream::connect(gateway.address).await.unwrap();
    let head = format!("GET /a HTTP/1.1\r\nHost: {}\r\nAuthorization: {token}\r\n\r\n", host());
    first.write_all(head.as_bytes()).await.unwrap();
    while issuer.asked() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // Reset, not merely closed.
    first.set_zero_linger().unwrap();
    drop(first);

    assert_eq!(status(&gateway, &token).await, 200);
    assert_eq!(issuer.asked(), 2, "its configuration and its keys, once");
    target.stop().await;
}

#[tokio::test]
async fn an_issuer_whose_answer_does_not_end_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    let never_ending = tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 4096]).await;
            let head =
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
            let _ = stream.write_all(head.as_bytes()).await;
            open.push(stream);
        }
    });
    let other = Issuer::start().await.unwrap();
    let claims = Json::parse(&format!(r#"{{"aud": "a", "iss": "{issuer}"}}"#)).unwrap();
    let (_setup, target, gateway) = serving(&issuer).await;
    let began = Instant::now();
    let told = status(&gateway, &other.mint(&claims)).await;
    let took = began.elapsed();
    never_ending.abort();
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert!(matches!(told, 401 | 500), "{told}");
    target.stop().await;
}
