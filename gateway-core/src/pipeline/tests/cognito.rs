//! What tokens of user pools are refused for.

use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec;

use super::authorize::{SECONDS, host, protected, token};
use crate::definition::{AuthorizerKind, Protocol};
use crate::effect::{Effect, EffectError, KeySource, Outcome};
use crate::gateway::Gateway;
use crate::pipeline::world::*;

/// A method behind two pools that asks for these scopes.
fn pooled(scopes: &[&str]) -> Rc<Gateway> {
    let cognito = AuthorizerKind::Cognito {
        identity_header: "Authorization".into(),
        identity_validation_expression: None,
        provider_arns: vec![
            "arn:aws:cognito-idp:eu-west-1:1:userpool/eu-west-1_a".into(),
            "arn:aws:cognito-idp:us-east-1:1:userpool/us-east-1_b".into(),
        ],
    };
    gateway(vec![protected(Protocol::Rest, cognito, scopes)])
}

/// The claims of a token of the pool `a`, with these in place of its own.
fn claims(changed: &[(&str, &str)]) -> String {
    let expiry = alloc::format!("{}", SECONDS + 60);
    let own = [
        ("iss", "\"https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a\""),
        ("token_use", "\"id\""),
        ("exp", &expiry),
    ];
    let kept = own.iter().filter(|(name, _)| changed.iter().all(|(other, _)| name != other));
    let members = kept.chain(changed).filter(|(_, value)| !value.is_empty());
    let members = members.map(|(name, value)| alloc::format!("\"{name}\":{value}"));
    alloc::format!("{{{}}}", members.collect::<vec::Vec<String>>().join(","))
}

fn ask(
    gateway: &Rc<Gateway>,
    claims: &str,
    perform: impl FnMut(&Effect) -> Option<Outcome>,
) -> Told {
    let field = alloc::format!("Authorization: Bearer {}", token(claims));
    run(gateway, arrival("GET /prod/a", &[&field]), perform)
}

const UNAUTHORIZED: &str = "{\"message\":\"Unauthorized\"}";
const EXPIRED: &str = "{\"message\":\"The incoming token has expired\"}";

#[test]
fn an_id_token_serves_where_no_scopes_are_asked_for_and_an_access_token_of_any_of_them_where_they_are()
 {
    let access = |scopes: &'static str| [("token_use", "\"access\""), ("scope", scopes)];
    let (read, both) = (access("\"pets/read\""), access("\"x pets/write pets/read\""));
    let other_pool = [("iss", "\"https://cognito-idp.us-east-1.amazonaws.com/us-east-1_b\"")];
    for (scopes, changed) in [
        (&[][..], &[][..]),
        (&[], &other_pool),
        (&["pets/write", "pets/read"], &read),
        (&["pets/write"], &both),
    ] {
        let told = ask(&pooled(scopes), &claims(changed), host(true));
        assert_eq!(told.response.status, 200, "{scopes:?} {changed:?}");
    }
}

#[test]
fn what_a_token_says_of_itself_refuses_it_before_any_key_is_asked_for() {
    let later = &*alloc::format!("{}", SECONDS + 30);
    let access = ("token_use", "\"access\"");
    for (scopes, changed) in [
        (&[][..], &[("iss", "\"https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_c\"")][..]),
        (&[], &[("iss", "\"https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a/\"")]),
        (&[], &[("iss", "\"https://evil.example/eu-west-1_a\"")]),
        (&[], &[("iss", "")]),
        (&[], &[("nbf", later)]),
        (&[], &[("iat", later)]),
        (&[], &[("exp", "")]),
        (&[], &[("exp", "\"9999999999\"")]),
        (&[], &[access]),
        (&[], &[("token_use", "")]),
        (&[], &[("token_use", "[\"id\"]")]),
        (&["pets/read"], &[]),
        (&["pets/read"], &[("scope", "\"pets/read\"")]),
        (&["pets/read"], &[access]),
        (&["pets/read"], &[access, ("scope", "\"pets/write pets/reader\"")]),
    ] {
        let told = ask(&pooled(scopes), &claims(changed), host(true));
        let answer = (told.response.status, told.body());
        assert_eq!(answer, (401, UNAUTHORIZED), "{scopes:?} {changed:?}");
        assert_eq!(told.effects, [], "{scopes:?} {changed:?}");
    }
    for text in ["Bearer", "Bearer x.y.z", "x.y", "Basic eDp5"] {
        let field = alloc::format!("Authorization: {text}");
        let told = run_alone(&pooled(&[]), arrival("GET /prod/a", &[&field]));
        assert_eq!((told.response.status, told.body()), (401, UNAUTHORIZED), "{text}");
    }
}

#[test]
fn a_token_that_has_expired_is_told_so_if_the_pool_signed_it() {
    let exp = ("exp", &*alloc::format!("{SECONDS}"));
    let used = ("token_use", "\"access\"");
    for (changed, is_signed, body) in [
        (&[exp][..], true, EXPIRED),
        (&[exp, used], true, EXPIRED),
        (&[exp], false, UNAUTHORIZED),
        (&[exp, ("iss", "\"https://evil.example\"")], true, UNAUTHORIZED),
    ] {
        let told = ask(&pooled(&[]), &claims(changed), host(is_signed));
        assert_eq!((told.response.status, told.body()), (401, body), "{changed:?} {is_signed}");
    }
}

#[test]
fn without_the_pools_key_and_its_signature_nobody_gets_in() {
    let gateway = pooled(&[]);
    let mut asked = vec![];
    let told = ask(&gateway, &claims(&[]), |effect| {
        if let Effect::FindKey(find) = effect {
            asked.push(find.source.clone());
        }
        host(false)(effect)
    });
    assert_eq!((told.response.status, told.body(), told.effects.len()), (401, UNAUTHORIZED, 2));
    let pool = KeySource::UserPool { region: "eu-west-1".into(), pool_id: "eu-west-1_a".into() };
    assert_eq!(asked, [pool]);
    let told = ask(&gateway, &claims(&[]), |_| Some(Outcome::FindKey(Ok(None))));
    assert_eq!((told.response.status, told.body(), told.effects.len()), (401, UNAUTHORIZED, 1));
    let told = ask(&gateway, &claims(&[]), |effect| {
        Some(effect.failed(EffectError::Unavailable("down".into())))
    });
    assert_eq!((told.response.status, told.body(), told.effects.len()), (401, UNAUTHORIZED, 1));
}
