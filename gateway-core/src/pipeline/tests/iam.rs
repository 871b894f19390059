use alloc::rc::Rc;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use serde_json::{Value, json};

use crate::definition::{Api, Authorization, IamPrincipal, Method, Protocol};
use crate::effect::{Effect, EffectError, Outcome, RequestSignature};
use crate::gateway::Gateway;
use crate::limits::CLOCK_SKEW_MS_MAX;
use crate::message::{Arrival, Content, ContentId, Timestamp};
use crate::pipeline::world::*;
use crate::policy::{Identity, Policy};
use crate::time;

fn policy(effect: &str, resource: &str) -> Policy {
    let statement = json!({"Effect": effect, "Action": "execute-api:Invoke", "Resource": resource});
    Policy::parse(json!({"Statement": statement}).to_string().as_bytes()).unwrap()
}

fn resource_policy(effect: &str, principal: &Value) -> Policy {
    let statement = json!({"Effect": effect, "Principal": principal, "Action": "execute-api:Invoke",
                           "Resource": "execute-api:/*"});
    Policy::parse(json!({"Statement": statement}).to_string().as_bytes()).unwrap()
}

pub(super) const ALICE: &str = "arn:aws:iam::123456789012:user/alice";
const STRANGER: &str = "arn:aws:iam::210987654321:user/zoe";

pub(super) fn principal(arn: &str, policies: Vec<Policy>) -> IamPrincipal {
    IamPrincipal {
        identity: Identity { arn: arn.into(), user_id: "AIDA1".into(), ..Identity::default() },
        access_key_id: "AKID1".into(),
        expires_at: None,
        policies,
    }
}

pub(super) fn signed_api(protocol: Protocol) -> Api {
    let stage = if protocol == Protocol::Rest { "prod" } else { "$default" };
    let uri = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/\
               arn:aws:lambda:eu-west-1:123456789012:function:f/invocations";
    let method = Method {
        authorization: Authorization::Iam,
        ..method("POST /a", integration(crate::definition::IntegrationType::AwsProxy, uri))
    };
    let mut api = api(protocol, stage, vec![method]);
    api.deployments[0].methods[0].integration.http_method = Some("POST".into());
    api.deployments[0].methods[0].integration.payload_format = match protocol {
        Protocol::Rest => crate::definition::PayloadFormat::V1,
        Protocol::Http => crate::definition::PayloadFormat::V2,
    };
    let settings = api.stages[0].access_log_settings.as_mut().unwrap();
    settings.format =
        "$context.status $context.identity.userArn $context.identity.accessKey".into();
    api
}

pub(super) fn gateway_of(api: Api, principal: IamPrincipal) -> Rc<Gateway> {
    let mut snapshot = snapshot(vec![api]);
    snapshot.principals = vec![principal];
    Rc::new(Gateway::compile(snapshot).unwrap())
}

/// A request that claims the access key, signed at this time.
pub(super) fn claiming(path: &str, at: Timestamp, more: &[&str]) -> Arrival {
    let stamp = time::iso8601_basic(at);
    let day = &stamp[..8];
    let authorization = alloc::format!(
        "Authorization: AWS4-HMAC-SHA256 Credential=AKID1/{day}/eu-west-1/execute-api/aws4_request, \
         SignedHeaders=host;x-amz-date, Signature=abcd"
    );
    let date = alloc::format!("X-Amz-Date: {stamp}");
    let fields: Vec<&str> =
        [date.as_str(), &authorization].into_iter().chain(more.iter().copied()).collect();
    arrival(&alloc::format!("POST {path}"), &fields)
}

pub(super) struct Seen {
    pub(super) told: Told,
    pub(super) event: Option<Value>,
}

pub(super) fn ask(gateway: &Rc<Gateway>, arrival: Arrival, verdict: RequestSignature) -> Seen {
    let mut event = None;
    let told = run(gateway, arrival, |effect| match effect {
        Effect::ReadContent(_) => Some(Outcome::ReadContent(Ok(b"hello".to_vec().into()))),
        Effect::VerifyRequestSignature(_) => Some(Outcome::VerifyRequestSignature(Ok(verdict))),
        Effect::InvokeFunction(invoke) => {
            event = serde_json::from_slice(&invoke.payload.0).ok();
            Some(Outcome::InvokeFunction(Ok(crate::effect::FunctionAnswer {
                status: 200,
                function_error: None,
                payload: br#"{"statusCode":200}"#.to_vec().into(),
                request_id: None,
                trace: None,
                content: None,
            })))
        }
        _ => None,
    });
    Seen { told, event }
}

use RequestSignature::{Invalid, UnknownToken, Valid};

pub(super) fn everything() -> IamPrincipal {
    principal(ALICE, vec![policy("Allow", "*")])
}

#[test]
fn a_signed_request_that_a_policy_allows_reaches_the_function_with_its_identity() {
    let seen = ask(
        &gateway_of(signed_api(Protocol::Rest), everything()),
        claiming("/prod/a", NOW, &[]),
        Valid,
    );
    assert_eq!(seen.told.response.status, 200);
    let identity = &seen.event.unwrap()["requestContext"]["identity"];
    assert_eq!(identity["accessKey"], "AKID1");
    assert_eq!(
        (&identity["userArn"], &identity["accountId"]),
        (&json!(ALICE), &json!("123456789012"))
    );
    assert_eq!((&identity["caller"], &identity["user"]), (&json!("AIDA1"), &json!("AIDA1")));
    let seen =
        ask(&gateway_of(signed_api(Protocol::Http), everything()), claiming("/a", NOW, &[]), Valid);
    let iam = &seen.event.unwrap()["requestContext"]["authorizer"]["iam"];
    assert_eq!((&iam["userArn"], &iam["callerId"]), (&json!(ALICE), &json!("AIDA1")));
}

/// A signature holds for the path as it was sent and for the one that it resolves to.
#[test]
fn no_spelling_of_a_path_leads_a_signature_to_another_method() {
    let signed = |route: &str, body: &str| Method {
        authorization: Authorization::Iam,
        ..method(route, mock(body))
    };
    let api = rest(vec![signed("POST /pub/{id}", "pub"), signed("POST /{all+}", "all")]);
    let gateway = gateway_of(api, everything());
    let status = |path: &str| ask(&gateway, claiming(path, NOW, &[]), Valid).told.response.status;
    for path in ["/prod/pub/x", "/prod/other", "/prod/pub/%78", "/prod/x//y"] {
        assert_eq!(status(path), 200, "{path}");
    }
    for path in ["/prod/pub//x", "/prod/./pub/x", "/prod/pub/evil/../x", "/prod/a/../pub/x"] {
        assert_eq!(status(path), 403, "{path}");
    }
}

#[test]
fn a_signature_goes_no_further_than_a_rest_api() {
    let sees = |api: Api, path: &str, more: &[&str]| {
        let gateway = gateway_of(api, everything());
        let event = ask(&gateway, claiming(path, NOW, more), Valid).event.unwrap();
        event["headers"].get("Authorization").or(event["headers"].get("authorization")).cloned()
    };
    let mut open = signed_api(Protocol::Rest);
    open.deployments[0].methods[0].authorization = Authorization::None;
    assert_eq!(sees(signed_api(Protocol::Rest), "/prod/a", &[]), None);
    // What nobody asked for is a signature all the same.
    assert_eq!(sees(open.clone(), "/prod/a", &[]), None);
    assert!(sees(signed_api(Protocol::Http), "/a", &[]).is_some());
    let custom = |mut api: Api| {
        let integration = &mut api.deployments[0].methods[0].integration;
        integration.integration_type = crate::definition::IntegrationType::Aws;
        let template = r#"{"headers":{"Authorization":"$input.params('Authorization')"}}"#;
        integration.request_templates = vec![("application/json".into(), template.into())];
        api
    };
    assert_eq!(sees(custom(signed_api(Protocol::Rest)), "/prod/a", &[]), Some(json!("")));
    assert_eq!(sees(custom(open), "/prod/a", &[]), Some(json!("")));
}

#[test]
fn who_does_not_sign_or_signs_wrongly_is_forbidden_with_awss_words() {
    let rest = gateway_of(signed_api(Protocol::Rest), everything());
    let http = gateway_of(signed_api(Protocol::Http), everything());
    let late = Timestamp(NOW.0 - CLOCK_SKEW_MS_MAX - 1_000);
    let early = Timestamp(NOW.0 + CLOCK_SKEW_MS_MAX + 1_000);
    let replaced = |from: &str, to: &str| {
        let mut arrival = claiming("/prod/a", NOW, &[]);
        let text = arrival.request.fields.get("authorization").unwrap().replace(from, to);
        arrival.request.fields.set("Authorization", text);
        arrival
    };
    let unsigned = arrival("POST /prod/a", &[]);
    let bearer = arrival("POST /prod/a", &["Authorization: Bearer x"]);
    for (arrival, verdict, error_type, words) in [
        (unsigned, Valid, "MissingAuthenticationTokenException", "Missing Authentication Token"),
        (
            bearer,
            Valid,
            "IncompleteSignatureException",
            "not a valid key=value pair (missing equal-sign) in Authorization header",
        ),
        (
            replaced("AKID1", "AKID2"),
            Valid,
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        ),
        (
            claiming("/prod/a", NOW, &[]),
            UnknownToken,
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        ),
        (
            claiming("/prod/a", NOW, &[]),
            Invalid,
            "InvalidSignatureException",
            "The request signature we calculated does not match",
        ),
        (
            claiming("/prod/a", late, &[]),
            Valid,
            "InvalidSignatureException",
            "Signature expired: 2023",
        ),
        (
            claiming("/prod/a", early, &[]),
            Valid,
            "InvalidSignatureException",
            "Signature not yet current: 2023",
        ),
        (replaced("eu-west-1", "us-east-1"), Valid, "InvalidSignatureException", "valid region"),
        (replaced("execute-api", "s3"), Valid, "InvalidSignatureException", "correct service"),
        (
            replaced("/2023", "/2022"),
            Valid,
            "InvalidSignatureException",
            "Date in Credential scope does not match",
        ),
        (replaced("host;", ""), Valid, "InvalidSignatureException", "must be a 'SignedHeader'"),
        (
            claiming("/prod/a", NOW, &["x-amz-content-sha256: 00"]),
            Valid,
            "InvalidSignatureException",
            "x-amz-content-sha256",
        ),
    ] {
        let seen = ask(&rest, arrival.clone(), verdict);
        assert_eq!(seen.told.response.status, 403, "{words}");
        assert!(seen.told.body().contains(words), "{words}: {}", seen.told.body());
        assert_eq!(seen.told.field("x-amzn-errortype"), Some(error_type));
        assert_eq!(seen.event, None);
        let mut arrival = arrival;
        arrival.request.target = "/a".into();
        let seen = ask(&http, arrival, verdict);
        assert_eq!(
            (seen.told.response.status, seen.told.body()),
            (403, "{\"message\":\"Forbidden\"}")
        );
    }
}

#[test]
fn five_minutes_are_allowed_in_both_directions() {
    let gateway = gateway_of(signed_api(Protocol::Rest), everything());
    for (ms, status) in
        [(0_i64, 200), (299_000, 200), (-299_000, 200), (301_000, 403), (-301_000, 403)]
    {
        let at = Timestamp(NOW.0.checked_add_signed(ms).unwrap());
        assert_eq!(
            ask(&gateway, claiming("/prod/a", at, &[]), Valid).told.response.status,
            status,
            "{ms}"
        );
    }
}

#[test]
fn a_presigned_url_is_valid_as_long_as_it_says_and_not_long_before() {
    let gateway = gateway_of(signed_api(Protocol::Rest), everything());
    let presigned = |age_ms: i64| {
        let stamp = time::iso8601_basic(Timestamp(NOW.0.checked_add_signed(-age_ms).unwrap()));
        let query = alloc::format!(
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID1%2F{}%2Feu-west-1%2Fexecute-api%2Faws4_request\
             &X-Amz-Date={stamp}&X-Amz-SignedHeaders=host&X-Amz-Expires=3600&X-Amz-Signature=ab",
            &stamp[..8]
        );
        arrival(&alloc::format!("POST /prod/a?{query}"), &[])
    };
    for (age_ms, status, words) in [
        (0, 200, ""),
        (3_599_000, 200, ""),
        (3_601_000, 403, "Signature expired: 2023"),
        (-299_000, 200, ""),
        (-301_000, 403, "Signature not yet current: 2023"),
    ] {
        let told = ask(&gateway, presigned(age_ms), Valid).told;
        assert_eq!(told.response.status, status, "{age_ms}");
        assert!(status == 200 || told.body().contains(words), "{age_ms}: {}", told.body());
    }
    assert_eq!(ask(&gateway, presigned(0), Invalid).told.response.status, 403);
}

#[test]
fn the_content_is_hashed_unless_the_client_says_that_it_did_not_sign_it() {
    let gateway = gateway_of(signed_api(Protocol::Rest), everything());
    let hash = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    for (more, line) in
        [(&[][..], hash), (&["x-amz-content-sha256: UNSIGNED-PAYLOAD"][..], "UNSIGNED-PAYLOAD")]
    {
        let mut arrival = claiming("/prod/a", NOW, more);
        arrival.request.content = Content::Held(ContentId(0));
        let seen = ask(&gateway, arrival, Invalid);
        let shown: Value = serde_json::from_str(seen.told.body()).unwrap();
        let canonical = shown["message"].as_str().unwrap();
        assert!(canonical.contains(&alloc::format!("host;x-amz-date\n{line}'")), "{canonical}");
    }
}

#[test]
fn a_session_that_is_over_is_told_so() {
    let over = IamPrincipal { expires_at: Some(NOW), ..everything() };
    let seen =
        ask(&gateway_of(signed_api(Protocol::Rest), over), claiming("/prod/a", NOW, &[]), Valid);
    let message = "{\"message\":\"The security token included in the request is expired\"}";
    assert_eq!((seen.told.response.status, seen.told.body()), (403, message));
    assert_eq!(seen.told.field("x-amzn-errortype"), Some("ExpiredTokenException"));
}

#[test]
fn the_message_of_a_wrong_signature_tells_no_secrets() {
    let gateway = gateway_of(signed_api(Protocol::Rest), everything());
    let mut arrival = claiming(
        "/prod/a?X-Amz-Security-Token=topsecret&z=1&X-Amz-Security-Token=topsecret2&access_token=topsecret",
        NOW,
        &[
            "Cookie: a=topsecret",
            "X-Amz-Security-Token: topsecret",
            "X-Api-Key: topsecret",
            "Referer: https://a.example/?token=topsecret&y=1",
        ],
    );
    let text = arrival.request.fields.get("authorization").unwrap();
    let text = text.replace(
        "host;x-amz-date",
        "cookie;host;referer;x-amz-date;x-amz-security-token;x-api-key",
    );
    arrival.request.fields.set("Authorization", text);
    let seen = ask(&gateway, arrival, Invalid);
    for shown in ["X-Amz-Security-Token=...&", "&access_token=...", "&z=1", "?token=...&y=1"] {
        assert!(seen.told.body().contains(shown), "{shown}: {}", seen.told.body());
    }
    assert!(!seen.told.body().contains("topsecret"), "{}", seen.told.body());
}

#[test]
fn a_signature_does_not_reach_the_endpoint() {
    let uri = "http://backend";
    let signed = Method {
        authorization: Authorization::Iam,
        ..method("POST /a", integration(crate::definition::IntegrationType::HttpProxy, uri))
    };
    let gateway = gateway_of(rest(vec![signed]), everything());
    let arrival = claiming("/prod/a", NOW, &["X-Own: 1"]);
    let told = run(&gateway, arrival.clone(), |effect| match effect {
        Effect::VerifyRequestSignature(_) => Some(Outcome::VerifyRequestSignature(Ok(Valid))),
        Effect::SendRequest(_) => Some(endpoint(200, &[], Content::Empty)),
        _ => None,
    });
    let sent = told.effects.iter().find(|e| matches!(e, Effect::SendRequest(_))).unwrap();
    let fields = sent_fields(sent, &arrival);
    assert_eq!((fields.get("x-own"), fields.get("authorization")), (Some("1"), None));
}

/// "Table A" for the API's own account, "table B" for others.
#[test]
fn own_account_needs_either_policy_and_another_needs_both() {
    let allow = || vec![policy("Allow", "*")];
    let deny = || vec![policy("Allow", "*"), policy("Deny", "*/POST/*")];
    let everyone = json!("*");
    let named = |arn: &str| json!({"AWS": arn});
    let resource = |effect: &str, principal: &Value| Some(resource_policy(effect, principal));
    for (arn, own, resource, status, words) in [
        (ALICE, allow(), None, 200, ""),
        (ALICE, vec![], None, 403, "because no identity-based policy allows"),
        (ALICE, deny(), None, 403, "with an explicit deny in an identity-based policy"),
        (ALICE, vec![], resource("Allow", &everyone), 200, ""),
        (ALICE, vec![], resource("Allow", &named(ALICE)), 200, ""),
        (ALICE, vec![], resource("Allow", &named(STRANGER)), 403, "because no identity-based"),
        (ALICE, allow(), resource("Deny", &named(ALICE)), 403, "with an explicit deny"),
        (ALICE, allow(), resource("Deny", &named(STRANGER)), 200, ""),
        (ALICE, deny(), resource("Allow", &everyone), 403, "with an explicit deny"),
        (STRANGER, allow(), None, 403, "because no resource-based"),
        (STRANGER, allow(), resource("Allow", &named(STRANGER)), 200, ""),
        (STRANGER, allow(), resource("Allow", &named("210987654321")), 200, ""),
        (STRANGER, allow(), resource("Allow", &named(ALICE)), 403, "because no resource-based"),
        (STRANGER, vec![], resource("Allow", &everyone), 403, "because no identity-based"),
        (STRANGER, allow(), resource("Deny", &everyone), 403, "with an explicit deny"),
    ] {
        let mut api = signed_api(Protocol::Rest);
        api.deployments[0].policy = resource.clone();
        let seen = ask(&gateway_of(api, principal(arn, own)), claiming("/prod/a", NOW, &[]), Valid);
        let body = String::from(seen.told.body());
        assert_eq!(seen.told.response.status, status, "{arn} {resource:?} {body}");
        assert_eq!(seen.event.is_some(), status == 200);
        if status == 403 {
            let user = alloc::format!(
                "\"Message\":\"User: {arn} is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:eu-west-1:********9012:abc123/prod/POST/a "
            );
            assert!(body.contains(words) && body.contains(user.trim_end()), "{body}");
        }
    }
}

#[test]
fn a_host_that_cannot_verify_lets_nobody_in() {
    let gateway = gateway_of(signed_api(Protocol::Rest), everything());
    let told = run(&gateway, claiming("/prod/a", NOW, &[]), |effect| {
        Some(effect.failed(EffectError::Unavailable("x".into())))
    });
    assert_eq!(told.response.status, 500);
}

#[test]
fn a_field_of_aws_that_is_not_signed_is_nobodys_word() {
    let gateway = gateway_of(signed_api(Protocol::Rest), everything());
    let added = |field: &str| ask(&gateway, claiming("/prod/a", NOW, &[field]), Valid).told;
    let told = added("X-Amz-Invocation-Type: Event");
    assert_eq!(told.response.status, 403);
    let words = "'x-amz-invocation-type' must be a 'SignedHeader' in the AWS Authorization.";
    assert_eq!(told.body(), json!({ "message": words }).to_string());
    assert!(told.asked().is_empty(), "{:?}", told.asked());
    for field in ["x-amzn-trace-id: Root=1-2-3", "x-amz-security-token: t", "accept: */*"] {
        assert_eq!(added(field).response.status, 200, "{field}");
    }
}

/// `arn:aws:iam::*:user/*`: who signed the request is known by now, and who has no such credentials
/// gets none of the host's.
#[test]
fn a_call_with_the_callers_credentials_names_their_access_key() {
    let mut api = signed_api(Protocol::Rest);
    let method = &mut api.deployments[0].methods[0];
    method.integration.credentials = Some("arn:aws:iam::*:user/*".into());
    let mut open = api.clone();
    open.deployments[0].methods[0].authorization = Authorization::None;
    let credentials = |told: &Told| {
        told.effects.iter().find_map(|effect| match effect {
            Effect::InvokeFunction(invoke) => Some(invoke.credentials.clone()),
            _ => None,
        })
    };
    let seen = ask(&gateway_of(api, everything()), claiming("/prod/a", NOW, &[]), Valid);
    assert_eq!(credentials(&seen.told), Some(Some("caller:AKID1".into())));
    let seen = ask(&gateway_of(open, everything()), claiming("/prod/a", NOW, &[]), Valid);
    assert_eq!((seen.told.response.status, credentials(&seen.told)), (500, None));
}
