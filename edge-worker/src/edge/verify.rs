//! Signatures of signed URLs and cookies, by WebCrypto.

use distribution::{Digest, Signature, ecdsa_p256_raw, public_key_der};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

use crate::perform::signature::{ec, import_key, object, subtle_verify};

/// Whether the holder of this key (PEM, as `aws cloudfront get-public-key` prints it) made the signature.
pub(super) async fn is_verified(key: &str, signature: &Signature) -> bool {
    let Some(key) = public_key_der(key) else { return false };
    let hash = match signature.digest {
        Digest::Sha1 => "SHA-1",
        Digest::Sha256 => "SHA-256",
    };
    let rsa = [("name", JsValue::from("RSASSA-PKCS1-v1_5")), ("hash", hash.into())];
    if let Ok(is_verified) = attempt(&key, &rsa, &signature.signature, &signature.message).await {
        return is_verified;
    }
    // A key that is none of RSA; AWS has ECDSA with SHA-256 alone.
    let raw = ecdsa_p256_raw(&signature.signature).filter(|_| hash == "SHA-256");
    let Some(raw) = raw else { return false };
    attempt(&key, &ec("P-256", hash), &raw, &signature.message).await.unwrap_or(false)
}

async fn attempt(
    key: &[u8],
    algorithm: &[(&str, JsValue)],
    signature: &[u8],
    message: &[u8],
) -> Result<bool, JsValue> {
    let algorithm = object(algorithm)?;
    let usages = Array::of1(&"verify".into());
    let key = Uint8Array::from(key).into();
    let key = JsFuture::from(import_key("spki", &key, &algorithm, false, &usages)?).await?;
    let (signature, message) = (Uint8Array::from(signature), Uint8Array::from(message));
    let verified = JsFuture::from(subtle_verify(&algorithm, &key, &signature, &message)?).await?;
    Ok(verified.as_bool().unwrap_or(false))
}
