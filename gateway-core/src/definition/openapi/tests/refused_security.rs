//! Authorizers, policies and CORS that AWS refuses.

use super::*;

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
fn none_of_the_authorizers_is_asked_where_sam_says_so() {
    let item = "{\"get\": {\"security\": [{\"NONE\": []}], \"x-amazon-apigateway-integration\": {\"type\": \"MOCK\"}}}";
    let read = imported(&rest("/a", item), Protocol::Rest);
    assert_eq!(read.deployment.methods[0].authorization, crate::definition::Authorization::None);
}

#[test]
fn a_jwt_authorizer_has_a_single_identity_source() {
    let api = |source: &str| {
        let scheme = format!(
            "\"components\": {{\"securitySchemes\": {{\"j\": {{\"type\": \"oauth2\", \"x-amazon-apigateway-authorizer\": \
             {{\"type\": \"jwt\", \"identitySource\": {source}, \"jwtConfiguration\": {{\"issuer\": \"https://i.example\", \
             \"audience\": [\"a\"]}}}}}}}}}}"
        );
        http(&scheme, "{}")
    };
    let expected = "2 /components/securitySchemes/j/x-amazon-apigateway-authorizer/identitySource: \
                    a JWT authorizer has a single identity source";
    for several in [
        "\"$request.header.Authorization, $request.querystring.t\"",
        "[\"$request.header.Authorization\", \"$request.querystring.t\"]",
    ] {
        assert_eq!(mistakes(&api(several), Protocol::Http), [expected]);
    }
    imported(&api("[\"$request.querystring.t\"]"), Protocol::Http);
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
fn a_mistake_of_an_authorizer_or_a_policy_hides_no_other() {
    let members = "\"components\": {\"securitySchemes\": {\"s\": {\"type\": \"oauth2\", \"x-amazon-apigateway-authorizer\": {\n\
         \"type\": \"JTW\",\n\"identitySource\": [],\n\"jwtConfiguration\": {\n\"issuer\": 1,\n\"audience\": [],\n\"isuer\": 1}}},\n\
         \"l\": {\"type\": \"apiKey\", \"x-amazon-apigateway-authorizer\": {\"type\": \"request\",\n\"authorizerPayloadFormatVersion\": 3,\n\
         \"authorizerCredentials\": \"me\"}}}}";
    let [jwt, lambda] = ["s", "l"]
        .map(|name| format!("/components/securitySchemes/{name}/x-amazon-apigateway-authorizer"));
    let told: Vec<String> = mistakes(&http(members, "{}"), Protocol::Http);
    assert_eq!(
        told,
        [
            format!("3 {jwt}/type: `JTW` is not known here"),
            format!("4 {jwt}/identitySource: at least one identity source is needed"),
            format!("6 {jwt}/jwtConfiguration/issuer: expected a string, found a number"),
            format!("7 {jwt}/jwtConfiguration/audience: at least one audience is needed"),
            format!("8 {jwt}/jwtConfiguration/isuer: the member `isuer` is not known here"),
            format!("9 {lambda}: `authorizerUri` is missing"),
            format!("10 {lambda}/authorizerPayloadFormatVersion: `3` is not known here"),
            format!("11 {lambda}/authorizerCredentials: `me` is not the ARN of a role"),
        ]
    );
    let members = "\"x-amazon-apigateway-policy\": {\"Version\": \"2020\", \"Statement\": [\n{\"Effect\": \"allow\", \"Principal\": \"*\", \"Action\": [], \"Resouce\": \"*\", \"Resource\": \"*\"},\n\
         {\"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": \"*\", \"Resource\": \"*\", \"Condition\": {\"Bol\": {}}}]}";
    let told = mistakes(&http(members, "{}"), Protocol::Rest);
    let at = "/x-amazon-apigateway-policy";
    let is_told = |line: u32, pointer: &str| {
        let begin = format!("{line} {at}{pointer}: Invalid policy document: ");
        assert!(told.iter().any(|told| told.starts_with(&begin)), "{begin}: {told:?}");
    };
    is_told(2, "/Version");
    is_told(3, "/Statement/0/Effect");
    is_told(3, "/Statement/0/Action");
    is_told(3, "/Statement/0/Resouce");
    is_told(4, "/Statement/1/Condition/Bol");
    assert_eq!(told.len(), 5, "{told:?}");
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
        "{\"type\": \"jwt\", \"identitySource\": \"Authorization\", \"jwtConfiguration\": {\"audience\": \"a\", \"issuer\": \"https://i.example\"}}",
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
        "{\"allowOrigins\": [\"example.com\", \"https://a.example/path\"], \"maxAge\": 86401, \"allowMethods\": [\"TRACE\"]}",
        &[
            "/allowOrigins/0: `example.com` is not an origin: it is `*`, `https://*`, `http://*`, or a scheme and a host without a path",
            "/allowOrigins/1: `https://a.example/path` is not an origin: it is `*`, `https://*`, `http://*`, or a scheme and a host without a path",
            "/allowMethods/0: `TRACE` is not one of *, GET, HEAD, OPTIONS, PUT, PATCH, POST, DELETE",
            "/maxAge: 86401 is not between -1 and 86400",
        ],
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
fn an_export_is_known_by_its_host() {
    let of = |id: &str| {
        let members = format!(
            "\"servers\": [{{\"url\": \"https://d1b2-vpce-1.execute-api.eu-west-1.amazonaws.com/prod\"}}],
\"x-amazon-apigateway-policy\": {{\"Statement\": [{{\"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": \"*\",
\"Resource\": \"arn:aws:execute-api:eu-west-1:210987654321:{id}/*\"}}]}}"
        );
        imported(&http(&members, "{}"), Protocol::Rest)
    };
    let policy = of("d1b2").deployment.policy.unwrap();
    let policy = policy.for_api("arn:aws:execute-api:us-east-1:123456789012:abc123/");
    let asked = "arn:aws:execute-api:us-east-1:123456789012:abc123/prod/GET/a";
    let verdict = policy.verdict("execute-api:Invoke", asked, crate::message::Timestamp(0));
    assert_eq!(verdict, crate::policy::Verdict::Allowed(0));
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
        (
            "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": \"*\",\n\"Resource\": \"*/${aws:PrincipalTag/x}\"}]}".into(),
            format!(
                "4 {at}/Resource: this condition key is not supported yet: \
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
