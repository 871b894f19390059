//! Listeners over TLS: which certificate is shown, what is spoken, and how certificates change.

use http::{Request, Version};
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio_rustls::rustls::pki_types::ServerName;

use crate::kit::*;
use crate::program::Program;
use crate::tls_client::*;
use crate::tls_endpoint::*;

const WITH_DEFAULT: &str =
    "{address: '127.0.0.1:0', tls: {certificate: {chain: any.pem, privateKey: any.key}}}";
const WITHOUT_DEFAULT: &str = "{address: '127.0.0.1:0', tls: {}}";

/// Certificates for `a.example`, `*.b.example`, and for everybody else.
struct Certificates {
    authority: Authority,
    folder: Folder,
    a: Identity,
    b: Identity,
    any: Identity,
}

fn certificates() -> Certificates {
    let authority = Authority::new("private");
    let folder = Folder::new();
    let identity = |name: &str, file: &str| {
        let identity = authority.identity(name, Dates::Valid, false);
        folder.write_identity(file, &identity);
        identity
    };
    let (a, b) = (identity("a.example", "a"), identity("*.b.example", "b"));
    let any = identity("any.example", "any");
    Certificates { authority, folder, a, b, any }
}

fn domains() -> String {
    domain("a.example", "a", "") + &domain("*.b.example", "b", "")
}

#[test]
fn the_certificate_is_that_of_the_name_that_was_asked_for() {
    let Certificates { authority, folder, a, b, any } = certificates();
    let served = serve_tls(folder, WITH_DEFAULT, &domains());
    for (name, identity) in
        [("a.example", &a), ("x.b.example", &b), ("y.b.example", &b), ("any.example", &any)]
    {
        let mut client = Hello::to(&authority, name).connect(served.host.address()).unwrap();
        assert_eq!(client.shown(), identity.chain[0].as_ref(), "{name}");
        if name != "any.example" {
            assert_eq!(client.get(name, "/who").unwrap().status, 200, "{name}");
        }
    }
    let nameless = Hello { says_name: false, ..Hello::to(&authority, "any.example") };
    let client = nameless.connect(served.host.address()).unwrap();
    assert_eq!(client.shown(), any.chain[0].as_ref());
}

#[test]
fn without_a_certificate_for_it_a_name_is_refused_by_an_alert() {
    let Certificates { authority, folder, .. } = certificates();
    let served = serve_tls(folder, WITHOUT_DEFAULT, &domains());
    assert!(Hello::to(&authority, "a.example").connect(served.host.address()).is_ok());
    for name in ["any.example", "c.a.example", "b.example", "x.y.b.example"] {
        let Err(refused) = Hello::to(&authority, name).connect(served.host.address()) else {
            panic!("{name} is let in")
        };
        let refused = refused.to_string();
        assert!(refused.to_lowercase().contains("unrecognisedname"), "{name}: {refused}");
    }
}

#[test]
fn http_1_and_2_are_agreed_on_with_the_client() {
    let Certificates { authority, folder, .. } = certificates();
    let served = serve_tls(folder, WITH_DEFAULT, &domains());
    let address = served.host.address();
    for protocols in [&["http/1.1"][..], &[], &["http/1.1", "other"]] {
        let hello = Hello { protocols, ..Hello::to(&authority, "a.example") };
        assert_eq!(hello.get(address, "a.example", "/who").unwrap().status, 200);
    }
    let hello = Hello { protocols: &["h2", "http/1.1"], ..Hello::to(&authority, "a.example") };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (version, text) = runtime.block_on(async {
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let connector = tokio_rustls::TlsConnector::from(hello.config());
        let name = ServerName::try_from("a.example").unwrap();
        let stream = connector.connect(name, stream).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
                .await
                .unwrap();
        tokio::spawn(connection);
        let request = Request::get("https://a.example/who").body(Empty::<bytes::Bytes>::new());
        let response = sender.send_request(request.unwrap()).await.unwrap();
        let version = response.version();
        (version, response.into_body().collect().await.unwrap().to_bytes())
    });
    assert_eq!(version, Version::HTTP_2);
    assert!(text.starts_with(b"||TLSv1.3|TLS_"), "{text:?}");
}

#[test]
fn the_security_policy_decides_about_versions() {
    let Certificates { authority, folder, .. } = certificates();
    let strict =
        "    securityPolicy: SecurityPolicy_TLS13_1_3_2025_09\n    endpointAccessMode: STRICT\n";
    let domains = domain("a.example", "a", strict) + &domain("*.b.example", "b", "");
    let served = serve_tls(folder, WITH_DEFAULT, &domains);
    let get = |name, versions| {
        let hello = Hello { versions, ..Hello::to(&authority, name) };
        hello.get(served.host.address(), name, "/who")
    };
    assert!(get("a.example", ONLY_13).unwrap().text.starts_with("||TLSv1.3|TLS_AES_"));
    assert!(get("a.example", ONLY_12).is_err());
    let text = get("x.b.example", ONLY_12).unwrap().text;
    assert!(text.starts_with("||TLSv1.2|TLS_ECDHE_ECDSA_WITH_"), "{text}");
    // STRICT: what was asked for in the handshake is what may be asked for in requests.
    let hello = Hello::to(&authority, "x.b.example");
    assert_eq!(hello.get(served.host.address(), "a.example", "/who").unwrap().status, 403);
}

#[test]
fn clear_text_and_tls_stand_side_by_side() {
    let Certificates { authority, folder, .. } = certificates();
    let served = serve_tls(folder, &format!("['127.0.0.1:0', {WITH_DEFAULT}]"), &domains());
    let [(plain, plain_at), (tls, tls_at)] = served.host.addresses() else { panic!() };
    assert!(!plain.is_tls && tls.is_tls);
    let mut client = Client::connect(*plain_at);
    client.send(b"GET /who HTTP/1.1\r\nHost: a.example\r\n\r\n");
    assert_eq!(client.answer().text(), "|||");
    let hello = Hello::to(&authority, "a.example");
    assert!(hello.get(*tls_at, "a.example", "/who").unwrap().text.starts_with("||TLSv1.3|"));
    // Clear text at the other one is no handshake, and no request either.
    let mut client = Client::connect(*tls_at);
    client.send(b"GET /who HTTP/1.1\r\nHost: a.example\r\n\r\n");
    client.wait_for_close();
}

#[test]
fn certificates_change_under_load_without_dropping_a_connection() {
    let Certificates { authority, folder, .. } = certificates();
    let served = serve_tls(folder, WITH_DEFAULT, &domains());
    let address = served.host.address();
    let hello = Hello::to(&authority, "a.example");
    let stop = std::sync::atomic::AtomicBool::new(false);
    let mut last = None;
    std::thread::scope(|scope| {
        let busy: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let mut client = hello.connect(address).unwrap();
                    let mut answers = 0;
                    while !stop.load(std::sync::atomic::Ordering::Relaxed) || answers < 10 {
                        assert_eq!(client.get("a.example", "/who").unwrap().status, 200);
                        assert_eq!(hello.get(address, "a.example", "/who").unwrap().status, 200);
                        answers += 1;
                    }
                })
            })
            .collect();
        for _ in 0..5 {
            let next = authority.identity("a.example", Dates::Valid, false);
            served.folder.write_identity("a", &next);
            served.host.deploy(&deployment(&build(&served.config))).unwrap();
            let client = hello.connect(address).unwrap();
            assert_eq!(client.shown(), next.chain[0].as_ref());
            last = Some(next);
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        busy.into_iter().for_each(|thread| thread.join().unwrap());
    });
    assert!(last.is_some());
}

#[test]
fn the_program_takes_new_certificates_over_and_refuses_bad_ones() {
    let Certificates { authority, folder, a, .. } = certificates();
    let listen = "127.0.0.1:0";
    configure(&folder, listen, &domains());
    let config = folder.read("edgeway.yaml");
    let at = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let also = format!(
        "privateEndpoints: [{{vpcEndpointId: vpce-1, listen: {{address: '{at}', tls: {{}}}}}}]\n"
    );
    folder.write("edgeway.yaml", &(config + &also));
    let program = Program::start(&folder);
    // Once it answers, it watches the files.
    assert_eq!(Client::connect(program.admin).get("/readyz").status, 200);
    let shown = || {
        let client = Hello::to(&authority, "a.example").connect(at).unwrap();
        client.shown().to_vec()
    };
    assert_eq!(shown(), a.chain[0].as_ref());

    // The key of another certificate: nobody could be served with it.
    let next = authority.identity("a.example", Dates::Valid, false);
    folder.write("a.pem", &next.pem().0);
    program.wait_until(|program| program.metric("edgeway_reloads_refused_total 1"));
    assert_eq!(shown(), a.chain[0].as_ref());

    folder.write_identity("a", &next);
    program.wait_until(|_| shown() == next.chain[0].as_ref());
}

#[test]
fn what_is_wrong_with_certificates_is_told_and_nothing_of_keys() {
    let Certificates { authority, folder, a, .. } = certificates();
    folder.write("nonsense.pem", "nonsense");
    folder.write("nonsense.key", "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\nsecret\n");
    folder.write_identity("old", &authority.identity("old.example", Dates::Expired, false));
    let told_of =
        |name: &str, file: &str| told(configure(&folder, WITHOUT_DEFAULT, &domain(name, file, "")));
    assert_eq!(told_of("a.example", "a"), "");
    let wrong = told_of("c.example", "a");
    assert!(wrong.contains("is not for `c.example`"), "{wrong}");
    assert!(told_of("a.example", "absent").contains("cannot be read"));
    assert!(told_of("a.example", "nonsense").contains("no certificate in PEM"));
    assert!(told_of("old.example", "old").contains("warning"), "{}", told_of("old.example", "old"));
    assert!(told_of("old.example", "old").contains("expired"));

    folder.write("nonsense.pem", &a.pem().0);
    let wrong = told_of("a.example", "nonsense");
    assert!(wrong.contains("nonsense.key: its private key: it has no line"), "{wrong}");
    assert!(!wrong.contains("secret") && !wrong.contains("c2Vj"), "{wrong}");

    folder.write("other.pem", &a.pem().0);
    folder.write("other.key", &authority.identity("a.example", Dates::Valid, false).pem().1);
    let wrong = told_of("a.example", "other");
    let expected = "other.key: the private key is not that of the first certificate";
    assert!(wrong.contains(expected), "{wrong}");
    assert!(wrong.contains("others may read this private key"), "{wrong}");
}

#[test]
fn what_is_easily_done_wrong_with_certificates_is_told_with_its_file_and_what_to_do() {
    let Certificates { authority, folder, a, .. } = certificates();
    let (chain, key) = a.pem();
    let told_of = |chain: &str, key: &str| {
        folder.write("x.pem", chain);
        folder.write("x.key", key);
        told(configure(&folder, WITHOUT_DEFAULT, &domain("a.example", "x", "")))
    };
    let encrypted =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nc2VjcmV0\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let of_old = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nc2VjcmV0\n";
    let (other_chain, other_key) = authority.identity("b.example", Dates::Valid, false).pem();
    let common_name_alone = {
        let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, "a.example");
        params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().pem()
    };
    let short = include_str!("../../src/tls/certificate/rsa1024.pem");
    for (chain, key, file, reason, help) in [
        (&*chain, "", "x.key", "the file is empty", ""),
        ("", &*key, "x.pem", "the file is empty", ""),
        (
            &*key,
            &*chain,
            "x.pem",
            "it holds a private key, and no certificate",
            "the two names are exchanged",
        ),
        (
            &*chain,
            &*chain,
            "x.key",
            "it holds a certificate, and no private key",
            "the two names are exchanged",
        ),
        (&*chain, encrypted, "x.key", "its private key is encrypted", "openssl pkey -in FILE"),
        (&*chain, of_old, "x.key", "its private key is encrypted", "openssl pkey -in FILE"),
        (&*chain, &*other_key, "x.key", "the private key is not that of the first", "-pubout"),
        (
            &*common_name_alone,
            &*key,
            "x.pem",
            "no subject alternative name (SAN)",
            "subjectAltName=DNS:a.example",
        ),
        (short, &*key, "x.pem", "RSA key has less than 2048 bits", "2048 bits or more"),
        (
            &*other_chain,
            &*other_key,
            "x.pem",
            "is not for `a.example`: it is for `b.example`",
            "subjectAltName",
        ),
    ] {
        let told = told_of(chain, key);
        let error = told.split("error: ").nth(1).unwrap_or_default();
        assert!(error.contains(&format!("{file}: ")) && error.contains(reason), "{reason}: {told}");
        assert!(error.contains(help) && !error.contains("c2Vj"), "{help}: {told}");
    }
    // The authority's certificate first, which is easily done with two files.
    folder.write("x.pem", &format!("{}{chain}", authority.pem()));
    folder.write("x.key", &key);
    let listen = WITH_DEFAULT.replace("any.", "x.");
    let told = told(configure(&folder, &listen, &domain("a.example", "a", "")));
    assert!(told.contains("the private key is that of its certificate 2"), "{told}");
}

#[test]
fn listeners_and_policies_that_make_no_sense_are_refused() {
    let Certificates { folder, .. } = certificates();
    let listen = |listen: &str| told(configure(&folder, listen, &domains()));
    assert!(listen("[]").contains("there is no listener"));
    assert!(listen("['127.0.0.1:1', '127.0.0.1:1']").contains("listened at already"));
    assert!(listen("{tls: {}}").contains("`address` is missing"));
    assert!(listen("127.0.0.1:0").contains("no listener has TLS"));
    let more =
        |more: &str| told(configure(&folder, WITHOUT_DEFAULT, &domain("a.example", "a", more)));
    assert!(more("    securityPolicy: TLS_1_1\n").contains("no security policy"));
    assert!(more("    securityPolicy: TLS_1_0\n").contains("TLS 1.0 and 1.1 are not spoken"));
    let enhanced = "    securityPolicy: SecurityPolicy_TLS13_1_2_2021_06\n";
    assert!(more(enhanced).contains("endpoint access mode"));
    let mutual =
        "    endpointAccessMode: BASIC\n    mutualTlsAuthentication: {truststoreUri: a.pem}\n";
    assert!(more(&[enhanced, mutual].concat()).contains("has the policy TLS_1_2"));
}
