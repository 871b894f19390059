//! What a transcript must not say.
//!
//! Header fields and query parameters that are secrets by their names are left out, and their values
//! wherever else they turn up: in a function's event, in what a template made, in a mapped URL.

use alloc::borrow::Cow;
use alloc::{string::String, vec::Vec};

use super::Pairs;
use crate::message::Fields;
use crate::target;

/// What stands for a secret. Its length says nothing.
pub(super) const HIDDEN: &str = "*****";
/// Shorter values are left out where their name says so, and not looked for elsewhere.
const BYTES_MIN: usize = 4;
/// Most values that are looked for.
const SECRETS_MAX: usize = 128;

/// The secret values of one exchange.
#[derive(Debug, Default)]
pub(super) struct Secrets(Vec<String>);

impl Secrets {
    /// Notes the secrets of a header section.
    pub(super) fn note_fields(&mut self, fields: &Fields) {
        for line in fields {
            if is_secret(line.name) {
                self.note_credentials(line.value);
            } else if is_reference(line.name) {
                self.note_query(line.value);
            }
        }
    }

    /// Notes a value and its parts: `Bearer TOKEN`, and what a cookie's name stands for.
    pub(super) fn note_credentials(&mut self, value: &str) {
        self.note(value);
        let parts = value.split(['=', ';', ' ', ',']).filter(|part| part.len() >= 8);
        parts.for_each(|part| self.note(part));
    }

    /// Notes the secrets of a query, or of all that follows the path of a URL.
    pub(super) fn note_query(&mut self, query: &str) {
        self.note_parameters(query, is_secret);
    }

    /// Notes the parameters of a query that are secrets, as they may be written elsewhere.
    pub(super) fn note_parameters(&mut self, query: &str, is_secret: impl Fn(&str) -> bool) {
        for piece in query.split(SEPARATORS) {
            let Some((name, value)) = piece.split_once('=') else { continue };
            if is_secret(&target::decode_query(name)) {
                let decoded = target::decode_query(value);
                let mut encoded = String::new();
                target::encode_query(&decoded, &mut encoded);
                let plus = encoded.replace("%20", "+");
                [value, &decoded, &encoded, &plus].into_iter().for_each(|value| self.note(value));
            }
        }
    }

    /// Notes a value.
    pub(super) fn note(&mut self, value: &str) {
        let value = value.trim();
        if value.len() < BYTES_MIN || self.0.len() >= SECRETS_MAX {
            return;
        }
        let escaped = serde_json::to_string(value).unwrap_or_default();
        let escaped = escaped.trim_start_matches('"').trim_end_matches('"');
        for value in [value, escaped] {
            if !self.0.iter().any(|known| known == value) {
                self.0.push(value.into());
            }
        }
        // The longest first, so that none is left over around a shorter one.
        self.0.sort_by_key(|secret| core::cmp::Reverse(secret.len()));
    }

    /// Takes every secret out of a text.
    pub(super) fn hide(&self, text: &mut String) {
        for secret in &self.0 {
            if text.contains(secret.as_str()) {
                *text = text.replace(secret.as_str(), HIDDEN);
            }
        }
    }
}

/// Header fields as they may be shown.
pub(super) fn shown(fields: &Fields) -> Pairs {
    let value = |name: &str, value: &str| match name {
        name if is_secret(name) => HIDDEN.into(),
        name if is_reference(name) => shown_target(value),
        _ => value.into(),
    };
    fields.iter().map(|line| (line.name.into(), value(line.name, line.value))).collect()
}

/// Query parameters as they may be shown.
pub(super) fn shown_query(query: &str) -> Pairs {
    let shown = |(name, value): (Cow<'_, str>, Cow<'_, str>)| {
        let value = if is_secret(&name) { HIDDEN.into() } else { value.into_owned() };
        (name.into_owned(), value)
    };
    target::query_parameters(query).map(shown).collect()
}

/// A URL as it may be shown: without its user information, and the secrets of its query and its fragment.
pub fn shown_url(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return shown_target(url) };
    let (authority, _) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    match authority.rfind('@') {
        Some(at) => alloc::format!("{scheme}://{HIDDEN}{}", shown_target(&rest[at..])),
        None => shown_target(url),
    }
}

/// A target as it came, but for the secrets of its query and its fragment.
pub(super) fn shown_target(target: &str) -> String {
    let Some(at) = target.find(['?', '#']) else { return target.into() };
    let mut shown = String::from(&target[..at]);
    for piece in target[at..].split_inclusive(SEPARATORS) {
        match piece.split_once('=') {
            Some((name, value)) if is_secret(&target::decode_query(name)) => {
                shown.push_str(name);
                shown.push('=');
                shown.push_str(HIDDEN);
                let separator = value.chars().next_back().filter(|c| SEPARATORS.contains(c));
                shown.extend(separator);
            }
            _ => shown.push_str(piece),
        }
    }
    shown
}

/// What stands between the parameters of a query, and around it: a fragment may hold a token, too.
const SEPARATORS: [char; 3] = ['?', '#', '&'];

/// Whether a field's value is a URL, with a query of its own.
fn is_reference(name: &str) -> bool {
    ["referer", "location", "content-location"].iter().any(|one| name.eq_ignore_ascii_case(one))
}

/// Whether a field or parameter of this name is one whose value is in no log. AWS: "authorization headers, API key
/// values, and similar sensitive request parameters".
pub fn is_secret(name: &str) -> bool {
    let name: String =
        name.chars().filter(|c| *c != '-' && *c != '_').map(|c| c.to_ascii_lowercase()).collect();
    let parts =
        ["authorization", "cookie", "token", "apikey", "secret", "password", "signature", "jwt"];
    name == "xamzcredential" || parts.iter().any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Field;

    #[test]
    fn secrets_are_known_by_their_names_and_hidden_wherever_they_turn_up() {
        let fields: Fields = [
            Field::new("Authorization", "Bearer abc.def\"ghi"),
            Field::new("x-API-key", "key1"),
            Field::new("Cookie", "a=1; session=0123456789"),
            Field::new("X-Plain", "seen"),
            Field::new("Referer", "https://a/b?page=1&access_token=r3ferred#id_token=fr4gment&c=d"),
        ]
        .into_iter()
        .collect();
        let mut secrets = Secrets::default();
        secrets.note_fields(&fields);
        secrets.note_query("access_token=q%20r%20s&page=2");
        for text in [
            "Bearer abc.def\"ghi",
            "{\"t\":\"abc.def\\\"ghi\"}",
            "key1",
            "0123456789",
            "/p?x=q%20r%20s",
            "q+r+s",
            "q r s",
            "r3ferred",
            "fr4gment",
        ] {
            let mut hidden = text.into();
            secrets.hide(&mut hidden);
            for secret in ["abc", "key1", "0123", "q%20r", "q+r", "q r", "r3fer", "fr4g"] {
                assert!(!hidden.contains(secret), "{text}: {hidden}");
            }
        }
        let shown = shown(&fields);
        assert_eq!(shown[3], ("X-Plain".into(), "seen".into()));
        assert!(shown[..3].iter().all(|(_, value)| value == HIDDEN));
        let referer = "https://a/b?page=1&access_token=*****#id_token=*****&c=d";
        assert_eq!(shown[4].1, referer);
        assert_eq!(shown_target("/a?token=1&b=2"), "/a?token=*****&b=2");
        let url = "https://user:hush@h:1/a@b?token=1&b=http://c@d";
        assert_eq!(shown_url(url), "https://*****@h:1/a@b?token=*****&b=http://c@d");
        assert_eq!(shown_url("arn:a:b"), "arn:a:b");
        assert_eq!(shown_query("api_key=1&b=2")[0].1, HIDDEN);
    }
}
