use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::{string::String, vec};

use super::*;
use crate::context::{Context, IamContext, example};
use crate::definition::Protocol;
use crate::message::{Content, Field, Request, Version};

fn event(context: &Context, fields: &[(&str, &str)], body: &[u8]) -> String {
    let request = Request {
        method: "GET".into(),
        target: "/".into(),
        version: Version::Http11,
        fields: fields.iter().map(|(name, value)| Field::new(*name, *value)).collect(),
        content: Content::Empty,
    };
    let stage_variables = BTreeMap::new();
    let input = EventInput {
        protocol: Protocol::Http,
        context,
        request: &request,
        body,
        binary_media_types: &[],
        stage_variables: &stage_variables,
    };
    String::from_utf8(event_v2(&input)).unwrap()
}

fn json(event: &str) -> serde_json::Value {
    serde_json::from_str(event).unwrap()
}

/// The smallest event that was recorded live (aws-lambda-rust-runtime,
/// `apigw_v2_proxy_request_minimal.json`): the same members, what is empty is absent.
#[test]
fn the_smallest_event_has_exactly_the_members_that_aws_sends() {
    let mut context = example();
    (context.user_agent, context.stage) = (None, "$default".into());
    context.path = "/".into();
    context.route_key = "GET /".into();
    let host = "r3pmxmplak.execute-api.us-east-2.amazonaws.com";
    let expected = alloc::format!(
        r#"{{"version":"2.0","routeKey":"GET /","rawPath":"/","rawQueryString":"","headers":{{"content-length":"0","host":"{host}","x-amzn-trace-id":"Root=1-5e6a86de-d1b2d8aea3b0b0ae4a2f2b1c","x-forwarded-for":"205.255.255.176","x-forwarded-port":"443","x-forwarded-proto":"https"}},"requestContext":{{"accountId":"123456789012","apiId":"r3pmxmplak","domainName":"{host}","domainPrefix":"r3pmxmplak","http":{{"method":"GET","path":"/","protocol":"HTTP/1.1","sourceIp":"205.255.255.176","userAgent":""}},"requestId":"JKJaXmPLvHcESHA=","routeKey":"GET /","stage":"$default","time":"12/Mar/2020:19:03:58 +0000","timeEpoch":1584039838390}},"isBase64Encoded":false}}"#
    );
    assert_eq!(event(&context, &[("host", host)], b""), expected);
}

/// Recorded (aws-lambda-dotnet, `V2_SimpleGetRequest` and `V2_UrlEncodedQueryString`).
#[test]
fn cookies_leave_the_headers_and_repeats_are_joined() {
    let mut context = example();
    context.raw_query =
        "status=pending&tag=C%23%20Programming&tag=.NET%20Core&colors[]=blue".into();
    context.path = "/api/users/a%20b".into();
    context.path_parameters = vec![("userId".into(), "a b".into())];
    let fields = [
        ("cookie", "session=abc123; theme=dark"),
        ("x-custom-Header", "value1"),
        ("Foo", "bar1"),
        ("foo", "bar2"),
        ("Cookie", "third=3"),
    ];
    let event = json(&event(&context, &fields, b""));
    assert_eq!(event["cookies"], serde_json::json!(["session=abc123", "theme=dark", "third=3"]));
    assert_eq!(event["headers"].get("cookie"), None);
    assert_eq!(event["headers"]["x-custom-header"], "value1");
    assert_eq!(event["headers"]["foo"], "bar1,bar2");
    assert_eq!(event["rawQueryString"], *context.raw_query);
    assert_eq!(
        event["queryStringParameters"],
        serde_json::json!({"status": "pending", "tag": "C# Programming,.NET Core", "colors[]": "blue"})
    );
    assert_eq!(event["rawPath"], "/api/users/a b");
    assert_eq!(event["pathParameters"], serde_json::json!({"userId": "a b"}));
    assert_eq!(event.get("body"), None);
}

#[test]
fn only_the_types_that_aws_calls_text_arrive_as_text() {
    for (media_type, is_base64) in [
        (Some("application/xml"), false),
        (Some("application/javascript"), false),
        (Some("Application/JSON; charset=utf-8"), false),
        (Some("text/csv"), false),
        (Some("application/x-www-form-urlencoded"), true),
        (Some("multipart/form-data; boundary=text/plain"), true),
        (Some("application/vnd.api+json"), true),
        (Some("te\u{e9}xt/plain"), true),
        (None, true),
    ] {
        let fields: Vec<_> = media_type.map(|t| ("content-type", t)).into_iter().collect();
        let event = json(&event(&example(), &fields, b"hello"));
        assert_eq!(event["isBase64Encoded"], is_base64, "{media_type:?}");
        assert_eq!(event["body"], if is_base64 { "aGVsbG8=" } else { "hello" });
        assert_eq!(event["headers"]["content-length"], "5");
    }
}

#[test]
fn scopes_are_null_on_a_route_without_scopes() {
    let mut context = example();
    let claims = vec![("scope".into(), "read write".into())];
    context.authorizer = AuthorizerContext::Jwt { claims, scopes: None };
    let event = json(&event(&context, &[], b""));
    assert_eq!(
        event["requestContext"]["authorizer"],
        serde_json::json!({"jwt": {"claims": {"scope": "read write"}, "scopes": null}})
    );
}

/// Captured from live APIs.
#[test]
fn a_principal_without_an_organization_has_the_name_of_the_key() {
    let mut context = example();
    context.authorizer = AuthorizerContext::Iam(IamContext::default());
    let event = json(&event(&context, &[], b""));
    let iam = &event["requestContext"]["authorizer"]["iam"];
    assert_eq!(iam["principalOrgId"], "aws:PrincipalOrgID");
    assert_eq!(iam["cognitoIdentity"], serde_json::Value::Null);
}

#[test]
fn a_verified_client_is_known_by_its_certificate() {
    let mut context = example();
    context.tls = Some(Cow::Owned(Box::new(crate::context::example_tls())));
    assert!(json(&event(&context, &[], b""))["requestContext"].get("authentication").is_none());
    context.is_mutual_tls = true;
    let authentication = &json(&event(&context, &[], b""))["requestContext"]["authentication"];
    let expected = r#"{"clientCert":{"clientCertPem":"-----BEGIN CERTIFICATE-----\n…","subjectDN":"C=US,CN=client","issuerDN":"CN=authority","serialNumber":"1","validity":{"notBefore":"May 28 12:30:02 2019 GMT","notAfter":"Aug  5 09:36:04 2021 GMT"}}}"#;
    assert_eq!(*authentication, json(expected));
}
