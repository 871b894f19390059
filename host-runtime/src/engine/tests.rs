//! The two engines against each other.

use gateway_core::codec::{decode, encode};
use gateway_core::definition::{Snapshot, WebAcl};
use gateway_core::effect::{EffectError, Notice, Outcome};
use gateway_core::exchange::{Next, Turn};
use gateway_core::message::{Arrival, Inspection, Timestamp};

use super::fixture;
use super::{Engine, EngineKind, ExchangeHandle};

/// More effects than any exchange of the fixture performs.
const EFFECTS_MAX: usize = 8;

fn engine(kind: EngineKind) -> Engine {
    Engine::start(kind, fixture::snapshot()).unwrap()
}

/// All turns of an exchange. The effect at `fault.0` fails with `fault.1`.
fn turns(engine: &Engine, arrival: Arrival, fault: Option<(usize, EffectError)>) -> Vec<Vec<u8>> {
    let (mut exchange, mut turn) = engine.begin(arrival);
    let mut turns = vec![encode(&turn)];
    for position in 0..EFFECTS_MAX {
        let Next::Perform(effect) = turn.next else { return turns };
        let outcome = match &fault {
            Some((at, error)) if *at == position => effect.failed(error.clone()),
            _ => fixture::outcome(&effect),
        };
        let now = Timestamp(fixture::NOW_MS + 7 * (position as u64 + 1));
        turn = engine.resume(&mut exchange, now, outcome);
        turns.push(encode(&turn));
    }
    panic!("an exchange that does not end");
}

fn status(turn: &Turn) -> u16 {
    match &turn.next {
        Next::Respond(response) => response.status,
        Next::Perform(effect) => panic!("not at its end: {effect:?}"),
    }
}

#[test]
fn both_engines_take_the_same_turns_whatever_fails_where() {
    let (native, component) = (engine(EngineKind::Native), engine(EngineKind::Component));
    let errors = [
        EffectError::TimedOut,
        EffectError::Unavailable("refused".into()),
        EffectError::Malformed("not HTTP".into()),
        EffectError::TooLarge,
        EffectError::Cancelled,
    ];
    let mut longest = 0;
    for arrival in fixture::arrivals() {
        let expected = turns(&native, arrival.clone(), None);
        assert_eq!(turns(&component, arrival.clone(), None), expected, "{arrival:?}");
        longest = longest.max(expected.len());
        for at in 0..expected.len() - 1 {
            for error in &errors {
                let fault = Some((at, error.clone()));
                assert_eq!(
                    turns(&component, arrival.clone(), fault.clone()),
                    turns(&native, arrival.clone(), fault),
                    "{error:?} at {at} of {arrival:?}"
                );
            }
        }
    }
    assert!(longest >= 5, "the fixture's exchanges are too short to show anything: {longest}");
}

#[test]
fn both_engines_give_the_same_account() {
    let (native, component) = (engine(EngineKind::Native), engine(EngineKind::Component));
    for arrival in fixture::arrivals() {
        let arrival = Arrival { is_explained: true, ..arrival };
        let expected = turns(&native, arrival.clone(), None);
        assert_eq!(turns(&component, arrival.clone(), None), expected, "{arrival:?}");
        let last: Turn = decode(expected.last().expect("a turn")).unwrap();
        let is_account = |notice: &Notice| match notice {
            Notice::Explain(transcript) => transcript.entries.len() > 3,
            _ => false,
        };
        assert!(last.notices.iter().any(is_account), "{:?}", last.notices);
    }
}

#[test]
fn both_engines_inspect_for_distributions_alike() {
    let mut snapshot = Snapshot::from_bytes(&fixture::snapshot()).unwrap();
    snapshot.web_acls.push(WebAcl {
        name: "edge".into(),
        document: r#"{"WebACL": {"Name": "edge", "Id": "1", "ARN": "arn:edge", "DefaultAction": {"Allow": {}}, "Rules": [
            {"Name": "evil", "Priority": 0, "Action": {"Block": {}}, "VisibilityConfig": {}, "Statement":
                {"ByteMatchStatement": {"SearchString": "ZXZpbA==", "PositionalConstraint": "CONTAINS",
                    "FieldToMatch": {"UriPath": {}}, "TextTransformations": [{"Priority": 0, "Type": "NONE"}]}}}],
            "VisibilityConfig": {}, "Capacity": 1}}"#
            .into(),
        ..WebAcl::default()
    });
    let web_acl = snapshot.web_acls.len() as u32 - 1;
    let bytes = snapshot.to_bytes();
    let [native, component] = [EngineKind::Native, EngineKind::Component]
        .map(|kind| Engine::start(kind, bytes.clone().into()).expect("it is served"));
    for (target, expected) in [("/open", 100), ("/evil", 403)] {
        let mut arrival = fixture::http_proxy();
        arrival.request.target = target.into();
        let (source_id, request_id) = ("d".into(), "id".into());
        arrival.inspection = Some(Box::new(Inspection { web_acl, source_id, request_id }));
        let told = turns(&native, arrival.clone(), None);
        assert_eq!(turns(&component, arrival, None), told, "{target}");
        let last: Turn = decode(told.last().expect("a turn")).unwrap();
        assert_eq!(status(&last), expected, "{target}");
    }
}

#[test]
fn a_misused_exchange_is_answered_500_and_the_engine_goes_on() {
    for kind in [EngineKind::Native, EngineKind::Component] {
        let engine = engine(kind);
        let (mut exchange, first) = engine.begin(fixture::http_proxy());
        assert!(matches!(first.next, Next::Perform(_)));
        let wrong = Outcome::VerifySignature(Ok(true));
        let turn = engine.resume(&mut exchange, Timestamp(fixture::NOW_MS), wrong.clone());
        assert_eq!(status(&turn), 500, "{kind:?}");
        let recorded = fixture::recorded(&turn);
        assert_eq!(recorded.0, ("rest".into(), "prod".into(), 500), "{kind:?}");
        assert!(recorded.1.contains(r#""status":"500""#), "{kind:?}: {}", recorded.1);
        let again = engine.resume(&mut exchange, Timestamp(fixture::NOW_MS), wrong);
        assert_eq!((status(&again), again.notices.len()), (500, 0), "{kind:?}");
        assert!(turns(&engine, fixture::http_proxy(), None).len() > 2);
    }
}

#[test]
fn an_exchange_ends_on_the_snapshot_that_it_began_with() {
    for kind in [EngineKind::Native, EngineKind::Component] {
        let engine = engine(kind);
        let expected = turns(&engine, fixture::http_proxy(), None);
        let (mut exchange, mut turn) = engine.begin(fixture::http_proxy());
        engine.deploy(empty_snapshot()).unwrap();
        let (_, refused) = engine.begin(fixture::http_proxy());
        assert_eq!(status(&refused), 403, "{kind:?}: no API any more");
        let mut position = 0;
        while let Next::Perform(effect) = &turn.next {
            position += 1;
            let now = Timestamp(fixture::NOW_MS + 7 * position);
            turn = engine.resume(&mut exchange, now, fixture::outcome(effect));
        }
        assert_eq!(encode(&turn), *expected.last().unwrap(), "{kind:?}");
    }
}

#[test]
fn a_refused_snapshot_leaves_the_old_one_serving() {
    for kind in [EngineKind::Native, EngineKind::Component] {
        let engine = engine(kind);
        let refused = engine.deploy(b"not a snapshot".as_slice().into()).unwrap_err();
        assert_eq!(refused.to_string(), "not an Edgeway snapshot");
        assert!(turns(&engine, fixture::http_proxy(), None).len() > 2);
    }
}

#[test]
fn an_exchange_of_another_engine_is_answered_500() {
    let (native, component) = (engine(EngineKind::Native), engine(EngineKind::Component));
    let (mut exchange, turn) = native.begin(fixture::http_proxy());
    let Next::Perform(effect) = turn.next else { panic!("it sends a request") };
    assert!(matches!(exchange, ExchangeHandle::Native(_)));
    let turn = component.resume(&mut exchange, Timestamp(0), fixture::outcome(&effect));
    assert_eq!(status(&turn), 500);
}

fn empty_snapshot() -> std::sync::Arc<[u8]> {
    let mut snapshot = Snapshot::from_bytes(&fixture::snapshot()).unwrap();
    snapshot.apis.clear();
    snapshot.to_bytes().into()
}
