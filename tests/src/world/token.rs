//! Tokens whose signatures the world can tell from forged ones without mathematics.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gateway_core::jwt::{Jwk, KeyMaterial};

/// Who signs the world's tokens.
pub const ISSUER: &str = "https://issuer.example";
/// The `kid`s that the issuer publishes.
pub const SIGNING_KEYS: [&str; 2] = ["k1", "k2"];

/// A token of these claims (JSON), signed in the world's way.
pub fn token(kid: &str, claims: &str) -> String {
    let header = format!(r#"{{"alg":"RS256","typ":"JWT","kid":"{kid}"}}"#);
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = URL_SAFE_NO_PAD.encode(signature(message.as_bytes()));
    format!("{message}.{signature}")
}

/// Whether these bytes are the world's signature of a message.
pub fn is_signed(message: &[u8], claimed: &[u8]) -> bool {
    claimed == signature(message)
}

/// The issuer's public key of this `kid`.
pub(super) fn key(kid: &str) -> Option<Jwk> {
    SIGNING_KEYS.contains(&kid).then(|| Jwk {
        kid: Some(kid.into()),
        algorithm: None,
        material: KeyMaterial::Rsa { n: vec![0xc5; 256], e: vec![1, 0, 1] },
    })
}

/// 32 bytes that depend on every byte of the message (FNV-1a, four times).
fn signature(message: &[u8]) -> Vec<u8> {
    (0..4_u64)
        .flat_map(|salt| {
            let start = 0xcbf2_9ce4_8422_2325 ^ salt;
            let hash = message.iter().fold(start, |hash, byte| {
                (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
            });
            hash.to_be_bytes()
        })
        .collect()
}
