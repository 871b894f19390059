use alloc::format;
use alloc::rc::Rc;
use alloc::string::{String, ToString};
use alloc::vec;

use serde_json::{Value, json};

use crate::definition::{
    Api, ApiMapping, Authorization, Authorizer, AuthorizerKind, DomainName, EndpointType,
    LambdaAuthorizer, LambdaAuthorizerType, Method, PayloadFormat, PrivateEndpoint, Snapshot,
    Source,
};
use crate::effect::{Effect, FunctionAnswer, Notice, Outcome};
use crate::gateway::Gateway;
use crate::jwt::{Algorithm, Jwk, KeyMaterial};
use crate::message::{Arrival, Scheme};
use crate::pipeline::world::*;
use crate::policy::Policy;

/// The API with `GET /a` and `GET /b` and a resource policy of these statements.
fn guarded(statements: &Value) -> Api {
    let mut api = rest(vec![method("GET /a", mock("ok")), method("GET /b", mock("ok"))]);
    let policy = json!({"Version": "2012-10-17", "Statement": statements});
    let policy = Policy::parse(policy.to_string().as_bytes()).unwrap();
    api.deployments[0].policy = Some(policy);
    api
}

pub(super) fn statement(effect: &str, resource: &str, condition: Value) -> Value {
    json!({"Effect": effect, "Principal": "*", "Action": "execute-api:Invoke", "Resource": resource,
           "Condition": condition})
}

pub(super) fn allow_all() -> Value {
    statement("Allow", "execute-api:/*", json!({}))
}

pub(super) fn deny_all() -> Value {
    statement("Deny", "execute-api:/*", json!({}))
}

/// Speaks of nobody.
pub(super) fn silent() -> Value {
    statement("Allow", "execute-api:/prod/GET/nothing", json!({}))
}

fn status(api: &Api, arrival: Arrival) -> u16 {
    run_alone(&gateway(vec![api.clone()]), arrival).response.status
}

#[test]
fn alone_a_resource_policy_must_allow() {
    let refusal = "{\"Message\":\"User: anonymous is not authorized to perform: execute-api:Invoke on \
                   resource: arn:aws:execute-api:eu-west-1:********9012:abc123/prod/GET/a\"}";
    let denial = refusal.replace("GET/a", "GET/a with an explicit deny");
    for (statements, expected, body) in [
        (json!([]), 403, refusal),
        (allow_all(), 200, "ok"),
        (silent(), 403, refusal),
        (json!([allow_all(), deny_all()]), 403, denial.as_str()),
        (statement("Allow", "execute-api:/prod/GET/a", json!({})), 200, "ok"),
        (statement("Allow", "execute-api:/prod/GET/b", json!({})), 403, refusal),
        (statement("Allow", "execute-api:/test/*", json!({})), 403, refusal),
        (
            statement(
                "Allow",
                "arn:aws:execute-api:eu-west-1:123456789012:abc123/*/GET/*",
                json!({}),
            ),
            200,
            "ok",
        ),
        (
            statement("Allow", "arn:aws:execute-api:eu-west-1:123456789012:other1/*", json!({})),
            403,
            refusal,
        ),
    ] {
        let gateway = gateway(vec![guarded(&statements)]);
        let told = run_alone(&gateway, arrival("GET /prod/a", &[]));
        assert_eq!((told.response.status, told.body()), (expected, body), "{statements}");
        if expected == 403 {
            assert_eq!(told.field("x-amzn-errortype"), Some("AccessDeniedException"));
            assert_eq!(told.effects.len(), 0, "no tokens for who may not call");
        }
    }
}

#[test]
fn conditions_are_about_the_request() {
    let with = |condition| guarded(&statement("Allow", "execute-api:/*", condition));
    let secure = with(json!({"Bool": {"aws:SecureTransport": true}}));
    let mut clear = arrival("GET /prod/a", &[]);
    assert_eq!(status(&secure, clear.clone()), 200);
    clear.scheme = Scheme::Http;
    assert_eq!(status(&secure, clear), 403);
    let range = with(json!({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}));
    let mut elsewhere = arrival("GET /prod/a", &[]);
    assert_eq!(status(&range, elsewhere.clone()), 200);
    elsewhere.source_ip = "198.51.100.1".into();
    assert_eq!(status(&range, elsewhere), 403);
    let agent = with(json!({"StringEquals": {"aws:UserAgent": "good/1"}}));
    for (agent_of, expected) in
        [(&["User-Agent: good/1"][..], 200), (&["User-Agent: x"], 403), (&[], 403)]
    {
        assert_eq!(status(&agent, arrival("GET /prod/a", agent_of)), expected);
    }
    let referer = with(json!({"StringLike": {"aws:Referer": "https://x.example/*"}}));
    assert_eq!(status(&referer, arrival("GET /prod/a", &["Referer: https://x.example/1"])), 200);
    assert_eq!(status(&referer, arrival("GET /prod/a", &["Referer: https://y.example/1"])), 403);
    let past = with(json!({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}));
    assert_eq!(status(&past, arrival("GET /prod/a", &[])), 403);
    // A principal is never anonymous's.
    let users = with(json!({"StringLike": {"aws:PrincipalArn": "*"}}));
    assert_eq!(status(&users, arrival("GET /prod/a", &[])), 403);
}

/// Behind a Lambda authorizer whose function answers this effect for everything.
pub(super) fn with_authorizer(statements: &Value) -> Api {
    let mut api = guarded(statements);
    api.deployments[0].methods[0] = Method {
        authorization: Authorization::Authorizer { authorizer: 0, scopes: vec![] },
        ..method("GET /a", mock("ok"))
    };
    let function = "arn:aws:lambda:eu-west-1:123456789012:function:auth";
    api.deployments[0].authorizers = vec![Authorizer {
        name: "a".into(),
        kind: AuthorizerKind::Lambda(LambdaAuthorizer {
            authorizer_type: LambdaAuthorizerType::Token,
            uri: alloc::format!(
                "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{function}/invocations"
            ),
            identity_source: vec!["method.request.header.Authorization".into()],
            identity_validation_expression: None,
            result_ttl_s: 0,
            payload_format: PayloadFormat::V1,
            enable_simple_responses: false,
            credentials: None,
        }),
        source: Source::default(),
    }];
    api
}

pub(super) fn says(statement: Option<&str>) -> impl FnMut(&Effect) -> Option<Outcome> {
    let statements = statement
        .map(|effect| json!({"Effect": effect, "Action": "execute-api:Invoke", "Resource": "*"}));
    let statements: vec::Vec<Value> = statements.into_iter().collect();
    let answer = json!({"principalId": "jo", "policyDocument": {"Statement": statements}});
    move |effect| match effect {
        Effect::InvokeFunction(_) => Some(Outcome::InvokeFunction(Ok(FunctionAnswer {
            status: 200,
            function_error: None,
            payload: answer.to_string().into_bytes().into(),
            request_id: None,
            trace: None,
            content: None,
        }))),
        _ => None,
    }
}

/// "Table A": either suffices, and either may deny.
#[test]
fn beside_a_lambda_authorizer_either_allows_and_either_denies() {
    for (authorizer, resource, expected, is_asked) in [
        (Some("Allow"), allow_all(), 200, true),
        (Some("Allow"), silent(), 200, true),
        (Some("Allow"), deny_all(), 403, false),
        (None, allow_all(), 200, true),
        (None, silent(), 403, true),
        (None, deny_all(), 403, false),
        (Some("Deny"), allow_all(), 403, true),
        (Some("Deny"), silent(), 403, true),
        (Some("Deny"), deny_all(), 403, false),
    ] {
        let gateway = gateway(vec![with_authorizer(&resource)]);
        let told = run(&gateway, arrival("GET /prod/a", &["Authorization: jo"]), says(authorizer));
        assert_eq!(told.response.status, expected, "{authorizer:?} {resource}");
        assert_eq!(!told.asked().is_empty(), is_asked, "{authorizer:?} {resource}");
        // A policy does not stand in for a token.
        let told = run(&gateway, arrival("GET /prod/a", &[]), says(authorizer));
        assert_eq!(told.response.status, if is_asked { 401 } else { 403 });
    }
}

/// Beside a user pool the resource policy must allow by itself.
#[test]
fn beside_a_cognito_authorizer_a_resource_policy_must_allow() {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    for (resource, expected) in [(allow_all(), 200), (silent(), 403), (deny_all(), 403)] {
        let mut api = with_authorizer(&resource);
        api.deployments[0].authorizers[0].kind = AuthorizerKind::Cognito {
            identity_header: "Authorization".into(),
            identity_validation_expression: None,
            provider_arns: vec!["arn:aws:cognito-idp:eu-west-1:1:userpool/eu-west-1_a".into()],
        };
        let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
        let claims = alloc::format!(
            "{{\"iss\":\"https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a\",\
             \"token_use\":\"id\",\"exp\":{}}}",
            NOW.0 / 1000 + 60
        );
        let head = part("{\"alg\":\"RS256\",\"kid\":\"k1\"}");
        let field = alloc::format!("Authorization: {head}.{}.c2ln", part(&claims));
        let told =
            run(&gateway(vec![api]), arrival("GET /prod/a", &[&field]), |effect| match effect {
                Effect::FindKey(_) => Some(Outcome::FindKey(Ok(Some(Jwk {
                    kid: Some("k1".into()),
                    algorithm: Some(Algorithm::RS256),
                    material: KeyMaterial::Rsa { n: vec![0x80; 256], e: vec![1, 0, 1] },
                })))),
                Effect::VerifySignature(_) => Some(Outcome::VerifySignature(Ok(true))),
                _ => None,
            });
        assert_eq!(told.response.status, expected, "{resource}");
    }
}

fn private(statements: &Value, endpoint_policy: Option<Value>) -> Rc<Gateway> {
    let policy = endpoint_policy.map(|statement| json!({"Statement": statement}).to_string());
    let policy = policy.map(|policy| Policy::parse(policy.as_bytes()).unwrap());
    Rc::new(Gateway::compile(behind_endpoints(guarded(statements), policy)).unwrap())
}

/// The API as a private one beside a public one, and an endpoint with this policy beside one without.
pub(super) fn behind_endpoints(mut api: Api, endpoint_policy: Option<Policy>) -> Snapshot {
    api.deployments[0].endpoint_type = EndpointType::Private;
    let mut public = rest(vec![method("GET /a", mock("public"))]);
    public.id = "public".into();
    let mut snapshot = snapshot(vec![api, public]);
    snapshot.domain_names = vec![DomainName {
        domain_name: "api.example.com".into(),
        mutual_tls: false,
        strict_access: false,
        mappings: vec![ApiMapping { base_path: "".into(), api: 0, stage: Some("prod".into()) }],
    }];
    snapshot.private_endpoints = vec![
        PrivateEndpoint {
            vpc_endpoint_id: "vpce-1".into(),
            vpc_id: Some("vpc-1".into()),
            policy: endpoint_policy,
        },
        PrivateEndpoint { vpc_endpoint_id: "vpce-2".into(), vpc_id: None, policy: None },
    ];
    snapshot
}

fn through(endpoint: Option<&str>, fields: &[&str]) -> Arrival {
    Arrival { vpc_endpoint_id: endpoint.map(String::from), ..arrival("GET /prod/a", fields) }
}

#[test]
fn a_private_api_answers_at_private_endpoints_alone_and_no_other_does() {
    let gateway = private(&allow_all(), None);
    let public = "Host: public.execute-api.eu-west-1.amazonaws.com";
    let endpoint = "Host: vpce-1-ab.execute-api.eu-west-1.vpce.amazonaws.com";
    let id = "x-apigw-api-id: abc123";
    for (endpoint, fields, expected) in [
        (Some("vpce-1"), &[endpoint, id][..], 200),
        (Some("vpce-1"), &[endpoint], 403),
        (Some("vpce-1"), &[endpoint, id, id], 403),
        (Some("vpce-1"), &[endpoint, "x-apigw-api-id: public"], 403),
        (Some("vpce-1"), &[public, id], 403),
        (None, &[endpoint, "x-apigw-api-id: public"], 403),
        (None, &[][..], 403),
        (Some("vpce-1"), &[], 200),
        (Some("vpce-3"), &[], 403),
        (Some("vpce-1"), &[public], 403),
        (Some("vpce-3"), &[public], 403),
        (None, &[public], 200),
        // A custom domain name is no way around.
        (None, &["Host: api.example.com"], 403),
    ] {
        let told = run_alone(&gateway, through(endpoint, fields));
        assert_eq!(told.response.status, expected, "{endpoint:?} {fields:?}");
        if expected == 403 {
            assert_eq!(told.body(), "{\"message\":\"Forbidden\"}");
        }
    }
}

#[test]
fn who_comes_where_an_api_does_not_answer_is_not_said_to_want_another_stage() {
    let gateway = private(&allow_all(), None);
    let public = "Host: public.execute-api.eu-west-1.amazonaws.com";
    for (endpoint, fields, expected) in [
        (None, &[][..], "the API is private: it answers at private endpoints alone"),
        (
            None,
            &["Host: api.example.com"],
            "the API is private: it answers at private endpoints alone",
        ),
        (Some("vpce-1"), &[public], "the API is not private: no private endpoint leads to it"),
        (Some("vpce-3"), &[], "there is no such private endpoint"),
    ] {
        let told = run_alone(&gateway, through(endpoint, fields));
        let reason = told.notices.iter().find_map(|notice| match notice {
            Notice::RecordRequest(request) => Some(&*request.unserved.as_ref()?.reason),
            _ => None,
        });
        assert_eq!(reason, Some(expected), "{endpoint:?} {fields:?}");
    }
}

#[test]
fn a_private_apis_policy_knows_the_endpoint_and_the_endpoint_has_its_own() {
    let only = |key: &str, value: &str| {
        json!([
            allow_all(),
            statement("Deny", "execute-api:/*", json!({"StringNotEquals": {key: value}}))
        ])
    };
    for (statements, endpoint, expected) in [
        (only("aws:SourceVpce", "vpce-1"), "vpce-1", 200),
        (only("aws:SourceVpce", "vpce-1"), "vpce-2", 403),
        (only("aws:SourceVpc", "vpc-1"), "vpce-1", 200),
        // An endpoint whose VPC is not known is in none.
        (only("aws:SourceVpc", "vpc-1"), "vpce-2", 403),
        (silent(), "vpce-1", 403),
    ] {
        let told = run_alone(&private(&statements, None), through(Some(endpoint), &[]));
        assert_eq!(told.response.status, expected, "{statements} {endpoint}");
    }
    for (endpoint_policy, expected) in [
        (allow_all().to_string().replace("execute-api:/", ""), 200),
        (statement("Allow", "arn:aws:execute-api:*:*:other1/*", json!({})).to_string(), 403),
        (deny_all().to_string().replace("execute-api:/", ""), 403),
    ] {
        let policy = serde_json::from_str(&endpoint_policy).unwrap();
        let told = run_alone(&private(&allow_all(), Some(policy)), through(Some("vpce-1"), &[]));
        assert_eq!(told.response.status, expected, "{endpoint_policy}");
    }
}

#[test]
fn a_private_api_that_nobody_could_reach_is_refused() {
    let mut api = guarded(&allow_all());
    api.deployments[0].endpoint_type = EndpointType::Private;
    assert!(Gateway::compile(snapshot(vec![api])).is_err());
}

#[test]
fn dot_segments_and_escapes_lead_around_no_denial_and_out_of_no_permission() {
    let policy = |statements: Value| {
        let mut api = rest(vec![method("GET /{proxy+}", mock("ok"))]);
        let policy = json!({"Version": "2012-10-17", "Statement": statements});
        api.deployments[0].policy = Some(Policy::parse(policy.to_string().as_bytes()).unwrap());
        api
    };
    let asked = |api: &Api, path: &str| status(api, arrival(&format!("GET /prod/{path}"), &[]));
    let denied = statement("Deny", "execute-api:/prod/GET/admin*", json!({}));
    let denies = policy(json!([allow_all(), denied]));
    let below = statement("Allow", "execute-api:/prod/GET/public/*", json!({}));
    let allows = policy(json!([below]));
    assert_eq!((asked(&denies, "other"), asked(&allows, "public/a")), (200, 200));
    for path in ["admin", "%61dmin", "./admin", "x/../admin", "%2e/admin", "x%2f..%2fadmin"] {
        assert_eq!(asked(&denies, path), 403, "{path}");
    }
    // Endpoints may know neither empty segments nor parameters of segments, and `\\` as `/`.
    for path in ["/admin", "%2fadmin", "%5cadmin", ";/admin", "a/..;x//admin"] {
        assert_eq!(asked(&denies, path), 403, "{path}");
    }
    for path in ["x%2fy/../admin", "x%5cy/../admin", "a/;/../../admin"] {
        assert_eq!(asked(&denies, path), 403, "{path}");
    }
    let denied = statement("Deny", "execute-api:/prod/GET/pets/secret", json!({}));
    let denies = policy(json!([allow_all(), denied]));
    for path in ["pets/secret", "pets//secret", "pets/%2fsecret", "pets/secret%2f", "pets/secret;a"]
    {
        assert_eq!(asked(&denies, path), 403, "{path}");
    }
    for path in [
        "public/../secret",
        "public/..%2fsecret",
        "public/%2e%2e/secret",
        "public/x%2fy/../../secret",
        "public//../secret",
    ] {
        assert_eq!(asked(&allows, path), 403, "{path}");
    }
    assert_eq!(asked(&allows, "public/a/../b"), 200);
}
