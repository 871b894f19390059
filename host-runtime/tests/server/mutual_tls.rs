//! Mutual TLS: who is let in, by what it is known, and that there is no way around it.

use crate::kit::*;
use crate::tls_client::*;
use crate::tls_endpoint::*;

/// A host where `mtls.example` lets clients of one authority in, `other.example` those of another, and
/// `open.example` everybody, in clear text too.
struct World {
    hosts: Authority,
    clients: Authority,
    others: Authority,
    served: Served,
}

const LISTEN: &str = "[{address: '127.0.0.1:0', tls: {certificate: {chain: open.pem, privateKey: open.key}}}, '127.0.0.1:0']";

fn mutual(truststore: &str, more: &str) -> String {
    format!("    mutualTlsAuthentication: {{truststoreUri: {truststore}{more}}}\n")
}

fn world(truststore: impl FnOnce(&Authority) -> String, more: &str) -> World {
    let (hosts, clients) = (Authority::new("hosts"), Authority::new("clients"));
    let others = Authority::new("others");
    let folder = Folder::new();
    for name in ["mtls", "other", "open"] {
        let host = hosts.identity(&format!("{name}.example"), Dates::Valid, false);
        folder.write_identity(name, &host);
    }
    folder.write("clients.pem", &truststore(&clients));
    folder.write("others.pem", &others.pem());
    let domains = [
        domain("mtls.example", "mtls", &mutual("clients.pem", more)),
        domain("other.example", "other", &mutual("file://others.pem", "")),
        domain("open.example", "open", ""),
    ];
    let served = serve_tls(folder, LISTEN, &domains.concat());
    World { hosts, clients, others, served }
}

impl World {
    fn usual() -> Self {
        world(Authority::pem, "")
    }
    /// What a client with this identity is answered, or `None` where its handshake fails.
    fn ask(&self, server_name: &str, identity: Option<&Identity>, host: &str) -> Option<Answered> {
        let hello = Hello { identity, ..Hello::to(&self.hosts, server_name) };
        let mut last = None;
        for versions in [ONLY_13, ONLY_12] {
            let hello = Hello { versions, ..hello.clone() };
            let answered = hello.get(self.served.host.address(), host, "/who");
            if let Err(error) = &answered {
                let by_alert = error.to_string().contains("received fatal alert");
                assert!(by_alert, "it is told why: {error}");
            }
            last = Some(answered.ok());
        }
        last.unwrap()
    }
    fn mtls(&self, identity: Option<&Identity>) -> Option<Answered> {
        self.ask("mtls.example", identity, "mtls.example")
    }
}

const FORBIDDEN: &str = "{\"message\":\"Forbidden\"}";

#[test]
fn a_trusted_client_is_let_in_and_known_by_its_certificate() {
    let world = World::usual();
    let client = world.clients.identity("client", Dates::Valid, false);
    let answered = world.mtls(Some(&client)).unwrap();
    assert_eq!(answered.status, 200);
    let known = "C=US,CN=client|CN=clients|TLSv1.2|";
    assert!(answered.text.starts_with(known), "{}", answered.text);
}

#[test]
fn everybody_else_is_refused_by_an_alert() {
    let world = World::usual();
    assert_eq!(world.mtls(None), None, "no certificate");
    for (what, identity) in [
        ("another authority", world.others.identity("client", Dates::Valid, true)),
        ("self-signed", self_signed("client", Dates::Valid, false)),
        ("expired", world.clients.identity("client", Dates::Expired, false)),
        ("the host's own authority", world.hosts.identity("client", Dates::Valid, true)),
    ] {
        assert_eq!(world.mtls(Some(&identity)), None, "{what}");
    }
    assert_eq!(world.ask("open.example", None, "open.example").unwrap().status, 200);
}

#[test]
fn a_certificate_that_says_what_it_is_for_must_be_for_clients() {
    use rcgen::ExtendedKeyUsagePurpose::{ClientAuth, ServerAuth};
    let world = World::usual();
    for (purposes, is_let_in) in
        [(&[ServerAuth][..], false), (&[ClientAuth], true), (&[ServerAuth, ClientAuth], true)]
    {
        let client = world.clients.identity_for("client", purposes);
        assert_eq!(world.mtls(Some(&client)).is_some(), is_let_in, "{purposes:?}");
    }
}

#[test]
fn no_other_connection_leads_to_a_domain_name_with_mutual_tls() {
    let world = World::usual();
    let client = world.clients.identity("client", Dates::Valid, false);
    let other = world.others.identity("client", Dates::Valid, false);
    let forbidden = Some(Answered { status: 403, text: FORBIDDEN.into() });
    assert_eq!(world.ask("open.example", None, "mtls.example"), forbidden);
    assert_eq!(world.ask("open.example", Some(&client), "mtls.example"), forbidden);
    assert_eq!(world.ask("other.example", Some(&other), "mtls.example"), forbidden);
    assert_eq!(world.ask("mtls.example", Some(&client), "other.example"), forbidden);
    // Nor is a certificate told of where nobody asked for one.
    let text = world.ask("mtls.example", Some(&client), "open.example").unwrap().text;
    assert!(text.starts_with("||TLSv1.2|"), "{text}");
    let mut plain = Client::connect(world.served.host.addresses()[1].1);
    plain.send(b"GET /who HTTP/1.1\r\nHost: mtls.example\r\n\r\n");
    assert_eq!(plain.answer().text(), FORBIDDEN);
    let nameless = Hello { says_name: false, ..Hello::to(&world.hosts, "open.example") };
    let nameless = nameless.with(&client).get(world.served.host.address(), "mtls.example", "/who");
    assert_eq!(nameless.ok(), forbidden);
}

#[test]
fn chains_may_have_intermediates_up_to_awss_depth() {
    let world = World::usual();
    let first = world.clients.intermediate("first");
    let second = first.intermediate("second");
    let third = second.intermediate("third");
    let chain = |authorities: &[&Authority]| {
        let last = authorities.last().unwrap();
        let mut identity = last.identity("client", Dates::Valid, false);
        identity.chain.extend(authorities.iter().rev().map(|authority| authority.der()));
        identity
    };
    assert_eq!(world.mtls(Some(&chain(&[&first]))).unwrap().status, 200);
    assert_eq!(world.mtls(Some(&chain(&[&first, &second]))).unwrap().status, 200);
    assert_eq!(world.mtls(Some(&chain(&[&first, &second, &third]))), None, "five with the root");
    assert_eq!(world.mtls(Some(&first.identity("client", Dates::Valid, false))), None, "a gap");
}

#[test]
fn what_is_revoked_is_refused_and_so_is_what_no_list_knows() {
    let folder_more = ", certificateRevocationLists: [revoked.pem]";
    let (hosts, clients) = (Authority::new("hosts"), Authority::new("clients"));
    let unlisted = Authority::new("unlisted");
    let folder = Folder::new();
    folder.write_identity("mtls", &hosts.identity("mtls.example", Dates::Valid, false));
    folder.write("clients.pem", &(clients.pem() + &unlisted.pem()));
    let (good, bad) = (
        clients.identity("good", Dates::Valid, false),
        clients.identity("bad", Dates::Valid, false),
    );
    folder.write("revoked.pem", &clients.revocations(&[&bad], 2100));
    let domain = domain("mtls.example", "mtls", &mutual("clients.pem", folder_more));
    let served = serve_tls(folder, "{address: '127.0.0.1:0', tls: {}}", &domain);
    let ask = |identity: &Identity| {
        let hello = Hello::to(&hosts, "mtls.example").with(identity);
        hello.get(served.host.address(), "mtls.example", "/who").is_ok()
    };
    assert!(ask(&good));
    assert!(!ask(&bad));
    assert!(!ask(&unlisted.identity("client", Dates::Valid, false)));
    // A list that is out of date says nothing any more.
    served.folder.write("revoked.pem", &clients.revocations(&[&bad], 2002));
    served.host.deploy(&deployment(&build(&served.config))).unwrap();
    assert!(!ask(&good));
}

#[test]
fn a_client_that_is_trusted_no_more_loses_the_connection_that_it_has() {
    let world = World::usual();
    let client = world.clients.identity("client", Dates::Valid, false);
    let hello = Hello::to(&world.hosts, "mtls.example").with(&client);
    let mut open = hello.connect(world.served.host.address()).unwrap();
    assert_eq!(open.get("mtls.example", "/who").unwrap().status, 200);
    let truststore = |authority: &Authority| {
        world.served.folder.write("clients.pem", &authority.pem());
        let built = build(&world.served.config);
        world.served.host.deploy(&deployment(&built)).unwrap();
    };
    truststore(&world.others);
    assert_eq!(open.get("mtls.example", "/who").unwrap().text, FORBIDDEN);
    assert!(hello.get(world.served.host.address(), "mtls.example", "/who").is_err());
    truststore(&world.clients);
    assert_eq!(open.get("mtls.example", "/who").unwrap().status, 200);
}

#[test]
fn a_client_does_not_come_back_without_being_verified() {
    let world = World::usual();
    let client = world.clients.identity("client", Dates::Valid, false);
    // One configuration: its tickets, if there were any, would be used.
    let hello = Hello::to(&world.hosts, "mtls.example").with(&client);
    let config = hello.config();
    for _ in 0..3 {
        let name = tokio_rustls::rustls::pki_types::ServerName::try_from("mtls.example").unwrap();
        let connection = tokio_rustls::rustls::ClientConnection::new(config.clone(), name).unwrap();
        let socket = std::net::TcpStream::connect(world.served.host.address()).unwrap();
        let mut client = TlsClient(tokio_rustls::rustls::StreamOwned::new(connection, socket));
        assert_eq!(client.get("mtls.example", "/who").unwrap().status, 200);
        let kind = client.0.conn.handshake_kind();
        assert_ne!(kind, Some(tokio_rustls::rustls::HandshakeKind::Resumed));
    }
}

#[test]
fn truststores_that_aws_would_not_take_are_refused() {
    let World { clients, served, .. } = World::usual();
    let config = &served.config;
    let told_of = |truststore: &str| {
        served.folder.write("clients.pem", truststore);
        told(config.clone())
    };
    assert_eq!(told_of(&clients.pem()), "");
    assert!(told_of("").contains("no certificate in PEM"));
    assert!(told_of(&clients.pem().replacen("MII", "MIX", 1)).contains("its certificate 1"));
    let weak = include_str!("../../src/tls/certificate/rsa1024.pem");
    assert!(told_of(&[&clients.pem(), weak].concat()).contains("its certificate 2: its RSA key"));
    let many = clients.pem().repeat(1_001);
    assert!(told_of(&many).contains("at most 1000 certificates"), "{}", told_of(&many));
    assert!(told_of(&" ".repeat(1_000_001)).contains("at most 1000000 bytes"));
    let deep = [
        clients.pem(),
        clients.intermediate("1").pem(),
        clients.intermediate("1").intermediate("2").pem(),
        clients.intermediate("1").intermediate("2").intermediate("3").pem(),
    ];
    assert!(told_of(&deep[..3].concat()).is_empty(), "{}", told_of(&deep[..3].concat()));
    assert!(told_of(&deep.concat()).contains("its certificate 4: with a client's"));
    let text = served.folder.read("edgeway.yaml");
    served.folder.write("clients.pem", &clients.pem());
    for (uri, reason) in [
        ("s3://bucket/clients.pem", "must be a file on this machine"),
        ("absent.pem", "cannot be read"),
    ] {
        served.folder.write(
            "edgeway.yaml",
            &text.replace("truststoreUri: clients.pem", &format!("truststoreUri: {uri}")),
        );
        assert!(told(config.clone()).contains(reason), "{}", told(config.clone()));
    }
}
