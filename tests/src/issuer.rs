//! An OpenID provider: discovery, keys, and the tokens that a case asks for.

use std::sync::LazyLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use p256::ecdsa::signature::Signer as _;
use rsa::pkcs1v15;
use rsa::pkcs8::{DecodePrivateKey as _, EncodePublicKey as _, LineEnding};
use rsa::signature::SignatureEncoding as _;
use rsa::traits::PublicKeyParts as _;
use sha2::Sha256;

use crate::backend::{Answer, Backend, Received};
use crate::json::{Json, object};

static RSA: LazyLock<rsa::RsaPrivateKey> = LazyLock::new(|| {
    rsa::RsaPrivateKey::from_pkcs8_pem(include_str!("../keys/rsa.pem"))
        .expect("the key is in the project")
});
static EC: LazyLock<p256::ecdsa::SigningKey> = LazyLock::new(|| {
    p256::ecdsa::SigningKey::from_pkcs8_pem(include_str!("../keys/ec.pem"))
        .expect("the key is in the project")
});

/// Claims and header times below this are relative to now.
const RELATIVE_SECONDS_MAX: i64 = 1_000_000;

/// A running issuer.
#[derive(Debug)]
pub struct Issuer(Backend);

impl Issuer {
    /// Starts an issuer on a free port.
    pub async fn start() -> std::io::Result<Self> {
        Self::start_slow(Duration::ZERO).await
    }

    /// One that takes its time with every answer.
    pub async fn start_slow(delay: Duration) -> std::io::Result<Self> {
        Ok(Self(Backend::start(move |request| answer(request, delay)).await?))
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.0.received_len()
    }

    /// The issuer's identifier, which is also its address.
    pub fn url(&self) -> String {
        self.0.url()
    }

    /// Makes a token of the claims given; `$alg`, `$header` and `$tamper` say how.
    pub fn mint(&self, claims: &Json) -> String {
        let now =
            SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs() as i64);
        mint(claims, &self.url(), now)
    }
}

fn mint(asked: &Json, issuer: &str, now: i64) -> String {
    let mut asked = asked.clone();
    let alg = asked.remove("$alg").map_or_else(|| "RS256".to_owned(), |alg| alg.text());
    let kid = if alg == "ES256" { "ec-1" } else { "rsa-1" };
    let mut header =
        object([("alg", alg.as_str().into()), ("typ", "JWT".into()), ("kid", kid.into())]);
    for (name, value) in asked.remove("$header").unwrap_or_default().members() {
        header.set(name, value.clone());
    }
    let tamper = asked.remove("$tamper").is_some_and(|tamper| tamper.is_truthy());
    let mut claims =
        object([("iss", issuer.into()), ("exp", (now + 300).into()), ("iat", now.into())]);
    for (name, value) in asked.members() {
        let relative = value.as_i64().filter(|seconds| {
            matches!(name.as_str(), "exp" | "nbf" | "iat") && seconds.abs() < RELATIVE_SECONDS_MAX
        });
        match (value, relative) {
            (Json::Null, _) => drop(claims.remove(name)),
            (_, Some(seconds)) => claims.set(name, (now + seconds).into()),
            (value, None) => claims.set(name, value.clone()),
        }
    }
    let signed = format!(
        "{}.{}",
        BASE64URL.encode(header.to_string()),
        BASE64URL.encode(claims.to_string())
    );
    let mut signature = match alg.as_str() {
        "none" => Vec::new(),
        "ES256" => {
            let signature: p256::ecdsa::Signature = EC.sign(signed.as_bytes());
            signature.to_bytes().to_vec()
        }
        _ => pkcs1v15::SigningKey::<Sha256>::new(RSA.clone()).sign(signed.as_bytes()).to_vec(),
    };
    if let Some(first) = signature.first_mut().filter(|_| tamper) {
        *first ^= 1;
    }
    format!("{signed}.{}", BASE64URL.encode(signature))
}

fn answer(request: &mut Received, delay: Duration) -> Answer {
    let issuer = format!("http://{}", request.fields.joined("host").unwrap_or_default());
    let (status, document) = if request.path.ends_with("/.well-known/openid-configuration") {
        (
            200,
            object([
                ("issuer", issuer.as_str().into()),
                ("jwks_uri", format!("{issuer}/.well-known/jwks.json").into()),
            ]),
        )
    } else if request.path.ends_with("/.well-known/jwks.json") {
        (200, object([("keys", Json::Array(vec![rsa_jwk(), ec_jwk()]))]))
    } else {
        (404, object([]))
    };
    Answer::Respond {
        status,
        fields: vec![("Content-Type".to_owned(), "application/json".to_owned())],
        content: document.to_string().into_bytes(),
        delay,
    }
}

/// The public key of RSA signatures, as `aws cloudfront get-public-key` has it.
pub fn rsa_public_pem() -> String {
    RSA.to_public_key().to_public_key_pem(LineEnding::LF).expect("a key has a form")
}

/// The same of signatures on P-256.
pub fn ec_public_pem() -> String {
    EC.verifying_key().to_public_key_pem(LineEnding::LF).expect("a key has a form")
}

/// A signature by RSA (PKCS #1 v1.5, SHA-256).
pub fn sign_by_rsa(message: &[u8]) -> Vec<u8> {
    pkcs1v15::SigningKey::<Sha256>::new(RSA.clone()).sign(message).to_vec()
}

/// The same with SHA-1, which is what CloudFront takes where nothing else is said.
pub fn sign_by_rsa_sha1(message: &[u8]) -> Vec<u8> {
    pkcs1v15::SigningKey::<sha1::Sha1>::new(RSA.clone()).sign(message).to_vec()
}

/// A signature on P-256 with SHA-256, in DER.
pub fn sign_by_ec(message: &[u8]) -> Vec<u8> {
    let signature: p256::ecdsa::Signature = EC.sign(message);
    signature.to_der().as_bytes().to_vec()
}

fn rsa_jwk() -> Json {
    let number = |number: &rsa::BigUint| Json::from(BASE64URL.encode(number.to_bytes_be()));
    object([
        ("kty", "RSA".into()),
        ("kid", "rsa-1".into()),
        ("use", "sig".into()),
        ("alg", "RS256".into()),
        ("n", number(RSA.n())),
        ("e", number(RSA.e())),
    ])
}

fn ec_jwk() -> Json {
    let point = EC.verifying_key().to_encoded_point(false);
    let number = |bytes: Option<&p256::FieldBytes>| {
        Json::from(BASE64URL.encode(bytes.expect("the key is a point")))
    };
    object([
        ("kty", "EC".into()),
        ("kid", "ec-1".into()),
        ("use", "sig".into()),
        ("alg", "ES256".into()),
        ("crv", "P-256".into()),
        ("x", number(point.x())),
        ("y", number(point.y())),
    ])
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::signature::Verifier as _;

    use super::*;

    fn parts(asked: &str) -> (Json, Json, String, Vec<u8>) {
        let token = mint(&Json::parse(asked).unwrap(), "https://issuer.example", 1_000_000_000);
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let (header, claims) = signed.split_once('.').unwrap();
        let json =
            |part| Json::parse(str::from_utf8(&BASE64URL.decode(part).unwrap()).unwrap()).unwrap();
        (json(header), json(claims), signed.to_owned(), BASE64URL.decode(signature).unwrap())
    }

    #[test]
    fn small_times_are_relative_and_null_removes_a_claim() {
        let (_, claims, ..) =
            parts(r#"{"exp": -60, "nbf": 5000000000, "iat": null, "aud": "a", "iss": "x"}"#);
        assert_eq!(
            claims.to_string(),
            r#"{"iss": "x", "exp": 999999940, "nbf": 5000000000, "aud": "a"}"#
        );
    }

    #[test]
    fn the_header_can_be_changed() {
        let (header, ..) =
            parts(r#"{"$alg": "ES256", "$header": {"kid": "other", "crit": ["x"]}}"#);
        assert_eq!(
            header.to_string(),
            r#"{"alg": "ES256", "typ": "JWT", "kid": "other", "crit": ["x"]}"#
        );
    }

    #[test]
    fn signatures_verify_unless_tampered_with() {
        let rsa = pkcs1v15::VerifyingKey::<Sha256>::new(RSA.to_public_key());
        for (tamper, good) in [("false", true), ("true", false)] {
            let (_, _, signed, signature) = parts(&format!(r#"{{"$tamper": {tamper}}}"#));
            let signature = pkcs1v15::Signature::try_from(signature.as_slice()).unwrap();
            assert_eq!(rsa.verify(signed.as_bytes(), &signature).is_ok(), good);
            let (_, _, signed, signature) =
                parts(&format!(r#"{{"$alg": "ES256", "$tamper": {tamper}}}"#));
            let verified = p256::ecdsa::Signature::from_slice(&signature)
                .and_then(|signature| EC.verifying_key().verify(signed.as_bytes(), &signature));
            assert_eq!(verified.is_ok(), good);
        }
        assert!(parts(r#"{"$alg": "none"}"#).3.is_empty());
    }

    #[tokio::test]
    async fn discovery_leads_to_the_keys() {
        let issuer = Issuer::start().await.unwrap();
        let get = async |path: &str| {
            let fields = vec![("Host".to_owned(), issuer.0.address.to_string())];
            let request = crate::client::Request {
                method: "GET".to_owned(),
                target: path.to_owned(),
                fields,
                content: Vec::new(),
            };
            let response = crate::client::send(issuer.0.address, &request).await.unwrap();
            Json::parse(str::from_utf8(&response.content).unwrap()).unwrap()
        };
        let discovered = get("/.well-known/openid-configuration").await;
        let keys = discovered
            .get("jwks_uri")
            .unwrap()
            .as_str()
            .unwrap()
            .strip_prefix(&issuer.url())
            .unwrap()
            .to_owned();
        assert_eq!(discovered.get("issuer").unwrap().as_str(), Some(issuer.url().as_str()));
        assert_eq!(get(&keys).await.get("keys").unwrap().elements().len(), 2);
    }
}
