//! Public keys.

use alloc::{string::String, vec::Vec};

use serde::{Deserialize, Serialize};

use super::Algorithm;

/// An issuer's public key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwk {
    /// `kid`.
    pub kid: Option<String>,
    /// `alg`, where the issuer names one of ours.
    pub algorithm: Option<Algorithm>,
    /// The numbers.
    pub material: KeyMaterial,
}

/// The numbers of a public key, decoded, big-endian.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyMaterial {
    /// `kty: RSA`.
    Rsa {
        /// The modulus, without leading zeros.
        #[serde(with = "serde_bytes")]
        n: Vec<u8>,
        /// The exponent, without leading zeros.
        #[serde(with = "serde_bytes")]
        e: Vec<u8>,
    },
    /// `kty: EC`, `crv: P-256`: 32 bytes each.
    P256 {
        /// x
        #[serde(with = "serde_bytes")]
        x: Vec<u8>,
        /// y
        #[serde(with = "serde_bytes")]
        y: Vec<u8>,
    },
    /// `kty: EC`, `crv: P-384`: 48 bytes each.
    P384 {
        /// x
        #[serde(with = "serde_bytes")]
        x: Vec<u8>,
        /// y
        #[serde(with = "serde_bytes")]
        y: Vec<u8>,
    },
    /// `kty: OKP`, `crv: Ed25519`: 32 bytes.
    Ed25519 {
        /// x
        #[serde(with = "serde_bytes")]
        x: Vec<u8>,
    },
}
