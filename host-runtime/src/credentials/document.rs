//! The document in which containers and instances are given keys, and in which programs give them.

use std::time::{Duration, SystemTime};

use serde::Deserialize;

use super::Keys;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    access_key_id: Option<String>,
    secret_access_key: Option<String>,
    /// Programs have another name for it.
    #[serde(alias = "SessionToken")]
    token: Option<String>,
    expiration: Option<String>,
    /// `Success`, or why there are no keys.
    code: Option<String>,
    /// Of a program's document.
    version: Option<u32>,
}

/// Reads such a document.
///
/// # Errors
/// The reason, without a word of the content: it may hold secrets.
pub(super) fn read_keys(content: &[u8]) -> Result<Keys, String> {
    keys_of(document(content)?)
}

/// Reads the document that a program prints.
///
/// # Errors
/// As [`read_keys`].
pub(super) fn read_process_keys(content: &[u8]) -> Result<Keys, String> {
    let document = document(content)?;
    match document.version {
        Some(1) => keys_of(document),
        _ => Err("a credentials document whose Version is not 1".into()),
    }
}

fn document(content: &[u8]) -> Result<Document, String> {
    serde_json::from_slice(content)
        .map_err(|error| format!("no credentials document: line {}", error.line()))
}

fn keys_of(document: Document) -> Result<Keys, String> {
    if let Some(code) = document.code.filter(|code| code != "Success") {
        return Err(format!("no credentials: {code}"));
    }
    let (Some(id), Some(secret)) = (document.access_key_id, document.secret_access_key) else {
        return Err("a credentials document without keys".into());
    };
    let expiry = match document.expiration {
        Some(text) => {
            Some(read_time(&text).ok_or("a credentials document with no valid Expiration")?)
        }
        None => None,
    };
    Ok(Keys::new(id, secret, document.token, expiry, "document"))
}

/// `2026-11-21T05:08:09Z`, with or without fractions of a second (RFC 3339, UTC).
pub(super) fn read_time(text: &str) -> Option<SystemTime> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(time.split('.').next()?, ':')?;
    let valid = (1970..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    if !valid {
        return None;
    }
    // Days since 1970 with years that begin in March, so that leap days come last.
    let (y, m) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719_468;
    let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second;
    Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
}

fn numbers(text: &str, separator: char) -> Option<[u64; 3]> {
    let mut parts = text.split(separator);
    let mut next = || {
        let part = parts.next().filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))?;
        part.parse().ok().filter(|number| *number < 100_000)
    };
    let found = [next()?, next()?, next()?];
    parts.next().is_none().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_to_the_second() {
        let seconds = |text| {
            let since = read_time(text)?.duration_since(SystemTime::UNIX_EPOCH);
            since.ok().map(|since| since.as_secs())
        };
        assert_eq!(seconds("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(seconds("2000-02-29T23:59:59Z"), Some(951_868_799));
        assert_eq!(seconds("2026-11-21T05:08:09.120Z"), Some(1_795_237_689));
        for text in
            ["", "2026-11-21", "2026-13-01T00:00:00Z", "2026-11-21T05:08:09", "a-b-cT1:2:3Z"]
        {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    #[test]
    fn a_document_that_tells_why_not_is_an_error_with_its_word() {
        let refused = read_keys(br#"{"Code":"AssumeRoleUnauthorizedAccess","Message":"m"}"#);
        assert_eq!(refused.unwrap_err(), "no credentials: AssumeRoleUnauthorizedAccess");
        assert!(read_keys(b"<html>").is_err());
        assert!(read_keys(br#"{"AccessKeyId":"a"}"#).is_err());
    }
}
