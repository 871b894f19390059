//! What is exported imports to the same deployment.

extern crate std;

use std::fs;
use std::path::Path;

use serde_json::Value as Json;

use super::conformance::{files, filled};
use super::*;
use crate::definition::ConnectionType;

/// Without the places in the document, and with references to models in one spelling.
fn comparable(imported: &Imported) -> Imported {
    let mut imported = imported.clone();
    imported.warnings.clear();
    let deployment = &mut imported.deployment;
    for method in &mut deployment.methods {
        method.source = Default::default();
        method.integration.source = Default::default();
        if let ConnectionType::VpcLink(private) = &mut method.integration.connection_type {
            private.source = Default::default();
        }
    }
    deployment.authorizers.iter_mut().for_each(|authorizer| authorizer.source = Default::default());
    for model in &mut deployment.models {
        model.source = Default::default();
        model.schema = model.schema.replace("#/definitions/", "#/components/schemas/");
    }
    imported
}

fn api(imported: &Imported, protocol: Protocol) -> Api {
    Api {
        id: "a1b2c3".into(),
        name: imported.name.clone(),
        protocol,
        disable_execute_api_endpoint: imported.disable_execute_api_endpoint,
        deployments: alloc::vec![imported.deployment.clone()],
        stages: Vec::new(),
    }
}

fn exported(
    imported: &Imported,
    protocol: Protocol,
    export_type: ExportType,
    extensions: Extensions,
) -> Result<String, ExportError> {
    let api = api(imported, protocol);
    let exported = Exported {
        api: &api,
        deployment: &api.deployments[0],
        stage_name: if protocol == Protocol::Http { "$default" } else { "prod" },
        region: "eu-west-1",
        export_type,
        extensions,
    };
    export(&exported).map(|document| document.to_text())
}

/// Exports in both ways, and imports again. How many documents could be written.
fn assert_round_trip(imported: &Imported, protocol: Protocol, place: &str) -> usize {
    let mut written = 0;
    for export_type in [ExportType::Oas30, ExportType::Swagger] {
        let Ok(text) = exported(imported, protocol, export_type, Extensions::ALL) else {
            assert_eq!(export_type, ExportType::Swagger, "{place}");
            continue;
        };
        written += 1;
        let again = import(&document(&text), protocol, "eu-west-1");
        let again = again.unwrap_or_else(|errors| panic!("{place}: {errors:?}\n{text}"));
        assert_eq!(comparable(&again), comparable(imported), "{place}\n{text}");
        // From then on not even a line differs.
        let twice = exported(&again, protocol, export_type, Extensions::ALL);
        assert_eq!(twice.as_deref(), Ok(&*text), "{place}");
    }
    written
}

#[test]
fn every_definition_of_the_tests_survives_export() {
    let mut written = 0;
    let hosts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/hosts");
    let hosts = ["rest.json", "http.json"].map(|name| hosts.join(name));
    for file in files().into_iter().chain(hosts) {
        let cases: Json = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        for case in cases.as_array().unwrap() {
            let Some(api) = case.get("api") else { continue };
            let protocol = if case["kind"] == "rest" { Protocol::Rest } else { Protocol::Http };
            let Ok(imported) = import(&document(&filled(api)), protocol, "eu-west-1") else {
                continue;
            };
            let place = format!("{}: {}", file.display(), case["name"]);
            written += assert_round_trip(&imported, protocol, &place);
        }
    }
    assert!(written > 500, "{written} documents: where are the cases?");
}

/// Everything that a REST API's model has.
const REST: &str = r##"{
  "openapi": "3.0.1", "info": {"title": "all of it", "version": "7"},
  "x-amazon-apigateway-policy": {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"},
    {"Effect": "Deny", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "*", "Resource": "*",
     "Condition": {"NotIpAddress": {"aws:SourceIp": ["192.0.2.0/24"]}}}]},
  "x-amazon-apigateway-endpoint-configuration": {"types": ["PRIVATE"], "disableExecuteApiEndpoint": true},
  "x-amazon-apigateway-binary-media-types": ["image/*", "*/*"],
  "x-amazon-apigateway-api-key-source": "AUTHORIZER",
  "x-amazon-apigateway-gateway-responses": {
    "DEFAULT_4XX": {"responseParameters": {"gatewayresponse.header.X": "'*'"}, "responseTemplates": {"application/json": "$context.error.messageString"}},
    "THROTTLED": {"statusCode": 503}},
  "x-amazon-apigateway-request-validators": {
    "all": {"validateRequestBody": true, "validateRequestParameters": true}, "none": {}},
  "x-amazon-apigateway-request-validator": "none",
  "components": {
    "schemas": {
      "Pet": {"type": "object", "properties": {"$ref": {"type": "string"}, "default": {"$ref": "#/components/schemas/Tag"}, "n": {"type": "number", "maximum": 1.50}}},
      "Tag": {"enum": ["a", {"$ref": "#/definitions/Pet"}], "default": "ü\u2028\"\\"}},
    "securitySchemes": {
      "sigv4": {"type": "apiKey", "name": "X-Token", "in": "header", "x-amazon-apigateway-authtype": "custom",
        "x-amazon-apigateway-authorizer": {"type": "token", "identityValidationExpression": "^a.*",
          "authorizerUri": "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:auth/invocations"}},
      "request": {"type": "apiKey", "name": "Unused", "in": "header", "x-amazon-apigateway-authtype": "custom",
        "x-amazon-apigateway-authorizer": {"type": "request", "authorizerResultTtlInSeconds": 0,
          "identitySource": ["method.request.header.A", "method.request.querystring.a,b"],
          "authorizerUri": "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:${stageVariables.auth}/invocations",
          "authorizerCredentials": "arn:aws:iam::123456789012:role/${stageVariables.auth}"}},
      "pool": {"type": "apiKey", "name": "X-Pool", "in": "header", "x-amazon-apigateway-authtype": "cognito_user_pools",
        "x-amazon-apigateway-authorizer": {"type": "cognito_user_pools", "providerARNs": ["arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_a"]}},
      "iam": {"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4"}}},
  "paths": {
    "/": {"get": {"responses": {}, "security": [{"iam": []}], "x-amazon-apigateway-integration": {"type": "mock",
      "requestTemplates": {"application/json": "{\"statusCode\": 200}\n"}}}},
    "/pets/{id}": {
      "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}, {"name": "h", "in": "header"}],
      "post": {"operationId": "Put", "x-amazon-apigateway-request-validator": "all",
        "parameters": [{"name": "q", "in": "query", "required": true}],
        "security": [{"pool": ["pets/write", "b"]}],
        "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}, "text/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}},
        "responses": {"200": {"headers": {"X-A": {}, "x-b": {}}}, "default": {"headers": {"x-c": {}}}},
        "x-amazon-apigateway-integration": {"type": "http", "httpMethod": "ANY", "uri": "http://${stageVariables.host}/{id}",
          "connectionType": "VPC_LINK", "connectionId": "abc", "integrationTarget": "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/net/a/1", "timeoutInMillis": 1000, "passthroughBehavior": "never",
          "contentHandling": "CONVERT_TO_TEXT", "credentials": "arn:aws:iam::123456789012:role/r",
          "requestParameters": {"integration.request.path.id": "method.request.path.id", "integration.request.header.z": "'z'", "integration.request.header.a": "method.request.header.h"},
          "requestTemplates": {"text/json": "$input.json('$')", "application/json": "#set($a = 1)"},
          "tlsConfig": {"insecureSkipVerification": true},
          "responses": {
            "5\\d{2}": {"statusCode": "502", "contentHandling": "CONVERT_TO_BINARY", "responseParameters": {"method.response.header.x-c": "'c'"}},
            "default": {"statusCode": 200, "responseParameters": {"method.response.header.X-A": "integration.response.header.a", "method.response.header.x-b": "'b'"}, "responseTemplates": {"application/json": "{}"}},
            "4.*": {"statusCode": "200"}}}},
      "x-amazon-apigateway-any-method": {"responses": {}, "security": [{"request": []}], "x-amazon-apigateway-integration": {
        "type": "aws_proxy", "httpMethod": "POST", "passthroughBehavior": "when_no_templates",
        "uri": "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:f/invocations"}},
      "patch": {"responses": {"201": {"headers": {"X-A": {}}, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}}, "default": {}}, "x-amazon-apigateway-integration": {
        "type": "aws_proxy", "httpMethod": "POST", "responseTransferMode": "STREAM", "timeoutInMillis": 900000, "credentials": "arn:aws:iam::123456789012:role/r",
        "uri": "arn:aws:apigateway:eu-west-1:lambda:path/2021-11-15/functions/arn:aws:lambda:eu-west-1:123456789012:function:f/response-streaming-invocations"}},
      "delete": {"responses": {}, "security": [{"sigv4": []}], "x-amazon-apigateway-integration": {
        "type": "aws", "httpMethod": "POST", "uri": "arn:aws:apigateway:eu-west-1:sqs:path/123456789012/q",
        "credentials": "arn:aws:iam::123456789012:role/r", "responses": {"default": {"statusCode": "200"}}}}}}
}"##;

/// Everything that an HTTP API's model has.
const HTTP: &str = r##"{
  "openapi": "3.0.1", "info": {"title": "t", "version": "1"},
  "x-amazon-apigateway-cors": {"allowOrigins": ["https://a.example"], "allowMethods": ["GET", "*"], "allowHeaders": ["x-a"],
    "exposeHeaders": ["x-b"], "maxAge": -1, "allowCredentials": true},
  "components": {"securitySchemes": {
    "jwt": {"type": "oauth2", "x-amazon-apigateway-authorizer": {"type": "jwt", "identitySource": "$request.querystring.token",
      "jwtConfiguration": {"issuer": "https://issuer.example", "audience": ["a", "b"]}}},
    "function": {"type": "apiKey", "name": "a", "in": "header", "x-amazon-apigateway-authorizer": {"type": "request",
      "authorizerUri": "arn:aws:lambda:eu-west-1:123456789012:function:auth", "authorizerPayloadFormatVersion": "2.0", "enableSimpleResponses": true,
      "identitySource": "$request.header.A", "authorizerResultTtlInSeconds": 60}}}},
  "paths": {
    "$default": {"x-amazon-apigateway-any-method": {"x-amazon-apigateway-integration": {"type": "http_proxy", "httpMethod": "ANY", "uri": "https://a.example/{proxy}"}}},
    "/a/": {"get": {"security": [{"jwt": ["s"]}], "x-amazon-apigateway-integration": {"type": "aws_proxy", "payloadFormatVersion": "2.0",
      "uri": "arn:aws:lambda:eu-west-1:123456789012:function:f", "timeoutInMillis": 50}},
      "post": {"x-amazon-apigateway-integration": {"type": "http_proxy", "httpMethod": "POST", "payloadFormatVersion": "1.0", "connectionType": "VPC_LINK", "connectionId": "abc",
      "uri": "arn:aws:servicediscovery:eu-west-1:123456789012:service/srv-1?a=b", "tlsConfig": {"serverNameToVerify": "a.example"}}}},
    "/b/{id}/{proxy+}": {"post": {"security": [{"function": []}], "x-amazon-apigateway-integration": {"type": "http_proxy", "httpMethod": "POST", "uri": "https://a.example/{id}",
      "requestParameters": {"overwrite:header.x": "$request.path.id", "remove:querystring.q": "''", "append:header.y": "a"},
      "responseParameters": {"500": {"overwrite:statuscode": "503", "remove:header.x": "''"}, "200": {"append:header.a": "b"}}}},
      "put": {"x-amazon-apigateway-auth": {"type": "AWS_IAM"}, "x-amazon-apigateway-integration": {"type": "aws_proxy", "integrationSubtype": "SQS-SendMessage",
      "credentials": "arn:aws:iam::123456789012:role/r", "payloadFormatVersion": "1.0",
      "requestParameters": {"QueueUrl": "https://sqs.example/q", "MessageBody": "$request.body"}}}}}
}"##;

#[test]
fn every_member_of_the_model_survives_export() {
    assert_eq!(assert_round_trip(&imported(REST, Protocol::Rest), Protocol::Rest, "REST"), 2);
    assert_eq!(assert_round_trip(&imported(HTTP, Protocol::Http), Protocol::Http, "HTTP"), 1);
}

#[test]
fn a_document_says_where_its_stage_is_reached() {
    let rest = imported(REST, Protocol::Rest);
    let document = |export_type| -> Json {
        let text = exported(&rest, Protocol::Rest, export_type, Extensions::ALL).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    let oas30 = document(ExportType::Oas30);
    assert_eq!(oas30["info"]["version"], "7", "that of the definition");
    let server = &oas30["servers"][0];
    assert_eq!(server["url"], "https://a1b2c3.execute-api.eu-west-1.amazonaws.com/{basePath}");
    assert_eq!(server["variables"]["basePath"]["default"], "/prod");
    let swagger = document(ExportType::Swagger);
    assert_eq!(swagger["host"], "a1b2c3.execute-api.eu-west-1.amazonaws.com");
    assert_eq!(swagger["basePath"], "/prod");
}

#[test]
fn references_are_spelled_as_the_specification_has_them() {
    let rest = imported(REST, Protocol::Rest);
    let text = exported(&rest, Protocol::Rest, ExportType::Swagger, Extensions::ALL).unwrap();
    let swagger: Json = serde_json::from_str(&text).unwrap();
    let properties = &swagger["definitions"]["Pet"]["properties"];
    assert_eq!(properties["default"]["$ref"], "#/definitions/Tag");
    assert_eq!(properties["$ref"]["type"], "string");
    let oas30 = exported(&rest, Protocol::Rest, ExportType::Oas30, Extensions::ALL).unwrap();
    let oas30: Json = serde_json::from_str(&oas30).unwrap();
    // An instance is no schema: it stays what it is.
    assert_eq!(oas30["components"]["schemas"]["Tag"]["enum"][1]["$ref"], "#/definitions/Pet");
}

#[test]
fn only_the_extensions_that_are_asked_for_are_written() {
    let rest = imported(REST, Protocol::Rest);
    let none = Extensions { integrations: false, authorizers: false, apigateway: false };
    for (extensions, integrations, authorizers) in [
        (none, false, false),
        (Extensions { integrations: true, ..none }, true, false),
        (Extensions { authorizers: true, ..none }, false, true),
    ] {
        let text = exported(&rest, Protocol::Rest, ExportType::Oas30, extensions).unwrap();
        assert_eq!(text.contains("x-amazon-apigateway-integration"), integrations);
        assert_eq!(text.contains("x-amazon-apigateway-authorizer"), authorizers);
        for other in ["policy", "gateway-responses", "request-validator", "binary-media-types"] {
            assert!(!text.contains(&format!("x-amazon-apigateway-{other}")), "{other}");
        }
    }
}

#[test]
fn what_swagger_has_no_words_for_is_refused() {
    let http = imported(HTTP, Protocol::Http);
    assert!(exported(&http, Protocol::Http, ExportType::Swagger, Extensions::ALL).is_err());
    let schemas = r#"{"content": {"a/b": {"schema": {"type": "object"}}, "c/d": {"schema": {"type": "array"}}}}"#;
    let item = format!(
        r#"{{"post": {{"requestBody": {schemas}, "responses": {{}}, "x-amazon-apigateway-integration": {{"type": "mock"}}}}}}"#
    );
    let rest = imported(&rest("/a", &item), Protocol::Rest);
    let refused = exported(&rest, Protocol::Rest, ExportType::Swagger, Extensions::ALL);
    assert!(refused.unwrap_err().0.contains("`POST /a` has several models"));
    assert!(exported(&rest, Protocol::Rest, ExportType::Oas30, Extensions::ALL).is_ok());
}

#[test]
fn a_template_that_is_none_is_exported_as_it_is_on_aws() {
    let templates = r#"{"a/empty": "", "a/null": null, "a/word": "__passthrough__"}"#;
    let item = format!(
        r#"{{"get": {{"responses": {{"200": {{"description": "d"}}}}, "x-amazon-apigateway-integration": {{"type": "mock",
          "requestTemplates": {templates}, "responses": {{"default": {{"statusCode": "200", "responseTemplates": {templates}}}}}}}}}}}"#
    );
    let rest = imported(&rest("/a", &item), Protocol::Rest);
    assert_round_trip(&rest, Protocol::Rest, "templates");
    let integration = &rest.deployment.methods[0].integration;
    for templates in [&integration.request_templates, &integration.responses[0].response_templates]
    {
        assert!(
            templates.len() == 3 && templates.iter().all(|(_, t)| t.is_empty()),
            "{templates:?}"
        );
    }
    let text = exported(&rest, Protocol::Rest, ExportType::Oas30, Extensions::ALL).unwrap();
    assert_eq!(text.matches("\"__passthrough__\"").count(), 6, "{text}");
}
