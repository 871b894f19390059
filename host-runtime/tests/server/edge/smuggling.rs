//! Bodies that are framed in two ways, or in none: whoever reads them differently than the next one lets
//! something pass that the web ACL never saw (RFC 9112 §11.2).

use std::io::Read;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::kit::*;
use crate::kit::*;

const ARN: &str = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/edge/1";

/// A web ACL that blocks `evil` wherever it stands, in front of a stage and of a distribution.
fn guarded(origin: SocketAddr) -> Edge {
    let every = json!({"All": {}});
    let fields = [
        json!({"Body": {"OversizeHandling": "MATCH"}}),
        json!({"UriPath": {}}),
        json!({"Headers": {"MatchPattern": every, "MatchScope": "ALL", "OversizeHandling": "MATCH"}}),
    ];
    let rule = |(at, field): (usize, &Value)| {
        json!({"Name": format!("r{at}"), "Priority": at, "Action": {"Block": {}}, "VisibilityConfig": {},
            "Statement": {"ByteMatchStatement": {"SearchString": STANDARD.encode("evil"),
                "PositionalConstraint": "CONTAINS", "FieldToMatch": field,
                "TextTransformations": [{"Priority": 0, "Type": "LOWERCASE"}]}}})
    };
    let rules: Vec<Value> = fields.iter().enumerate().map(rule).collect();
    let folder = Folder::new();
    let acl = json!({"Name": "edge", "Id": "1", "ARN": ARN, "DefaultAction": {"Allow": {}}, "Rules": rules,
        "VisibilityConfig": {}});
    folder.write("acl.json", &acl.to_string());
    let more = "webAcls: [{name: edge, definition: acl.json}]\nwebAcl: edge\n";
    let mut document = distribution(origin, json!({}));
    document["DistributionConfig"]["WebACLId"] = ARN.into();
    Edge::start_in(folder, origin, &document, more, &[])
}

/// An endpoint that answers 200 and keeps everything that it was sent.
fn keeping() -> (SocketAddr, Arc<Mutex<String>>) {
    let kept = Arc::new(Mutex::new(String::new()));
    let keep = Arc::clone(&kept);
    let address = endpoint(move |mut connection| {
        while let Some(head) = connection.head() {
            let mut content = Vec::new();
            if head.to_lowercase().contains("transfer-encoding: chunked") {
                while let Some(chunk) = connection.chunk() {
                    content.extend(chunk);
                }
            } else {
                content.resize(content_length(&head), 0);
                connection.reader.read_exact(&mut content).unwrap();
            }
            let text = head + &String::from_utf8_lossy(&content);
            keep.lock().unwrap().push_str(&text.to_lowercase());
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }
    });
    (address, kept)
}

/// What is sent to a path behind `POST`, and the request that stands in it.
const EVIL: [(&str, &str); 34] = [
    ("a length", " HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nevil"),
    ("chunks", " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n"),
    (
        "a chunk for each half",
        " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nev\r\n2\r\nil\r\n0\r\n\r\n",
    ),
    (
        "chunks with extensions",
        " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2;a=\"b\"\r\nev\r\n2;c\r\nil\r\n0;d\r\n\r\n",
    ),
    (
        "a length beside chunks, that of the last chunk",
        " HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nPOST /prod/to/evil HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n",
    ),
    (
        "a length beside chunks, beyond them",
        " HTTP/1.1\r\nHost: h\r\nContent-Length: 14\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n",
    ),
    (
        "chunks before a length",
        " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n4\r\nevil\r\n0\r\n\r\n",
    ),
    ("two lengths", " HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nContent-Length: 4\r\n\r\nevil"),
    (
        "two lengths the other way",
        " HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nContent-Length: 0\r\n\r\nevil",
    ),
    (
        "one length twice",
        " HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nevil",
    ),
    ("a list of lengths", " HTTP/1.1\r\nHost: h\r\nContent-Length: 0, 4\r\n\r\nevil"),
    ("a length with a sign", " HTTP/1.1\r\nHost: h\r\nContent-Length: +4\r\n\r\nevil"),
    ("a length with a blank in it", " HTTP/1.1\r\nHost: h\r\nContent-Length: 0 4\r\n\r\nevil"),
    ("a length in hexadecimal", " HTTP/1.1\r\nHost: h\r\nContent-Length: 0x4\r\n\r\nevil"),
    ("a folded length", " HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n 4\r\n\r\nevil"),
    (
        "a length folded into another field",
        " HTTP/1.1\r\nHost: h\r\nX: y\r\n Content-Length: 4\r\n\r\nevil",
    ),
    (
        "a folded coding",
        " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding:\r\n chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n",
    ),
    (
        "a blank before the colon",
        " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding : chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n",
    ),
    (
        "a vertical tab before the coding",
        " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: \u{b}chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n",
    ),
    (
        "a coding that nobody knows",
        " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n",
    ),
    (
        "chunks that are not last",
        " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, identity\r\n\r\n4\r\nevil\r\n0\r\n\r\n",
    ),
    (
        "chunks twice",
        " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n",
    ),
    (
        "chunks in HTTP/1.0",
        " HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n",
    ),
    ("lines that end in a line feed", " HTTP/1.1\nHost: h\nContent-Length: 4\n\nevil"),
    (
        "a line feed before the coding",
        " HTTP/1.1\r\nHost: h\r\nX: y\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n",
    ),
    (
        "a carriage return before the coding",
        " HTTP/1.1\r\nHost: h\r\nX: y\rTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n",
    ),
    (
        "a chunk's size with a prefix",
        " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0x4\r\nevil\r\n0\r\n\r\n",
    ),
    (
        "a chunk's size with a sign",
        " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n+4\r\nevil\r\n0\r\n\r\n",
    ),
    (
        "a chunk's size beyond what a number holds",
        " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000004\r\nevil\r\n0\r\n\r\n",
    ),
    (
        "a chunk longer than its size",
        " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nevil\r\n0\r\n\r\n",
    ),
    (
        "a line feed behind a chunk's size",
        " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4;a\nevil\r\n0\r\n\r\n",
    ),
    (
        "a line feed in an extension",
        " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2;\nxx\r\n9\r\n0\r\n\r\nevil\r\n0\r\n\r\n",
    ),
    (
        "a request behind content",
        " HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\nPOST /prod/to/evil HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n",
    ),
    (
        "a request behind what has no length",
        " HTTP/1.1\r\nHost: h\r\n\r\nPOST /prod/to/a HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nevil",
    ),
];

/// Everything that is answered, up to the end of the connection.
fn answers(mut client: Client, request: &str, last: &str) -> String {
    client.send(request.as_bytes());
    // One who was refused may find the connection closed.
    let _ = std::io::Write::write_all(&mut client.stream, last.as_bytes());
    let mut told = Vec::new();
    let _ = client.reader.read_to_end(&mut told);
    String::from_utf8_lossy(&told).into_owned()
}

#[test]
fn no_framing_of_a_body_takes_it_past_the_web_acl() {
    let (origin, kept) = keeping();
    let edge = guarded(origin);
    let last = "GET /prod/mock HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    for (name, request) in EVIL {
        for (place, path, client) in
            [("stage", "/prod/to/a", edge.served.client()), ("distribution", "/a", edge.client())]
        {
            let told = answers(client, &format!("POST {path}{request}"), last);
            let refused = ["400", "403", "501"].map(|status| format!(" {status} "));
            let heads =
                told.split("HTTP/1.").skip(1).map(|head| head.get(1..6).unwrap_or_default());
            let heads: Vec<&str> = heads.collect();
            let is_refused =
                heads.iter().any(|head| refused.iter().any(|status| head.contains(status)));
            // With both framings a server may go by the chunks, and ends the connection then (RFC 9112 §6.1).
            let is_ended = heads.len() == 1 && told.contains("connection: close\r\n");
            assert!(is_refused || is_ended, "{place}, {name}: {told}");
            let seen = kept.lock().unwrap();
            assert!(!seen.contains("evil"), "{place}, {name}: {seen}");
        }
    }
}

#[test]
fn bodies_in_chunks_with_extensions_and_trailers_go_on_without_them() {
    let (origin, kept) = keeping();
    let edge = guarded(origin);
    let request = " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTrailer: X-Late\r\nConnection: close\r\n\r\n\
        2;mode=devil\r\ngo\r\n2\r\nod\r\n0\r\nX-Late: devil\r\nAuthorization: devil\r\n\r\n";
    for (path, client) in [("/prod/to/a", edge.served.client()), ("/a", edge.client())] {
        let told = answers(client, &format!("POST {path}{request}"), "");
        assert!(told.starts_with("HTTP/1.1 200"), "{path}: {told}");
        let mut seen = kept.lock().unwrap();
        assert!(seen.ends_with("good") && !seen.contains("devil"), "{path}: {seen}");
        seen.clear();
    }
}
