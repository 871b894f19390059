//! Every fault at every position of every sample: no randomness, a loop.

use gateway_core::effect::{EffectError, EffectKind};
use tests::world::{Fault, Faults, REASON, Sample, World, check, samples};

#[test]
fn every_fault_at_every_position_is_answered() {
    let mut runs = 0;
    for sample in samples() {
        let positions = World::new().exchange(&sample, Faults::None).effects.len();
        for position in 0..positions {
            for fault in Fault::all() {
                let mut world = World::new();
                let run = world.exchange(&sample, Faults::At(position, fault.clone()));
                let place = || format!("{}, {fault:?} at {position}", sample.name);
                assert_eq!(run.faults, [position], "{}", place());
                check(&run).unwrap_or_else(|wrong| panic!("{}: {wrong}\n{run:#?}", place()));
                run.transcript.replay(world.gateway(), &run.arrival).unwrap_or_else(|different| {
                    panic!("{}: {different}", place());
                });
                runs += 1;
            }
        }
    }
    assert!(runs > 500, "only {runs} faults were tried");
}

fn sample(name: &str) -> Sample {
    samples().into_iter().find(|s| s.name == name).expect("there is such a sample")
}

/// The status when the effect of this kind fails.
fn status_when(name: &str, kind: EffectKind, error: EffectError) -> u16 {
    let sample = sample(name);
    let asked = World::new().exchange(&sample, Faults::None).asked();
    let position = asked.iter().position(|k| *k == kind).expect("the sample asks for it");
    World::new().exchange(&sample, Faults::At(position, Fault::Error(error))).response.status
}

#[test]
fn each_failure_has_the_status_that_aws_gives_it() {
    use EffectKind::{
        FindKey, InvokeFunction, ReadContent, SendRequest, TakeTokens, VerifySignature,
    };
    let unavailable = || EffectError::Unavailable(REASON.into());
    for (name, kind, error, status) in [
        ("a REST proxy", SendRequest, EffectError::TimedOut, 504),
        ("a REST proxy", SendRequest, unavailable(), 504),
        ("a REST function", InvokeFunction, EffectError::TimedOut, 504),
        ("an HTTP proxy", SendRequest, EffectError::TimedOut, 503),
        ("an HTTP proxy", SendRequest, unavailable(), 503),
        ("format 2.0", InvokeFunction, EffectError::TimedOut, 503),
        ("a REST event", ReadContent, EffectError::TooLarge, 413),
        ("a 2.0 event", ReadContent, EffectError::TooLarge, 413),
        // Nobody gets in while an issuer's keys cannot be had.
        ("a token", FindKey, unavailable(), 401),
        ("an id token", FindKey, EffectError::TimedOut, 401),
        ("a token", VerifySignature, unavailable(), 401),
        // Everybody gets through while buckets cannot be counted.
        ("a REST limit", TakeTokens, unavailable(), 200),
        ("an HTTP limit", TakeTokens, EffectError::TimedOut, 200),
    ] {
        let got = status_when(name, kind, error.clone());
        assert_eq!(got, status, "{name}: {kind:?} ended in {error:?}");
    }
}

#[test]
fn a_client_that_leaves_is_logged_once_and_asks_no_endpoint_for_more() {
    for sample in samples() {
        let positions = World::new().exchange(&sample, Faults::None).effects.len();
        for position in 0..positions {
            let cancelled = Fault::Error(EffectError::Cancelled);
            let run = World::new().exchange(&sample, Faults::At(position, cancelled));
            assert_eq!(run.effects.len(), position + 1, "{}: {:?}", sample.name, run.asked());
            check(&run).unwrap_or_else(|wrong| panic!("{}: {wrong}", sample.name));
        }
    }
}
