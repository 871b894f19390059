//! What AWS takes, and what it means by it.

use super::accepted_exports::{HTTP_EXPORT, SWAGGER_EXPORT};
use super::*;
use crate::definition::*;

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
fn without_a_variable_the_base_path_is_that_of_the_first_servers_url() {
    use BasePathMode::*;
    let text = |servers: &str| {
        rest(
            "/a",
            r#"{"get": {"responses": {}, "x-amazon-apigateway-integration": {"type": "mock"}}}"#,
        )
        .replacen('{', &format!("{{\"servers\": {servers}, "), 1)
    };
    for (servers, prepended, split) in [
        (r#"[{"url": "https://example.com/base/part"}]"#, "/base/part/a", "/part/a"),
        (r#"[{"url": "https://example.com/base/part/?q=//x"}]"#, "/base/part/a", "/part/a"),
        (r#"[{"url": "/base"}, {"url": "/other"}]"#, "/base/a", "/a"),
        (r#"[{"url": "//example.com/base"}]"#, "/base/a", "/a"),
        (
            r#"[{"url": "https://{host}/{v}/part", "variables": {"v": {"default": "v1"}, "host": {"default": "h"}}}]"#,
            "/v1/part/a",
            "/part/a",
        ),
        (r#"[{"url": "https://example.com"}, {"url": "/other"}]"#, "/a", "/a"),
        (r#"[{"url": "https://example.com/"}]"#, "/a", "/a"),
    ] {
        let paths = |mode| paths_with(&text(servers), Protocol::Rest, mode);
        assert_eq!(paths(Ignore), ["/a"], "{servers}");
        assert_eq!(paths(Prepend), [prepended], "{servers}");
        assert_eq!(paths(Split), [split], "{servers}");
    }
    let told = |servers: &str| {
        let told = import(&document(&text(servers)), Protocol::Rest, "eu-west-1").unwrap().warnings;
        told.into_iter().find(|told| told.message.starts_with("the base path"))
    };
    let warning = told(r#"[{"url": "https://example.com/base"}]"#).unwrap();
    assert_eq!(warning.source.pointer, "/servers/0/url");
    assert!(warning.message.starts_with("the base path `base` is ignored"), "{}", warning.message);
    assert_eq!(told(r#"[{"url": "https://example.com"}]"#), None);
    assert_eq!(told(r#"[{"url": "https://a.execute-api.eu-west-1.amazonaws.com/prod"}]"#), None);
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
