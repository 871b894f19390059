use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::definition::{
    Api, Authorization, Authorizer, AuthorizerKind, IntegrationType, JwtConfiguration, Method,
    Protocol, Source,
};
use crate::effect::{Effect, EffectError, KeySource, Outcome};
use crate::jwt::{Algorithm, Jwk, KeyMaterial};
use crate::message::Content;
use crate::pipeline::world::*;

pub(super) const SECONDS: u64 = NOW.0 / 1000;

pub(super) fn token(claims: &str) -> String {
    let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
    alloc::format!("{}.{}.c2ln", part("{\"alg\":\"RS256\",\"kid\":\"k1\"}"), part(claims))
}

fn claims(more: &str) -> String {
    alloc::format!(
        "{{\"iss\":\"https://issuer\",\"aud\":\"client\",\"exp\":{}{more}}}",
        SECONDS + 60
    )
}

pub(super) fn protected(protocol: Protocol, kind: AuthorizerKind, scopes: &[&str]) -> Api {
    let scopes = scopes.iter().map(|s| (*s).into()).collect();
    let locked = Method {
        authorization: Authorization::Authorizer { authorizer: 0, scopes },
        ..method("GET /a", integration(IntegrationType::HttpProxy, "http://backend"))
    };
    let stage = if protocol == Protocol::Rest { "prod" } else { "$default" };
    let mut api = api(protocol, stage, vec![locked]);
    api.deployments[0].authorizers =
        vec![Authorizer { name: "a".into(), kind, source: Source::default() }];
    let settings = api.stages[0].access_log_settings.as_mut().unwrap();
    settings.format = "$context.status $context.authorizer.claims.sub".into();
    api
}

pub(super) fn jwt() -> AuthorizerKind {
    AuthorizerKind::Jwt {
        identity_source: vec![
            "$request.header.Authorization".into(),
            "$request.querystring.t".into(),
        ],
        jwt_configuration: JwtConfiguration {
            issuer: "https://issuer".into(),
            audience: vec!["client".into()],
        },
    }
}

/// A host that finds the key, says whether the signature is good, and has a backend.
pub(super) fn host(verifies: bool) -> impl FnMut(&Effect) -> Option<Outcome> {
    move |effect| match effect {
        Effect::FindKey(_) => Some(Outcome::FindKey(Ok(Some(Jwk {
            kid: Some("k1".into()),
            algorithm: Some(Algorithm::RS256),
            material: KeyMaterial::Rsa { n: vec![0x80; 256], e: vec![1, 0, 1] },
        })))),
        Effect::VerifySignature(_) => Some(Outcome::VerifySignature(Ok(verifies))),
        Effect::SendRequest(_) => Some(endpoint(200, &[], Content::Empty)),
        _ => None,
    }
}

fn log(told: &Told) -> &str {
    let mut lines = told.notices.iter().filter_map(|notice| match notice {
        crate::effect::Notice::WriteAccessLog { line, .. } => Some(line.as_str()),
        _ => None,
    });
    lines.next_back().unwrap()
}

#[test]
fn a_missing_token_asks_the_host_for_nothing() {
    let gateway = gateway(vec![protected(Protocol::Http, jwt(), &[])]);
    let told = run(&gateway, arrival("GET /a", &[]), host(true));
    assert_eq!((told.response.status, told.body()), (401, "{\"message\":\"Unauthorized\"}"));
    assert_eq!((told.field("www-authenticate"), told.effects.len()), (Some("Bearer"), 0));
    assert_eq!(log(&told), "401 -");
}

#[test]
fn a_good_token_from_the_field_or_the_query_reaches_the_backend() {
    let gateway = gateway(vec![protected(Protocol::Http, jwt(), &[])]);
    let token = token(&claims(",\"sub\":\"jo\""));
    let bearer = alloc::format!("Authorization: Bearer {token}");
    let query = alloc::format!("GET /a?t={token}");
    for arrival in [arrival("GET /a", &[&bearer]), arrival(&query, &[])] {
        let told = run(&gateway, arrival, host(true));
        assert_eq!((told.response.status, log(&told)), (200, "200 jo"));
        let Effect::FindKey(asked) = &told.effects[0] else { panic!("{:?}", told.effects) };
        assert_eq!(asked.source, KeySource::Issuer("https://issuer".into()));
        let kinds: Vec<_> = told.effects.iter().map(Effect::kind).collect();
        assert_eq!(kinds.len(), 4, "key, signature, tokens, request: {kinds:?}");
    }
}

#[test]
fn a_token_is_seen_behind_as_many_parameters_as_a_request_line_has_room_for() {
    let gateway = gateway(vec![protected(Protocol::Http, jwt(), &[])]);
    let token = token(&claims(""));
    let many = "a&".repeat(4_900);
    for (query, status) in [
        (alloc::format!("{many}t={token}"), 200),
        // The one that is verified need not be the one that the endpoint reads.
        (alloc::format!("t={token}&{many}t=other"), 401),
    ] {
        let told = run(&gateway, arrival(&alloc::format!("GET /a?{query}"), &[]), host(true));
        assert_eq!(told.response.status, status, "{}", log(&told));
    }
}

#[test]
fn a_bad_signature_and_an_unreachable_issuer_are_401_and_take_no_tokens() {
    let gateway = gateway(vec![protected(Protocol::Http, jwt(), &[])]);
    let bearer = alloc::format!("Authorization: Bearer {}", token(&claims("")));
    let told = run(&gateway, arrival("GET /a", &[&bearer]), host(false));
    assert_eq!((told.response.status, told.effects.len()), (401, 2));
    let told = run(&gateway, arrival("GET /a", &[&bearer]), |effect| {
        Some(effect.failed(EffectError::Unavailable("down".into())))
    });
    assert_eq!((told.response.status, told.effects.len()), (401, 1));
}

#[test]
fn the_access_log_says_why_a_token_was_refused() {
    let mut api = protected(Protocol::Http, jwt(), &[]);
    let settings = api.stages[0].access_log_settings.as_mut().unwrap();
    settings.format = "$context.authorizer.error|$context.error.message".into();
    let gateway = gateway(vec![api]);
    let elsewhere = token(&claims("").replace("client", "other"));
    for (token, expected) in [
        (elsewhere, "the token does not have a valid audience|Unauthorized"),
        (token(&claims("")), "the token does not have a valid signature|Unauthorized"),
        ("t".into(), "the token does not have three parts|Unauthorized"),
    ] {
        let bearer = alloc::format!("Authorization: Bearer {token}");
        let told = run(&gateway, arrival("GET /a", &[&bearer]), host(false));
        assert_eq!(log(&told), expected);
    }
}

#[test]
fn a_token_without_the_routes_scope_is_403() {
    let gateway = gateway(vec![protected(Protocol::Http, jwt(), &["orders.write"])]);
    for (scope, status) in [("orders.read", 403), ("orders.read orders.write", 200)] {
        let token = token(&claims(&alloc::format!(",\"scope\":\"{scope}\"")));
        let bearer = alloc::format!("Authorization: Bearer {token}");
        let told = run(&gateway, arrival("GET /a", &[&bearer]), host(true));
        assert_eq!(told.response.status, status, "{scope}");
        if status == 403 {
            assert_eq!(told.body(), "{\"message\":\"Forbidden\"}");
        }
    }
}

#[test]
fn a_rest_api_reads_cognitos_token_from_the_field_that_its_authorizer_names() {
    let cognito = AuthorizerKind::Cognito {
        identity_header: "X-Token".into(),
        identity_validation_expression: None,
        provider_arns: vec!["arn:aws:cognito-idp:eu-west-1:1:userpool/eu-west-1_a".into()],
    };
    let gateway = gateway(vec![protected(Protocol::Rest, cognito, &[])]);
    let claims = alloc::format!(
        "{{\"iss\":\"https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a\",\"token_use\":\"id\",\
         \"sub\":\"jo\",\"exp\":{}}}",
        SECONDS + 60
    );
    let field = alloc::format!("x-token: {}", token(&claims));
    let told = run(&gateway, arrival("GET /prod/a", &[&field]), host(true));
    assert_eq!((told.response.status, log(&told)), (200, "200 jo"));
    let told = run(&gateway, arrival("GET /prod/a", &[]), host(true));
    assert_eq!((told.response.status, told.body()), (401, "{\"message\":\"Unauthorized\"}"));
    assert_eq!(told.field("x-amzn-errortype"), Some("UnauthorizedException"));
}

#[test]
fn a_stage_variable_brings_cognitos_user_pool_or_nobody_is_let_through() {
    let cognito = AuthorizerKind::Cognito {
        identity_header: "Authorization".into(),
        identity_validation_expression: None,
        provider_arns: vec![
            "arn:aws:cognito-idp:eu-west-1:1:userpool/${stageVariables.pool}".into(),
        ],
    };
    let claims = alloc::format!(
        "{{\"iss\":\"https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a\",\"token_use\":\"id\",\
         \"exp\":{}}}",
        SECONDS + 60
    );
    let field = alloc::format!("Authorization: {}", token(&claims));
    for (pool, status) in [(Some("eu-west-1_a"), 200), (Some("eu-west-1_b"), 401), (None, 401)] {
        let mut api = protected(Protocol::Rest, cognito.clone(), &[]);
        let variables = pool.map(|pool| ("pool".into(), pool.into()));
        api.stages[0].variables = variables.into_iter().collect();
        let told = run(&gateway(vec![api]), arrival("GET /prod/a", &[&field]), host(true));
        assert_eq!(told.response.status, status, "{pool:?}");
    }
}

#[test]
fn cognitos_validation_expression_is_matched_against_the_whole_audience() {
    let cognito = AuthorizerKind::Cognito {
        identity_header: "Authorization".into(),
        identity_validation_expression: Some("client-[0-9]+|other".into()),
        provider_arns: vec!["arn:aws:cognito-idp:eu-west-1:1:userpool/eu-west-1_a".into()],
    };
    let gateway = gateway(vec![protected(Protocol::Rest, cognito, &[])]);
    for (audience, status) in [
        ("\"client-12\"", 200),
        ("[\"x\", \"other\"]", 200),
        ("\"client-12x\"", 401),
        ("\"xother\"", 401),
        ("null", 401),
    ] {
        let claims = alloc::format!(
            "{{\"iss\":\"https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a\",\"token_use\":\"id\",\
             \"aud\":{audience},\"exp\":{}}}",
            SECONDS + 60
        );
        let field = alloc::format!("Authorization: Bearer {}", token(&claims));
        let told = run(&gateway, arrival("GET /prod/a", &[&field]), host(true));
        assert_eq!(told.response.status, status, "{audience}");
        if status == 401 {
            assert!(told.effects.is_empty(), "no key is asked for");
        }
    }
}

#[test]
fn several_tokens_are_none_and_several_authorizations_a_bad_request() {
    let gateway = gateway(vec![protected(Protocol::Http, jwt(), &[])]);
    let token = token(&claims(""));
    let field = alloc::format!("Authorization: Bearer {token}");
    let status = |request: &str, fields: &[&str]| {
        run(&gateway, arrival(request, fields), host(true)).response.status
    };
    let good = alloc::format!("GET /a?t={token}");
    assert_eq!((status("GET /a", &[&field]), status(&good, &[])), (200, 200));
    for other in ["Authorization: Bearer x", "authorization: Basic eDp5", &field] {
        assert_eq!(status("GET /a", &[&field, other]), 400, "{other}");
        assert_eq!(status("GET /a", &[other, &field]), 400, "{other}");
    }
    for request in [alloc::format!("{good}&t=x"), alloc::format!("GET /a?t=x&t={token}")] {
        assert_eq!(status(&request, &[]), 401, "{request}");
    }
    let types = ["Content-Type: text/plain", "Content-Type: application/json"];
    assert_eq!(status(&good, &types), 400, "inspected as one, read as the other");
}
