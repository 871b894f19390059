//! A host that breaks the contract is told so, and the exchange goes on as if nothing had been.

use gateway_core::effect::{EffectError, Outcome};
use gateway_core::exchange::{Exchange, Misuse, Next, Step};
use tests::world::{World, samples};

/// An outcome of each kind.
fn outcomes() -> [Outcome; 13] {
    let error = || EffectError::TimedOut;
    [
        Outcome::ReadContent(Err(error())),
        Outcome::PeekContent(Err(error())),
        Outcome::CountRequest(Err(error())),
        Outcome::LocateAddress(Err(error())),
        Outcome::SendRequest(Err(error())),
        Outcome::InvokeFunction(Err(error())),
        Outcome::TakeTokens(Err(error())),
        Outcome::FindKey(Err(error())),
        Outcome::VerifySignature(Err(error())),
        Outcome::RecallAuthorization(Err(error())),
        Outcome::VerifyRequestSignature(Err(error())),
        Outcome::RecallResponse(Err(error())),
        Outcome::RememberResponse(Err(error())),
    ]
}

#[test]
fn a_wrong_outcome_is_refused_and_the_right_one_is_still_taken() {
    let gateway = World::new().gateway();
    for sample in samples() {
        let mut exchange = Exchange::begin(gateway.clone(), sample.arrival.clone());
        let now = sample.arrival.now;
        assert_eq!(
            exchange.resume(now, outcomes()[0].clone()),
            Err(Misuse::NothingPending),
            "{}",
            sample.name
        );
        while let Next::Perform(effect) = exchange.advance().expect("a turn was due").next {
            let asked = effect.kind();
            assert_eq!(exchange.poll(), Err(Misuse::StillPending(asked)));
            for outcome in outcomes() {
                let got = outcome.kind();
                if got != asked {
                    let mismatch = Misuse::OutcomeMismatch { asked, got };
                    assert_eq!(exchange.resume(now, outcome), Err(mismatch));
                }
            }
            exchange.resume(now, effect.failed(EffectError::TimedOut)).expect("of its kind");
        }
        assert_eq!(exchange.poll(), Err(Misuse::Ended));
        assert_eq!(exchange.resume(now, outcomes()[0].clone()), Err(Misuse::NothingPending));
    }
}

#[test]
fn time_never_runs_backwards_within_an_exchange() {
    let gateway = World::new().gateway();
    for sample in samples() {
        let mut exchange = Exchange::begin(gateway.clone(), sample.arrival.clone());
        loop {
            match exchange.poll().expect("the contract is kept") {
                Step::Perform(effect) => {
                    let failed = effect.failed(EffectError::TimedOut);
                    exchange.resume(Default::default(), failed).expect("of its kind");
                }
                Step::Notify(gateway_core::effect::Notice::RecordRequest(request)) => {
                    assert_eq!(request.latency_ms, 0, "{}", sample.name);
                }
                Step::Notify(_) => {}
                Step::Respond(_) => break,
            }
        }
    }
}
