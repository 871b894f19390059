//! Responses as they are at rest: in plain, or sealed with AES-256-GCM.
//!
//! What is sealed is bound to the place it stands in: moved to another key, or to another generation
//! of its cache, it does not open. Each entry has a key of its own, made of a salt: random nonces
//! under one key would have to be counted (NIST SP 800-38D, 8.3).

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hmac;

const SALT_BYTES: usize = 32;
const PLAIN: u8 = 0;
const SEALED: u8 = 1;

/// Fewest characters of the secret that keys are made of.
pub const SECRET_CHARACTERS_MIN: usize = 32;

/// How what is at rest is kept.
#[derive(Clone, PartialEq, Eq)]
pub enum Sealing {
    /// As it is.
    Plain,
    /// With keys that are made of this secret.
    Sealed(String),
}

impl fmt::Debug for Sealing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "Plain",
            Self::Sealed(_) => "Sealed",
        })
    }
}

impl Sealing {
    /// What is stored at this place; `None` where there is no randomness for it.
    pub(crate) fn seal(&self, place: &[u8], mut bytes: Vec<u8>) -> Option<Vec<u8>> {
        let Self::Sealed(secret) = self else {
            bytes.insert(0, PLAIN);
            return Some(bytes);
        };
        let mut salt = [0; SALT_BYTES];
        getrandom::fill(&mut salt).ok()?;
        key(secret, &salt)?.seal_in_place_append_tag(nonce(), Aad::from(place), &mut bytes).ok()?;
        Some([&[SEALED][..], &salt, &bytes].concat())
    }

    /// What was stored there; `None` if it was not stored so, by who knows the secret.
    pub(crate) fn open(&self, place: &[u8], stored: &[u8]) -> Option<Vec<u8>> {
        match (self, stored.split_first()?) {
            (Self::Plain, (&PLAIN, bytes)) => Some(bytes.to_vec()),
            (Self::Sealed(secret), (&SEALED, bytes)) => {
                let (salt, sealed) = bytes.split_at_checked(SALT_BYTES)?;
                let mut bytes = sealed.to_vec();
                let opened =
                    key(secret, salt)?.open_in_place(nonce(), Aad::from(place), &mut bytes);
                let length = opened.ok()?.len();
                bytes.truncate(length);
                Some(bytes)
            }
            _ => None,
        }
    }
}

fn key(secret: &str, salt: &[u8]) -> Option<LessSafeKey> {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), salt);
    Some(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, tag.as_ref()).ok()?))
}

/// A key seals once.
fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(secret: &str) -> Sealing {
        Sealing::Sealed(secret.into())
    }

    #[test]
    fn what_is_sealed_opens_at_its_place_with_its_secret_alone() {
        let seal = sealed("a secret of thirty-two characters");
        let stored = seal.seal(b"here", b"a response".to_vec()).unwrap();
        assert!(!stored.windows(8).any(|part| part == b"response"));
        assert_eq!(seal.open(b"here", &stored).unwrap(), b"a response");
        assert_ne!(stored, seal.seal(b"here", b"a response".to_vec()).unwrap());
        assert_eq!(seal.open(b"there", &stored), None);
        assert_eq!(sealed("another one").open(b"here", &stored), None);
        assert_eq!(Sealing::Plain.open(b"here", &stored), None);
        for at in 0..stored.len() {
            let mut forged = stored.clone();
            forged[at] ^= 1;
            assert_eq!(seal.open(b"here", &forged), None, "{at}");
            assert_eq!(seal.open(b"here", &stored[..at]), None, "{at}");
        }
        assert!(!format!("{seal:?}").contains("secret"));
    }

    #[test]
    fn what_is_in_plain_is_not_taken_for_sealed() {
        let stored = Sealing::Plain.seal(b"here", b"a response".to_vec()).unwrap();
        assert_eq!(Sealing::Plain.open(b"anywhere", &stored).unwrap(), b"a response");
        assert_eq!(sealed("a secret").open(b"here", &stored), None);
        assert_eq!(Sealing::Plain.open(b"here", b""), None);
    }
}
