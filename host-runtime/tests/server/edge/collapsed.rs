//! Many who want the same at once: how often their origin is asked. It answers nothing before all of them are here.

use std::sync::mpsc::Sender;

use serde_json::json;

use super::kit::*;
use crate::kit::*;

const CROWD: usize = 200;
const GERMAN: &str = "Accept-Language: de\r\n";
const ENGLISH: &str = "Accept-Language: en\r\n";
const FRENCH: &str = "Accept-Language: fr\r\n";
const VARIES: &str = "Cache-Control: max-age=600\r\nVary: Accept-Language\r\n";

/// A distribution that tells its origin what viewers say, in memory and with a disk behind it.
fn with_each_store(test: impl Fn(&Gated, &Edge)) {
    // AllViewerExceptHostHeader
    let behavior = json!({"OriginRequestPolicyId": "b689b0a8-53d0-40ab-baf2-68738e2966ac"});
    let changes = json!({"DefaultCacheBehavior": behavior});
    for start in [Edge::start, Edge::on_disk] {
        let gated = gated();
        test(&gated, &start(gated.address, changes.clone()));
    }
}

/// Clients that each ask for `/a`, with these lines in turn. All of them have reached the host.
fn crowd(edge: &Edge, count: usize, method: &str, lines: &[&str]) -> Vec<Client> {
    let before = in_flight(edge);
    let mut clients: Vec<Client> = (0..count).map(|_| edge.client()).collect();
    for (client, lines) in clients.iter_mut().zip(lines.iter().cycle()) {
        client.send(format!("{method} /a HTTP/1.1\r\nHost: h\r\n{lines}\r\n").as_bytes());
    }
    wait_until(|| in_flight(edge) == before + count);
    clients
}

fn in_flight(edge: &Edge) -> usize {
    let metrics = edge.served.load_metrics();
    let value = metrics.lines().find_map(|l| l.strip_prefix("edgeway_requests_in_flight "));
    value.unwrap().parse().unwrap()
}

fn statuses(clients: &mut [Client]) -> Vec<u16> {
    clients.iter_mut().map(|client| client.answer().status).collect()
}

fn texts(clients: &mut [Client]) -> Vec<String> {
    clients.iter_mut().map(|client| client.answer().text()).collect()
}

fn all<T: PartialEq>(those: &[T], one: &T) -> bool {
    !those.is_empty() && those.iter().all(|each| each == one)
}

/// Asks, and has the origin answer so.
fn stored(gated: &Gated, edge: &Edge, request: &str, lines: &str, content: &str) {
    let mut clients = crowd(edge, 1, "GET", &[request]);
    gated.answer(lines, content);
    assert_eq!(texts(&mut clients), [content]);
    wait_until(|| in_flight(edge) == 0);
}

/// So many requests that are with the origin at the same time, by what it was asked for.
fn calls(gated: &Gated, count: usize) -> Vec<(String, Sender<Vec<u8>>)> {
    let mut calls: Vec<_> = (0..count).map(|_| gated.call()).collect();
    calls.sort_by_key(|(head, _)| language(head));
    calls
}

fn language(head: &str) -> String {
    let head = head.to_lowercase();
    let line = head.lines().find_map(|line| line.strip_prefix("accept-language: "));
    line.unwrap_or_default().to_owned()
}

fn nobody_else_asks(gated: &Gated) {
    assert!(gated.calls.try_recv().is_err(), "another call");
}

#[test]
fn misses_of_further_variants_are_one_request_each_and_wait_for_none_of_the_others() {
    with_each_store(|gated, edge| {
        stored(gated, edge, ENGLISH, VARIES, "en");
        let mut clients = crowd(edge, CROWD, "GET", &[GERMAN, FRENCH]);
        // Both are there before either is answered.
        for (head, answer) in calls(gated, 2).into_iter().rev() {
            answer.send(response(200, VARIES, &language(&head))).unwrap();
        }
        let texts = texts(&mut clients);
        assert!(texts.chunks(2).all(|pair| pair == ["de", "fr"]), "{texts:?}");
        nobody_else_asks(gated);
        // What landed out of turn is stored as well.
        for lines in [ENGLISH, GERMAN, FRENCH] {
            let hit = edge.ask("GET", "/a", lines);
            assert_eq!(hit.text(), language(lines));
        }
    });
}

#[test]
fn the_first_stampede_with_mixed_variants_is_one_request_each() {
    with_each_store(|gated, edge| {
        let mut clients = crowd(edge, CROWD, "GET", &[GERMAN, ENGLISH, FRENCH, ""]);
        let (head, answer) = gated.call();
        nobody_else_asks(gated);
        answer.send(response(200, VARIES, &language(&head))).unwrap();
        drop(answer);
        for (head, answer) in calls(gated, 3) {
            answer.send(response(200, VARIES, &language(&head))).unwrap();
        }
        let texts = texts(&mut clients);
        assert!(texts.chunks(4).all(|four| four == ["de", "en", "fr", ""]), "{texts:?}");
        nobody_else_asks(gated);
    });
}

#[test]
fn heads_that_miss_together_are_one_request() {
    with_each_store(|gated, edge| {
        let mut clients = crowd(edge, CROWD, "HEAD", &[""]);
        let (head, answer) = gated.call();
        assert!(head.starts_with("HEAD /a "), "{head}");
        let lines = "Cache-Control: max-age=600\r\nContent-Length: 9\r\nETag: \"1\"\r\n";
        answer.send(format!("HTTP/1.1 200 O\r\n{lines}\r\n").into()).unwrap();
        for client in &mut clients {
            let head = client.head().unwrap().to_lowercase();
            assert!(head.contains("\r\ncontent-length: 9\r\n"), "{head}");
            assert!(head.contains("\r\netag: \"1\"\r\n"), "{head}");
        }
        nobody_else_asks(gated);
        // Nothing but a HEAD is answered with that, and with its conditions.
        let again = edge.ask("HEAD", "/a", "If-None-Match: \"1\"\r\n");
        assert_eq!(again.status, 304, "{}", again.head);
        let mut get = crowd(edge, 1, "GET", &[""]);
        gated.answer("Cache-Control: max-age=600\r\n", "the whole");
        assert_eq!(texts(&mut get), ["the whole"]);
    });
}

#[test]
fn heads_of_variants_are_one_request_each() {
    with_each_store(|gated, edge| {
        stored(gated, edge, ENGLISH, VARIES, "en");
        let mut clients = crowd(edge, CROWD, "HEAD", &[GERMAN, FRENCH]);
        for (head, answer) in calls(gated, 2) {
            let own = format!("HTTP/1.1 200 O\r\n{VARIES}X-Own: {}\r\n\r\n", language(&head));
            answer.send(own.into()).unwrap();
        }
        for (client, own) in clients.iter_mut().zip(["de", "fr"].into_iter().cycle()) {
            let head = client.head().unwrap().to_lowercase();
            assert!(head.contains(&format!("\r\nx-own: {own}\r\n")), "{head}");
        }
        nobody_else_asks(gated);
    });
}

#[test]
fn heads_and_conditions_wait_for_a_get_that_is_under_way() {
    with_each_store(|gated, edge| {
        let mut get = crowd(edge, 1, "GET", &[""]);
        let (_, answer) = gated.call();
        let lines = ["If-None-Match: \"1\"\r\n", "If-None-Match: \"2\"\r\n"];
        let mut asking = crowd(edge, CROWD, "GET", &lines);
        let mut heads = crowd(edge, CROWD, "HEAD", &[""]);
        answer
            .send(response(200, "Cache-Control: max-age=600\r\nETag: \"1\"\r\n", "1234"))
            .unwrap();
        assert_eq!(texts(&mut get), ["1234"]);
        let statuses = statuses(&mut asking);
        assert!(statuses.chunks(2).all(|pair| pair == [304, 200]), "{statuses:?}");
        for client in &mut heads {
            let head = client.head().unwrap().to_lowercase();
            assert!(head.contains("\r\ncontent-length: 4\r\n"), "{head}");
        }
        nobody_else_asks(gated);
    });
}

#[test]
fn conditions_that_miss_are_one_request_and_each_is_answered_by_its_own() {
    with_each_store(|gated, edge| {
        let lines = ["If-None-Match: \"0\"\r\n", "If-None-Match: \"1\"\r\n"];
        let mut first = crowd(edge, 1, "GET", &[lines[0]]);
        let (head, answer) = gated.call();
        assert!(head.to_lowercase().contains("if-none-match: \"0\""), "{head}");
        let mut clients = crowd(edge, CROWD, "GET", &lines);
        let fresh = response(200, "Cache-Control: max-age=600\r\nETag: \"1\"\r\n", "new");
        answer.send(fresh).unwrap();
        assert_eq!(texts(&mut first), ["new"]);
        let statuses = statuses(&mut clients);
        assert!(statuses.chunks(2).all(|pair| pair == [200, 304]), "{statuses:?}");
        nobody_else_asks(gated);
    });
}

#[test]
fn conditions_that_hold_are_asked_about_once_and_then_the_whole_is_asked_for_once() {
    with_each_store(|gated, edge| {
        let mut clients = crowd(edge, CROWD, "GET", &["If-None-Match: \"1\"\r\n"]);
        let (_, answer) = gated.call();
        let lines = "ETag: \"1\"\r\nCache-Control: max-age=600\r\n";
        answer.send(format!("HTTP/1.1 304 N\r\n{lines}\r\n").into()).unwrap();
        drop(answer);
        // A 304 is its viewer's alone: who asks next asks for what all have something of.
        let head = gated.answer(lines, "whole");
        assert!(!head.to_lowercase().contains("if-none-match"), "{head}");
        assert!(all(&statuses(&mut clients), &304));
        nobody_else_asks(gated);
        assert_eq!(edge.get("/a").text(), "whole");
    });
}

#[test]
fn a_plain_get_waits_for_nobodys_conditions() {
    with_each_store(|gated, edge| {
        let mut asking = crowd(edge, 1, "GET", &["If-None-Match: \"1\"\r\n"]);
        let (_, slow) = gated.call();
        let mut clients = crowd(edge, CROWD, "GET", &[""]);
        gated.answer("Cache-Control: max-age=600\r\nETag: \"1\"\r\n", "whole");
        assert!(all(&texts(&mut clients), &"whole".into()));
        slow.send("HTTP/1.1 304 N\r\nETag: \"1\"\r\n\r\n".into()).unwrap();
        assert_eq!(statuses(&mut asking), [304]);
        nobody_else_asks(gated);
    });
}

#[test]
fn equal_ranges_are_one_request_and_others_wait_for_none_of_them() {
    with_each_store(|gated, edge| {
        let lines = ["Range: bytes=0-3\r\n", "Range: bytes=6-9\r\n"];
        let mut clients = crowd(edge, CROWD, "GET", &lines);
        for (head, answer) in calls(gated, 2) {
            let is_first = head.to_lowercase().contains("range: bytes=0-3");
            let (range, content) = if is_first { ("0-3", "0123") } else { ("6-9", "6789") };
            let lines =
                format!("Cache-Control: max-age=600\r\nContent-Range: bytes {range}/10\r\n");
            answer.send(response(206, &lines, content)).unwrap();
        }
        let texts = texts(&mut clients);
        assert!(texts.chunks(2).all(|pair| pair == ["0123", "6789"]), "{texts:?}");
        nobody_else_asks(gated);
    });
}

#[test]
fn equal_ranges_of_an_origin_that_knows_none_are_one_request_too() {
    with_each_store(|gated, edge| {
        let mut clients = crowd(edge, CROWD, "GET", &["Range: bytes=0-3\r\n"]);
        gated.answer("Cache-Control: max-age=600\r\n", "0123456789");
        let mut statuses = statuses(&mut clients);
        statuses.sort_unstable();
        assert_eq!((statuses.remove(0), all(&statuses, &206)), (200, true), "{statuses:?}");
        nobody_else_asks(gated);
    });
}

#[test]
fn ranges_that_come_short_are_asked_for_by_all_at_once() {
    with_each_store(|gated, edge| {
        let mut clients = crowd(edge, 20, "GET", &["Range: bytes=0-9\r\n"]);
        let part =
            response(206, "Cache-Control: max-age=600\r\nContent-Range: bytes 0-3/10\r\n", "0123");
        gated.call().1.send(part.clone()).unwrap();
        // Those who wait are given nothing by it, and are not put into a queue.
        calls(gated, 19).iter().for_each(|(_, answer)| answer.send(part.clone()).unwrap());
        assert!(all(&texts(&mut clients), &"0123".into()));
        nobody_else_asks(gated);
    });
}

#[test]
fn stale_variants_are_validated_once_each() {
    with_each_store(|gated, edge| {
        for (lines, own) in [(ENGLISH, "en"), (GERMAN, "de")] {
            let stale = "Cache-Control: max-age=0\r\nVary: Accept-Language\r\nETag: ";
            stored(gated, edge, lines, &format!("{stale}\"{own}\"\r\n"), own);
        }
        let conditions = [GERMAN, "Accept-Language: en\r\nIf-None-Match: \"en\"\r\n"];
        let mut clients = crowd(edge, CROWD, "GET", &conditions);
        for (head, answer) in calls(gated, 2) {
            let own = language(&head);
            assert!(head.to_lowercase().contains(&format!("if-none-match: \"{own}\"")), "{head}");
            answer
                .send(format!("HTTP/1.1 304 N\r\nETag: \"{own}\"\r\n{VARIES}\r\n").into())
                .unwrap();
        }
        let statuses = statuses(&mut clients);
        assert!(statuses.chunks(2).all(|pair| pair == [200, 304]), "{statuses:?}");
        nobody_else_asks(gated);
    });
}

#[test]
fn variants_that_are_served_stale_are_asked_about_once_each_meanwhile() {
    with_each_store(|gated, edge| {
        let stale =
            "Cache-Control: max-age=0, stale-while-revalidate=600\r\nVary: Accept-Language\r\n";
        stored(gated, edge, ENGLISH, stale, "old");
        let mut first = crowd(edge, 1, "GET", &[GERMAN]);
        gated.answer(stale, "old");
        assert_eq!(texts(&mut first), ["old"]);
        let mut clients: Vec<Client> = (0..CROWD).map(|_| edge.client()).collect();
        for (client, lines) in clients.iter_mut().zip([GERMAN, ENGLISH].iter().cycle()) {
            client.send(format!("GET /a HTTP/1.1\r\nHost: h\r\n{lines}\r\n").as_bytes());
        }
        assert!(all(&texts(&mut clients), &"old".into()), "without waiting for the origin");
        let asked = calls(gated, 2);
        assert_eq!(asked.iter().map(|(head, _)| language(head)).collect::<Vec<_>>(), ["de", "en"]);
        nobody_else_asks(gated);
    });
}

#[test]
fn what_is_not_for_all_is_asked_for_by_all_at_once() {
    let uncacheable = |gated: &Gated, edge: &Edge, method: &str, lines: &[&str]| {
        let mut clients = crowd(edge, 20, method, lines);
        let answer = "HTTP/1.1 200 O\r\nCache-Control: private\r\nContent-Length: 0\r\n\r\n";
        gated.call().1.send(answer.into()).unwrap();
        // The origin has all of them before it answers any.
        calls(gated, 19).iter().for_each(|(_, call)| call.send(answer.into()).unwrap());
        clients.iter_mut().for_each(|client| assert!(client.head().is_some()));
        nobody_else_asks(gated);
    };
    with_each_store(|gated, edge| uncacheable(gated, edge, "HEAD", &[""]));
    with_each_store(|gated, edge| uncacheable(gated, edge, "GET", &["Range: bytes=0-3\r\n"]));
    with_each_store(|gated, edge| uncacheable(gated, edge, "GET", &["If-None-Match: \"1\"\r\n"]));
    with_each_store(|gated, edge| {
        stored(gated, edge, ENGLISH, VARIES, "en");
        uncacheable(gated, edge, "GET", &[GERMAN]);
        assert_eq!(edge.ask("GET", "/a", ENGLISH).text(), "en");
    });
}

#[test]
fn what_is_to_be_validated_each_time_is_validated_by_all_at_once() {
    with_each_store(|gated, edge| {
        stored(gated, edge, "", "Cache-Control: no-cache\r\nETag: \"1\"\r\n", "content");
        let mut clients = crowd(edge, 20, "GET", &[""]);
        let same = "HTTP/1.1 304 N\r\nETag: \"1\"\r\nCache-Control: no-cache\r\n\r\n";
        gated.call().1.send(same.into()).unwrap();
        calls(gated, 19).iter().for_each(|(_, answer)| answer.send(same.into()).unwrap());
        assert!(all(&texts(&mut clients), &"content".into()));
        nobody_else_asks(gated);
    });
}

#[test]
fn an_origin_that_fails_is_asked_once_where_what_is_stale_stands_in() {
    with_each_store(|gated, edge| {
        stored(gated, edge, "", "Cache-Control: max-age=0\r\nETag: \"1\"\r\n", "stale");
        let mut clients = crowd(edge, CROWD, "GET", &["", "If-None-Match: \"1\"\r\n"]);
        gated.call().1.send(response(503, "", "away")).unwrap();
        let statuses = statuses(&mut clients);
        assert!(statuses.chunks(2).all(|pair| pair == [200, 304]), "{statuses:?}");
        nobody_else_asks(gated);
    });
}

#[test]
fn viewers_that_are_told_apart_share_nothing_that_is_not_for_all() {
    with_each_store(|gated, edge| {
        stored(gated, edge, ENGLISH, VARIES, "en");
        let lines = "Accept-Language: de\r\nCookie: own=1\r\n";
        let mut clients = crowd(edge, 20, "GET", &[lines]);
        let private = |n: usize| response(200, "Cache-Control: private\r\n", &n.to_string());
        gated.call().1.send(private(0)).unwrap();
        let calls = calls(gated, 19);
        calls.iter().enumerate().for_each(|(n, (_, call))| call.send(private(n + 1)).unwrap());
        let mut texts = texts(&mut clients);
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), 20, "one answer was two viewers'");
    });
}

#[test]
fn a_leader_of_a_variant_that_leaves_has_one_successor() {
    with_each_store(|gated, edge| {
        stored(gated, edge, ENGLISH, VARIES, "en");
        for (method, content) in [("HEAD", ""), ("GET", "de")] {
            let leader = crowd(edge, 1, method, &[GERMAN]);
            let lost = gated.call();
            let mut clients = crowd(edge, CROWD, method, &[GERMAN]);
            drop(leader);
            let length = content.len();
            let answer =
                format!("HTTP/1.1 200 O\r\n{VARIES}Content-Length: {length}\r\n\r\n{content}");
            gated.call().1.send(answer.into()).unwrap();
            clients.iter_mut().for_each(|client| {
                let head = client.head().unwrap();
                assert!(head.starts_with("HTTP/1.1 200"), "{head}");
            });
            nobody_else_asks(gated);
            drop(lost);
            wait_until(|| in_flight(edge) == 0);
        }
    });
}

#[test]
fn a_slow_viewer_of_a_variant_holds_nobody_up() {
    const LENGTH: usize = 400 << 10;
    with_each_store(|gated, edge| {
        stored(gated, edge, ENGLISH, VARIES, "en");
        let mut slow = crowd(edge, 1, "GET", &[GERMAN]);
        let mut clients = crowd(edge, 20, "GET", &[GERMAN]);
        gated.answer(VARIES, &"x".repeat(LENGTH));
        slow[0].head().expect("a head, and then it reads no more");
        clients.iter_mut().for_each(|client| assert_eq!(client.answer().content.len(), LENGTH));
        nobody_else_asks(gated);
    });
}

#[test]
fn a_variant_that_is_forgotten_on_its_way_is_asked_for_once_more() {
    with_each_store(|gated, edge| {
        stored(gated, edge, ENGLISH, VARIES, "en");
        for (method, lines) in [("GET", GERMAN), ("HEAD", GERMAN), ("HEAD", FRENCH)] {
            let mut first = crowd(edge, 1, method, &[lines]);
            let (_, early) = gated.call();
            let mut clients = crowd(edge, CROWD, method, &[lines]);
            let all = distribution::Invalidation::new(["/*"]).unwrap();
            edge.served.host.shared().edge_cache.invalidate("d", &all);
            let answer = |own: &str| {
                format!("HTTP/1.1 200 O\r\n{VARIES}X-Own: {own}\r\nContent-Length: 0\r\n\r\n")
            };
            early.send(answer("old").into()).unwrap();
            drop(early);
            assert!(first[0].head().unwrap().to_lowercase().contains("x-own: old"));
            gated.call().1.send(answer("new").into()).unwrap();
            for client in &mut clients {
                assert!(client.head().unwrap().to_lowercase().contains("x-own: new"));
            }
            nobody_else_asks(gated);
            wait_until(|| in_flight(edge) == 0);
            edge.served.host.shared().edge_cache.invalidate("d", &all);
        }
    });
}
