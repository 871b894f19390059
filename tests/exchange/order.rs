//! What exchanges ask for when nothing fails.

use gateway_core::effect::EffectKind::{
    FindKey, InvokeFunction, ReadContent, SendRequest, TakeTokens, VerifySignature,
};
use tests::world::{Faults, World, check, samples};

#[test]
fn every_sample_is_answered_as_it_says() {
    for sample in samples() {
        let run = World::new().exchange(&sample, Faults::None);
        assert_eq!(run.response.status, sample.status, "{}: {run:#?}", sample.name);
        check(&run).unwrap_or_else(|wrong| panic!("{}: {wrong}\n{run:#?}", sample.name));
    }
}

#[test]
fn effects_come_in_the_order_of_the_stages() {
    let asked = |name: &str| {
        let sample =
            samples().into_iter().find(|s| s.name == name).expect("there is such a sample");
        World::new().exchange(&sample, Faults::None).asked()
    };
    assert_eq!(asked("a mock"), [TakeTokens]);
    assert_eq!(asked("a REST upload"), [TakeTokens, SendRequest]);
    assert_eq!(asked("a REST event"), [TakeTokens, ReadContent, InvokeFunction]);
    assert_eq!(asked("a token"), [FindKey, VerifySignature, TakeTokens, InvokeFunction]);
    assert_eq!(asked("a forged token"), [FindKey, VerifySignature]);
    for nothing in ["no REST token", "no HTTP token", "a token for somebody else", "a preflight"] {
        assert_eq!(asked(nothing), [], "{nothing}");
    }
    for nothing in ["no API", "no REST stage", "no REST method", "no HTTP route"] {
        assert_eq!(asked(nothing), [], "{nothing}");
    }
}

#[test]
fn a_limited_route_lets_its_burst_through_and_then_its_rate() {
    for name in ["a REST limit", "an HTTP limit"] {
        let sample =
            samples().into_iter().find(|s| s.name == name).expect("there is such a sample");
        let mut world = World::new();
        let mut status_after = |ms: u64| {
            let mut sample = sample.clone();
            sample.arrival.now.0 += ms;
            world.exchange(&sample, Faults::None).response.status
        };
        // Bursts of three, then two a second.
        let statuses: Vec<u16> = [0, 0, 0, 0, 499, 500, 501].map(&mut status_after).into();
        assert_eq!(statuses, [200, 200, 200, 429, 429, 200, 429], "{name}");
    }
}
