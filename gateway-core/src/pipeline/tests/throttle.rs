use alloc::vec;
use alloc::vec::Vec;

use crate::bucket::Limit;
use crate::definition::{Api, MethodSetting};
use crate::effect::{Effect, EffectError};
use crate::pipeline::world::*;

fn limited(mut api: Api, settings: &[(&str, u32)]) -> Api {
    for (key, burst) in settings {
        let setting =
            MethodSetting { throttling: Some(Limit::new(1.0, *burst)), ..MethodSetting::default() };
        api.stages[0].method_settings.insert((*key).into(), setting);
    }
    api
}

/// The buckets that a request takes from, with their bursts.
fn buckets(api: Api, request: &str) -> Vec<(alloc::string::String, u32)> {
    let told = run(&gateway(vec![api]), arrival(request, &[]), |effect| match effect {
        Effect::SendRequest(_) => Some(endpoint(200, &[], Default::default())),
        _ => None,
    });
    let Effect::TakeTokens(take) = &told.effects[0] else { panic!("{:?}", told.effects) };
    take.buckets.iter().map(|b| (b.key.clone(), b.limit.burst)).collect()
}

fn named(names: &[(&str, u32)]) -> Vec<(alloc::string::String, u32)> {
    names.iter().map(|(key, burst)| ((*key).into(), *burst)).collect()
}

#[test]
fn each_method_has_a_bucket_of_its_own_and_all_share_the_accounts() {
    let api = || rest(vec![method("GET /a/{b}", mock("")), method("GET /", mock(""))]);
    let account = ("account", 5_000);
    let all = || limited(api(), &[("*/*", 9), ("~1a~1{b}/GET", 3)]);
    assert_eq!(buckets(api(), "GET /prod"), named(&[account]));
    assert_eq!(
        buckets(all(), "GET /prod/a/1"),
        named(&[("stage/abc123/prod/~1a~1{b}/GET", 3), account])
    );
    assert_eq!(buckets(all(), "GET /prod"), named(&[("stage/abc123/prod/~1/GET", 9), account]));
}

#[test]
fn a_route_setting_replaces_the_default_of_an_http_api() {
    let integration = integration(crate::definition::IntegrationType::HttpProxy, "http://h");
    let api = http(vec![method("GET /a", integration.clone()), method("GET /b", integration)]);
    let api = limited(api, &[("*/*", 2), ("GET /a", 50)]);
    let account = ("account", 5_000);
    assert_eq!(
        buckets(api.clone(), "GET /a"),
        named(&[("stage/abc123/$default/GET /a", 50), account])
    );
    assert_eq!(buckets(api, "GET /b"), named(&[("stage/abc123/$default/GET /b", 2), account]));
}

#[test]
fn a_store_that_does_not_answer_stops_nobody() {
    let gateway = gateway(vec![rest(vec![method("GET /", mock("ok"))])]);
    let told = run(&gateway, arrival("GET /prod", &[]), |effect| {
        Some(effect.failed(EffectError::Unavailable("down".into())))
    });
    assert_eq!(told.response.status, 200);
}

#[test]
fn a_client_that_left_gets_no_integration_and_one_log_entry() {
    let gateway = gateway(vec![rest(vec![method("GET /", mock("ok"))])]);
    let told = run(&gateway, arrival("GET /prod", &[]), |effect| {
        Some(effect.failed(EffectError::Cancelled))
    });
    assert_eq!((told.response.status, told.notices.len(), told.effects.len()), (499, 2, 1));
}
