//! Signed URLs and cookies.

use std::net::SocketAddr;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::kit::*;

const EXPIRES: u64 = 4_000_000_000;

/// Whoever may sign.
struct Signer(RsaKeyPair);

impl Signer {
    fn new() -> Self {
        Self(RsaKeyPair::generate(KeySize::Rsa2048).unwrap())
    }
    fn pem(&self) -> String {
        let der: PublicKeyX509Der<'_> = self.0.public_key().as_der().unwrap();
        let text = STANDARD.encode(der.as_ref());
        format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n")
    }
    /// A distribution that lets in whom this one has signed for.
    fn edge(&self, origin: SocketAddr, mut behavior: serde_json::Value) -> Edge {
        behavior["TrustedKeyGroups"] = json!({"Enabled": true, "Items": ["g"]});
        let document = distribution(origin, json!({"DefaultCacheBehavior": behavior}));
        let key = json!({"PublicKey": {"Id": "K1", "PublicKeyConfig": {"EncodedKey": self.pem()}}});
        let group = json!({"KeyGroup": {"Id": "g", "KeyGroupConfig": {"Items": ["K1"]}}});
        Edge::start_with(origin, &document, "", &[("group.json", group), ("key.json", key)])
    }
    fn sign(&self, policy: &str) -> String {
        let mut signature = vec![0; self.0.public_modulus_len()];
        let random = aws_lc_rs::rand::SystemRandom::new();
        self.0.sign(&RSA_PKCS1_SHA256, &random, policy.as_bytes(), &mut signature).unwrap();
        encoded(&signature)
    }
}

fn encoded(bytes: &[u8]) -> String {
    STANDARD.encode(bytes).replace('+', "-").replace('=', "_").replace('/', "~")
}

fn policy(resource: &str) -> String {
    format!(
        r#"{{"Statement":[{{"Resource":"{resource}","Condition":{{"DateLessThan":{{"AWS:EpochTime":{EXPIRES}}}}}}}]}}"#
    )
}

#[test]
fn signed_urls_are_verified_with_the_key_of_the_group() {
    let (origin, heads) = answering(|_, _| fresh("secret"));
    let signer = Signer::new();
    let edge = signer.edge(origin, json!({}));
    let signature = signer.sign(&policy("http://h/a"));
    let url = |path: &str| {
        format!(
            "{path}?Expires={EXPIRES}&Signature={signature}&Key-Pair-Id=K1&Hash-Algorithm=SHA256"
        )
    };
    assert_eq!(edge.get("/a").status, 403);
    assert_eq!(edge.get(&url("/b")).status, 403);
    assert!(heads.lock().unwrap().is_empty());
    assert_eq!(edge.get(&url("/a")).text(), "secret");
    assert_eq!(edge.get("/a").status, 403, "what is stored is for those with a signature too");
}

#[test]
fn signed_cookies_are_verified_with_the_key_of_the_group() {
    let (origin, heads) = answering(|_, _| fresh("secret"));
    let signer = Signer::new();
    // AllViewer: the origin is sent cookies, and not these.
    let forward = json!({"OriginRequestPolicyId": "216adef6-5c7f-47e4-b989-5492eafa07d3"});
    let edge = signer.edge(origin, forward);
    let ask = |path: &str, by: &str, signature: &str| {
        let lines = format!(
            "Cookie: own=1; {by}\r\nCookie: CloudFront-Signature={signature}; CloudFront-Key-Pair-Id=K1; \
             CloudFront-Hash-Algorithm=SHA256\r\n"
        );
        edge.ask("GET", path, &lines)
    };
    let all = policy("http*://h/films/*");
    let (by_policy, signature) =
        (format!("CloudFront-Policy={}", encoded(all.as_bytes())), signer.sign(&all));
    assert_eq!(edge.ask("GET", "/films/1", "Cookie: own=1\r\n").status, 403);
    assert_eq!(ask("/private", &by_policy, &signature).status, 403, "another path");
    let wider = format!("CloudFront-Policy={}", encoded(policy("*").as_bytes()));
    assert_eq!(ask("/private", &wider, &signature).status, 403, "another policy");
    assert_eq!(ask("/films/1", &by_policy, &signer.sign("x")).status, 403, "another signature");
    assert!(heads.lock().unwrap().is_empty());
    for path in ["/films/1", "/films/2?x=1"] {
        assert_eq!(ask(path, &by_policy, &signature).text(), "secret", "{path}");
    }
    assert!(has(&ask("/films/1", &by_policy, &signature), "x-cache: Hit from cloudfront"));
    assert_eq!(edge.get("/films/1").status, 403, "what is stored is for those with cookies too");
    let by_expiry = format!("CloudFront-Expires={EXPIRES}");
    let signature = signer.sign(&policy("http://h/films/3"));
    assert_eq!(ask("/films/3", &by_expiry, &signature).text(), "secret");
    assert_eq!(ask("/films/4", &by_expiry, &signature).status, 403);
    for head in heads.lock().unwrap().iter() {
        assert!(head.contains("own=1") && !head.contains("CloudFront-"), "{head}");
    }
}
