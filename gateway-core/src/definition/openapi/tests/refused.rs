//! What is no definition, what is not supported, and how mistakes are told.

use super::*;
use crate::limits::DEFINITION_ERRORS_MAX;

#[test]
fn what_is_no_openapi_document_is_refused_at_once() {
    for (text, mistake) in [
        ("[]", "1 : expected an OpenAPI document, found an array"),
        ("{}", "1 : not an OpenAPI document: neither `openapi` nor `swagger` is there"),
        ("{\"openapi\": \"3.1.0\"}", "1 /openapi: API Gateway imports OpenAPI 3.0, not 3.1.0"),
        ("{\"swagger\": \"1.2\"}", "1 /swagger: only Swagger 2.0 is known"),
    ] {
        assert_eq!(mistakes(text, Protocol::Rest), [mistake]);
    }
    assert_eq!(
        mistakes("{\"swagger\": \"2.0\"}", Protocol::Http),
        ["1 /swagger: an HTTP API is imported from OpenAPI 3.0, not from Swagger 2.0"]
    );
    assert_eq!(
        mistakes("{\"openapi\": \"3.0.1\",\n\"pahts\": {}}", Protocol::Rest),
        ["1 : `info` is missing", "1 : `paths` is missing"]
    );
}

#[test]
fn all_mistakes_are_told_at_once_in_the_order_of_the_document() {
    check(
        "{\n\"get\": {},\n\"trace\": {},\n\"put\": {\"x-amazon-apigateway-integration\": {\"type\": \"mok\"}},\n\"post\": {\"x-amazon-apigateway-integratoin\": {}}}",
        &[
            "3 /paths/~1a/get: No integration defined for method",
            "4 /paths/~1a/trace: API Gateway has no TRACE method",
            "5 /paths/~1a/put/x-amazon-apigateway-integration/type: `mok` is not known here",
            "6 /paths/~1a/post: No integration defined for method",
        ],
    );
}

#[test]
fn a_mistake_hides_no_other_of_the_same_thing() {
    let at = "/paths/~1a/get";
    let integration = format!("{at}/x-amazon-apigateway-integration");
    check(
        "{\"get\": {\n\"parameters\": [{\"in\": \"quarry\", \"required\": []}],\n\"x-amazon-apigateway-integration\": {\n\"type\": \"http-proxi\",\n\"connectionType\": \"VPCLINK\",\n\"connectionId\": \"\",\n\
         \"uri\": \"ftp://h\",\n\"httpMethod\": [],\n\"timeoutInMillis\": 1,\n\"requestParameters\": 7}}}",
        &[
            &format!("3 {at}/parameters/0/in: `quarry` is not known here"),
            &format!("3 {at}/parameters/0: `name` is missing"),
            &format!("3 {at}/parameters/0/required: expected a boolean, found an array"),
            &format!("5 {integration}/type: `http-proxi` is not known here"),
            &format!("6 {integration}/connectionType: `VPCLINK` is not known here"),
            &format!("7 {integration}/connectionId: `connectionId` is empty"),
            &format!(
                "8 {integration}/uri: `ftp://h` is not a URL: `ftp` is neither http nor https"
            ),
            &format!("9 {integration}/httpMethod: expected a string, found an array"),
            &format!("10 {integration}/timeoutInMillis: 1 is not between 50 and 29000"),
            &format!("11 {integration}/requestParameters: expected an object, found a number"),
        ],
    );
    check_integration(
        "{\"type\": \"mock\", \"responses\": {\"default\": {\n\"statusCode\": \"OK\",\n\"responseTemplates\": {\"json\": 1},\n\
         \"contentHandling\": \"CONVERT\"}}}",
        &[
            "4 @/responses/default/statusCode: expected an integer, found a string",
            "5 @/responses/default/responseTemplates/json: `json` is not a media type",
            "5 @/responses/default/responseTemplates/json: expected a string, found a number",
            "6 @/responses/default/contentHandling: `CONVERT` is not known here",
        ],
    );
    let misspelt = rest("a", "{\"get\": {}}").replace("openapi", "opnapi");
    assert_eq!(
        mistakes(&misspelt, Protocol::Rest),
        [
            "1 /opnapi: the member `opnapi` is not known here",
            "2 /paths/a: the path `a` does not begin with `/`",
            "2 /paths/a/get: No integration defined for method",
        ]
    );
    // Nor does a path, a version or a gateway response that is none what stands under it.
    let text = rest("a", "{\n\"get\": {}}").replace("3.0.1", "3.1.0").replace(
        "\"paths\"",
        "\"x-amazon-apigateway-gateway-responses\": {\"THROTLED\": {\"statusCode\": \"x\"}}, \"paths\"",
    );
    let responses = "/x-amazon-apigateway-gateway-responses/THROTLED";
    assert_eq!(
        mistakes(&text, Protocol::Rest),
        [
            "1 /openapi: API Gateway imports OpenAPI 3.0, not 3.1.0".into(),
            format!("1 {responses}: there is no gateway response `THROTLED`"),
            format!("1 {responses}/statusCode: expected an integer, found a string"),
            "2 /paths/a: the path `a` does not begin with `/`".into(),
            "3 /paths/a/get: No integration defined for method".into(),
        ]
    );
}

#[test]
fn what_is_doubtful_is_told_with_what_is_wrong() {
    let item =
        "{\"get\": {\"x-amazon-apigateway-integration\": {\"type\": \"mock\"}},\n\"put\": {}}";
    let document = document(&rest("/a", item));
    let told = import_with(&document, Protocol::Rest, Options::new("eu-west-1")).unwrap_err();
    let severities: Vec<Severity> = told.iter().map(|told| told.severity).collect();
    assert_eq!(severities, [Severity::Error, Severity::Warning, Severity::Warning]);
}

#[test]
fn an_extension_that_is_nearly_aws_s_is_warned_of() {
    let text = http("\"x-amzn-apigateway-cors\": {}, \"x-logo\": {}", "{}");
    let warnings = imported(&text, Protocol::Http).warnings;
    let [warning] = &warnings[..] else { panic!("{warnings:?}") };
    assert_eq!(warning.source.pointer, "/x-amzn-apigateway-cors");
    assert_eq!(warning.help.as_deref(), Some("did you mean `x-amazon-apigateway-cors`?"));
}

#[test]
fn near_names_are_suggested() {
    let help = |text: &str| {
        let read = import_with(&document(text), Protocol::Rest, Options::new("r"));
        let told = read.map_or_else(|told| told, |imported| imported.warnings);
        told.into_iter().filter_map(|e| e.help).collect::<Vec<_>>().join("|")
    };
    let item = "{\"get\": {\"x-amazon-apigateway-integration\": {\"type\": \"mock\", \"requestTemplate\": {}}}}";
    assert_eq!(help(&rest("/a", item)), "did you mean `requestTemplates`?");
    let mock = "{\"get\": {\"x-amazon-apigateway-integration\": {\"type\": \"mock\"}}}";
    assert_eq!(help(&rest("a", mock)), "write `/a`");
    let unknown = "{\"get\": {\"x-amazon-apigateway-integraton\": {\"type\": \"mock\"}}}";
    assert!(
        help(&rest("/a", unknown)).ends_with("did you mean `x-amazon-apigateway-integration`?")
    );
}

#[test]
fn paths_that_no_request_or_two_resources_could_match_are_refused() {
    let mock = "{\"get\": {\"x-amazon-apigateway-integration\": {\"type\": \"mock\"}}}";
    for (path, mistake) in [
        ("a", "2 /paths/a: the path `a` does not begin with `/`"),
        (
            "/{p+}/b",
            "2 /paths/~1{p+}~1b: the greedy path variable `{p+}` is not at the end of `/{p+}/b`",
        ),
        ("/a//b", "2 /paths/~1a~1~1b: the path `/a//b`: an empty segment"),
        (
            "/a{b}",
            "2 /paths/~1a{b}: the path `/a{b}`: a variable takes a whole segment, unlike `a{b}`",
        ),
        ("/{}", "2 /paths/~1{}: the path `/{}`: `` is not the name of a variable"),
        ("/{a}/{a}", "2 /paths/~1{a}~1{a}: the path variable `a` stands twice in `/{a}/{a}`"),
        (
            "/a b",
            "2 /paths/~1a b: the path `/a b`: `a b` has a character that must be percent-encoded",
        ),
        ("/$default", "2 /paths/~1$default: a REST API has no `$default` route"),
    ] {
        assert_eq!(mistakes(&rest(path, mock), Protocol::Rest), [mistake]);
    }
    let siblings = format!("{mock},\n\"/{{y}}/b\": {mock}");
    assert_eq!(
        mistakes(&rest("/{x}", &siblings), Protocol::Rest),
        [
            "3 /paths/~1{y}~1b: A sibling ({x}) of this resource already has a variable path part -- only one unique variable path part is allowed"
        ]
    );
    let greedy = format!("{mock},\n\"/{{proxy+}}\": {mock}");
    assert_eq!(
        mistakes(&rest("/{x}", &greedy), Protocol::Rest),
        [
            "3 /paths/~1{proxy+}: A sibling ({x}) of this resource already has a variable path part -- only one unique variable path part is allowed"
        ]
    );
    let lambda = format!(
        "{{\"get\": {{\"x-amazon-apigateway-integration\": {{\"type\": \"AWS_PROXY\", \"uri\": \"{FUNCTION}\"}}}}}}"
    );
    let routes = format!("{lambda},\n\"/{{y}}\": {lambda}");
    assert_eq!(
        mistakes(&rest("/{x}", &routes), Protocol::Http),
        ["3 /paths/~1{y}/get: another route takes the same requests as `GET /{y}`"]
    );
    let routes = format!("{lambda},\n\"/{{proxy+}}\": {lambda}");
    assert_eq!(imported(&rest("/{x}", &routes), Protocol::Http).deployment.methods.len(), 2);
}

#[test]
fn what_is_not_supported_yet_is_refused_and_never_ignored() {
    let mock = "\"x-amazon-apigateway-integration\": {\"type\": \"mock\"}";
    let top = "\"x-amazon-apigateway-policy\": {\"Statement\": {\"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": \"*\", \"Resource\": \"*\", \"Condition\": {\"StringEquals\": {\"aws:ResourceOrgID\": \"o\"}}}}";
    let text = format!(
        "{{\"openapi\": \"3.0.1\", \"info\": {{\"title\": \"t\"}}, {top}, \"paths\": {{\"/a\": {{\"get\": {{{mock}}}}}}}}}"
    );
    let told = mistakes(&text, Protocol::Rest);
    assert!(matches!(&told[..], [one] if one.contains("not supported yet")), "{told:?}");
}

#[test]
fn what_aws_has_no_room_or_no_characters_for_is_refused() {
    let template = "x".repeat(crate::limits::TEMPLATE_BYTES_MAX + 1);
    let item = format!(
        "{{\"get\": {{\"x-amazon-apigateway-integration\": {{\"type\": \"mock\", \"requestTemplates\": {{\"a/b\": \"{template}\"}}}}}}}}"
    );
    assert_eq!(
        mistakes(&rest("/a", &item), Protocol::Rest),
        [
            "2 /paths/~1a/get/x-amazon-apigateway-integration/requestTemplates/a~1b: the template has 307201 bytes, of 307200"
        ]
    );
    for path in ["/a*", "/a/@b", "/%20", "/a;b", "/a~b", "/a+"] {
        let told = mistakes(&rest(path, "{}"), Protocol::Rest);
        let told =
            told.iter().map(|mistake| mistake.contains("path part only allow a-zA-Z0-9._-:"));
        assert_eq!(told.collect::<Vec<_>>(), [true], "{path}");
    }
}

#[test]
fn gateway_responses_and_settings_are_checked() {
    let members = "\"x-amazon-apigateway-gateway-responses\": {\n\"DEFAULT_4X\": {},\n\"THROTTLED\": {\"statusCode\": 1000,\n\
        \"responseParameters\": {\"gatewayresponse.header.a\": \"b\"},\n\"responseTemplates\": {\"application/json\": \"$input.body\"}}},\n\
        \"x-amazon-apigateway-binary-media-types\": [\"png\"],\n\"x-amazon-apigateway-api-key-source\": \"QUERY\",\n\
        \"x-amazon-apigateway-minimum-compression-size\": -1";
    let at = "/x-amazon-apigateway-gateway-responses";
    assert_eq!(
        mistakes(&http(members, "{}"), Protocol::Rest),
        [
            format!("3 {at}/DEFAULT_4X: there is no gateway response `DEFAULT_4X`"),
            format!("4 {at}/THROTTLED/statusCode: 1000 is not between 100 and 599"),
            format!(
                "5 {at}/THROTTLED/responseParameters/gatewayresponse.header.a: Invalid mapping expression specified: b"
            ),
            "7 /x-amazon-apigateway-binary-media-types/0: `png` is not a media type".into(),
            "8 /x-amazon-apigateway-api-key-source: `QUERY` is not known here".into(),
            "9 /x-amazon-apigateway-minimum-compression-size: -1 is not between 0 and 10485760"
                .into(),
        ]
    );
}

#[test]
fn functions_of_cloudformation_are_told_each_and_nothing_that_follows_from_them() {
    let text = rest(
        "/a",
        "{\"get\": {\"responses\": {\"Ref\": \"Responses\"},\n\"x-amazon-apigateway-integration\": {\"type\": \"nonsense\",\n\
         \"uri\": {\"Fn::Join\": [\"\", [\"a\", {\"Ref\": \"B\"}]]}, \"credentials\": {\n\"Fn::GetAtt\": [\"Role\", \"Arn\"]}}}}",
    );
    let why = "is not resolved: only CloudFormation knows its value";
    let at = "/paths/~1a/get";
    assert_eq!(
        mistakes(&text, Protocol::Rest),
        [
            format!("2 {at}/responses: `Ref` {why}"),
            format!("3 {at}/x-amazon-apigateway-integration/type: `nonsense` is not known here"),
            format!("3 {at}/x-amazon-apigateway-integration: `httpMethod` is missing"),
            format!("4 {at}/x-amazon-apigateway-integration/uri: `Fn::Join` {why}"),
            format!("4 {at}/x-amazon-apigateway-integration/credentials: `Fn::GetAtt` {why}"),
        ]
    );
    // A property or an example of this name is none.
    let schema = "{\"type\": \"object\", \"properties\": {\"Ref\": {\"type\": \"string\"}}, \"example\": {\"Ref\": \"x\"}}";
    let item = format!(
        "{{\"post\": {{\"requestBody\": {{\"content\": {{\"application/json\": {{\"schema\": {schema}}}}}}}, \"responses\": {{}}, \"x-amazon-apigateway-integration\": {{\"type\": \"mock\"}}}}}}"
    );
    imported(&rest("/a", &item), Protocol::Rest);
}

#[test]
fn a_template_is_told_from_a_definition() {
    let text = "{\"Transform\": \"AWS::Serverless-2016-10-31\", \"Resources\": {\n\"Function\": {},\n\
         \"Api\": {\"Properties\": {\"DefinitionBody\":\n{\"openapi\": \"3.0.1\"}}}}}";
    assert_eq!(
        mistakes(text, Protocol::Rest),
        [
            "4 /Resources/Api/Properties/DefinitionBody: this is a CloudFormation template, not an OpenAPI document"
        ]
    );
}

#[test]
fn a_cache_key_that_no_request_has_is_refused() {
    let integration = |keys: &str| {
        format!(
            "{{\"type\": \"http_proxy\", \"httpMethod\": \"GET\", \"uri\": \"http://h/\",\n\"requestParameters\": {{\"integration.request.querystring.q\": \"'x'\"}}, \"cacheKeyParameters\": {keys}}}"
        )
    };
    let known = integration("[\"integration.request.querystring.q\"]");
    let item = format!("{{\"get\": {{\"x-amazon-apigateway-integration\": {known}}}}}");
    let method = &imported(&rest("/a", &item), Protocol::Rest).deployment.methods[0];
    assert_eq!(method.integration.cache_key_parameters, ["integration.request.querystring.q"]);
    for key in [
        "integration.request.querystring.p",
        "integration.request.body",
        "method.request.body",
        "method.request.path.",
        "method.input.params.q",
        "context.identity.sourceIp",
        "method.request.header.undeclared",
    ] {
        let mistake =
            format!("4 @/cacheKeyParameters/0: Invalid cache key parameter specified: {key}");
        check_integration(&integration(&format!("[\"{key}\"]")), &[&mistake]);
    }
    check_integration(
        &integration("\"q\""),
        &["4 @/cacheKeyParameters: expected an array, found a string"],
    );
}

#[test]
fn of_many_mistakes_the_first_are_told_and_no_error_hides_behind_warnings() {
    let schemes: Vec<String> = (0..60_000).map(|index| format!("\"typ{index}\": []")).collect();
    let members = "\"x-amazon-apigateway-integration\": {\"type\": \"mock\"}";
    let item = format!("{{\"get\": {{\"security\": [{{{}}}], {members}}}}}", schemes.join(", "));
    let told = mistakes(&rest("/a", &item), Protocol::Rest);
    assert_eq!(told.len(), DEFINITION_ERRORS_MAX);
    assert!(told[499].ends_with("/typ499: there is no security scheme `typ499`"));

    let document = document("{}");
    let options = Options::new("eu-west-1");
    let reading = Reading::new(At::root(&document), Dialect::OpenApi3, Protocol::Rest, options);
    (0..60_000).for_each(|_| reading.warning(&reading.root, "odd"));
    reading.error(&reading.root, "wrong");
    assert_eq!(reading.finish().0.len(), 1);
}
