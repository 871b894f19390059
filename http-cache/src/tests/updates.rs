//! What a response changes of what is stored: RFC 9111 §3.2, §4.3.4, §4.3.5, §4.4.

use super::*;
use crate::{CacheStatus, Received, Unusable, invalidated, receive};

fn validated(method: &str, stored: &Stored, status: u16, lines: Lines<'_>) -> Received {
    let (none, answered) = (Fields::new(), fields(lines));
    let request = Request { method, fields: &none };
    let response =
        Response { status, fields: &answered, requested_at: later(9), received_at: later(9) };
    receive(&plain(), &request, Some(stored), &response)
}

fn stored(lines: Lines<'_>) -> Stored {
    let mut answered = std::vec![("Cache-Control", "max-age=2"), ("ETag", "\"a\"")];
    answered.extend(lines);
    store(&answered).unwrap()
}

#[test]
fn a_304_makes_what_is_stored_fresh_with_its_fields() {
    let before = stored(&[("Test", "1"), ("Kept", "k"), ("Content-Length", "5")]);
    let lines = [
        ("ETag", "\"a\""),
        ("Test", "2"),
        ("Test", "3"),
        ("Content-Type", "x/y"),
        ("Content-Length", "9"),
        ("Content-Encoding", "br"),
        ("Content-Range", "bytes 0-1/2"),
        ("Content-MD5", "x"),
        ("Connection", "close"),
    ];
    let Received::Validated { stored, is_kept: true } = validated("GET", &before, 304, &lines)
    else {
        panic!()
    };
    let values = |name: &'static str| stored.fields.all(name).collect::<std::vec::Vec<_>>();
    assert_eq!(values("test"), [b"2", b"3"]);
    assert_eq!(
        (values("kept"), values("content-type")),
        (std::vec![&b"k"[..]], std::vec![&b"x/y"[..]])
    );
    assert_eq!(values("content-length"), [b"5"]);
    for name in ["content-encoding", "content-range", "content-md5", "connection"] {
        assert!(!stored.fields.contains(name), "{name}");
    }
    assert!(stored.is_fresh(later(10)) && !stored.is_fresh(later(11)));
}

#[test]
fn what_a_304_says_of_vary_counts_from_now_on() {
    // §3.2: the stored response's fields are the new ones, `Vary` among them.
    let before = stored(&[]);
    let lines = [("ETag", "\"a\""), ("Vary", "X-Tenant"), ("Cache-Control", "max-age=60")];
    let (asked, answered) = (fields(&[("X-Tenant", "a")]), fields(&lines));
    let request = Request { method: "GET", fields: &asked };
    let response =
        Response { status: 304, fields: &answered, requested_at: later(9), received_at: later(9) };
    let received = receive(&plain(), &request, Some(&before), &response);
    let Received::Validated { stored, is_kept: true } = received else { panic!("{received:?}") };
    assert!(is_served(&stored, &[("X-Tenant", "a")], 10));
    assert!(!is_served(&stored, &[("X-Tenant", "b")], 10));
}

#[test]
fn a_304_that_forbids_storing_answers_once() {
    let before = stored(&[]);
    let after = validated("GET", &before, 304, &[("Cache-Control", "no-store")]);
    assert!(matches!(after, Received::Validated { is_kept: false, .. }));
}

#[test]
fn a_304_about_something_else_updates_nothing() {
    // §4.3.4
    let after = validated("GET", &stored(&[]), 304, &[("ETag", "\"b\"")]);
    assert_eq!(after, Received::Repeat);
}

#[test]
fn what_was_validated_and_answered_anew_is_replaced_or_gone() {
    let before = stored(&[]);
    let fresh = [("Cache-Control", "max-age=2"), ("ETag", "\"b\"")];
    assert!(matches!(validated("GET", &before, 200, &fresh), Received::Store(_)));
    assert!(matches!(validated("GET", &before, 200, &[]), Received::Outdated(_)));
    assert!(matches!(validated("GET", &before, 503, &[]), Received::Pass(_)));
}

#[test]
fn the_answer_to_head_updates_what_it_is_about() {
    // §4.3.5
    let before = stored(&[("Content-Length", "5"), ("Test", "1")]);
    let lines = [("Cache-Control", "max-age=60"), ("ETag", "\"a\""), ("Test", "2")];
    let Received::Refreshed(after) = validated("HEAD", &before, 200, &lines) else { panic!() };
    assert_eq!(after.fields.text("test"), Some("2"));
    assert!(after.is_fresh(later(60)));
    // Asked about "a", and not answered with 304: what names no validator does not confirm it.
    for other in [("ETag", "\"b\""), ("Content-Length", "6"), ("Content-Length", "5")] {
        let lines = [("Cache-Control", "max-age=60"), other];
        let after = validated("HEAD", &before, 200, &lines);
        assert!(matches!(after, Received::Outdated(_)), "{other:?}");
    }
}

#[test]
fn unsafe_methods_invalidate_their_target_and_what_they_name() {
    // §4.4
    let gone = |method: &str, status, lines: Lines<'_>| {
        invalidated(method, "a.example:8080", "/x/y?q", status, &fields(lines))
    };
    for method in ["POST", "PUT", "DELETE", "PATCH", "M-SEARCH"] {
        assert_eq!(gone(method, 200, &[]), ["/x/y?q"], "{method}");
        assert!(gone(method, 500, &[]).is_empty(), "{method}");
    }
    for method in ["GET", "HEAD", "OPTIONS", "TRACE"] {
        assert!(gone(method, 200, &[]).is_empty(), "{method}");
    }
    for (named, target) in [
        ("/z", "/z"),
        ("z", "/x/z"),
        ("../z?r", "/z?r"),
        ("./", "/x/"),
        ("?r", "/x/y?r"),
        ("http://A.example:8080/z#f", "/z"),
        ("//a.example:8080", "/"),
        ("/../../z/.", "/z/"),
    ] {
        assert_eq!(gone("POST", 201, &[("Location", named)]), ["/x/y?q", target], "{named}");
        assert_eq!(gone("POST", 201, &[("Content-Location", named)]), ["/x/y?q", target]);
    }
}

#[test]
fn nobody_invalidates_another_origins_responses() {
    for named in ["http://b.example/z", "//a.example/z", "mailto:x", "http:z", "https://"] {
        let lines = fields(&[("Location", named)]);
        assert_eq!(invalidated("POST", "a.example:8080", "/x", 200, &lines), ["/x"], "{named}");
    }
}

#[test]
fn a_cache_says_what_it_did() {
    // RFC 9211
    let stored = store(&[("Cache-Control", "max-age=2"), ("Content-Length", "7")]).unwrap();
    assert_eq!(stored.content_length(&fields(&[("Content-Length", "7")])), Some(7));
    let hit = CacheStatus::default().stored(&stored, later(5));
    assert_eq!(hit.to_value("Edgeway"), "Edgeway; hit; ttl=-3");
    let miss = CacheStatus {
        forwarded: Some(Unusable::Stale),
        forward_status: Some(304),
        is_stored: true,
        ..CacheStatus::default()
    };
    assert_eq!(miss.to_value("Edgeway"), "Edgeway; fwd=stale; fwd-status=304; stored");
}

#[test]
fn what_is_stored_and_answers_after_a_request_to_the_origin_is_no_hit() {
    // RFC 9211 §2.1: "it was not forwarded"; §2.2: `fwd` says that it was.
    let stored = store(&[("Cache-Control", "max-age=2")]).unwrap();
    let failed = CacheStatus {
        forwarded: Some(Unusable::Stale),
        forward_status: Some(503),
        ..CacheStatus::default()
    };
    let said = "Edgeway; fwd=stale; fwd-status=503; ttl=-3";
    assert_eq!(failed.stored(&stored, later(5)).to_value("Edgeway"), said);
    // §2.6: the other request's answer was reused, or a new one had to be made.
    let mut waiting = CacheStatus::default();
    waiting.wait(Unusable::Miss);
    let said = "Edgeway; fwd=uri-miss; ttl=2; collapsed";
    assert_eq!(waiting.clone().stored(&stored, later(0)).to_value("Edgeway"), said);
    waiting.ask();
    assert_eq!(waiting.to_value("Edgeway"), "Edgeway; fwd=uri-miss; collapsed=?0");
}

#[test]
fn the_answer_to_head_says_nothing_of_a_stored_error() {
    let answered = [("Cache-Control", "max-age=1"), ("ETag", "\"a\"")];
    let error = store_by(&plain(), &[], 404, &answered).unwrap();
    let (asked, fields) = (Fields::new(), fields(&answered));
    let request = Request { method: "HEAD", fields: &asked };
    let response = Response { status: 200, fields: &fields, requested_at: NOW, received_at: NOW };
    let received = receive(&plain(), &request, Some(&error), &response);
    assert!(matches!(received, Received::Outdated(_)), "{received:?}");
}
