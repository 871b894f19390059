//! Countries and networks of clients, from databases in MaxMind's format.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tests::mmdb;

use crate::kit::*;

/// This machine is in Germany; what it forwards for is in California, by a network of its own.
fn city() -> Vec<u8> {
    let us = json!({"country": {"iso_code": "US"}, "subdivisions": [{"iso_code": "CA"}]});
    let de = json!({"country": {"iso_code": "DE"}});
    mmdb::database("GeoLite2-City", &[("127.0.0.0/8", de), ("192.0.2.0/24", us)])
}

fn asn() -> Vec<u8> {
    let system = json!({"autonomous_system_number": 64_500});
    mmdb::database("GeoLite2-ASN", &[("127.0.0.0/8", system)])
}

fn acl(statement: &Value) -> String {
    json!({"Name": "geo", "DefaultAction": {"Allow": {}}, "Rules": [
        {"Name": "r", "Priority": 0, "Action": {"Block": {}}, "Statement": statement},
    ]})
    .to_string()
}

const KEYS: &str =
    "webAcl: geo\nwebAcls: [{name: geo, definition: acl.json, logging: {destination: waf.log}}]\n";

fn served(statement: &Value) -> Served {
    let folder = Folder::new();
    folder.write("acl.json", &acl(statement));
    for (name, content) in [("city.mmdb", city()), ("asn.mmdb", asn())] {
        std::fs::write(folder.path(name), content).unwrap();
    }
    let more = format!("{KEYS}geoDatabases: [city.mmdb, asn.mmdb]\n");
    let config = configuration_with(&folder, echo(), &more);
    Served::start_configured(folder, config, 1)
}

fn status(served: &Served, lines: &str) -> u16 {
    let mut client = served.client();
    let host = "Host: a.execute-api.us-east-1.amazonaws.com";
    client.send(format!("GET /prod/mock HTTP/1.1\r\n{host}\r\n{lines}\r\n").as_bytes());
    client.answer().status
}

#[test]
fn rules_go_by_the_countries_and_networks_of_clients() {
    for (statement, expected) in [
        (json!({"GeoMatchStatement": {"CountryCodes": ["DE"]}}), 403),
        (json!({"GeoMatchStatement": {"CountryCodes": ["US"]}}), 200),
        (json!({"AsnMatchStatement": {"AsnList": [64_500]}}), 403),
        (json!({"AsnMatchStatement": {"AsnList": [64_501]}}), 200),
    ] {
        assert_eq!(status(&served(&statement), ""), expected, "{statement}");
    }
}

#[test]
fn rules_go_by_the_countries_of_those_that_a_proxy_forwards_for() {
    let forwarded = json!({"HeaderName": "X-Forwarded-For", "FallbackBehavior": "NO_MATCH"});
    let statement =
        json!({"GeoMatchStatement": {"CountryCodes": ["US"], "ForwardedIPConfig": forwarded}});
    let served = served(&statement);
    assert_eq!(status(&served, "X-Forwarded-For: 192.0.2.1, 10.0.0.1\r\n"), 403);
    assert_eq!(status(&served, "X-Forwarded-For: 198.51.100.1\r\n"), 200);
    assert_eq!(status(&served, "X-Forwarded-For: nobody\r\n"), 200);
    assert_eq!(status(&served, ""), 200);
    let folder = served.folder.path("waf.log");
    served.host.drain(PATIENCE);
    let log = std::fs::read_to_string(folder).unwrap();
    let first: Value = serde_json::from_str(log.lines().next().expect("a line")).unwrap();
    assert_eq!(first["httpRequest"]["country"], "DE", "the client's own");
    assert_eq!(first["labels"][1]["name"], "awswaf:forwardedip:geo:region:US-CA");
}

fn mistakes(more: &str) -> Vec<String> {
    let folder = Folder::new();
    folder.write("acl.json", &acl(&json!({"GeoMatchStatement": {"CountryCodes": ["DE"]}})));
    folder.write("text.mmdb", "not a database");
    std::fs::write(folder.path("asn.mmdb"), asn()).unwrap();
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 1));
    let config = configuration_with(&folder, nowhere, &format!("{KEYS}{more}"));
    let origin = host_runtime::snapshot::Origin::Config(config);
    let are_databases = !more.contains("missing") && !more.contains("text");
    assert_eq!(origin.build_for_edge().is_ok(), are_databases, "a platform tells countries itself");
    let refused = origin.build().expect_err("a mistake");
    refused.diagnostics.iter().filter(|d| d.is_error()).map(ToString::to_string).collect()
}

#[test]
fn what_nobody_can_tell_is_refused_at_start() {
    for (more, expected) in [
        ("", "`geoDatabases`"),
        ("geoDatabases: [asn.mmdb]\n", "countries"),
        ("geoDatabases: [missing.mmdb]\n", "missing.mmdb"),
        ("geoDatabases: [text.mmdb]\n", "not a MaxMind database"),
    ] {
        let mistakes = mistakes(more);
        assert!(mistakes.iter().any(|line| line.contains(expected)), "{more}: {mistakes:?}");
    }
}
