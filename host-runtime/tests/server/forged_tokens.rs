//! Forged tokens of every family, against a server with an issuer whose keys are real.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::SystemTime;

use aws_lc_rs::hmac;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RSA_PKCS1_SHA512};
use serde_json::{Value, json};

use crate::kit::*;
use crate::signers::{base64url, jwk, sign};

/// Answers what an issuer does; counts what comes besides.
pub(crate) fn issuer(keys: Value) -> (SocketAddr, Arc<AtomicUsize>) {
    let others = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&others);
    let address = endpoint(move |mut connection| {
        let own = connection.stream.local_addr().unwrap();
        while let Some(head) = connection.head() {
            let document = match head.split(' ').nth(1) {
                Some("/.well-known/openid-configuration") => {
                    let jwks_uri = format!("http://{own}/keys");
                    json!({"issuer": format!("http://{own}"), "jwks_uri": jwks_uri})
                }
                Some("/keys") => keys.clone(),
                _ => {
                    count.fetch_add(1, Relaxed);
                    json!({})
                }
            };
            let text = document.to_string();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", text.len());
            connection.send(format!("{head}{text}").as_bytes());
        }
    });
    (address, others)
}

fn serve(issuer: SocketAddr) -> Served {
    let paths = json!({"/": {"get": {
        "security": [{"jwt": []}],
        "responses": {},
        "x-amazon-apigateway-integration": {
            "type": "http_proxy", "httpMethod": "GET", "payloadFormatVersion": "1.0",
            "uri": format!("http://{issuer}/backend"),
        },
    }}});
    serve_paths(issuer, &paths)
}

/// An HTTP API with these paths, where `jwt` asks for tokens of the issuer.
pub(crate) fn serve_paths(issuer: SocketAddr, paths: &Value) -> Served {
    let folder = Folder::new();
    let definition = json!({
        "openapi": "3.0.1",
        "info": {"title": "t", "version": "1"},
        "paths": paths,
        "components": {"securitySchemes": {"jwt": {
            "type": "oauth2",
            "x-amazon-apigateway-authorizer": {
                "type": "jwt",
                "identitySource": "$request.header.Authorization",
                "jwtConfiguration": {"issuer": format!("http://{issuer}"), "audience": ["api"]},
            },
        }}},
    });
    folder.write("api.json", &definition.to_string());
    let config = folder.write(
        "edgeway.yaml",
        "listen: 127.0.0.1:0
apis: [{id: a, protocol: HTTP, definition: api.json, stages: [{stageName: $default}]}]
",
    );
    Served::start_configured(folder, config, 1)
}

#[test]
fn no_forged_token_of_any_family_gets_in() {
    let (key, strange) = (
        KeyPair::generate(KeySize::Rsa2048).unwrap(),
        KeyPair::generate(KeySize::Rsa2048).unwrap(),
    );
    let public = jwk(&key, "k1");
    let (address, backend) = issuer(json!({"keys": [public]}));
    let served = serve(address);
    let now_s = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let issuer = format!("http://{address}");
    let good = json!({"iss": issuer, "aud": "api", "exp": now_s + 600, "iat": now_s, "sub": "jo"});
    let header = r#"{"alg":"RS256","kid":"k1","typ":"JWT"}"#;
    let signed = |header: &str, claims: &str| sign(&RSA_PKCS1_SHA256, &key, header, claims);
    let token = signed(header, &good.to_string());
    let mut client = served.client();
    let mut ask = |token: &str| {
        let request = format!("GET / HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {token}\r\n\r\n");
        client.send(request.as_bytes());
        client.answer().status
    };
    // The second time it is remembered.
    assert_eq!((ask(&token), ask(&token), backend.load(Relaxed)), (200, 200, 2));
    let known = || served.host.shared().verified.known.load(Relaxed);
    assert_eq!(known(), 1);

    let parts: Vec<&str> = token.split('.').collect();
    let unsigned = |alg: &str| {
        let header = base64url(format!(r#"{{"alg":"{alg}","kid":"k1"}}"#));
        format!("{header}.{}.", parts[1])
    };
    let by_hmac = |secret: &[u8]| {
        let message = format!("{}.{}", base64url(r#"{"alg":"HS256","kid":"k1"}"#), parts[1]);
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
        format!("{message}.{}", base64url(tag))
    };
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        signed(header, &claims.to_string())
    };
    let without = |name: &str| {
        let mut claims = good.clone();
        claims.as_object_mut().unwrap().remove(name);
        signed(header, &claims.to_string())
    };
    let by_stranger = |header: &str| sign(&RSA_PKCS1_SHA256, &strange, header, &good.to_string());
    let stranger = jwk(&strange, "k1");
    let twice = good.to_string().replacen('{', r#"{"aud":"other","#, 1);
    let mut cut = token.clone();
    cut.truncate(token.len() - 8);
    let flipped = {
        let claims = good.to_string().replace("jo", "al");
        format!("{}.{}.{}", parts[0], base64url(claims), parts[2])
    };
    let forged = [
        ("alg none", unsigned("none")),
        ("alg None", unsigned("None")),
        ("alg none with a signature", format!("{}{}", unsigned("none"), parts[2])),
        ("no signature", format!("{}.{}.", parts[0], parts[1])),
        ("HMAC by the modulus", by_hmac(public["n"].as_str().unwrap().as_bytes())),
        ("HMAC by the key's JSON", by_hmac(public.to_string().as_bytes())),
        ("HMAC by nothing", by_hmac(b"\0")),
        ("another algorithm than the key's", {
            let header = r#"{"alg":"RS512","kid":"k1"}"#;
            sign(&RSA_PKCS1_SHA512, &key, header, &good.to_string())
        }),
        ("another key under the same kid", by_stranger(header)),
        (
            "an embedded key",
            by_stranger(&json!({"alg": "RS256", "kid": "k1", "jwk": stranger}).to_string()),
        ),
        ("an address of keys", {
            let jku = format!("{issuer}/evil");
            by_stranger(&json!({"alg": "RS256", "kid": "k1", "jku": jku, "x5u": jku}).to_string())
        }),
        ("a kid that is a path", by_stranger(r#"{"alg":"RS256","kid":"../../dev/null"}"#)),
        ("a kid that is SQL", by_stranger(r#"{"alg":"RS256","kid":"k1' OR '1'='1"}"#)),
        ("a kid that is no text", signed(r#"{"alg":"RS256","kid":1}"#, &good.to_string())),
        ("a critical extension", {
            signed(r#"{"alg":"RS256","kid":"k1","crit":["exp"]}"#, &good.to_string())
        }),
        ("a header with a member twice", {
            signed(r#"{"alg":"none","alg":"RS256","kid":"k1"}"#, &good.to_string())
        }),
        ("claims with a member twice", signed(header, &twice)),
        ("claims changed", flipped),
        ("a signature that is cut", cut),
        ("a fourth part", format!("{token}.e30")),
        ("a part with padding", format!("{token}==")),
        ("expired", with("exp", json!(now_s - 1))),
        ("exp as text", with("exp", json!("9999999999"))),
        ("no exp", without("exp")),
        ("not yet", with("nbf", json!(now_s + 600))),
        ("issued in the future", with("iat", json!(now_s + 600))),
        ("another issuer", with("iss", json!("http://evil"))),
        ("the issuer with a slash", with("iss", json!(format!("{issuer}/")))),
        ("the issuer in a list", with("iss", json!([issuer]))),
        ("another audience", with("aud", json!("other"))),
        ("the audience as a number", with("aud", json!(1))),
        ("no audience", without("aud")),
        ("claims that are no object", signed(header, "[]")),
        ("nothing", String::new()),
    ];
    let let_in: Vec<&str> =
        forged.iter().filter(|(_, token)| ask(token) != 401).map(|(family, _)| *family).collect();
    assert_eq!(let_in, [""; 0]);
    // No call reached the backend or an address that a token named, and nothing forged was known.
    assert_eq!((backend.load(Relaxed), known()), (2, 1));
    assert_eq!(ask(&token), 200);
}
