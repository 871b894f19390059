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
    let mut asked = at_url(url).unwrap();
    asked.fields.push(agent());
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
        product.contains("stored: 60 to 300 s, 60 s where the origin does not say"),
        "{product}"
    );
}

/// What an account of a refusal says of the distribution.
fn refused(url: &str) -> String {
    let told = told(url);
    assert!(told.starts_with("GET /downloads/"), "{told}");
    assert!(told.lines().next().unwrap().contains(" → 403 "), "{told}");
    told[told.find("distribution shop\n").unwrap()..].to_owned()
}

#[test]
fn why_a_signature_is_refused_is_told_and_nothing_of_the_origin() {
    let unsigned = refused(&[EDGE, DOWNLOAD].concat());
    let document = std::fs::read_to_string(root().join("examples/edge/distribution.json")).unwrap();
    // The line of the brace that its behavior begins with.
    let before = document.split_once("\"TrustedKeyGroups\": {\n").unwrap().0;
    let line = before[..before.rfind("        {\n").unwrap()].lines().count() + 1;
    assert_eq!(
        unsigned,
        format!(
            "distribution shop\n  cache behavior /downloads/*\n    by distribution.json:{line} \
             /DistributionConfig/CacheBehaviors/Items/2\n  \
             the distribution answers itself: Missing Key-Pair-Id query parameter or cookie value\n"
        )
    );
    let signed = signed_as(DOWNLOAD, DOWNLOAD, 4_000_000_000);
    let answers = "the distribution answers itself: Access denied\n    ";
    for (url, reason) in [
        (signed_as(DOWNLOAD, DOWNLOAD, 1000), "it expired at 1000, and it is "),
        (
            signed_as(DOWNLOAD, "/downloads/other.csv", 4_000_000_000),
            "the signature is not that of its key over the canned policy for http://127.0.0.1:8090/downloads/catalogue.csv",
        ),
        (signed.replace("SHA256", "MD5"), "its `Hash-Algorithm` is neither SHA1 nor SHA256"),
    ] {
        let told = refused(&url);
        assert!(told.contains(&format!("{answers}{reason}")), "{told}");
        assert!(!told.contains("origin"), "{told}");
    }
    let unknown = refused(&signed.replace("K2JCJMDEHXQW5F", "K1"));
    assert!(
        unknown.contains("Unknown Key\n    the key pair id `K1` is none of those"),
        "{unknown}"
    );
}

#[test]
fn the_page_that_stands_in_for_a_refusal_is_told() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["cache-policy.json", "key-group.json", "public-key.json", "web-acl.json"] {
        let from = root().join("examples/edge").join(name);
        std::fs::copy(from, folder.path().join(name)).unwrap();
    }
    let example = root().join("examples/edge");
    let document = std::fs::read_to_string(example.join("distribution.json")).unwrap();
    let document = document.replacen("\"ErrorCode\": 502", "\"ErrorCode\": 403", 1);
    std::fs::write(folder.path().join("distribution.json"), document).unwrap();
    let config = std::fs::read_to_string(example.join("edgeway.yaml")).unwrap();
    let (config, _) = config.split_once("\napis:").unwrap();
    std::fs::write(folder.path().join("edgeway.yaml"), config).unwrap();
    let mut asked = at_url(&[EDGE, DOWNLOAD].concat()).unwrap();
    asked.fields.push(agent());
    let (told, json) = explained_of(&folder.path().join("edgeway.yaml"), &asked);
    assert!(told.starts_with("GET /downloads/catalogue.csv → 503 "), "{told}");
    let page = "  the custom error response for 403 answers in its place, if its page is to be had: \
                /errors/unavailable.html, with status 503\n  cache behavior *, the default one\n";
    assert!(told.contains(page), "{told}");
    assert!(
        told.contains("origin site: GET http://127.0.0.1:9903/errors/unavailable.html\n"),
        "{told}"
    );
    let shown = &json["distribution"]["customErrorResponse"];
    assert_eq!((&shown["errorCode"], &shown["responseCode"]), (&403.into(), &503.into()));
    assert_eq!(shown["origins"][0]["id"], "site");
    assert!(json["distribution"].get("origins").is_none(), "{json}");
}
