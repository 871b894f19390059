use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::cache::{Host, cached, enabled, proxy, used};
use crate::definition::{Api, Integration};
use crate::effect::CacheUse;
use crate::message::Content;
use crate::pipeline::world::*;

fn keyed(parameters: &[&str]) -> Integration {
    let cache_key_parameters = parameters.iter().map(|name| (*name).into()).collect();
    Integration { cache_key_parameters, ..proxy() }
}

fn api_of(routes: &[(&str, Integration)]) -> Api {
    let methods = routes.iter().map(|(route, integration)| method(route, integration.clone()));
    cached(rest(methods.collect()), &[("*/*", enabled())])
}

/// How many calls two requests make.
fn calls(api: &Api, one: (&str, &[&str]), other: (&str, &[&str])) -> usize {
    let (gateway, mut host) = (gateway(vec![api.clone()]), Host::new());
    for (request, fields) in [one, other] {
        host.ask(&gateway, arrival(request, fields));
    }
    host.calls
}

#[test]
fn all_values_of_a_parameter_count() {
    let query = api_of(&[("GET /a", keyed(&["method.request.querystring.q"]))]);
    for (one, other, expected) in [
        ("q=1", "q=1", 1),
        ("q=1", "q=%31&other=2", 1),
        ("q=1", "q=2&q=1", 2),
        ("q=1", "q=1&q=1", 2),
        ("", "q=", 2),
        ("q=1&q=2", "q=2&q=1", 2),
        ("q=1", "Q=1", 2),
    ] {
        let requests = [one, other].map(|query| format!("GET /prod/a?{query}"));
        let got = calls(&query, (&requests[0], &[]), (&requests[1], &[]));
        assert_eq!(got, expected, "{one} and {other}");
    }
    let header = api_of(&[("GET /a", keyed(&["method.request.header.X-User"]))]);
    for (one, other, expected) in [
        (&["X-User: a"][..], &["x-user: a", "X-Other: b"][..], 1),
        (&["X-User: a"], &["X-User: b", "x-user: a"], 2),
        (&["X-User: a"], &["X-User: a", "X-User: b"], 2),
        (&["X-User: a, b"], &["X-User: a", "X-User: b"], 2),
        (&[], &["X-User: "], 2),
        // The connection's own field, which no endpoint gets: what it answers without must not be kept for those with it.
        (&["X-User: a", "Connection: close, x-user"], &["X-User: a"], 2),
        (&["X-User: a", "Connection: X-User"], &[], 1),
    ] {
        let got = calls(&header, ("GET /prod/a", one), ("GET /prod/a", other));
        assert_eq!(got, expected, "{one:?} and {other:?}");
    }
}

#[test]
fn bytes_that_are_not_utf8_and_the_content_of_a_get_are_never_another_clients() {
    let api = api_of(&[("GET /a", keyed(&["method.request.querystring.q"]))]);
    let latin = ["GET /prod/a?q=x%E9", "GET /prod/a?q=x%E8"];
    assert_eq!(calls(&api, (latin[0], &[]), (latin[1], &[])), 2);
    // `é` may have been one byte or two.
    let header = api_of(&[("GET /a", keyed(&["method.request.header.X-User"]))]);
    let read = ("GET /prod/a", &["X-User: \u{e9}"][..]);
    assert_eq!(calls(&header, read, read), 2);
    let (gateway, mut host) = (gateway(vec![api]), Host::new());
    let mut fat = arrival("GET /prod/a?q=1", &["Content-Length: 6"]);
    fat.request.content = Content::Bytes(b"poison".to_vec());
    let (told, _) = host.ask(&gateway, fat);
    assert_eq!(used(&told), None);
    let (told, _) = host.ask(&gateway, arrival("GET /prod/a?q=1", &[]));
    assert_eq!((used(&told), host.calls), (Some(CacheUse::Miss), 2));
}

#[test]
fn a_mapped_parameter_counts_by_what_it_is_mapped_from() {
    let mapped = Integration {
        request_parameters: vec![
            ("integration.request.header.u".into(), "context.identity.sourceIp".into()),
            ("integration.request.querystring.c".into(), "'constant'".into()),
        ],
        ..keyed(&["integration.request.header.u", "integration.request.querystring.c"])
    };
    let gateway = gateway(vec![api_of(&[("GET /a", mapped)])]);
    let mut host = Host::new();
    for (source_ip, expected) in [("192.0.2.7", 1), ("192.0.2.8", 2), ("192.0.2.7", 2)] {
        let arrival = crate::message::Arrival {
            source_ip: source_ip.into(),
            ..arrival("GET /prod/a?c=other", &[])
        };
        host.ask(&gateway, arrival);
        assert_eq!(host.calls, expected, "{source_ip}");
    }
}

#[test]
fn a_namespace_is_shared_by_resources_and_not_by_methods() {
    let of = |namespace: Option<&str>| Integration {
        cache_namespace: namespace.map(Into::into),
        ..keyed(&["method.request.querystring.q"])
    };
    let api = api_of(&[("GET /a", of(Some("n"))), ("GET /b", of(Some("n"))), ("GET /c", of(None))]);
    let shared = calls(&api, ("GET /prod/a?q=1", &[]), ("GET /prod/b?q=1", &[]));
    let apart = calls(&api, ("GET /prod/a?q=1", &[]), ("GET /prod/c?q=1", &[]));
    let other = calls(&api, ("GET /prod/a?q=1", &[]), ("GET /prod/b?q=2", &[]));
    assert_eq!((shared, apart, other), (1, 2, 2));
    // A resource's own is none that another one could name.
    let named = api_of(&[("GET /c", of(None)), ("GET /d", of(Some("/c")))]);
    assert_eq!(calls(&named, ("GET /prod/c?q=1", &[]), ("GET /prod/d?q=1", &[])), 2);
    let any = cached(rest(vec![method("ANY /a", of(Some("n")))]), &[("~1a/ANY", enabled())]);
    assert_eq!(calls(&any, ("GET /prod/a", &[]), ("PUT /prod/a", &[])), 2);
}

#[test]
fn the_last_parameter_of_the_longest_query_tells_responses_apart() {
    let api = api_of(&[("GET /a", keyed(&["method.request.querystring.q"]))]);
    let longest = |value: u8| format!("GET /prod/a?{}q={value}", "x&".repeat(5_000));
    assert_eq!(calls(&api, (&longest(1), &[]), (&longest(1), &[])), 1);
    assert_eq!(calls(&api, (&longest(1), &[]), (&longest(2), &[])), 2);
}

/// Texts that could run together, or be taken for each other.
const VALUES: [&str; 12] =
    ["", "a", "b", "ab", "aa", "a,b", "a%2Cb", "1", "%31", "a%00", "%00", "a%26q=b"];

struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }

    fn value(&mut self) -> &'static str {
        VALUES[self.below(VALUES.len())]
    }
}

/// Two APIs with two stages each, and resources that look alike, each with keys drawn at random.
fn apis(random: &mut Random) -> Vec<Api> {
    const KEYS: [&str; 5] = [
        "method.request.header.Authorization",
        "method.request.header.X-User",
        "method.request.querystring.q",
        "method.request.querystring.p",
        "method.request.path.id",
    ];
    let mut one = |id: &str| {
        let mut keys = || {
            let drawn: Vec<&str> = KEYS.into_iter().filter(|_| random.below(2) == 0).collect();
            keyed(&drawn)
        };
        let routes = [("GET /a/{id}", keys()), ("GET /b/{id}", keys()), ("ANY /a", keys())];
        let mut api = api_of(&routes);
        api.stages[0].method_settings.insert("~1a/ANY".into(), enabled());
        let test = crate::definition::Stage { stage_name: "test".into(), ..api.stages[0].clone() };
        api.stages.push(test);
        api.id = id.into();
        api
    };
    vec![one("abc123"), one("abc124")]
}

#[test]
fn a_cached_answer_never_crosses_caller_key_stage_or_api() {
    let mut hits = 0;
    for seed in 0..40 {
        let mut random = Random(seed * 7_919 + 1);
        let apis = apis(&mut random);
        let gateway = gateway(apis.clone());
        let mut host = Host::new();
        // What an answer was made for, by the answer.
        let mut made: BTreeMap<String, (String, BTreeSet<String>)> = BTreeMap::new();
        for _ in 0..200 {
            let api = &apis[random.below(2)];
            let stage = ["prod", "test"][random.below(2)];
            let (verb, path, resource) = match random.below(4) {
                0 => (["GET", "PUT", "HEAD"][random.below(3)], String::from("/a"), "/a"),
                1 => ("GET", format!("/b/v{}", random.value()), "/b/{id}"),
                _ => ("GET", format!("/a/v{}", random.value()), "/a/{id}"),
            };
            let query: Vec<String> = (0..random.below(4))
                .map(|_| format!("{}={}", ["q", "p", "r"][random.below(3)], random.value()))
                .collect();
            let query = query.join("&");
            let host_field = format!("Host: {}.execute-api.eu-west-1.amazonaws.com", api.id);
            let mut fields = vec![host_field];
            for name in ["Authorization", "X-User", "X-Other"] {
                // Several authorizations are a bad request.
                let most = if name == "Authorization" { 1 } else { 2 };
                (0..random.below(most + 1))
                    .for_each(|_| fields.push(format!("{name}: {}", random.value())));
            }
            let lines: Vec<&str> = fields.iter().map(String::as_str).collect();
            let request = arrival(&format!("{verb} /{stage}{path}?{query}"), &lines);
            // What the answer may depend on, said in another way than the digest does.
            let of_method = api.deployments[0].methods.iter().find(|m| m.resource_path == resource);
            let keys = &of_method.unwrap().integration.cache_key_parameters;
            let values = keys.iter().map(|key| {
                let name = key.rsplit('.').next().unwrap();
                let values: Vec<String> = match key.split('.').nth(2) {
                    Some("header") => request.request.fields.all(name).map(Into::into).collect(),
                    Some("querystring") => crate::target::query_parameters(&query)
                        .filter(|(n, _)| n == name)
                        .map(|(_, value)| value.into_owned())
                        .collect(),
                    _ if resource == "/a" => vec![],
                    _ => vec![path[4..].into()],
                };
                format!("{key}={values:?}")
            });
            let place = format!("{} {stage} {verb} {resource}", api.id);
            let values: BTreeSet<String> = values.collect();
            let (told, body) = host.ask(&gateway, request);
            match used(&told).unwrap() {
                CacheUse::Miss => assert!(made.insert(body, (place, values)).is_none()),
                CacheUse::Hit => {
                    hits += 1;
                    assert_eq!(made[&body], (place, values), "seed {seed}");
                }
            }
        }
    }
    assert!(hits > 1_000, "{hits} answers came from the cache");
}
