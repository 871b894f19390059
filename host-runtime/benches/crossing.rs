//! What the Wasm boundary costs: whole exchanges, linked in and as a component.
//!
//! `cargo xtask component && cargo bench -p host-runtime --bench crossing`

#[allow(dead_code)]
#[path = "../src/engine/fixture.rs"]
mod fixture;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use gateway_core::codec::{decode, encode};
use gateway_core::exchange::{Next, Turn};
use gateway_core::message::{Arrival, Timestamp};
use host_runtime::engine::{Engine, EngineKind};

/// An engine that is told at once what a host with everything in its memory knows.
fn engine(kind: EngineKind) -> Engine {
    let engine = Engine::start(kind, fixture::snapshot()).expect("the fixture is served");
    engine.answer_at_once(Box::new(|effect| {
        Some((Timestamp(fixture::NOW_MS), fixture::outcome(effect)))
    }));
    engine
}

/// Runs an exchange to its response; its status and how often it was resumed.
fn run(engine: &Engine, arrival: Arrival) -> (u16, usize) {
    let (mut exchange, mut turn) = engine.begin(arrival);
    let mut resumed = 0;
    loop {
        match turn.next {
            Next::Respond(response) => return (response.status, resumed),
            Next::Perform(effect) => {
                resumed += 1;
                let outcome = fixture::outcome(&effect);
                turn = engine.resume(&mut exchange, Timestamp(fixture::NOW_MS), outcome);
            }
        }
    }
}

fn exchanges(criterion: &mut Criterion) {
    let cases = [
        ("http_proxy", fixture::http_proxy(), 200, [2, 1]),
        ("aws_proxy", fixture::function(), 201, [3, 2]),
        ("jwt_and_http_proxy", fixture::secured(), 200, [4, 2]),
    ];
    for (name, arrival, status, resumed) in cases {
        let mut group = criterion.benchmark_group(name);
        let kinds = [("native", EngineKind::Native), ("component", EngineKind::Component)];
        for ((engine_name, kind), resumed) in kinds.into_iter().zip(resumed) {
            let (engine, expected) = (engine(kind), (status, resumed));
            group.bench_function(engine_name, |bencher| {
                bencher.iter(|| {
                    let answered = run(&engine, black_box(arrival.clone()));
                    assert_eq!(answered, expected, "{name} on {engine_name}");
                });
            });
        }
        group.finish();
    }
}

/// The part of a crossing that is not Wasm: every value is encoded on one side and decoded on the other.
fn codec(criterion: &mut Criterion) {
    let arrival = fixture::http_proxy();
    let bytes = encode(&arrival);
    let engine = engine(EngineKind::Native);
    let (_exchange, turn) = engine.begin(arrival.clone());
    let turn_bytes = encode(&turn);
    let mut group = criterion.benchmark_group("codec");
    group.bench_function("encode_arrival", |b| b.iter(|| encode(black_box(&arrival))));
    group.bench_function("decode_arrival", |b| {
        b.iter(|| assert_eq!(decode::<Arrival>(black_box(&bytes)).unwrap().port, arrival.port));
    });
    group.bench_function("decode_turn", |b| {
        b.iter(|| assert_eq!(decode::<Turn>(black_box(&turn_bytes)).unwrap().notices.len(), 0));
    });
    group.finish();
}

/// What a trap, a worn-out instance or a deployment costs once.
fn instances(criterion: &mut Criterion) {
    let engine = engine(EngineKind::Component);
    criterion.bench_function("new_instance", |bencher| {
        bencher.iter(|| assert!(engine.deploy(fixture::snapshot()).is_ok()));
    });
}

criterion_group!(benches, exchanges, codec, instances);
criterion_main!(benches);
