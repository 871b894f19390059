//! Signs requests with AWS Signature Version 4, correctly or with the mistakes that a case asks for.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hmac::{Hmac, Mac};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::percent;

/// How a request is signed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Signing {
    /// The access key id.
    pub key: String,
    /// The secret access key.
    pub secret: String,
    /// The service in the scope; `execute-api` if absent.
    pub service: Option<String>,
    /// The region in the scope; `us-east-1` if absent.
    pub region: Option<String>,
    /// How far the client's clock is ahead.
    pub skew_seconds: i64,
    /// The day in the scope, if it is not that of the signature's time.
    pub day: Option<String>,
    /// A session token.
    pub token: Option<String>,
    /// The names of the fields that are signed; all if absent.
    pub sign: Option<Vec<String>>,
    /// What is signed in place of the content's hash, `UNSIGNED-PAYLOAD` for instance.
    pub payload: Option<String>,
    /// Decode the path before it is encoded, as clients do that sign the path once encoded.
    pub decode_path: bool,
    /// Break the signature.
    pub tamper: bool,
}

/// What is signed.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The method.
    pub method: &'a str,
    /// Path and query.
    pub target: &'a str,
    /// The content.
    pub content: &'a [u8],
}

/// Adds `X-Amz-Date`, `Authorization` and what else the signature needs to the fields.
pub fn sign(
    signing: &Signing,
    subject: Subject<'_>,
    fields: &mut Vec<(String, String)>,
    now: SystemTime,
) {
    let stamp = timestamp(now, signing.skew_seconds);
    let day = signing.day.as_deref().unwrap_or(&stamp[..8]);
    set(fields, "X-Amz-Date", &stamp);
    if let Some(token) = &signing.token {
        set(fields, "X-Amz-Security-Token", token);
    }
    if let Some(payload) = &signing.payload {
        set(fields, "X-Amz-Content-Sha256", payload);
    }
    let region = signing.region.as_deref().unwrap_or("us-east-1");
    let service = signing.service.as_deref().unwrap_or("execute-api");
    let scope = format!("{day}/{region}/{service}/aws4_request");
    let (canonical, signed) = canonical_request(signing, subject, fields);
    let text = format!("AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{}", hex(&Sha256::digest(canonical)));
    let key = [day, region, service, "aws4_request"]
        .iter()
        .fold(format!("AWS4{}", signing.secret).into_bytes(), |key, part| {
            hmac_sha256(&key, part.as_bytes())
        });
    let mut signature = hex(&hmac_sha256(&key, text.as_bytes()));
    if signing.tamper {
        let other = if signature.starts_with('0') { "1" } else { "0" };
        signature.replace_range(..1, other);
    }
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={signed}, Signature={signature}",
        signing.key
    );
    set(fields, "Authorization", &authorization);
}

/// The canonical request, and the list of signed fields in it.
fn canonical_request(
    signing: &Signing,
    subject: Subject<'_>,
    fields: &[(String, String)],
) -> (String, String) {
    let (path, query) = subject.target.split_once('?').unwrap_or((subject.target, ""));
    let path = if signing.decode_path { percent::decode(path) } else { path.as_bytes().to_vec() };
    let path = Some(percent::encode(&path, b"/"))
        .filter(|path| !path.is_empty())
        .unwrap_or_else(|| "/".to_owned());
    let mut pairs: Vec<_> = percent::query_pairs(query)
        .iter()
        .map(|(name, value)| (percent::encode(name, b""), percent::encode(value, b"")))
        .collect();
    pairs.sort();
    let query: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();

    let mut signed: Vec<String> = match &signing.sign {
        Some(names) => names.iter().map(|name| name.to_ascii_lowercase()).collect(),
        None => fields.iter().map(|(name, _)| name.to_ascii_lowercase()).collect(),
    };
    signed.sort();
    signed.dedup();
    let canonical_fields: String =
        signed.iter().map(|name| format!("{name}:{}\n", canonical_values(fields, name))).collect();
    let signed = signed.join(";");
    let payload = signing.payload.clone().unwrap_or_else(|| hex(&Sha256::digest(subject.content)));
    let lines = [subject.method, &path, &query.join("&"), &canonical_fields, &signed, &payload];
    (lines.join("\n"), signed)
}

/// The values of a field, spaces in them collapsed, joined with commas.
fn canonical_values(fields: &[(String, String)], name: &str) -> String {
    let values = fields.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
    let values: Vec<_> =
        values.map(|(_, value)| value.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    values.join(",")
}

fn set(fields: &mut Vec<(String, String)>, name: &str, value: &str) {
    fields.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
    fields.push((name.to_owned(), value.to_owned()));
}

fn hmac_sha256(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `20150830T123600Z`
fn timestamp(now: SystemTime, skew_seconds: i64) -> String {
    let since_epoch = now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
    let seconds = since_epoch.saturating_add_signed(skew_seconds);
    let (year, month, day) = civil_from_days(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}

/// The Gregorian date of a day counted from 1970-01-01.
fn civil_from_days(days: u64) -> (u64, u64, u64) {
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let (mut year, mut left) = (1970, days);
    while left >= 365 + u64::from(leap(year)) {
        left -= 365 + u64::from(leap(year));
        year += 1;
    }
    let lengths = [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while left >= lengths[month] {
        left -= lengths[month];
        month += 1;
    }
    (year, month as u64 + 1, left + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2015-08-30T12:36:00Z, the moment of AWS's published signing examples.
    const THEN: u64 = 1_440_938_160;

    fn authorization(signing: &Signing, subject: Subject<'_>, fields: &[(&str, &str)]) -> String {
        let mut fields: Vec<_> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        sign(signing, subject, &mut fields, UNIX_EPOCH + Duration::from_secs(THEN));
        fields.pop().unwrap().1
    }

    fn example() -> Signing {
        Signing {
            key: "AKIDEXAMPLE".to_owned(),
            secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned(),
            service: Some("service".to_owned()),
            ..Signing::default()
        }
    }

    #[test]
    fn the_published_examples_get_the_published_signatures() {
        let host = ("Host", "example.amazonaws.com");
        let form = ("Content-Type", "application/x-www-form-urlencoded");
        type Example<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a str, &'a str);
        let examples: [Example<'_>; 5] = [
            (
                "GET",
                "/",
                &[host],
                "",
                "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            ),
            (
                "GET",
                "/?Param2=value2&Param1=value1",
                &[host],
                "",
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            ),
            (
                "POST",
                "/",
                &[host],
                "",
                "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
            ),
            (
                "POST",
                "/?Param1=value1",
                &[host],
                "",
                "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
            ),
            (
                "POST",
                "/",
                &[form, host],
                "Param1=value1",
                "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
            ),
        ];
        for (method, target, fields, content, signature) in examples {
            let subject = Subject { method, target, content: content.as_bytes() };
            let authorization = authorization(&example(), subject, fields);
            assert!(authorization.ends_with(signature), "{method} {target}: {authorization}");
        }
    }

    #[test]
    fn a_session_token_is_signed() {
        let token = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267".to_owned();
        let subject = Subject { method: "GET", target: "/", content: b"" };
        let signing = Signing { token: Some(token), ..example() };
        assert_eq!(
            authorization(&signing, subject, &[("Host", "example.amazonaws.com")]),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date;x-amz-security-token, \
             Signature=07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8"
        );
    }

    #[test]
    fn a_tampered_signature_differs_in_its_first_digit() {
        let subject = Subject { method: "GET", target: "/", content: b"" };
        let good = authorization(&example(), subject, &[]);
        let bad = authorization(&Signing { tamper: true, ..example() }, subject, &[]);
        assert_eq!(good.len(), bad.len());
        assert_eq!(good.bytes().zip(bad.bytes()).filter(|(one, other)| one != other).count(), 1);
    }

    #[test]
    fn dates_are_gregorian() {
        for (days, date) in [
            (0, (1970, 1, 1)),
            (59, (1970, 3, 1)),
            (11_016, (2000, 2, 29)),
            (16_677, (2015, 8, 30)),
            (20_819, (2027, 1, 1)),
        ] {
            assert_eq!(civil_from_days(days), date);
        }
    }
}
