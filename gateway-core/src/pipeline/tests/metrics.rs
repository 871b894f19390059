use alloc::vec;

use super::lambda_authorizer::{Host, everything, protected, token};
use crate::definition::{MethodSetting, Protocol};
use crate::effect::{AuthorizerUse, Notice, Outcome, RequestRecord, Taken};
use crate::gateway_error::ResponseType;
use crate::pipeline::world::*;

fn recorded(told: &Told) -> &RequestRecord {
    let mut records = told.notices.iter().filter_map(|notice| match notice {
        Notice::RecordRequest(request) => Some(request),
        _ => None,
    });
    records.next_back().unwrap()
}

#[test]
fn a_method_is_named_where_its_metrics_are_enabled() {
    let setting = |enabled| MethodSetting { metrics_enabled: Some(enabled), ..Default::default() };
    let mut api = rest(vec![method("GET /a/{b}", mock("")), method("GET /c", mock(""))]);
    let plain = gateway(vec![api.clone()]);
    api.stages[0].method_settings =
        [("*/*".into(), setting(true)), ("~1c/GET".into(), setting(false))].into();
    let detailed = gateway(vec![api]);
    for (gateway, request, route_key) in [
        (&plain, "GET /prod/a/1", None),
        (&detailed, "GET /prod/a/1", Some("GET /a/{b}")),
        (&detailed, "GET /prod/c", None),
        (&detailed, "GET /prod/nowhere", None),
    ] {
        let told = run_alone(gateway, arrival(request, &[]));
        assert_eq!(recorded(&told).route_key.as_deref(), route_key, "{request}");
    }
}

#[test]
fn why_there_is_no_method_response_is_recorded_of_the_method_too() {
    let mut api = rest(vec![method("GET /", mock(""))]);
    let setting = MethodSetting { metrics_enabled: Some(true), ..Default::default() };
    api.stages[0].method_settings = [("*/*".into(), setting)].into();
    let gateway = gateway(vec![api]);
    for (taken, response_type) in [
        (Taken::All, None),
        (Taken::None { empty: 0, retry_after_ms: None }, Some(ResponseType::Throttled)),
        (Taken::QuotaExceeded, Some(ResponseType::QuotaExceeded)),
    ] {
        let told =
            run(&gateway, arrival("GET /prod", &[]), |_| Some(Outcome::TakeTokens(Ok(taken))));
        let record = recorded(&told);
        assert_eq!(
            (record.response_type, record.route_key.as_deref()),
            (response_type, Some("GET /"))
        );
    }
}

#[test]
fn what_an_authorizer_costs_is_recorded_and_whether_it_was_remembered() {
    let gateway = gateway(vec![protected(Protocol::Rest, token())]);
    let mut host = Host::new(everything());
    let mut cost = |fields: &[&str]| {
        let told = host.run(&gateway, arrival("GET /prod/a/7", fields));
        recorded(&told).authorizer
    };
    let used = |latency_ms, is_remembered| Some(AuthorizerUse { latency_ms, is_remembered });
    assert_eq!(cost(&[]), used(0, None));
    // The store is asked, then the function; each takes 5 ms.
    assert_eq!(cost(&["Authorization: jo"]), used(10, Some(false)));
    assert_eq!(cost(&["Authorization: jo"]), used(5, Some(true)));

    let open = rest(vec![method("GET /", mock(""))]);
    let open = crate::pipeline::world::gateway(vec![open]);
    let told = run_alone(&open, arrival("GET /prod", &[]));
    assert_eq!(recorded(&told).authorizer, None);
}

#[test]
fn what_came_to_no_stage_is_recorded_with_the_reason_and_without_what_may_be_secret() {
    let gateway = gateway(vec![rest(vec![method("GET /a", mock(""))])]);
    let long = alloc::format!("GET /{}", "\u{e9}".repeat(300));
    for (request, path, reason) in [
        ("GET /tset/a/topsecret?key=topsecret", "/tset", "no such stage"),
        (
            "GET /_aws/execute-api/abc123/tset/topsecret",
            "/_aws/execute-api/abc123/tset",
            "no such stage",
        ),
        (&long, &alloc::format!("/{}", "\u{e9}".repeat(127)), "no such stage"),
    ] {
        let told = run_alone(&gateway, arrival(request, &[]));
        let unserved = recorded(&told).unserved.as_deref().expect("it came to no stage");
        let host = "abc123.execute-api.eu-west-1.amazonaws.com";
        assert_eq!((&*unserved.host, &*unserved.path, &*unserved.reason), (host, path, reason));
    }
    for request in ["GET /prod/a", "GET /prod/nowhere"] {
        let told = run_alone(&gateway, arrival(request, &[]));
        assert_eq!(recorded(&told).unserved, None, "{request}: the stage's own logs have it");
    }
}
