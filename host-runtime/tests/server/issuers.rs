//! Issuers whose keys come slowly, too large, as nonsense or not at all: they let nobody in, keep nobody
//! else waiting, and are not asked more often than they should be.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use serde_json::json;

use crate::forged_tokens::serve_paths;
use crate::kit::*;
use crate::signers::{jwk, sign};

/// Answers with an OpenID configuration, and for its keys does this.
fn issuer(keys: impl Fn(&mut Connection) + Send + Sync + 'static) -> SocketAddr {
    endpoint(move |mut connection| {
        let own = connection.stream.local_addr().unwrap();
        while let Some(head) = connection.head() {
            if head.starts_with("GET /keys ") {
                keys(&mut connection);
            } else {
                let uri = format!("http://{own}/keys");
                let document = json!({"issuer": format!("http://{own}"), "jwks_uri": uri});
                answer(&mut connection, &document.to_string());
            }
        }
    })
}

fn answer(connection: &mut Connection, text: &str) {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", text.len());
    connection.send(format!("{head}{text}").as_bytes());
}

/// `GET /` for those with a token of the issuer, `GET /open` for all.
fn serve(issuer: SocketAddr) -> Served {
    let backend = echo();
    let integration = json!({
        "type": "http_proxy", "httpMethod": "GET", "payloadFormatVersion": "1.0",
        "uri": format!("http://{backend}/"),
    });
    let open = json!({"get": {"responses": {}, "x-amazon-apigateway-integration": integration}});
    let mut closed = open.clone();
    closed["get"]["security"] = json!([{"jwt": []}]);
    serve_paths(issuer, &json!({"/": closed, "/open": open}))
}

fn token(key: &KeyPair, issuer: SocketAddr, kid: &str) -> String {
    let now_s = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let claims = json!({"iss": format!("http://{issuer}"), "aud": "api", "exp": now_s + 600});
    let header = json!({"alg": "RS256", "kid": kid}).to_string();
    sign(&RSA_PKCS1_SHA256, key, &header, &claims.to_string())
}

fn asked_with(token: &str) -> String {
    format!("GET / HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {token}\r\n\r\n")
}

#[test]
fn keys_that_come_slowly_too_large_or_as_nonsense_let_nobody_in_and_keep_nobody_else_waiting() {
    let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let keys = json!({"keys": [jwk(&key, "k")]}).to_string();
    let twice = keys.replacen('{', r#"{"keys":[],"#, 1);
    let endless = |connection: &mut Connection, chunk: &[u8]| {
        use std::io::Write;
        let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let chunk = [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat();
        let mut sent = connection.stream.write_all(head);
        while sent.is_ok() {
            sent = connection.stream.write_all(&chunk);
            std::thread::yield_now();
        }
    };
    let issuers = [
        ("nothing", issuer(|connection| connection.wait_for_close())),
        ("a drop at a time", issuer(move |connection| endless(connection, b" "))),
        ("too much", issuer(move |connection| endless(connection, &[b' '; 10_000]))),
        ("no JSON", issuer(|connection| answer(connection, "<html>"))),
        ("no set", issuer(|connection| answer(connection, "[]"))),
        ("a member twice", issuer(move |connection| answer(connection, &twice))),
        ("an error", issuer(|c| c.send(b"HTTP/1.1 500 E\r\nContent-Length: 0\r\n\r\n"))),
        ("a way elsewhere", {
            let (elsewhere, keys) = (endpoint(|_| {}), keys.clone());
            issuer(move |connection| {
                let place = format!("http://{elsewhere}/keys");
                let length = keys.len();
                let head = format!("302 F\r\nLocation: {place}\r\nContent-Length: {length}");
                connection.send(format!("HTTP/1.1 {head}\r\n\r\n{keys}").as_bytes());
            })
        }),
        ("a closed door", endpoint(drop)),
    ];
    for (what, address) in issuers {
        let served = serve(address);
        let (mut guest, mut other) = (served.client(), served.client());
        let began = Instant::now();
        guest.send(asked_with(&token(&key, address, "k")).as_bytes());
        // One thread serves both.
        assert_eq!(other.get("/open").status, 200, "{what}");
        assert!(began.elapsed() < Duration::from_secs(1), "{what}: {:?}", began.elapsed());
        let refused = guest.answer();
        assert_eq!(refused.status, 401, "{what}: {}", refused.text());
        assert!(began.elapsed() < Duration::from_secs(5), "{what}: {:?}", began.elapsed());
    }
    let good = issuer(move |connection| answer(connection, &keys));
    let served = serve(good);
    let mut client = served.client();
    client.send(asked_with(&token(&key, good, "k")).as_bytes());
    assert_eq!(client.answer().status, 200);
}

#[test]
fn guests_who_name_unknown_keys_and_leave_have_an_issuer_asked_once() {
    let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let keys = json!({"keys": [jwk(&key, "k")]}).to_string();
    let (asked, go_on) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let wait = Mutex::new((Arc::clone(&asked), Arc::clone(&go_on)));
    let address = issuer(move |connection| {
        let (asked, go_on) = wait.lock().unwrap().clone();
        asked.fetch_add(1, Relaxed);
        while !go_on.load(Relaxed) {
            std::thread::yield_now();
        }
        answer(connection, &keys);
    });
    let served = serve(address);
    let connections = || {
        let text = served.host.shared().metrics.to_text(0, 0);
        text.lines().any(|line| line == "edgeway_connections 0")
    };
    for guest in 0..5 {
        let mut client = served.client();
        client.send(asked_with(&token(&key, address, &format!("forged{guest}"))).as_bytes());
        let began = Instant::now();
        while asked.load(Relaxed) == 0 {
            assert!(began.elapsed() < PATIENCE, "nobody asks for the keys");
            std::thread::yield_now();
        }
        drop(client);
        while !connections() {
            assert!(began.elapsed() < PATIENCE, "nobody notices that the client is gone");
            std::thread::yield_now();
        }
    }
    go_on.store(true, Relaxed);
    let mut client = served.client();
    client.send(asked_with(&token(&key, address, "k")).as_bytes());
    assert_eq!((client.answer().status, asked.load(Relaxed)), (200, 1));
}

/// An issuer whose keys are what stands here at the time, or that is down; and how often they were asked for.
struct Rotating {
    address: SocketAddr,
    keys: Arc<Mutex<Option<String>>>,
    asked: Arc<AtomicUsize>,
}

impl Rotating {
    fn start(keys: String) -> Self {
        let keys = Arc::new(Mutex::new(Some(keys)));
        let asked = Arc::new(AtomicUsize::new(0));
        let (now, count) = (Arc::clone(&keys), Arc::clone(&asked));
        let address = issuer(move |connection| {
            count.fetch_add(1, Relaxed);
            match &*now.lock().unwrap() {
                Some(keys) => answer(connection, keys),
                None => connection.send(b"HTTP/1.1 503 S\r\nContent-Length: 0\r\n\r\n"),
            }
        });
        Self { address, keys, asked }
    }
    fn becomes(&self, keys: Option<String>) {
        *self.keys.lock().unwrap() = keys;
    }
    fn asked(&self) -> usize {
        self.asked.load(Relaxed)
    }
}

/// Through all of this the keys are two hours old at most; `jwt/jwks_cache.rs` has clocks that go faster.
#[test]
fn of_an_issuer_that_rotates_its_keys_dies_or_talks_nonsense_the_last_good_keys_count() {
    let (old, new) = (
        KeyPair::generate(KeySize::Rsa2048).unwrap(),
        KeyPair::generate(KeySize::Rsa2048).unwrap(),
    );
    let set = |key: &KeyPair, kid: &str| json!({"keys": [jwk(key, kid)]}).to_string();
    let is_let_in = |client: &mut Client, token: &str| {
        client.send(asked_with(token).as_bytes());
        client.answer().status == 200
    };
    let becomes = [
        ("rotates", Some(set(&new, "new")), [false, true]),
        ("talks nonsense", Some("<html>{\"keys\": []}".into()), [true, false]),
        ("says nothing of keys", Some("{}".into()), [true, false]),
        ("is down", None, [true, false]),
    ];
    let issuers = becomes.map(|(what, keys, lets_in)| {
        let issuer = Rotating::start(set(&old, "old"));
        let served = serve(issuer.address);
        let mut client = served.client();
        let tokens = [token(&old, issuer.address, "old"), token(&new, issuer.address, "new")];
        assert!(is_let_in(&mut client, &tokens[0]), "{what}");
        issuer.becomes(keys);
        // Within the floor nobody has the issuer asked again, whatever `kid` they make up.
        assert!(!is_let_in(&mut client, &tokens[1]), "{what}");
        for kid in 0..20 {
            let forged = token(&new, issuer.address, &format!("forged{kid}"));
            assert!(!is_let_in(&mut client, &forged), "{what}");
        }
        assert_eq!(issuer.asked(), 1, "{what}");
        (what, issuer, served, client, tokens, lets_in)
    });
    for (what, issuer, _served, mut client, tokens, lets_in) in issuers {
        // The next one who names an unknown key after it does.
        let began = Instant::now();
        while issuer.asked() == 1 {
            assert!(began.elapsed() < 2 * PATIENCE, "{what}: nobody asks for the keys");
            is_let_in(&mut client, &tokens[1]);
            std::thread::sleep(Duration::from_millis(50));
        }
        let after = [0, 1].map(|token: usize| is_let_in(&mut client, &tokens[token]));
        assert_eq!(after, lets_in, "{what}");
        for kid in 20..40 {
            let forged = token(&new, issuer.address, &format!("forged{kid}"));
            assert!(!is_let_in(&mut client, &forged), "{what}");
        }
        assert_eq!(issuer.asked(), 2, "{what}");
    }
}
