//! Certificates that are ordered of Pebble, Let's Encrypt's authority for tests: it takes a part of all
//! nonces for bad ones, and waits before it looks at proofs.

use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::kit::*;
use crate::program::{LOG, Program, free_address};
use crate::tls_client::{Answered, TlsClient};
use crate::tls_endpoint::{Authority, Dates};

/// An authority of our own, and the DNS that it asks: every name is this machine.
struct Pebble {
    children: Vec<Child>,
    directory_url: String,
    management: SocketAddr,
    web: Authority,
}

impl Drop for Pebble {
    fn drop(&mut self) {
        for child in &mut self.children {
            child.kill().ok();
            child.wait().ok();
        }
    }
}

impl Pebble {
    /// Looks at proofs at this address.
    fn start(folder: &Folder, proved_at: SocketAddr) -> Self {
        Self::start_for(folder, proved_at, Duration::from_secs(90 * 86_400))
    }

    /// What it issues is good for so long.
    fn start_for(folder: &Folder, proved_at: SocketAddr, validity: Duration) -> Self {
        let web = Authority::new("the authority's own");
        let identity = web.identity("localhost", Dates::Valid, false);
        let (chain, key) = identity.pem();
        let certificate = folder.write("pebble.pem", &chain);
        let private_key = folder.write("pebble.key", &key);
        let [listen, management, dns] = [(); 3].map(|()| free_address());
        let config = serde_json::json!({"pebble": {
            "listenAddress": listen.to_string(), "managementListenAddress": management.to_string(),
            "certificate": certificate, "privateKey": private_key, "httpPort": 1,
            "tlsPort": proved_at.port(), "ocspResponderURL": "", "externalAccountBindingRequired": false,
            "certificateValidityPeriod": validity.as_secs(),
        }});
        let config = folder.write("pebble.json", &config.to_string());
        let start = |command: &mut Command| {
            let command = command.stdout(Stdio::null()).stderr(Stdio::null());
            command.spawn().expect("pebble is installed: `cargo xtask test --only tools` does it")
        };
        let names = start(
            Command::new("pebble-challtestsrv")
                .args(["-dns01", &dns.to_string(), "-management", &free_address().to_string()])
                .args(["-http01", "", "-https01", "", "-tlsalpn01", "", "-defaultIPv6", ""]),
        );
        let authority = start(
            Command::new("pebble")
                .env("PEBBLE_VA_NOSLEEP", "1")
                .env("PEBBLE_WFE_NONCEREJECT", "30")
                .env("PEBBLE_AUTHZREUSE", "0")
                .args(["-dnsserver", &dns.to_string(), "-config"])
                .arg(config),
        );
        let directory_url = format!("https://localhost:{}/dir", listen.port());
        let pebble = Self { children: vec![names, authority], directory_url, management, web };
        let started = std::time::Instant::now();
        while TcpStream::connect(listen).is_err() || TcpStream::connect(management).is_err() {
            assert!(started.elapsed() < PATIENCE, "pebble does not start");
            std::thread::yield_now();
        }
        pebble
    }

    /// The root of what it issues.
    fn root(&self) -> CertificateDer<'static> {
        let client = connect(self.web.der(), "localhost", self.management);
        let root = client.unwrap().get("localhost", "/roots/0").unwrap().text;
        CertificateDer::from_pem_slice(root.as_bytes()).unwrap()
    }
}

fn connect(
    root: CertificateDer<'static>,
    server_name: &str,
    address: SocketAddr,
) -> std::io::Result<TlsClient> {
    let mut roots = RootCertStore::empty();
    roots.add(root).unwrap();
    let provider = tokio_rustls::rustls::crypto::aws_lc_rs::default_provider();
    let config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(server_name.to_owned()).unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let socket = TcpStream::connect(address)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    let mut stream = StreamOwned::new(connection, socket);
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    Ok(TlsClient(stream))
}

/// A program that serves over TLS at this address: `api.example.test` and `www.example.test` with
/// ordered certificates, `own.example.test` with one of its own.
fn served(folder: &Folder, tls: SocketAddr, directory_url: &str, own: &Authority) -> Program {
    folder.write("api.yaml", &definition("127.0.0.1:9".parse().unwrap(), 200));
    let (chain, key) = own.identity("own.example.test", Dates::Valid, false).pem();
    folder.write("own.pem", &chain);
    folder.write("own.key", &key);
    let mappings = "basePathMappings: [{restApiId: a, stage: prod}]";
    folder.write(
        "edgeway.yaml",
        &format!(
            "
# listen: 127.0.0.1:0
adminToken: 0123456789abcdef
listen: [{{address: '{tls}', tls: {{}}}}]
truststore: authority.pem
acme: {{directoryUrl: '{directory_url}', cacheDirectory: acme, contacts: ['mailto:ops@example.test'], termsOfServiceAgreed: true}}
apis: [{{id: a, protocol: REST, definition: api.yaml, stages: [{{stageName: prod}}]}}]
domainNames:
  - {{domainName: api.example.test, certificate: acme, {mappings}}}
  - {{domainName: www.example.test, certificate: acme, {mappings}}}
  - {{domainName: own.example.test, certificate: {{chain: own.pem, privateKey: own.key}}, {mappings}}}
"
        ),
    );
    Program::start(folder)
}

#[test]
fn certificates_are_ordered_served_kept_and_not_ordered_again() {
    let (folder, tls, own) = (Folder::new(), free_address(), Authority::new("own"));
    let pebble = Pebble::start(&folder, tls);
    folder.write("authority.pem", &pebble.web.pem());
    let program = served(&folder, tls, &pebble.directory_url, &own);
    let ask = |name: &str| connect(pebble.root(), name, tls)?.get(name, "/mock");
    let is_served = |name: &str| ask(name).is_ok_and(|answer| answer.status == 200);
    program.wait_until(|_| is_served("api.example.test") && is_served("www.example.test"));
    assert_eq!(program.metric_of("edgeway_acme_certificates_total"), 2);
    for entry in std::fs::read_dir(folder.path("acme")).unwrap() {
        let mode = entry.unwrap().metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
    }
    assert_eq!(std::fs::read_dir(folder.path("acme")).unwrap().count(), 3, "and an account's key");
    // A program that starts again has them already.
    let issued = folder.read("acme/api.example.test.pem");
    drop(program);
    let again = served(&folder, tls, &pebble.directory_url, &own);
    again.wait_until(|_| is_served("api.example.test"));
    assert_eq!(again.metric_of("edgeway_acme_certificates_total"), 0);
    assert_eq!(folder.read("acme/api.example.test.pem"), issued);
}

#[test]
fn without_an_authority_the_other_domain_names_are_served_and_the_log_says_why() {
    let (folder, tls, own) = (Folder::new(), free_address(), Authority::new("own"));
    folder.write("authority.pem", &own.pem());
    let nobody = format!("https://{}/dir", free_address());
    let program = served(&folder, tls, &nobody, &own);
    program.wait_until(|program| program.metric_of("edgeway_acme_failures_total") == 2);
    let answer =
        connect(own.der(), "own.example.test", tls).unwrap().get("own.example.test", "/mock");
    assert!(matches!(answer, Ok(Answered { status: 200, .. })), "{answer:?}");
    assert!(connect(own.der(), "api.example.test", tls).is_err());
    let log = folder.read(LOG);
    assert!(log.contains("no certificate is issued") && log.contains("api.example.test"), "{log}");
    assert!(log.contains("has no certificate yet"), "{log}");
}

#[test]
fn who_cannot_prove_a_name_is_told_so_and_nothing_is_kept() {
    let (folder, tls, own) = (Folder::new(), free_address(), Authority::new("own"));
    // It looks for proofs where nobody is.
    let pebble = Pebble::start(&folder, free_address());
    folder.write("authority.pem", &pebble.web.pem());
    let program = served(&folder, tls, &pebble.directory_url, &own);
    program.wait_until(|program| program.metric_of("edgeway_acme_failures_total") == 2);
    let log = folder.read(LOG);
    assert!(log.contains("the proof is invalid"), "{log}");
    assert!(!folder.path("acme/api.example.test.pem").exists());
}

/// The certificate that a new client is shown.
fn shown_to(root: CertificateDer<'static>, address: SocketAddr) -> Vec<u8> {
    connect(root, "api.example.test", address).unwrap().shown().to_vec()
}

#[test]
fn a_certificate_near_its_end_is_renewed_and_no_connection_is_dropped() {
    let (folder, tls, own) = (Folder::new(), free_address(), Authority::new("own"));
    // To be renewed after ten seconds.
    let pebble = Pebble::start_for(&folder, tls, Duration::from_secs(15));
    folder.write("authority.pem", &pebble.web.pem());
    let program = served(&folder, tls, &pebble.directory_url, &own);
    let root = pebble.root();
    let ordered = || program.metric_of("edgeway_acme_certificates_total");
    let ask = || connect(root.clone(), "api.example.test", tls)?.get("api.example.test", "/mock");
    program.wait_until(|_| ordered() == 2 && ask().is_ok());
    let before = shown_to(root.clone(), tls);
    let expiry = || {
        let text = Client::connect(program.admin).get("/metrics").text();
        let name = "edgeway_certificate_expiry_timestamp_seconds{domain_name=\"api.example.test\",listener=\"\"} ";
        text.lines()
            .find_map(|line| line.strip_prefix(name))
            .map(|value| value.parse::<u64>().unwrap())
    };
    let ended = expiry().unwrap();
    // What the operator has changed outlasts it.
    let patch = r#"{"patchOperations": [{"op": "replace", "path": "/variables/v", "value": "1"}]}"#;
    let token = "Authorization: Bearer 0123456789abcdef\r\n";
    let stage = "/restapis/a/stages/prod";
    assert_eq!(program.call(&format!("PATCH {stage}"), token, patch).status, 200);
    let stop = AtomicBool::new(false);
    let served = std::thread::scope(|scope| {
        // One connection that stays open all the time, and new ones one after the other.
        let kept = scope.spawn(|| {
            let mut client = connect(root.clone(), "api.example.test", tls).unwrap();
            let mut served = 0;
            while !stop.load(Relaxed) {
                assert_eq!(client.get("api.example.test", "/mock").unwrap().status, 200);
                served += 1;
            }
            assert_eq!(client.shown(), before);
            served
        });
        let new = scope.spawn(|| {
            let mut served = 0;
            while !stop.load(Relaxed) {
                assert_eq!(ask().unwrap().status, 200);
                served += 1;
            }
            served
        });
        program.wait_until(|_| {
            stop.load(Relaxed) || kept.is_finished() || shown_to(root.clone(), tls) != before
        });
        stop.store(true, Relaxed);
        [kept.join().unwrap(), new.join().unwrap()]
    });
    assert!(served.iter().all(|served| *served > 100), "{served:?}");
    assert!(ordered() > 2 && expiry().unwrap() > ended);
    let told = program.call(&format!("GET {stage}"), token, "").text();
    assert!(told.contains(r#""variables":{"v":"1"}"#), "{told}");
}

#[test]
fn while_the_authority_is_down_the_certificate_before_is_shown_and_people_are_told() {
    let (folder, tls, own) = (Folder::new(), free_address(), Authority::new("own"));
    folder.write("authority.pem", &own.pem());
    std::fs::create_dir(folder.path("acme")).unwrap();
    let old = own.identity("api.example.test", Dates::Ending, false);
    let (chain, key) = old.pem();
    folder.write("acme/api.example.test.pem", &(key + &chain));
    let nobody = format!("https://{}/dir", free_address());
    let program = served(&folder, tls, &nobody, &own);
    program.wait_until(|program| program.metric_of("edgeway_acme_failures_total") == 2);
    let mut client = connect(own.der(), "api.example.test", tls).unwrap();
    assert_eq!(client.shown(), &*old.chain[0]);
    assert_eq!(client.get("api.example.test", "/mock").unwrap().status, 200);
    assert_eq!(program.metric_of("edgeway_acme_certificates_total"), 0);
    assert_eq!(folder.read("acme/api.example.test.pem"), old.pem().1 + &old.pem().0);
    let log = folder.read(LOG);
    let lines = log.lines().filter(|line| line.contains("no certificate is issued"));
    let of_it: Vec<_> = lines.filter(|line| line.contains("\"api.example.test\"")).collect();
    assert!(of_it.len() == 1 && of_it[0].contains("again_in_s=60"), "{log}");
}
