//! What AWS takes, and what it means by it.

use super::accepted_exports::{HTTP_EXPORT, SWAGGER_EXPORT};
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
    for operation in [
        "{}",
        "{\"x-amazon-apigateway-integration\": {\"type\": \"AWS\", \"httpMethod\": \"POST\", \
         \"uri\": \"arn:aws:lambda:us-east-2:123456789012:function:HelloWorld\"}}",
        "{\"x-amazon-apigateway-integration\": {\"type\": \"MOCK\", \"requestTemplates\": \
         {\"application/json\": \"{\\\"statusCode\\\": 200}\"}}}",
    ] {
        let api = imported(&rest("/a", &format!("{{\"get\": {operation}}}")), Protocol::Http);
        let message = &api.warnings[0].message;
        assert!(message.starts_with("every request is answered 500: an HTTP API"), "{message}");
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
fn security_at_the_top_holds_where_an_operation_has_none_of_its_own() {
    let mock = "\"x-amazon-apigateway-integration\": {\"type\": \"mock\"}";
    let text = format!(
        "{{\"swagger\": \"2.0\", \"info\": {{\"title\": \"t\"}}, \"security\": [{{\"p\": []}}], \
         \"securityDefinitions\": {{\"p\": {{\"type\": \"apiKey\", \"name\": \"Authorization\", \"in\": \"header\", \
         \"x-amazon-apigateway-authorizer\": {{\"type\": \"cognito_user_pools\", \"providerARNs\": \
         [\"arn:aws:cognito-idp:r:123456789012:userpool/r_x\"]}}}}}}, \
         \"paths\": {{\"/a\": {{\"get\": {{{mock}}}, \"put\": {{\"security\": [], {mock}}}}}}}}}"
    );
    let methods = imported(&text, Protocol::Rest).deployment.methods;
    let authorizer = Authorization::Authorizer { authorizer: 0, scopes: Vec::new() };
    assert_eq!(methods[0].authorization, authorizer);
    assert_eq!(methods[1].authorization, Authorization::None);
}

/// Replaces each value of a document by each of some others.
#[test]
fn no_document_makes_the_importer_panic_and_what_it_takes_can_be_served() {
    use crate::definition::document::Value;
    fn places(node: &Node, path: &mut Vec<usize>, all: &mut Vec<Vec<usize>>) {
        all.push(path.clone());
        let children: Vec<&Node> = match &node.value {
            Value::Array(items) => items.iter().collect(),
            Value::Object(members) => members.iter().map(|(_, node)| node).collect(),
            _ => return,
        };
        for (i, child) in children.into_iter().enumerate() {
            path.push(i);
            places(child, path, all);
            path.pop();
        }
    }
    fn at<'n>(node: &'n mut Node, path: &[usize]) -> &'n mut Node {
        let Some((first, rest)) = path.split_first() else { return node };
        match &mut node.value {
            Value::Array(items) => at(&mut items[*first], rest),
            Value::Object(members) => at(&mut members[*first].1, rest),
            _ => unreachable!("a path leads through values"),
        }
    }
    let others = [
        Value::Null,
        Value::Bool(true),
        Value::Number("-1e999".into()),
        Value::String(String::new()),
        Value::String("${stageVariables.x}{é}:${}'$#".into()),
        Value::Array(alloc::vec![Node { value: Value::Null, line: 1, column: 1 }]),
        Value::Object(alloc::vec![(
            "$ref".into(),
            Node { value: Value::String("#/paths/~1x~0~2/0".into()), line: 1, column: 1 }
        )]),
    ];
    for text in [SWAGGER_EXPORT, HTTP_EXPORT] {
        let original = document(text);
        let mut all = Vec::new();
        places(&original, &mut Vec::new(), &mut all);
        for path in all {
            for other in &others {
                let mut changed = original.clone();
                at(&mut changed, &path).value = other.clone();
                for protocol in [Protocol::Rest, Protocol::Http] {
                    if let Ok(imported) = import(&changed, protocol, "r") {
                        compile(imported, protocol, &format!("{path:?} {other:?}"));
                    }
                }
            }
        }
    }
}

#[test]
fn a_url_that_is_taken_can_be_called() {
    for uri in [
        "http://[::1]:80/{a}",
        "https://example.com",
        "HTTPS://example.com:8443?x={a}",
        "http://a_b.example/%20/~;=,(1)!*'@:$&+",
        "http://${stageVariables.host}/x",
    ] {
        let integration =
            format!("{{\"type\": \"http_proxy\", \"httpMethod\": \"GET\", \"uri\": \"{uri}\"}}");
        let item = format!("{{\"get\": {{\"x-amazon-apigateway-integration\": {integration}}}}}");
        compile(imported(&rest("/{a}", &item), Protocol::Rest), Protocol::Rest, uri);
    }
}

#[test]
fn private_integrations_name_their_link_and_what_is_behind_it() {
    let private = |more: &str| {
        format!(
            "{{\"get\": {{\"x-amazon-apigateway-integration\": {{\"type\": \"http_proxy\", \
             \"httpMethod\": \"GET\", \"connectionType\": \"VPC_LINK\", \
             \"connectionId\": \"${{stageVariables.link}}\", {more}}}}}}}"
        )
    };
    let load_balancer = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/a/1";
    let listener = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/a/1/2";
    for (text, protocol, target) in [
        (rest("/a", &private("\"uri\": \"http://nlb.internal/\"")), Protocol::Rest, None),
        (
            rest(
                "/a",
                &private(&format!(
                    "\"uri\": \"https://a.example/\", \"integrationTarget\": \"{load_balancer}\""
                )),
            ),
            Protocol::Rest,
            Some(load_balancer),
        ),
        (
            rest(
                "/a",
                &private(&format!(
                    "\"payloadFormatVersion\": \"1.0\", \"uri\": \"{listener}\", \"tlsConfig\": {{\"serverNameToVerify\": \"a.example\"}}"
                )),
            ),
            Protocol::Http,
            None,
        ),
    ] {
        let api = imported(&text, protocol);
        let integration = &api.deployment.methods[0].integration;
        let ConnectionType::VpcLink(connection) = &integration.connection_type else {
            panic!("{integration:?}")
        };
        assert_eq!(connection.connection_id, "${stageVariables.link}");
        assert_eq!(connection.integration_target.as_deref(), target);
        assert!(connection.source.pointer.ends_with("/connectionId"), "{connection:?}");
        assert_eq!(api.warnings, [], "{protocol:?}");
        let is_http = protocol == Protocol::Http;
        assert_eq!(integration.tls_config.is_private_https, is_http);
        assert_eq!(integration.tls_config.server_name_to_verify.is_some(), is_http);
    }
}

#[test]
fn any_certificate_authority_is_trusted_where_the_definition_says_so_and_told() {
    let item = |config: &str| {
        format!(
            "{{\"get\": {{\"x-amazon-apigateway-integration\": {{\"type\": \"http_proxy\", \
             \"httpMethod\": \"GET\", \"uri\": \"https://e.example/\", \"tlsConfig\": {config}}}}}}}"
        )
    };
    for (config, skips) in [
        ("{\"insecureSkipVerification\": true}", true),
        ("{\"insecureSkipVerification\": false}", false),
        ("{}", false),
    ] {
        let api = imported(&rest("/a", &item(config)), Protocol::Rest);
        let tls_config = &api.deployment.methods[0].integration.tls_config;
        assert_eq!(tls_config.insecure_skip_verification, skips, "{config}");
        assert_eq!(api.warnings.len(), usize::from(skips), "{config}");
    }
}

#[test]
fn models_and_validators_are_read_from_both_dialects() {
    let operation = |body: &str| {
        format!(
            "{{\"post\": {{{body}, \"x-amazon-apigateway-integration\": {{\"type\": \"mock\"}}}}}}"
        )
    };
    let validators = "\"x-amazon-apigateway-request-validators\": {\"a\": {\"validateRequestBody\": true}, \"b\": {\"validateRequestParameters\": \"true\"}}, \"x-amazon-apigateway-request-validator\": \"a\"";
    let openapi = format!(
        "{{\"openapi\": \"3.0.1\", \"info\": {{\"title\": \"t\"}}, {validators}, \"components\": {{
            \"schemas\": {{\"Pet\": {{\"type\": \"object\"}}}},
            \"requestBodies\": {{\"Pet\": {{\"content\": {{
                \"application/json\": {{\"schema\": {{\"$ref\": \"#/components/schemas/Pet\"}}}},
                \"text/json\": {{\"schema\": {{\"$ref\": \"https://apigateway.amazonaws.com/restapis/abc/models/Pet\"}}}},
                \"text/plain\": {{}},
                \"application/xml\": {{\"schema\": {{\"type\": \"string\"}}}}}}}}}}}},
          \"paths\": {{\"/a\": {}, \"/b\": {}}}}}",
        operation("\"requestBody\": {\"$ref\": \"#/components/requestBodies/Pet\"}"),
        operation("\"x-amazon-apigateway-request-validator\": \"b\""),
    );
    let deployment = imported(&openapi, Protocol::Rest).deployment;
    let [a, b] = &deployment.methods[..] else { panic!("{:?}", deployment.methods) };
    let models: Vec<(&str, &str)> =
        a.request_models.iter().map(|(m, n)| (m.as_str(), n.as_str())).collect();
    let inline = deployment.models[1].name.as_str();
    let expected = [("application/json", "Pet"), ("text/json", "Pet"), ("application/xml", inline)];
    assert_eq!(models, expected);
    assert_eq!((a.request_validator, b.request_validator), (Some(0), Some(1)));
    assert_eq!(deployment.models[0].schema, "{\"type\":\"object\"}");
    assert_eq!(deployment.models[1].schema, "{\"type\":\"string\"}");
    let flags = |v: &RequestValidator| (v.validate_request_body, v.validate_request_parameters);
    let flags: Vec<_> = deployment.request_validators.iter().map(flags).collect();
    assert_eq!(flags, [(true, false), (false, true)]);

    let swagger = format!(
        "{{\"swagger\": \"2.0\", \"info\": {{\"title\": \"t\"}}, \"consumes\": [\"text/json\"],
          \"definitions\": {{\"Pet\": {{\"properties\": {{\"mate\": {{\"$ref\": \"#/definitions/Pet\"}}}}}}}},
          \"parameters\": {{\"body\": {{\"in\": \"body\", \"name\": \"Pet\", \"schema\": {{\"$ref\": \"#/definitions/Pet\"}}}}}},
          \"paths\": {{\"/a\": {}, \"/b\": {}}}}}",
        operation("\"parameters\": [{\"$ref\": \"#/parameters/body\"}]"),
        operation("\"consumes\": [\"application/json\", \"a/b\"], \"parameters\": [{\"$ref\": \"#/parameters/body\"}]"),
    );
    let deployment = imported(&swagger, Protocol::Rest).deployment;
    let models = deployment.methods.iter().map(|method| {
        method.request_models.iter().map(|(m, n)| format!("{m}={n}")).collect::<Vec<_>>().join(" ")
    });
    assert_eq!(models.collect::<Vec<_>>(), ["text/json=Pet", "application/json=Pet a/b=Pet"]);
}

fn paths_with(text: &str, protocol: Protocol, basepath: BasePathMode) -> Vec<String> {
    let options = Options { basepath, ..Options::new("eu-west-1") };
    let imported = import_with(&document(text), protocol, options).unwrap();
    let methods = imported.deployment.methods;
    methods.into_iter().map(|method| method.resource_path).collect()
}

#[test]
fn a_segment_of_a_rest_path_has_any_character_that_aws_takes() {
    for path in ["/$metadata", "/$appliances:all", "/a,b", "/a-b/c_d.e:f", "/{$id}/{a-b_c.d:e}"] {
        let text = rest(path, r#"{"get": {"x-amazon-apigateway-integration": {"type": "mock"}}}"#);
        assert_eq!(paths_with(&text, Protocol::Rest, BasePathMode::Ignore), [path]);
    }
}

#[test]
fn a_base_path_is_ignored_prepended_or_split() {
    use BasePathMode::*;
    let item =
        "{\"get\": {\"responses\": {}, \"x-amazon-apigateway-integration\": {\"type\": \"mock\"}}}";
    let paths = format!(
        "\"info\": {{\"title\": \"t\"}}, \"paths\": {{\"/\": {item}, \"/test/{{id}}\": {item}}}"
    );
    let swagger = format!("{{\"swagger\": \"2.0\", \"basePath\": \"/base/part/\", {paths}}}");
    let server = "{\"url\": \"https://example.com/x\", \"variables\": {\"basePath\": {\"default\": \"base/part\"}}}";
    // The variable counts even though the URL does not mention it.
    let oas30 =
        format!("{{\"openapi\": \"3.0.1\", \"servers\": [{{\"url\": \"/\"}}, {server}], {paths}}}");
    for text in [&swagger, &oas30] {
        let paths = |mode| paths_with(text, Protocol::Rest, mode);
        assert_eq!(paths(Ignore), ["/", "/test/{id}"]);
        assert_eq!(paths(Prepend), ["/base/part", "/base/part/test/{id}"]);
        assert_eq!(paths(Split), ["/part", "/part/test/{id}"]);
    }
    let short = swagger.replace("/base/part/", "/base");
    assert_eq!(paths_with(&short, Protocol::Rest, Split), ["/", "/test/{id}"]);
    assert_eq!(paths_with(&short, Protocol::Rest, Prepend), ["/base", "/base/test/{id}"]);
}

#[test]
fn the_default_route_has_no_base_path() {
    let server = "{\"url\": \"/{basePath}\", \"variables\": {\"basePath\": {\"default\": \"v1\"}}}";
    let integration =
        "{\"type\": \"http_proxy\", \"httpMethod\": \"ANY\", \"uri\": \"https://a.example\"}";
    let item = format!(
        "{{\"x-amazon-apigateway-any-method\": {{\"x-amazon-apigateway-integration\": {integration}}}}}"
    );
    let text = format!(
        "{{\"openapi\": \"3.0.1\", \"info\": {{\"title\": \"t\"}}, \"servers\": [{server}], \"paths\": {{\"/$default\": {item}, \"/a\": {item}}}}}"
    );
    assert_eq!(paths_with(&text, Protocol::Http, BasePathMode::Prepend), ["$default", "/v1/a"]);
}

#[test]
fn a_mode_without_a_base_path_is_warned_of() {
    let text = rest(
        "/a",
        "{\"get\": {\"x-amazon-apigateway-integration\": {\"type\": \"http_proxy\", \"httpMethod\": \"GET\", \"uri\": \"http://a.example\"}}}",
    );
    let warnings = |basepath| {
        let options = Options { basepath, ..Options::new("eu-west-1") };
        import_with(&document(&text), Protocol::Rest, options).unwrap().warnings
    };
    assert!(warnings(BasePathMode::Ignore).is_empty());
    assert!(warnings(BasePathMode::Split)[0].message.contains("paths stay as they are"));
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
