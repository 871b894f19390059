//! What it costs to verify a token's signature: by RS256 the first time, by a digest when it comes
//! again. Answers are checked; a forged one is refused.
//!
//! `cargo bench -p host-runtime --bench signatures`
#![allow(missing_docs)] // criterion's macros make public items

mod measured;

use std::hint::black_box;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use gateway_core::effect::VerifySignature;
use gateway_core::jwt::{Algorithm, Jwk, KeyMaterial};
use gateway_core::message::Timestamp;
use host_runtime::perform::verified::Verified;

use measured::CpuTime;

const NOW: Timestamp = Timestamp(1_700_000_000_000);

/// A token as Cognito makes them: 900 bytes before its signature.
fn token(key: &KeyPair, number: u64) -> VerifySignature {
    let message = format!("{number:020}.{}", "x".repeat(879)).into_bytes();
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), &message, &mut signature).unwrap();
    let public = key.public_key();
    let n = public.modulus().big_endian_without_leading_zero().to_vec();
    let e = public.exponent().big_endian_without_leading_zero().to_vec();
    VerifySignature {
        algorithm: Algorithm::RS256,
        key: Jwk { kid: None, algorithm: None, material: KeyMaterial::Rsa { n, e } },
        message: message.into(),
        signature: signature.into(),
        until: Timestamp(NOW.0 + 3_600_000),
    }
}

fn signatures(criterion: &mut Criterion<CpuTime>) {
    let mut group = criterion.benchmark_group("rs256");
    for (name, size) in [("2048", KeySize::Rsa2048), ("4096", KeySize::Rsa4096)] {
        let (key, verified) = (KeyPair::generate(size).unwrap(), Verified::default());
        let mut number = 0;
        let mut next = || {
            number += 1;
            token(&key, number)
        };
        let mut forged = next();
        forged.signature.0[100] ^= 1;
        assert!(!verified.verify(&forged, NOW));
        group.bench_function(format!("new_token/{name}"), |bencher| {
            bencher.iter_batched(
                &mut next,
                |token| {
                    assert!(verified.verify(&token, NOW));
                    token
                },
                BatchSize::SmallInput,
            );
        });
        assert_eq!(verified.known.load(std::sync::atomic::Ordering::Relaxed), 0);
        let known = next();
        assert!(verified.verify(&known, NOW));
        group.bench_function(format!("known_token/{name}"), |bencher| {
            bencher.iter(|| assert!(verified.verify(black_box(&known), NOW)));
        });
        assert!(verified.known.load(std::sync::atomic::Ordering::Relaxed) > 1_000);
    }
    group.finish();
}

criterion_group!(name = benches; config = CpuTime::criterion(); targets = signatures);
criterion_main!(benches);
