//! What a request claims: an access key, a scope, a time, and the signature that shall prove it.

use alloc::borrow::Cow;
use alloc::format;
use alloc::{string::String, string::ToString, vec::Vec};

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

use crate::message::{Request, Timestamp};
use crate::{target, time};

/// Where the signature stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the field `Authorization`.
    Field,
    /// In the query, valid for so many seconds: a presigned URL.
    Query { expires_s: u64 },
}

/// A signature and what it says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) place: Place,
    pub(crate) access_key_id: String,
    /// `20150830`
    pub(crate) date: String,
    pub(crate) region: String,
    pub(crate) service: String,
    /// In lower case, in the order of the claim.
    pub(crate) signed_headers: Vec<String>,
    pub(crate) signature: Vec<u8>,
    /// `20150830T123600Z`
    pub(crate) date_time: String,
    pub(crate) signed_at: Timestamp,
    pub(crate) session_token: Option<String>,
}

/// Why there is no claim to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ClaimError {
    /// The request is not signed.
    Missing,
    /// It is signed by halves. With AWS's words.
    Incomplete(String),
}

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// A presigned URL is valid for seven days at most.
const EXPIRES_S_MAX: u64 = 604_800;

impl Claim {
    /// What a request claims.
    pub(crate) fn read(request: &Request) -> Result<Self, ClaimError> {
        let (_, query) = target::split(&request.target);
        match request.fields.get("authorization") {
            Some(authorization) => from_field(request, authorization),
            None if query_value(query, "X-Amz-Algorithm").is_some() => from_query(query),
            None => Err(ClaimError::Missing),
        }
    }

    /// `20150830/us-east-1/execute-api/aws4_request`
    pub(crate) fn scope(&self) -> String {
        format!("{}/{}/{}/aws4_request", self.date, self.region, self.service)
    }
}

fn from_field(request: &Request, authorization: &str) -> Result<Claim, ClaimError> {
    // AWS reads parameters whatever the scheme is called, and takes a scheme alone for one of them.
    let (algorithm, rest) = authorization.split_once(' ').unwrap_or(("", authorization));
    if rest.is_empty() {
        return Err(ClaimError::Incomplete(no_pair(rest, authorization)));
    }
    let mut members: [Option<&str>; 3] = [None; 3];
    for part in rest.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let Some((name, value)) = part.split_once('=') else {
            return Err(ClaimError::Incomplete(no_pair(part, authorization)));
        };
        let names = ["Credential", "SignedHeaders", "Signature"];
        if let Some(place) = names.iter().position(|n| *n == name) {
            members[place] = Some(value);
        }
    }
    let date_time = request.fields.get("x-amz-date").or_else(|| request.fields.get("date"));
    let (Some(credential), Some(signed_headers), Some(signature), Some(date_time)) =
        (members[0], members[1], members[2], date_time)
    else {
        let mut words = String::new();
        for (name, member) in ["Credential", "Signature", "SignedHeaders"]
            .iter()
            .zip([members[0], members[2], members[1]])
        {
            if member.is_none() {
                words.push_str(&format!("Authorization header requires '{name}' parameter. "));
            }
        }
        if date_time.is_none() {
            words.push_str(
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ",
            );
        }
        words.push_str("(Hashed with SHA-256 and encoded with Base64) Authorization=");
        words.push_str(&digest(authorization));
        return Err(ClaimError::Incomplete(words));
    };
    if algorithm != ALGORITHM {
        return Err(ClaimError::Incomplete(no_pair(algorithm, authorization)));
    }
    let token = request.fields.get("x-amz-security-token").map(ToString::to_string);
    claim(Place::Field, credential, signed_headers, signature, date_time, token)
}

fn from_query(query: &str) -> Result<Claim, ClaimError> {
    if query_value(query, "X-Amz-Algorithm").as_deref() != Some(ALGORITHM) {
        return Err(ClaimError::Incomplete(format!(
            "AWS query-string parameters must include 'X-Amz-Algorithm={ALGORITHM}'."
        )));
    }
    let required = |name: &str| {
        query_value(query, name).ok_or_else(|| {
            ClaimError::Incomplete(format!("AWS query-string parameters must include '{name}'."))
        })
    };
    let expires = required("X-Amz-Expires")?;
    let expires_s = expires.parse().ok().filter(|s| (1..=EXPIRES_S_MAX).contains(s));
    let Some(expires_s) = expires_s else {
        let words = "X-Amz-Expires must be a number of seconds, 1 to 604800.";
        return Err(ClaimError::Incomplete(words.into()));
    };
    let token = query_value(query, "X-Amz-Security-Token").map(Cow::into_owned);
    claim(
        Place::Query { expires_s },
        &required("X-Amz-Credential")?,
        &required("X-Amz-SignedHeaders")?,
        &required("X-Amz-Signature")?,
        &required("X-Amz-Date")?,
        token,
    )
}

fn claim(
    place: Place,
    credential: &str,
    signed_headers: &str,
    signature: &str,
    date_time: &str,
    session_token: Option<String>,
) -> Result<Claim, ClaimError> {
    let incomplete = |words: &str| ClaimError::Incomplete(words.into());
    let parts: Vec<&str> = credential.split('/').collect();
    let [access_key_id, date, region, service, "aws4_request"] = parts[..] else {
        return Err(incomplete(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.",
        ));
    };
    let Some(signed_at) = time::from_iso8601_basic(date_time) else {
        return Err(incomplete("Date must be in ISO-8601 'basic format'."));
    };
    let signed_headers: Vec<String> =
        signed_headers.split(';').map(str::to_ascii_lowercase).collect();
    Ok(Claim {
        place,
        access_key_id: access_key_id.into(),
        date: date.into(),
        region: region.into(),
        service: service.into(),
        signed_headers,
        // What is no signature is a wrong one.
        signature: unhex(signature).unwrap_or_default(),
        date_time: date_time.into(),
        signed_at,
        session_token,
    })
}

/// The client's own words may be a secret of another kind, so they are shown as their digests: those
/// that are no pair, and all of them.
fn no_pair(text: &str, authorization: &str) -> String {
    format!(
        "'{}' not a valid key=value pair (missing equal-sign) in Authorization header (hashed with \
         SHA-256 and encoded with Base64): '{}'.",
        digest(text),
        digest(authorization)
    )
}

fn digest(text: &str) -> String {
    STANDARD.encode(Sha256::digest(text.as_bytes()))
}

/// The first parameter of this name.
pub(super) fn query_value<'q>(query: &'q str, name: &str) -> Option<Cow<'q, str>> {
    let mut pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.find(|(n, _)| target::decode(n) == name).map(|(_, value)| target::decode(value))
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |b: u8| char::from(b).to_digit(16).map(|digit| digit as u8);
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some(digit(pair[0])? << 4 | digit(*pair.get(1)?)?)).collect()
}
