//! Partial content: RFC 9110 §14, RFC 9111 §3.3 and §3.4.

use super::*;
use crate::{ByteRange, Content, Served, Unusable, join, respond};

fn ask(stored: &Stored, length: u64, asked: Lines<'_>) -> Served {
    let asked = fields(asked);
    respond(stored, &Request { method: "GET", fields: &asked }, length, NOW)
}

fn bytes(first: u64, last: u64) -> Content {
    Content::Bytes(ByteRange { first, last })
}

fn whole() -> Stored {
    let lines = [("Cache-Control", "max-age=60"), ("ETag", "\"a\""), ("A", "1")];
    store(&lines).unwrap()
}

fn part(range: &str, tag: &str) -> Stored {
    let lines = [("Cache-Control", "max-age=60"), ("Content-Range", range), ("ETag", tag)];
    store_by(&plain(), &[("Range", "bytes=0-4")], 206, &lines).unwrap()
}

#[test]
fn a_whole_response_answers_ranges() {
    let at = |range| ask(&whole(), 11, &[("Range", range)]);
    for (range, content, named) in [
        ("bytes=0-1", bytes(0, 1), "bytes 0-1/11"),
        ("bytes=1-", bytes(1, 10), "bytes 1-10/11"),
        ("bytes=-1", bytes(10, 10), "bytes 10-10/11"),
        ("bytes=-99", bytes(0, 10), "bytes 0-10/11"),
        ("Bytes=5-99", bytes(5, 10), "bytes 5-10/11"),
        ("bytes=0-1,2-3", bytes(0, 3), "bytes 0-3/11"),
        ("bytes=0-5, 3-7, 99-", bytes(0, 7), "bytes 0-7/11"),
    ] {
        let served = at(range);
        assert_eq!((served.status, served.content), (206, content), "{range}");
        assert_eq!(served.fields.text("content-range"), Some(named));
        assert_eq!(served.fields.text("a"), Some("1"));
    }
}

#[test]
fn ranges_that_are_none_are_not_there() {
    // RFC 9110 §14.2
    for range in
        ["bytes=", "bytes=a-b", "bytes=5-1", "lines=1-2", "bytes=1", "bytes 0-1", "bytes=-"]
    {
        let served = ask(&whole(), 11, &[("Range", range)]);
        assert_eq!((served.status, served.content), (200, Content::Whole), "{range}");
    }
    let twice = [("Range", "bytes=0-1"), ("Range", "bytes=0-1")];
    assert_eq!(ask(&whole(), 11, &twice).status, 200);
}

#[test]
fn ranges_with_gaps_are_answered_with_everything() {
    assert_eq!(ask(&whole(), 11, &[("Range", "bytes=0-1,5-6")]).status, 200);
}

#[test]
fn a_range_beyond_the_end_cannot_be_satisfied() {
    for range in ["bytes=11-", "bytes=-0", "bytes=99-100"] {
        let served = ask(&whole(), 11, &[("Range", range)]);
        assert_eq!((served.status, served.content), (416, Content::None), "{range}");
        assert_eq!(served.fields.text("content-range"), Some("bytes */11"));
    }
    assert_eq!(ask(&whole(), 0, &[("Range", "bytes=0-")]).status, 416);
}

#[test]
fn if_range_is_about_the_very_same_content() {
    // RFC 9110 §13.1.5
    let status = |value| ask(&whole(), 11, &[("Range", "bytes=0-1"), ("If-Range", value)]).status;
    assert_eq!([status("\"a\""), status("\"b\""), status("W/\"a\"")], [206, 200, 200]);
    let modified = date(-60);
    let lines =
        [("Cache-Control", "max-age=60"), ("Last-Modified", &*modified), ("Date", &*date(0))];
    let dated = store(&lines).unwrap();
    let status =
        |value: &str| ask(&dated, 11, &[("Range", "bytes=0-1"), ("If-Range", value)]).status;
    assert_eq!([status(&modified), status(&date(0))], [206, 200]);
}

#[test]
fn a_stored_part_answers_what_it_holds() {
    let stored = part("bytes 4-9/10", "\"a\"");
    let served = |range| is_served(&stored, &[("Range", range)], 3);
    assert!(served("bytes=-6") && served("bytes=6-8") && served("bytes=6-") && served("bytes=4-9"));
    assert!(!served("bytes=3-5") && !served("bytes=0-") && !is_served(&stored, &[], 3));
    assert_eq!(decide(&stored, &[], 3), Decision::Forward(Unusable::Partial));
    let answer = ask(&stored, 6, &[("Range", "bytes=6-8")]);
    assert_eq!((answer.status, answer.content), (206, bytes(2, 4)));
    assert_eq!(answer.fields.text("content-range"), Some("bytes 6-8/10"));
    let unknown = part("bytes 4-9/*", "\"a\"");
    assert!(is_served(&unknown, &[("Range", "bytes=5-6")], 3));
    assert!(!is_served(&unknown, &[("Range", "bytes=6-")], 3));
    assert!(!is_served(&unknown, &[("Range", "bytes=-1")], 3));
}

#[test]
fn a_part_that_does_not_say_which_is_not_stored() {
    for range in ["bytes 4-9/5", "bytes */10", "bytes 9-4/10", "4-9/10", "bytes 4-9"] {
        let lines = [("Cache-Control", "max-age=60"), ("Content-Range", range)];
        assert_eq!(store_by(&plain(), &[], 206, &lines), Err(NotStored::Status), "{range}");
    }
    let several = [("Cache-Control", "max-age=60"), ("Content-Type", "multipart/byteranges")];
    assert_eq!(store_by(&plain(), &[], 206, &several), Err(NotStored::Status));
}

#[test]
fn two_parts_of_the_same_are_joined() {
    // RFC 9110 §15.3.7.3
    let (first, second) = (part("bytes 0-4/10", "\"a\""), part("bytes 3-9/10", "\"a\""));
    let (joined, before, after) = join(&first, &second).unwrap();
    assert_eq!((joined.status, joined.part), (200, None));
    assert_eq!((before, after), (Some(ByteRange { first: 0, last: 2 }), None));
    let (joined, before, after) = join(&second, &first).unwrap();
    assert_eq!((joined.status, before), (200, None));
    assert_eq!(after, Some(ByteRange { first: 2, last: 6 }));
    let (joined, ..) = join(&first, &part("bytes 5-6/10", "\"a\"")).unwrap();
    assert_eq!(joined.fields.text("content-range"), Some("bytes 0-6/10"));
}

#[test]
fn parts_that_may_be_of_different_content_are_not_joined() {
    let first = part("bytes 0-4/10", "\"a\"");
    for other in [
        part("bytes 5-9/10", "\"b\""),
        part("bytes 5-9/11", "\"a\""),
        part("bytes 6-9/10", "\"a\""),
        part("bytes 0-9/10", "\"a\""),
    ] {
        assert_eq!(join(&first, &other), None);
    }
    let weak = |range| part(range, "W/\"a\"");
    assert_eq!(join(&weak("bytes 0-4/10"), &weak("bytes 5-9/10")), None);
}
