//! What AWS takes and does not look at.

use super::*;

/// Warnings about a REST API of one operation, as `pointer: message`; `more` stands at the top.
fn told(operation: &str, more: &str) -> Vec<String> {
    let mock = r#"{"type": "mock", "requestTemplates": {"application/json": "{\"statusCode\": 200}"}, "responses": {"default": {"statusCode": 200}}}"#;
    let text = format!(
        r#"{{"openapi": "3.0.1", "info": {{"title": "t"}}, {more} "paths": {{"/a": {{"get": {{
            {operation} "responses": {{"200": {{}}}}, "x-amazon-apigateway-integration": {mock}}}}}}}}}"#
    );
    let warnings = imported(&text, Protocol::Rest).warnings;
    let show = |e: DefinitionError| {
        assert!(e.help.is_some() || e.message.contains("one endpoint type"), "{}", e.message);
        format!("{}: {}", e.source.pointer.replace("/paths/~1a/get", "@"), e.message)
    };
    warnings.into_iter().map(show).collect()
}

const VALIDATORS: &str = r#""x-amazon-apigateway-request-validators": {"all": {"validateRequestBody": true, "validateRequestParameters": true}},
    "x-amazon-apigateway-request-validator": "all","#;

const PARAMETERS: &str = r##""parameters": [
    {"name": "n", "in": "query", "schema": {"type": "integer", "minimum": 1, "enum": [1, 2]}},
    {"name": "m", "in": "header", "schema": {"$ref": "#/components/schemas/M"}},
    {"name": "s", "in": "query", "required": true, "description": "d", "schema": {"type": "string"}}],"##;

const M: &str = r#""components": {"schemas": {"M": {"type": "string", "pattern": "^a"}}},"#;

#[test]
fn constraints_of_each_parameter_are_warned_of_where_parameters_are_validated() {
    assert_eq!(
        told(PARAMETERS, &format!("{VALIDATORS}{M}")),
        [
            "@/parameters/0: AWS does not look at `type: integer`, `enum`, `minimum` of a parameter",
            "@/parameters/1: AWS does not look at `pattern` of a parameter",
        ]
    );
}

#[test]
fn constraints_of_parameters_are_warned_of_once_where_nothing_is_validated() {
    assert_eq!(
        told(PARAMETERS, M),
        [
            "@/parameters/0: AWS does not look at `type: integer`, `enum`, `minimum` of a parameter, nor at those of other parameters"
        ]
    );
}

#[test]
fn what_exports_of_aws_say_of_parameters_is_not_warned_of() {
    let exported = r#""parameters": [{"name": "id", "in": "query", "required": true, "schema": {"type": "string"}}],"#;
    assert_eq!(told(exported, VALIDATORS), [""; 0]);
}

#[test]
fn required_cookies_and_form_fields_which_nothing_asks_for_are_warned_of() {
    let declared = |place: &str, required: bool| {
        let parameter = format!(r#"{{"name": "c", "in": "{place}", "required": {required}}}"#);
        told(&format!(r#""parameters": [{parameter}],"#), VALIDATORS)
    };
    for place in ["cookie", "formData"] {
        let expected = format!(
            "@/parameters/0: nothing asks whether this is there: AWS ignores parameters `in: {place}`"
        );
        assert_eq!(declared(place, true), [expected]);
        assert_eq!(declared(place, false), [""; 0]);
    }
}

#[test]
fn keywords_of_models_that_aws_ignores_are_warned_of_and_properties_of_their_names_are_not() {
    let models = |a: &str| {
        format!(
            r#""components": {{"schemas": {{"A": {a}, "B": {{"type": "array", "items": {{"nullable": true}}}}}}}},"#
        )
    };
    let odd = models(
        r#"{"discriminator": {"propertyName": "k"}, "properties": {"k": {"type": "string", "default": "x", "readOnly": true, "nullable": false}}}"#,
    );
    let body = r##""requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}},"##;
    let a = "/components/schemas/A/discriminator: AWS ignores `default`, `discriminator`, `readOnly` of a model";
    assert_eq!(
        told(body, &format!("{VALIDATORS}{odd}")),
        [a, "/components/schemas/B/items/nullable: AWS ignores `nullable` of a model"]
    );
    assert_eq!(told(body, &odd), [format!("{a}, nor those of other models")]);
    let named = r#"{"properties": {"default": {"type": "string", "example": "e"}, "nullable": {"enum": [{"default": 1}]}}}"#;
    assert_eq!(told(body, &format!("{VALIDATORS}{}", models(named))).len(), 1, "B alone");
}

#[test]
fn a_gateway_response_that_aws_does_not_apply_is_warned_of() {
    let responses = |of: &str| {
        let at = "x-amazon-apigateway-gateway-responses";
        told("", &format!(r#""{at}": {{"REQUEST_TOO_LARGE": {of}, "THROTTLED": {{}}}},"#))
    };
    let [one] = &responses(r#"{"statusCode": 499}"#)[..] else { panic!("one has no effect") };
    assert!(one.ends_with("`REQUEST_TOO_LARGE`: this has no effect"), "{one}");
    assert_eq!(responses(r#"{"statusCode": 413, "defaultResponse": true}"#), [""; 0]);
}

#[test]
fn a_second_endpoint_type_is_warned_of() {
    let types = |types: &str| {
        let at = "x-amazon-apigateway-endpoint-configuration";
        told("", &format!(r#""{at}": {{"types": [{types}]}},"#))
    };
    assert_eq!(types(r#""REGIONAL""#), [""; 0]);
    assert_eq!(
        types(r#""REGIONAL", "REGIONAL""#),
        [
            "/x-amazon-apigateway-endpoint-configuration/types/1: an API has one endpoint type: the last one counts"
        ]
    );
}

#[test]
fn a_mocks_template_that_never_gives_an_integer_status_is_warned_of() {
    let mock = |template: &str| {
        let integration = format!(
            r#"{{"type": "mock", "requestTemplates": {{"application/json": {}}}, "responses": {{"default": {{"statusCode": 200}}}}}}"#,
            serde_json::Value::from(template)
        );
        let item = format!(
            r#"{{"get": {{"responses": {{"200": {{}}}}, "x-amazon-apigateway-integration": {integration}}}}}"#
        );
        imported(&rest("/a", &item), Protocol::Rest).warnings.len()
    };
    for failing in [r#"{"statusCode": "200"}"#, "{}", "nonsense", r#"{"statusCode": 2.5}"#] {
        assert_eq!(mock(failing), 1, "{failing}");
    }
    for unknown in [r#"{"statusCode": 200}"#, "{statusCode: 200,}", "", "$input.body", "#if(true)"]
    {
        assert_eq!(mock(unknown), usize::from(unknown == "#if(true)"), "{unknown}: a syntax error");
    }
}
