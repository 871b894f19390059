//! TLS on both sides: origins that are asked over it, and what they are told of viewers that come by it.

use std::net::SocketAddr;

use http::Response;
use serde_json::{Value, json};
use tests::mmdb;
use tokio_rustls::rustls::ClientConnection;

use super::kit::*;
use crate::kit::*;
use crate::tls_client::*;
use crate::tls_endpoint::*;

const CDN: &str = "cdn.example";
const BOTH: &str = "['127.0.0.1:0', {address: '127.0.0.1:0', tls: {certificate: {chain: cdn.pem, privateKey: cdn.key}}}]";

/// A distribution that viewers reach in clear text and over TLS.
struct Both {
    served: Served,
    authority: Authority,
}

impl Both {
    fn start(document: &Value, more: &str, files: &[(&str, &[u8])]) -> Self {
        let (folder, authority) = (Folder::new(), Authority::new("of viewers"));
        folder.write_identity("cdn", &authority.identity(CDN, Dates::Valid, false));
        folder.write("distribution.json", &document.to_string());
        for (name, content) in files {
            std::fs::write(folder.path(name), content).unwrap();
        }
        let distributions = "distributions: [{id: d, definition: distribution.json}]";
        let config =
            folder.write("edgeway.yaml", &format!("listen: {BOTH}\n{distributions}\n{more}\n"));
        Self { served: Served::start_configured(folder, config, 1), authority }
    }

    fn address(&self, is_tls: bool) -> SocketAddr {
        let mut addresses = self.served.host.addresses().iter();
        addresses.find(|(place, _)| place.is_tls == is_tls).unwrap().1
    }

    fn hello(&self) -> Hello<'_> {
        Hello::to(&self.authority, CDN)
    }

    fn plain(&self, path: &str) -> Answer {
        let mut client = Client::connect(self.address(false));
        client.send(format!("GET {path} HTTP/1.1\r\nHost: {CDN}\r\n\r\n").as_bytes());
        client.answer()
    }

    fn secure(&self, path: &str) -> Answered {
        self.hello().get(self.address(true), CDN, path).unwrap()
    }
}

fn document(origin: &Value, behavior: Value) -> Value {
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 1));
    let changes = json!({"Aliases": {"Items": [CDN]}, "Origins": {"Items": [origin]},
        "DefaultCacheBehavior": behavior});
    distribution(nowhere, changes)
}

/// An origin in clear text and over TLS, asked as this policy says.
fn origin(policy: &str, http: u16, https: u16) -> Value {
    json!({"Id": "web", "DomainName": "localhost", "CustomOriginConfig": {
        "HTTPPort": http, "HTTPSPort": https, "OriginProtocolPolicy": policy}})
}

fn over_tls(authority: &Authority) -> TlsEndpoint {
    let identity = authority.identity("localhost", Dates::Valid, false);
    TlsEndpoint::start(&identity, &["http/1.1"], async |_| {
        let mut response = Response::new(Content::text("over TLS"));
        // The client in clear text reads as much as is announced.
        response.headers_mut().insert("content-length", 8.into());
        response
    })
}

#[test]
fn an_origin_is_asked_in_clear_text_or_over_tls_by_its_policy_and_its_viewer() {
    let (plain, _) = answering(|_, _| response(200, "", "in clear text"));
    let authority = Authority::new("of origins");
    let secure = over_tls(&authority);
    for (policy, in_clear_text, by_tls) in [
        ("http-only", "in clear text", "in clear text"),
        ("https-only", "over TLS", "over TLS"),
        ("match-viewer", "in clear text", "over TLS"),
    ] {
        let document = document(&origin(policy, plain.port(), secure.port), json!({}));
        let pem = authority.pem();
        let edge = Both::start(&document, "truststore: ca.pem", &[("ca.pem", pem.as_bytes())]);
        assert_eq!(edge.plain("/a").text(), in_clear_text, "{policy}");
        assert_eq!(edge.secure("/b").text, by_tls, "{policy}");
    }
}

#[test]
fn an_origin_that_nobody_vouches_for_is_a_502_and_told_nothing() {
    let secure = over_tls(&Authority::new("nobody's"));
    let other = Authority::new("another's").pem();
    for policy in ["https-only", "match-viewer"] {
        let document = document(&origin(policy, 1, secure.port), json!({}));
        let edge = Both::start(&document, "truststore: ca.pem", &[("ca.pem", other.as_bytes())]);
        let answer = edge.secure("/a");
        assert_eq!(answer.status, 502, "{policy}");
        assert!(!answer.text.contains("over TLS"), "{policy}");
    }
    assert_eq!(secure.connections(), 0);
}

#[test]
fn origins_are_told_how_viewers_shook_hands_and_the_name_of_their_country() {
    let (plain, _) = answering(|head, _| response(200, "", head));
    // CachingDisabled, AllViewerAndCloudFrontHeaders-2022-06
    let behavior = json!({"CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
        "OriginRequestPolicyId": "33f36d7e-f396-46d9-90e0-52428a34d9dc"});
    let document = document(&origin("http-only", plain.port(), 443), behavior);
    let turkey = json!({"country": {"iso_code": "TR", "names": {"en": "Türkiye"}}});
    let database = mmdb::database("GeoLite2-Country", &[("127.0.0.0/8", turkey)]);
    let edge = Both::start(&document, "geoDatabases: [geo.mmdb]", &[("geo.mmdb", &database)]);
    let told = |text: &str, name: &str| {
        let start = format!("cloudfront-viewer-{name}: ");
        let values: Vec<String> = text
            .lines()
            .filter_map(|line| Some(line.to_lowercase().strip_prefix(&start)?.to_owned()))
            .collect();
        values.join("|")
    };
    let mut client = edge.hello().connect(edge.address(true)).unwrap();
    let first = client.get(CDN, "/a").unwrap().text;
    assert_eq!(told(&first, "country-name"), "t%c3%bcrkiye");
    assert_eq!(told(&first, "tls"), "tlsv1.3:tls_aes_256_gcm_sha384:fullhandshake");
    let forged = "GET /a HTTP/1.1\r\nHost: cdn.example\r\nCloudFront-Viewer-TLS: SSLv3\r\n\r\n";
    client.send(forged).unwrap();
    let second = client.answer().unwrap().text;
    assert_eq!(told(&second, "tls"), "tlsv1.3:tls_aes_256_gcm_sha384:connectionreused");
    let old = Hello { versions: ONLY_12, ..edge.hello() };
    let old = old.get(edge.address(true), CDN, "/a").unwrap().text;
    assert_eq!(told(&old, "tls"), "tlsv1.2:ecdhe-ecdsa-aes256-gcm-sha384:fullhandshake");
    // A client that remembers the keys of its last connection.
    let config = edge.hello().config();
    let told_of = || {
        let mut client = connect(&config, edge.address(true));
        told(&client.get(CDN, "/a").unwrap().text, "tls").rsplit(':').next().unwrap().to_owned()
    };
    assert_eq!([told_of(), told_of()], ["fullhandshake", "sessionresumed"]);
    let plain = edge.plain("/a").text();
    assert_eq!(
        (told(&plain, "tls"), told(&plain, "country-name")),
        ("".into(), "t%c3%bcrkiye".into())
    );
}

fn connect(
    config: &std::sync::Arc<tokio_rustls::rustls::ClientConfig>,
    address: SocketAddr,
) -> TlsClient {
    let name = CDN.try_into().unwrap();
    let connection = ClientConnection::new(std::sync::Arc::clone(config), name).unwrap();
    let socket = std::net::TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    TlsClient(tokio_rustls::rustls::StreamOwned::new(connection, socket))
}
