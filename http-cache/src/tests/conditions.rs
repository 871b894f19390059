//! Conditions of clients: RFC 9111 §4.3.2, RFC 9110 §13.

use super::*;
use crate::{Content, Served, Unusable, respond};

fn answer(stored: &Stored, asked: Lines<'_>) -> Served {
    let asked = fields(asked);
    respond(stored, &Request { method: "GET", fields: &asked }, 5, later(3))
}

fn stored(lines: Lines<'_>) -> Stored {
    let mut answered = std::vec![("Cache-Control", "max-age=60"), ("Content-Type", "a/b")];
    answered.extend(lines);
    store(&answered).unwrap()
}

#[test]
fn a_stored_response_is_sent_with_its_age() {
    // §4: "MUST generate an Age header field"; §4.2.3
    let stored = stored(&[("Age", "30"), ("Date", &date(0))]);
    let served = answer(&stored, &[]);
    assert_eq!((served.status, served.content), (200, Content::Whole));
    assert_eq!(served.fields.all("age").collect::<std::vec::Vec<_>>(), [b"33"]);
    assert_eq!(served.fields.text("date"), Some(&*date(0)));
}

#[test]
fn a_client_that_has_it_is_told_so() {
    let stored = stored(&[("ETag", "\"a\""), ("Last-Modified", &date(-3000))]);
    for named in ["\"a\"", "\"x\", \"a\", \"y\"", "W/\"a\"", "*", "\"x\",\"a\""] {
        let served = answer(&stored, &[("If-None-Match", named)]);
        assert_eq!((served.status, served.content), (304, Content::None), "{named}");
        assert_eq!(served.fields.text("etag"), Some("\"a\""));
        assert!(!served.fields.contains("content-type") && served.fields.contains("age"));
    }
    assert_eq!(answer(&stored, &[("If-None-Match", "\"b\"")]).status, 200);
}

#[test]
fn if_none_match_comes_before_if_modified_since() {
    let stored = stored(&[("ETag", "\"a\""), ("Last-Modified", &date(-3000))]);
    let since = date(-1);
    let asked = [("If-None-Match", "\"b\""), ("If-Modified-Since", &*since)];
    assert_eq!(answer(&stored, &asked).status, 200);
}

#[test]
fn if_modified_since_goes_by_last_modified_or_else_by_date() {
    let since =
        |stored: &Stored, seconds| answer(stored, &[("If-Modified-Since", &date(seconds))]).status;
    let modified = stored(&[("Last-Modified", &date(-3000))]);
    assert_eq!([since(&modified, -3000), since(&modified, -2000)], [304, 304]);
    assert_eq!(since(&modified, -3001), 200);
    let unknown = stored(&[("Date", &date(0))]);
    assert_eq!([since(&unknown, 0), since(&unknown, -3000)], [304, 200]);
    assert_eq!(answer(&modified, &[("If-Modified-Since", "x")]).status, 200);
    let obsolete = [("If-Modified-Since", "Sunday, 06-Nov-94 08:49:37 GMT")];
    assert_eq!(answer(&modified, &obsolete).status, 304);
}

#[test]
fn tags_that_are_not_quoted_match_as_they_stand() {
    let bare = stored(&[("ETag", "abc")]);
    assert_eq!(answer(&bare, &[("If-None-Match", "abc")]).status, 304);
    assert_eq!(answer(&bare, &[("If-None-Match", "\"abc\"")]).status, 200);
}

#[test]
fn an_error_is_never_not_modified() {
    // RFC 9110 §13.2.1
    let fresh = [("Cache-Control", "max-age=60"), ("ETag", "\"a\"")];
    let stored = store_by(&plain(), &[], 404, &fresh).unwrap();
    assert_eq!(answer(&stored, &[("If-None-Match", "\"a\"")]).status, 404);
}

#[test]
fn conditions_for_changes_are_the_origins() {
    // §4.3.2: "not applicable to a cache"
    let stored = stored(&[("ETag", "\"a\"")]);
    for asked in [("If-Match", "\"a\""), ("If-Unmodified-Since", "x")] {
        assert_eq!(decide(&stored, &[asked], 0), Decision::Forward(Unusable::Request));
    }
}

#[test]
fn head_is_answered_from_what_get_stored() {
    let (stored, none) = (stored(&[]), Fields::new());
    let served = respond(&stored, &Request { method: "HEAD", fields: &none }, 5, NOW);
    assert_eq!((served.status, served.content), (200, Content::None));
    assert_eq!(served.fields.text("content-length"), Some("5"));
}
