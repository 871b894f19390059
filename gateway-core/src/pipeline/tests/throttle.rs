use alloc::rc::Rc;
use alloc::vec;
use alloc::vec::Vec;

use crate::bucket::Limit;
use crate::definition::{Api, LoggingLevel, MethodSetting, WhenAway};
use crate::effect::{Effect, EffectError, Notice, Outcome, Taken};
use crate::gateway::Gateway;
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
fn settings_of_a_verb_speak_of_a_method_for_any() {
    let api = || rest(vec![method("ANY /a", mock("")), method("POST /a", mock(""))]);
    let api = || limited(api(), &[("*/*", 9), ("~1a/GET", 3), ("~1a/POST", 4)]);
    let own = |verb: &str| alloc::format!("stage/abc123/prod/~1a/{verb}");
    for (request, verb, burst) in [
        ("GET /prod/a", "GET", 3),
        ("PUT /prod/a", "ANY", 9),
        ("DELETE /prod/a", "ANY", 9),
        ("POST /prod/a", "POST", 4),
    ] {
        assert_eq!(buckets(api(), request)[0], (own(verb), burst), "{request}");
    }
    let any = limited(api(), &[("~1a/ANY", 5)]);
    assert_eq!(buckets(any.clone(), "GET /prod/a")[0], (own("GET"), 3));
    assert_eq!(buckets(any, "PUT /prod/a")[0], (own("ANY"), 5));
    let no_verb = limited(api(), &[("~1a/TRACE", 5)]);
    assert!(Gateway::compile(snapshot(vec![no_verb])).is_err());
}

#[test]
fn a_method_may_be_without_the_limit_of_all() {
    let mut api = limited(rest(vec![method("GET /a", mock(""))]), &[("*/*", 9), ("~1a/GET", 0)]);
    api.stages[0].method_settings.get_mut("~1a/GET").unwrap().throttling = Some(Limit::NONE);
    assert_eq!(buckets(api, "GET /prod/a"), named(&[("account", 5_000)]));
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

/// An endpoint takes `/%61` for `/a`: with equal limits, either spelling would have one of its own.
#[test]
fn a_path_that_endpoints_read_as_another_methods_takes_from_the_limits_of_both() {
    let api = || rest(vec![method("GET /a", mock("")), method("ANY /{all+}", mock(""))]);
    let equal = || limited(api(), &[("*/*", 9)]);
    let (a, all) = (("stage/abc123/prod/~1a/GET", 9), ("stage/abc123/prod/~1{all+}/ANY", 9));
    let account = ("account", 5_000);
    for path in ["/%61", "/./a", "/x/../a", "/a;b", "/a%2f", "/x%2fy/../a", "/x%5cy/../a"] {
        let request = alloc::format!("GET /prod{path}");
        assert_eq!(buckets(equal(), &request), named(&[all, a, account]), "{path}");
    }
    for (path, own) in [("/a", a), ("//a", a), ("/a/", a), ("/b//c", all), ("/%62", all)] {
        let request = alloc::format!("GET /prod{path}");
        assert_eq!(buckets(equal(), &request), named(&[own, account]), "{path}");
    }
    let one = limited(api(), &[("~1a/GET", 3)]);
    let a = ("stage/abc123/prod/~1a/GET", 3);
    assert_eq!(buckets(one, "GET /prod/%61"), named(&[a, account]));
}

#[test]
fn a_refusal_names_the_method_whose_limit_it_was() {
    let refused_by = |empty: u32| {
        let api = rest(vec![method("GET /a", mock("")), method("ANY /{all+}", mock(""))]);
        let mut api = limited(api, &[("*/*", 9), ("~1a/GET", 3)]);
        for setting in api.stages[0].method_settings.values_mut() {
            setting.logging_level = Some(LoggingLevel::Info);
        }
        api.deployments[0].methods[0].resource_id = "of_a".into();
        api.deployments[0].methods[1].resource_id = "of_all".into();
        let told = run(&gateway(vec![api]), arrival("GET /prod/%61", &[]), |_| {
            Some(Outcome::TakeTokens(Ok(Taken::None { empty, retry_after_ms: None })))
        });
        let lines = told.notices.into_iter().find_map(|notice| match notice {
            Notice::WriteExecutionLog { lines, .. } => Some(lines),
            _ => None,
        });
        let line = lines.unwrap().into_iter().find(|line| line.contains("limit exceeded")).unwrap();
        alloc::string::String::from(line.split_once("Stage prod, ").unwrap().1)
    };
    assert_eq!(refused_by(0), "Resource of_all, HttpMethod ANY. Limit: 1.00 Burst: 9");
    assert_eq!(refused_by(1), "Resource of_a, HttpMethod GET. Limit: 1.00 Burst: 3");
    assert_eq!(refused_by(2), "Resource of_all, HttpMethod ANY. Limit: 10000.00 Burst: 5000");
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
fn a_store_that_does_not_answer_stops_everybody_where_it_is_to_fail_closed() {
    let mut snapshot = snapshot(vec![rest(vec![method("GET /", mock("ok"))])]);
    snapshot.throttling.when_away = WhenAway::Closed;
    let gateway = Rc::new(Gateway::compile(snapshot).unwrap());
    for error in [EffectError::Unavailable("down".into()), EffectError::TimedOut] {
        let told =
            run(&gateway, arrival("GET /prod", &[]), |effect| Some(effect.failed(error.clone())));
        let answer = (told.response.status, told.field("x-amzn-ErrorType"));
        assert_eq!(answer, (429, Some("TooManyRequestsException")));
    }
}

#[test]
fn a_429_tells_when_to_come_again_only_where_it_is_asked_to() {
    for (retry_after, wait_ms, told_s) in [
        (false, Some(1_500), None),
        (true, Some(1_500), Some("2")),
        (true, Some(1_000), Some("1")),
        (true, Some(0), Some("1")),
        (true, Some(u64::MAX), Some("4294967295")),
        (true, None, None),
    ] {
        let http = http(vec![method(
            "GET /",
            integration(crate::definition::IntegrationType::HttpProxy, "http://h"),
        )]);
        for (api, path) in [(rest(vec![method("GET /", mock("ok"))]), "GET /prod"), (http, "GET /")]
        {
            let mut snapshot = snapshot(vec![api]);
            snapshot.throttling.retry_after = retry_after;
            let gateway = Rc::new(Gateway::compile(snapshot).unwrap());
            let told = run(&gateway, arrival(path, &[]), |_| {
                let taken = Taken::None { empty: 0, retry_after_ms: wait_ms };
                Some(Outcome::TakeTokens(Ok(taken)))
            });
            let answer = (told.response.status, told.field("retry-after"));
            assert_eq!(answer, (429, told_s), "{path} {wait_ms:?}");
        }
    }
}

#[test]
fn a_client_that_left_gets_no_integration_and_one_log_entry() {
    let gateway = gateway(vec![rest(vec![method("GET /", mock("ok"))])]);
    let told = run(&gateway, arrival("GET /prod", &[]), |effect| {
        Some(effect.failed(EffectError::Cancelled))
    });
    assert_eq!((told.response.status, told.notices.len(), told.effects.len()), (499, 2, 1));
}
