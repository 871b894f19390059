//! RFC 9111 §5.2, and the fields that share its syntax.

use super::*;
use crate::{RequestDirectives, Unusable};

fn reused_with(cache_control: &str, seconds: u64) -> bool {
    is_reused(&[("Cache-Control", cache_control)], seconds)
}

#[test]
fn names_are_of_either_case() {
    assert!(reused_with("MaX-aGe=3600", 3));
    assert_eq!(store(&[("Cache-Control", "max-age=9, No-StOrE")]), Err(NotStored::NoStore));
    assert!(!reused_with("max-age=10000, No-CaChE", 0));
}

#[test]
fn what_nobody_knows_is_ignored() {
    // §5.2.3
    assert!(reused_with("foobar, max-age=3600, baz=\"a, b\"", 3));
    assert!(reused_with(",, ,max-age=3600,", 3));
}

#[test]
fn what_semicolons_part_forbids_and_grants_no_more() {
    for forbids in ["private; max-age=60", "max-age=60, no-store;", "public; private; max-age=60"] {
        let told = store(&[("Cache-Control", forbids)]);
        assert!(matches!(told, Err(NotStored::NoStore | NotStored::Private)), "{forbids}");
    }
    assert!(!reused_with("max-age=3600; public", 3), "a number that is none");
    assert!(!reused_with("x y=\"; max-age=3600\"", 3));
}

#[test]
fn quoted_text_is_one_argument() {
    assert!(!reused_with("extension=\"max-age=3600\", max-age=1", 3));
    assert!(!reused_with("max-age=1, extension=\"max-age=3600\"", 3));
    assert!(!reused_with("extension=\"a\\\", max-age=3600\", max-age=1", 3));
    // §5.2: "a cache SHOULD accept both" forms
    assert!(reused_with("max-age=\"3600\"", 3));
}

#[test]
fn a_number_that_is_none_is_no_freshness() {
    // §4.2.1: "encouraged to consider responses that have invalid freshness information to be stale"
    for value in ["-3600", "'3600'", "3600.0", "a3600", "3600a", "", "+5", "0x10", "\"3600"] {
        assert!(!reused_with(&std::format!("max-age={value}"), 0), "{value}");
    }
    assert!(!reused_with("max-age", 0));
    assert!(!reused_with("max-age =3600", 0) && !reused_with("max-age= 3600", 0));
    assert!(reused_with("max-age=003600", 3));
}

#[test]
fn of_several_the_first_counts() {
    assert!(!reused_with("max-age=1, max-age=1800", 3));
    assert!(reused_with("max-age=1800, max-age=1", 3));
}

#[test]
fn no_cache_is_validated_before_each_use() {
    // §5.2.2.4
    let stored = store(&[("Cache-Control", "max-age=10000, no-cache"), ("ETag", "\"a\"")]).unwrap();
    let Decision::Validate { fields, .. } = decide(&stored, &[], 0) else { panic!() };
    assert_eq!(fields.text("if-none-match"), Some("\"a\""));
    assert!(store(&[("Cache-Control", "no-cache")]).is_err());
}

#[test]
fn fields_that_no_cache_or_private_list_are_not_stored() {
    let answered = [
        ("Cache-Control", "max-age=60, no-cache=\"a, B\", private=\"c\""),
        ("A", "1"),
        ("b", "2"),
        ("C", "3"),
        ("d", "4"),
    ];
    let stored = store(&answered).unwrap();
    assert!(["a", "b", "c"].iter().all(|name| !stored.fields.contains(name)));
    assert!(stored.fields.contains("d") && is_served(&stored, &[], 3));
}

#[test]
fn a_list_of_fields_that_is_none_is_about_all_of_them() {
    for value in ["private=\"\"", "private=", "private=\"a b\"", "private=\"a"] {
        let answered = [("Cache-Control", &*std::format!("max-age=60, {value}"))];
        assert!(store(&answered).is_err(), "{value}");
    }
}

#[test]
fn a_client_may_ask_for_less_than_what_is_stored() {
    // §5.2.1
    let stored = store(&[("Cache-Control", "max-age=1500"), ("Age", "1000")]).unwrap();
    let served = |directive: &str| is_served(&stored, &[("Cache-Control", directive)], 0);
    assert!(!served("max-age=600") && served("max-age=1200") && !served("max-age=0"));
    assert!(!served("min-fresh=1000") && served("min-fresh=400"));
    assert!(!served("no-cache") && served("max-age=abc"));
    assert!(!is_served(&stored, &[("Pragma", "no-cache")], 0));
    assert!(is_served(&stored, &[("Pragma", "no-cache"), ("Cache-Control", "x")], 0));
    let stored = store(&[("Cache-Control", "max-age=1500"), ("Age", "2000")]);
    assert_eq!(stored, Err(NotStored::Useless), "max-stale alone is no reason to store");
    let stored = store(&[("Cache-Control", "max-age=1")]).unwrap();
    let served = |directive: &str| is_served(&stored, &[("Cache-Control", directive)], 100);
    assert!(served("max-stale") && served("max-stale=99") && !served("max-stale=98"));
}

#[test]
fn clients_are_not_heeded_unless_the_operator_says_so() {
    let stored = store(&[("Cache-Control", "max-age=1500")]).unwrap();
    let policy = Policy { heeds_clients: false, ..plain() };
    for directive in ["no-cache", "max-age=0", "no-store", "min-fresh=9999"] {
        let asked = [("Cache-Control", directive)];
        let decision = decide_by(&policy, &[&stored], "GET", &asked, 3);
        assert!(matches!(decision, Decision::Serve { .. }), "{directive}");
    }
}

#[test]
fn only_if_cached_never_asks_the_origin() {
    let asked = [("Cache-Control", "only-if-cached")];
    assert_eq!(decide_by(&plain(), &[], "GET", &asked, 0), Decision::Unsatisfiable);
    assert_eq!(decide_by(&plain(), &[], "GET", &[], 0), Decision::Forward(Unusable::Miss));
}

#[test]
fn pragma_of_a_response_says_nothing() {
    // §5.4: "not a reliable replacement"
    assert!(is_reused(&[("Cache-Control", "max-age=60"), ("Pragma", "no-cache")], 3));
    let directives = RequestDirectives::read(&fields(&[("Pragma", "other")]));
    assert_eq!(directives, RequestDirectives::default());
}

#[test]
fn a_targeted_field_stands_in_for_cache_control_and_expires() {
    // RFC 9213 §2.2
    let targeted = |value| [("CDN-Cache-Control", value), ("Cache-Control", "no-store")];
    assert!(is_reused(&targeted("max-age=3600"), 3));
    assert!(!is_reused(&[("CDN-Cache-Control", "max-age=1"), ("Cache-Control", "max-age=99")], 3));
    assert!(!is_reused(&[("CDN-Cache-Control", "foo"), ("Expires", &date(99))], 3));
    let unread = Policy { reads_targeted: false, ..plain() };
    assert!(store_by(&unread, &[], 200, &targeted("max-age=3600")).is_err());
}

#[test]
fn a_targeted_field_that_is_no_structured_field_is_not_there() {
    // RFC 9213 §2.1
    for value in ["", ",", "max-age=\"3600", "MAX-AGE=3600", "max-age==3600", "max-age=&"] {
        let answered = [("CDN-Cache-Control", value), ("Cache-Control", "max-age=60")];
        assert!(is_reused(&answered, 3), "{value}");
        let answered = [("CDN-Cache-Control", value), ("Cache-Control", "no-store")];
        assert!(!is_reused(&answered, 3), "{value}");
    }
}

#[test]
fn a_targeted_field_is_a_dictionary() {
    // RFC 8941 §3.2: of a key that comes again the last counts; parameters are none of a directive's
    let targeted = |value, other| [("CDN-Cache-Control", value), ("Cache-Control", other)];
    for (value, seconds) in [
        ("max-age=10, max-age=60", 60),
        ("max-age=60, no-store=?0", 60),
        ("max-age=60;a=b", 60),
        ("a=(b c), max-age=60, d=:YQ==:", 60),
        ("max-age=60;a;b=\"x;y,z\", foo=1.5", 60),
        ("no-store, max-age=60, no-store=?0", 60),
    ] {
        let answered = targeted(value, "max-age=1");
        assert!(is_reused(&answered, seconds - 1) && !is_reused(&answered, seconds), "{value}");
    }
    // RFC 9213 §2.1: what is no integer where one is wanted is not consumed, and the field counts all the same
    for value in [
        "max-age=\"60\"",
        "max-age",
        "max-age=x",
        "max-age=-60",
        "max-age=6.0",
        "max-age=60, max-age=?1",
    ] {
        assert!(!is_reused(&targeted(value, "max-age=60"), 3), "{value}");
    }
    for value in ["max-age=60,", "max-age=60;A=b", "max-age=1234567890123456", "max-age= 60"] {
        assert!(is_reused(&targeted(value, "max-age=3"), 2), "{value}");
        assert!(!is_reused(&targeted(value, "max-age=3"), 3), "{value}");
    }
    for value in ["no-store, max-age=60", "private=x, max-age=60", "max-age=60, no-store=1"] {
        assert!(!is_reused(&targeted(value, "max-age=60"), 3), "{value}");
    }
}
