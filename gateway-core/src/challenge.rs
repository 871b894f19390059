//! Challenges of web ACLs: the page that asks a browser to work, and the token that says it did.
//!
//! Nothing is remembered. A page carries a seed that the gateway signed: what is asked for, since when,
//! of which domain. The browser looks for a number that makes the seed's digest begin with zeros, and
//! puts both into the cookie `aws-waf-token`. A token counts if its signature is the gateway's own and
//! its number is right; how long it counts is the rule's immunity time.

mod hmac;

use alloc::format;
use alloc::string::String;

use sha2::{Digest, Sha256};

use crate::definition::TokenKey;
use hmac::{hmac_sha256, is_equal};

/// The cookie that AWS WAF keeps its token in, and the header for clients without cookies.
pub(crate) const COOKIE: &str = "aws-waf-token";
/// See [`COOKIE`].
pub(crate) const HEADER: &str = "x-aws-waf-token";

/// AWS's longest immunity time: as long is the cookie kept.
const IMMUNITY_S_MAX: u32 = 259_200;
/// A longer text is no token of ours.
const TOKEN_BYTES_MAX: usize = 160;
/// How far a clock of another machine with the same key may be ahead.
const CLOCK_SKEW_MS: u64 = 60_000;

/// What a client is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// To be a browser that works for a moment.
    Challenge,
    /// The same at somebody's click, and for longer.
    Captcha,
}

impl Kind {
    /// As in `x-amzn-waf-action`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Challenge => "challenge",
            Self::Captcha => "captcha",
        }
    }

    /// How many zero bits the digest begins with: some ten thousand attempts, a fraction of a second in a
    /// browser; for a captcha four times that.
    fn bits(self) -> u32 {
        match self {
            Self::Challenge => 15,
            Self::Captcha => 17,
        }
    }
}

/// The page that asks, for a client of that host.
pub(crate) fn page(
    key: &TokenKey,
    kind: Kind,
    host: &str,
    domains: &[String],
    now_ms: u64,
) -> String {
    let host = name(host);
    let shared = domains.iter().find(|domain| is_within(&host, domain));
    let domain = shared.map_or(host.as_str(), String::as_str);
    let attributes = match shared {
        Some(domain) => format!("; Domain={domain}"),
        None => String::new(),
    };
    let seed = seed(key, kind, now_ms, domain);
    let text = match kind {
        Kind::Challenge => "Your browser is being checked. This takes a moment.",
        Kind::Captcha => "Confirm that somebody is there.",
    };
    include_str!("challenge/page.html")
        .replace("{{TEXT}}", text)
        .replace("{{KIND}}", kind.name())
        .replace("{{SEED}}", &seed)
        .replace("{{BITS}}", &format!("{}", kind.bits()))
        .replace("{{COOKIE}}", COOKIE)
        .replace(
            "{{ATTRIBUTES}}",
            &format!("; Path=/; Max-Age={IMMUNITY_S_MAX}; SameSite=Lax{attributes}"),
        )
}

/// What a token says, if it is one for this host: what was asked for, and when.
pub(crate) fn read(
    key: &TokenKey,
    token: &str,
    host: &str,
    domains: &[String],
    now_ms: u64,
) -> Option<(Kind, u64)> {
    if token.len() > TOKEN_BYTES_MAX {
        return None;
    }
    let (signed, number) = token.rsplit_once('.')?;
    let mut parts = signed.split('.');
    let (Some("1"), Some(kind), Some(issued), Some(_), None) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    let kind = [Kind::Challenge, Kind::Captcha].into_iter().find(|known| known.name() == kind)?;
    let issued_ms: u64 = issued.parse().ok()?;
    let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    if !is_number || issued_ms > now_ms.saturating_add(CLOCK_SKEW_MS) {
        return None;
    }
    let host = name(host);
    let mut own = core::iter::once(host.as_str()).chain(domains.iter().map(String::as_str));
    let is_signed = own
        .any(|domain| is_equal(seed(key, kind, issued_ms, domain).as_bytes(), signed.as_bytes()));
    (is_signed && zeros(&Sha256::digest(token)) >= kind.bits()).then_some((kind, issued_ms))
}

/// `1.challenge.1700000000000.…`: what the gateway signs, with the signature's first half.
fn seed(key: &TokenKey, kind: Kind, issued_ms: u64, domain: &str) -> String {
    let claims = format!("1.{}.{issued_ms}", kind.name());
    let signature = hmac_sha256(&key.0, format!("{claims}\n{domain}").as_bytes());
    let digits = signature[..16].iter().map(|byte| format!("{byte:02x}"));
    format!("{claims}.{}", digits.collect::<String>())
}

fn zeros(digest: &[u8]) -> u32 {
    let mut zeros = 0;
    for byte in digest {
        zeros += byte.leading_zeros();
        if *byte != 0 {
            break;
        }
    }
    zeros
}

/// A host's name without its port, in small letters, and nothing else that a header may have.
fn name(host: &str) -> String {
    let end = host.rfind(':').filter(|at| !host[*at..].contains(']'));
    let bare = &host[..end.unwrap_or(host.len())];
    bare.chars().take(253).map(|c| c.to_ascii_lowercase()).collect()
}

fn is_within(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
pub(crate) mod tests;
