//! `VerifySignature`, by WebCrypto.

use edge_common::authorizations;
use gateway_core::effect::{AuthorizationKey, Bytes, EffectError, VerifySignature};
use gateway_core::jwt::{Algorithm, Jwk, KeyMaterial};
use js_sys::{Array, Object, Reflect, Uint8Array};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::JsFuture;

use crate::convert::now;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = ["crypto", "subtle"], js_name = importKey, catch)]
    pub(crate) fn import_key(
        format: &str,
        key: &JsValue,
        algorithm: &JsValue,
        extractable: bool,
        usages: &Array,
    ) -> Result<js_sys::Promise, JsValue>;
    #[wasm_bindgen(js_namespace = ["crypto", "subtle"], js_name = verify, catch)]
    pub(crate) fn subtle_verify(
        algorithm: &JsValue,
        key: &JsValue,
        signature: &Uint8Array,
        message: &Uint8Array,
    ) -> Result<js_sys::Promise, JsValue>;
}

/// Whether the signature over `message` is this key's. What WebCrypto refuses (a key that is no
/// point of its curve, a signature of a wrong length) verifies nothing.
pub(crate) async fn verify(effect: VerifySignature) -> Result<bool, EffectError> {
    let key = AuthorizationKey::of_signature(&effect);
    if authorizations::recall(&key, now()).is_some() {
        return Ok(true);
    }
    let is_right = attempt(&effect).await.unwrap_or(false);
    if is_right {
        // A token that comes again costs a digest. Wrong ones are not remembered: nobody can fill the
        // store with tokens of their own making.
        authorizations::remember(key, Bytes::default(), effect.until, now());
    }
    Ok(is_right)
}

async fn attempt(effect: &VerifySignature) -> Result<bool, JsValue> {
    let algorithm = algorithm(effect.algorithm)?;
    let usages = Array::of1(&"verify".into());
    let (format, key) = key(&effect.key)?;
    let key = JsFuture::from(import_key(format, &key, &algorithm, false, &usages)?).await?;
    let signature = Uint8Array::from(&effect.signature.0[..]);
    let message = Uint8Array::from(&effect.message.0[..]);
    let verified = JsFuture::from(subtle_verify(&algorithm, &key, &signature, &message)?).await?;
    Ok(verified.as_bool().unwrap_or(false))
}

fn algorithm(algorithm: Algorithm) -> Result<JsValue, JsValue> {
    let members: &[(&str, JsValue)] = &match algorithm {
        Algorithm::RS256 => vec![("name", "RSASSA-PKCS1-v1_5".into()), ("hash", "SHA-256".into())],
        Algorithm::RS384 => vec![("name", "RSASSA-PKCS1-v1_5".into()), ("hash", "SHA-384".into())],
        Algorithm::RS512 => vec![("name", "RSASSA-PKCS1-v1_5".into()), ("hash", "SHA-512".into())],
        Algorithm::PS256 => {
            vec![("name", "RSA-PSS".into()), ("hash", "SHA-256".into()), ("saltLength", 32.into())]
        }
        Algorithm::ES256 => ec("P-256", "SHA-256"),
        Algorithm::ES384 => ec("P-384", "SHA-384"),
        Algorithm::EdDSA => vec![("name", "Ed25519".into())],
    };
    object(members)
}

/// ECDSA on a curve.
pub(crate) fn ec(curve: &str, hash: &str) -> Vec<(&'static str, JsValue)> {
    vec![("name", "ECDSA".into()), ("namedCurve", curve.into()), ("hash", hash.into())]
}

/// RSA keys go in as JWK, points raw.
fn key(key: &Jwk) -> Result<(&'static str, JsValue), JsValue> {
    match &key.material {
        KeyMaterial::Rsa { n, e } => {
            let jwk = object(&[
                ("kty", "RSA".into()),
                ("n", base64url(n).into()),
                ("e", base64url(e).into()),
            ])?;
            Ok(("jwk", jwk))
        }
        KeyMaterial::P256 { x, y } | KeyMaterial::P384 { x, y } => {
            Ok(("raw", Uint8Array::from(&[&[4], &x[..], &y[..]].concat()[..]).into()))
        }
        KeyMaterial::Ed25519 { x } => Ok(("raw", Uint8Array::from(&x[..]).into())),
    }
}

/// An object with these members.
pub(crate) fn object(members: &[(&str, JsValue)]) -> Result<JsValue, JsValue> {
    let object = Object::new();
    for (name, value) in members {
        Reflect::set(&object, &(*name).into(), value)?;
    }
    Ok(object.into())
}

/// RFC 4648 §5, without padding.
fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0_u32, |group, byte| group << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            text.push(ALPHABET[(group >> (18 - 6 * place) & 63) as usize].into());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_base64url() {
        for (bytes, text) in [
            (&b""[..], ""),
            (b"f", "Zg"),
            (b"fo", "Zm8"),
            (b"foo", "Zm9v"),
            (b"\xfb\xff\xfe", "-__-"),
        ] {
            assert_eq!(base64url(bytes), text);
        }
    }
}
