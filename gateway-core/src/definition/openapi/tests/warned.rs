//! What is served with a warning.

use super::*;
use crate::definition::*;

#[test]
fn what_aws_ignores_is_served_with_a_warning() {
    let text = "{\"openapi\": \"3.0.1\", \"info\": {\"title\": \"t\"},\n\
        \"security\": [{\"s\": []}],\n\
        \"x-amazon-apigateway-cors\": {},\n\
        \"components\": {\"securitySchemes\": {\"s\": {\"type\": \"http\", \"scheme\": \"bearer\"}}},\n\
        \"paths\": {\"/a/\": {\"get\": {\n\
        \"parameters\": [{\"name\": \"id\", \"in\": \"path\", \"required\": true}],\n\
        \"x-amazon-apigateway-integration\": {\"type\": \"HTTP_PROXY\", \"httpMethod\": \"any\",\n\
        \"uri\": \"https://x.example/{id}\",\n\"payloadFormatVersion\": \"2.0\"}}}}}";
    let api = imported(text, Protocol::Rest);
    let warnings: Vec<_> =
        api.warnings.iter().map(|w| (w.source.line, w.source.pointer.as_str())).collect();
    assert_eq!(
        warnings,
        [
            (2, "/security"),
            (2, "/security/0"),
            (3, "/x-amazon-apigateway-cors"),
            (5, "/paths/~1a~1"),
            (6, "/paths/~1a~1/get/parameters/0/name"),
            (8, "/paths/~1a~1/get/x-amazon-apigateway-integration/uri"),
            (9, "/paths/~1a~1/get/x-amazon-apigateway-integration/payloadFormatVersion"),
        ]
    );
    assert_eq!(api.deployment.methods[0].resource_path, "/a");
    assert_eq!(api.deployment.methods[0].integration.http_method.as_deref(), Some("ANY"));
}

#[test]
fn a_template_that_can_never_be_rendered_is_served_with_a_warning() {
    let item = "{\"get\": {\"responses\": {\"200\": {}}, \"x-amazon-apigateway-integration\": {\"type\": \"mock\",\n\
        \"requestTemplates\": {\"application/json\": \"{}\\n  #if(\"},\n\
        \"responses\": {\"default\": {\"statusCode\": 200, \"responseTemplates\": {\n\
        \"application/json\": \"#set(\"}}}}}}";
    let api = imported(&rest("/a", item), Protocol::Rest);
    let told: Vec<String> = api.warnings.iter().map(ToString::to_string).collect();
    let [request, response] = &told[..] else { panic!("{told:?}") };
    assert!(request.contains("every request is answered 500: the template's line 2"), "{request}");
    assert!(response.contains("the template's line 1"), "{response}");
}

#[test]
fn what_is_answered_500_always_or_refused_by_aws_is_warned_of() {
    for (integration, told) in [
        ("{\"type\": \"mock\"}", &["no integration response", "no request template"][..]),
        (
            "{\"type\": \"http\", \"httpMethod\": \"GET\", \"uri\": \"http://a.example\", \"responses\": {\"default\": {\"statusCode\": \"201\"}}}",
            &["Invalid response status code specified"],
        ),
        (
            "{\"type\": \"http\", \"httpMethod\": \"GET\", \"uri\": \"http://a.example\", \"responses\": {\"default\": {\"statusCode\": \"200\"}}}",
            &[],
        ),
    ] {
        let item = format!(
            "{{\"get\": {{\"responses\": {{\"200\": {{}}}}, \"x-amazon-apigateway-integration\": {integration}}}}}"
        );
        let warnings = imported(&rest("/a", &item), Protocol::Rest).warnings;
        assert_eq!(warnings.len(), told.len(), "{warnings:?}");
        for (warning, words) in warnings.iter().zip(told) {
            assert!(warning.message.contains(words), "{warning}");
        }
    }
}

#[test]
fn a_template_for_content_that_is_binary_is_warned_of_unless_it_is_converted_to_text() {
    for (binary, integration, is_warned) in [
        ("*/*", "", true),
        ("application/json", "", true),
        ("*/*", "\"contentHandling\": \"CONVERT_TO_BINARY\",", true),
        ("*/*", "\"contentHandling\": \"CONVERT_TO_TEXT\",", false),
        ("image/*", "", false),
    ] {
        let members = format!("\"x-amazon-apigateway-binary-media-types\": [\"{binary}\"]");
        let item = format!(
            "{{\"options\": {{\"responses\": {{\"200\": {{}}}}, \"x-amazon-apigateway-integration\": \
             {{\"type\": \"mock\", {integration} \"responses\": {{\"default\": {{\"statusCode\": 200}}}}, \
             \"requestTemplates\": {{\"application/json\": \"{{statusCode: 200}}\"}}}}}}}}"
        );
        let warnings = imported(&http(&members, &item), Protocol::Rest).warnings;
        assert_eq!(warnings.len(), usize::from(is_warned), "{binary} {integration} {warnings:?}");
        for warning in warnings {
            assert!(warning.message.contains("`application/json` takes are answered 500"));
            assert!(warning.source.pointer.ends_with("/x-amazon-apigateway-integration"));
        }
    }
}

#[test]
fn a_lambda_function_that_is_not_invoked_by_post_is_served_with_a_warning() {
    let warnings = |method: &str, protocol: Protocol| {
        let function = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/\
                        arn:aws:lambda:eu-west-1:123456789012:function:f/invocations";
        let item = format!(
            "{{\"get\": {{\"x-amazon-apigateway-integration\": {{\"type\": \"aws_proxy\", \
             \"httpMethod\": \"{method}\", \"payloadFormatVersion\": \"1.0\", \"uri\": \"{function}\"}}}}}}"
        );
        let api = imported(&rest("/a", &item), protocol);
        api.warnings.iter().map(|warning| warning.message.clone()).collect::<Vec<_>>()
    };
    let expected =
        "every request is answered 500: a Lambda function is invoked by `POST`, not by `GET`";
    assert_eq!(warnings("GET", Protocol::Rest), [expected]);
    assert!(warnings("POST", Protocol::Rest).is_empty());
    // An HTTP API invokes it by POST all the same.
    assert!(warnings("GET", Protocol::Http).is_empty());
}

#[test]
fn a_route_of_an_http_api_without_a_proxy_integration_is_warned_of_and_fails() {
    let no_proxy = "every request is answered 500: an HTTP API has proxy integrations alone";
    for (operation, warned) in [
        ("{}", "every request is answered 500: there is no integration"),
        (
            "{\"x-amazon-apigateway-integration\": {\"type\": \"AWS\", \"httpMethod\": \"POST\", \
             \"uri\": \"arn:aws:lambda:us-east-2:123456789012:function:HelloWorld\"}}",
            no_proxy,
        ),
        (
            "{\"x-amazon-apigateway-integration\": {\"type\": \"MOCK\", \"requestTemplates\": \
             {\"application/json\": \"{\\\"statusCode\\\": 200}\"}}}",
            no_proxy,
        ),
    ] {
        let api = imported(&rest("/a", &format!("{{\"get\": {operation}}}")), Protocol::Http);
        let message = &api.warnings[0].message;
        assert!(message.starts_with(warned), "{message}");
        let integration = &api.deployment.methods[0].integration;
        let expected = Integration { source: integration.source.clone(), ..Integration::default() };
        assert_eq!(*integration, expected);
    }
}

#[test]
fn what_a_gateway_response_cannot_refer_to_stays_and_is_warned_of() {
    let members = "\"x-amazon-apigateway-gateway-responses\": {\"THROTTLED\": {\"responseParameters\": \
        {\"gatewayresponse.path.p\": \"'x'\"}, \"responseTemplates\": {\"text/plain\": \
        \"$context.stage #set($a = 1)\"}}}";
    let api = imported(&http(members, "{}"), Protocol::Rest);
    let told: Vec<_> = api.warnings.iter().map(|warning| warning.message.as_str()).collect();
    let [parameter, reference] = told[..] else { panic!("{told:?}") };
    assert!(parameter.starts_with("it has no effect") && reference == "`$a` is sent as it stands");
    assert!(api.deployment.gateway_responses[0].response_parameters.is_empty());
}

#[test]
fn what_a_proxy_never_looks_at_is_warned_of() {
    let warnings = |integration_type: &str, members: &str| {
        let uri = match integration_type {
            "aws_proxy" => {
                "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:f/invocations"
            }
            _ => "https://a.example/",
        };
        let item = format!(
            "{{\"get\": {{\"responses\": {{\"200\": {{\"description\": \"\"}}}}, \"x-amazon-apigateway-integration\": \
             {{\"type\": \"{integration_type}\", \"httpMethod\": \"POST\", \"uri\": \"{uri}\"{members}}}}}}}"
        );
        let api = imported(&rest("/a", &item), Protocol::Rest);
        api.warnings.iter().map(|warning| warning.message.clone()).collect::<Vec<_>>()
    };
    let template = "{\"application/json\": \"{}\"}";
    let templates = format!(", \"requestTemplates\": {template}");
    for integration_type in ["http_proxy", "aws_proxy"] {
        let name = integration_type.to_uppercase();
        let ignored = |what: &str| Vec::from([format!("{what} of `{name}` have no effect")]);
        let told = |members: &str| warnings(integration_type, members);
        assert_eq!(told(&templates), ignored("request templates"));
        let response = |member: &str| {
            format!(", \"responses\": {{\"default\": {{\"statusCode\": \"200\", {member}}}}}")
        };
        let of_response = response(&format!("\"responseTemplates\": {template}"));
        assert_eq!(told(&of_response), ignored("response templates"));
        let mapping = "\"responseParameters\": {\"method.response.header.a\": \"'b'\"}";
        assert_eq!(told(&response(mapping)), ignored("mappings of integration responses"));
        // AWS's own exports have these.
        let none = "\"responseTemplates\": {\"application/json\": \"__passthrough__\"}";
        assert!(told(&response(none)).is_empty());
        let mapping = ", \"requestParameters\": \
            {\"integration.request.header.p\": \"'x'\"}";
        let is_told = integration_type == "aws_proxy";
        let expected = if is_told { ignored("mappings of requests") } else { Vec::new() };
        assert_eq!(told(mapping), expected);
        let key = format!("{mapping}, \"cacheKeyParameters\": [\"integration.request.header.p\"]");
        assert!(!told(&key).iter().any(|warning| warning.contains("have no effect")));
    }
}

#[test]
fn a_path_parameter_that_a_template_sets_is_not_warned_of() {
    let warnings = |template: &str| {
        let item = format!(
            "{{\"get\": {{\"responses\": {{\"200\": {{\"description\": \"\"}}}}, \"x-amazon-apigateway-integration\": \
             {{\"type\": \"http\", \"httpMethod\": \"POST\", \"uri\": \"https://a.example/{{p}}\", \
             \"requestTemplates\": {{\"application/json\": \"{template}\"}}, \
             \"responses\": {{\"default\": {{\"statusCode\": \"200\"}}}}}}}}}}"
        );
        imported(&rest("/a", &item), Protocol::Rest).warnings.len()
    };
    for set in [
        "#set($context.requestOverride.path.p = 'x')",
        "#set($context.requestOverride.path['p'] = 'x')",
        "$context.requestOverride.path.put('p', 'x')",
    ] {
        assert_eq!(warnings(set), 0, "{set}");
    }
    assert_eq!(warnings("#set($context.requestOverride.path.pp = 'x')"), 1);
    assert_eq!(warnings("{}"), 1);
}

#[test]
fn an_api_that_asks_for_an_edge_is_told_that_there_is_none() {
    let warnings = |name: &str| {
        let members =
            format!("\"x-amazon-apigateway-endpoint-configuration\": {{\"types\": [\"{name}\"]}}");
        let api = imported(&http(&members, "{}"), Protocol::Rest);
        api.warnings.iter().map(|warning| warning.to_string()).collect::<Vec<_>>()
    };
    let told = warnings("EDGE");
    assert!(told.len() == 1 && told[0].contains("served as a regional API"), "{told:?}");
    assert!(warnings("REGIONAL").is_empty());
}

#[test]
fn scopes_that_a_lambda_authorizer_does_not_enforce_are_warned_of() {
    let told = |protocol, members: &str, scopes: &str| {
        let schemes = format!(
            "\"components\": {{\"securitySchemes\": {{\"tk\": {{\"type\": \"apiKey\", \"name\": \"Authorization\", \
             \"in\": \"header\", \"x-amazon-apigateway-authorizer\": {members}}}}}}}"
        );
        let item = format!(
            "{{\"get\": {{\"security\": [{{\"tk\": {scopes}}}], \"x-amazon-apigateway-integration\": {{\"type\": \
             \"HTTP_PROXY\", \"httpMethod\": \"GET\", \"uri\": \"https://a.example\", \
             \"payloadFormatVersion\": \"1.0\"}}}}}}"
        );
        let warnings = imported(&http(&schemes, &item), protocol).warnings;
        warnings.iter().filter(|w| w.message.starts_with("the scopes are not enforced")).count()
    };
    let function = format!(
        "\"authorizerUri\": \"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{FUNCTION}/invocations\""
    );
    let lambda = format!("{{\"type\": \"request\", {function}, \"identitySource\": ");
    let rest = format!("{lambda}\"method.request.header.a\"}}");
    let http =
        format!("{lambda}\"$request.header.a\", \"authorizerPayloadFormatVersion\": \"2.0\"}}");
    let jwt = "{\"type\": \"jwt\", \"jwtConfiguration\": {\"issuer\": \"https://i.example\", \"audience\": [\"a\"]}}";
    for (protocol, members, scopes, expected) in [
        (Protocol::Rest, &*rest, "[\"orders/read\"]", 1),
        (Protocol::Http, &*http, "[\"orders/read\"]", 1),
        (Protocol::Rest, &*rest, "[]", 0),
        (Protocol::Http, jwt, "[\"orders/read\"]", 0),
    ] {
        assert_eq!(told(protocol, members, scopes), expected, "{members} {scopes}");
    }
}

/// The URI that is kept, and what is told of it.
fn service_uri(uri: &str, method: &str) -> (Option<String>, Vec<String>) {
    service_told(uri, method, "/uri")
}

/// The URI that is kept, and what is told of a member of the integration.
fn service_told(uri: &str, method: &str, member: &str) -> (Option<String>, Vec<String>) {
    let integration = format!(
        "{{\"type\": \"aws\", \"httpMethod\": \"{method}\", \"uri\": \"arn:aws:apigateway:eu-west-1:{uri}\", \
         \"credentials\": \"arn:aws:iam::123456789012:role/r\"}}"
    );
    let item = format!(
        "{{\"get\": {{\"responses\": {{}}, \"x-amazon-apigateway-integration\": {integration}}}}}"
    );
    let api = imported(&rest("/a", &item), Protocol::Rest);
    let told = api.warnings.iter().filter(|warning| warning.source.pointer.ends_with(member));
    let told = told.map(|warning| warning.message.clone()).collect();
    let uri = api.deployment.methods[0].integration.uri.clone();
    compile(api, Protocol::Rest, uri.as_deref().unwrap_or_default());
    (uri, told)
}

#[test]
fn lambdas_own_api_is_integrated_with_by_path() {
    for path in [
        "2015-03-31/functions",
        "2015-03-31/functions/f/configuration",
        "/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:f/aliases",
        "2015-03-31/event-source-mappings?FunctionName=f",
        "2020-06-30/functions/f/code-signing-config",
        "2019-09-30/functions/f/provisioned-concurrency",
        "${stageVariables.path}",
        "2015-03-31/functions/${stageVariables.rest}",
    ] {
        let uri = format!("lambda:path/{path}");
        let (kept, told) = service_uri(&uri, "GET");
        assert_eq!(kept, Some(format!("arn:aws:apigateway:eu-west-1:{uri}")));
        assert_eq!(told, [""; 0], "{path}");
    }
}

#[test]
fn what_nearly_invokes_a_function_and_what_nearly_is_an_action_are_warned_of() {
    for path in [
        format!("2015-03-31/functions/{FUNCTION}/invocation"),
        format!("2015-03-31/functions/{FUNCTION}/invocations?Qualifier=live"),
        format!("2015-03-01/functions/{FUNCTION}/invocations"),
    ] {
        let (_, told) = service_uri(&format!("lambda:path/{path}"), "POST");
        assert!(
            matches!(&told[..], [one] if one.contains("no invocation of a function")),
            "{told:?}"
        );
    }
    let (kept, told) = service_uri("novelty:action/DoThings", "GET");
    assert!(kept.is_some());
    assert!(matches!(&told[..], [one] if one.contains("query protocol")), "{told:?}");
    assert_eq!(service_uri("wafv2:action/ListWebACLs", "POST").1, [""; 0]);
}

#[test]
fn an_action_of_s3_whose_method_does_something_else_is_warned_of() {
    let object = "s3:action/GetObject&Bucket=b&Key=k";
    for (method, expected) in [
        ("GET", &[][..]),
        ("ANY", &[]),
        ("DELETE", &["S3 does `GetObject` when it is asked by `GET`, not by `DELETE`"]),
    ] {
        assert_eq!(service_told(object, method, "/httpMethod").1, expected);
        assert_eq!(service_uri(object, method).1, [""; 0]);
    }
}

#[test]
fn the_payload_format_of_a_services_subtype_is_1_0() {
    let told = |members: &str| -> Vec<String> {
        let integration = format!(
            "{{\"type\": \"AWS_PROXY\", \"credentials\": \"arn:aws:iam::123456789012:role/r\", {members}}}"
        );
        let item = format!(
            "{{\"post\": {{\"responses\": {{}}, \"x-amazon-apigateway-integration\": {integration}}}}}"
        );
        let api = imported(&rest("/a", &item), Protocol::Http);
        api.warnings.into_iter().map(|warning| warning.message).collect()
    };
    let purge =
        "\"integrationSubtype\": \"SQS-PurgeQueue\", \"requestParameters\": {\"QueueUrl\": \"q\"}";
    let version = |number: &str| told(&format!("{purge}, \"payloadFormatVersion\": \"{number}\""));
    assert_eq!(version("1.0"), [""; 0]);
    let [warning] = &version("2.0")[..] else { panic!("2.0 is of functions") };
    assert!(warning.contains("payload format 2.0 is of Lambda functions"), "{warning}");
    let [warning] = &told(purge)[..] else { panic!("AWS requires it") };
    assert!(warning.contains("AWS wants `payloadFormatVersion`"), "{warning}");
}

#[test]
fn models_that_have_more_than_400_kb_in_all_are_what_aws_refuses() {
    let refused = |bytes: usize| {
        let schema = format!("{{\"enum\":[\"{}\"]}}", "v".repeat(bytes / 2 - 13));
        let text = format!(
            "{{\"openapi\": \"3.0.1\", \"info\": {{\"title\": \"t\"}}, \"paths\": {{}}, \"components\": {{\"schemas\": {{\n\"A\": {schema},\n\"B\": {schema}}}}}}}"
        );
        imported(&text, Protocol::Rest).warnings
    };
    assert_eq!(refused(400 * 1024), []);
    let [refused] = &refused(400 * 1024 + 2)[..] else { panic!("it is refused once") };
    assert_eq!(refused.severity, Severity::Refused);
    assert_eq!((&*refused.source.pointer, refused.source.line), ("/components/schemas/B", 3));
}
