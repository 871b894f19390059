extern crate std;

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use std::fs;
use std::path::{Path, PathBuf};

use super::canonical::Canonical;
use super::*;
use crate::message::{Content, Field, Request, Version};

/// `awslabs/aws-c-auth`, `tests/aws-signing-test-suite/v4` (Apache-2.0): see the README there.
fn suite() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/suites/aws-signing-v4");
    let mut cases: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
        .filter(|p| p.is_dir())
        .collect();
    cases.sort();
    cases
}

/// A request as the suite writes it: folded field lines, spaces in the target.
fn request(text: &str) -> (Request, Vec<u8>) {
    let (head, content) = text.split_once("\n\n").unwrap_or((text, ""));
    let (line, fields) = head.split_once('\n').unwrap_or((head, ""));
    let (method, rest) = line.split_once(' ').unwrap();
    let target = rest.strip_suffix(" HTTP/1.1").unwrap();
    let mut read: Vec<(String, String)> = Vec::new();
    for line in fields.lines() {
        match line.strip_prefix(' ') {
            Some(folded) => {
                let (_, value) = read.last_mut().unwrap();
                value.push(' ');
                value.push_str(folded);
            }
            None => {
                let (name, value) = line.split_once(':').unwrap();
                read.push((name.into(), value.into()));
            }
        }
    }
    let request = Request {
        method: method.into(),
        target: target.into(),
        version: Version::Http11,
        fields: read
            .iter()
            .map(|(name, value)| Field::new(name.as_str(), value.as_str()))
            .collect(),
        content: Content::Empty,
    };
    (request, content.as_bytes().to_vec())
}

#[test]
fn the_signing_suite_is_read_as_it_was_signed() {
    let mut count = 0;
    for case in suite() {
        for place in ["header", "query"] {
            let read = |name: &str| {
                let file = case.join(alloc::format!("{place}-{name}.txt"));
                fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
            };
            let (request, content) = request(&read("signed-request"));
            let claim = Claim::read(&request).unwrap();
            assert_eq!(claim.access_key_id, "AKIDEXAMPLE");
            assert_eq!(claim.scope(), "20150830/us-east-1/service/aws4_request");
            let signature: String =
                claim.signature.iter().map(|b| alloc::format!("{b:02x}")).collect();
            assert_eq!(signature, read("signature").trim(), "{}", case.display());
            let (wanted, wanted_request) = (read("string-to-sign"), read("canonical-request"));
            let readings = strings_to_sign(&request, &claim, &payload_hash(&content));
            assert!(readings.len() <= 4);
            let found = readings.iter().any(|reading| {
                reading.string_to_sign == wanted.trim_end()
                    && reading.request == wanted_request.trim_end()
            });
            assert!(found, "{} {place}: {readings:#?}\n{wanted_request}", case.display());
            count += 1;
        }
    }
    assert_eq!(count, 76);
}

fn signed(authorization: Option<&str>, fields: &[(&str, &str)], target: &str) -> Request {
    let fields = fields.iter().copied().chain(authorization.map(|value| ("Authorization", value)));
    Request {
        method: "GET".into(),
        target: target.into(),
        version: Version::Http11,
        fields: fields.map(|(name, value)| Field::new(name, value)).collect(),
        content: Content::Empty,
    }
}

#[test]
fn what_is_not_signed_or_by_halves_is_no_claim() {
    assert_eq!(Claim::read(&signed(None, &[], "/")), Err(ClaimError::Missing));
    let date = [("X-Amz-Date", "20150830T123600Z")];
    let whole =
        "AWS4-HMAC-SHA256 Credential=k/20150830/r/s/aws4_request, SignedHeaders=host, Signature=ab";
    assert!(Claim::read(&signed(Some(whole), &date, "/")).is_ok());
    for (authorization, words) in [
        (
            "Bearer secret.token",
            "not a valid key=value pair (missing equal-sign) in Authorization header",
        ),
        ("AWS4-HMAC-SHA256 nonsense", "not a valid key=value pair"),
        ("", "not a valid key=value pair"),
        ("Basic c2VjcmV0", "'HBGF4C/z4js+WhxbyGzxXUEmyqPc3g/bbpOtxN7sEZ4=' not a valid"),
        (
            "Basic c2VjcmV0OnA=",
            "requires 'Credential' parameter. Authorization header requires 'Signature'",
        ),
        (
            "AWS4-HMAC-SHA256 Credential=k/20150830/r/s/aws4_request",
            "requires 'Signature' parameter. Authorization header requires 'SignedHeaders'",
        ),
        (&whole.replace("aws4_request", "aws5_request"), "exactly 5 slash-delimited elements"),
        (&whole.replace("/s/", "/"), "exactly 5 slash-delimited elements"),
    ] {
        match Claim::read(&signed(Some(authorization), &date, "/")) {
            Err(ClaimError::Incomplete(told)) => {
                assert!(told.contains(words), "{authorization}: {told}");
                assert!(!told.contains("secret"), "{told}");
            }
            other => panic!("{authorization}: {other:?}"),
        }
    }
    assert!(
        matches!(Claim::read(&signed(Some(whole), &[], "/")), Err(ClaimError::Incomplete(told)) if told.contains("X-Amz-Date"))
    );
    let bad = [("X-Amz-Date", "yesterday")];
    assert!(
        matches!(Claim::read(&signed(Some(whole), &bad, "/")), Err(ClaimError::Incomplete(told)) if told.contains("ISO-8601"))
    );
    let query = "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=k%2F20150830%2Fr%2Fs%2Faws4_request&X-Amz-Date=20150830T123600Z&X-Amz-SignedHeaders=host&X-Amz-Expires=60&X-Amz-Signature=ab";
    let claim = Claim::read(&signed(None, &[], query)).unwrap();
    assert_eq!(claim.place, Place::Query { expires_s: 60 });
    for (from, to) in [
        ("X-Amz-Expires=60", "X-Amz-Expires=604801"),
        ("X-Amz-Expires=60", "X-Amz-Expires=0"),
        ("X-Amz-Expires=60", "x=1"),
        ("X-Amz-Signature=ab", "x=1"),
        ("X-Amz-Date=20150830T123600Z", "x=1"),
        ("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"),
    ] {
        let target = query.replace(from, to);
        let read = Claim::read(&signed(None, &[], &target));
        assert!(matches!(read, Err(ClaimError::Incomplete(_))), "{target}: {read:?}");
    }
}

#[test]
fn a_change_of_what_is_signed_changes_every_reading() {
    let whole = "AWS4-HMAC-SHA256 Credential=k/20150830/r/s/aws4_request, SignedHeaders=host;x-a, Signature=ab";
    let fields = [("X-Amz-Date", "20150830T123600Z"), ("Host", "h"), ("X-A", "1")];
    let base = signed(Some(whole), &fields, "/a//b?x=1&y=2");
    let claim = Claim::read(&base).unwrap();
    let readings = |request: &Request, payload: &str| -> Vec<String> {
        let readings = strings_to_sign(request, &claim, payload);
        readings.into_iter().map(|reading| reading.string_to_sign).collect()
    };
    let own = readings(&base, "p");
    assert_eq!(own.len(), 2, "as sent and normalised");
    let mut others = Vec::new();
    for target in
        ["/a//c?x=1&y=2", "/a//b?x=1&y=3", "/a//b?x=1", "/a//b?x=1&y=2&z=", "/A//b?x=1&y=2"]
    {
        others.extend(readings(&signed(Some(whole), &fields, target), "p"));
    }
    let changed = [fields[0], fields[1], ("X-A", "2")];
    others.extend(readings(&signed(Some(whole), &changed, "/a//b?x=1&y=2"), "p"));
    others.extend(readings(&signed(Some(whole), &fields[..2], "/a//b?x=1&y=2"), "p"));
    let mut posted = base.clone();
    posted.method = "POST".to_string();
    others.extend(readings(&posted, "p"));
    others.extend(readings(&base, "q"));
    assert!(others.iter().all(|other| !own.contains(other)));
    // What is not signed may change.
    let more = [fields[0], fields[1], fields[2], ("X-B", "1")];
    assert_eq!(readings(&signed(Some(whole), &more, "/a//b?y=2&x=1"), "p"), own);
}

/// What `botocore.auth.SigV4Auth` signs, and what the AWS SDKs of other languages do.
#[test]
fn an_empty_element_of_the_query_is_read_as_either_way_of_signing_it() {
    let whole =
        "AWS4-HMAC-SHA256 Credential=k/20150830/r/s/aws4_request, SignedHeaders=host, Signature=ab";
    let fields = [("X-Amz-Date", "20150830T123600Z"), ("Host", "h")];
    let queries = |target: &str| -> Vec<String> {
        let request = signed(Some(whole), &fields, target);
        let readings = strings_to_sign(&request, &Claim::read(&request).unwrap(), "p");
        let line = |canonical: Canonical| canonical.request.lines().nth(2).unwrap().to_string();
        readings.into_iter().map(line).collect()
    };
    for (target, expected) in [
        ("/?a=1&", &["a=1", "=&a=1"][..]),
        ("/?&a=1", &["a=1", "=&a=1"]),
        ("/?a=1&&b=2", &["a=1&b=2", "=&a=1&b=2"]),
        ("/?&&", &["", "=&=&="]),
        ("/?", &[""]),
        ("/?a=1", &["a=1"]),
        ("/?=", &["="]),
    ] {
        assert_eq!(queries(target), expected, "{target}");
    }
    let presigned = "/?&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=k%2F20150830%2Fr%2Fs%2Faws4_request&X-Amz-Date=20150830T123600Z&X-Amz-SignedHeaders=host&X-Amz-Expires=60&X-Amz-Signature=ab";
    let request = signed(None, &[("Host", "h")], presigned);
    let claim = Claim::read(&request).unwrap();
    assert_eq!(strings_to_sign(&request, &claim, "p").len(), 1, "nobody presigns it so");
}
