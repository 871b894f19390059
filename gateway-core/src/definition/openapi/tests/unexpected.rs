//! What AWS does not expect in a definition and ignores: told, and served.

use super::*;

/// Each warning as `pointer: message`, of an API that is imported.
fn warnings(text: &str, protocol: Protocol) -> Vec<String> {
    let show = |w: &DefinitionError| format!("{}: {}", w.source.pointer, w.message);
    imported(text, protocol).warnings.iter().map(show).collect()
}

const MOCK: &str = "{\"type\": \"mock\", \"requestTemplates\": {\"application/json\": \"{statusCode: 200}\"}, \
                    \"responses\": {\"default\": {\"statusCode\": \"200\"}}}";

/// An operation of a `MOCK` with further members.
fn operation(members: &str) -> String {
    format!(
        "{{\"responses\": {{\"200\": {{}}}}, \"x-amazon-apigateway-integration\": {MOCK}{members}}}"
    )
}

#[test]
fn members_that_aws_does_not_know_are_warned_of_and_ignored() {
    let ignored = |name: &str| format!("the member `{name}` is not known here, and ignored");
    let get = operation(
        ", \"foo\": 1, \"parameters\": [{\"name\": \"q\", \"in\": \"query\", \"type\": \"string\"}]",
    );
    let get = get.replace("\"type\": \"mock\"", "\"type\": \"mock\", \"httpVerb\": \"GET\"");
    let get = get.replace("\"200\"}", "\"200\", \"description\": \"d\"}");
    let members = "\"basePath\": \"/v1\",\n\
        \"x-amazon-apigateway-request-validators\": {\"all\": {\"validateRequestHeaders\": true}},\n\
        \"x-amazon-apigateway-gateway-responses\": {\"DEFAULT_4XX\": {\"description\": \"d\"}}";
    let told =
        warnings(&http(members, &format!("{{\"get\": {get}, \"gett\": {{}}}}")), Protocol::Rest);
    let integration = "/paths/~1a/get/x-amazon-apigateway-integration";
    let mut expected = [
        (format!("{integration}/httpVerb"), "httpVerb"),
        (format!("{integration}/responses/default/description"), "description"),
        ("/paths/~1a/get/foo".into(), "foo"),
        ("/paths/~1a/get/parameters/0/type".into(), "type"),
        ("/paths/~1a/gett".into(), "gett"),
        ("/basePath".into(), "basePath"),
        (
            "/x-amazon-apigateway-request-validators/all/validateRequestHeaders".into(),
            "validateRequestHeaders",
        ),
        ("/x-amazon-apigateway-gateway-responses/DEFAULT_4XX/description".into(), "description"),
    ]
    .map(|(pointer, name)| format!("{pointer}: {}", ignored(name)));
    let mut told: Vec<String> = told;
    told.sort();
    expected.sort();
    assert_eq!(told, expected);
}

#[test]
fn a_second_server_is_warned_of_in_aws_words() {
    let servers =
        "\"servers\": [{\"url\": \"https://a.example/\"}, {\"url\": \"https://b.example/\"}]";
    let item = format!("{{\"get\": {}}}", operation(""));
    assert_eq!(
        warnings(&http(servers, &item), Protocol::Rest),
        [
            "/servers/1: More than one server provided. Ignoring all but the first for defining endpoint configuration"
        ]
    );
}

#[test]
fn members_of_cors_that_aws_does_not_know_configure_nothing() {
    let told = |cors: &str| {
        warnings(&http(&format!("\"x-amazon-apigateway-cors\": {cors}"), "{}"), Protocol::Http)
    };
    let at = "/x-amazon-apigateway-cors";
    let ignored = "the member `allow_methods` is not known here, and ignored";
    assert_eq!(
        told("{\"allow_methods\": [\"GET\"]}"),
        [
            format!("{at}/allow_methods: {ignored}"),
            format!("{at}: nothing of this configures CORS: AWS ignores it all"),
        ]
    );
    assert_eq!(
        told("{\"allow_methods\": [\"GET\"], \"allowOrigins\": [\"*\"]}"),
        [format!("{at}/allow_methods: {ignored}")]
    );
}

#[test]
fn extensions_that_aws_does_not_know_or_looks_for_elsewhere_are_warned_of() {
    let members = "\"x-amazon-apigateway-throttle\": {}, \"x-amazon-apigateway-integration\": {}";
    let item = "{\"x-amazon-apigateway-cors\": {}}";
    let mut told = warnings(&http(members, item), Protocol::Http);
    told.sort();
    assert_eq!(
        told,
        [
            "/paths/~1a/x-amazon-apigateway-cors: `x-amazon-apigateway-cors` has no effect here",
            "/x-amazon-apigateway-integration: `x-amazon-apigateway-integration` has no effect here",
            "/x-amazon-apigateway-throttle: API Gateway has no extension `x-amazon-apigateway-throttle`",
        ]
    );
}

#[test]
fn what_may_be_meant_to_protect_is_refused_all_the_same() {
    for (item, mistake) in [
        (operation(", \"secruity\": []"), "/secruity: the member `secruity` is not known here"),
        (
            operation(", \"x-amazon-apigateway-authorizer\": {}"),
            "/x-amazon-apigateway-authorizer: `x-amazon-apigateway-authorizer` has no effect here",
        ),
        (
            operation(", \"x-amazon-apigateway-policy\": {}"),
            "/x-amazon-apigateway-policy: `x-amazon-apigateway-policy` has no effect here",
        ),
        (
            operation(", \"x-amazon-apigateway-aut\": {}"),
            "/x-amazon-apigateway-aut: API Gateway has no extension `x-amazon-apigateway-aut`",
        ),
        (
            operation(", \"apiKeyRequired\": true"),
            "/apiKeyRequired: the member `apiKeyRequired` is not known here",
        ),
        (
            operation(", \"x-amazon-apigateway-api-key-required\": true"),
            "/x-amazon-apigateway-api-key-required: API Gateway has no extension `x-amazon-apigateway-api-key-required`",
        ),
    ] {
        check(&format!("{{\"get\": {item}}}"), &[&format!("2 /paths/~1a/get{mistake}")]);
    }
}

#[test]
fn whatever_a_security_scheme_has_that_aws_does_not_know_is_refused() {
    let told = |member: &str| {
        let scheme = format!(
            "\"components\": {{\"securitySchemes\": {{\"key\": {{\"type\": \"apiKey\", \"name\": \"x-api-key\", \"in\": \"header\", \"{member}\": {{}}}}}}}}"
        );
        let text = http(&scheme, &format!("{{\"get\": {}}}", operation("")));
        let refused = import(&document(&text), Protocol::Rest, "eu-west-1").err()?;
        refused.first().map(|told| told.message.clone())
    };
    for (member, message) in [
        ("enabled", "the member `enabled` is not known here"),
        (
            "x-amazon-apigateway-enabled",
            "API Gateway has no extension `x-amazon-apigateway-enabled`",
        ),
        ("x-amazon-apigateway-tags", "`x-amazon-apigateway-tags` has no effect here"),
    ] {
        assert_eq!(told(member).as_deref(), Some(message));
    }
    assert_eq!(told("x-note"), None);
}

#[test]
fn a_parameter_whose_name_aws_refuses_is_told_in_its_words() {
    for (path, name, place) in
        [("/a", "page[size]", "query"), ("/a", "X Y", "header"), ("/a", "", "query")]
    {
        let parameter = format!("{{\"name\": \"{name}\", \"in\": \"{place}\"}}");
        let item =
            format!("{{\"get\": {}}}", operation(&format!(", \"parameters\": [{parameter}]")));
        let told = imported(&rest(path, &item), Protocol::Rest).warnings;
        let [told] = &told[..] else { panic!("{told:?}") };
        assert_eq!(told.severity, Severity::Refused);
        assert_eq!(told.source.pointer, "/paths/~1a/get/parameters/0/name");
        let words =
            "Parameter name should match the following regular expression: ^[a-zA-Z0-9:._$-]+$";
        assert!(told.message.ends_with(words), "{}", told.message);
    }
    let parameter = "{\"name\": \"a$b:c-d.e_f\", \"in\": \"query\"}";
    let item = format!("{{\"get\": {}}}", operation(&format!(", \"parameters\": [{parameter}]")));
    assert_eq!(warnings(&rest("/a", &item), Protocol::Rest), [""; 0]);
}

#[test]
fn a_response_whose_model_is_not_there_is_warned_of() {
    let reference = "#/components/schemas/Nope";
    let content = format!(
        "\"200\": {{\"content\": {{\"application/json\": {{\"schema\": {{\"$ref\": \"{reference}\"}}}}}}}}"
    );
    let item = format!("{{\"get\": {}}}", operation("").replace("\"200\": {}", &content));
    let at = "/paths/~1a/get/responses/200/content/application~1json/schema/$ref";
    let told = format!("{at}: Parse issue: attribute {reference} is missing");
    assert_eq!(warnings(&rest("/a", &item), Protocol::Rest), [told]);
}
