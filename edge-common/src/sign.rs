//! Signature Version 4, for the requests that go to AWS.
//!
//! AWS, "Create a signed AWS API request". The native host signs with `aws-sigv4`, whose HTTP types
//! and formatting machinery are too large a part of a Worker's megabyte.

use std::fmt::Write;

use gateway_core::effect::{CALLER, EffectError};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

use crate::access_keys;
use crate::variables::Variables;

/// Whose requests these are.
pub struct Credentials {
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
}

impl Credentials {
    /// From the standard variables, which are secrets of the host.
    pub fn from_variables(variables: &Variables<'_>) -> Option<Self> {
        Some(Self {
            access_key_id: variables("AWS_ACCESS_KEY_ID")?,
            secret_access_key: variables("AWS_SECRET_ACCESS_KEY")?,
            session_token: variables("AWS_SESSION_TOKEN"),
        })
    }

    /// Those that a call asks for: the caller's own, whose secret the host verifies signatures with,
    /// or the host's. Roles are not assumed here.
    ///
    /// # Errors
    /// When the caller's secret is not known: it is never replaced by the host's own.
    pub fn of_call(
        variables: &Variables<'_>,
        asked: Option<&str>,
    ) -> Result<Option<Self>, EffectError> {
        let Some(id) = asked.and_then(|text| text.strip_prefix(CALLER)) else {
            return Ok(Self::from_variables(variables));
        };
        let unknown = || EffectError::Unavailable("the caller's access key is not known".into());
        let (secret_access_key, session_token) =
            access_keys::find(id, variables).ok_or_else(unknown)?;
        Ok(Some(Self { access_key_id: id.into(), secret_access_key, session_token }))
    }
}

/// What a signature is made for.
pub struct Signing<'s> {
    /// Whose it is.
    pub credentials: Credentials,
    /// The region of its scope.
    pub region: &'s str,
    /// The service of its scope.
    pub service: &'s str,
    /// `20150830T123600Z`
    pub date_time: String,
}

impl Signing<'_> {
    /// The fields that sign this request. `url` is absolute and percent-encoded; `fields` have
    /// lower-case names.
    pub fn sign<N: AsRef<str>>(
        &self,
        method: &str,
        url: &str,
        fields: &[(N, String)],
        content: &[u8],
    ) -> Vec<(&'static str, String)> {
        self.sign_hashed(method, url, fields, hex(&Sha256::digest(content)))
    }

    /// The same of a request whose content nobody has seen yet, or that has none.
    pub fn sign_head<N: AsRef<str>>(
        &self,
        method: &str,
        url: &str,
        fields: &[(N, String)],
        has_content: bool,
    ) -> Vec<(&'static str, String)> {
        let hash = match has_content {
            true => "UNSIGNED-PAYLOAD".into(),
            false => hex(&Sha256::digest([])),
        };
        self.sign_hashed(method, url, fields, hash)
    }

    fn sign_hashed<N: AsRef<str>>(
        &self,
        method: &str,
        url: &str,
        fields: &[(N, String)],
        hash: String,
    ) -> Vec<(&'static str, String)> {
        let date_time = &self.date_time;
        let mut added = vec![("x-amz-date", date_time.clone())];
        if let Some(token) = &self.credentials.session_token {
            added.push(("x-amz-security-token", token.clone()));
        }
        let (host, path, query) = parts(url);
        // S3 wants the content's hash, and encodes the path, which is encoded already, only once.
        let is_s3 = self.service == "s3";
        if is_s3 {
            added.push(("x-amz-content-sha256", hash.clone()));
        }
        let path = if is_s3 { path.to_owned() } else { encode_path(path) };
        let mut signed: Vec<(&str, &str)> = vec![("host", host)];
        signed.extend(fields.iter().map(|(name, value)| (name.as_ref(), value.as_str())));
        signed.extend(added.iter().map(|(name, value)| (*name, value.as_str())));
        signed.sort_by_key(|(name, _)| *name);
        let mut canonical = format!("{method}\n{path}\n{}\n", canonical_query(query));
        let mut names: Vec<&str> = Vec::with_capacity(signed.len());
        for lines in signed.chunk_by(|(a, _), (b, _)| a == b) {
            names.push(lines[0].0);
            let values: Vec<String> = lines.iter().map(|(_, value)| trimmed(value)).collect();
            let _ = writeln!(canonical, "{}:{}", lines[0].0, values.join(","));
        }
        let names = names.join(";");
        let _ = write!(canonical, "\n{names}\n{hash}");
        let scope = format!("{}/{}/{}/aws4_request", &date_time[..8], self.region, self.service);
        let to_sign = format!(
            "AWS4-HMAC-SHA256\n{date_time}\n{scope}\n{}",
            hex(&Sha256::digest(canonical.as_bytes()))
        );
        let signature = hex(&hmac(&self.key(&date_time[..8]), to_sign.as_bytes()));
        let credential = &self.credentials.access_key_id;
        added.push((
            "authorization",
            format!("AWS4-HMAC-SHA256 Credential={credential}/{scope}, SignedHeaders={names}, Signature={signature}"),
        ));
        added
    }

    fn key(&self, date: &str) -> Vec<u8> {
        let secret = format!("AWS4{}", self.credentials.secret_access_key);
        [date, self.region, self.service, "aws4_request"]
            .iter()
            .fold(secret.into_bytes(), |key, part| hmac(&key, part.as_bytes()))
    }
}

fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn parts(url: &str) -> (&str, &str, &str) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (host, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    (host, if path.is_empty() { "/" } else { path }, query)
}

/// Parameters in the order of their names, then of their values; each has an equals sign.
fn canonical_query(query: &str) -> String {
    let pieces = query.split('&').filter(|piece| !piece.is_empty());
    let mut parameters: Vec<(String, String)> = pieces
        .map(|piece| {
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            (reencode(name), reencode(value))
        })
        .collect();
    parameters.sort_unstable();
    let parameters = parameters.iter().map(|(name, value)| format!("{name}={value}"));
    parameters.collect::<Vec<_>>().join("&")
}

/// Encoded text as SigV4 encodes it: everything but unreserved characters.
fn reencode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(byte.into());
            }
            b'%' => {
                encoded.push('%');
                encoded.extend(rest.by_ref().take(2).map(|b| char::from(b.to_ascii_uppercase())));
            }
            _ => {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    encoded
}

/// Without white space around it, and with one space where there are several.
fn trimmed(value: &str) -> String {
    value.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Every service but S3 encodes the path, which is encoded already, once more.
fn encode_path(path: &str) -> String {
    path.bytes().fold(String::new(), |mut text, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                text.push(byte.into());
            }
            _ => {
                let _ = write!(text, "%{byte:02X}");
            }
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// AWS's published vectors `get-vanilla` and `post-vanilla-query`, 2015-08-30T12:36:00Z.
    #[test]
    fn requests_are_signed_as_aws_published_it() {
        let signing = |session_token| Signing {
            credentials: Credentials {
                access_key_id: "AKIDEXAMPLE".into(),
                secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into(),
                session_token,
            },
            region: "us-east-1",
            service: "service",
            date_time: "20150830T123600Z".into(),
        };
        for (method, url, signature) in [
            (
                "GET",
                "https://example.amazonaws.com/",
                "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            ),
            (
                "POST",
                "https://example.amazonaws.com/?Param1=value1",
                "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
            ),
        ] {
            let added = signing(None).sign::<&str>(method, url, &[], b"");
            assert_eq!(added[0].1, "20150830T123600Z");
            assert!(
                added[1]
                    .1
                    .ends_with(&format!("SignedHeaders=host;x-amz-date, Signature={signature}")),
                "{added:?}"
            );
        }
        let added = signing(Some("token".into())).sign::<&str>(
            "GET",
            "https://example.amazonaws.com/",
            &[],
            b"",
        );
        assert!(added[2].1.contains("SignedHeaders=host;x-amz-date;x-amz-security-token"));
    }

    #[test]
    fn parameters_are_signed_in_order_and_fields_joined() {
        assert_eq!(canonical_query("b=2&a=x%2f&a=1&c&a+b="), "a=1&a=x%2F&a%2Bb=&b=2&c=");
        assert_eq!(trimmed("  a   b "), "a b");
    }
}
