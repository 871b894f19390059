//! The policy of a private endpoint beside what else decides who may call.

use alloc::rc::Rc;
use alloc::string::ToString;
use alloc::vec;

use serde_json::{Value, json};

use super::authorize::{SECONDS, host, token};
use super::cache::{cached, enabled, proxy};
use super::iam::{ALICE, claiming, everything};
use super::resource_policy::{allow_all, behind_endpoints, says, with_authorizer};
use crate::definition::UnauthorizedCacheControlStrategy::FailWith403;
use crate::definition::{Api, Authorization, AuthorizerKind, MethodSetting};
use crate::effect::{Effect, Outcome, RequestSignature};
use crate::gateway::Gateway;
use crate::message::{Arrival, Content};
use crate::pipeline::world::*;
use crate::policy::Policy;

fn policy(statements: &Value) -> Policy {
    Policy::parse(json!({"Statement": statements}).to_string().as_bytes()).unwrap()
}

fn statement(effect: &str, principal: &str, action: &str) -> Value {
    let principal = if principal == "*" { json!("*") } else { json!({"AWS": principal}) };
    json!({"Effect": effect, "Principal": principal, "Action": action, "Resource": "*"})
}

/// A request through the endpoint whose policy has these statements.
fn told(
    api: Api,
    endpoint: &Value,
    arrival: Arrival,
    perform: impl FnMut(&Effect) -> Option<Outcome>,
) -> Told {
    let mut snapshot = behind_endpoints(api, Some(policy(endpoint)));
    snapshot.principals = vec![everything()];
    let gateway = Rc::new(Gateway::compile(snapshot).unwrap());
    run(&gateway, Arrival { vpc_endpoint_id: Some("vpce-1".into()), ..arrival }, perform)
}

const INVOKE: &str = "execute-api:Invoke";

/// What endpoints say of everybody: allowed, denied and not spoken of.
fn verdicts() -> [(Value, u16); 3] {
    let allow = statement("Allow", "*", INVOKE);
    let deny = statement("Deny", "*", INVOKE);
    [(allow.clone(), 200), (json!([allow, deny]), 403), (json!([]), 403)]
}

#[test]
fn what_an_endpoint_does_not_allow_reaches_no_lambda_authorizer() {
    for (endpoint, status) in verdicts() {
        let asked = arrival("GET /prod/a", &["Authorization: jo"]);
        let told = told(with_authorizer(&allow_all()), &endpoint, asked, says(Some("Allow")));
        assert_eq!(told.response.status, status, "{endpoint}");
        assert_eq!(told.asked().is_empty(), status == 403, "{endpoint}");
    }
}

#[test]
fn what_an_endpoint_does_not_allow_has_no_token_verified() {
    let mut api = with_authorizer(&allow_all());
    api.deployments[0].authorizers[0].kind = AuthorizerKind::Cognito {
        identity_header: "Authorization".into(),
        identity_validation_expression: None,
        provider_arns: vec!["arn:aws:cognito-idp:eu-west-1:1:userpool/eu-west-1_a".into()],
    };
    let claims = json!({
        "iss": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a",
        "token_use": "id",
        "exp": SECONDS + 60,
    });
    let field = alloc::format!("Authorization: {}", token(&claims.to_string()));
    for (endpoint, status) in verdicts() {
        let told = told(api.clone(), &endpoint, arrival("GET /prod/a", &[&field]), host(true));
        assert_eq!(told.response.status, status, "{endpoint}");
        assert_eq!(told.asked().is_empty(), status == 403, "{endpoint}");
    }
}

#[test]
fn a_request_to_a_private_api_has_8000_bytes_of_fields() {
    let allowed = verdicts()[0].0.clone();
    let told = |api: Api, bytes: usize| {
        let asked = arrival("GET /prod/a", &[]);
        let there = asked.request.fields.iter().map(|line| line.name.len() + line.value.len());
        let value = "v".repeat(bytes - there.sum::<usize>() - "x-long".len());
        let field = alloc::format!("x-long: {value}");
        told(api, &allowed, arrival("GET /prod/a", &[&field]), says(Some("Allow")))
    };
    let open = || {
        let mut api = with_authorizer(&allow_all());
        api.deployments[0].methods = vec![method("GET /a", mock("private"))];
        api
    };
    assert_eq!(told(open(), 8_000).response.status, 200);
    let refused = told(open(), 8_001);
    assert_eq!(refused.response.status, 431);
    assert_eq!(refused.body(), r#"{"message":"Request Header Fields Too Large"}"#);
}

fn verified(effect: &Effect) -> Option<Outcome> {
    match effect {
        Effect::VerifyRequestSignature(_) => {
            Some(Outcome::VerifyRequestSignature(Ok(RequestSignature::Valid)))
        }
        Effect::RecallResponse(_) => Some(Outcome::RecallResponse(Ok(None))),
        Effect::SendRequest(_) => Some(endpoint(200, &[], Content::Empty)),
        Effect::RememberResponse(_) => Some(Outcome::RememberResponse(Ok(Content::Empty))),
        _ => None,
    }
}

#[test]
fn an_endpoint_knows_who_signed_and_what_it_does_not_allow_no_policy_of_theirs_does() {
    let mut api = with_authorizer(&allow_all());
    api.deployments[0].methods[0].http_method = "POST".into();
    api.deployments[0].methods[0].authorization = Authorization::Iam;
    let other = "arn:aws:iam::123456789012:user/bob";
    let own = [
        (statement("Allow", ALICE, INVOKE), 200),
        (statement("Allow", other, INVOKE), 403),
        (json!([statement("Allow", "*", INVOKE), statement("Deny", ALICE, INVOKE)]), 403),
        (json!([statement("Allow", "*", INVOKE), statement("Deny", other, INVOKE)]), 200),
    ];
    for (endpoint, status) in verdicts().into_iter().chain(own) {
        let told = told(api.clone(), &endpoint, claiming("/prod/a", NOW, &[]), verified);
        assert_eq!(told.response.status, status, "{endpoint}: {}", told.body());
    }
}

#[test]
fn an_endpoint_must_allow_it_that_a_cached_answer_is_replaced() {
    let setting = MethodSetting {
        unauthorized_cache_control_header_strategy: Some(FailWith403),
        ..enabled()
    };
    let mut open = with_authorizer(&statement("Allow", "*", "execute-api:*"));
    open.deployments[0].methods[0] = method("GET /a", proxy());
    let mut signed = open.clone();
    signed.deployments[0].methods[0] = method("POST /a", proxy());
    signed.deployments[0].methods[0].authorization = Authorization::Iam;
    let open = cached(open, &[("*/*", setting.clone())]);
    let signed = cached(signed, &[("~1a/POST", setting)]);
    let replace = "Cache-Control: max-age=0";
    for (actions, status) in [
        (json!(["execute-api:*"]), 200),
        (json!([INVOKE, "execute-api:InvalidateCache"]), 200),
        (json!([INVOKE]), 403),
    ] {
        let mut endpoint = statement("Allow", "*", INVOKE);
        endpoint["Action"] = actions;
        for (api, arrival) in [
            (&open, arrival("GET /prod/a", &[replace])),
            (&signed, claiming("/prod/a", NOW, &[replace])),
        ] {
            let told = told(api.clone(), &endpoint, arrival, verified);
            assert_eq!(told.response.status, status, "{endpoint}: {}", told.body());
        }
    }
}
