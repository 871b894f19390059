//! Serving stale: RFC 9111 §4.2.4, RFC 5861.

use super::*;
use crate::{Unusable, stale_on_error};

fn on_error(policy: &Policy, stored: &Stored, seconds: u64) -> bool {
    let none = Fields::new();
    let request = Request { method: "GET", fields: &none };
    stale_on_error(policy, &request, &[stored], None, later(seconds)).is_some()
}

#[test]
fn a_stale_response_is_validated_if_it_can_be() {
    // §4.3.1
    let stored = |lines: Lines<'_>| {
        let mut answered = std::vec![("Cache-Control", "max-age=1")];
        answered.extend(lines);
        store(&answered).unwrap()
    };
    let tagged = stored(&[("ETag", "W/\"a\""), ("Last-Modified", "x")]);
    let Decision::Validate { fields, why, index: 0 } = decide(&tagged, &[], 3) else { panic!() };
    assert_eq!(why, Unusable::Stale);
    assert_eq!(fields.text("if-none-match"), Some("W/\"a\""));
    assert_eq!(fields.text("if-modified-since"), Some("x"));
    assert_eq!(decide(&stored(&[]), &[], 3), Decision::Forward(Unusable::Stale));
}

#[test]
fn the_clients_own_conditions_do_not_reach_the_origin_beside_the_caches() {
    let stored = store(&[("Cache-Control", "max-age=1"), ("ETag", "\"a\"")]).unwrap();
    let asked = [
        ("If-None-Match", "\"b\""),
        ("If-Modified-Since", "x"),
        ("Range", "bytes=0-1"),
        ("If-Range", "\"b\""),
        ("Accept", "*/*"),
    ];
    let Decision::Validate { fields, .. } = decide(&stored, &asked, 3) else { panic!() };
    assert_eq!(fields, super::fields(&[("Accept", "*/*"), ("If-None-Match", "\"a\"")]));
}

#[test]
fn stale_while_revalidate_answers_and_asks_within_its_window() {
    // RFC 5861 §3
    let answered = [("Cache-Control", "max-age=1, stale-while-revalidate=4"), ("ETag", "\"a\"")];
    let stored = store(&answered).unwrap();
    assert!(matches!(decide(&stored, &[], 4), Decision::ServeAndRevalidate { age_s: 4, .. }));
    assert!(matches!(decide(&stored, &[], 5), Decision::Validate { .. }));
    let answered = [("Cache-Control", "max-age=1, stale-while-revalidate=4, must-revalidate")];
    let stored = store(&answered).unwrap();
    assert!(matches!(decide(&stored, &[], 3), Decision::Forward(Unusable::Stale)));
}

#[test]
fn stale_if_error_answers_for_an_origin_that_fails() {
    // RFC 5861 §4
    let stored = store(&[("Cache-Control", "max-age=2, stale-if-error=60")]).unwrap();
    assert!(on_error(&plain(), &stored, 61) && !on_error(&plain(), &stored, 62));
    let stored = store(&[("Cache-Control", "max-age=2")]).unwrap();
    assert!(!on_error(&plain(), &stored, 3));
}

#[test]
fn without_a_word_of_the_origin_the_operator_decides() {
    let policy = Policy { stale_on_error_s: 100, ..plain() };
    let stored = store(&[("Cache-Control", "max-age=2")]).unwrap();
    assert!(on_error(&policy, &stored, 101) && !on_error(&policy, &stored, 102));
    let stored = store(&[("Cache-Control", "max-age=2, stale-if-error=0")]).unwrap();
    assert!(!on_error(&policy, &stored, 3), "the origin's own word comes first");
}

#[test]
fn an_origin_may_forbid_it() {
    // §4.2.4
    let policy = Policy { stale_on_error_s: 100, ..plain() };
    for directive in ["must-revalidate", "proxy-revalidate", "no-cache", "s-maxage=2"] {
        let value = std::format!("max-age=2, {directive}");
        let stored = store(&[("Cache-Control", &*value), ("ETag", "\"a\"")]).unwrap();
        assert!(!on_error(&policy, &stored, 3), "{directive}");
        let asked = [("Cache-Control", "max-stale=1000")];
        assert!(!is_served(&stored, &asked, 3), "{directive}");
    }
}

#[test]
fn only_an_origin_that_failed_is_answered_for() {
    let stored = store(&[("Cache-Control", "max-age=1, stale-if-error=60")]).unwrap();
    let none = Fields::new();
    let request = Request { method: "GET", fields: &none };
    let answers = |answered| {
        stale_on_error(&Policy::default(), &request, &[&stored], answered, later(3)).is_some()
    };
    assert!([None, Some(500), Some(502), Some(503), Some(504)].into_iter().all(answers));
    assert!(![Some(200), Some(304), Some(404), Some(501)].into_iter().any(answers));
}

#[test]
fn the_operators_maximum_bounds_how_long_is_stale_what_says_so_itself() {
    let stored = |max_ttl_s| {
        let said = "max-age=60, stale-while-revalidate=600, stale-if-error=600";
        let policy = Policy { max_ttl_s, ..plain() };
        store_by(&policy, &[], 200, &[("Cache-Control", said), ("ETag", "\"a\"")]).unwrap()
    };
    let is_stale = |stored: &Stored, seconds| {
        matches!(decide(stored, &[], seconds), Decision::ServeAndRevalidate { .. })
    };
    let bounded = stored(100);
    assert!(is_stale(&bounded, 99) && !is_stale(&bounded, 100));
    assert!(on_error(&plain(), &bounded, 99) && !on_error(&plain(), &bounded, 100));
    let never = stored(0);
    assert!(!is_stale(&never, 0) && !on_error(&plain(), &never, 1));
    let free = stored(3600);
    assert!(is_stale(&free, 659) && !is_stale(&free, 660));
}
