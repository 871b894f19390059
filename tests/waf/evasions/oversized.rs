//! Bodies beyond the limit of inspection: what each `OversizeHandling` makes of them, and what lies beyond.

use serde_json::{Value, json};
use tests::target::Engine;
use tests::waf::{Case, Request, Verdict, judge_by};

use super::request;

/// What is inspected of a body, where the web ACL says nothing else.
const LIMIT: usize = 16 * 1024;

/// Blocks bodies with `evil` in them.
fn rule(handling: &str) -> Value {
    json!({
        "Name": "evil", "Priority": 0, "Action": {"Block": {}},
        "Statement": {"ByteMatchStatement": {
            "SearchString": "ZXZpbA==", "PositionalConstraint": "CONTAINS",
            "FieldToMatch": {"Body": {"OversizeHandling": handling}},
            "TextTransformations": [{"Priority": 0, "Type": "NONE"}],
        }},
    })
}

/// A body of this length in which `evil` stands at this place.
fn body(length: usize, evil_at: Option<usize>) -> Request {
    let mut content = vec![b'a'; length];
    if let Some(at) = evil_at {
        content[at..at + 4].copy_from_slice(b"evil");
    }
    request("POST", "/", &[("Content-Type", "application/json")], &content)
}

/// Which of the bodies below this handling has stopped.
async fn stopped(engine: Engine, handling: &str) -> Vec<&'static str> {
    let bodies = [
        ("as long as the limit", body(LIMIT, None)),
        ("as long, evil", body(LIMIT, Some(LIMIT - 4))),
        ("longer", body(LIMIT + 1, None)),
        ("longer, evil within", body(3 * LIMIT, Some(LIMIT - 4))),
        ("longer, evil across", body(3 * LIMIT, Some(LIMIT - 3))),
        ("longer, evil beyond", body(3 * LIMIT, Some(2 * LIMIT))),
    ];
    let names = bodies.each_ref().map(|(name, _)| *name);
    let cases = bodies.map(|(name, request)| Case {
        name: name.into(),
        requests: vec![request],
        ..Case::default()
    });
    let verdicts = judge_by(engine, vec![rule(handling)], &cases).await;
    let verdicts = verdicts.expect("a gateway that answers");
    let refused = verdicts.iter().any(|verdict| matches!(verdict, Verdict::Refused(_)));
    assert!(!refused, "every body comes to the web ACL: {verdicts:?}");
    let stopped = names.into_iter().zip(&verdicts);
    stopped.filter(|(_, verdict)| **verdict != Verdict::Passed).map(|(name, _)| name).collect()
}

const ENGINES: [Engine; 3] = [Engine::Native, Engine::Component, Engine::Worker];

#[tokio::test]
async fn continue_looks_at_what_is_within_the_limit_and_at_nothing_beyond() {
    for engine in ENGINES {
        let expected = ["as long, evil", "longer, evil within"];
        assert_eq!(stopped(engine, "CONTINUE").await, expected, "{engine}");
    }
}

#[tokio::test]
async fn match_stops_every_body_beyond_the_limit() {
    for engine in ENGINES {
        let expected = [
            "as long, evil",
            "longer",
            "longer, evil within",
            "longer, evil across",
            "longer, evil beyond",
        ];
        assert_eq!(stopped(engine, "MATCH").await, expected, "{engine}");
    }
}

#[tokio::test]
async fn no_match_lets_every_body_beyond_the_limit_through() {
    for engine in ENGINES {
        assert_eq!(stopped(engine, "NO_MATCH").await, ["as long, evil"], "{engine}");
    }
}
