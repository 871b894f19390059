use super::*;

/// The mistakes of a REST API's `/a`, told from the second line on.
#[track_caller]
fn check(item: &str, expected: &[&str]) {
    assert_eq!(mistakes(&rest("/a", item), Protocol::Rest), expected, "{item}");
}

#[track_caller]
fn check_integration(integration: &str, expected: &[&str]) {
    let at = "/paths/~1a/get/x-amazon-apigateway-integration";
    let expected: Vec<String> = expected.iter().map(|e| e.replace('@', at)).collect();
    let item = format!("{{\"get\":\n{{\"x-amazon-apigateway-integration\": {integration}}}}}");
    assert_eq!(mistakes(&rest("/a", &item), Protocol::Rest), expected, "{integration}");
}

/// An HTTP API with further members at the top, one a line.
fn http(members: &str, item: &str) -> String {
    format!(
        "{{\"openapi\": \"3.0.1\", \"info\": {{\"title\": \"t\"}}, \"paths\": {{\"/a\": {item}}},\n{members}}}"
    )
}

const FUNCTION: &str = "arn:aws:lambda:eu-west-1:123456789012:function:f";

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
        [
            "1 : `info` is missing",
            "1 : `paths` is missing",
            "2 /pahts: the member `pahts` is not known here"
        ]
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
            "6 /paths/~1a/post/x-amazon-apigateway-integratoin: API Gateway has no extension `x-amazon-apigateway-integratoin`",
            "6 /paths/~1a/post: No integration defined for method",
        ],
    );
}

#[test]
fn near_names_are_suggested() {
    let help = |text: &str| {
        let errors = import(&document(text), Protocol::Rest, "r").unwrap_err();
        errors.into_iter().filter_map(|e| e.help).collect::<Vec<_>>().join("|")
    };
    let item = "{\"get\": {\"x-amazon-apigateway-integration\": {\"type\": \"mock\", \"requestTemplate\": {}}}}";
    assert_eq!(help(&rest("/a", item)), "did you mean `requestTemplates`?");
    let mock = "{\"get\": {\"x-amazon-apigateway-integration\": {\"type\": \"mock\"}}}";
    assert_eq!(help(&rest("a", mock)), "write `/a`");
    let unknown = "{\"get\": {\"x-amazon-apigateway-integraton\": {\"type\": \"mock\"}}}";
    assert!(
        help(&rest("/a", unknown)).starts_with("did you mean `x-amazon-apigateway-integration`?")
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
    let lambda = format!(
        "{{\"get\": {{\"x-amazon-apigateway-integration\": {{\"type\": \"AWS_PROXY\", \"uri\": \"{FUNCTION}\"}}}}}}"
    );
    let routes = format!("{lambda},\n\"/{{y}}\": {lambda}");
    assert_eq!(
        mistakes(&rest("/{x}", &routes), Protocol::Http),
        ["3 /paths/~1{y}/get: another route takes the same requests as `GET /{y}`"]
    );
}

#[test]
fn malformed_integrations_are_refused() {
    check_integration("{}", &["3 @: `type` is missing"]);
    check_integration("[]", &["3 @: expected an object, found an array"]);
    check_integration(
        "{\"type\": \"http_proxy\", \"uri\": \"http:///\", \"httpMethod\": \"FETCH\", \"timeoutInMillis\": 49}",
        &[
            "3 @/httpMethod: `FETCH` is not known here",
            "3 @/uri: `http:///` is not a URL: `` is not a host",
            "3 @/timeoutInMillis: 49 is not between 50 and 900000",
        ],
    );
    check_integration(
        "{\"type\": \"http_proxy\"}",
        &["3 @: `httpMethod` is missing", "3 @: `uri` is missing"],
    );
    check_integration(
        "{\"type\": \"aws_proxy\", \"httpMethod\": \"POST\",\n\"uri\": \"arn:aws:apigateway:r:sqs:path/1/q\"}",
        &["4 @/uri: `aws_proxy` calls Lambda functions, not `sqs`"],
    );
    check_integration(
        "{\"type\": \"aws_proxy\", \"httpMethod\": \"POST\",\n\"uri\": {\"Fn::Sub\": \"x\"}}",
        &["4 @/uri: `Fn::Sub` is not resolved: only CloudFormation knows its value"],
    );
    check_integration(
        "{\"type\": \"http_proxy\", \"httpMethod\": \"GET\", \"uri\": \"https://x.example/\", \"requestParameters\": {\n\
         \"integration.request.cookie.a\": \"'x'\",\n\"integration.request.path.b\": \"x\",\n\"integration.request.header.c\": \"method.request.body.a[\"}}",
        &[
            "4 @/requestParameters/integration.request.cookie.a: Invalid mapping expression parameter specified: integration.request.cookie.a",
            "5 @/requestParameters/integration.request.path.b: Invalid mapping expression specified: x",
            "6 @/requestParameters/integration.request.header.c: Invalid mapping expression specified: method.request.body.a[",
        ],
    );
    check_integration(
        "{\"$ref\": \"#/components/x-amazon-apigateway-integrations/none\"}",
        &[
            "3 @/$ref: `#/components/x-amazon-apigateway-integrations/none` names nothing in this document",
        ],
    );
    check_integration(
        "{\"$ref\": \"#/paths/~1a/get/x-amazon-apigateway-integration\"}",
        &["3 @: a reference that leads to itself"],
    );
}

#[test]
fn responses_that_aws_refuses_are_refused() {
    check_integration(
        "{\"type\": \"mock\", \"responses\": {\n\
         \"(\": {\"statusCode\": 200},\n\
         \"default\": {\"responseTemplates\": {}},\n\
         \"2..\": {\"statusCode\": \"20\"},\n\
         \"3..\": {\"statusCode\": 301, \"responseParameters\": {\"method.response.header.Location\": \"'/'\"}}}}",
        &[
            "4 @/responses/(: `(` is not a regular expression: a group is not closed",
            "5 @/responses/default: `statusCode` is missing",
            "6 @/responses/2../statusCode: 20 is not between 100 and 599",
            "7 @/responses/3../responseParameters/method.response.header.Location: Invalid mapping expression parameter specified: method.response.header.Location",
        ],
    );
}

#[test]
fn uris_that_name_no_action_of_a_service_are_refused() {
    for (uri, mistake) in [
        (
            "arn:aws:apigateway:us-east-1:sqs:queue/1/q",
            "it has the form arn:aws:apigateway:REGION:SERVICE:path/PATH or :action/ACTION",
        ),
        ("arn:aws:apigateway:us-east-1:dynamodb:action/Put Item", "`Put Item` is no action"),
        ("arn:aws:apigateway::sqs:path/1/q", "there is no service `sqs` in ``"),
    ] {
        check_integration(
            &format!("{{\"type\": \"aws\", \"httpMethod\": \"POST\", \"uri\": \"{uri}\"}}"),
            &[&format!("3 @/uri: `{uri}` names no action of a service: {mistake}")],
        );
    }
}

#[test]
fn private_integrations_are_refused_where_aws_has_none() {
    let private = "\"connectionType\": \"VPC_LINK\", \"connectionId\": \"l\"";
    let http = "\"type\": \"http_proxy\", \"httpMethod\": \"GET\", \"uri\": \"https://x.example/\"";
    let function = "\"type\": \"aws_proxy\", \"httpMethod\": \"POST\", \"uri\": \"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:f/invocations\"";
    for (integration, protocol, mistake) in [
        (format!("{function}, {private}"), Protocol::Rest, "of type `HTTP` and `HTTP_PROXY`"),
        (format!("{function}, {private}"), Protocol::Http, "of type `HTTP_PROXY`"),
        (format!("{http}, {private}"), Protocol::Http, "should be a valid ELB listener ARN"),
        (
            format!("{http}, \"connectionType\": \"VPC_LINK\""),
            Protocol::Rest,
            "`connectionId` is missing",
        ),
        (
            format!("{http}, {private}, \"integrationTarget\": \"x\""),
            Protocol::Rest,
            "not the ARN of a load balancer",
        ),
        (
            format!("{http}, \"integrationTarget\": \"x\""),
            Protocol::Rest,
            "is for private integrations",
        ),
        (
            format!("{http}, \"tlsConfig\": {{\"serverNameToVerify\": \"a.example\"}}"),
            Protocol::Rest,
            "is for private integrations of HTTP APIs",
        ),
        (
            format!("{http}, {private}, \"tlsConfig\": {{\"serverNameToVerify\": \"a.example\"}}"),
            Protocol::Rest,
            "is for private integrations of HTTP APIs",
        ),
        (
            format!("{function}, \"tlsConfig\": {{\"insecureSkipVerification\": true}}"),
            Protocol::Rest,
            "is for HTTP integrations",
        ),
    ] {
        let item =
            format!("{{\"get\": {{\"x-amazon-apigateway-integration\": {{{integration}}}}}}}");
        let told = mistakes(&rest("/a", &item), protocol);
        assert!(told.iter().any(|told| told.contains(mistake)), "{mistake}: {told:?}");
    }
}

#[test]
fn what_is_not_supported_yet_is_refused_and_never_ignored() {
    let refused = [
        "{\"type\": \"aws\", \"httpMethod\": \"POST\", \"uri\": \"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:f/invocations\", \"requestParameters\": {\"integration.request.header.x-amz-client-context\": \"'e30='\"}}",
        "{\"type\": \"http_proxy\", \"httpMethod\": \"GET\", \"uri\": \"https://x.example/\", \"contentHandling\": \"CONVERT_TO_BINARY\"}",
        "{\"type\": \"http_proxy\", \"httpMethod\": \"GET\", \"uri\": \"https://x.example/\", \"credentials\": \"arn:aws:iam::*:user/*\"}",
    ];
    for integration in refused {
        let item = format!("{{\"get\": {{\"x-amazon-apigateway-integration\": {integration}}}}}");
        let told = mistakes(&rest("/a", &item), Protocol::Rest);
        assert!(matches!(&told[..], [one] if one.contains("not supported yet")), "{told:?}");
    }
    let mock = "\"x-amazon-apigateway-integration\": {\"type\": \"mock\"}";
    let top = "\"x-amazon-apigateway-policy\": {\"Statement\": {\"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": \"*\", \"Resource\": \"*\", \"Condition\": {\"StringEquals\": {\"aws:PrincipalOrgID\": \"o\"}}}}";
    let text = format!(
        "{{\"openapi\": \"3.0.1\", \"info\": {{\"title\": \"t\"}}, {top}, \"paths\": {{\"/a\": {{\"get\": {{{mock}}}}}}}}}"
    );
    let told = mistakes(&text, Protocol::Rest);
    assert!(matches!(&told[..], [one] if one.contains("not supported yet")), "{told:?}");
}

#[test]
fn lambda_authorizers_are_refused_where_aws_refuses_them() {
    let uri = "arn:aws:apigateway:r:lambda:path/2015-03-31/functions/arn:aws:lambda:r:123456789012:function:f/invocations";
    let told = |protocol, members: &str| {
        let scheme = format!(
            "{{\"type\": \"apiKey\", \"name\": \"Authorization\", \"in\": \"header\", \
             \"x-amazon-apigateway-authorizer\": {{{members}}}}}"
        );
        let text = format!(
            "{{\"openapi\": \"3.0.1\", \"info\": {{\"title\": \"t\"}}, \"paths\": {{}}, \
             \"components\": {{\"securitySchemes\": {{\"s\": {scheme}}}}}}}"
        );
        match import(&document(&text), protocol, "us-east-1") {
            Ok(_) => String::new(),
            Err(errors) => errors.iter().map(ToString::to_string).collect(),
        }
    };
    let own = format!("\"authorizerUri\": \"{uri}\"");
    for (protocol, members, expected) in [
        (Protocol::Rest, "\"type\": \"token\"", "`authorizerUri` is missing"),
        (Protocol::Rest, "\"type\": \"token\", \"authorizerUri\": \"arn:x\"", "`arn:x`"),
        (Protocol::Http, "\"type\": \"token\"", "an HTTP API has no authorizers of the type"),
        (Protocol::Http, "\"type\": \"request\"", "`authorizerPayloadFormatVersion` is missing"),
        (
            Protocol::Http,
            "\"type\": \"request\", \"authorizerPayloadFormatVersion\": \"3.0\"",
            "`3.0` is not known",
        ),
        (
            Protocol::Http,
            "\"type\": \"request\", \"authorizerPayloadFormatVersion\": 1.0, \"enableSimpleResponses\": true",
            "format 1.0 has no simple responses",
        ),
        (
            Protocol::Rest,
            "\"type\": \"token\", \"identitySource\": \"method.request.querystring.q\"",
            "one header",
        ),
        (
            Protocol::Rest,
            "\"type\": \"token\", \"identitySource\": \"method.request.header.a, method.request.header.b\"",
            "one header",
        ),
        (
            Protocol::Rest,
            "\"type\": \"request\", \"identitySource\": \"$request.header.a\"",
            "is not an identity source",
        ),
        (
            Protocol::Rest,
            "\"type\": \"request\", \"identitySource\": \"context.nothing\"",
            "is not an identity source",
        ),
        (
            Protocol::Http,
            "\"type\": \"request\", \"authorizerPayloadFormatVersion\": \"2.0\", \"identitySource\": \"method.request.header.a\"",
            "is not an identity source",
        ),
        (
            Protocol::Rest,
            "\"type\": \"token\", \"authorizerResultTtlInSeconds\": 3601",
            "not between 0 and 3600",
        ),
        (
            Protocol::Rest,
            "\"type\": \"request\", \"authorizerResultTtlInSeconds\": 1",
            "there are none",
        ),
        (
            Protocol::Rest,
            "\"type\": \"token\", \"identityValidationExpression\": \"(\"",
            "not a regular expression",
        ),
    ] {
        let members = match expected {
            "`authorizerUri` is missing" | "`arn:x`" => members.into(),
            _ => format!("{own}, {members}"),
        };
        let told = told(protocol, &members);
        assert!(told.contains(expected), "{members}: {told:?}");
    }
    for members in [
        "\"type\": \"token\", \"identityValidationExpression\": \"^x-[a-z]+\", \"authorizerResultTtlInSeconds\": 0",
        "\"type\": \"request\", \"authorizerResultTtlInSeconds\": 0",
        "\"type\": \"request\", \"identitySource\": \"method.request.header.a, context.identity.sourceIp,stageVariables.b\"",
        "\"type\": \"request\", \"authorizerCredentials\": \"arn:aws:iam::123456789012:role/r\"",
    ] {
        assert_eq!(told(Protocol::Rest, &format!("{own}, {members}")), "", "{members}");
    }
}

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
fn security_that_cannot_be_meant_is_refused() {
    let schemes = "\"components\": {\"securitySchemes\": {\
        \"j\": {\"type\": \"oauth2\", \"x-amazon-apigateway-authorizer\": {\"type\": \"jwt\", \"jwtConfiguration\": {\"issuer\": \"https://i.example\", \"audience\": [\"a\"]}}},\
        \"k\": {\"type\": \"oauth2\", \"x-amazon-apigateway-authorizer\": {\"type\": \"jwt\", \"jwtConfiguration\": {\"issuer\": \"https://k.example\", \"audience\": [\"a\"]}}},\n\
        \"plain\": {\"type\": \"oauth2\", \"flows\": {}}}}";
    let check = |security: &str, expected: &[&str]| {
        let item = format!(
            "{{\"get\": {{\"x-amazon-apigateway-integration\": {{\"type\": \"AWS_PROXY\", \"uri\": \"{FUNCTION}\"}}, \"security\": {security}}}}}"
        );
        assert_eq!(mistakes(&http(schemes, &item), Protocol::Http), expected);
    };
    check(
        "[{\"j\": []}, {\"k\": []}]",
        &[
            "1 /paths/~1a/get/security/1/k: an operation has one authorizer: the security requirement `k` stands beside `j`",
        ],
    );
    check(
        "[{\"j\": [], \"k\": []}]",
        &[
            "1 /paths/~1a/get/security/0/k: an operation has one authorizer: the security requirement `k` stands beside `j`",
        ],
    );
    check(
        "[{\"none\": []}]",
        &["1 /paths/~1a/get/security/0/none: there is no security scheme `none`"],
    );
    check(
        "[{\"plain\": []}]",
        &[
            "1 /paths/~1a/get/security/0/plain: the security scheme `plain` has no `x-amazon-apigateway-authorizer`",
        ],
    );
    check("{}", &["1 /paths/~1a/get/security: expected an array, found an object"]);
}

#[test]
fn authorizers_are_checked_whether_used_or_not() {
    let check = |authorizer: &str, protocol, expected: &str| {
        let members = format!(
            "\"components\": {{\"securitySchemes\": {{\"s\": {{\"type\": \"oauth2\", \"x-amazon-apigateway-authorizer\":\n{authorizer}}}}}}}"
        );
        let at = "/components/securitySchemes/s/x-amazon-apigateway-authorizer";
        let told = mistakes(&http(&members, "{}"), protocol);
        assert_eq!(told, [expected.replace('@', at)], "{authorizer}");
    };
    use Protocol::{Http, Rest};
    check("{\"type\": \"jwt\"}", Http, "3 @: `jwtConfiguration` is missing");
    check("{\"type\": \"jwt\"}", Rest, "3 @/type: a REST API has no authorizers of the type `jwt`");
    check(
        "{\"type\": \"token\"}",
        Http,
        "3 @/type: an HTTP API has no authorizers of the type `token`",
    );
    check(
        "{\"type\": \"jwt\", \"jwtConfiguration\": {\"audience\": \"a\"}}",
        Http,
        "3 @/jwtConfiguration: `issuer` is missing",
    );
    check(
        "{\"type\": \"jwt\", \"jwtConfiguration\": {\"audience\": [], \"issuer\": \"https://i.example\"}}",
        Http,
        "3 @/jwtConfiguration/audience: at least one audience is needed",
    );
    check(
        "{\"type\": \"jwt\", \"jwtConfiguration\": {\"audience\": \"a\", \"issuer\": \"i.example\"}}",
        Http,
        "3 @/jwtConfiguration/issuer: `i.example` is not the URL of an issuer",
    );
    check(
        "{\"type\": \"jwt\", \"identitySource\": \"Authorization\", \"jwtConfiguration\": {}}",
        Http,
        "3 @/identitySource: `Authorization` is not an identity source",
    );
    check(
        "{\"type\": \"cognito_user_pools\", \"providerARNs\": [\"us-east-1_x\"]}",
        Rest,
        "3 @/providerARNs/0: `us-east-1_x` is not the ARN of a user pool",
    );
}

#[test]
fn cors_is_refused_with_aws_words() {
    let check = |cors: &str, expected: &[&str]| {
        let members = format!("\"x-amazon-apigateway-cors\": {cors}");
        let expected: Vec<String> =
            expected.iter().map(|e| format!("2 /x-amazon-apigateway-cors{e}")).collect();
        assert_eq!(mistakes(&http(&members, "{}"), Protocol::Http), expected);
    };
    check(
        "{\"allowOrigins\": [\"*\"], \"allowCredentials\": true}",
        &["/allowCredentials: allow-credentials is not supported if 'allow-origin' is *"],
    );
    check(
        "{\"allowOrigins\": [\"example.com\", \"https://a.example/path\"], \"maxAge\": 86401, \"allowMethods\": [\"TRACE\"], \"allowHeader\": []}",
        &[
            "/allowHeader: the member `allowHeader` is not known here",
            "/allowOrigins/0: `example.com` is not an origin: it is `*`, `https://*`, `http://*`, or a scheme and a host without a path",
            "/allowOrigins/1: `https://a.example/path` is not an origin: it is `*`, `https://*`, `http://*`, or a scheme and a host without a path",
            "/allowMethods/0: `TRACE` is not one of *, GET, HEAD, OPTIONS, PUT, PATCH, POST, DELETE",
            "/maxAge: 86401 is not between -1 and 86400",
        ],
    );
}

#[test]
fn extensions_in_the_wrong_place_are_refused() {
    assert_eq!(
        mistakes(
            &http("\"x-amazon-apigateway-integration\": {}", "{\"x-amazon-apigateway-cors\": {}}"),
            Protocol::Http
        ),
        [
            "1 /paths/~1a/x-amazon-apigateway-cors: `x-amazon-apigateway-cors` has no effect here",
            "2 /x-amazon-apigateway-integration: `x-amazon-apigateway-integration` has no effect here",
        ]
    );
}

#[test]
fn compression_is_refused_since_requests_would_stay_compressed() {
    let members = "\"x-amazon-apigateway-minimum-compression-size\": 0";
    assert_eq!(
        mistakes(&http(members, "{}"), Protocol::Rest),
        [
            "2 /x-amazon-apigateway-minimum-compression-size: compressing responses, and inflating requests, is not supported yet: leave out `x-amazon-apigateway-minimum-compression-size`"
        ]
    );
}

#[test]
fn a_private_api_needs_a_resource_policy() {
    let members = "\"x-amazon-apigateway-endpoint-configuration\": {\"types\": [\"PRIVATE\"]}";
    assert_eq!(
        mistakes(&http(members, "{}"), Protocol::Rest),
        [
            "2 /x-amazon-apigateway-endpoint-configuration/types/0: Private REST API doesn't have a resource policy attached to it"
        ]
    );
}

#[test]
fn mistakes_in_a_resource_policy_are_told_where_they_stand() {
    let told = |policy: &str| {
        let members = format!("\"x-amazon-apigateway-policy\":\n{policy}");
        mistakes(&http(&members, "{}"), Protocol::Rest)
    };
    let statement = |more: &str| {
        format!("{{\"Statement\": [{{\"Action\": \"*\", \"Resource\": \"*\",\n{more}}}]}}")
    };
    let at = "/x-amazon-apigateway-policy/Statement/0";
    for (policy, expected) in [
        (
            "{}".into(),
            "3 /x-amazon-apigateway-policy: Invalid policy document: `Statement` is missing".into(),
        ),
        ("[]".into(), "3 /x-amazon-apigateway-policy: expected an object, found an array".into()),
        (
            statement("\"Effect\": \"allow\", \"Principal\": \"*\""),
            format!("4 {at}/Effect: Invalid policy document: it is Allow or Deny"),
        ),
        (
            statement("\"Effect\": \"Allow\""),
            format!("3 {at}: Invalid policy document: `Principal` is missing"),
        ),
        (
            statement(
                "\"Effect\": \"Allow\", \"Principal\": \"*\", \"Condition\": {\"IpAdress\": {}}",
            ),
            format!("4 {at}/Condition/IpAdress: Invalid policy document: IAM has no such operator"),
        ),
        (
            statement(
                "\"Effect\": \"Deny\", \"Principal\": \"*\", \"Condition\": {\"Bool\": {\"aws:MultiFactorAuthPresent\": false}}",
            ),
            format!(
                "4 {at}/Condition/Bool/aws:MultiFactorAuthPresent: this condition key is not supported yet: \
                 no request would have it, and a denial by it would deny nobody"
            ),
        ),
    ] {
        assert_eq!(told(&policy), [expected], "{policy}");
    }
    let http_api = http("\"x-amazon-apigateway-policy\": {}", "{}");
    assert_eq!(
        mistakes(&http_api, Protocol::Http),
        ["2 /x-amazon-apigateway-policy: an HTTP API has no resource policy"]
    );
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
            format!(
                "6 {at}/THROTTLED/responseTemplates/application~1json: a gateway response's template cannot refer to `$input`"
            ),
            "7 /x-amazon-apigateway-binary-media-types/0: `png` is not a media type".into(),
            "8 /x-amazon-apigateway-api-key-source: `QUERY` is not known here".into(),
            "9 /x-amazon-apigateway-minimum-compression-size: -1 is not between 0 and 10485760"
                .into(),
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
