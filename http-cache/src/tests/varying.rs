//! RFC 9111 §4.1.

use super::*;
use crate::vary::normalise;
use crate::{Unusable, VARY_MAX};

fn varying(vary: Lines<'_>, asked: Lines<'_>) -> Result<Stored, NotStored> {
    let mut answered = std::vec![("Cache-Control", "max-age=60")];
    answered.extend(vary);
    store_by(&plain(), asked, 200, &answered)
}

fn matches(names: &str, stored: Lines<'_>, asked: Lines<'_>) -> bool {
    is_served(&varying(&[("Vary", names)], stored).unwrap(), asked, 3)
}

#[test]
fn selecting_fields_match_or_are_absent_on_both_sides() {
    assert!(matches("Foo", &[("Foo", "1")], &[("foo", "1"), ("Other", "3")]));
    assert!(!matches("Foo", &[("Foo", "1")], &[("Foo", "2")]));
    assert!(!matches("Foo", &[], &[("Foo", "1")]));
    assert!(!matches("Foo", &[("Foo", "1")], &[]));
    assert!(!matches("Foo", &[("Foo", "")], &[]));
    assert!(matches("Foo, Bar, Baz", &[("Foo", "1"), ("Baz", "3")], &[("Baz", "3"), ("Foo", "1")]));
    assert!(!matches("Foo, Bar", &[("Foo", "1"), ("Bar", "a")], &[("Foo", "1"), ("Bar", "b")]));
}

#[test]
fn a_star_matches_nothing() {
    for value in ["*", "*, *", ", *", "*, Foo", "Foo, *"] {
        assert_eq!(varying(&[("Vary", value)], &[]), Err(NotStored::Vary), "{value}");
    }
    assert!(varying(&[("Vary", ""), ("Vary", "*")], &[]).is_err());
    assert!(varying(&[("Vary", "a b")], &[]).is_err());
}

#[test]
fn what_means_the_same_matches() {
    assert!(matches("Foo", &[("Foo", "1, 2")], &[("Foo", "1"), ("Foo", "2")]));
    assert!(matches("Foo", &[("Foo", "1,2")], &[("Foo", " 1, 2 ")]));
    assert!(!matches("Foo", &[("Foo", "1, 2")], &[("Foo", "2, 1")]));
    // Not every field is a list: origins that take the whole see another value.
    assert!(!matches("Foo", &[("Foo", "1,")], &[("Foo", "1")]));
    assert!(!matches("Foo", &[("Foo", "1,,2")], &[("Foo", "1,2")]));
    for same in ["de, en", "eN, De", "  en ,   de"] {
        let asked = [("Accept-Language", same)];
        assert!(matches("Accept-Language", &[("Accept-Language", "en, de")], &asked), "{same}");
    }
    let weighted =
        normalise(&fields(&[("Accept-Encoding", "br ; q=0.5, gzip")]), "accept-encoding");
    assert_eq!(weighted.unwrap(), b"br;q=0.5,gzip");
}

#[test]
fn quoted_commas_and_joined_lines_are_not_confused() {
    let asked = [("Foo", "\"1,2\"")];
    assert!(!matches("Foo", &asked, &[("Foo", "\"1"), ("Foo", "2\"")]));
}

#[test]
fn of_several_that_match_the_most_recent_answers() {
    let old = varying(&[], &[]).unwrap();
    let new = Stored { received_at: later(2), ..old.clone() };
    let other = varying(&[("Vary", "Foo")], &[("Foo", "2")]).unwrap();
    let decision = decide_by(&plain(), &[&old, &new, &other], "GET", &[], 3);
    assert_eq!(decision, Decision::Serve { index: 1, age_s: 1 });
    let decision = decide_by(&plain(), &[&other], "GET", &[], 3);
    assert_eq!(decision, Decision::Forward(Unusable::VaryMiss));
}

#[test]
fn a_response_that_varies_by_too_much_is_not_stored() {
    let names = |count: usize| {
        (0..count).map(|n| std::format!("f{n}")).collect::<std::vec::Vec<_>>().join(", ")
    };
    assert!(varying(&[("Vary", &names(VARY_MAX))], &[]).is_ok());
    assert_eq!(varying(&[("Vary", &names(VARY_MAX + 1))], &[]), Err(NotStored::Vary));
    assert!(varying(&[("Vary", &"f, ".repeat(1000))], &[]).is_ok());
}
