//! Results of Lambda authorizers that are remembered, and for whom.

use alloc::string::String;
use alloc::vec::Vec;

use super::*;

#[test]
fn a_result_is_remembered_by_its_identity_for_its_time_and_asked_anew_for_each_method() {
    let gateway = gateway(vec![protected(Protocol::Rest, token())]);
    let mut host = Host::new(policy("Allow", &alloc::format!("{METHODS}GET/a/*")));
    let at = |ms: u64, line: &str, field: &str| {
        let mut arrival = arrival(line, &[field]);
        arrival.now.0 += ms;
        arrival
    };
    for (ms, line, field, status, asked) in [
        (0, "GET /prod/a/7", "Authorization: jo", 200, 1),
        (1, "GET /prod/a/8", "Authorization: jo", 200, 1),
        (2, "POST /prod/a/8", "Authorization: jo", 403, 1),
        (3, "GET /prod/a/7", "Authorization: jane", 200, 2),
        (299_000, "GET /prod/a/7", "Authorization: jo", 200, 2),
        (300_100, "GET /prod/a/7", "Authorization: jo", 200, 3),
    ] {
        let told = host.run(&gateway, at(ms, line, field));
        assert_eq!(
            (told.response.status, host.asked.len()),
            (status, asked),
            "{ms} {line} {field}"
        );
    }
}

#[test]
fn what_one_function_granted_is_nothing_to_another_that_stage_variables_name() {
    let served = |alias: &str| {
        let mut authorizer = token();
        authorizer.uri = FUNCTION.replace(":auth/", ":auth:${stageVariables.alias}/");
        let mut api = protected(Protocol::Rest, authorizer);
        api.stages[0].variables.insert("alias".into(), alias.into());
        gateway(vec![api])
    };
    let mut host = Host::new(everything());
    for (alias, asked) in [("a", 1), ("a", 1), ("b", 2), ("a", 2)] {
        host.run(&served(alias), arrival("GET /prod/a/7", JO));
        assert_eq!(host.asked.len(), asked, "{alias}");
    }
}

#[test]
fn values_of_an_identity_are_not_remembered_as_one_that_looks_like_them_together() {
    let sources = ["method.request.header.H", "method.request.querystring.q"];
    let gateway = gateway(vec![protected(Protocol::Rest, request(&sources))]);
    let mut host = Host::new(everything());
    for (query, fields, asked) in [
        ("q=1&q=2", &["h: a"][..], 1),
        ("q=1,2", &["h: a"], 2),
        ("q=1&q=2", &["h: a"], 2),
        ("q=1", &["h: a", "h: b"], 3),
        ("q=1", &["h: a,b"], 4),
    ] {
        host.run(&gateway, arrival(&alloc::format!("GET /prod/a/7?{query}"), fields));
        assert_eq!(host.asked.len(), asked, "{query} {fields:?}");
    }
}

#[test]
fn failures_are_not_remembered_and_refusals_are() {
    let gateway = gateway(vec![protected(Protocol::Rest, token())]);
    let mut host = Host::new(policy("Deny", "*"));
    host.error = Some("Unauthorized");
    for asked in 1..=2 {
        host.run(&gateway, arrival("GET /prod/a/7", JO));
        assert_eq!(host.asked.len(), asked);
    }
    host.error = None;
    for _ in 0..2 {
        let told = host.run(&gateway, arrival("GET /prod/a/7", JO));
        assert_eq!((told.response.status, host.asked.len()), (403, 3));
    }
}

#[test]
fn nothing_is_remembered_without_a_time_or_without_an_identity() {
    for authorizer in [LambdaAuthorizer { result_ttl_s: 0, ..token() }, request(&[])] {
        let gateway = gateway(vec![protected(Protocol::Rest, authorizer)]);
        let mut host = Host::new(everything());
        for asked in 1..=2 {
            let told = host.run(&gateway, arrival("GET /prod/a/7", JO));
            assert_eq!(host.asked.len(), asked);
            assert!(!told.effects.iter().any(|e| matches!(e, Effect::RecallAuthorization(_))));
        }
    }
}

#[test]
fn what_a_host_remembers_wrongly_is_not_believed() {
    let gateway = gateway(vec![protected(Protocol::Rest, token())]);
    let mut host = Host::new(policy("Deny", "*"));
    for remembered in [&b""[..], b"\xff\xff\xff", b"true"] {
        let told = run(&gateway, arrival("GET /prod/a/7", JO), |effect| match effect {
            Effect::RecallAuthorization(_) => {
                Some(Outcome::RecallAuthorization(Ok(Some(remembered.to_vec().into()))))
            }
            other => host.perform(other, NOW),
        });
        assert_eq!(told.response.status, 403);
    }
    // What is over is over, whatever the host says.
    let mut stale = Host::new(everything());
    let told = stale.run(&gateway, arrival("GET /prod/a/7", JO));
    let kept = told.notices.iter().find_map(|notice| match notice {
        Notice::RememberAuthorization { grant, .. } => Some(grant.clone()),
        _ => None,
    });
    let mut late = arrival("GET /prod/a/7", JO);
    late.now.0 += 301_000;
    let told = run(&gateway, late, |effect| match effect {
        Effect::RecallAuthorization(_) => Some(Outcome::RecallAuthorization(Ok(kept.clone()))),
        other => host.perform(other, NOW),
    });
    assert_eq!(told.response.status, 403);
    // A store that is away costs a call, not an answer.
    let told = run(&gateway, arrival("GET /prod/a/7", JO), |effect| match effect {
        Effect::RecallAuthorization(_) => Some(effect.failed(EffectError::TimedOut)),
        other => stale.perform(other, NOW),
    });
    assert_eq!(told.response.status, 200);
}

/// Nobody is remembered as somebody else: keys differ in everything that a result depends on.
#[test]
fn keys_tell_apart_what_runs_together_in_writing() {
    let sources = ["method.request.header.h1", "method.request.header.h2"];
    let one = protected(Protocol::Rest, request(&sources));
    let mut other_stage = one.clone();
    other_stage.stages[0].stage_name = "prodx".into();
    let mut other_deployment = one.clone();
    other_deployment.deployments[0].id = "d2".into();
    let mut keys: Vec<AuthorizationKey> = Vec::new();
    for (api, stage) in [(&one, "prod"), (&other_stage, "prodx"), (&other_deployment, "prod")] {
        let gateway = gateway(vec![api.clone()]);
        for (h1, h2) in
            [("ab", "c"), ("a", "bc"), ("abc", "x"), ("c", "ab"), ("a,b", "c"), ("a", "b,c")]
        {
            let fields = [alloc::format!("h1: {h1}"), alloc::format!("h2: {h2}")];
            let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
            let line = alloc::format!("GET /{stage}/a/7");
            let told = Host::new(everything()).run(&gateway, arrival(&line, &fields));
            keys.extend(told.effects.iter().find_map(|effect| match effect {
                Effect::RecallAuthorization(recall) => Some(recall.key),
                _ => None,
            }));
        }
    }
    let count = keys.len();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!((keys.len(), count), (18, 18));
}
