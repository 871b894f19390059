//! Fingerprints of clients by how they greet over TLS, for rules of web ACLs.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use tokio_rustls::rustls::ClientConnection;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::kit::*;
use crate::tls_client::*;
use crate::tls_endpoint::*;

const LISTEN: &str =
    "{address: '127.0.0.1:0', tls: {certificate: {chain: a.pem, privateKey: a.key}}}";
const KEYS: &str =
    "webAcl: f\nwebAcls: [{name: f, definition: acl.json, logging: {destination: waf.log}}]\n";

/// Blocks clients with this fingerprint.
fn acl(kind: &str, fingerprint: &str) -> String {
    let field = json!({kind: {"FallbackBehavior": "NO_MATCH"}});
    let fingerprint = BASE64.encode(fingerprint);
    json!({"Name": "f", "DefaultAction": {"Allow": {}}, "Rules": [
        {"Name": "r", "Priority": 0, "Action": {"Block": {}}, "Statement": {"ByteMatchStatement": {
            "SearchString": fingerprint, "PositionalConstraint": "EXACTLY", "FieldToMatch": field,
            "TextTransformations": [{"Priority": 0, "Type": "NONE"}]}}},
    ]})
    .to_string()
}

/// What a client's greeting comes to, computed from the bytes that it would send.
fn fingerprints(hello: &Hello<'_>) -> waf::Fingerprints {
    let name = ServerName::try_from(hello.server_name.to_owned()).unwrap();
    let mut greeting = Vec::new();
    ClientConnection::new(hello.config(), name).unwrap().write_tls(&mut greeting).unwrap();
    let sha256 = |text: &[u8]| digest(&SHA256, text).as_ref().try_into().unwrap();
    waf::Fingerprints::of(&greeting, &sha256).expect("a greeting")
}

#[test]
fn rules_go_by_how_a_client_greets() {
    let authority = Authority::new("private");
    let folder = Folder::new();
    folder.write_identity("a", &authority.identity("a.example", Dates::Valid, false));
    let old = Hello { versions: ONLY_12, ..Hello::to(&authority, "a.example") };
    let new = Hello { versions: ONLY_13, ..Hello::to(&authority, "a.example") };
    let blocked = fingerprints(&old).ja4;
    assert!(blocked.starts_with("t12d"), "{blocked}");
    folder.write("acl.json", &acl("JA4Fingerprint", &blocked));
    let served = serve_tls(folder, LISTEN, &(domain("a.example", "a", "") + KEYS));
    let get = |hello: &Hello<'_>| hello.get(served.host.address(), "a.example", "/who").unwrap();
    assert_eq!(get(&old).status, 403);
    assert_eq!(get(&new).status, 200);
    let log = served.folder.path("waf.log");
    served.host.drain(PATIENCE);
    let log = std::fs::read_to_string(log).unwrap();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    // Each thread writes its own.
    let line_of = |ja4: &str| lines.iter().find(|line| line["ja4Fingerprint"] == ja4).expect(ja4);
    line_of(&fingerprints(&new).ja4);
    // The order of extensions, which JA3 goes by, is another one with each connection of this client.
    let ja3 = line_of(&blocked)["ja3Fingerprint"].as_str().unwrap();
    assert!(ja3.len() == 32 && ja3.bytes().all(|b| b.is_ascii_hexdigit()), "{ja3}");
}

#[test]
fn greetings_are_looked_at_only_if_a_rule_asks_for_them() {
    let authority = Authority::new("private");
    let folder = Folder::new();
    folder.write_identity("a", &authority.identity("a.example", Dates::Valid, false));
    let acl = json!({"Name": "f", "DefaultAction": {"Allow": {}}, "Rules": []});
    folder.write("acl.json", &acl.to_string());
    let served = serve_tls(folder, LISTEN, &(domain("a.example", "a", "") + KEYS));
    let hello = Hello::to(&authority, "a.example");
    assert_eq!(hello.get(served.host.address(), "a.example", "/who").unwrap().status, 200);
    let log = served.folder.path("waf.log");
    served.host.drain(PATIENCE);
    let line: Value = serde_json::from_str(std::fs::read_to_string(log).unwrap().trim()).unwrap();
    assert_eq!(line["ja4Fingerprint"], Value::Null);
}
