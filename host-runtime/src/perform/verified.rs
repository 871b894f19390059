//! Signatures that were found right, remembered until their tokens expire: a token that comes again
//! costs a digest in place of RSA.
//!
//! What is remembered is mathematics and no decision: the core reads the token, its times and its
//! issuer's keys anew each time. Wrong signatures are not remembered, so that nobody can fill the
//! store with tokens of their own making.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use gateway_core::effect::{AuthorizationKey, Bytes, VerifySignature};
use gateway_core::message::Timestamp;
use gateway_core::remembered::RememberedAuthorizations;

use super::signature;

/// The signatures that all threads share.
#[derive(Debug, Default)]
pub struct Verified {
    right: Mutex<RememberedAuthorizations>,
    /// How often one was known already.
    pub known: AtomicU64,
}

impl Verified {
    /// As [`signature::verify`].
    pub fn verify(&self, effect: &VerifySignature, now: Timestamp) -> bool {
        let key = AuthorizationKey::of_signature(effect);
        if self.lock().recall(&key, now).is_some() {
            self.known.fetch_add(1, Relaxed);
            return true;
        }
        let is_right = signature::verify(effect);
        if is_right {
            self.lock().remember(key, Bytes::default(), effect.until, now);
        }
        is_right
    }

    fn lock(&self) -> MutexGuard<'_, RememberedAuthorizations> {
        self.right.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
    use gateway_core::jwt::{Algorithm, Jwk, KeyMaterial};

    use super::*;

    fn signed(key: &Ed25519KeyPair, message: &str) -> VerifySignature {
        let x = key.public_key().as_ref().to_vec();
        VerifySignature {
            algorithm: Algorithm::EdDSA,
            key: Jwk { kid: None, algorithm: None, material: KeyMaterial::Ed25519 { x } },
            message: message.as_bytes().to_vec().into(),
            signature: key.sign(message.as_bytes()).as_ref().to_vec().into(),
            until: Timestamp(1_000),
        }
    }

    #[test]
    fn a_token_that_comes_again_is_known_until_it_expires_and_no_other_is() {
        let (key, other) =
            (Ed25519KeyPair::generate().unwrap(), Ed25519KeyPair::generate().unwrap());
        let (token, verified) = (signed(&key, "a.b"), Verified::default());
        let known = |effect: &VerifySignature, now, right, count| {
            assert_eq!(verified.verify(effect, Timestamp(now)), right);
            assert_eq!(verified.known.load(Relaxed), count);
        };
        known(&token, 0, true, 0);
        known(&token, 999, true, 1);
        // Each part changed by itself: nothing of what is known helps a forger.
        let message = VerifySignature { message: b"a.c".to_vec().into(), ..token.clone() };
        let by_other = VerifySignature { key: signed(&other, "").key, ..token.clone() };
        let mut signature = token.signature.clone();
        signature.0[7] ^= 1;
        let forged = VerifySignature { signature, ..token.clone() };
        let confused = VerifySignature { algorithm: Algorithm::ES256, ..token.clone() };
        for wrong in [message, by_other, forged, confused] {
            known(&wrong, 0, false, 1);
            known(&wrong, 0, false, 1);
        }
        // At its end it is forgotten.
        known(&token, 1_000, true, 1);
        known(&token, 1_000, true, 1);
    }
}
