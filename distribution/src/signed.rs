//! Signed URLs and cookies: whose signature over what, and what it allows. The mathematics is the host's.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::model::Behavior;
use crate::pattern::matches;
use crate::{Answer, Matched, cookies, path, query};

/// A signature that is to be verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The public key, by its id; [`crate::Distribution::public_keys`] has it.
    pub key_id: String,
    /// How the message is digested.
    pub digest: Digest,
    /// What was signed.
    pub message: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
}

/// How what is signed is digested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digest {
    /// Where nothing else is said.
    Sha1,
    /// `Hash-Algorithm=SHA256`
    Sha256,
}

const PARAMETERS: [&str; 5] = ["Expires", "Policy", "Signature", "Key-Pair-Id", "Hash-Algorithm"];
/// Largest policy, in characters as it is sent.
const POLICY_BYTES_MAX: usize = 8 * 1024;

/// Whether a parameter is the edge's own: it is neither in the key nor forwarded.
pub(crate) fn is_own(behavior: &Behavior, name: &str) -> bool {
    behavior.trusted_keys.is_some() && PARAMETERS.contains(&name)
}

/// Whether a cookie is.
pub(crate) fn is_cookie(name: &str) -> bool {
    name.strip_prefix("CloudFront-").is_some_and(|name| PARAMETERS.contains(&name))
}

impl Matched<'_> {
    /// The signature that is to be verified before anything else is done; `None` where nothing needs one.
    /// What it says of times, addresses and the resource holds at this moment (seconds since 1970), and the
    /// viewer's country is none that is kept out.
    ///
    /// # Errors
    /// What the viewer is answered.
    pub fn signature(&self, now_s: u64) -> Result<Option<Signature>, Answer> {
        self.check_country()?;
        let Some(trusted) = &self.behavior.trusted_keys else { return Ok(None) };
        let in_query = query::value(self.query.as_deref().unwrap_or_default(), "Key-Pair-Id");
        let part = |name: &str| match in_query {
            Some(_) => query::value(self.query.as_deref().unwrap_or_default(), name),
            None => cookies::value(&self.fields, &["CloudFront-", name].concat()),
        };
        let Some(key_id) = part("Key-Pair-Id") else {
            let message = "Missing Key-Pair-Id query parameter or cookie value";
            return Err(Answer::denied("MissingKey", message));
        };
        let denied = || Answer::denied("AccessDenied", "Access denied");
        // `/private/*` was signed, and `/private/../vip` is another behaviour's: what is signed and what is
        // fetched have one name.
        if path::has_dot_segments(self.raw_target.split('?').next().unwrap_or_default()) {
            return Err(denied());
        }
        if !trusted.iter().any(|one| one == key_id) {
            return Err(Answer::denied("InvalidKey", "Unknown Key"));
        }
        let digest = match part("Hash-Algorithm") {
            None | Some("SHA1") => Digest::Sha1,
            Some("SHA256") => Digest::Sha256,
            Some(_) => return Err(denied()),
        };
        let signature = part("Signature").and_then(decode).ok_or_else(denied)?;
        let message = match (part("Policy"), part("Expires")) {
            (Some(policy), _) => {
                let policy = decode(policy).ok_or_else(denied)?;
                if !self.allows(&policy, now_s) {
                    return Err(denied());
                }
                policy
            }
            (None, Some(expires)) => {
                let at: u64 = expires.parse().map_err(|_| denied())?;
                if now_s >= at {
                    return Err(denied());
                }
                canned(&self.signed_url(), at)
            }
            (None, None) => return Err(denied()),
        };
        Ok(Some(Signature { key_id: key_id.into(), digest, message, signature }))
    }

    /// What a viewer is answered whose signature is not the key's.
    pub fn is_trusted(&self, is_verified: bool) -> Option<Answer> {
        (!is_verified).then(|| Answer::denied("AccessDenied", "Access denied"))
    }

    /// The URL without the parameters of the signature.
    fn signed_url(&self) -> String {
        let scheme = if self.is_https { "https" } else { "http" };
        let (path, query) = match self.raw_target.split_once('?') {
            Some((path, query)) => (path, query::keep(query, |name| !PARAMETERS.contains(&name))),
            None => (&*self.raw_target, None),
        };
        let query = query.map(|query| ["?", &query].concat()).unwrap_or_default();
        format!("{scheme}://{}{path}{query}", self.host)
    }

    /// Whether a custom policy allows this request now: one statement, for this resource.
    fn allows(&self, policy: &[u8], now_s: u64) -> bool {
        let Ok(policy) = serde_json::from_slice::<Value>(policy) else { return false };
        let Some([statement]) = policy["Statement"].as_array().map(Vec::as_slice) else {
            return false;
        };
        let condition = &statement["Condition"];
        let time = |name: &str| condition.get(name).map(|at| at["AWS:EpochTime"].as_u64());
        let before = matches!(time("DateLessThan"), Some(Some(at)) if now_s < at);
        let after = match time("DateGreaterThan") {
            None => true,
            Some(at) => at.is_some_and(|at| now_s > at),
        };
        let from = condition.get("IpAddress").is_none_or(|from| {
            from["AWS:SourceIp"].as_str().is_some_and(|range| is_within(&self.ip, range))
        });
        let resource = match statement.get("Resource") {
            None => true, // cookies alone may leave it out
            Some(resource) => resource
                .as_str()
                .is_some_and(|resource| matches(resource.as_bytes(), self.signed_url().as_bytes())),
        };
        before && after && from && resource
    }
}

/// A signature by ECDSA on P-256 as two numbers of 32 bytes, from the DER that AWS has: `SEQUENCE { r, s }`.
pub fn ecdsa_p256_raw(der: &[u8]) -> Option<Vec<u8>> {
    const NUMBER_BYTES: usize = 32;
    let body = der.strip_prefix(&[0x30]).and_then(value_of)?;
    let (r, rest) = number(body.0)?;
    let (s, rest) = number(rest)?;
    if !rest.is_empty() || !body.1.is_empty() {
        return None;
    }
    let mut raw = Vec::with_capacity(2 * NUMBER_BYTES);
    for number in [r, s] {
        let start = number.iter().position(|byte| *byte != 0).unwrap_or(number.len());
        let digits = &number[start..];
        raw.resize(raw.len() + NUMBER_BYTES.checked_sub(digits.len())?, 0);
        raw.extend_from_slice(digits);
    }
    Some(raw)
}

/// The number that these bytes begin with, and the rest.
fn number(der: &[u8]) -> Option<(&[u8], &[u8])> {
    der.strip_prefix(&[0x02]).and_then(value_of)
}

/// What a length of one byte says, and the rest: nothing here is longer.
fn value_of(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = der.split_first()?;
    (*length < 0x80).then(|| rest.split_at_checked(usize::from(*length))).flatten()
}

fn canned(url: &str, expires: u64) -> Vec<u8> {
    let condition = format!(r#"{{"DateLessThan":{{"AWS:EpochTime":{expires}}}}}"#);
    format!(r#"{{"Statement":[{{"Resource":"{url}","Condition":{condition}}}]}}"#).into_bytes()
}

/// CloudFront's base64 for URLs: `-` for `+`, `_` for `=`, `~` for `/`.
fn decode(text: &str) -> Option<Vec<u8>> {
    if text.len() > POLICY_BYTES_MAX {
        return None;
    }
    let text: String = text
        .chars()
        .map(|c| match c {
            '-' => '+',
            '_' => '=',
            '~' => '/',
            other => other,
        })
        .collect();
    STANDARD.decode(text).ok()
}

fn is_within(ip: &str, range: &str) -> bool {
    let (network, length) = match range.split_once('/') {
        Some((network, length)) => (network, length.parse::<u32>().ok()),
        None => (range, Some(if range.contains(':') { 128 } else { 32 })),
    };
    let Some(length) = length else { return false };
    let parse = |text: &str| text.parse::<core::net::IpAddr>().ok();
    match (parse(ip), parse(network)) {
        (Some(core::net::IpAddr::V4(ip)), Some(core::net::IpAddr::V4(network))) if length <= 32 => {
            let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
            ip.to_bits() & mask == network.to_bits() & mask
        }
        (Some(core::net::IpAddr::V6(ip)), Some(core::net::IpAddr::V6(network)))
            if length <= 128 =>
        {
            let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
            ip.to_bits() & mask == network.to_bits() & mask
        }
        _ => false,
    }
}

impl core::fmt::Display for Signature {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.key_id.to_string())
    }
}
