use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::{vec, vec::Vec};

use super::*;
use crate::context::{AuthorizerContext, example, example_tls};
use crate::message::{Content, Field, Request, Version};

fn request(fields: &[(&str, &str)]) -> Request {
    Request {
        method: "GET".into(),
        target: "/".into(),
        version: Version::Http11,
        fields: fields.iter().map(|(name, value)| Field::new(*name, *value)).collect(),
        content: Content::Empty,
    }
}

fn event(
    protocol: Protocol,
    context: &Context,
    request: &Request,
    body: &[u8],
    binary_media_types: &[String],
) -> String {
    let stage_variables = BTreeMap::new();
    let input = EventInput {
        protocol,
        context,
        request,
        body,
        binary_media_types,
        stage_variables: &stage_variables,
    };
    String::from_utf8(event_v1(&input)).unwrap()
}

/// The members and their order: "Input format of a Lambda function for proxy integration", and a
/// recording of the real service (conformance case `proxy-event-v1-complete-shape`).
#[test]
fn an_operation_id_is_the_name_of_the_operation() {
    let mut context = example();
    context.operation_name = Some("GetPet".into());
    let event = json(&event(Protocol::Rest, &context, &request(&[]), b"", &[]));
    assert_eq!(event["requestContext"]["operationName"], "GetPet");
}

#[test]
fn a_rest_event_has_exactly_the_members_that_aws_sends() {
    let mut context = example();
    context.request_id = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef".into();
    context.path = "/test/some-value".into();
    context.resource_request_path = "/some-value".into();
    context.resource_path = "/{proxy+}".into();
    context.path_parameters = vec![("proxy".into(), "some-value".into())];
    let request = request(&[
        ("Host", "r3pmxmplak.execute-api.us-east-2.amazonaws.com"),
        ("User-Agent", "agent/1"),
        ("accept", "*/*"),
        ("Connection", "close"),
    ]);
    let host = "r3pmxmplak.execute-api.us-east-2.amazonaws.com";
    let root = "Root=1-5e6a86de-d1b2d8aea3b0b0ae4a2f2b1c";
    let expected = alloc::format!(
        r#"{{"resource":"/{{proxy+}}","path":"/some-value","httpMethod":"GET","headers":{{"accept":"*/*","Host":"{host}","User-Agent":"agent/1","X-Amzn-Trace-Id":"{root}","X-Forwarded-For":"205.255.255.176","X-Forwarded-Port":"443","X-Forwarded-Proto":"https"}},"multiValueHeaders":{{"accept":["*/*"],"Host":["{host}"],"User-Agent":["agent/1"],"X-Amzn-Trace-Id":["{root}"],"X-Forwarded-For":["205.255.255.176"],"X-Forwarded-Port":["443"],"X-Forwarded-Proto":["https"]}},"queryStringParameters":null,"multiValueQueryStringParameters":null,"pathParameters":{{"proxy":"some-value"}},"stageVariables":null,"requestContext":{{"resourceId":"abc123","resourcePath":"/{{proxy+}}","httpMethod":"GET","extendedRequestId":"JKJaXmPLvHcESHA=","requestTime":"12/Mar/2020:19:03:58 +0000","path":"/test/some-value","accountId":"123456789012","protocol":"HTTP/1.1","stage":"test","domainPrefix":"r3pmxmplak","requestTimeEpoch":1584039838390,"requestId":"c6af9ac6-7b61-11e6-9a41-93e8deadbeef","identity":{{"cognitoIdentityPoolId":null,"accountId":null,"cognitoIdentityId":null,"caller":null,"sourceIp":"205.255.255.176","principalOrgId":null,"accessKey":null,"cognitoAuthenticationType":null,"cognitoAuthenticationProvider":null,"userArn":null,"userAgent":"agent/1","user":null}},"domainName":"{host}","deploymentId":"d1","apiId":"r3pmxmplak"}},"body":null,"isBase64Encoded":false}}"#
    );
    assert_eq!(event(Protocol::Rest, &context, &request, b"", &[]), expected);
}

fn json(event: &str) -> serde_json::Value {
    serde_json::from_str(event).unwrap()
}

#[test]
fn a_query_is_decoded_and_the_last_value_of_a_name_wins() {
    let mut context = example();
    context.raw_query =
        "when=2023-06-12T18:05:10.123456+00:00&email=me%2Balias@example.com&a=1&b&a=2".into();
    let event = json(&event(Protocol::Rest, &context, &request(&[]), b"", &[]));
    let single = &event["queryStringParameters"];
    assert_eq!(single["when"], "2023-06-12T18:05:10.123456 00:00");
    assert_eq!(single["email"], "me+alias@example.com");
    assert_eq!((&single["a"], &single["b"]), (&"2".into(), &"".into()));
    assert_eq!(event["multiValueQueryStringParameters"]["a"], serde_json::json!(["1", "2"]));
}

#[test]
fn repeated_headers_are_one_name_with_all_values() {
    let context = example();
    let request = request(&[
        ("x-a", "1"),
        ("X-Forwarded-For", "203.0.113.7"),
        ("X-A", "2"),
        ("X-Forwarded-Proto", "gopher"),
        ("X-Amzn-Trace-Id", "Root=1-2-3"),
    ]);
    let event = json(&event(Protocol::Rest, &context, &request, b"", &[]));
    assert_eq!(event["headers"]["x-a"], "2");
    assert_eq!(event["multiValueHeaders"]["x-a"], serde_json::json!(["1", "2"]));
    assert_eq!(event["headers"]["X-A"], serde_json::Value::Null);
    assert_eq!(event["headers"]["X-Forwarded-For"], "203.0.113.7, 205.255.255.176");
    assert_eq!(event["headers"]["X-Forwarded-Proto"], "https");
    let trace = event["headers"]["X-Amzn-Trace-Id"].as_str().unwrap();
    assert!(trace.ends_with(";Parent=53995c3f42cd8ad8;Sampled=0"), "{trace}");
}

#[test]
fn what_a_rest_api_hides_no_function_sees() {
    let names = [
        "Connection",
        "Content-Length",
        "Content-MD5",
        "Expect",
        "Max-Forwards",
        "Proxy-Authenticate",
        "Server",
        "TE",
        "Trailer",
        "Transfer-Encoding",
        "Upgrade",
        "WWW-Authenticate",
    ];
    let fields: Vec<(&str, &str)> =
        names.iter().map(|n| (*n, "x")).chain([("Via", "v"), ("Range", "r")]).collect();
    let event = json(&event(Protocol::Rest, &example(), &request(&fields), b"", &[]));
    for name in names {
        assert_eq!(event["headers"].get(name), None, "{name}");
    }
    assert_eq!((&event["headers"]["Via"], &event["headers"]["Range"]), (&"v".into(), &"r".into()));
}

#[test]
fn slashes_before_the_resource_path_are_collapsed_in_path_alone() {
    let mut context = example();
    context.path = "/test//some//value/".into();
    context.resource_request_path = "//some//value/".into();
    let event = json(&event(Protocol::Rest, &context, &request(&[]), b"", &[]));
    assert_eq!(event["path"], "/some//value/");
    assert_eq!(event["requestContext"]["path"], "/test//some//value/");
}

#[test]
fn a_rest_api_encodes_the_media_types_that_it_calls_binary() {
    let (context, png) = (example(), request(&[("content-type", "image/png; a=b")]));
    let binary = ["image/*".into()];
    let got = json(&event(Protocol::Rest, &context, &png, b"hello", &binary));
    assert_eq!((&got["body"], &got["isBase64Encoded"]), (&"aGVsbG8=".into(), &true.into()));
    let got = json(&event(Protocol::Rest, &context, &png, b"a\xff", &[]));
    assert_eq!((&got["body"], &got["isBase64Encoded"]), (&"a\u{fffd}".into(), &false.into()));
    let got = json(&event(Protocol::Rest, &context, &png, b"", &binary));
    assert_eq!((&got["body"], &got["isBase64Encoded"]), (&().into(), &false.into()));
}

#[test]
fn a_cognito_user_is_shown_by_claims() {
    let mut context = example();
    let claims = vec![("sub".into(), "u1".into()), ("cognito:groups".into(), "a,b".into())];
    context.authorizer = AuthorizerContext::Cognito { claims };
    let event = json(&event(Protocol::Rest, &context, &request(&[]), b"", &[]));
    let expected = serde_json::json!({"claims": {"sub": "u1", "cognito:groups": "a,b"}});
    assert_eq!(event["requestContext"]["authorizer"], expected);
}

/// Recorded on live API Gateway 2025-04-14 (aws-lambda-dotnet, `V1_…HttpV1` and
/// `BinaryContentHttpV1`).
#[test]
fn an_http_api_escapes_path_and_decodes_the_rest() {
    let mut context = example();
    context.path = "/api/users/%E2%98%95%20Doe".into();
    context.resource_path = "/api/users/{username}".into();
    context.route_key = "POST /api/users/{username}".into();
    context.path_parameters = vec![("username".into(), "\u{2615} Doe".into())];
    let request = request(&[("content-type", "application/octet-stream"), ("host", "h")]);
    let event = json(&event(Protocol::Http, &context, &request, &[1, 2, 3, 4, 5], &[]));
    assert_eq!(event["version"], "1.0");
    assert_eq!(event["path"], "/api/users/%E2%98%95%20Doe");
    assert_eq!(event["requestContext"]["path"], "/api/users/\u{2615} Doe");
    assert_eq!(event["pathParameters"]["username"], "\u{2615} Doe");
    assert_eq!(event["requestContext"]["resourceId"], "POST /api/users/{username}");
    assert_eq!(event["requestContext"]["resourcePath"], "/api/users/{username}");
    assert_eq!(event["queryStringParameters"], serde_json::Value::Null);
    assert_eq!((&event["body"], &event["isBase64Encoded"]), (&"AQIDBAU=".into(), &true.into()));
    assert_eq!(event["headers"]["Content-Length"], "5");
    assert_eq!(event["headers"]["Host"], "h");
    assert_eq!(event["requestContext"].get("authorizer"), None);
}

#[test]
fn a_client_without_a_name_is_null_in_a_rest_api_and_empty_in_an_http_api() {
    let mut context = example();
    context.user_agent = None;
    for (protocol, seen) in [(Protocol::Rest, serde_json::Value::Null), (Protocol::Http, "".into())]
    {
        let event = json(&event(protocol, &context, &request(&[]), b"", &[]));
        assert_eq!(event["requestContext"]["identity"]["userAgent"], seen, "{protocol:?}");
    }
}

#[test]
fn an_http_api_shows_claims_and_scopes_side_by_side() {
    let mut context = example();
    let claims = vec![("sub".into(), "u1".into())];
    let scopes = Some(vec!["read".into(), "write".into()]);
    context.authorizer = AuthorizerContext::Jwt { claims, scopes };
    let event = json(&event(Protocol::Http, &context, &request(&[]), b"", &[]));
    let expected = serde_json::json!({"claims": {"sub": "u1"}, "scopes": ["read", "write"]});
    assert_eq!(event["requestContext"]["authorizer"], expected);
}

#[test]
fn a_verified_client_is_part_of_the_identity_of_both_kinds_of_api() {
    let mut context = example();
    context.tls = Some(Cow::Owned(alloc::boxed::Box::new(example_tls())));
    for protocol in [Protocol::Rest, Protocol::Http] {
        context.is_mutual_tls = false;
        let got = json(&event(protocol, &context, &request(&[]), b"", &[]));
        assert!(got["requestContext"]["identity"].get("clientCert").is_none());
        context.is_mutual_tls = true;
        let got = json(&event(protocol, &context, &request(&[]), b"", &[]));
        let certificate = &got["requestContext"]["identity"]["clientCert"];
        assert_eq!(certificate["subjectDN"], "C=US,CN=client");
        assert_eq!(certificate["validity"]["notAfter"], "Aug  5 09:36:04 2021 GMT");
    }
}
