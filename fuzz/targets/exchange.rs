//! Requests and outcomes that no network would give, to the APIs of the simulated host.
#![no_main]

#[path = "../../tests/src/world.rs"]
#[allow(dead_code, unused_imports)]
mod world;

use std::cell::RefCell;

use arbitrary::{Arbitrary, Unstructured};
use gateway_core::effect::{EffectError, Notice};
use gateway_core::message::{Content, ContentId};
use libfuzzer_sys::fuzz_target;
use world::{Fault, Faults, Sample, World, samples};

/// What the fuzzer chooses.
#[derive(Debug, Arbitrary)]
struct Input {
    kind: u8,
    method: Option<String>,
    target_suffix: String,
    fields: Vec<(String, String)>,
    content: Option<Vec<u8>>,
    answers: Vec<Answer>,
}

/// How an effect is answered.
#[derive(Debug, Arbitrary)]
enum Answer {
    AsAWorldWithoutFaults,
    Fails(u8),
    Unwelcome(u8),
    Anything(u64),
    Given(u16, Vec<(String, String)>, Vec<u8>),
}

thread_local! {
    static KNOWN: (Vec<Sample>, RefCell<World>) = (samples(), RefCell::new(World::new()));
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(input) = Input::arbitrary(&mut Unstructured::new(bytes)) else { return };
    KNOWN.with(|(samples, world)| {
        let sample = changed(&samples[usize::from(input.kind) % samples.len()], &input);
        let mut world = world.borrow_mut();
        world.forget();
        // It panics itself where an exchange takes too many steps.
        let run = world.exchange(&sample, Faults::Listed(faults(&input.answers)));
        let count = |is: fn(&Notice) -> bool| run.notices.iter().filter(|n| is(n)).count();
        assert_eq!(count(|n| matches!(n, Notice::RecordRequest(_))), 1, "one RecordRequest");
        assert!(
            count(|n| matches!(n, Notice::WriteAccessLog { .. })) <= 1,
            "one log entry at most"
        );
        let replayed = run.transcript.replay(world.gateway(), &run.arrival);
        replayed.unwrap_or_else(|different| panic!("a replay takes the same turns: {different}"));
    });
});

fn changed(sample: &Sample, input: &Input) -> Sample {
    let mut sample = sample.clone();
    let request = &mut sample.arrival.request;
    if let Some(method) = &input.method {
        request.method.clone_from(method);
    }
    request.target.push_str(&input.target_suffix);
    for (name, value) in &input.fields {
        request.fields.push(name, value);
    }
    if let Some(content) = &input.content {
        sample.content.clone_from(content);
        request.content = Content::Held(ContentId(0));
    }
    sample
}

fn faults(answers: &[Answer]) -> Vec<Option<Fault>> {
    let fault = |answer: &Answer| match answer {
        Answer::AsAWorldWithoutFaults => None,
        Answer::Fails(0) => Some(Fault::Error(EffectError::TimedOut)),
        Answer::Fails(1) => Some(Fault::Error(EffectError::Malformed("garbage".into()))),
        Answer::Fails(2) => Some(Fault::Error(EffectError::TooLarge)),
        Answer::Fails(3) => Some(Fault::Error(EffectError::Cancelled)),
        Answer::Fails(_) => Some(Fault::Error(EffectError::Unavailable("reset".into()))),
        Answer::Unwelcome(number) => Some(Fault::Unwelcome(usize::from(*number))),
        Answer::Anything(seed) => Some(Fault::Anything(*seed)),
        Answer::Given(status, fields, bytes) => {
            Some(Fault::Given(*status, fields.clone(), bytes.clone()))
        }
    };
    answers.iter().map(fault).collect()
}
