use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec;

use crate::context::example_tls;
use crate::definition::{ApiMapping, DomainName};
use crate::effect::Notice;
use crate::gateway::Gateway;
use crate::message::{Arrival, Tls};
use crate::pipeline::world::*;

const CERTIFICATE: &str =
    "$!context.identity.clientCert.subjectDN $!context.identity.clientCert.validity.notAfter";

/// `mtls.example` and `*.mtls.example` ask for certificates, `strict.example` for its own name, and
/// `open.example` for nothing.
fn gateway() -> Rc<Gateway> {
    let mut api = rest(vec![method("GET /", mock(CERTIFICATE))]);
    api.disable_execute_api_endpoint = true;
    let log = api.stages[0].access_log_settings.as_mut().unwrap();
    log.format = "$context.requestId $context.tlsVersion $context.cipherSuite \
                  $context.identity.clientCert.issuerDN"
        .into();
    let domain = |name: &str, mutual_tls, strict_access| DomainName {
        domain_name: name.into(),
        mappings: vec![ApiMapping { base_path: "".into(), api: 0, stage: Some("prod".into()) }],
        mutual_tls,
        strict_access,
    };
    let mut snapshot = snapshot(vec![api]);
    snapshot.domain_names = vec![
        domain("mtls.example", true, false),
        domain("*.mtls.example", true, false),
        domain("strict.example", false, true),
        domain("open.example", false, false),
    ];
    Rc::new(Gateway::compile(snapshot).unwrap())
}

/// A request for this host by a connection that was made for that name.
fn asked(host: &str, server_name: Option<&str>, has_certificate: bool) -> Arrival {
    let mut tls = Tls { server_name: server_name.map(Into::into), ..example_tls() };
    tls.client_certificate = tls.client_certificate.filter(|_| has_certificate);
    Arrival { tls: Some(Box::new(tls)), ..arrival("GET /", &[&alloc::format!("Host: {host}")]) }
}

#[track_caller]
fn answer(arrival: Arrival) -> alloc::string::String {
    let told = run_alone(&gateway(), arrival);
    alloc::format!("{} {}", told.response.status, told.body())
}

const FORBIDDEN: &str = "403 {\"message\":\"Forbidden\"}";
const KNOWN: &str = "200 C=US,CN=client Aug  5 09:36:04 2021 GMT";

#[test]
fn a_verified_client_is_let_in_and_its_certificate_is_known() {
    assert_eq!(answer(asked("mtls.example", Some("mtls.example"), true)), KNOWN);
    assert_eq!(answer(asked("MTLS.example:8443", Some("mtls.example"), true)), KNOWN);
    assert_eq!(answer(asked("a.mtls.example", Some("a.mtls.example"), true)), KNOWN);
}

#[test]
fn without_a_certificate_nobody_reaches_a_domain_name_with_mutual_tls() {
    assert_eq!(answer(asked("mtls.example", Some("mtls.example"), false)), FORBIDDEN);
    assert_eq!(answer(asked("mtls.example", None, false)), FORBIDDEN);
    assert_eq!(answer(arrival("GET /", &["Host: mtls.example"])), FORBIDDEN, "clear text");
}

#[test]
fn a_certificate_counts_for_the_domain_name_alone_that_the_connection_was_made_for() {
    for (host, server_name) in [
        ("mtls.example", Some("open.example")),
        ("mtls.example", Some("a.mtls.example")),
        ("mtls.example", Some("nobody.example")),
        ("mtls.example", None),
        ("a.mtls.example", Some("mtls.example")),
    ] {
        assert_eq!(answer(asked(host, server_name, true)), FORBIDDEN, "{host} {server_name:?}");
    }
    // One domain name has one truststore, whatever its first label is.
    assert_eq!(answer(asked("a.mtls.example", Some("b.mtls.example"), true)), KNOWN);
    // Nobody verified it for this one.
    assert_eq!(answer(asked("open.example", Some("mtls.example"), true)), "200  ");
}

#[test]
fn strict_access_wants_the_name_of_the_connection() {
    assert_eq!(answer(asked("strict.example", Some("strict.example"), false)), "200  ");
    assert_eq!(answer(asked("STRICT.example", Some("strict.example"), false)), "200  ");
    assert_eq!(answer(asked("strict.example", Some("open.example"), false)), FORBIDDEN);
    assert_eq!(answer(asked("strict.example", None, false)), FORBIDDEN);
    assert_eq!(answer(arrival("GET /", &["Host: strict.example"])), FORBIDDEN);
}

#[test]
fn a_disabled_endpoint_is_reached_neither_by_the_name_of_another_host() {
    assert_eq!(answer(arrival("GET /prod/", &["Host: nobody.example"])), FORBIDDEN);
    assert_eq!(answer(arrival("GET /_aws/execute-api/abc123/prod/", &[])), FORBIDDEN);
}

#[test]
fn the_log_tells_the_connection() {
    let told = run_alone(&gateway(), asked("mtls.example", Some("mtls.example"), true));
    let end = " TLSv1.3 TLS_AES_128_GCM_SHA256 CN=authority";
    assert!(told.notices.iter().any(
        |notice| matches!(notice, Notice::WriteAccessLog { line, .. } if line.ends_with(end))
    ));
}
