//! Private integrations: targets that go and come back, and names of certificates.

use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use http_body_util::BodyExt;

use crate::kit::*;
use crate::tls_endpoint::*;

const LISTENER: &str =
    "arn:aws:elasticloadbalancing:us-east-1:000000000000:listener/app/orders/1/2";
const SERVICE: &str = "arn:aws:servicediscovery:us-east-1:000000000000:service/srv-1?color=blue";

fn http_api(link: &str, uri: &str, more: &str) -> String {
    format!(
        "openapi: 3.0.1\ninfo: {{title: t, version: '1'}}\npaths:
  /a/{{id}}:
    get:
      x-amazon-apigateway-integration: {{type: http_proxy, httpMethod: GET, payloadFormatVersion: '1.0',
        connectionType: VPC_LINK, connectionId: {link}, uri: '{uri}'{more}}}
"
    )
}

fn folder(definition: &str, protocol: &str, top: &str) -> (Folder, std::path::PathBuf) {
    let folder = Folder::new();
    folder.write("api.yaml", definition);
    let config = format!(
        "listen: 127.0.0.1:0
{top}
apis: [{{id: a, protocol: {protocol}, definition: api.yaml, stages: [{{stageName: test}}]}}]
"
    );
    let config = folder.write("edgeway.yaml", &config);
    (folder, config)
}

fn serve(definition: &str, protocol: &str, top: &str) -> Served {
    let (folder, config) = folder(definition, protocol, top);
    Served::start_configured(folder, config, 2)
}

fn refused(definition: &str, protocol: &str, top: &str) -> Vec<String> {
    let (_folder, config) = folder(definition, protocol, top);
    let refused = host_runtime::snapshot::Origin::Config(config).build().unwrap_err();
    refused.diagnostics.iter().map(ToString::to_string).collect()
}

/// A target that answers with its name and the head that it was sent; it can go and come back.
struct Target {
    address: SocketAddr,
    is_there: Arc<AtomicBool>,
    open: Arc<Mutex<Vec<std::net::TcpStream>>>,
}

impl Target {
    fn start(name: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = Self {
            address: listener.local_addr().unwrap(),
            is_there: Arc::new(AtomicBool::new(true)),
            open: Arc::default(),
        };
        let (is_there, open) = (Arc::clone(&target.is_there), Arc::clone(&target.open));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // What is not there ends each connection at once.
                if !is_there.load(Relaxed) {
                    continue;
                }
                open.lock().unwrap().push(stream.try_clone().unwrap());
                std::thread::spawn(move || {
                    let mut connection = Connection::new(stream);
                    while let Some(head) = connection.head() {
                        let content = format!("{name} {head}");
                        let length = content.len();
                        let answer =
                            format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{content}");
                        connection.send(answer.as_bytes());
                    }
                });
            }
        });
        target
    }
    fn go(&self) {
        self.is_there.store(false, Relaxed);
        for stream in self.open.lock().unwrap().drain(..) {
            stream.shutdown(std::net::Shutdown::Both).ok();
        }
    }
    fn come_back(&self) {
        self.is_there.store(true, Relaxed);
    }
}

/// The metrics of VPC links, once they say this.
fn wait_for(served: &Served, line: &str) -> String {
    let started = Instant::now();
    loop {
        let text = served.host.shared().metrics.to_text(0, 0);
        if text.lines().any(|l| l == line) {
            return text;
        }
        assert!(started.elapsed() < PATIENCE, "{line} is not in\n{text}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn healthy(count: usize) -> String {
    format!(
        "edgeway_vpc_link_healthy_hosts{{vpc_link=\"l1\",name=\"inner\",integration_uri=\"{LISTENER}\"}} {count}"
    )
}

#[test]
fn a_target_that_goes_is_sent_nothing_until_it_comes_back() {
    let (one, two) = (Target::start("one"), Target::start("two"));
    let top = format!(
        "vpcLinks:
  - vpcLinkId: l1
    name: inner
    listeners:
      - integrationUri: '{LISTENER}'
        targets: [{{url: 'http://{}'}}, {{host: 127.0.0.1, port: {}}}]
        healthCheck: {{path: /health, intervalSeconds: 1, healthyThresholdCount: 2, unhealthyThresholdCount: 1}}",
        one.address,
        two.address.port()
    );
    let served = serve(&http_api("l1", LISTENER, ""), "HTTP", &top);
    wait_for(&served, &healthy(2));
    let mut client = served.client();
    let mut names = |count: usize| {
        let mut names: Vec<String> = (0..count)
            .map(|_| {
                let answer = client.get("/test/a/1?x=1");
                assert_eq!(answer.status, 200, "{answer:?}");
                answer.text()
            })
            .collect();
        names.sort();
        names
    };
    let both = names(4);
    let count = |name: &str| both.iter().filter(|text| text.starts_with(name)).count();
    assert_eq!((count("one"), count("two")), (2, 2), "they take turns");
    // The stage is in the path, and the client's own `Host` is sent.
    assert!(both[0].contains("GET /test/a/1?x=1 HTTP/1.1\r\nHost: h\r\n"), "{}", both[0]);
    one.go();
    wait_for(&served, &healthy(1));
    assert!(names(6).iter().all(|text| text.starts_with("two")));
    one.come_back();
    wait_for(&served, &healthy(2));
    let both = names(4);
    assert!(both[0].starts_with("one") && both[3].starts_with("two"), "{both:?}");
}

#[test]
fn targets_are_checked_over_tls_whatever_their_certificates() {
    let expired = self_signed("nobody.example", Dates::Expired, false);
    let target = TlsEndpoint::start(
        &expired,
        &["h2", "http/1.1"],
        async |request: http::Request<hyper::body::Incoming>| {
            let is_check = request.uri().path() == "/health" && request.method() == "GET";
            let mut response = http::Response::new(Content::text("ok"));
            if !is_check {
                *response.status_mut() = http::StatusCode::NOT_FOUND;
            }
            response
        },
    );
    let top = format!(
        "vpcLinks:
  - vpcLinkId: l1
    name: inner
    listeners:
      - integrationUri: '{LISTENER}'
        targets: [{{url: 'https://127.0.0.1:{}'}}]
        healthCheck: {{protocol: HTTPS, path: /health, intervalSeconds: 1}}",
        target.port
    );
    let served = serve(&http_api("l1", LISTENER, ""), "HTTP", &top);
    wait_for(&served, &healthy(1));
    // A request is another thing: it trusts nobody whom it does not know.
    assert_eq!(served.client().get("/test/a/1").status, 503);
}

#[test]
fn where_no_target_is_healthy_all_are_asked() {
    let one = Target::start("one");
    let check = "healthCheck: {path: /, matcher: {httpCode: '503'}, intervalSeconds: 1, unhealthyThresholdCount: 1}";
    let top =
        format!("vpcLinks: [{{vpcLinkId: l1, url: 'http://{}/base/', {check}}}]", one.address);
    let served = serve(&http_api("l1", SERVICE, ""), "HTTP", &top);
    wait_for(
        &served,
        "edgeway_vpc_link_unhealthy_hosts{vpc_link=\"l1\",name=\"\",integration_uri=\"\"} 1",
    );
    let answer = served.client().get("/test/a/1");
    assert!(answer.text().starts_with("one GET /base/test/a/1 "), "{answer:?}");
}

#[test]
fn a_rest_apis_target_is_sent_the_uris_host() {
    let one = Target::start("one");
    let definition = "openapi: 3.0.1\ninfo: {title: t, version: '1'}\npaths:
  /a:
    get:
      x-amazon-apigateway-integration: {type: http_proxy, httpMethod: GET, connectionType: VPC_LINK,
        connectionId: l1, uri: 'http://nlb.internal.example:81/x'}
";
    let top = format!("vpcLinks: [{{vpcLinkId: l1, url: 'http://{}'}}]", one.address);
    let served = serve(definition, "REST", &top);
    let answer = served.client().get("/test/a");
    assert!(
        answer.text().starts_with("one GET /x HTTP/1.1\r\nHost: nlb.internal.example:81\r\n"),
        "{answer:?}"
    );
    let top = "vpcLinks: [{vpcLinkId: l2, url: 'http://127.0.0.1:1'}]";
    let told = refused(definition, "REST", top);
    assert!(
        told.iter().any(|t| t.contains("there is no VPC link `l1`") && t.contains("api.yaml:7:23")),
        "{told:?}"
    );
}

#[test]
fn the_name_to_verify_is_asked_for_and_must_be_the_certificates() {
    let authority = Authority::new("private");
    let tls = |name: &str| format!(", tlsConfig: {{serverNameToVerify: {name}}}");
    for (shown, named, status) in [
        ("inner.example", tls("inner.example"), 200),
        ("inner.example", tls("other.example"), 503),
        ("localhost", tls("inner.example"), 503),
        ("localhost", ", tlsConfig: {}".into(), 200),
    ] {
        let identity = authority.identity(shown, Dates::Valid, false);
        let endpoint = TlsEndpoint::start(
            &identity,
            &["h2", "http/1.1"],
            async |request: http::Request<hyper::body::Incoming>| {
                let seen = format!("{:?} {}", request.version(), request.uri());
                request.into_body().collect().await.unwrap();
                http::Response::new(Content::text(seen.into_bytes()))
            },
        );
        let top = format!(
            "truststore: authorities.pem\nvpcLinks: [{{vpcLinkId: l1, targets: [{{host: localhost, port: {}}}]}}]",
            endpoint.port
        );
        let (folder, config) = folder(&http_api("l1", LISTENER, &named), "HTTP", &top);
        folder.write("authorities.pem", &authority.pem());
        let served = Served::start_configured(folder, config, 1);
        let mut client = served.client();
        for _ in 0..2 {
            let answer = client.get("/test/a/1");
            assert_eq!(answer.status, status, "{shown}{named}: {answer:?}");
            if status == 200 {
                assert_eq!(answer.text(), "HTTP/2.0 https://h/test/a/1");
            }
        }
        assert_eq!(endpoint.connections(), usize::from(status == 200), "{shown}{named}");
    }
}

#[test]
fn links_of_http_apis_that_lead_nowhere_are_refused() {
    let api = http_api("l1", LISTENER, "");
    let behind = format!(
        "vpcLinks: [{{vpcLinkId: l1, listeners: [{{integrationUri: '{SERVICE}', url: 'http://127.0.0.1:1'}}]}}]"
    );
    for (top, reason) in [
        ("", "there is no VPC link `l1` (stage `test`)"),
        ("vpcLinks: [{vpcLinkId: l2, url: 'http://127.0.0.1:1'}]", "there is no VPC link `l1`"),
        (&behind, "the VPC link `l1` does not lead to `arn:aws:elasticloadbalancing"),
    ] {
        let told = refused(&api, "HTTP", top);
        assert!(told.iter().any(|t| t.contains(reason) && t.contains("api.yaml:7")), "{told:?}");
    }
}
