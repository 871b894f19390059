//! Signed requests (RFC 8555 §6.2) with an account's key, ES256.

use std::fs;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

use super::write_secret;
use crate::config::AcmeConfig;

/// The key of an account.
pub(super) struct AccountKey(EcdsaKeyPair);

impl AccountKey {
    /// That of the account at this authority; a new one, where there was none.
    pub(super) fn of(config: &AcmeConfig) -> Result<Self, String> {
        let url = digest(&SHA256, config.directory_url.as_bytes());
        let name = URL_SAFE_NO_PAD.encode(&url.as_ref()[..12]);
        let file = config.cache_directory.join(format!("account-{name}.key"));
        let told = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
        let text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let key = rcgen::KeyPair::generate().map_err(|error| told(&error))?;
                let text = key.serialize_pem();
                write_secret(&file, &text).map_err(|error| told(&error))?;
                text
            }
            Err(error) => return Err(told(&error)),
        };
        Self::read(&text).ok_or_else(|| told(&"it holds no key of an account"))
    }

    fn read(pem: &str) -> Option<Self> {
        let key = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).ok()?;
        let key =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.secret_pkcs8_der());
        key.ok().map(Self)
    }

    /// RFC 7517.
    fn jwk(&self) -> Value {
        // 4, and the coordinates.
        let point = self.0.public_key().as_ref();
        let coordinate = |at: usize| URL_SAFE_NO_PAD.encode(&point[at..at + 32]);
        json!({"crv": "P-256", "kty": "EC", "x": coordinate(1), "y": coordinate(33)})
    }

    /// What is proved of a challenge's token (RFC 8555 §8.1), as its digest.
    pub(super) fn authorization_digest(&self, token: &str) -> [u8; 32] {
        // RFC 7638: the members in the order of their names, which is how they are written.
        let thumbprint = digest(&SHA256, self.jwk().to_string().as_bytes());
        let authorization = format!("{token}.{}", URL_SAFE_NO_PAD.encode(thumbprint));
        let digest = digest(&SHA256, authorization.as_bytes());
        digest.as_ref().try_into().expect("SHA-256 has 32 bytes")
    }

    /// A request's content. `payload` is `None` of a request that only reads.
    pub(super) fn sign(
        &self,
        url: &str,
        nonce: &str,
        account: Option<&str>,
        payload: Option<&Value>,
    ) -> Result<Vec<u8>, String> {
        let mut protected = json!({"alg": "ES256", "nonce": nonce, "url": url});
        match account {
            Some(account) => protected["kid"] = account.into(),
            None => protected["jwk"] = self.jwk(),
        }
        let protected = URL_SAFE_NO_PAD.encode(protected.to_string());
        let payload = payload.map(|payload| URL_SAFE_NO_PAD.encode(payload.to_string()));
        let payload = payload.unwrap_or_default();
        let message = format!("{protected}.{payload}");
        let signature = self.0.sign(&SystemRandom::new(), message.as_bytes());
        let signature = signature.map_err(|_| "the account's key does not sign")?;
        let signature = URL_SAFE_NO_PAD.encode(signature);
        let jws = json!({"protected": protected, "payload": payload, "signature": signature});
        Ok(jws.to_string().into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    use super::*;

    #[test]
    fn an_account_keeps_its_key_and_signs_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let config = AcmeConfig {
            directory_url: "https://h/d".into(),
            contacts: Vec::new(),
            cache_directory: folder.path().into(),
        };
        let (key, again) = (AccountKey::of(&config).unwrap(), AccountKey::of(&config).unwrap());
        assert_eq!(key.jwk(), again.jwk());
        let other = AcmeConfig { directory_url: "https://h/e".into(), ..config };
        assert_ne!(AccountKey::of(&other).unwrap().jwk(), key.jwk());
        let jws = key.sign("https://h/o", "n", Some("https://h/1"), None).unwrap();
        let jws: Value = serde_json::from_slice(&jws).unwrap();
        let text = |name: &str| jws[name].as_str().unwrap().to_owned();
        let protected = URL_SAFE_NO_PAD.decode(text("protected")).unwrap();
        let protected: Value = serde_json::from_slice(&protected).unwrap();
        let expected =
            json!({"alg": "ES256", "nonce": "n", "url": "https://h/o", "kid": "https://h/1"});
        assert_eq!((protected, text("payload")), (expected, String::new()));
        let message = format!("{}.", text("protected"));
        let signature = URL_SAFE_NO_PAD.decode(text("signature")).unwrap();
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.0.public_key().as_ref());
        public.verify(message.as_bytes(), &signature).unwrap();
        fs::write(folder.path().join("account-x.key"), "").unwrap();
        assert!(AccountKey::read("nothing").is_none());
    }
}
