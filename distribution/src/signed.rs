//! Signed URLs and cookies: whose signature over what, and what it allows. The mathematics is the host's.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::model::Behavior;
use crate::pattern::matches;
use crate::{Answer, Matched, Reason, cookies, path, query};

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
/// As much of a key pair's id as is told.
const KEY_ID_CHARACTERS_MAX: usize = 64;
/// All that a custom policy can ask about.
const CONDITIONS: [&str; 3] = ["DateLessThan", "DateGreaterThan", "IpAddress"];

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
        let part = |name: &str| self.part(name);
        let Some(key_id) = part("Key-Pair-Id") else {
            let message = "Missing Key-Pair-Id query parameter or cookie value";
            return Err(Answer::denied("MissingKey", message));
        };
        // `/private/*` was signed, and `/private/../vip` is another behaviour's: what is signed and what is
        // fetched have one name.
        if path::has_dot_segments(self.raw_target.split('?').next().unwrap_or_default()) {
            return Err(denied(Reason::DotSegments));
        }
        if !trusted.iter().any(|one| one == key_id) {
            let answer = Answer::denied("InvalidKey", "Unknown Key");
            let id = key_id.chars().take(KEY_ID_CHARACTERS_MAX).collect::<String>();
            return Err(answer.because(Reason::UnknownKey(id)));
        }
        let digest = match part("Hash-Algorithm") {
            None | Some("SHA1") => Digest::Sha1,
            Some("SHA256") => Digest::Sha256,
            Some(_) => return Err(denied(Reason::HashAlgorithm)),
        };
        let signature = part("Signature").ok_or_else(|| denied(Reason::NoSignature))?;
        let no_base64 = |name| denied(Reason::NoBase64(name));
        let signature = decode(signature).ok_or_else(|| no_base64("Signature"))?;
        let message = match (part("Policy"), part("Expires")) {
            (Some(policy), _) => {
                let policy = decode(policy).ok_or_else(|| no_base64("Policy"))?;
                self.allows(&policy, now_s).map_err(denied)?;
                policy
            }
            (None, Some(expires)) => {
                let at = expires.parse().map_err(|_| denied(Reason::NoTime("Expires")))?;
                if now_s >= at {
                    return Err(denied(Reason::Expired { at, now_s }));
                }
                canned(&self.signed_url(), at)
            }
            (None, None) => return Err(denied(Reason::NoPolicy)),
        };
        Ok(Some(Signature { key_id: key_id.into(), digest, message, signature }))
    }

    /// What a viewer is answered whose signature is not the key's.
    pub fn is_trusted(&self, is_verified: bool) -> Option<Answer> {
        let canned_for = || match self.part("Policy") {
            Some(_) => None,
            // The usual mistake: what is signed begins with the scheme and the host that viewers ask.
            None => Some(without_query(&self.signed_url()).into()),
        };
        (!is_verified).then(|| denied(Reason::NotOfItsKey { canned_for: canned_for() }))
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

    /// A part of what is signed: of the URL where that names a key, else of cookies.
    fn part(&self, name: &str) -> Option<&str> {
        let query = self.query.as_deref().unwrap_or_default();
        match query::value(query, "Key-Pair-Id") {
            Some(_) => query::value(query, name),
            None => cookies::value(&self.fields, &["CloudFront-", name].concat()),
        }
    }

    /// Whether a custom policy allows this request now: one statement, for this resource. Or why not.
    fn allows(&self, policy: &[u8], now_s: u64) -> Result<(), Reason> {
        let policy = serde_json::from_slice::<Value>(policy).map_err(|_| Reason::NoJson)?;
        let Some([statement]) = policy["Statement"].as_array().map(Vec::as_slice) else {
            return Err(Reason::NoStatement);
        };
        let condition = &statement["Condition"];
        // "AWS:EpochTime" and "AWS:SourceIp" by these is what CloudFront documents: what else is asked would be granted.
        let is_known = |name: &String| CONDITIONS.contains(&name.as_str());
        let conditions = condition.as_object();
        if let Some(other) = conditions.and_then(|all| all.keys().find(|name| !is_known(name))) {
            return Err(Reason::UnknownCondition(other.clone()));
        }
        let time = |name: &str| condition.get(name).map(|at| at["AWS:EpochTime"].as_u64());
        let before = time("DateLessThan").flatten().ok_or(Reason::NoTime("DateLessThan"))?;
        if now_s >= before {
            return Err(Reason::Expired { at: before, now_s });
        }
        if let Some(after) = time("DateGreaterThan") {
            let after = after.ok_or(Reason::NoTime("DateGreaterThan"))?;
            if now_s <= after {
                return Err(Reason::NotYet { after, now_s });
            }
        }
        if let Some(from) = condition.get("IpAddress") {
            let range = from["AWS:SourceIp"].as_str().unwrap_or_default();
            if !is_within(&self.ip, range) {
                return Err(Reason::Address { range: range.into(), ip: self.ip.clone() });
            }
        }
        // Cookies alone may leave it out.
        let Some(resource) = statement.get("Resource") else { return Ok(()) };
        let resource = resource.as_str().unwrap_or_default();
        let url = self.signed_url();
        if !matches(resource.as_bytes(), url.as_bytes()) {
            let (signed, asked) = (without_query(resource).into(), without_query(&url).into());
            return Err(Reason::Resource { signed, asked });
        }
        Ok(())
    }
}

/// As CloudFront refuses what is signed wrongly.
fn denied(reason: Reason) -> Answer {
    Answer::denied("AccessDenied", "Access denied").because(reason)
}

/// What may be said of a URL: values of its query may be secrets.
fn without_query(url: &str) -> &str {
    url.split('?').next().unwrap_or_default()
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
