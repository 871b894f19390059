//! Keys of every kind and what signs tokens by them, for the hosts that are asked which of them they take: this crate's
//! tests, and those of the Worker and the component for `wasi:http` (`tests/hosts/tokens.rs`).

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

pub(crate) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn jwk(key: &RsaKeyPair, kid: &str) -> Value {
    let public = key.public_key();
    let n = base64url(public.modulus().big_endian_without_leading_zero());
    let e = base64url(public.exponent().big_endian_without_leading_zero());
    json!({"kty": "RSA", "kid": kid, "alg": "RS256", "use": "sig", "n": n, "e": e})
}

pub(crate) fn sign(
    encoding: &'static dyn RsaEncoding,
    key: &RsaKeyPair,
    header: &str,
    claims: &str,
) -> String {
    let message = format!("{}.{}", base64url(header), base64url(claims));
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(encoding, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
    format!("{message}.{}", base64url(signature))
}

/// Makes a token of a header and claims.
pub(crate) type Sign = dyn Fn(&str, &str) -> String;

/// A key of an issuer's who does not say what it is for, and what signs by it.
pub(crate) struct Signer {
    pub(crate) alg: &'static str,
    pub(crate) jwk: Value,
    pub(crate) sign: Box<Sign>,
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

/// One of each algorithm, and whether tokens get in by it: by those that `docs/compatibility.md` names, and no others.
pub(crate) fn signers() -> [(Signer, bool); 10] {
    [
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
    ]
}
