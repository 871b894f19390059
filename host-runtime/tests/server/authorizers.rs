//! What Lambda authorizers granted, from one configuration to the next.

use std::io::Read as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use host_runtime::settings::Settings;
use host_runtime::worker::Deployment;
use serde_json::json;

use crate::kit::*;
use crate::program::{LOG, Program};

/// An authorizer's function that always says the same, and how often it was asked.
fn function(effect: &'static str) -> (SocketAddr, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let address = endpoint(move |mut connection| {
        while let Some(head) = connection.head() {
            let mut event = vec![0; content_length(&head)];
            connection.reader.read_exact(&mut event).unwrap();
            count.fetch_add(1, Relaxed);
            let policy = json!({"Version": "2012-10-17", "Statement": [
                {"Effect": effect, "Action": "execute-api:Invoke", "Resource": "*"}
            ]});
            let answer = json!({"principalId": "jo", "policyDocument": policy}).to_string();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", answer.len());
            connection.send(format!("{head}{answer}").as_bytes());
        }
    });
    (address, asked)
}

/// Writes an API whose callers this function lets in, or not; what it says is remembered.
fn configure(folder: &Folder, function: SocketAddr, expression: &str, more: &str) {
    let arn = "arn:aws:lambda:us-east-1:123456789012:function:auth";
    let path = format!("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}");
    let definition = json!({
        "openapi": "3.0.1",
        "info": {"title": "t", "version": "1"},
        "paths": {"/": {"get": {
            "security": [{"token": []}],
            "responses": {"200": {"description": "ok"}},
            "x-amazon-apigateway-integration": {
                "type": "mock",
                "requestTemplates": {"application/json": "{\"statusCode\": 200}"},
                "responses": {"default": {"statusCode": "200"}},
            },
        }}},
        "components": {"securitySchemes": {"token": {
            "type": "apiKey",
            "name": "Authorization",
            "in": "header",
            "x-amazon-apigateway-authtype": "custom",
            "x-amazon-apigateway-authorizer": {
                "type": "token",
                "authorizerUri": format!("{path}/invocations"),
                "identityValidationExpression": expression,
                "authorizerResultTtlInSeconds": 3600,
            },
        }}},
    });
    folder.write("api.json", &definition.to_string());
    let config = format!(
        "listen: 127.0.0.1:0
{more}
apis: [{{id: a, protocol: REST, definition: api.json, stages: [{{stageName: prod}}]}}]
functions: {{auth: {{url: 'http://{function}'}}}}
"
    );
    folder.write("edgeway.yaml", &config);
}

#[test]
fn a_grant_outlives_no_change_of_the_authorizer_or_of_its_function() {
    let folder = Folder::new();
    let (generous, asked) = function("Allow");
    configure(&folder, generous, ".*", "");
    let config = folder.path("edgeway.yaml");
    let first = Arc::new(Settings::new(&build(&config).config, None));
    let mut served = Served::start_configured(folder, config, 1);
    let mut client = served.client();
    let mut status = || {
        client.send(b"GET /prod HTTP/1.1\r\nHost: h\r\nAuthorization: jo\r\n\r\n");
        client.answer().status
    };
    let mut settings = first;
    let mut reload = |served: &mut Served| {
        let built = build(&served.config);
        settings = Arc::new(Settings::new(&built.config, Some(&settings)));
        let snapshot = built.snapshot.to_bytes().into();
        served.host.deploy(&Deployment { snapshot, settings: Arc::clone(&settings) }).unwrap();
    };
    reload(&mut served);
    assert_eq!((status(), status(), asked.load(Relaxed)), (200, 200, 1));

    configure(&served.folder, generous, ".*", "account: {retryAfter: true}");
    reload(&mut served);
    assert_eq!((status(), asked.load(Relaxed)), (200, 1), "nothing of the authorizer changed");

    configure(&served.folder, generous, "j.*", "");
    reload(&mut served);
    assert_eq!((status(), asked.load(Relaxed)), (200, 2), "another definition is asked anew");

    let (strict, asked) = function("Deny");
    configure(&served.folder, strict, "j.*", "");
    reload(&mut served);
    assert_eq!((status(), asked.load(Relaxed)), (403, 1), "another function grants by itself");
}

#[test]
fn the_log_says_once_what_was_wrong_with_an_authorizers_answer_and_no_secret() {
    let folder = Folder::new();
    let (wrong, asked) = function("Maybe");
    configure(&folder, wrong, ".*", "");
    let program = Program::start(&folder);
    let mut client = Client::connect(program.listen);
    for _ in 0..3 {
        client.send(b"GET /prod HTTP/1.1\r\nHost: h\r\nAuthorization: s3cret\r\n\r\n");
        assert_eq!(client.answer().status, 500);
    }
    assert_eq!(asked.load(Relaxed), 3);
    let log = folder.read(LOG);
    let told: Vec<_> = log.lines().filter(|line| line.contains("to no answer")).collect();
    let [told] = told[..] else { panic!("{log}") };
    for part in
        ["WARN", "api=\"a\"", "stage=\"prod\"", "authorizer=\"token\"", "Statement/0/Effect"]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!log.contains("s3cret"), "{log}");
}
