//! Exports as AWS writes them.

use super::*;
use crate::definition::*;

/// As `aws apigateway get-export --export-type swagger --parameters extensions=integrations,authorizers` writes it.
pub(super) const SWAGGER_EXPORT: &str = r##"{
  "swagger" : "2.0",
  "info" : { "version" : "2026-01-01T00:00:00Z", "title" : "PetStore" },
  "host" : "abcdef1234.execute-api.eu-west-1.amazonaws.com",
  "basePath" : "/prod",
  "schemes" : [ "https" ],
  "paths" : {
    "/" : {
      "get" : {
        "consumes" : [ "application/json" ],
        "produces" : [ "text/html" ],
        "responses" : { "200" : { "description" : "200 response", "headers" : { "Content-Type" : { "type" : "string" } } } },
        "x-amazon-apigateway-integration" : {
          "type" : "mock",
          "responses" : { "default" : { "statusCode" : "200",
            "responseParameters" : { "method.response.header.Content-Type" : "'text/html'" },
            "responseTemplates" : { "text/html" : "<html>Pets</html>" } } },
          "requestTemplates" : { "application/json" : "{\"statusCode\": 200}" },
          "passthroughBehavior" : "when_no_match"
        }
      }
    },
    "/pets/{petId}" : {
      "get" : {
        "operationId" : "GetPet",
        "parameters" : [
          { "name" : "petId", "in" : "path", "required" : true, "type" : "string" },
          { "name" : "x-trace", "in" : "header", "type" : "string" } ],
        "responses" : { },
        "security" : [ { "pool" : [ "pets/read" ] } ],
        "x-amazon-apigateway-request-validator" : "Validate body",
        "x-amazon-apigateway-integration" : {
          "type" : "http_proxy",
          "httpMethod" : "GET",
          "uri" : "http://petstore.example.com/petstore/pets/{petId}",
          "responses" : { "default" : { "statusCode" : "200" } },
          "requestParameters" : { "integration.request.path.petId" : "method.request.path.petId" },
          "passthroughBehavior" : "when_no_match",
          "timeoutInMillis" : 5000
        }
      },
      "x-amazon-apigateway-any-method" : {
        "parameters" : [ { "$ref" : "#/parameters/petId" } ],
        "responses" : { },
        "x-amazon-apigateway-integration" : {
          "type" : "aws_proxy",
          "httpMethod" : "POST",
          "uri" : "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:pets:${stageVariables.alias}/invocations",
          "responses" : { "default" : { "statusCode" : "200", "responseTemplates" : { "application/json" : "$ignored" } } },
          "contentHandling" : "CONVERT_TO_TEXT",
          "cacheNamespace" : "abc",
          "cacheKeyParameters" : [ "method.request.path.petId" ]
        }
      }
    }
  },
  "parameters" : { "petId" : { "name" : "petId", "in" : "path", "required" : true, "type" : "string" } },
  "securityDefinitions" : {
    "pool" : {
      "type" : "apiKey", "name" : "X-Auth", "in" : "header",
      "x-amazon-apigateway-authtype" : "cognito_user_pools",
      "x-amazon-apigateway-authorizer" : {
        "type" : "cognito_user_pools",
        "providerARNs" : [ "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_aBcDeF" ] }
    },
    "unused" : {
      "type" : "apiKey", "name" : "x", "in" : "header",
      "x-amazon-apigateway-authtype" : "custom",
      "x-amazon-apigateway-authorizer" : { "type" : "token", "authorizerUri" : "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:auth/invocations", "authorizerResultTtlInSeconds" : 300 }
    }
  },
  "definitions" : { "Empty" : { "type" : "object", "title" : "Empty Schema" } },
  "x-amazon-apigateway-gateway-responses" : {
    "DEFAULT_4XX" : {
      "responseParameters" : { "gatewayresponse.header.Access-Control-Allow-Origin" : "'*'" },
      "responseTemplates" : { "application/json" : "{\"message\":$context.error.messageString}" } },
    "THROTTLED" : { "statusCode" : "503" } },
  "x-amazon-apigateway-binary-media-types" : [ "image/png", "*/*" ],
  "x-amazon-apigateway-minimum-compression-size" : 1024,
  "x-amazon-apigateway-request-validators" : { "Validate body" : { "validateRequestParameters" : false, "validateRequestBody" : true } },
  "x-amazon-apigateway-endpoint-configuration" : { "types" : [ "REGIONAL" ], "disableExecuteApiEndpoint" : true },
  "x-amazon-apigateway-documentation" : { "version" : "1", "documentationParts" : [ { "x-amazon-anything" : 1 } ] }
}"##;

const IGNORED: &str = "response templates of `AWS_PROXY` have no effect";

#[test]
fn a_swagger_export_of_a_rest_api_is_imported() {
    let api = imported(SWAGGER_EXPORT, Protocol::Rest);
    assert_eq!((api.name.as_str(), api.disable_execute_api_endpoint), ("PetStore", true));
    let [binary, ignored] = &api.warnings[..] else { panic!("{:?}", api.warnings) };
    assert!(binary.message.contains("`binaryMediaTypes` make their content binary"), "{binary}");
    assert_eq!((ignored.message.as_str(), ignored.source.line), (IGNORED, 49));
    let deployment = api.deployment;
    assert_eq!(deployment.endpoint_type, EndpointType::Regional);
    assert_eq!(deployment.minimum_compression_bytes, Some(1024));
    assert_eq!(deployment.binary_media_types, ["image/png", "*/*"]);
    assert_eq!(deployment.gateway_responses.len(), 2);
    assert_eq!(deployment.gateway_responses[1].status_code, Some(503));
    let [root, get, any] = &deployment.methods[..] else { panic!("{:?}", deployment.methods) };

    assert_eq!(root.route_key(), "GET /");
    assert_eq!(root.resource_id.len(), 10);
    assert_eq!(root.integration.integration_type, IntegrationType::Mock);
    let response = &root.integration.responses[0];
    assert_eq!((response.selection_pattern.as_deref(), response.status_code), (None, 200));
    assert_eq!(response.response_parameters[0].1, "'text/html'");
    assert_eq!(response.response_templates[0].1, "<html>Pets</html>");

    assert_eq!(get.route_key(), "GET /pets/{petId}");
    assert_eq!(get.operation_name.as_deref(), Some("GetPet"));
    assert_eq!(
        get.authorization,
        Authorization::Authorizer { authorizer: 0, scopes: alloc::vec!["pets/read".into()] }
    );
    assert_eq!(get.request_parameters.len(), 2);
    assert_eq!(get.integration.timeout_ms, Some(5000));
    let mapping = ("integration.request.path.petId".into(), "method.request.path.petId".into());
    assert_eq!(get.integration.request_parameters, [mapping]);
    assert_eq!(get.source.pointer, "/paths/~1pets~1{petId}/get");
    assert_eq!(get.source.line, 24);

    assert_eq!((any.http_method.as_str(), &any.resource_id), ("ANY", &get.resource_id));
    assert_eq!(any.integration.integration_type, IntegrationType::AwsProxy);
    assert!(any.integration.responses.is_empty(), "a proxy has none");
    assert_eq!(any.integration.cache_namespace.as_deref(), Some("abc"));
    assert_eq!(any.integration.cache_key_parameters, ["method.request.path.petId"]);
    assert_eq!(any.authorization, Authorization::None);

    let [authorizer, _] = &deployment.authorizers[..] else {
        panic!("{:?}", deployment.authorizers)
    };
    let AuthorizerKind::Cognito { identity_header, provider_arns, .. } = &authorizer.kind else {
        panic!("{authorizer:?}")
    };
    assert_eq!((identity_header.as_str(), provider_arns.len()), ("X-Auth", 1));
}

/// As `aws apigatewayv2 export-api --specification OAS30` writes it, and by hand.
pub(super) const HTTP_EXPORT: &str = r##"{
  "openapi": "3.0.1",
  "info": { "title": "orders", "version": "2026-01-01 00:00:00UTC" },
  "servers": [ { "url": "https://abc.execute-api.eu-west-1.amazonaws.com/{basePath}",
    "variables": { "basePath": { "default": "" } },
    "x-amazon-apigateway-endpoint-configuration": { "disableExecuteApiEndpoint": true } } ],
  "tags": [ { "name": "team", "x-amazon-apigateway-tag-value": "orders" } ],
  "paths": {
    "/$default": { "x-amazon-apigateway-any-method": { "isDefaultRoute": true,
      "responses": { "default": { "description": "Default response for $default" } },
      "x-amazon-apigateway-integration": { "type": "HTTP_PROXY", "httpMethod": "ANY",
        "uri": "https://${stageVariables.host}/base", "payloadFormatVersion": 1.0, "connectionType": "INTERNET" } } },
    "/orders/{id}": {
      "get": { "security": [ { "jwt": [ "orders/read" ] } ],
        "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/nowhere" } } } },
        "x-amazon-apigateway-integration": { "$ref": "#/components/x-amazon-apigateway-integrations/orders" } },
      "delete": { "security": [],
        "x-amazon-apigateway-integration": { "$ref": "#/components/x-amazon-apigateway-integrations/orders" } },
      "put": { "security": [ { "oidc": [] } ],
        "x-amazon-apigateway-integration": { "type": "aws_proxy", "payloadFormatVersion": "1.0", "timeoutInMillis": "30000",
          "uri": "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:o/invocations" } },
      "parameters": [ { "name": "id", "in": "path", "required": true, "schema": { "type": "string" } } ] },
    "/files/{proxy+}": { "get": { "x-amazon-apigateway-integration": {
      "type": "HTTP_PROXY", "payloadFormatVersion": "1.0", "uri": "https://files.example/{proxy}" } } }
  },
  "components": {
    "x-amazon-apigateway-integrations": { "orders": { "type": "AWS_PROXY", "httpMethod": "POST",
      "uri": "arn:aws:lambda:us-west-2:123456789012:function:orders", "payloadFormatVersion": 2.0 } },
    "securitySchemes": {
      "jwt": { "type": "oauth2", "flows": {}, "x-amazon-apigateway-authorizer": { "type": "jwt",
        "identitySource": "$request.header.Authorization",
        "jwtConfiguration": { "audience": [ "a", "b" ], "issuer": "https://issuer.example" } } },
      "oidc": { "type": "openIdConnect", "openIdConnectUrl": "https://issuer.example/x/.well-known/openid-configuration",
        "x-amazon-apigateway-authorizer": { "type": "jwt", "jwtConfiguration": { "audience": "c" } } } }
  },
  "x-amazon-apigateway-cors": { "allowOrigins": [ "https://app.example", "http://localhost:3000" ], "allowMethods": [ "GET", "*" ],
    "allowHeaders": [ "authorization" ], "exposeHeaders": [ "date" ], "maxAge": 300, "allowCredentials": true },
  "x-amazon-apigateway-importexport-version": "1.0"
}"##;

#[test]
fn an_export_of_an_http_api_is_imported() {
    let api = imported(HTTP_EXPORT, Protocol::Http);
    assert!(api.disable_execute_api_endpoint);
    assert_eq!(api.warnings, []);
    let deployment = api.deployment;
    assert_eq!(deployment.endpoint_type, EndpointType::Regional);
    let keys: Vec<String> = deployment.methods.iter().map(Method::route_key).collect();
    assert_eq!(
        keys,
        [
            "$default",
            "GET /orders/{id}",
            "PUT /orders/{id}",
            "DELETE /orders/{id}",
            "GET /files/{proxy+}"
        ]
    );
    let [default, get, put, delete, _] = &deployment.methods[..] else { panic!() };
    assert_eq!(default.integration.payload_format, PayloadFormat::V1);
    assert_eq!(default.integration.uri.as_deref(), Some("https://${stageVariables.host}/base"));
    assert_eq!(get.integration.payload_format, PayloadFormat::V2);
    assert_eq!(
        get.integration.uri.as_deref(),
        Some(
            "arn:aws:apigateway:us-west-2:lambda:path/2015-03-31/functions/arn:aws:lambda:us-west-2:123456789012:function:orders/invocations"
        )
    );
    assert_eq!(
        get.integration.source.pointer,
        "/components/x-amazon-apigateway-integrations/orders"
    );
    assert_eq!(delete.authorization, Authorization::None);
    assert_eq!(put.integration.payload_format, PayloadFormat::V1);
    assert_eq!(put.integration.timeout_ms, Some(30_000));
    assert_eq!(put.authorization, Authorization::Authorizer { authorizer: 1, scopes: Vec::new() });
    let AuthorizerKind::Jwt { identity_source, jwt_configuration } =
        &deployment.authorizers[1].kind
    else {
        panic!()
    };
    assert_eq!(identity_source, &["$request.header.Authorization"]);
    assert_eq!(jwt_configuration.issuer, "https://issuer.example/x");
    assert_eq!(jwt_configuration.audience, ["c"]);
    let cors = deployment.cors.unwrap();
    assert_eq!(
        (cors.allow_origins.len(), cors.max_age_s, cors.allow_credentials),
        (2, Some(300), true)
    );
}

/// What AWS takes, or refuses where it does no harm here.
#[test]
fn what_does_not_do_what_it_seems_to_is_warned_of() {
    let integration = |more: &str| {
        format!(
            r#"{{"get": {{"responses": {{"200": {{"headers": {{"Transfer-Encoding": {{}}}}}}}}, "x-amazon-apigateway-integration": {{"httpMethod": "POST", {more}}}}}}}"#
        )
    };
    let sqs = r#""type": "aws", "uri": "arn:aws:apigateway:eu-west-1:sqs:path/1/q", "responses": {"default": {"statusCode": 200}}"#;
    let http = r#""type": "http_proxy", "uri": "http://a.example""#;
    let mapped = |name: &str| {
        format!(r#"{http}, "requestParameters": {{"integration.request.header.{name}": "'v'"}}"#)
    };
    let caller = r#", "credentials": "arn:aws:iam::*:user/*""#;
    let hop = sqs.replace(
        "200}",
        r#"200, "responseParameters": {"method.response.header.Transfer-Encoding": "'v'"}}"#,
    );
    for (more, told) in [
        (sqs.into(), "Role ARN must be specified"),
        (format!("{sqs}{caller}"), "only a caller who signs"),
        (mapped("Transfer-Encoding"), "every request is answered 500: `Transfer-Encoding`"),
        (mapped("Via"), "`Via` is left out of the request"),
        (
            format!("{hop}, \"credentials\": \"arn:aws:iam::123456789012:role/r\""),
            "left out of the response",
        ),
    ] {
        let warnings = imported(&rest("/a", &integration(&more)), Protocol::Rest).warnings;
        assert!(matches!(&warnings[..], [one] if one.message.contains(told)), "{warnings:?}");
    }
    let item = integration(http);
    let twice = item.replace(r#""get": {"#, r#""get": {"operationId": "a", "#);
    let both = format!("{twice},\n\"/b\": {twice}");
    let warnings = imported(&rest("/a", &both), Protocol::Rest).warnings;
    assert!(
        matches!(&warnings[..], [one] if one.message.contains("`a` stands twice")),
        "{warnings:?}"
    );
}

#[test]
fn an_authorizer_may_say_where_its_issuer_is_described() {
    let url = r#""openIdConnectUrl": "https://issuer.example/.well-known/openid-configuration""#;
    let scheme = |inside: &str, beside: &str| {
        let item = r#"{"get": {"security": [{"j": []}], "x-amazon-apigateway-integration": {"type": "http_proxy", "httpMethod": "GET", "uri": "https://a.example"}}}"#;
        let text = rest("/a", item);
        let components = format!(
            r#", "components": {{"securitySchemes": {{"j": {{"type": "oauth2"{beside}, "x-amazon-apigateway-authorizer":
            {{"type": "jwt", "jwtConfiguration": {{"audience": ["a"]}}{inside}}}}}}}}}}}"#
        );
        format!("{}{components}", &text[..text.len() - 1])
    };
    let inside = imported(&scheme(&format!(", {url}"), ""), Protocol::Http).deployment;
    let beside = imported(&scheme("", &format!(", {url}")), Protocol::Http).deployment;
    assert_eq!(inside.authorizers[0].kind, beside.authorizers[0].kind);
}

#[test]
fn a_route_has_ten_scopes_at_most() {
    let document = |count: usize| {
        let scopes = alloc::vec!["\"s\""; count].join(",");
        let item = format!(
            r#"{{"get": {{"security": [{{"j": [{scopes}]}}], "x-amazon-apigateway-integration": {{"type": "http_proxy", "httpMethod": "GET", "uri": "https://a.example"}}}}}}"#
        );
        let text = rest("/a", &item);
        let schemes = r#", "components": {"securitySchemes": {"j": {"type": "oauth2", "x-amazon-apigateway-authorizer":
            {"type": "jwt", "jwtConfiguration": {"issuer": "https://issuer.example", "audience": ["a"]}}}}}}"#;
        format!("{}{schemes}", &text[..text.len() - 1])
    };
    imported(&document(10), Protocol::Http);
    let told = mistakes(&document(11), Protocol::Http);
    assert!(matches!(&told[..], [one] if one.contains("more than 10 scopes")), "{told:?}");
}
