//! `VerifySignature`, in Wasm: WASI has no cryptography.

use edge_common::authorizations;
use gateway_core::effect::{AuthorizationKey, Bytes, VerifySignature};
use gateway_core::jwt::{Algorithm, KeyMaterial};
use p256::ecdsa::signature::Verifier;
use rsa::traits::PublicKeyParts;
use rsa::{BigUint, RsaPublicKey, pkcs1v15, pss};
use sha2::{Sha256, Sha384, Sha512};

use crate::clock::now;

/// What the native host takes of RSA's keys, in bits.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2_048..=8_192;

/// Whether the signature over `message` is this key's. A key of another type than the algorithm's, or one that is no
/// point of its curve, verifies nothing.
pub(crate) fn verify(effect: &VerifySignature) -> bool {
    let key = AuthorizationKey::of_signature(effect);
    if authorizations::recall(&key, now()).is_some() {
        return true;
    }
    let is_right = attempt(effect).unwrap_or(false);
    if is_right {
        // A token that comes again costs a digest. Wrong ones are not remembered: nobody can fill the store with
        // tokens of their own making.
        authorizations::remember(key, Bytes::default(), effect.until, now());
    }
    is_right
}

/// `None` is a key or a signature that is none.
fn attempt(effect: &VerifySignature) -> Option<bool> {
    let (message, signature) = (&effect.message.0[..], &effect.signature.0[..]);
    match (&effect.key.material, effect.algorithm) {
        (KeyMaterial::Rsa { n, e }, algorithm) => verify_rsa(n, e, algorithm, message, signature),
        (KeyMaterial::P256 { x, y }, Algorithm::ES256) => {
            let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&point(x, y)).ok()?;
            let signature = p256::ecdsa::Signature::from_slice(signature).ok()?;
            Some(key.verify(message, &signature).is_ok())
        }
        (KeyMaterial::P384 { x, y }, Algorithm::ES384) => {
            let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(&point(x, y)).ok()?;
            let signature = p384::ecdsa::Signature::from_slice(signature).ok()?;
            Some(key.verify(message, &signature).is_ok())
        }
        (KeyMaterial::Ed25519 { x }, Algorithm::EdDSA) => {
            let key = ed25519_compact::PublicKey::from_slice(x).ok()?;
            let signature = ed25519_compact::Signature::from_slice(signature).ok()?;
            Some(key.verify(message, &signature).is_ok())
        }
        _ => None,
    }
}

fn verify_rsa(
    n: &[u8],
    e: &[u8],
    algorithm: Algorithm,
    message: &[u8],
    signature: &[u8],
) -> Option<bool> {
    let (n, e) = (BigUint::from_bytes_be(n), BigUint::from_bytes_be(e));
    let key = RsaPublicKey::new_with_max_size(n, e, *RSA_BITS.end()).ok()?;
    if !RSA_BITS.contains(&key.n().bits()) {
        return None;
    }
    let pkcs1 = pkcs1v15::Signature::try_from(signature).ok();
    Some(match algorithm {
        Algorithm::RS256 => {
            pkcs1v15::VerifyingKey::<Sha256>::new(key).verify(message, &pkcs1?).is_ok()
        }
        Algorithm::RS384 => {
            pkcs1v15::VerifyingKey::<Sha384>::new(key).verify(message, &pkcs1?).is_ok()
        }
        Algorithm::RS512 => {
            pkcs1v15::VerifyingKey::<Sha512>::new(key).verify(message, &pkcs1?).is_ok()
        }
        Algorithm::PS256 => {
            let signature = pss::Signature::try_from(signature).ok()?;
            pss::VerifyingKey::<Sha256>::new(key).verify(message, &signature).is_ok()
        }
        _ => return None,
    })
}

/// SEC 1 §2.3.3, uncompressed.
fn point(x: &[u8], y: &[u8]) -> Vec<u8> {
    [&[4], x, y].concat()
}
