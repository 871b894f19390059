//! Lines of logs.

use super::*;
use http_cache::Timestamp;

use crate::{CacheResult, LogRecord, log_header};

fn is_secret(name: &str) -> bool {
    ["token", "authorization", "signature", "cookie"].contains(&&*name.to_ascii_lowercase())
}

fn record<'a>(fields: &'a Fields, response: &'a Fields) -> LogRecord<'a> {
    LogRecord {
        at: Timestamp(1_700_000_000_123),
        location: None,
        viewer: ("192.0.2.1", Some(4711), Some("DE"), Some(64_496)),
        method: "GET",
        target: "/a b/%7e?x=1&token=s3cret&Signature=s3cret~#",
        is_https: true,
        tls: Some(("TLSv1.3", "TLS_AES_128_GCM_SHA256")),
        version: "HTTP/2.0",
        fields,
        request_bytes: 120,
        status: 206,
        response,
        response_bytes: 1042,
        result: CacheResult::RefreshHit,
        detail: None,
        request_id: "id==",
        taken_ms: 1_002,
        first_byte_ms: 2,
        origin_ms: Some(1),
        is_secret,
    }
}

/// The fields of a line by their names.
fn parsed(line: &str) -> std::collections::BTreeMap<String, String> {
    let header = log_header();
    let names = header.lines().nth(1).unwrap().strip_prefix("#Fields: ").unwrap();
    let (names, values): (Vec<&str>, Vec<&str>) =
        (names.split(' ').collect(), line.split('\t').collect());
    assert_eq!((names.len(), values.len()), (33, 33), "{line}");
    names.into_iter().map(String::from).zip(values.into_iter().map(String::from)).collect()
}

fn viewer_fields() -> Fields {
    Fields::from([
        ("Host", "www.example"),
        ("User-Agent", "Mozilla/5.0 (X\tY)\r\nGET"),
        ("Referer", "https://a/?token=s3cret&b=2"),
        ("Cookie", "session=1; CloudFront-Signature=s3cret; aws-waf-token=s3cret"),
        ("Authorization", "Bearer s3cret"),
    ])
}

#[test]
fn a_standard_line_has_the_33_fields_in_their_order() {
    assert!(
        log_header()
            .starts_with("#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip ")
    );
    let response = Fields::from([
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Length", "10"),
        ("Content-Range", "bytes 5-14/20"),
    ]);
    let fields = viewer_fields();
    let distribution = distribution_of(&document(json!({})), &[]);
    let line = distribution.standard_line(&record(&fields, &response));
    let line = parsed(&line);
    for (name, value) in [
        ("date", "2023-11-14"),
        ("time", "22:13:20"),
        ("x-edge-location", "-"),
        ("sc-bytes", "1042"),
        ("c-ip", "192.0.2.1"),
        ("cs-method", "GET"),
        ("cs(Host)", "www.example"),
        ("cs-uri-stem", "/a%20b/%257e"),
        ("sc-status", "206"),
        ("cs(Referer)", "https://a/?token=REDACTED&b=2"),
        ("cs(User-Agent)", "Mozilla/5.0%20(X%09Y)%0D%0AGET"),
        ("cs-uri-query", "x=1&token=REDACTED&Signature=REDACTED%23"),
        ("cs(Cookie)", "-"),
        ("x-edge-result-type", "RefreshHit"),
        ("x-edge-request-id", "id=="),
        ("x-host-header", "www.example"),
        ("cs-protocol", "https"),
        ("cs-bytes", "120"),
        ("time-taken", "1.002"),
        ("x-forwarded-for", "-"),
        ("ssl-protocol", "TLSv1.3"),
        ("ssl-cipher", "TLS_AES_128_GCM_SHA256"),
        ("x-edge-response-result-type", "RefreshHit"),
        ("cs-protocol-version", "HTTP/2.0"),
        ("fle-status", "-"),
        ("fle-encrypted-fields", "-"),
        ("c-port", "4711"),
        ("time-to-first-byte", "0.002"),
        ("x-edge-detailed-result-type", "RefreshHit"),
        ("sc-content-type", "text/html;%20charset=utf-8"),
        ("sc-content-len", "10"),
        ("sc-range-start", "5"),
        ("sc-range-end", "14"),
    ] {
        assert_eq!(line[name], value, "{name}");
    }
}

#[test]
fn cookies_are_logged_where_that_is_asked_for_but_for_those_that_let_in() {
    let logging =
        json!({"Logging": {"Enabled": true, "IncludeCookies": true, "Bucket": "b", "Prefix": ""}});
    let distribution = distribution_of(&document(logging), &[]);
    assert!(distribution.is_logged());
    let (fields, response) = (viewer_fields(), Fields::default());
    let left = LogRecord { status: 0, ..record(&fields, &response) };
    let line = distribution.standard_line(&left);
    assert!(!line.contains("s3cret"), "{line}");
    let line = parsed(&line);
    assert_eq!(
        (&*line["cs(Cookie)"], &*line["sc-status"], &*line["x-edge-result-type"]),
        ("session=1", "000", "Error")
    );
}

#[test]
fn a_real_time_line_has_the_chosen_fields_in_their_order_of_the_sampled_requests() {
    let arn = "arn:aws:cloudfront::123456789012:realtime-log-config/logs";
    let config = |rate: u64, fields: Value| {
        json!({"RealtimeLogConfig": {"ARN": arn, "Name": "logs", "SamplingRate": rate, "Fields": fields,
            "EndPoints": [{"StreamType": "Kinesis", "KinesisStreamConfig": {}}]}})
    };
    let logged = document(json!({"CacheBehaviors": {"Items": [
        behavior(json!({"PathPattern": "/logged/*", "RealtimeLogConfigArn": arn}))]}}));
    let fields =
        json!(["cs-headers", "sc-status", "timestamp", "cache-behavior-path-pattern", "c-country"]);
    let of = |rate| distribution_of(&logged, &[config(rate, fields.clone())]);
    let (viewer, response) = (viewer_fields(), Fields::default());
    let to = |target: &'static str| LogRecord { target, ..record(&viewer, &response) };
    let line = of(100).real_time_line(&to("/logged/x")).unwrap();
    assert!(line.starts_with("1700000000.123\t206\tDE\t/logged/*\tHost:www.example%0A"), "{line}");
    assert!(!line.contains("s3cret"), "{line}");
    assert_eq!(of(100).real_time_line(&to("/other")), None);
    let ids: Vec<String> = (0..10_000).map(|id| std::format!("request-{id}")).collect();
    let distribution = of(20);
    let sampled = ids.iter().filter(|id| {
        distribution.real_time_line(&LogRecord { request_id: id, ..to("/logged/x") }).is_some()
    });
    assert!((1_700..2_300).contains(&sampled.count()));
    for (rate, fields) in
        [(0, fields.clone()), (101, fields), (1, json!(["origin"])), (1, json!([]))]
    {
        let (_, problems) = read_all(&logged, &[config(rate, fields)]);
        assert!(problems.iter().any(|problem| !problem.is_warning));
    }
    assert!(read_all(&logged, &[]).0.is_none(), "without the configuration");
}

/// A line of the real-time log with these fields of a distribution whose standard logs have no cookies, and the warnings.
fn real_time(fields: Value) -> (String, Vec<String>) {
    let arn = "arn:aws:cloudfront::123456789012:realtime-log-config/logs";
    let config = json!({"RealtimeLogConfig": {"ARN": arn, "SamplingRate": 100, "Fields": fields}});
    let logged = behavior(json!({"RealtimeLogConfigArn": arn}));
    let document = with(
        json!({"DomainName": "d111111abcdef8.cloudfront.net"}),
        document(json!({"DefaultCacheBehavior": logged})),
    );
    let (distribution, problems) = read_all(&document, &[config]);
    let (viewer, response) = (viewer_fields(), Fields::default());
    let line = distribution.unwrap().real_time_line(&record(&viewer, &response)).unwrap();
    (line, problems.iter().map(ToString::to_string).collect())
}

#[test]
fn real_time_logs_have_cookies_where_they_ask_for_them_themselves() {
    assert_eq!(real_time(json!(["cs-cookie"])), ("session=1".into(), Vec::new()));
}

#[test]
fn every_field_of_real_time_logs_is_taken_and_what_is_never_told_is_warned_of() {
    let (line, told) = real_time(json!(&crate::log::REAL_TIME[..]));
    let values: Vec<&str> = line.split('\t').collect();
    assert_eq!(values.len(), crate::log::REAL_TIME.len());
    let of =
        |name: &str| values[crate::log::REAL_TIME.iter().position(|one| *one == name).unwrap()];
    assert_eq!(of("primary-distribution-dns-name"), "d111111abcdef8.cloudfront.net");
    assert_eq!((of("origin-fbl"), of("origin-lbl"), of("cmcd-version")), ("0.001", "-", "-"));
    let [server, last, players] = &told[..] else { panic!("{told:?}") };
    assert!(server.contains("`s-ip`") && last.contains("`origin-lbl`"), "{told:?}");
    assert!(players.contains("`cmcd-…`") && players.ends_with("(and at 17 more places)"));
}
