//! By which signatures tokens get in: those that `docs/compatibility.md` names, and no others.

use std::net::SocketAddr;
use std::time::SystemTime;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING,
    ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384,
    RSA_PSS_SHA512, RsaEncoding,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::forged_tokens::{issuer, jwk, serve_paths, sign};
use crate::kit::*;

fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Makes a token of a header and claims.
type Sign = dyn Fn(&str, &str) -> String;

/// A key of an issuer's who does not say what it is for, and what signs by it.
struct Signer {
    alg: &'static str,
    jwk: Value,
    sign: Box<Sign>,
}

/// Signatures of RSA, by a key of their own.
fn rsa(alg: &'static str, encoding: &'static dyn RsaEncoding) -> Signer {
    let key = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let mut jwk = jwk(&key, alg);
    jwk.as_object_mut().unwrap().remove("alg");
    let sign = Box::new(move |header: &str, claims: &str| sign(encoding, &key, header, claims));
    Signer { alg, jwk, sign }
}

fn signed(header: &str, claims: &str, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let message = format!("{}.{}", base64url(header), base64url(claims));
    let signature = sign(message.as_bytes());
    format!("{message}.{}", base64url(signature))
}

fn ecdsa(alg: &'static str, curve: &str, algorithm: &'static EcdsaSigningAlgorithm) -> Signer {
    let key = EcdsaKeyPair::generate(algorithm).unwrap();
    let point = key.public_key().as_ref()[1..].to_vec();
    let (x, y) = point.split_at(point.len() / 2);
    let (x, y) = (base64url(x), base64url(y));
    let jwk = json!({"kty": "EC", "crv": curve, "kid": alg, "x": x, "y": y});
    let sign = Box::new(move |header: &str, claims: &str| {
        let sign = |m: &[u8]| key.sign(&SystemRandom::new(), m).unwrap().as_ref().to_vec();
        signed(header, claims, sign)
    });
    Signer { alg, jwk, sign }
}

fn ed25519() -> Signer {
    let key = Ed25519KeyPair::generate().unwrap();
    let x = base64url(key.public_key());
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "kid": "EdDSA", "x": x});
    let sign = Box::new(move |header: &str, claims: &str| {
        signed(header, claims, |message| key.sign(message).as_ref().to_vec())
    });
    Signer { alg: "EdDSA", jwk, sign }
}

fn status(served: &Served, token: &str) -> u16 {
    let mut client = served.client();
    let request = format!("GET / HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {token}\r\n\r\n");
    client.send(request.as_bytes());
    client.answer().status
}

fn serve(issuer: SocketAddr) -> Served {
    let integration = json!({
        "type": "http_proxy", "httpMethod": "GET", "payloadFormatVersion": "1.0",
        "uri": format!("http://{}/", echo()),
    });
    let method = json!({
        "security": [{"jwt": []}], "responses": {}, "x-amazon-apigateway-integration": integration,
    });
    serve_paths(issuer, &json!({"/": {"get": method}}))
}

#[test]
fn tokens_get_in_by_the_documented_signatures_and_by_no_others() {
    let signers = [
        (rsa("RS256", &RSA_PKCS1_SHA256), true),
        (rsa("RS384", &RSA_PKCS1_SHA384), true),
        (rsa("RS512", &RSA_PKCS1_SHA512), true),
        (rsa("PS256", &RSA_PSS_SHA256), true),
        (rsa("PS384", &RSA_PSS_SHA384), false),
        (rsa("PS512", &RSA_PSS_SHA512), false),
        (ecdsa("ES256", "P-256", &ECDSA_P256_SHA256_FIXED_SIGNING), true),
        (ecdsa("ES384", "P-384", &ECDSA_P384_SHA384_FIXED_SIGNING), true),
        (ecdsa("ES512", "P-521", &ECDSA_P521_SHA512_FIXED_SIGNING), false),
        (ed25519(), true),
    ];
    let keys: Vec<&Value> = signers.iter().map(|(signer, _)| &signer.jwk).collect();
    let (issuer, _) = issuer(json!({"keys": keys}));
    let served = serve(issuer);
    let now_s = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let claims =
        json!({"iss": format!("http://{issuer}"), "aud": "api", "exp": now_s + 600}).to_string();
    for (Signer { alg, sign, .. }, is_taken) in &signers {
        let named =
            |alg: &str, kid: &str| sign(&json!({"alg": alg, "kid": kid}).to_string(), &claims);
        let expected = if *is_taken { 200 } else { 401 };
        assert_eq!(status(&served, &named(alg, alg)), expected, "{alg}");
        // By no other name, and by nobody else's key.
        for (other, _) in signers.iter().filter(|(other, _)| other.alg != *alg) {
            assert_eq!(status(&served, &named(other.alg, alg)), 401, "{alg} as {}", other.alg);
            assert_eq!(status(&served, &named(alg, other.alg)), 401, "{alg} by {}", other.alg);
        }
    }
}
