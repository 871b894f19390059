//! Clients that sign as AWS's own do: botocore signs, the gateway verifies.

use std::net::SocketAddr;
use std::process::Command;

use serde_json::{Value, json};
use tests::ports::free_port;

use crate::peer::{Edgeway, python};

const SCRIPT: &str = include_str!("signed.py");

const IAM: &str = "iam: {principals: [\
    {arn: 'arn:aws:iam::000000000000:user/alice', accessKeyId: AKIDALICE, secretAccessKey: {env: ALICE_SECRET}, \
     policies: [{Statement: {Effect: Allow, Action: 'execute-api:Invoke', Resource: '*'}}]}, \
    {arn: 'arn:aws:iam::000000000000:user/carol', accessKeyId: AKIDCAROL, secretAccessKey: carol-secret}, \
    {arn: 'arn:aws:sts::000000000000:assumed-role/reader/s1', accessKeyId: ASIDSESSION, \
     secretAccessKey: {file: session.secret}, sessionToken: 'session/token+1==', \
     policies: [{Statement: {Effect: Allow, Action: 'execute-api:*', Resource: 'arn:aws:execute-api:us-east-1:000000000000:rest/prod/GET/secure/*'}}]}]}";

fn definition() -> Value {
    let operation = json!({
        "security": [{"sigv4": []}],
        "responses": {"200": {"description": "d"}},
        "x-amazon-apigateway-integration": {
            "type": "mock",
            "requestTemplates": {"application/json": "{\"statusCode\": 200}"},
            "passthroughBehavior": "when_no_match",
            "responses": {"default": {"statusCode": "200"}},
        },
    });
    json!({
        "openapi": "3.0.1",
        "info": {"title": "t", "version": "1"},
        "paths": {"/secure/{path+}": {"get": operation, "post": operation}},
        "components": {"securitySchemes": {"sigv4": {
            "type": "apiKey", "name": "Authorization", "in": "header",
            "x-amazon-apigateway-authtype": "awsSigv4",
        }}},
    })
}

#[tokio::test]
async fn what_botocore_signs_is_let_in_and_nothing_else() {
    let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let gateway = Edgeway::start_signed(address, &definition(), IAM).await;
    let output = tokio::task::spawn_blocking(move || {
        let base = format!("http://{address}");
        Command::new(python()).args(["-c", SCRIPT, &base]).output().expect("python starts")
    });
    let output = output.await.unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    let statuses: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {told}"));
    let expected = json!({
        "header": 200,
        "escapes": 200,
        "slashes": 200,
        "body": 200,
        "another body": 403,
        "unsigned payload": 200,
        "unsigned payload, another body": 200,
        "presigned": 200,
        "presigned, another query": 403,
        "another path": 403,
        "another secret": 403,
        "another key": 403,
        "no policy": 403,
        "session": 200,
        "presigned session": 200,
        "another token": 403,
        "no token": 403,
        "unsigned": 403,
    });
    assert_eq!(statuses, expected);
    drop(gateway);
}
