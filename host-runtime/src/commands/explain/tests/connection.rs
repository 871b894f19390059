//! By which connection a request is explained: as its URL says.

use std::fs;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tempfile::TempDir;

use super::super::listener;
use super::*;

const NO_CERTIFICATE: &str = "refused: the client has shown no certificate (mutual TLS)";

/// An authority's certificate, one of it for a host, and the host's key.
fn issued(name: &str) -> [String; 3] {
    let (mut authority, key) = (CertificateParams::default(), KeyPair::generate().unwrap());
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.distinguished_name.push(DnType::CommonName, format!("who vouches for {name}"));
    let root = authority.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(authority, key);
    let own = KeyPair::generate().unwrap();
    let mut of = CertificateParams::new(vec![name.into()]).unwrap();
    of.distinguished_name.push(DnType::CommonName, name);
    let certificate = of.signed_by(&own, &issuer).unwrap();
    [root, certificate.pem(), own.serialize_pem()]
}

/// An API that denies clear text, a private one, and domain names with mutual TLS and with strict access.
fn world() -> (TempDir, Built) {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let definition = |more: &str, condition: &str| {
        format!(
            "openapi: 3.0.1\ninfo: {{title: t, version: '1'}}\n{more}paths:\n  /a:\n    get:\n      responses: {{'200': {{description: ok}}}}\n      \
             x-amazon-apigateway-integration: {{type: mock, requestTemplates: {{application/json: '{{\"statusCode\": 200}}'}}, responses: {{default: {{statusCode: '200'}}}}}}\n\
             x-amazon-apigateway-policy:\n  Version: '2012-10-17'\n  Statement:\n  \
             - {{Effect: Allow, Principal: '*', Action: 'execute-api:Invoke', Resource: 'execute-api:/*'{condition}}}\n"
        )
    };
    let tls = ", Condition: {Bool: {'aws:SecureTransport': true}}";
    let private = "x-amazon-apigateway-endpoint-configuration: {types: [PRIVATE]}\n";
    write("open.yaml", &definition("", tls));
    write("private.yaml", &definition(private, ""));
    let (host, client) = (issued("mtls.example"), issued("client"));
    for (name, text) in [
        ("host.pem", &host[1]),
        ("host.key", &host[2]),
        ("roots.pem", &client[0]),
        ("client.pem", &client[1]),
    ] {
        write(name, text);
    }
    write("stranger.pem", &issued("stranger")[1]);
    let strict = issued("strict.example");
    write("strict.pem", &strict[1]);
    write("strict.key", &strict[2]);
    write(
        "edgeway.yaml",
        "listen: {address: '127.0.0.1:8443', tls: {}}
apis:
- {id: a, protocol: REST, definition: open.yaml, stages: [{stageName: prod}]}
- {id: p, protocol: REST, definition: private.yaml, stages: [{stageName: prod}]}
privateEndpoints: [{vpcEndpointId: vpce-1, listen: '127.0.0.1:8444'}]
domainNames:
- domainName: mtls.example
  certificate: {chain: host.pem, privateKey: host.key}
  mutualTlsAuthentication: {truststoreUri: roots.pem}
  basePathMappings: [{restApiId: a, stage: prod}]
- domainName: strict.example
  certificate: {chain: strict.pem, privateKey: strict.key}
  securityPolicy: SecurityPolicy_TLS13_1_3_2025_09
  endpointAccessMode: STRICT
  basePathMappings: [{restApiId: a, stage: prod}]
",
    );
    let built = Origin::Config(folder.path().join("edgeway.yaml")).build();
    let built = built.unwrap_or_else(|refused| panic!("{:?}", refused.diagnostics));
    (folder, built)
}

/// The account, or why there is none.
fn explained(built: &Built, line: &[&str]) -> Result<String, String> {
    let mut asked = read_line(line)?;
    asked.connection.vpc_endpoint_id = listener::private_endpoint(&built.config, &asked.connection);
    let settings = Settings::new(&built.config, None);
    let answered = alone::answer(&built.snapshot, settings, &asked);
    let answered = answered.map_err(|error| error.to_string())?;
    Ok(text(&built.config, &answered.explained, false))
}

#[test]
fn a_url_says_whether_it_is_asked_over_tls_for_which_name_and_at_which_port() {
    let (_folder, built) = world();
    let told = |line: &[&str]| explained(&built, line).unwrap();
    let path = "/_aws/execute-api/a/prod/a";
    for (url, status, field) in [
        (format!("https://h.example{path}"), 200, "X-Forwarded-Port: 443"),
        (format!("https://h.example:8443{path}"), 200, "X-Forwarded-Port: 8443"),
        (format!("http://h.example{path}"), 403, "X-Forwarded-Proto: http\n"),
        (path.into(), 403, "X-Forwarded-Port: 80"),
    ] {
        let told = told(&[&url]);
        assert!(told.contains(&format!(" → {status} ")), "{url}: {told}");
        assert!(told.contains(field), "{url}: {told}");
    }
    assert!(told(&["https://strict.example/a"]).contains(" → 200 "));
    let other = told(&["https://h.example/a", "-H", "Host: strict.example"]);
    assert!(other.contains("refused: the connection was made for another host name"), "{other}");
    assert!(other.contains("note: the URL says by which connection"), "{other}");
}

#[test]
fn a_client_shows_its_certificate_where_mutual_tls_asks_for_it() {
    let (folder, built) = world();
    let file = |name: &str| folder.path().join(name).display().to_string();
    let url = "https://mtls.example/a";
    let told = explained(&built, &[url, "--cert", &file("client.pem")]).unwrap();
    assert!(told.contains(" → 200 "), "{told}");
    let none = explained(&built, &[url]).unwrap();
    assert!(none.contains(NO_CERTIFICATE) && none.contains("--cert FILE"), "{none}");
    let stranger = explained(&built, &[url, "-E", &file("stranger.pem:password")]).unwrap_err();
    assert_eq!(
        stranger,
        "the handshake is refused: the client's certificate is of no authority that is trusted here"
    );
    assert!(explained(&built, &[url, "-E", &file("nowhere.pem")]).unwrap_err().contains("nowhere"));
}

#[test]
fn the_port_of_a_private_endpoint_leads_to_private_apis_alone() {
    let (_folder, built) = world();
    let told = |url: &str| explained(&built, &[url]).unwrap();
    let private = "/_aws/execute-api/p/prod/a";
    for at in ["http://127.0.0.1:8444", "http://vpce-1.example:8444"] {
        assert!(told(&[at, private].concat()).contains(" → 200 "), "{at}");
    }
    let elsewhere = told(&["https://127.0.0.1:8443", private].concat());
    for line in [
        "API p: the API is private: it answers at private endpoints alone",
        "the private endpoint vpce-1: http://127.0.0.1:8444/",
    ] {
        assert!(elsewhere.contains(line), "{elsewhere}");
    }
    assert!(!elsewhere.contains("served here"), "{elsewhere}");
    let public = told("http://127.0.0.1:8444/_aws/execute-api/a/prod/a");
    assert!(
        public.contains("API a: the API is not private: no private endpoint leads to it"),
        "{public}"
    );
}
