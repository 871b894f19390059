use alloc::string::{String, ToString};
use alloc::vec;

use serde_json::{Value, json};

use super::cache::{Host, cached, enabled, proxy};
use super::lambda_authorizer::token;
use crate::definition::UnauthorizedCacheControlStrategy::{
    FailWith403, SucceedWithResponseHeader, SucceedWithoutResponseHeader,
};
use crate::definition::{
    Api, Authorization, Authorizer, AuthorizerKind, IamPrincipal, LambdaAuthorizer, MethodSetting,
    Source, UnauthorizedCacheControlStrategy,
};
use crate::effect::{Effect, FunctionAnswer, Outcome, RequestSignature};
use crate::gateway::Gateway;
use crate::message::{Arrival, Content};
use crate::pipeline::world::*;
use crate::policy::{Identity, Policy};
use crate::time;

fn api(required: Option<bool>, strategy: Option<UnauthorizedCacheControlStrategy>) -> Api {
    let setting = MethodSetting {
        require_authorization_for_cache_control: required,
        unauthorized_cache_control_header_strategy: strategy,
        ..enabled()
    };
    cached(rest(vec![method("GET /a", proxy())]), &[("*/*", setting)])
}

/// Asks twice, the second time with this `Cache-Control`: the answer, its status and `Warning`.
fn asked_again(api: Api, cache_control: &str) -> (String, u16, Option<String>) {
    let (gateway, mut host) = (gateway(vec![api]), Host::new());
    host.ask(&gateway, arrival("GET /prod/a", &[]));
    let field = alloc::format!("Cache-Control: {cache_control}");
    let (told, body) = host.ask(&gateway, arrival("GET /prod/a", &[&field]));
    (body, told.response.status, told.field("Warning").map(Into::into))
}

#[test]
fn max_age_0_alone_asks_for_a_new_answer() {
    for (cache_control, answer) in [
        ("max-age=0", "answer 2"),
        ("MAX-AGE=0", "answer 2"),
        ("no-transform, max-age=0", "answer 2"),
        ("max-age=\"0\"", "answer 2"),
        ("no-cache", "answer 1"),
        ("no-store", "answer 1"),
        ("max-age=1", "answer 1"),
        ("max-age", "answer 1"),
        ("s-maxage=0", "answer 1"),
        ("max-age=", "answer 1"),
    ] {
        let (body, status, warning) = asked_again(api(Some(false), None), cache_control);
        assert_eq!((body.as_str(), status, warning), (answer, 200, None), "{cache_control}");
    }
}

#[test]
fn a_new_answer_replaces_the_cached_one() {
    let (gateway, mut host) = (gateway(vec![api(Some(false), None)]), Host::new());
    for (fields, answer) in
        [(&[][..], "answer 1"), (&["Cache-Control: max-age=0"], "answer 2"), (&[], "answer 2")]
    {
        assert_eq!(host.ask(&gateway, arrival("GET /prod/a", fields)).1, answer);
    }
}

#[test]
fn who_may_not_is_answered_as_the_strategy_says() {
    let told = "User: anonymous is not authorized to perform: execute-api:InvalidateCache on resource: \
                arn:aws:execute-api:eu-west-1:********9012:abc123/prod/GET/a";
    let warning = Some(alloc::format!("199 - \"{told}\""));
    for (strategy, expected) in [
        (None, ("answer 1", 200, warning.clone())),
        (Some(SucceedWithResponseHeader), ("answer 1", 200, warning)),
        (Some(SucceedWithoutResponseHeader), ("answer 1", 200, None)),
    ] {
        let (body, status, warning) = asked_again(api(None, strategy), "max-age=0");
        assert_eq!((body.as_str(), status, warning), expected);
    }
    let (body, status, warning) = asked_again(api(Some(true), Some(FailWith403)), "max-age=0");
    assert_eq!((status, warning), (403, None));
    assert_eq!(body, json!({"Message": told}).to_string());
}

#[test]
fn the_warning_is_for_who_asked_and_comes_with_new_answers_too() {
    let (gateway, mut host) = (gateway(vec![api(None, None)]), Host::new());
    let (told, _) = host.ask(&gateway, arrival("GET /prod/a", &["Cache-Control: max-age=0"]));
    assert!(told.field("Warning").is_some());
    let (told, body) = host.ask(&gateway, arrival("GET /prod/a", &[]));
    assert_eq!((told.field("Warning"), body.as_str()), (None, "answer 1"));
}

fn policy(statements: &Value) -> Policy {
    Policy::parse(json!({"Statement": statements}).to_string().as_bytes()).unwrap()
}

fn statement(effect: &str, action: &str) -> Value {
    json!({"Effect": effect, "Action": action, "Resource": "*"})
}

#[test]
fn the_apis_own_policy_may_allow_it_to_anybody() {
    let of = |effect: &str, action: &str| {
        let mut guarded = api(None, Some(FailWith403));
        let all = json!({"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke",
                         "Resource": "*"});
        let mut own = statement(effect, action);
        own["Principal"] = "*".into();
        guarded.deployments[0].policy = Some(policy(&json!([all, own])));
        asked_again(guarded, "max-age=0").1
    };
    assert_eq!(of("Allow", "execute-api:InvalidateCache"), 200);
    assert_eq!(of("Allow", "execute-api:*"), 200);
    assert_eq!(of("Allow", "execute-api:Invoke"), 403);
    assert_eq!(of("Deny", "execute-api:InvalidateCache"), 403);
}

const INVOKE: &str = "execute-api:Invoke";
const INVALIDATE: &str = "execute-api:InvalidateCache";

/// What a principal with these statements is answered who asks for a new answer.
fn signed(arn: &str, statements: &Value, resource: Option<&Value>) -> u16 {
    let mut api = api(None, Some(FailWith403));
    api.deployments[0].methods[0].authorization = Authorization::Iam;
    api.deployments[0].policy = resource.map(policy);
    let mut snapshot = snapshot(vec![api]);
    snapshot.principals = vec![IamPrincipal {
        identity: Identity { arn: arn.into(), user_id: "AIDA1".into(), ..Identity::default() },
        access_key_id: "AKID1".into(),
        expires_at: None,
        policies: vec![policy(statements)],
    }];
    let gateway = alloc::rc::Rc::new(Gateway::compile(snapshot).unwrap());
    let stamp = time::iso8601_basic(NOW);
    let authorization = alloc::format!(
        "Authorization: AWS4-HMAC-SHA256 Credential=AKID1/{}/eu-west-1/execute-api/aws4_request, \
         SignedHeaders=host;x-amz-date, Signature=abcd",
        &stamp[..8]
    );
    let date = alloc::format!("X-Amz-Date: {stamp}");
    let arrival: Arrival =
        arrival("GET /prod/a", &[&authorization, &date, "Cache-Control: max-age=0"]);
    let told = run(&gateway, arrival, |effect| match effect {
        Effect::VerifyRequestSignature(_) => {
            Some(Outcome::VerifyRequestSignature(Ok(RequestSignature::Valid)))
        }
        Effect::RecallResponse(recall) => {
            assert!(recall.replaces, "whoever gets here may have it replaced");
            Some(Outcome::RecallResponse(Ok(None)))
        }
        Effect::SendRequest(_) => Some(endpoint(200, &[], Content::Empty)),
        Effect::RememberResponse(_) => Some(Outcome::RememberResponse(Ok(Content::Empty))),
        _ => None,
    });
    told.response.status
}

#[test]
fn a_principal_needs_a_policy_that_allows_it() {
    const ALICE: &str = "arn:aws:iam::123456789012:user/alice";
    const ROOT: &str = "arn:aws:iam::123456789012:root";
    const STRANGER: &str = "arn:aws:iam::210987654321:user/zoe";
    let invoke = statement("Allow", INVOKE);
    let both = json!([invoke, statement("Allow", INVALIDATE)]);
    assert_eq!(signed(ALICE, &json!([invoke]), None), 403);
    assert_eq!(signed(ALICE, &both, None), 200);
    assert_eq!(signed(ALICE, &json!([statement("Allow", "execute-api:*")]), None), 200);
    let denied = json!([statement("Allow", "execute-api:*"), statement("Deny", INVALIDATE)]);
    assert_eq!(signed(ALICE, &denied, None), 403);
    assert_eq!(signed(ROOT, &json!([]), None), 200);
    assert_eq!(signed(ROOT, &json!([statement("Deny", INVALIDATE)]), None), 403);
    // The API's own policy suffices for callers of its account, and for no others.
    let resource = json!([{"Effect": "Allow", "Principal": "*", "Action": "execute-api:*",
                           "Resource": "*"}]);
    assert_eq!(signed(ALICE, &json!([]), Some(&resource)), 200);
    assert_eq!(signed(STRANGER, &both, Some(&resource)), 403);
}

/// What a caller is answered who asks for a new answer, where the Lambda authorizer's policy has these
/// statements and the API's own policy these.
fn let_through(statements: &Value, resource: Option<&Value>) -> (u16, bool) {
    let mut guarded = api(None, Some(FailWith403));
    guarded.deployments[0].methods[0].authorization =
        Authorization::Authorizer { authorizer: 0, scopes: vec![] };
    guarded.deployments[0].authorizers = vec![Authorizer {
        name: "a".into(),
        kind: AuthorizerKind::Lambda(LambdaAuthorizer { result_ttl_s: 0, ..token() }),
        source: Source::default(),
    }];
    guarded.deployments[0].policy = resource.map(policy);
    let document = json!({"Statement": statements});
    let answer = json!({"principalId": "jo", "policyDocument": document}).to_string();
    let mut replaces = false;
    let fields = ["Authorization: jo", "Cache-Control: max-age=0"];
    let told = run(&gateway(vec![guarded]), arrival("GET /prod/a", &fields), |effect| {
        Some(match effect {
            Effect::InvokeFunction(_) => Outcome::InvokeFunction(Ok(FunctionAnswer {
                status: 200,
                function_error: None,
                payload: answer.clone().into_bytes().into(),
                request_id: None,
                trace: None,
                content: None,
            })),
            Effect::RecallResponse(recall) => {
                replaces = recall.replaces;
                Outcome::RecallResponse(Ok(None))
            }
            Effect::SendRequest(_) => endpoint(200, &[], Content::Empty),
            Effect::RememberResponse(_) => Outcome::RememberResponse(Ok(Content::Empty)),
            _ => return None,
        })
    });
    (told.response.status, replaces)
}

#[test]
fn a_lambda_authorizers_policy_or_the_apis_must_allow_it() {
    let invoke = statement("Allow", INVOKE);
    let everything = statement("Allow", "execute-api:*");
    assert_eq!(let_through(&json!([invoke]), None), (403, false));
    assert_eq!(let_through(&json!([invoke, statement("Allow", INVALIDATE)]), None), (200, true));
    assert_eq!(let_through(&json!([everything]), None), (200, true));
    let denied = json!([everything, statement("Deny", INVALIDATE)]);
    assert_eq!(let_through(&denied, None), (403, false));
    let mut elsewhere = statement("Allow", INVALIDATE);
    elsewhere["Resource"] = "arn:aws:execute-api:*:*:abc123/prod/GET/b".into();
    assert_eq!(let_through(&json!([invoke, elsewhere]), None), (403, false));
    let of_api = |effect: &str, action: &str| {
        let mut own = statement(effect, action);
        own["Principal"] = "*".into();
        own
    };
    let resource = json!([of_api("Allow", "execute-api:*")]);
    assert_eq!(let_through(&json!([invoke]), Some(&resource)), (200, true));
    assert_eq!(let_through(&denied, Some(&resource)), (403, false));
    let resource = json!([of_api("Deny", INVALIDATE)]);
    assert_eq!(let_through(&json!([everything]), Some(&resource)), (403, false));
}
