//! Signatures of signed URLs and cookies.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
    RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};
use distribution::{Digest, Signature, public_key_der};

/// Whether the holder of this key (PEM, as `aws cloudfront get-public-key` prints it) made the signature.
pub(super) fn is_verified(key: &str, signature: &Signature) -> bool {
    let Some(key) = public_key_der(key) else { return false };
    let is_by = |algorithm: &'static dyn VerificationAlgorithm| {
        let key = UnparsedPublicKey::new(algorithm, &key);
        key.verify(&signature.message, &signature.signature).is_ok()
    };
    match signature.digest {
        Digest::Sha1 => is_by(&RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY),
        Digest::Sha256 => is_by(&RSA_PKCS1_2048_8192_SHA256) || is_by(&ECDSA_P256_SHA256_ASN1),
    }
}
