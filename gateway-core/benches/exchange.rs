//! What an exchange costs the core: routing, an HTTP proxy, a Lambda proxy, and stages by themselves. Answers are checked.
#![allow(missing_docs)] // criterion's macros make public items

mod kit;
mod stages;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use gateway_core::definition::*;
use gateway_core::effect::Effect;
use gateway_core::exchange::{Exchange, Next};
use kit::{arrival, exchange, gateway, integration, method};

/// From arrival to the first effect: the context, and finding the route among so many.
fn routing(c: &mut Criterion) {
    let mut group = c.benchmark_group("routing");
    for count in [10_u32, 1_000, 10_000] {
        let path = |i: u32| format!("/service{}/v{}/items{i}/{{id}}", i % 100, i % 7);
        let uri = "http://127.0.0.1:9000/items";
        let methods = (0..count)
            .map(|i| method(path(i), integration(IntegrationType::HttpProxy, uri)))
            .collect();
        let gateway = gateway(Protocol::Rest, methods);
        let i = count / 2;
        let asked = arrival(&format!("/prod/service{}/v{}/items{i}/42", i % 100, i % 7));
        let (response, notices) = exchange(&gateway, asked.clone());
        assert_eq!((response.status, notices), (200, 2));
        group.bench_function(BenchmarkId::from_parameter(count), |b| {
            b.iter_batched(
                || asked.clone(),
                |arrival| {
                    let mut exchange = Exchange::begin(gateway.clone(), arrival);
                    let turn = exchange.advance();
                    assert!(matches!(
                        turn.as_ref().map(|turn| &turn.next),
                        Ok(Next::Perform(Effect::TakeTokens(_)))
                    ));
                    black_box((exchange, turn))
                },
                criterion::BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

fn whole(c: &mut Criterion) {
    let function = "arn:aws:lambda:eu-west-1:123456789012:function:orders";
    for (name, protocol, integration) in [
        ("http_proxy/rest", Protocol::Rest, integration(IntegrationType::HttpProxy, "http://h/x")),
        ("http_proxy/http", Protocol::Http, integration(IntegrationType::HttpProxy, "http://h/x")),
        ("lambda_proxy/rest", Protocol::Rest, integration(IntegrationType::AwsProxy, function)),
    ] {
        let gateway = gateway(protocol, vec![method("/items/{id}".into(), integration)]);
        let asked = arrival("/prod/items/42?page=2&sort=name");
        let (response, notices) = exchange(&gateway, asked.clone());
        assert_eq!((response.status, notices), (200, 2), "{name}");
        c.bench_function(name, |b| {
            b.iter_batched(
                || asked.clone(),
                |arrival| {
                    let (response, notices) = exchange(&gateway, arrival);
                    assert_eq!((response.status, notices), (200, 2));
                    black_box(response)
                },
                criterion::BatchSize::SmallInput,
            );
        });
    }
}

criterion_group!(
    benches,
    routing,
    whole,
    stages::throttle,
    stages::cors,
    stages::gateway_response,
    stages::access_log,
    stages::event,
    stages::mock,
);
criterion_main!(benches);
