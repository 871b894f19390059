//! Signed URLs, with the example that has them.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::edge::explained_of;
use super::*;

/// In the example: the distribution's own listener, which is a part of what is signed.
const EDGE: &str = "http://127.0.0.1:8090";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What an account of this URL begins with, and all of it.
fn told(url: &str) -> String {
    let asked = at_url(url).unwrap();
    explained_of(&root().join("examples/edge/edgeway.yaml"), &asked).0
}

/// CloudFront's base64 for URLs.
fn encoded(bytes: &[u8]) -> String {
    STANDARD.encode(bytes).replace('+', "-").replace('=', "_").replace('/', "~")
}

/// With the key whose public half the example has.
fn signature_of(policy: &str) -> String {
    let pem = std::fs::read_to_string(root().join("tests/keys/rsa.pem")).unwrap();
    let der: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let pair = RsaKeyPair::from_pkcs8(&STANDARD.decode(der).unwrap()).unwrap();
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), policy.as_bytes(), &mut signature).unwrap();
    encoded(&signature)
}

fn canned(resource: &str, expires: u64) -> String {
    format!(
        r#"{{"Statement":[{{"Resource":"{resource}","Condition":{{"DateLessThan":{{"AWS:EpochTime":{expires}}}}}}}]}}"#
    )
}

/// `path` with the signature of what `signed` is, by a canned policy.
fn signed_as(path: &str, signed: &str, expires: u64) -> String {
    let signature = signature_of(&canned(&[EDGE, signed].concat(), expires));
    let rest = "Key-Pair-Id=K2JCJMDEHXQW5F&Hash-Algorithm=SHA256";
    format!("{EDGE}{path}?Expires={expires}&Signature={signature}&{rest}")
}

const DOWNLOAD: &str = "/downloads/catalogue.csv";

#[test]
fn the_example_of_a_distribution_has_downloads_for_signed_urls_alone() {
    let unsigned = told(&[EDGE, DOWNLOAD].concat());
    assert!(unsigned.starts_with("GET /downloads/catalogue.csv → 403 "), "{unsigned}");
    let signed = told(&signed_as(DOWNLOAD, DOWNLOAD, 4_000_000_000));
    assert!(signed.contains("origin site: GET http://127.0.0.1:9903/downloads/catalogue.csv\n"));
    assert!(signed.contains("it is answered with what is stored under its key"), "{signed}");
    let product = told(&format!("{EDGE}/products/prod-123?includeVariants=true&x=1"));
    let here = "the API that is here, GET /prod/products/prod-123?includeVariants=true\n";
    assert!(product.contains(here), "{product}");
    assert!(
        product.contains("stored: 0 to 300 s, 60 s where the origin does not say"),
        "{product}"
    );
}
