//! RFC 9111 §4: which requests are "collapsed".

use std::vec::Vec;

use super::*;
use crate::{Received, Unusable, Wish, receive, respond_to_head, unconditional, would_be_stored};

fn wish_of(policy: &Policy, method: &str, asked: Lines<'_>, stored: &[&Stored]) -> Option<Wish> {
    let asked = fields(asked);
    Wish::of(policy, &Request { method, fields: &asked }, stored, Unusable::Miss, false)
}

fn wish(method: &str, asked: Lines<'_>, stored: &[&Stored]) -> Wish {
    wish_of(&plain(), method, asked, stored).expect("it may wait")
}

fn varying(names: &str, asked: Lines<'_>) -> Stored {
    store_by(&plain(), asked, 200, &[("Cache-Control", "max-age=60"), ("Vary", names)]).unwrap()
}

#[test]
fn requests_wish_the_same_where_one_answer_does_for_both() {
    let same: [(Lines<'_>, Lines<'_>); 3] = [
        (&[("Other", "1")], &[("Other", "2")]),
        (&[("Range", "bytes=0-3")], &[("Range", "bytes= 0-3")]),
        (&[("Accept-Language", "de, en")], &[("Accept-Language", "EN,de")]),
    ];
    let stored = varying("Accept-Language", &[]);
    for (one, other) in same {
        assert_eq!(wish("GET", one, &[&stored]), wish("GET", other, &[&stored]), "{one:?}");
    }
    let all: [Lines<'_>; 8] = [
        &[],
        &[("Accept-Language", "")],
        &[("Accept-Language", "de")],
        &[("Range", "bytes=0-3")],
        &[("Range", "bytes=0-")],
        &[("Range", "bytes=-3")],
        &[("Range", "bytes=0-3,6-9")],
        &[("Range", "bytes=0-3"), ("If-Range", "\"1\"")],
    ];
    let mut names: Vec<_> = all.iter().map(|asked| wish("GET", asked, &[&stored]).shared).collect();
    names.push(wish("HEAD", &[], &[&stored]).shared);
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn variants_are_told_apart_by_all_that_any_of_them_varies_by() {
    let by = [varying("A", &[("A", "1")]), varying("B, A", &[("A", "2"), ("B", "1")])];
    let stored: Vec<&Stored> = by.iter().collect();
    let of = |a: &str, b: &str| wish("GET", &[("A", a), ("B", b), ("C", "c")], &stored).shared;
    assert_eq!(of("1", "1"), wish("GET", &[("B", "1"), ("A", "1")], &stored).shared);
    assert_ne!(of("1", "1"), of("1", "2"));
    assert_ne!(of("1", "1"), of("2", "1"));
    // As long as nobody knows of any, all are one.
    let unknown = |a: &str| wish("GET", &[("A", a)], &[]);
    assert_eq!(unknown("1"), unknown("2"));
}

#[test]
fn conditions_are_a_clients_own_until_it_asks_for_all() {
    let (plain, own) = (wish("GET", &[], &[]), wish("GET", &[("If-None-Match", "\"1\"")], &[]));
    assert_eq!((plain.own, own.shared == plain.shared), (plain.shared, true));
    assert_ne!(own.own, own.shared);
    let asked = fields(&[
        ("If-None-Match", "\"1\""),
        ("If-Modified-Since", &date(0)),
        ("Range", "bytes=0-3"),
        ("If-Range", "\"1\""),
    ]);
    assert_eq!(unconditional(&asked), fields(&[("Range", "bytes=0-3"), ("If-Range", "\"1\"")]));
}

#[test]
fn a_head_waits_for_a_get_and_a_range_for_none() {
    let get = wish("GET", &[], &[]).shared;
    assert_eq!(wish("HEAD", &[], &[]).whole, Some(get));
    assert_eq!(wish("GET", &[("Range", "bytes=0-3")], &[]).whole, None);
    // RFC 9110 §14.2: ranges are of GET.
    assert_eq!(wish("HEAD", &[("Range", "bytes=0-3")], &[]), wish("HEAD", &[], &[]));
}

#[test]
fn what_is_validated_is_validated_for_all() {
    let stored = store(&[("Cache-Control", "max-age=2"), ("ETag", "\"1\"")]).unwrap();
    let of = |asked: Lines<'_>| {
        let asked = fields(asked);
        let request = Request { method: "GET", fields: &asked };
        Wish::of(&plain(), &request, &[&stored], Unusable::Stale, true)
    };
    assert!(of(&[]).is_some());
    assert_eq!(of(&[]), of(&[("If-None-Match", "\"0\"")]));
    assert_eq!(of(&[]), of(&[("Range", "bytes=0-3")]));
}

#[test]
fn who_insists_on_an_answer_of_its_own_waits_for_nobody() {
    let insisting: [Lines<'_>; 5] = [
        &[("Cache-Control", "no-cache")],
        &[("Cache-Control", "no-store")],
        &[("Cache-Control", "max-age=0")],
        &[("If-Match", "\"1\"")],
        &[("If-Unmodified-Since", "Sun, 06 Nov 1994 08:49:37 GMT")],
    ];
    for asked in insisting {
        assert_eq!(wish_of(&plain(), "GET", asked, &[]), None, "{asked:?}");
    }
    let unheeding = Policy { heeds_clients: false, ..plain() };
    assert!(wish_of(&unheeding, "GET", insisting[1], &[]).is_some());
}

#[test]
fn a_304_tells_whether_the_whole_would_be_stored() {
    let is = |status: u16, lines: Lines<'_>| {
        let (asked, answered) = (fields(&[("If-None-Match", "\"1\"")]), fields(lines));
        let request = Request { method: "GET", fields: &asked };
        let response = Response { status, fields: &answered, requested_at: NOW, received_at: NOW };
        would_be_stored(&plain(), &request, &response)
    };
    assert!(is(304, &[("ETag", "\"1\"")]));
    assert!(is(304, &[("Cache-Control", "max-age=60")]));
    assert!(!is(304, &[("ETag", "\"1\""), ("Cache-Control", "private")]));
    assert!(!is(304, &[("ETag", "\"1\""), ("Vary", "*")]));
    assert!(!is(200, &[("Cache-Control", "max-age=60")]));
}

#[test]
fn what_a_head_is_answered_does_for_heads() {
    // RFC 9110 §9.3.2.
    let none = Fields::new();
    let answered =
        fields(&[("Cache-Control", "max-age=60"), ("ETag", "\"1\""), ("Content-Length", "9")]);
    let request = Request { method: "HEAD", fields: &none };
    let response = Response { status: 200, fields: &answered, requested_at: NOW, received_at: NOW };
    let Received::Head(stored) = receive(&plain(), &request, None, &response) else { panic!() };
    let served = respond_to_head(&stored, &request, later(3));
    assert_eq!((served.status, served.fields.text("content-length")), (200, Some("9")));
    assert_eq!(served.fields.text("age"), Some("3"));
    let asked = fields(&[("If-None-Match", "\"1\"")]);
    let served = respond_to_head(&stored, &Request { method: "HEAD", fields: &asked }, NOW);
    assert_eq!((served.status, served.fields.text("content-length")), (304, None));
    let private = fields(&[("Cache-Control", "private")]);
    for (status, fields) in [(200, &private), (206, &answered), (304, &answered)] {
        let response = Response { status, fields, ..response };
        let received = receive(&plain(), &request, None, &response);
        assert!(matches!(received, Received::Pass(_)), "{status}");
    }
}
