//! Requests and outcomes that no network would give.
#![no_main]

#[path = "../../host-runtime/src/engine/fixture.rs"]
#[allow(dead_code)]
mod fixture;

use std::cell::OnceCell;
use std::rc::Rc;

use arbitrary::{Arbitrary, Unstructured};
use gateway_core::codec::encode;
use gateway_core::definition::Snapshot;
use gateway_core::effect::{
    Effect, EffectError, FunctionAnswer, Notice, Outcome, RecalledResponse, Taken,
};
use gateway_core::exchange::{Exchange, Next, Turn};
use gateway_core::gateway::Gateway;
use gateway_core::limits::STEPS_MAX;
use gateway_core::message::{Arrival, Content, ContentId, EndpointResponse, Field, Timestamp};
use libfuzzer_sys::fuzz_target;

/// What the fuzzer chooses.
#[derive(Debug, Arbitrary)]
struct Input {
    kind: u8,
    method: Option<String>,
    target_suffix: String,
    fields: Vec<(String, String)>,
    answers: Vec<Answer>,
}

/// How an effect is answered.
#[derive(Debug, Arbitrary)]
enum Answer {
    AsAWorldWithoutFaults,
    Fails(u8),
    Bytes(Vec<u8>),
    Endpoint(u16, Vec<(String, String)>, bool),
    Function(u16, bool, Vec<u8>),
    Empty,
    No,
}

thread_local! {
    static GATEWAY: OnceCell<Rc<Gateway>> = const { OnceCell::new() };
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(input) = Input::arbitrary(&mut Unstructured::new(bytes)) else { return };
    let gateway = GATEWAY.with(|cell| Rc::clone(cell.get_or_init(compile)));
    let arrival = arrival(&input);

    let mut outcomes = Vec::new();
    let first = run(&gateway, &arrival, |effect, position| {
        let outcome = outcome(effect, input.answers.get(position));
        outcomes.push(outcome.clone());
        outcome
    });
    let again = run(&gateway, &arrival, |_, position| outcomes[position].clone());
    assert_eq!(first, again, "a replay takes the same turns");
});

fn compile() -> Rc<Gateway> {
    let snapshot = Snapshot::from_bytes(&fixture::snapshot()).expect("the fixture is a snapshot");
    Rc::new(Gateway::compile(snapshot).expect("the fixture is served"))
}

fn arrival(input: &Input) -> Arrival {
    let known = fixture::arrivals();
    let mut arrival = known[usize::from(input.kind) % known.len()].clone();
    if let Some(method) = &input.method {
        arrival.request.method.clone_from(method);
    }
    arrival.request.target.push_str(&input.target_suffix);
    arrival.request.fields.extend(input.fields.iter().map(|(n, v)| Field::new(n, v)));
    arrival
}

/// All turns, encoded.
fn run(
    gateway: &Rc<Gateway>,
    arrival: &Arrival,
    mut perform: impl FnMut(&Effect, usize) -> Outcome,
) -> Vec<Vec<u8>> {
    let mut exchange = Exchange::begin(Rc::clone(gateway), arrival.clone());
    let (mut turns, mut records) = (Vec::new(), 0);
    for position in 0..STEPS_MAX {
        let turn: Turn = exchange.advance().expect("the contract is kept");
        records +=
            turn.notices.iter().filter(|n| matches!(n, Notice::RecordRequest { .. })).count();
        turns.push(encode(&turn));
        match turn.next {
            Next::Respond(_) => {
                assert_eq!(records, 1, "one RecordRequest");
                return turns;
            }
            Next::Perform(effect) => {
                let outcome = perform(&effect, position);
                let now = Timestamp(fixture::NOW_MS + position as u64);
                exchange.resume(now, outcome).expect("the contract is kept");
            }
        }
    }
    panic!("an exchange that does not end");
}

fn outcome(effect: &Effect, answer: Option<&Answer>) -> Outcome {
    let fields =
        |fields: &[(String, String)]| fields.iter().map(|(n, v)| Field::new(n, v)).collect();
    match (effect, answer) {
        (_, None | Some(Answer::AsAWorldWithoutFaults)) => fixture::outcome(effect),
        (Effect::ReadContent(_), Some(Answer::Bytes(bytes))) => {
            Outcome::ReadContent(Ok(bytes.clone().into()))
        }
        (Effect::SendRequest(_), Some(Answer::Endpoint(status, lines, held))) => {
            let content = if *held { Content::Held(ContentId(1)) } else { Content::Empty };
            let response = EndpointResponse { status: *status, fields: fields(lines), content };
            Outcome::SendRequest(Ok(response))
        }
        (Effect::InvokeFunction(_), Some(Answer::Function(status, failed, payload))) => {
            Outcome::InvokeFunction(Ok(FunctionAnswer {
                status: *status,
                function_error: failed.then(|| "Unhandled".into()),
                payload: payload.clone().into(),
                request_id: None, trace: None, content: None }))
        }
        (Effect::TakeTokens(_), Some(Answer::Empty)) => {
            Outcome::TakeTokens(Ok(Taken::None {
                empty: u32::MAX,
                retry_after_ms: Some(u64::MAX),
            }))
        }
        (Effect::PeekContent(_), Some(Answer::Bytes(bytes))) => {
            Outcome::PeekContent(Ok(bytes.clone().into()))
        }
        (Effect::CountRequest(_), Some(Answer::Empty)) => Outcome::CountRequest(Ok(u32::MAX)),
        (Effect::LocateAddress(_), Some(Answer::Empty)) => {
            Outcome::LocateAddress(Ok(Default::default()))
        }
        (Effect::FindKey(_), Some(Answer::Empty)) => Outcome::FindKey(Ok(None)),
        (Effect::RecallAuthorization(_), Some(Answer::Empty)) => {
            Outcome::RecallAuthorization(Ok(None))
        }
        (Effect::RecallAuthorization(_), Some(Answer::Bytes(bytes))) => {
            Outcome::RecallAuthorization(Ok(Some(bytes.clone().into())))
        }
        (Effect::RecallResponse(_), Some(Answer::Endpoint(status, _, held))) => {
            let content = if *held { Content::Held(ContentId(1)) } else { Content::Empty };
            let stored = RecalledResponse { status: *status, content, content_length: u64::MAX };
            Outcome::RecallResponse(Ok(Some(stored)))
        }
        (Effect::RememberResponse(_), Some(Answer::Bytes(bytes))) => {
            Outcome::RememberResponse(Ok(Content::Bytes(bytes.clone())))
        }
        (Effect::VerifySignature(_), Some(Answer::No)) => Outcome::VerifySignature(Ok(false)),
        (_, Some(Answer::Fails(0))) => effect.failed(EffectError::TimedOut),
        (_, Some(Answer::Fails(1))) => effect.failed(EffectError::Malformed("garbage".into())),
        (_, Some(Answer::Fails(2))) => effect.failed(EffectError::TooLarge),
        (_, Some(Answer::Fails(3))) => effect.failed(EffectError::Cancelled),
        _ => effect.failed(EffectError::Unavailable("reset".into())),
    }
}
