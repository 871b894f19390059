//! RFC 9111 §4.2.

use super::*;
use crate::parse_date;

#[test]
fn without_a_word_of_freshness_nothing_is_reused() {
    assert_eq!(store(&[]), Err(NotStored::Useless));
    assert_eq!(store(&[("Date", &date(0))]), Err(NotStored::Useless));
}

#[test]
fn max_age_is_how_long_a_response_is_fresh() {
    // §5.2.2.1: "stale after its age is greater than the specified number of seconds"
    let answered = [("Cache-Control", "max-age=3600")];
    assert!(is_reused(&answered, 3599));
    assert!(!is_reused(&answered, 3600));
    assert!(!is_reused(&[("Cache-Control", "max-age=0")], 0));
}

#[test]
fn large_numbers_are_the_largest() {
    for value in ["2147483647", "2147483648", "2147483649", "99999999999", "9".repeat(500).as_str()]
    {
        assert!(
            is_reused(&[("Cache-Control", &std::format!("max-age={value}"))], 86_400),
            "{value}"
        );
        let answered =
            [("Cache-Control", "max-age=3600"), ("Age", value), ("Date", &date(0) as &str)];
        assert!(!is_reused(&answered, 0), "{value}");
    }
}

#[test]
fn a_shared_cache_goes_by_s_maxage_first_then_max_age_then_expires() {
    // §4.2.1
    assert!(!is_reused(&[("Cache-Control", "max-age=3600, s-maxage=1")], 3));
    assert!(!is_reused(&[("Cache-Control", "s-maxage=1"), ("Cache-Control", "max-age=3600")], 3));
    assert!(is_reused(&[("Cache-Control", "max-age=0, s-maxage=3600"), ("Expires", &date(-9))], 3));
    assert!(is_reused(&[("Cache-Control", "max-age=3600"), ("Expires", &date(-7200))], 3));
    assert!(is_reused(&[("Cache-Control", "max-age=3600"), ("Expires", "0")], 3));
    assert!(!is_reused(&[("Cache-Control", "max-age=0"), ("Expires", &date(3600))], 0));
}

#[test]
fn expires_counts_from_date() {
    // §4.2.1: "the value of the Expires header field minus the value of the Date header field"
    let at = |expires, made| is_reused(&[("Expires", &date(expires)), ("Date", &date(made))], 0);
    assert!(at(100, 0) && !at(-100, 0) && !at(0, 0) && !at(300, 400));
    assert!(is_reused(&[("Expires", &date(10)), ("Date", "foo")], 3));
    assert!(is_reused(&[("Expires", &date(10))], 3));
    for not_a_date in ["0", "-1", "", "tomorrow", "Thu, 18 Aug 2050 02:01:18 AEST"] {
        assert!(!is_reused(&[("Expires", not_a_date), ("Date", &date(0))], 0), "{not_a_date}");
    }
}

#[test]
fn age_counts_against_freshness() {
    // §4.2.3
    let at = |age, lifetime: &str| {
        is_reused(&[("Date", &date(0)), ("Age", age), ("Cache-Control", lifetime)], 0)
    };
    assert!(at("1800", "max-age=3600") && !at("7200", "max-age=3600"));
    let answered = [("Date", &*date(10)), ("Expires", &*date(20)), ("Age", "15")];
    assert!(!is_reused(&answered, 0));
    let answered = [("Date", &*date(-10)), ("Expires", &*date(10)), ("Age", "25")];
    assert!(!is_reused(&answered, 0));
}

#[test]
fn a_date_in_the_past_is_age() {
    assert!(!is_reused(&[("Date", &date(-7200)), ("Cache-Control", "max-age=3600")], 0));
    assert!(is_reused(&[("Date", &date(7200)), ("Cache-Control", "max-age=3600")], 3));
}

#[test]
fn the_time_that_the_request_took_is_age() {
    // §4.2.3: response_delay
    let answered = fields(&[("Cache-Control", "max-age=10"), ("Age", "5")]);
    let none = Fields::new();
    let request = Request { method: "GET", fields: &none };
    let response =
        Response { status: 200, fields: &answered, requested_at: NOW, received_at: later(4) };
    let stored = Stored::new(&plain(), &request, &response).unwrap();
    assert_eq!(stored.age_ms(later(4)), 9000);
    assert!(stored.is_fresh(later(4)) && !stored.is_fresh(later(5)));
}

#[test]
fn the_first_age_counts_and_what_is_none_is_not_there() {
    // §5.1
    let at = |lines: &[&str]| {
        let made = date(0);
        let mut answered = std::vec![("Cache-Control", "max-age=3600"), ("Date", &*made)];
        answered.extend(lines.iter().map(|line| ("Age", *line)));
        is_reused(&answered, 0)
    };
    for fresh in ["abc", "-7200", "7200.0", "0, 7200", "0, 0", "7200;foo=bar", ""] {
        assert!(at(&[fresh]), "{fresh}");
    }
    assert!(!at(&["7200, 0"]) && !at(&["7200", "0"]) && at(&["0", "7200"]) && at(&["0", "0"]));
}

#[test]
fn heuristics_are_off_unless_asked_for() {
    // §4.2.2
    let answered = [("Last-Modified", &*date(-86_400)), ("Date", &*date(0))];
    assert!(!is_reused(&answered, 0));
    let policy = Policy { heuristic_percent: 10, ..plain() };
    let reused = |status, more: Lines<'_>, seconds| {
        let answered: std::vec::Vec<_> = answered.iter().chain(more).copied().collect();
        let stored = store_by(&policy, &[], status, &answered).unwrap();
        is_served(&stored, &[], seconds)
    };
    assert!(reused(200, &[], 8639) && !reused(200, &[], 8640));
    for status in [203, 204, 300, 301, 308, 404, 405, 410, 414, 501] {
        assert!(reused(status, &[], 3), "{status}");
    }
    for status in [201, 202, 302, 307, 403, 502, 503, 504, 599] {
        assert!(!reused(status, &[], 3), "{status}");
    }
    assert!(reused(599, &[("Cache-Control", "public")], 3));
}

#[test]
fn an_operators_bounds_hold_whatever_the_origin_says() {
    let policy = Policy { min_ttl_s: 60, default_ttl_s: 600, max_ttl_s: 3600, ..plain() };
    let reused = |answered: Lines<'_>, seconds| {
        let stored = store_by(&policy, &[], 200, answered).unwrap();
        is_served(&stored, &[], seconds)
    };
    assert!(reused(&[], 599) && !reused(&[], 600));
    for short in ["max-age=1", "no-store", "no-cache", "private"] {
        let answered = [("Cache-Control", short)];
        assert!(reused(&answered, 59) && !reused(&answered, 60), "{short}");
    }
    let answered = [("Cache-Control", "max-age=86400")];
    assert!(reused(&answered, 3599) && !reused(&answered, 3600));
}

#[test]
fn dates_have_three_forms() {
    // RFC 9110 §5.6.7
    let read = |text: &str| parse_date(text.as_bytes(), NOW);
    for form in [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "SUN, 06 NOV 1994 08:49:37 gmt",
    ] {
        assert_eq!(read(form), Some(NOW), "{form}");
    }
    for none in [
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 94 08:49:37 GMT",
        "Sun 06 Nov 1994 08:49:37 GMT",
        "Sun, 06  Nov  1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 8:49:37 GMT",
        "Sun, 06 Nov 1994 08.49.37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1969 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT GMT",
        "",
        "ü",
    ] {
        assert_eq!(read(none), None, "{none}");
    }
    assert!(read("Tue, 29 Feb 2000 00:00:00 GMT").is_some());
    assert!(read("Thu, 29 Feb 2100 00:00:00 GMT").is_none());
}

#[test]
fn two_digits_of_a_year_are_within_fifty_years() {
    let read = |text: &str| format_date(parse_date(text.as_bytes(), NOW).unwrap());
    assert!(read("Sunday, 06-Nov-44 08:49:37 GMT").contains(" 2044 "));
    assert!(read("Thursday, 06-Nov-75 08:49:37 GMT").contains(" 1975 "));
}

#[test]
fn dates_are_written_as_they_are_read() {
    for days in (0..60_000).step_by(17) {
        let at = Timestamp(days * 86_400_000 + 3_723_000);
        assert_eq!(parse_date(format_date(at).as_bytes(), NOW), Some(at));
    }
    assert_eq!(format_date(NOW), "Sun, 06 Nov 1994 08:49:37 GMT");
}

#[test]
fn a_minimum_that_forces_nothing_bounds_times_alone() {
    let policy = Policy { min_ttl_s: 60, min_ttl_forces: false, default_ttl_s: 60, ..plain() };
    let stored = |said| store_by(&policy, &[], 503, &[("Cache-Control", said)]);
    let reused = |said, seconds| is_served(&stored(said).unwrap(), &[], seconds);
    assert!(reused("max-age=1", 59) && !reused("max-age=1", 60));
    assert!(reused("max-age=90", 89) && !reused("max-age=90", 90));
    for not in ["no-store", "private", "max-age=1, no-store"] {
        assert!(stored(not).is_err(), "{not}");
    }
    assert!(!stored("no-cache").is_ok_and(|stored| is_served(&stored, &[], 1)));
}
