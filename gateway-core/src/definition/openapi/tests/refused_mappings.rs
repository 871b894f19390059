//! Mappings, models and validators that AWS refuses.

use super::*;

#[test]
fn parameter_mappings_of_http_apis_are_refused_where_they_stand() {
    let check = |integration: &str, mappings: &str, expected: &[&str]| {
        let item = format!(
            "{{\"get\": {{\"x-amazon-apigateway-integration\": {{{integration}, \"requestParameters\": {{\n{mappings}}}}}}}}}"
        );
        let at = "/paths/~1a/get/x-amazon-apigateway-integration/requestParameters";
        let expected: Vec<String> = expected.iter().map(|e| e.replace('@', at)).collect();
        assert_eq!(mistakes(&http("\"tags\": []", &item), Protocol::Http), expected);
    };
    check(
        "\"type\": \"HTTP_PROXY\", \"httpMethod\": \"ANY\", \"uri\": \"https://x.example/\"",
        "\"overwrite:header.Via\": \"x\",\n\"append:path\": \"x\",\n\"overwrite:header.x\": \"$request.body..id\",\n\
         \"overwrite:header.y\": \"$context.stagE\",\n\"append:header.z\": \"fine\"",
        &[
            "2 @/overwrite:header.Via: invalid mapping `overwrite:header.Via`: the header `Via` is reserved",
            "3 @/append:path: invalid mapping `append:path`: the path can only be overwritten",
            "4 @/overwrite:header.x: Invalid mapping expression specified: $request.body..id: recursive descent (`..`) is not supported",
            "5 @/overwrite:header.y: Invalid mapping expression specified: $context.stagE: did you mean `$context.stage`?",
        ],
    );
    check(
        &format!(
            "\"type\": \"AWS_PROXY\", \"payloadFormatVersion\": \"2.0\", \"uri\": \"{FUNCTION}\""
        ),
        "\"overwrite:header.x\": \"$response.header.y\"",
        &[
            "2 @/overwrite:header.x: Invalid mapping expression specified: $response.header.y: references are \
             `$request.header|querystring|path.NAME`, `$request.path`, `$request.body`, `$request.body.PATH`, \
             `$context.NAME` and `$stageVariables.NAME`",
        ],
    );
    check(
        "\"type\": \"AWS_PROXY\", \"integrationSubtype\": \"Kinesis-PutRecord\"",
        "\"StreamName\": \"s\",\n\"data\": \"x\",\n\"PartitionKey\": \"\",\n\"Region\": \"$request.x\"",
        &[
            "1 @: `Kinesis-PutRecord` needs the required request parameter `Data`",
            "3 @/data: `Kinesis-PutRecord` has no request parameter `data`",
            "4 @/PartitionKey: `PartitionKey` is empty",
            "5 @/Region: Invalid mapping expression specified: $request.x: references are \
             `$request.header|querystring|path.NAME`, `$request.path`, `$request.body`, `$request.body.PATH`, \
             `$context.NAME` and `$stageVariables.NAME`",
        ],
    );
}

#[test]
fn response_mappings_of_http_apis_are_refused_where_they_stand() {
    let item = "{\"get\": {\"x-amazon-apigateway-integration\": {\"type\": \"HTTP_PROXY\", \
         \"httpMethod\": \"ANY\", \"uri\": \"https://x.example/\", \"responseParameters\": {\n\
         \"200\": {\"overwrite:statuscode\": 204, \"append:header.x\": \"$response.body.id\"},\n\
         \"100\": {},\n\"default\": {},\n\"404\": {\n\"overwrite:statuscode\": \"ok\",\n\
         \"overwrite:path\": \"/\",\n\"remove:header.Connection\": \"''\"}}}}}";
    let at = "/paths/~1a/get/x-amazon-apigateway-integration/responseParameters";
    assert_eq!(
        mistakes(&http("\"tags\": []", item), Protocol::Http),
        [
            format!("3 {at}/100: `100` is no status code"),
            format!("4 {at}/default: `default` is no status code"),
            format!("6 {at}/404/overwrite:statuscode: `ok` is no status code"),
            format!(
                "7 {at}/404/overwrite:path: invalid mapping `overwrite:path`: it has the form \
                 `append|overwrite|remove:header.NAME` or `overwrite:statuscode`"
            ),
            format!(
                "8 {at}/404/remove:header.Connection: invalid mapping `remove:header.Connection`: \
                 the header `Connection` is reserved"
            ),
        ]
    );
}

#[test]
fn models_and_validators_are_refused_where_aws_refuses_them() {
    let told = |operation: &str, top: &str| {
        let mock = "\"x-amazon-apigateway-integration\": {\"type\": \"mock\"}";
        let text = format!(
            "{{\"openapi\": \"3.0.1\", \"info\": {{\"title\": \"t\"}},\n{top},\n\"paths\": {{\"/a\": {{\"get\": {{{operation}, {mock}}}}}}}}}"
        );
        mistakes(&text, Protocol::Rest)
    };
    let body = |schema: &str| {
        format!(
            "\"requestBody\": {{\"content\": {{\"application/json\": {{\"schema\": {schema}}}}}}}"
        )
    };
    let models = |models: &str| format!("\"components\": {{\"schemas\": {{{models}}}}}");
    assert_eq!(
        told(
            "\"x-amazon-apigateway-request-validator\": \"ful\"",
            "\"x-amazon-apigateway-request-validators\": {\"full\": {}}"
        ),
        [
            "3 /paths/~1a/get/x-amazon-apigateway-request-validator: there is no request validator `ful`"
        ]
    );
    for (schemas, expected) in [
        (
            "\"A\": {\"type\": \"text\"}",
            "2 /components/schemas/A/type: Invalid model schema specified: expected one of",
        ),
        (
            "\"A\": {\"properties\": {\"b\": {\"$ref\": \"#/components/schemas/B\"}}}",
            "2 /components/schemas/A/properties/b/$ref: Invalid model schema specified: `#/components/schemas/B` leads nowhere",
        ),
        (
            "\"A\": {\"allOf\": [{\"$ref\": \"#/components/schemas/A\"}]}",
            "2 /components/schemas/A/allOf/0: Invalid model schema specified: this schema refers to itself",
        ),
        ("\"A-B\": {}", "2 /components/schemas/A-B: Model name must be alphanumeric: A-B"),
        (
            "\"A\": {\"required\": true}",
            "2 /components/schemas/A/required: Invalid model schema specified: expected an array of names",
        ),
    ] {
        let told = told("\"summary\": \"x\"", &models(schemas));
        assert!(matches!(&told[..], [one] if one.starts_with(expected)), "{told:?}");
    }
    let told_of = told(&body("{\"$ref\": \"#/components/schemas/B\"}"), &models("\"A\": {}"));
    assert!(
        told_of[0].contains("`#/components/schemas/B` names nothing in this document"),
        "{told_of:?}"
    );
    let told_of = told(&body("{\"$ref\": \"#/info\"}"), &models("\"A\": {}"));
    assert!(told_of[0].contains("Invalid model identifier specified: #/info"), "{told_of:?}");
    // A pattern that only Edgeway cannot match is refused where something is validated by it.
    let ahead = "\"A\": {\"pattern\": \"(?=a)\"}";
    let validator = "\"x-amazon-apigateway-request-validator\": \"body\", \"x-amazon-apigateway-request-validators\": {\"body\": {\"validateRequestBody\": true}}";
    let told_of = told(
        &body("{\"$ref\": \"#/components/schemas/A\"}"),
        &format!("{validator}, {}", models(ahead)),
    );
    assert!(
        told_of[0].contains("/components/schemas/A/pattern")
            && told_of[0].contains("not supported"),
        "{told_of:?}"
    );
    let text = format!(
        "{{\"openapi\": \"3.0.1\", \"info\": {{\"title\": \"t\"}}, {}, \"paths\": {{}}}}",
        models(ahead)
    );
    let warnings = imported(&text, Protocol::Rest).warnings;
    assert!(
        matches!(&warnings[..], [one] if one.message.contains("not supported")),
        "{warnings:?}"
    );
}

#[test]
fn a_mapping_from_a_parameter_that_the_method_does_not_declare_is_refused() {
    let text = rest(
        "/a/{id}",
        "{\"get\": {\"parameters\": [{\"name\": \"q\", \"in\": \"query\"}, {\"name\": \"h\", \"in\": \"header\"}],
            \"x-amazon-apigateway-integration\": {\"type\": \"http_proxy\", \"httpMethod\": \"GET\", \"uri\": \"https://e.example/{id}\", \"requestParameters\": {
            \"integration.request.querystring.a\": \"method.request.multivaluequerystring.q\",
            \"integration.request.header.a\": \"method.request.header.h\",
            \"integration.request.path.id\": \"method.request.path.id\",
            \"integration.request.header.b\": \"method.request.body.x\",
            \"integration.request.header.c\": \"method.request.header.H\",
            \"integration.request.querystring.d\": \"method.request.querystring.h\"}}}}",
    );
    let place = "/paths/~1a~1{id}/get/x-amazon-apigateway-integration/requestParameters/integration.request.";
    assert_eq!(
        mistakes(&text, Protocol::Rest),
        [
            format!(
                "8 {place}header.c: Invalid mapping expression parameter specified: method.request.header.H"
            ),
            format!(
                "9 {place}querystring.d: Invalid mapping expression parameter specified: method.request.querystring.h"
            ),
        ]
    );
    let (right, _) = text.split_once(",\n            \"integration.request.header.c\"").unwrap();
    let warnings = imported(&format!("{right}}}}}}}}}}}}}"), Protocol::Rest).warnings;
    assert!(
        matches!(&warnings[..], [one] if one.message.ends_with("method.request.path.id")),
        "{warnings:?}"
    );
}
