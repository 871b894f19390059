//! Signature algorithms (RFC 7518 §3.1, RFC 8037 §3.1).

use serde::{Deserialize, Serialize};

/// The algorithms that an issuer's key may verify. `none` and the HMAC ones are not among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RS256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    RS384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    RS512,
    /// RSASSA-PSS with SHA-256.
    PS256,
    /// ECDSA on P-256 with SHA-256; the signature is r ‖ s, 64 bytes.
    ES256,
    /// ECDSA on P-384 with SHA-384; the signature is r ‖ s, 96 bytes.
    ES384,
    /// Ed25519.
    EdDSA,
}
