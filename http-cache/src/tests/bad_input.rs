//! What peers send to do harm: bounded, or as if it were not there.

use super::*;
use crate::{Content, RANGES_MAX, respond};

fn fresh() -> Stored {
    store(&[("Cache-Control", "max-age=60"), ("ETag", "\"a\"")]).unwrap()
}

fn ask(asked: Lines<'_>) -> crate::Served {
    let asked = fields(asked);
    respond(&fresh(), &Request { method: "GET", fields: &asked }, 1_000_000, NOW)
}

#[test]
fn ranges_by_the_thousand_are_answered_with_everything_once() {
    let ranges = |count| {
        let ranges: std::vec::Vec<_> = (0..count).map(|n| std::format!("{n}-{n}")).collect();
        std::format!("bytes={}", ranges.join(","))
    };
    assert_eq!(ask(&[("Range", &ranges(RANGES_MAX))]).status, 206);
    for count in [RANGES_MAX + 1, 100_000] {
        let served = ask(&[("Range", &ranges(count))]);
        assert_eq!((served.status, served.content), (200, Content::Whole));
    }
}

#[test]
fn ranges_that_count_beyond_any_content_are_not_there() {
    let huge = "9".repeat(100);
    assert_eq!(ask(&[("Range", &std::format!("bytes=0-{huge}"))]).status, 200);
    assert_eq!(ask(&[("Range", &std::format!("bytes={}-", u64::MAX))]).status, 200);
    assert_eq!(ask(&[("Range", "bytes=0-999999999999999999")]).status, 206);
}

#[test]
fn entity_tags_by_the_thousand_are_looked_at_to_a_bound() {
    let tags = std::format!("{}\"a\"", "\"x\", ".repeat(10_000));
    assert_eq!(ask(&[("If-None-Match", &tags)]).status, 200);
}

#[test]
fn bytes_of_any_kind_do_no_harm() {
    let mut state = 1_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    const NAMES: [&str; 12] = [
        "Cache-Control",
        "Age",
        "Date",
        "Expires",
        "Vary",
        "ETag",
        "Range",
        "If-Range",
        "Content-Range",
        "Connection",
        "If-None-Match",
        "CDN-Cache-Control",
    ];
    const ALPHABET: &[u8] = b"=,\"\\- ;0129amxW/*bytes\xff";
    for _ in 0..20_000 {
        let mut lines = Fields::from([("Cache-Control", "max-age=99")]);
        for _ in 0..4 {
            let name = NAMES[random() as usize % NAMES.len()];
            let length = random() % 24;
            let value: std::vec::Vec<u8> =
                (0..length).map(|_| ALPHABET[random() as usize % ALPHABET.len()]).collect();
            lines.push(name, value);
        }
        let request = Request { method: "GET", fields: &lines };
        let status = [200, 206, 304, 404][random() as usize % 4];
        let response = Response { status, fields: &lines, requested_at: NOW, received_at: NOW };
        if let Ok(stored) = Stored::new(&plain(), &request, &response) {
            look_up(&plain(), &request, &[&stored], later(1));
            let served = respond(&stored, &request, 7, later(1));
            if let (Content::Bytes(range), None) = (served.content, stored.part) {
                assert!(range.last < 7);
            }
            crate::update(&plain(), &request, &stored, &response);
        }
    }
}
