//! Callers with the credentials of a Cognito identity pool.

use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use serde_json::{Value, json};

use super::iam::{Seen, ask, claiming, gateway_of, principal, signed_api};
use crate::definition::{Api, Protocol};
use crate::effect::{Notice, RequestSignature};
use crate::pipeline::world::*;
use crate::policy::{CognitoIdentity, Identity, Policy};

const ROLE: &str = "arn:aws:sts::123456789012:assumed-role/members/CognitoIdentityCredentials";
const PROVIDER: &str = "cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a,\
                        cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a:CognitoSignIn:s1";

/// What becomes of a member's request, where the member's role has this statement.
fn asked(api: Api, path: &str, statement: &Value) -> Seen {
    let policy = json!({"Version": "2012-10-17", "Statement": statement});
    let policy = Policy::parse(policy.to_string().as_bytes()).unwrap();
    let mut member = principal(ROLE, vec![policy]);
    member.identity = Identity {
        organization_id: Some("o-1a2b".into()),
        cognito: Some(CognitoIdentity {
            identity_id: "eu-west-1:me".into(),
            identity_pool_id: "eu-west-1:pool".into(),
            authentication_type: "authenticated".into(),
            authentication_provider: Some(PROVIDER.into()),
        }),
        ..member.identity
    };
    ask(&gateway_of(api, member), claiming(path, NOW, &[]), RequestSignature::Valid)
}

fn anything() -> Value {
    json!({"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"})
}

#[test]
fn functions_are_told_the_identity() {
    let seen = asked(signed_api(Protocol::Rest), "/prod/a", &anything());
    let identity = &seen.event.unwrap()["requestContext"]["identity"];
    for (name, value) in [
        ("cognitoIdentityId", "eu-west-1:me"),
        ("cognitoIdentityPoolId", "eu-west-1:pool"),
        ("cognitoAuthenticationType", "authenticated"),
        ("cognitoAuthenticationProvider", PROVIDER),
        ("principalOrgId", "o-1a2b"),
        ("userArn", ROLE),
    ] {
        assert_eq!(identity[name], value, "{name}");
    }
    let amr: Vec<&str> = ["authenticated"].into_iter().chain(PROVIDER.split(',')).collect();
    let seen = asked(signed_api(Protocol::Http), "/a", &anything());
    let iam = seen.event.unwrap()["requestContext"]["authorizer"]["iam"].clone();
    let cognito =
        json!({"amr": amr, "identityId": "eu-west-1:me", "identityPoolId": "eu-west-1:pool"});
    assert_eq!((&iam["cognitoIdentity"], &iam["principalOrgId"]), (&cognito, &json!("o-1a2b")));
}

#[test]
fn logs_tell_the_identity() {
    let mut api = signed_api(Protocol::Rest);
    let settings = api.stages[0].access_log_settings.as_mut().unwrap();
    settings.format = "$context.identity.cognitoIdentityId $context.identity.cognitoIdentityPoolId \
                       $context.identity.cognitoAuthenticationType \
                       $context.identity.cognitoAuthenticationProvider $context.identity.principalOrgId"
        .into();
    let told = asked(api, "/prod/a", &anything()).told;
    let lines = told.notices.iter().filter_map(|notice| match notice {
        Notice::WriteAccessLog { line, .. } => Some(line.as_str()),
        _ => None,
    });
    let line = ["eu-west-1:me eu-west-1:pool authenticated ", PROVIDER, " o-1a2b"].concat();
    assert_eq!(lines.collect::<Vec<_>>(), [line]);
}

#[test]
fn policies_may_speak_of_the_identity() {
    let status = |statement: Value| {
        asked(signed_api(Protocol::Rest), "/prod/a", &statement).told.response.status
    };
    let with = |condition: Value| {
        let mut statement = anything();
        statement["Condition"] = condition;
        status(statement)
    };
    let key = |name: &str| String::from("cognito-identity.amazonaws.com:") + name;
    for (operator, name, value, expected) in [
        ("StringEquals", key("aud"), "eu-west-1:pool", 200),
        ("StringEquals", key("aud"), "eu-west-1:other", 403),
        ("StringEquals", key("sub"), "eu-west-1:me", 200),
        ("StringEquals", key("sub"), "eu-west-1:pool", 403),
        ("StringLike", key("sub"), "eu-west-1:m", 403),
        ("StringNotEquals", key("sub"), "eu-west-1:me", 403),
        ("ForAnyValue:StringLike", key("amr"), "authenticated", 200),
        ("ForAnyValue:StringLike", key("amr"), "unauthenticated", 403),
        ("StringEquals", "aws:PrincipalOrgID".into(), "o-1a2b", 200),
        ("StringEquals", "aws:PrincipalOrgID".into(), "o-other", 403),
    ] {
        assert_eq!(with(json!({operator: {&name: value}})), expected, "{operator} {name} {value}");
    }
}
