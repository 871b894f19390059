//! `VerifySignature`: the mathematics of aws-lc-rs, and no decision.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use gateway_core::effect::VerifySignature;
use gateway_core::jwt::{Algorithm, KeyMaterial};

/// Whether the signature over `message` is this key's. A key of another type than the algorithm's,
/// or one that is no point of its curve, verifies nothing.
pub fn verify(effect: &VerifySignature) -> bool {
    let (message, signature) = (&effect.message.0, &effect.signature.0);
    match (&effect.key.material, effect.algorithm) {
        (KeyMaterial::Rsa { n, e }, algorithm) => rsa_parameters(algorithm).is_some_and(|rsa| {
            RsaPublicKeyComponents { n, e }.verify(rsa, message, signature).is_ok()
        }),
        (KeyMaterial::P256 { x, y }, Algorithm::ES256) => {
            verify_by(&ECDSA_P256_SHA256_FIXED, &point(x, y), message, signature)
        }
        (KeyMaterial::P384 { x, y }, Algorithm::ES384) => {
            verify_by(&ECDSA_P384_SHA384_FIXED, &point(x, y), message, signature)
        }
        (KeyMaterial::Ed25519 { x }, Algorithm::EdDSA) => {
            verify_by(&ED25519, x, message, signature)
        }
        _ => false,
    }
}

fn rsa_parameters(algorithm: Algorithm) -> Option<&'static RsaParameters> {
    Some(match algorithm {
        Algorithm::RS256 => &RSA_PKCS1_2048_8192_SHA256,
        Algorithm::RS384 => &RSA_PKCS1_2048_8192_SHA384,
        Algorithm::RS512 => &RSA_PKCS1_2048_8192_SHA512,
        Algorithm::PS256 => &RSA_PSS_2048_8192_SHA256,
        _ => return None,
    })
}

fn verify_by(
    algorithm: &'static dyn VerificationAlgorithm,
    key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> bool {
    UnparsedPublicKey::new(algorithm, key).verify(message, signature).is_ok()
}

/// SEC 1 §2.3.3, uncompressed.
fn point(x: &[u8], y: &[u8]) -> Vec<u8> {
    [&[4], x, y].concat()
}

#[cfg(test)]
#[path = "signature_tests.rs"]
mod tests;
