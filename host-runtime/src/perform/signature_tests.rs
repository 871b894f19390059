use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384,
    RSA_PKCS1_SHA512, RSA_PSS_SHA256, RsaEncoding,
};
use gateway_core::jwt::{Jwk, Token, read_jwks};
use gateway_core::message::Timestamp;

use super::*;

fn effect(material: KeyMaterial, algorithm: Algorithm, signature: &[u8]) -> VerifySignature {
    VerifySignature {
        algorithm,
        key: Jwk { kid: None, algorithm: None, material },
        message: b"header.payload".to_vec().into(),
        signature: signature.to_vec().into(),
        until: Timestamp(0),
    }
}

/// The right signature passes; any other bytes, message, algorithm or key do not.
fn check(material: KeyMaterial, algorithm: Algorithm, signature: &[u8]) {
    let right = effect(material.clone(), algorithm, signature);
    assert!(verify(&right));
    let mut changed = signature.to_vec();
    changed[signature.len() / 2] ^= 1;
    assert!(!verify(&effect(material.clone(), algorithm, &changed)));
    assert!(!verify(&effect(material.clone(), algorithm, &signature[1..])));
    assert!(!verify(&effect(material.clone(), algorithm, &[])));
    let other_message = VerifySignature { message: b"other".to_vec().into(), ..right };
    assert!(!verify(&other_message));
    use Algorithm::*;
    for other in [RS256, RS384, RS512, PS256, ES256, ES384, EdDSA] {
        assert_eq!(verify(&effect(material.clone(), other, signature)), other == algorithm);
    }
}

#[test]
fn rsa_signatures_verify_by_their_own_algorithm_alone() {
    let key = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let n = key.public_key().modulus().big_endian_without_leading_zero().to_vec();
    let e = key.public_key().exponent().big_endian_without_leading_zero().to_vec();
    let cases: [(Algorithm, &'static dyn RsaEncoding); 4] = [
        (Algorithm::RS256, &RSA_PKCS1_SHA256),
        (Algorithm::RS384, &RSA_PKCS1_SHA384),
        (Algorithm::RS512, &RSA_PKCS1_SHA512),
        (Algorithm::PS256, &RSA_PSS_SHA256),
    ];
    for (algorithm, encoding) in cases {
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(encoding, &SystemRandom::new(), b"header.payload", &mut signature).unwrap();
        check(KeyMaterial::Rsa { n: n.clone(), e: e.clone() }, algorithm, &signature);
    }
}

#[test]
fn elliptic_curve_signatures_verify_by_their_own_algorithm_alone() {
    let sign = |algorithm: &'static EcdsaSigningAlgorithm| {
        let key = EcdsaKeyPair::generate(algorithm).unwrap();
        let signature = key.sign(&SystemRandom::new(), b"header.payload").unwrap();
        let point = key.public_key().as_ref()[1..].to_vec();
        let (x, y) = point.split_at(point.len() / 2);
        (x.to_vec(), y.to_vec(), signature)
    };
    let (x, y, signature) = sign(&ECDSA_P256_SHA256_FIXED_SIGNING);
    check(KeyMaterial::P256 { x, y }, Algorithm::ES256, signature.as_ref());
    let (x, y, signature) = sign(&ECDSA_P384_SHA384_FIXED_SIGNING);
    check(KeyMaterial::P384 { x, y }, Algorithm::ES384, signature.as_ref());
    let key = Ed25519KeyPair::generate().unwrap();
    let x = key.public_key().as_ref().to_vec();
    let signature = key.sign(b"header.payload");
    check(KeyMaterial::Ed25519 { x }, Algorithm::EdDSA, signature.as_ref());
}

#[test]
fn numbers_that_are_no_key_verify_nothing() {
    let zero = KeyMaterial::P256 { x: vec![0; 32], y: vec![0; 32] };
    assert!(!verify(&effect(zero, Algorithm::ES256, &[0; 64])));
    let zero = KeyMaterial::Rsa { n: vec![0; 256], e: vec![0] };
    assert!(!verify(&effect(zero, Algorithm::RS256, &[0; 256])));
    assert!(!verify(&effect(KeyMaterial::Ed25519 { x: vec![] }, Algorithm::EdDSA, &[0; 64])));
}

/// Two vectors call a PS384 token valid under a key that its issuer names for PS256. The issuer's
/// word counts here (RFC 7517 §4.4), so they are refused.
const NAMED_FOR_ANOTHER_ALGORITHM: [u64; 2] = [346, 350];

/// Wycheproof's JWS vectors. RSA and EC groups with a public
/// key: the payloads are no JSON, so the parts are taken here and the key and algorithm chosen as
/// the core chooses them.
#[test]
fn the_vectors_of_wycheproof_pass() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../tests/suites/wycheproof-jose/json_web_signature_test.json"
    );
    let text = std::fs::read_to_string(path).expect("the vectors are part of the sources");
    let suite: serde_json::Value = serde_json::from_str(&text).unwrap();
    let (mut ran, mut wrong) = (0, Vec::new());
    for group in suite["testGroups"].as_array().unwrap() {
        let Some(public) = group.get("public") else { continue };
        let keys = read_jwks(format!("{{\"keys\":[{public}]}}").as_bytes()).unwrap();
        // Curves and hashes that no token may use here are refused with their key.
        let supported = !keys.is_empty();
        for test in group["tests"].as_array().unwrap() {
            let accepted =
                keys.first().is_some_and(|key| accepts(key, test["jws"].as_str().unwrap()));
            let named_for_another =
                test["tcId"].as_u64().is_some_and(|id| NAMED_FOR_ANOTHER_ALGORITHM.contains(&id));
            let valid = test["result"] == "valid" && supported && !named_for_another;
            ran += 1;
            if accepted != valid && test["result"] != "acceptable" {
                wrong.push((test["tcId"].clone(), test["comment"].clone(), accepted));
            }
        }
    }
    assert_eq!(ran, 361, "vectors with a public key");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn accepts(key: &Jwk, jws: &str) -> bool {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let parts: Vec<&str> = jws.split('.').collect();
    let [header, payload, signature] = parts[..] else { return false };
    // An object in place of the payload, which these vectors leave free.
    let stand_in = format!("{header}.e30.{signature}");
    let Ok(token) = Token::parse(&stand_in) else { return false };
    if token.header.kid.is_some() && token.header.kid != key.kid
        || URL_SAFE_NO_PAD.decode(payload).is_err()
    {
        return false;
    }
    let Some(algorithm) = key.algorithm_for(&token.header.algorithm) else { return false };
    let message = format!("{header}.{payload}").into_bytes().into();
    verify(&VerifySignature {
        algorithm,
        key: key.clone(),
        message,
        signature: token.signature.into(),
        until: Timestamp(0),
    })
}
