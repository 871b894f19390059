//! RFC 9111 §3.

use super::*;
use crate::Unusable;

const FRESH: (&str, &str) = ("Cache-Control", "max-age=60");

#[test]
fn any_final_status_with_freshness_is_stored() {
    for status in [200, 203, 204, 299, 301, 302, 303, 307, 308, 400, 404, 410, 499, 500, 503, 599] {
        let stored = store_by(&plain(), &[], status, &[FRESH]).unwrap();
        assert!(is_served(&stored, &[], 3), "{status}");
        let late = [("Expires", &*date(-5000)), ("Date", &*date(0))];
        assert!(store_by(&plain(), &[], status, &late).is_err(), "{status}");
    }
    for status in [100, 103, 304] {
        assert_eq!(store_by(&plain(), &[], status, &[FRESH]), Err(NotStored::Status));
    }
}

#[test]
fn must_understand_is_about_statuses_that_are_implemented() {
    // §5.2.2.3
    let answered = [("Cache-Control", "max-age=60, must-understand, no-store")];
    assert!(store_by(&plain(), &[], 200, &answered).is_ok());
    assert_eq!(store_by(&plain(), &[], 599, &answered), Err(NotStored::NotUnderstood));
}

#[test]
fn answers_to_other_methods_are_not_stored() {
    let (none, answered) = (Fields::new(), fields(&[FRESH]));
    let response = Response { status: 200, fields: &answered, requested_at: NOW, received_at: NOW };
    for method in ["HEAD", "POST", "OPTIONS", "get"] {
        let request = Request { method, fields: &none };
        assert_eq!(Stored::new(&plain(), &request, &response), Err(NotStored::Method));
    }
    let stored = store(&[FRESH]).unwrap();
    let post = decide_by(&plain(), &[&stored], "POST", &[], 0);
    assert_eq!(post, Decision::Forward(Unusable::Method));
}

#[test]
fn private_responses_are_not_for_a_shared_cache() {
    let answered = [("Cache-Control", "private, max-age=60")];
    assert_eq!(store(&answered), Err(NotStored::Private));
}

#[test]
fn what_a_client_does_not_want_stored_is_not() {
    // §5.2.1.5
    let asked = [("Cache-Control", "no-store")];
    assert_eq!(store_by(&plain(), &asked, 200, &[FRESH]), Err(NotStored::NoStore));
}

#[test]
fn an_answer_to_an_authenticated_request_is_for_all_where_it_says_so() {
    // §3.5
    let asked = [("Authorization", "FOO")];
    let stored =
        |policy: &Policy, value| store_by(policy, &asked, 200, &[("Cache-Control", value)]);
    assert_eq!(stored(&plain(), "max-age=60"), Err(NotStored::Authorization));
    for value in ["max-age=60, public", "max-age=60, must-revalidate", "s-maxage=60"] {
        assert!(stored(&plain(), value).is_ok(), "{value}");
    }
    let keyed = Policy { is_keyed_by_authorization: true, ..plain() };
    assert!(stored(&keyed, "max-age=60").is_ok());
}

#[test]
fn fields_of_the_connection_and_of_proxies_are_not_stored() {
    // §3.1
    let answered = [
        FRESH,
        ("Connection", "a, B"),
        ("a", "1"),
        ("b", "2"),
        ("c", "3"),
        ("Keep-Alive", "x"),
        ("Proxy-Authenticate", "x"),
        ("Proxy-Authentication-Info", "x"),
        ("Proxy-Authorization", "x"),
        ("Proxy-Connection", "x"),
        ("TE", "x"),
        ("Trailer", "x"),
        ("Transfer-Encoding", "chunked"),
        ("Upgrade", "x"),
    ];
    let stored = store(&answered).unwrap();
    let names: std::vec::Vec<_> = stored.fields.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(names, ["Cache-Control", "c"]);
}

#[test]
fn no_connection_takes_away_what_says_whether_a_response_is_stored() {
    let answered = [("Connection", "cache-control, vary"), FRESH, ("Vary", "Foo")];
    let stored = store_by(&plain(), &[("Foo", "1")], 200, &answered).unwrap();
    assert!(!is_served(&stored, &[("Foo", "2")], 0));
}

#[test]
fn all_other_fields_are_stored() {
    let answered = [FRESH, ("Set-Cookie", "a=b"), ("Content-Foo", "x"), ("ETag", "\"a\"")];
    assert_eq!(store(&answered).unwrap().fields, fields(&answered));
}

#[test]
fn a_response_is_kept_while_it_may_be_of_use() {
    let kept_s = |value: &str, tag: &[(&str, &str)]| {
        let mut answered = std::vec![("Cache-Control", value)];
        answered.extend(tag);
        let stored = store(&answered).unwrap();
        stored.worth_keeping_until(&plain()).since(NOW) / 1000
    };
    assert_eq!(kept_s("max-age=60", &[]), 60);
    assert_eq!(kept_s("max-age=60, stale-while-revalidate=30, stale-if-error=90", &[]), 150);
    assert_eq!(kept_s("max-age=60", &[("ETag", "\"a\"")]), 60 + 86_400);
}
