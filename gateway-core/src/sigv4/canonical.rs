//! The canonical request, and the string to sign.

use alloc::format;
use alloc::{string::String, vec::Vec};

use sha2::{Digest, Sha256};

use super::{Claim, Place};
use crate::message::{Fields, Request};
use crate::target;

/// One reading of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Canonical {
    pub(crate) request: String,
    pub(crate) string_to_sign: String,
}

/// The hash of a request's content, in lower-case hexadecimal digits.
pub(crate) fn payload_hash(content: &[u8]) -> String {
    hex(&Sha256::digest(content))
}

/// What may have been signed, the likeliest first. `payload` is the content's hash, or
/// `UNSIGNED-PAYLOAD`.
pub(crate) fn strings_to_sign(request: &Request, claim: &Claim, payload: &str) -> Vec<Canonical> {
    let (path, query) = target::split(&request.target);
    let normalised = encode_path(&normalise(path));
    let as_sent = encode_path(path);
    let (paths, tokens) = match (normalised == as_sent, claim.place) {
        (true, _) => (alloc::vec![normalised], claim.place),
        (false, place) => (alloc::vec![normalised, as_sent], place),
    };
    let is_query = matches!(tokens, Place::Query { .. });
    let mut readings = Vec::new();
    let headers = headers(&request.fields, &claim.signed_headers);
    for query in queries(query, is_query, claim.session_token.is_some()) {
        for path in &paths {
            let request = format!(
                "{}\n{path}\n{query}\n{headers}\n{}\n{payload}",
                request.method,
                claim.signed_headers.join(";"),
            );
            let string_to_sign = format!(
                "AWS4-HMAC-SHA256\n{}\n{}\n{}",
                claim.date_time,
                claim.scope(),
                payload_hash(request.as_bytes())
            );
            readings.push(Canonical { request, string_to_sign });
        }
    }
    readings
}

/// RFC 3986 §5.2.4 and no empty segments, as AWS's clients do for every service but S3.
fn normalise(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            other => segments.push(other),
        }
    }
    let ends_in_slash = ["/", "/.", "/.."].iter().any(|end| path.ends_with(end));
    let slash = if ends_in_slash && !segments.is_empty() { "/" } else { "" };
    format!("/{}{slash}", segments.join("/"))
}

/// Each segment encoded once more than the client has sent it.
fn encode_path(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len());
    for (index, segment) in path.split('/').enumerate() {
        if index > 0 {
            encoded.push('/');
        }
        target::encode_query(segment, &mut encoded);
    }
    encoded
}

/// The queries that may have been signed. In a presigned one the token may have come after the signature. In any other some
/// clients (botocore) sign what stands between two `&` as a parameter without name and value, and others leave it out: it
/// carries nothing, whichever way it is signed.
fn queries(query: &str, is_presigned: bool, has_token: bool) -> Vec<String> {
    let first = canonical_query(query, is_presigned, true);
    let empty = query.split('&').filter(|piece| piece.is_empty()).count();
    let second = match is_presigned {
        true => has_token.then(|| canonical_query(query, true, false)),
        // Sorted, they stand before all others.
        false => (!query.is_empty() && empty > 0).then(|| {
            let mut all = alloc::vec!["="; empty];
            all.extend((!first.is_empty()).then_some(first.as_str()));
            all.join("&")
        }),
    };
    [first].into_iter().chain(second).collect()
}

/// Parameters decoded, encoded in the one way that there is, and sorted.
fn canonical_query(query: &str, is_presigned: bool, with_token: bool) -> String {
    let encode = |text: &str| {
        let mut encoded = String::new();
        target::encode_query(&target::decode_query(text), &mut encoded);
        encoded
    };
    let pieces = query.split('&').filter(|piece| !piece.is_empty());
    // One signature is not signed: another would be a parameter that somebody else added on the way.
    let mut has_signature = false;
    let mut pairs: Vec<(String, String)> = pieces
        .map(|piece| piece.split_once('=').unwrap_or((piece, "")))
        .map(|(name, value)| (encode(name), encode(value)))
        .filter(|(name, _)| {
            let is_signature = is_presigned
                && name == "X-Amz-Signature"
                && !core::mem::replace(&mut has_signature, true);
            !is_signature && (with_token || name != "X-Amz-Security-Token")
        })
        .collect();
    pairs.sort();
    let pairs: Vec<String> =
        pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&")
}

/// A line for each signed field: its values in order, white space within them made one space.
fn headers(fields: &Fields, signed: &[String]) -> String {
    let mut lines = String::new();
    for name in signed {
        lines.push_str(name);
        lines.push(':');
        for (index, value) in fields.all(name).enumerate() {
            if index > 0 {
                lines.push(',');
            }
            let words: Vec<&str> = value.split_ascii_whitespace().collect();
            lines.push_str(&words.join(" "));
        }
        lines.push('\n');
    }
    lines
}

fn hex(bytes: &[u8]) -> String {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|b| [HEX[usize::from(b >> 4)], HEX[usize::from(b & 15)]]);
    digits.map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_signature_of_a_presigned_url_is_left_out_and_no_other() {
        let query = "a=1&X-Amz-Signature=s&X-Amz-Signatur%65=t";
        assert_eq!(canonical_query(query, true, true), "X-Amz-Signature=t&a=1");
        assert_eq!(canonical_query("X-Amz-Signature=s&a=1", true, true), "a=1");
        assert_eq!(canonical_query("X-Amz-Signature=s", false, true), "X-Amz-Signature=s");
    }
}
