//! Public keys and sets of them (RFC 7517).

use alloc::{collections::BTreeMap, format, string::String, vec::Vec};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::Algorithm;
use super::json::Json;
use crate::limits::{JWKS_BYTES_MAX, JWKS_KEYS_MAX};

/// An issuer's public key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwk {
    /// `kid`.
    pub kid: Option<String>,
    /// `alg`, where the issuer names one.
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

impl Jwk {
    /// The algorithm by which this key verifies a token that claims `alg`: an algorithm of the
    /// key's own type, and the very one that the issuer names, where it names one.
    pub fn algorithm_for(&self, alg: &str) -> Option<Algorithm> {
        let algorithm = Algorithm::from_name(alg)?;
        let agreed = self.algorithm.is_none_or(|named| named == algorithm);
        (agreed && algorithm.fits(&self.material)).then_some(algorithm)
    }
}

/// Reads a JWK set. Keys that cannot verify a signature here (symmetric ones, encryption keys,
/// other curves, RSA below 2048 bits or beyond 8192) are passed over, as RFC 7517 §5 says.
///
/// # Errors
/// The document is no JWK set, or larger than 150,000 bytes.
pub fn read_jwks(document: &[u8]) -> Result<Vec<Jwk>, &'static str> {
    let keys = read_keys(document)?;
    Ok(keys.iter().filter_map(|key| read_jwk(key).ok()).take(JWKS_KEYS_MAX).collect())
}

/// What a JWK set lacks of which no key can be used, to be told to the operator: how many keys were
/// passed over for which reason, and nothing of what is in them.
pub fn unusable(document: &[u8]) -> Option<String> {
    let keys = read_keys(document).ok()?;
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for key in &keys {
        *reasons.entry(read_jwk(key).err()?).or_default() += 1;
    }
    if reasons.is_empty() {
        return Some("it is empty".into());
    }
    let reasons = reasons.iter().map(|(reason, count)| format!("{count} {reason}"));
    Some(reasons.collect::<Vec<_>>().join(", "))
}

fn read_keys(document: &[u8]) -> Result<Vec<Json>, &'static str> {
    if document.len() > JWKS_BYTES_MAX {
        return Err("the JWKS is larger than 150000 bytes");
    }
    let set: Json = serde_json::from_slice(document).map_err(|_| "the JWKS is not JSON")?;
    match set.get("keys") {
        Some(Json::Array(keys)) => Ok(keys.clone()),
        _ => Err("the JWKS has no array `keys`"),
    }
}

/// A key, or why it cannot verify a signature here.
fn read_jwk(key: &Json) -> Result<Jwk, &'static str> {
    let text = |name: &str| key.get(name).and_then(Json::as_str);
    if text("use").is_some_and(|purpose| purpose != "sig") {
        return Err("not for signatures by `use`");
    }
    if let Some(Json::Array(operations)) = key.get("key_ops")
        && !operations.iter().any(|operation| operation.as_str() == Some("verify"))
    {
        return Err("not for signatures by `key_ops`");
    }
    let unsupported = "of an `alg` that is not supported";
    let algorithm = text("alg").map(|name| Algorithm::from_name(name).ok_or(unsupported));
    let algorithm = algorithm.transpose()?;
    let number = |name| text(name).and_then(number);
    let coordinate = |name, length| text(name).and_then(|text| coordinate(text, length));
    let material = match (text("kty"), text("crv")) {
        (Some("RSA"), _) => number("n").zip(number("e")).and_then(|(n, e)| rsa(n, e)),
        (Some("EC"), Some("P-256")) => {
            coordinate("x", 32).zip(coordinate("y", 32)).map(|(x, y)| KeyMaterial::P256 { x, y })
        }
        (Some("EC"), Some("P-384")) => {
            coordinate("x", 48).zip(coordinate("y", 48)).map(|(x, y)| KeyMaterial::P384 { x, y })
        }
        (Some("OKP"), Some("Ed25519")) => coordinate("x", 32).map(|x| KeyMaterial::Ed25519 { x }),
        _ => return Err("of a `kty` or `crv` that is not supported"),
    };
    let material = material.ok_or("with numbers that are malformed or out of bounds")?;
    if algorithm.is_some_and(|algorithm| !algorithm.fits(&material)) {
        return Err("of an `alg` that its `kty` is not for");
    }
    Ok(Jwk { kid: text("kid").map(Into::into), algorithm, material })
}

/// RFC 7518 §3.3 asks for 2048 bits; beyond 8192, or with an exponent of more than 33, verifying is a way
/// to burn the gateway's time. An exponent is odd and at least 3 (RFC 8017 §3.1): whoever has a key with 1
/// for it can sign without its other half.
fn rsa(n: Vec<u8>, e: Vec<u8>) -> Option<KeyMaterial> {
    let is_odd = |number: &[u8]| number.last().is_some_and(|last| last % 2 == 1);
    let n_fits = (2048..=8192).contains(&bits(&n)) && is_odd(&n);
    let e_fits = (2..=33).contains(&bits(&e)) && is_odd(&e);
    (n_fits && e_fits).then_some(KeyMaterial::Rsa { n, e })
}

/// How many bits a number without leading zeros has.
fn bits(number: &[u8]) -> usize {
    let leading = number.first().map_or(0, |first| first.leading_zeros() as usize);
    number.len() * 8 - leading
}

fn number(text: &str) -> Option<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let leading_zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
    Some(bytes[leading_zeros..].to_vec())
}

fn coordinate(text: &str, length: usize) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() == length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rsa_key(members: &str) -> String {
        let n = URL_SAFE_NO_PAD.encode([0xc5; 256]);
        format!(r#"{{"keys":[{{"kty":"RSA","n":"{n}","e":"AQAB"{members}}}]}}"#)
    }

    #[test]
    fn keys_that_cannot_verify_are_passed_over() {
        let x = URL_SAFE_NO_PAD.encode([1; 32]);
        let weak = URL_SAFE_NO_PAD.encode([0xc5; 128]);
        for key in [
            r#"{"kty":"oct","k":"AAAA","alg":"HS256"}"#.into(),
            format!(r#"{{"kty":"RSA","n":"{weak}","e":"AQAB"}}"#),
            format!(r#"{{"kty":"EC","crv":"P-521","x":"{x}","y":"{x}"}}"#),
            format!(r#"{{"kty":"EC","crv":"P-256","x":"AA","y":"{x}"}}"#),
            format!(r#"{{"kty":"EC","crv":"P-256","x":"{x}","y":"{x}","alg":"RS256"}}"#),
            "7".into(),
        ] {
            assert_eq!(
                read_jwks(format!("{{\"keys\":[{key}]}}").as_bytes()),
                Ok(Vec::new()),
                "{key}"
            );
        }
        assert_eq!(read_jwks(rsa_key(r#","use":"enc""#).as_bytes()), Ok(Vec::new()));
        assert_eq!(read_jwks(rsa_key(r#","key_ops":["encrypt"]"#).as_bytes()), Ok(Vec::new()));
        assert_eq!(read_jwks(rsa_key(r#","alg":"RSA-OAEP""#).as_bytes()), Ok(Vec::new()));
    }

    #[test]
    fn an_rsa_key_has_2048_to_8192_bits_and_an_exponent_that_hides_something() {
        let is_key = |n: &[u8], e: &[u8]| {
            let (n, e) = (URL_SAFE_NO_PAD.encode(n), URL_SAFE_NO_PAD.encode(e));
            let set = format!(r#"{{"keys":[{{"kty":"RSA","n":"{n}","e":"{e}"}}]}}"#);
            !read_jwks(set.as_bytes()).unwrap().is_empty()
        };
        let modulus = |first: &[u8], bytes: usize| [first, &alloc::vec![0xc5; bytes - 1]].concat();
        let usual = &[1, 0, 1][..];
        for (n, is) in [
            (modulus(&[0x7f], 256), false),
            (modulus(&[0x80], 256), true),
            (modulus(&[0, 0, 0x80], 256), true),
            (modulus(&[0xff], 1024), true),
            (modulus(&[0x01], 1025), false),
            ([&modulus(&[0x80], 255)[..], &[0xc4]].concat(), false),
            (alloc::vec![0; 256], false),
            (alloc::vec![], false),
        ] {
            assert_eq!(is_key(&n, usual), is, "{} bytes from {:?}", n.len(), n.first());
        }
        let n = modulus(&[0x80], 256);
        for (e, is) in [
            (&[3][..], true),
            (&[0, 3], true),
            (&[1, 0xff, 0xff, 0xff, 0xff], true),
            (&[], false),
            (&[0], false),
            (&[1], false),
            (&[2], false),
            (&[1, 0, 0], false),
            (&[3, 0, 0, 0, 1], false),
        ] {
            assert_eq!(is_key(&n, e), is, "{e:?}");
        }
    }

    #[test]
    fn why_no_key_of_a_set_can_be_used_is_told_without_what_is_in_them() {
        let symmetric = r#"{"kty":"oct","k":"secret","alg":"HS256"}"#;
        let broken = r#"{"kty":"RSA","n":"secret","e":"AQAB"}"#;
        let set = format!(r#"{{"keys":[{symmetric},{broken},{broken}]}}"#);
        let told = "1 of an `alg` that is not supported, \
                    2 with numbers that are malformed or out of bounds";
        assert_eq!(unusable(set.as_bytes()).as_deref(), Some(told));
        assert_eq!(unusable(br#"{"keys":[]}"#).as_deref(), Some("it is empty"));
        let one = rsa_key("").replace("[", &format!("[{broken},"));
        assert_eq!(unusable(one.as_bytes()), None);
    }

    #[test]
    fn the_key_decides_the_algorithm() {
        let any = &read_jwks(rsa_key("").as_bytes()).unwrap()[0];
        assert_eq!(any.algorithm_for("RS256"), Some(Algorithm::RS256));
        assert_eq!(any.algorithm_for("PS256"), Some(Algorithm::PS256));
        for alg in ["none", "None", "HS256", "ES256", "EdDSA", "rs256", ""] {
            assert_eq!(any.algorithm_for(alg), None, "{alg}");
        }
        let named = &read_jwks(rsa_key(r#","alg":"RS512""#).as_bytes()).unwrap()[0];
        assert_eq!(named.algorithm_for("RS256"), None);
        assert_eq!(named.algorithm_for("RS512"), Some(Algorithm::RS512));
    }

    #[test]
    fn what_is_no_key_set_is_an_error() {
        for document in ["", "[]", "{}", r#"{"keys":{}}"#, "<html>", r#"{"keys":[],"keys":[]}"#] {
            assert!(read_jwks(document.as_bytes()).is_err(), "{document}");
        }
        assert!(read_jwks(&alloc::vec![b' '; JWKS_BYTES_MAX + 1]).is_err());
    }
}
