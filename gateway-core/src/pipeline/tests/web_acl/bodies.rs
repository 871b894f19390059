//! How much of a body is inspected, and what becomes of one that is larger.

use alloc::format;
use alloc::string::String;
use alloc::vec;

use super::{BLOCK, NONE, gateway_of, managed, rule};
use crate::effect::{Effect, Outcome};
use crate::pipeline::world::{posted, run};

/// The sizes that AWS offers for API Gateway; `None` is its default.
const LIMITS: [(Option<&str>, usize); 6] = [
    (None, 16),
    (Some("KB_8"), 8),
    (Some("KB_16"), 16),
    (Some("KB_32"), 32),
    (Some("KB_48"), 48),
    (Some("KB_64"), 64),
];

fn association(limit: Option<&str>) -> String {
    let Some(limit) = limit else { return String::new() };
    format!(
        r#""AssociationConfig": {{"RequestBody": {{"API_GATEWAY": {{"DefaultSizeInspectionLimit": "{limit}"}}}}}},"#
    )
}

/// Whether a body is refused that has `needle` where the last of `bytes` are. What is behind the ACL may not
/// like it either, for reasons of its own.
fn stops(rules: &[String], limit: Option<&str>, bytes: usize, needle: &[u8]) -> bool {
    let gateway = gateway_of(rules, &association(limit));
    let mut content = vec![b'-'; bytes - needle.len()];
    content.extend_from_slice(needle);
    let fields = ["Content-Type: text/plain", "User-Agent: t"];
    run(&gateway, posted("POST /prod/a", &fields), move |effect| match effect {
        Effect::PeekContent(peek) => {
            let end = content.len().min(peek.bytes_max as usize + 1);
            Some(Outcome::PeekContent(Ok(content[..end].to_vec().into())))
        }
        Effect::ReadContent(_) => Some(Outcome::ReadContent(Ok(content.clone().into()))),
        _ => None,
    })
    .response
    .status
        == 403
}

fn contains(handling: &str) -> String {
    let statement = format!(
        r#"{{"ByteMatchStatement": {{"SearchString": "bmVlZGxl", "PositionalConstraint": "CONTAINS",
            "FieldToMatch": {{"Body": {{"OversizeHandling": "{handling}"}}}},
            "TextTransformations": [{{"Priority": 0, "Type": "NONE"}}]}}}}"#
    );
    rule("x", 0, &statement, BLOCK)
}

#[test]
fn a_body_is_inspected_up_to_the_size_that_the_acl_asks_for() {
    for (limit, kilobytes) in LIMITS {
        let most = kilobytes * 1024;
        for handling in ["CONTINUE", "NO_MATCH", "MATCH"] {
            let rules = [contains(handling)];
            assert!(stops(&rules, limit, most, b"needle"), "{limit:?} {handling}");
            assert!(!stops(&rules, limit, most, b"nothing"), "{limit:?} {handling}");
        }
    }
}

#[test]
fn what_is_larger_is_as_the_rule_handles_it() {
    for (limit, kilobytes) in LIMITS {
        let beyond = kilobytes * 1024 + 1;
        for (handling, expected) in [("CONTINUE", false), ("NO_MATCH", false), ("MATCH", true)] {
            let rules = [contains(handling)];
            // Its last byte is beyond what is seen.
            assert_eq!(stops(&rules, limit, beyond, b"needle"), expected, "{limit:?} {handling}");
        }
        let (seen, unseen) = ([contains("CONTINUE")], [contains("NO_MATCH")]);
        let within = [&b"needle"[..], &[b'-'; 64]].concat();
        assert!(stops(&seen, limit, beyond, &within), "{limit:?}: its beginning is");
        assert!(!stops(&unseen, limit, beyond, &within), "{limit:?}");
    }
}

#[test]
fn size_restrictions_begin_where_aws_has_them() {
    let rules = [rule("common", 0, &managed("AWSManagedRulesCommonRuleSet"), NONE)];
    for (limit, kilobytes) in LIMITS {
        let stops = |bytes: usize| stops(&rules, limit, bytes, b"");
        assert!(!stops(8 * 1024), "{limit:?}");
        assert!(stops(8 * 1024 + 1), "{limit:?}");
        assert!(stops(kilobytes * 1024 + 1), "{limit:?}");
    }
}

#[test]
fn sizes_of_bodies_that_are_larger_are_what_was_seen_of_them() {
    let statement = r#"{"SizeConstraintStatement": {"ComparisonOperator": "GT", "Size": 16383,
        "FieldToMatch": {"Body": {"OversizeHandling": "CONTINUE"}},
        "TextTransformations": [{"Priority": 0, "Type": "NONE"}]}}"#;
    let rules = [rule("size", 0, statement, BLOCK)];
    assert!(!stops(&rules, None, 16_383, b""));
    assert!(stops(&rules, None, 16_384, b""));
    assert!(stops(&rules, None, 100_000, b""));
}
