//! Endpoints over TLS: who is trusted, and HTTP/2 wherever the endpoint speaks it.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, Version};
use http_body_util::BodyExt;
use hyper::body::{Frame, Incoming};

use crate::kit::*;
use crate::program::{LOG, Program};
use crate::tls_endpoint::*;

const BOTH: [&str; 2] = ["h2", "http/1.1"];

/// A host with this endpoint behind `/prod/to/…` of a REST API; `/prod/any/…` trusts any authority.
fn serve(endpoint: &TlsEndpoint, truststore: Option<&Authority>) -> Served {
    let folder = Folder::new();
    let config = configuration(&folder, endpoint, truststore);
    Served::start_configured(folder, config, 1)
}

fn configuration(
    folder: &Folder,
    endpoint: &TlsEndpoint,
    truststore: Option<&Authority>,
) -> PathBuf {
    let port = endpoint.port;
    folder.write("api.yaml", &definition(port));
    let trusted = truststore.map(|authority| {
        folder.write("authorities.pem", &authority.pem());
        "truststore: authorities.pem"
    });
    let config = format!(
        "listen: 127.0.0.1:0
{}
apis:
  - id: a
    protocol: REST
    definition: api.yaml
    stages:
      - stageName: prod
        accessLogSettings: {{format: '$context.path $context.status', destination: access.log}}
",
        trusted.unwrap_or_default()
    );
    folder.write("edgeway.yaml", &config)
}

fn definition(port: u16) -> String {
    let path = |name: &str, tls_config: &str| {
        format!(
            "
  /{name}/{{proxy+}}:
    x-amazon-apigateway-any-method:
      parameters: [{{name: proxy, in: path, required: true, schema: {{type: string}}}}]
      x-amazon-apigateway-integration:
        type: http_proxy
        httpMethod: ANY
        uri: https://localhost:{port}/{{proxy}}
        requestParameters: {{integration.request.path.proxy: method.request.path.proxy}}{tls_config}"
        )
    };
    let any = "\n        tlsConfig: {insecureSkipVerification: true}";
    format!(
        "openapi: 3.0.1\ninfo: {{title: t, version: '1'}}\npaths:{}{}\n",
        path("to", ""),
        path("any", any)
    )
}

/// Answers with the version that it was asked in, and the content that it was sent.
async fn echo_version(request: Request<Incoming>) -> Response<Content> {
    let version = format!("{:?} {} ", request.version(), request.uri().path());
    let content = request.into_body().collect().await.unwrap().to_bytes();
    Response::new(Content::text([version.as_bytes(), &content].concat()))
}

#[test]
fn the_protocol_is_agreed_on_with_the_endpoint() {
    let authority = Authority::new("private");
    let identity = authority.identity("localhost", Dates::Valid, false);
    for (offered, version) in [
        (&BOTH[..], "HTTP/2.0"),
        (&["http/1.1"][..], "HTTP/1.1"),
        (&["h2"][..], "HTTP/2.0"),
        (&[][..], "HTTP/1.1"),
    ] {
        let endpoint = TlsEndpoint::start(&identity, offered, echo_version);
        let served = serve(&endpoint, Some(&authority));
        let mut client = served.client();
        for _ in 0..3 {
            client.send(b"POST /prod/to/a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");
            assert_eq!(client.answer().text(), format!("{version} /a hi"), "{offered:?}");
        }
        assert_eq!(endpoint.connections(), 1, "{offered:?}");
    }
}

#[test]
fn an_endpoint_that_breaks_off_in_its_content_over_http_2_is_told_on_the_log() {
    let authority = Authority::new("private");
    let identity = authority.identity("localhost", Dates::Valid, false);
    let (endpoint, taken) = breaking(&identity, &["h2"]);
    let folder = Folder::new();
    configuration(&folder, &endpoint, Some(&authority));
    let program = Program::start(&folder);
    for _ in 0..3 {
        let mut client = Client::connect(program.listen);
        client.send(b"GET /prod/to/broken HTTP/1.1\r\nHost: h\r\n\r\n");
        client.head().unwrap();
        assert_eq!(client.chunk().unwrap(), b"first");
        taken.notify_one();
        client.wait_for_close();
    }
    program.signal("TERM");
    program.ended();
    let log = folder.read(LOG);
    let line = "an endpoint breaks off in the middle of its content";
    let told: Vec<&str> = log.lines().filter(|told| told.contains(line)).collect();
    let [told] = &told[..] else { panic!("once: {log}") };
    assert!(told.contains(&format!("localhost:{}", endpoint.port)), "{told}");
    assert!(told.contains("stream error received"), "{told}");
}

#[test]
fn an_endpoint_that_cannot_be_trusted_is_sent_nothing_and_answered_500() {
    let (trusted, other) = (Authority::new("private"), Authority::new("other"));
    for (what, identity) in [
        ("unknown authority", other.identity("localhost", Dates::Valid, true)),
        ("self-signed", self_signed("localhost", Dates::Valid, false)),
        ("self-signed authority", self_signed("localhost", Dates::Valid, true)),
        ("another name", trusted.identity("other.example", Dates::Valid, false)),
        ("expired", trusted.identity("localhost", Dates::Expired, false)),
    ] {
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&asked);
        let endpoint = TlsEndpoint::start(&identity, &BOTH, async move |request| {
            counted.fetch_add(1, Relaxed);
            echo_version(request).await
        });
        let served = serve(&endpoint, Some(&trusted));
        let answer = served.client().get("/prod/to/a");
        // Recorded from the real service: a configuration error.
        assert_eq!(answer.status, 500, "{what}");
        assert_eq!(answer.text(), r#"{"message": "Internal server error"}"#, "{what}");
        assert_eq!(asked.load(Relaxed), 0, "{what}");
        assert_eq!(served.drained_log(), "/prod/to/a 500\n");
    }
}

#[test]
fn without_verification_any_authority_will_do_but_neither_name_nor_expiry() {
    let unknown = Authority::new("unknown");
    for (what, identity, status) in [
        ("unknown authority", unknown.identity("localhost", Dates::Valid, true), 200),
        ("self-signed", self_signed("localhost", Dates::Valid, false), 200),
        ("self-signed authority", self_signed("localhost", Dates::Valid, true), 200),
        ("nobody's", unknown.identity("localhost", Dates::Valid, false), 500),
        ("another name", unknown.identity("other.example", Dates::Valid, true), 500),
        ("another name, self-signed", self_signed("other.example", Dates::Valid, true), 500),
        ("expired", unknown.identity("localhost", Dates::Expired, true), 500),
        ("expired, self-signed", self_signed("localhost", Dates::Expired, true), 500),
    ] {
        let endpoint = TlsEndpoint::start(&identity, &BOTH, echo_version);
        let served = serve(&endpoint, None);
        let mut client = served.client();
        assert_eq!(client.get("/prod/any/a").status, status, "{what}");
        // Its connection is nobody else's.
        assert_eq!(client.get("/prod/to/a").status, 500, "{what}");
    }
}

#[test]
fn an_authority_that_is_trusted_no_more_loses_its_connections() {
    let authority = Authority::new("private");
    let identity = authority.identity("localhost", Dates::Valid, false);
    let endpoint = TlsEndpoint::start(&identity, &BOTH, echo_version);
    let served = serve(&endpoint, Some(&authority));
    let mut client = served.client();
    assert_eq!(client.get("/prod/to/a").status, 200);
    served.folder.write("authorities.pem", &Authority::new("another").pem());
    served.host.deploy(&deployment(&build(&served.config))).unwrap();
    assert_eq!(client.get("/prod/to/a").status, 500);
    served.folder.write("authorities.pem", &authority.pem());
    served.host.deploy(&deployment(&build(&served.config))).unwrap();
    assert_eq!(client.get("/prod/to/a").status, 200);
}

#[test]
fn a_truststore_without_certificates_is_refused() {
    let authority = Authority::new("private");
    let broken = authority.pem().replacen("MII", "MIX", 1);
    for (pem, reason) in
        [("", "no certificate"), ("nonsense", "no certificate"), (&broken, "its certificate 1")]
    {
        let folder = Folder::new();
        folder.write("api.yaml", &definition(1));
        folder.write("authorities.pem", pem);
        let stages = "stages: [{stageName: prod}]";
        let config = folder.write(
            "edgeway.yaml",
            &format!("truststore: authorities.pem\napis: [{{id: a, protocol: REST, definition: api.yaml, {stages}}}]\n"),
        );
        let refused = host_runtime::snapshot::Origin::Config(config).build().unwrap_err();
        let told: Vec<String> = refused.diagnostics.iter().map(ToString::to_string).collect();
        assert!(told.iter().any(|line| line.contains(reason)), "{told:?}");
    }
}

#[test]
fn http_2_carries_many_requests_at_once_on_one_connection() {
    let authority = Authority::new("private");
    let identity = authority.identity("localhost", Dates::Valid, false);
    let barrier = Arc::new(tokio::sync::Barrier::new(10));
    let endpoint = TlsEndpoint::start(&identity, &BOTH, async move |request: Request<Incoming>| {
        // Nobody is answered before all are there.
        if request.uri().path() == "/together" {
            barrier.wait().await;
        }
        echo_version(request).await
    });
    let served = serve(&endpoint, Some(&authority));
    assert_eq!(served.client().get("/prod/to/first").status, 200);
    let mut clients: Vec<Client> = (0..10).map(|_| served.client()).collect();
    for client in &mut clients {
        client.send(b"GET /prod/to/together HTTP/1.1\r\nHost: h\r\n\r\n");
    }
    for client in &mut clients {
        assert_eq!(client.answer().text(), "HTTP/2.0 /together ");
    }
    assert_eq!(endpoint.connections(), 1);
}

#[test]
fn content_streams_both_ways_over_http_2() {
    let authority = Authority::new("private");
    let identity = authority.identity("localhost", Dates::Valid, false);
    // Every part that comes is sent back at once.
    let endpoint = TlsEndpoint::start(&identity, &BOTH, async |request: Request<Incoming>| {
        assert_eq!(request.version(), Version::HTTP_2);
        let (parts, content) = Content::channel();
        tokio::task::spawn_local(async move {
            let mut body = request.into_body();
            while let Some(frame) = body.frame().await {
                let Ok(frame) = frame else { return };
                if parts.send(Ok(frame)).await.is_err() {
                    return;
                }
            }
        });
        Response::new(content)
    });
    let served = serve(&endpoint, Some(&authority));
    let mut client = served.client();
    client.send(b"POST /prod/to/a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    client.send(b"5\r\nfirst\r\n");
    client.head().unwrap();
    assert_eq!(client.chunk().unwrap(), b"first");
    client.send(b"4\r\nlast\r\n0\r\n\r\n");
    assert_eq!(client.chunk().unwrap(), b"last");
    assert_eq!(client.chunk(), None);
}

#[test]
fn nine_megabytes_pass_whole_both_ways_over_http_2_and_1() {
    let authority = Authority::new("private");
    let identity = authority.identity("localhost", Dates::Valid, false);
    let content: Vec<u8> =
        (0..9_000_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for offered in [&BOTH[..], &["http/1.1"]] {
        let endpoint = TlsEndpoint::start(&identity, offered, echo_version);
        let served = serve(&endpoint, Some(&authority));
        let mut client = served.client();
        let mut sender = client.stream.try_clone().unwrap();
        let head = format!(
            "PUT /prod/to/a HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n",
            content.len()
        );
        let answer = std::thread::scope(|scope| {
            scope.spawn(|| {
                sender.write_all(head.as_bytes()).unwrap();
                sender.write_all(&content).unwrap();
            });
            client.answer()
        });
        assert!(answer.content.ends_with(&content), "{offered:?}");
    }
}

#[test]
fn a_client_that_does_not_read_holds_an_http_2_endpoint_back() {
    const PARTS: usize = 4096;
    let authority = Authority::new("private");
    let identity = authority.identity("localhost", Dates::Valid, false);
    let taken = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&taken);
    let endpoint = TlsEndpoint::start(&identity, &BOTH, async move |_| {
        let (parts, content) = Content::channel();
        let counted = Arc::clone(&counted);
        tokio::task::spawn_local(async move {
            let part = Bytes::from(vec![0; 1 << 16]);
            for _ in 0..PARTS {
                if parts.send(Ok(Frame::data(part.clone()))).await.is_err() {
                    return;
                }
                counted.fetch_add(1, Relaxed);
            }
        });
        Response::new(content)
    });
    let served = serve(&endpoint, Some(&authority));
    let mut client = served.client();
    client.send(b"GET /prod/to/a HTTP/1.1\r\nHost: h\r\n\r\n");
    client.head().unwrap();
    // It goes on until nobody takes more: then the number stands still.
    let mut before = usize::MAX;
    while before != taken.load(Relaxed) {
        before = taken.load(Relaxed);
        std::thread::sleep(std::time::Duration::from_millis(300));
    }
    assert!(before < PARTS / 4, "{before} parts were taken though nobody read them");
    // Others on the same connection are not held back.
    let mut other = served.client();
    other.send(b"GET /prod/to/a HTTP/1.1\r\nHost: h\r\n\r\n");
    other.head().unwrap();
    assert!(other.chunk().is_some());
    // And everything arrives once it is read.
    let mut length = 0;
    while let Some(chunk) = client.chunk() {
        length += chunk.len();
    }
    assert_eq!(length, PARTS << 16);
}

/// Many `Set-Cookie` are no fault, and which version of HTTP was agreed on is nothing that an endpoint's author sees.
#[test]
fn an_answer_has_as_large_a_header_section_over_http_1_as_over_2() {
    const KIB: usize = 1024;
    let authority = Authority::new("private");
    let identity = authority.identity("localhost", Dates::Valid, false);
    for offered in [&BOTH[..], &["http/1.1"]] {
        // `/FIELDS/BYTES`: so many fields of so many bytes each.
        let endpoint =
            TlsEndpoint::start(&identity, offered, async |request: Request<Incoming>| {
                let mut numbers = request.uri().path()[1..].split('/').map(|n| n.parse().unwrap());
                let (fields, bytes) = (numbers.next().unwrap(), numbers.next().unwrap());
                let mut response = Response::new(Content::text("hi"));
                for field in 0..fields {
                    let name = http::HeaderName::try_from(format!("x-{field}")).unwrap();
                    response.headers_mut().insert(name, "v".repeat(bytes).parse().unwrap());
                }
                response
            });
        let served = serve(&endpoint, Some(&authority));
        let mut client = served.client();
        for (fields, bytes) in [(101, 1), (990, 1), (1, 17 * KIB), (1, 100 * KIB), (500, 200)] {
            let answer = client.get(&format!("/prod/to/{fields}/{bytes}"));
            let passed = answer.head.lines().filter(|line| line.starts_with("x-")).count();
            assert_eq!((answer.status, &*answer.text()), (200, "hi"), "{fields} of {bytes}");
            assert!(passed >= fields, "{passed} of {fields}");
        }
        for (fields, bytes) in [(1_001, 1), (1, 128 * KIB), (1, 300 * KIB), (3_000, 90)] {
            let answer = client.get(&format!("/prod/to/{fields}/{bytes}"));
            let told = (answer.status, answer.text());
            assert_eq!(told, (500, r#"{"message": "Internal server error"}"#.into()), "{fields}");
        }
        assert_eq!(client.get("/prod/to/1/1").status, 200);
    }
}

/// An endpoint whose content breaks off after its first part, once that was taken; `/whole` is whole.
fn breaking(identity: &Identity, offered: &[&str]) -> (TlsEndpoint, Arc<tokio::sync::Notify>) {
    let taken = Arc::new(tokio::sync::Notify::new());
    let wait = Arc::clone(&taken);
    let endpoint =
        TlsEndpoint::start(identity, offered, async move |request: Request<Incoming>| {
            if request.uri().path() == "/whole" {
                return echo_version(request).await;
            }
            let (parts, content) = Content::channel();
            let wait = Arc::clone(&wait);
            tokio::task::spawn_local(async move {
                parts.send(Ok(Frame::data(Bytes::from_static(b"first")))).await.ok();
                wait.notified().await;
                parts.send(Err(std::io::Error::other("reset"))).await.ok();
            });
            Response::new(content)
        });
    (endpoint, taken)
}

#[test]
fn a_reset_in_the_middle_of_content_is_not_mistaken_for_its_end() {
    let authority = Authority::new("private");
    let identity = authority.identity("localhost", Dates::Valid, false);
    for offered in [&BOTH[..], &["http/1.1"]] {
        let (endpoint, taken) = breaking(&identity, offered);
        let served = serve(&endpoint, Some(&authority));
        let mut client = served.client();
        client.send(b"GET /prod/to/broken HTTP/1.1\r\nHost: h\r\n\r\n");
        client.head().unwrap();
        assert_eq!(client.chunk().unwrap(), b"first");
        taken.notify_one();
        let mut rest = Vec::new();
        std::io::Read::read_to_end(&mut client.reader, &mut rest).ok();
        assert!(!rest.ends_with(b"0\r\n\r\n"), "{}", String::from_utf8_lossy(&rest));
        assert_eq!(served.client().get("/prod/to/whole").status, 200);
    }
}

#[test]
fn a_client_that_leaves_ends_its_stream_alone() {
    let authority = Authority::new("private");
    let identity = authority.identity("localhost", Dates::Valid, false);
    let (left, ended) = std::sync::mpsc::channel();
    let endpoint = TlsEndpoint::start(&identity, &BOTH, async move |request: Request<Incoming>| {
        if request.uri().path() == "/whole" {
            return echo_version(request).await;
        }
        let left = left.clone();
        let (parts, content) = Content::channel();
        tokio::task::spawn_local(async move {
            let part = Bytes::from_static(b"part");
            while parts.send(Ok(Frame::data(part.clone()))).await.is_ok() {
                tokio::task::yield_now().await;
            }
            left.send(()).unwrap();
        });
        Response::new(content)
    });
    let served = serve(&endpoint, Some(&authority));
    assert_eq!(served.client().get("/prod/to/whole").status, 200);
    let mut client = served.client();
    client.send(b"GET /prod/to/endless HTTP/1.1\r\nHost: h\r\n\r\n");
    client.head().unwrap();
    assert_eq!(endpoint.connections(), 1);
    drop(client);
    ended.recv_timeout(PATIENCE).unwrap();
    assert_eq!(served.client().get("/prod/to/whole").status, 200);
    assert_eq!(endpoint.connections(), 1);
}

/// Trailers are of one connection, or of nobody: AWS hands none on (RFC 9110 §6.5.1 allows that).
#[test]
fn trailers_end_here_and_harm_no_content() {
    let authority = Authority::new("private");
    let identity = authority.identity("localhost", Dates::Valid, false);
    for offered in [&BOTH[..], &["http/1.1"]] {
        let endpoint =
            TlsEndpoint::start(&identity, offered, async |request: Request<Incoming>| {
                assert!(
                    !request.headers().contains_key("te")
                        && !request.headers().contains_key("trailer")
                );
                let sent = request.into_body().collect().await.unwrap();
                assert!(sent.trailers().is_none(), "{:?}", sent.trailers());
                let mut trailers = HeaderMap::new();
                trailers.insert("grpc-status", "0".parse().unwrap());
                let frames = vec![Ok(Frame::data(sent.to_bytes())), Ok(Frame::trailers(trailers))];
                let mut response = Response::new(Content::of(frames));
                response.headers_mut().insert("trailer", "grpc-status".parse().unwrap());
                response.headers_mut().insert("content-type", "application/grpc".parse().unwrap());
                response
            });
        let served = serve(&endpoint, Some(&authority));
        let mut client = served.client();
        for _ in 0..2 {
            client.send(
                b"POST /prod/to/a HTTP/1.1\r\nHost: h\r\nTE: trailers\r\nTrailer: x-sum\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n\0\0\0\x01\r\n0\r\nx-sum: 1\r\n\r\n",
            );
            let head = client.head().unwrap().to_lowercase();
            assert!(head.contains("content-type: application/grpc"), "{head}");
            assert!(!head.contains("\r\ntrailer:"), "{head}");
            assert_eq!(client.chunk().unwrap(), b"\0\0\0\x01");
            // Nothing but the last chunk, and the connection goes on.
            assert_eq!(client.chunk(), None);
        }
        assert_eq!(endpoint.connections(), 1);
    }
}
