//! Signature algorithms (RFC 7518 §3.1, RFC 8037 §3.1).

use serde::{Deserialize, Serialize};

use super::KeyMaterial;

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

impl Algorithm {
    /// By its `alg` name.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "RS256" => Self::RS256,
            "RS384" => Self::RS384,
            "RS512" => Self::RS512,
            "PS256" => Self::PS256,
            "ES256" => Self::ES256,
            "ES384" => Self::ES384,
            "EdDSA" => Self::EdDSA,
            _ => return None,
        })
    }

    /// Whether a key of this type verifies it.
    pub fn fits(self, material: &KeyMaterial) -> bool {
        match material {
            KeyMaterial::Rsa { .. } => {
                matches!(self, Self::RS256 | Self::RS384 | Self::RS512 | Self::PS256)
            }
            KeyMaterial::P256 { .. } => self == Self::ES256,
            KeyMaterial::P384 { .. } => self == Self::ES384,
            KeyMaterial::Ed25519 { .. } => self == Self::EdDSA,
        }
    }
}
