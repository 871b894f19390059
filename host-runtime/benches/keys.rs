//! What a request with an API key costs, by how many keys and how many live buckets there are: the
//! same, it should turn out. Answers are checked, and so is that the memory is bounded, and given back when
//! the buckets are full again.
//!
//! `cargo bench -p host-runtime --bench keys`
#![allow(missing_docs)] // criterion's macros make public items

mod measured;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::rc::Rc;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use gateway_core::bucket::{BucketTake, Limit};
use gateway_core::definition::*;
use gateway_core::effect::{Effect, Outcome, TakeTokens, Taken};
use gateway_core::exchange::{Exchange, Next};
use gateway_core::gateway::Gateway;
use gateway_core::message::*;
use gateway_core::usage::UsageTake;
use host_runtime::perform::tokens::Tokens;

use measured::{CpuTime, resident_bytes};

const NOW: Timestamp = Timestamp(1_700_000_000_000);

/// What docs/configuration.md promises of 14.7 million buckets, and it is more than what 10 million and the
/// counts of 100,000 keys take.
const RESIDENT_BYTES_MAX: u64 = 1_400_000_000;

fn value(key: usize) -> String {
    format!("abcdefghijklmnop{key:024}")
}

/// A plan with all four limits and a quota for so many keys.
fn gateway(keys: usize) -> Rc<Gateway> {
    let integration = Integration {
        uri: Some("http://127.0.0.1:9000/items".into()),
        ..Integration::new(IntegrationType::HttpProxy)
    };
    let method =
        Method { api_key_required: true, ..Method::new("GET", "/items/{id}", integration) };
    // One less than none.
    let limit = Limit::new(1e9, u32::MAX - 1);
    let setting = MethodSetting { throttling: Some(limit), ..MethodSetting::default() };
    let stage = Stage {
        stage_name: "prod".into(),
        method_settings: BTreeMap::from([("*/*".into(), setting)]),
        ..Stage::default()
    };
    let api = Api {
        id: "abc123".into(),
        name: "bench".into(),
        protocol: Protocol::Rest,
        disable_execute_api_endpoint: false,
        deployments: vec![Deployment::new("d1", vec![method])],
        stages: vec![stage],
    };
    let api_keys = (0..keys).map(|key| ApiKey {
        id: format!("key{key}"),
        name: format!("key{key}"),
        digest: KeyDigest::of(&value(key)),
        enabled: true,
        customer_id: None,
    });
    let api_keys: Vec<ApiKey> = api_keys.collect();
    let plan = UsagePlan {
        id: "gold".into(),
        name: "gold".into(),
        api_stages: vec![UsagePlanStage {
            api_id: "abc123".into(),
            stage_name: "prod".into(),
            throttle: BTreeMap::from([("/items/{id}/GET".into(), limit)]),
            source: Source::default(),
        }],
        throttle: Some(limit),
        quota: Some(Quota { limit: u32::MAX, offset: 0, period: QuotaPeriod::Month }),
        api_key_ids: api_keys.iter().map(|key| key.id.clone()).collect(),
    };
    let snapshot = Snapshot {
        api_keys,
        usage_plans: vec![plan],
        account_throttle: limit,
        ..Snapshot::new("eu-west-1", "123456789012", vec![api])
    };
    Rc::new(Gateway::compile(snapshot).expect("the definition is right"))
}

fn arrival(key: usize) -> Arrival {
    Arrival {
        now: NOW,
        seed: Seed([7; 32]),
        source_ip: "192.0.2.7".into(),
        scheme: Scheme::Https,
        port: 443,
        vpc_endpoint_id: None,
        location: None,
        tls: None,
        is_explained: false,
        inspection: None,
        request: Request {
            method: "GET".into(),
            target: "/prod/items/42".into(),
            fields: [
                Field::new("Host", "abc123.execute-api.eu-west-1.amazonaws.com"),
                Field::new("X-Api-Key", value(key)),
            ]
            .into_iter()
            .collect(),
            version: Version::Http11,
            content: Content::Empty,
        },
    }
}

/// The status, and how many buckets were taken from.
fn exchange(gateway: &Rc<Gateway>, tokens: &Tokens, arrival: Arrival) -> (u16, usize) {
    let mut exchange = Exchange::begin(gateway.clone(), arrival);
    let mut buckets = 0;
    loop {
        let outcome = match exchange.advance().expect("the loop keeps the contract").next {
            Next::Respond(response) => return (response.status, buckets),
            Next::Perform(Effect::TakeTokens(take)) => {
                buckets = take.buckets.len();
                Outcome::TakeTokens(Ok(tokens.take(&take, NOW)))
            }
            Next::Perform(effect) => Outcome::SendRequest(match effect {
                Effect::SendRequest(_) => Ok(EndpointResponse {
                    status: 200,
                    fields: Fields::new(),
                    content: Content::Held(ContentId(1)),
                }),
                other => panic!("{other:?}"),
            }),
        };
        exchange.resume(NOW, outcome).expect("as above");
    }
}

fn keys(c: &mut Criterion<CpuTime>) {
    let mut group = c.benchmark_group("exchange_with_api_key");
    for count in [10, 100_000] {
        let (gateway, tokens) = (gateway(count), Tokens::default());
        for key in 0..count {
            assert_eq!(exchange(&gateway, &tokens, arrival(key)), (200, 4));
        }
        let mut key = 0;
        group.bench_function(BenchmarkId::new("keys", count), |b| {
            b.iter_batched(
                || {
                    key = (key + 7_919) % count;
                    arrival(key)
                },
                |arrival| {
                    let answer = exchange(&gateway, &tokens, arrival);
                    assert_eq!(answer, (200, 4));
                    black_box(answer)
                },
                criterion::BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

fn take(bucket: usize) -> TakeTokens {
    let limit = Limit::new(0.001, 1_000_000);
    let key = format!("plan/gold/key{}/abc123/prod/items/{}/GET", bucket / 100, bucket % 100);
    let own = BucketTake { key, limit, cost: 1 };
    let shared =
        |key: &str| BucketTake { key: key.into(), limit: Limit::new(1e9, u32::MAX), cost: 1 };
    let buckets = vec![own, shared("stage/abc123/prod/~1items/GET"), shared("account")];
    let usage = Some(UsageTake { key: format!("gold/key{}", bucket / 100), quota: None });
    TakeTokens { buckets, usage }
}

fn buckets(c: &mut Criterion<CpuTime>) {
    let mut group = c.benchmark_group("take_tokens");
    for count in [10, 100_000, 10_000_000] {
        let tokens = Tokens::default();
        for bucket in 0..count {
            assert_eq!(tokens.take(&take(bucket), NOW), Taken::All);
        }
        let kept = kept(&tokens);
        // All are live, but for the two that refill within a millisecond.
        assert!((count..=count + 2).contains(&kept), "{kept} of {count}");
        let mut bucket = 0;
        group.bench_function(BenchmarkId::new("live_buckets", count), |b| {
            b.iter_batched(
                || {
                    bucket = (bucket + 7_919) % count;
                    take(bucket)
                },
                |take| {
                    let taken = tokens.take(&take, NOW);
                    assert_eq!(taken, Taken::All);
                    black_box((taken, take))
                },
                criterion::BatchSize::SmallInput,
            );
        });
        let resident = resident_bytes();
        println!("    {count} live buckets: {} MB resident", resident / 1_000_000);
        assert!(resident < RESIDENT_BYTES_MAX, "{resident}");
        if count == 10_000_000 {
            forget(&tokens, count);
        }
    }
    group.finish();
}

/// When all buckets are full again a sixteenth as many takes forget them.
fn forget(tokens: &Tokens, count: usize) {
    let later = Timestamp(NOW.0 + 30 * 86_400_000);
    let account = BucketTake { key: "account".into(), limit: Limit::new(1e9, u32::MAX), cost: 1 };
    let account = TakeTokens { buckets: vec![account], usage: None };
    // And so many at least, to look into every one of the maps.
    for _ in 0..(count / 16 + 100_000) {
        assert_eq!(tokens.take(&account, later), Taken::All);
    }
    assert!(kept(tokens) <= 3, "{}", kept(tokens));
    println!("    after they have refilled: {} MB resident", resident_bytes() / 1_000_000);
}

fn kept(tokens: &Tokens) -> usize {
    let mut text = String::new();
    tokens.write_metrics(&mut text);
    let kept = text.lines().find_map(|line| line.strip_prefix("edgeway_token_buckets "));
    kept.and_then(|kept| kept.parse().ok()).expect("a number")
}

criterion_group!(name = benches; config = CpuTime::criterion(); targets = keys, buckets);
criterion_main!(benches);
