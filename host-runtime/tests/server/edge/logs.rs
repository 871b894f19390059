//! Standard and real-time logs.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::json;

use super::kit::*;
use crate::kit::*;

/// The lines of a file without its header, once there are so many.
fn lines(file: &Path, count: usize) -> Vec<String> {
    let patience = std::time::Instant::now();
    loop {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let lines: Vec<String> =
            text.lines().filter(|l| !l.starts_with('#')).map(Into::into).collect();
        if lines.len() >= count {
            return lines;
        }
        assert!(patience.elapsed() < PATIENCE, "{text}");
        std::thread::yield_now();
    }
}

fn parsed(file: &Path, count: usize) -> Vec<BTreeMap<String, String>> {
    let lines = lines(file, count);
    let text = std::fs::read_to_string(file).unwrap();
    assert_eq!(text.matches("#Version: 1.0\n#Fields: ").count(), 1, "{text}");
    let names = text.lines().nth(1).unwrap().strip_prefix("#Fields: ").unwrap();
    let of = |line: &String| {
        names.split(' ').map(Into::into).zip(line.split('\t').map(Into::into)).collect()
    };
    lines.iter().map(of).collect()
}

#[test]
fn every_request_is_a_line_of_the_standard_log() {
    let (origin, _) = answering(|head, _| match head.starts_with("GET /missing") {
        true => response(404, "Cache-Control: no-store\r\n", "none"),
        false => fresh("0123456789"),
    });
    let folder = Folder::new();
    let log = folder.path("cdn.log");
    let changes =
        json!({"Logging": {"Enabled": true, "IncludeCookies": true, "Bucket": "b", "Prefix": ""}});
    let more = "    logging: {destination: cdn.log}\n";
    let edge = Edge::start_in(folder, origin, &distribution(origin, changes), more, &[]);
    let answers = [
        edge.ask("GET", "/a?x=1&token=s3cret", "User-Agent: t (1)\r\nCookie: a=b\r\n"),
        edge.ask("GET", "/a?x=1&token=s3cret", "Range: bytes=2-4\r\nCookie: a=b\r\n"),
        edge.ask("HEAD", "/a", ""),
        edge.get("/missing"),
        edge.get("/x/..%2fadmin"),
    ];
    // Each thread has lines of its own: they are found by the ids that viewers are told.
    let logged = parsed(&log, 5);
    let of = |answer: &Answer, name: &str| {
        let is_its = |id: &str| has(answer, &format!("x-amz-cf-id: {id}"));
        let line = logged.iter().find(|line| is_its(&line["x-edge-request-id"]));
        line.unwrap_or_else(|| panic!("{}", answer.head))[name].clone()
    };
    let told = |name: &str| answers.iter().map(|answer| of(answer, name)).collect::<Vec<_>>();
    assert_eq!(told("sc-status"), ["200", "206", "200", "404", "400"]);
    assert_eq!(told("x-edge-result-type"), ["Miss", "Hit", "Miss", "Error", "Error"]);
    assert_eq!(told("x-edge-detailed-result-type")[4], "InvalidRequest");
    assert_eq!(told("cs-uri-query")[0], "x=1&token=REDACTED");
    assert_eq!((&*told("cs(User-Agent)")[0], &*told("cs(Cookie)")[0]), ("t%20(1)", "a=b"));
    assert_eq!((&*told("sc-range-start")[1], &*told("sc-range-end")[1]), ("2", "4"));
    let bytes: Vec<u64> = told("sc-bytes").iter().map(|bytes| bytes.parse().unwrap()).collect();
    assert!(bytes[0] > 100 && bytes[0] < 600, "{bytes:?}");
}

#[test]
fn a_viewer_that_leaves_is_logged_with_what_it_got() {
    let gated = gated();
    let folder = Folder::new();
    let log = folder.path("cdn.log");
    let more = "    logging: {destination: cdn.log}\n";
    let document = distribution(gated.address, json!({}));
    let edge = Edge::start_in(folder, gated.address, &document, more, &[]);
    let mut before = edge.client();
    before.send(b"GET /before HTTP/1.1\r\nHost: h\r\n\r\n");
    let waiting = gated.call();
    drop(before);
    let line = parsed(&log, 1).remove(0);
    assert_eq!((&*line["sc-status"], &*line["sc-bytes"]), ("000", "0"));
    assert_eq!(line["x-edge-detailed-result-type"], "ClientCommError");
    drop(waiting);
    let mut within = edge.client();
    within.send(b"POST /within HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
    let (_, answer) = gated.call();
    answer.send("HTTP/1.1 200 O\r\nContent-Length: 99\r\n\r\nhalf".into()).unwrap();
    within.head().expect("a head");
    drop(within);
    let line = parsed(&log, 2).into_iter().find(|line| line["cs-method"] == "POST").unwrap();
    assert_eq!((&*line["sc-status"], &*line["sc-content-len"]), ("200", "99"));
    assert_eq!(line["x-edge-detailed-result-type"], "ClientCommError");
}

#[test]
fn real_time_logs_have_the_fields_that_were_chosen() {
    let (origin, _) = answering(|_, _| fresh("x"));
    let arn = "arn:aws:cloudfront::123456789012:realtime-log-config/logs";
    let changes = json!({"DefaultCacheBehavior": {"RealtimeLogConfigArn": arn}});
    let config = json!({"RealtimeLogConfig": {"ARN": arn, "Name": "logs", "SamplingRate": 100,
        "Fields": ["cs-method", "sc-status", "x-edge-result-type", "cache-behavior-path-pattern"]}});
    let folder = Folder::new();
    let log = folder.path("rt.log");
    let more = "    logging: {realTimeDestination: rt.log}\n";
    let references = [("logs.json", config)];
    let edge = Edge::start_in(folder, origin, &distribution(origin, changes), more, &references);
    edge.get("/a");
    edge.get("/a");
    let mut lines = lines(&log, 2);
    lines.sort();
    assert_eq!(lines, ["200\tGET\tHit\t*", "200\tGET\tMiss\t*"]);
}

#[test]
fn logs_that_would_be_written_nowhere_are_refused() {
    let origin = std::net::SocketAddr::from(([127, 0, 0, 1], 1));
    let folder = Folder::new();
    let changes = json!({"Logging": {"Enabled": true, "IncludeCookies": false, "Bucket": "b"}});
    folder.write("distribution.json", &distribution(origin, changes).to_string());
    let more = "distributions: [{id: d, definition: distribution.json}]";
    let config = configuration_with(&folder, origin, more);
    let refused = host_runtime::snapshot::Origin::Config(config).build().unwrap_err();
    let told = format!("{:?}", refused.diagnostics);
    assert!(told.contains("`logging.destination`"), "{told}");
}
