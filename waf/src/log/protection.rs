//! Data protection (`DataProtectionConfig`): what logs and samples show instead of values.
//!
//! "Substitution refers to replacing content with the word `REDACTED`"; a hash is Base64 of SHA-256 of "a
//! string from account_number and content". Names are compared without regard to case.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use super::REDACTED;
use crate::pattern::as_text;
use crate::transform::Transformation::UrlDecode;

/// What of a request is protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Protected {
    Header(String),
    Cookie(String),
    QueryArgument(String),
    QueryString,
    /// Of a body nothing is logged.
    Body,
}

/// How the values of a web ACL's requests are protected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Protections {
    /// The number of the web ACL's account.
    pub(crate) account: String,
    /// Whether each is hashed; else it is substituted.
    pub(crate) all: Vec<(Protected, bool)>,
    /// Those of which it is not told either what rules matched.
    pub(crate) matched: Vec<Protected>,
}

impl Protections {
    /// A header field's value.
    pub(crate) fn header<'t>(&self, name: &str, value: &'t str) -> Cow<'t, str> {
        let hashes =
            self.of(|one| matches!(one, Protected::Header(of) if of.eq_ignore_ascii_case(name)));
        if name.eq_ignore_ascii_case("cookie") {
            return self.cookies(value, hashes);
        }
        hashes.map_or(Cow::Borrowed(value), |hashes| self.hidden(hashes, value).into())
    }

    /// "Only cookie values are protected and key names are excluded", and the token of the web ACL is "out of
    /// scope".
    fn cookies<'t>(&self, line: &'t str, all: Option<bool>) -> Cow<'t, str> {
        if all.is_none() && !self.all.iter().any(|(one, _)| matches!(one, Protected::Cookie(_))) {
            return Cow::Borrowed(line);
        }
        let pieces = line.split(';').map(|piece| {
            let Some((name, value)) = piece.split_once('=') else { return Cow::Borrowed(piece) };
            let bare = name.trim();
            let own = self
                .of(|one| matches!(one, Protected::Cookie(of) if of.eq_ignore_ascii_case(bare)));
            let is_token = bare.eq_ignore_ascii_case("aws-waf-token");
            match strictest(own, all).filter(|_| !is_token) {
                Some(hashes) => alloc::format!("{name}={}", self.hidden(hashes, value)).into(),
                None => Cow::Borrowed(piece),
            }
        });
        pieces.collect::<Vec<_>>().join(";").into()
    }

    /// The value of a cookie.
    pub(crate) fn cookie<'t>(&self, name: &str, value: &'t str) -> Cow<'t, str> {
        let all = self
            .of(|one| matches!(one, Protected::Header(of) if of.eq_ignore_ascii_case("cookie")));
        let own =
            self.of(|one| matches!(one, Protected::Cookie(of) if of.eq_ignore_ascii_case(name)));
        let hashes = strictest(own, all);
        hashes.map_or(Cow::Borrowed(value), |hashes| self.hidden(hashes, value).into())
    }

    /// The value of an argument of the query.
    pub(crate) fn argument<'t>(&self, name: &str, value: &'t str) -> Cow<'t, str> {
        let hashes = self.of(|one| match one {
            Protected::QueryArgument(of) => of.eq_ignore_ascii_case(name),
            other => *other == Protected::QueryString,
        });
        hashes.map_or(Cow::Borrowed(value), |hashes| self.hidden(hashes, value).into())
    }

    /// A query.
    pub(crate) fn query<'t>(&self, query: &'t str) -> Cow<'t, str> {
        if self.all.is_empty() || query.is_empty() {
            return Cow::Borrowed(query);
        }
        if let Some(hashes) = self.of(|one| *one == Protected::QueryString) {
            return self.hidden(hashes, query).into();
        }
        let pieces = query.split('&').map(|piece| {
            let Some((name, value)) = piece.split_once('=') else { return Cow::Borrowed(piece) };
            let decoded = UrlDecode.apply(name.as_bytes());
            let decoded = as_text(&decoded);
            let hashes =
                self.of(|one| matches!(one, Protected::QueryArgument(of) if of.eq_ignore_ascii_case(&decoded)));
            match hashes {
                Some(hashes) => alloc::format!("{name}={}", self.hidden(hashes, value)).into(),
                None => Cow::Borrowed(piece),
            }
        });
        pieces.collect::<Vec<_>>().join("&").into()
    }

    /// Whether what `is_it` is about is protected, and then whether by a hash.
    fn of(&self, is_it: impl Fn(&Protected) -> bool) -> Option<bool> {
        let all = self.all.iter().filter(|(one, _)| is_it(one)).map(|(_, hashes)| Some(*hashes));
        all.fold(None, strictest)
    }

    fn hidden(&self, hashes: bool, value: &str) -> String {
        if !hashes {
            return REDACTED.into();
        }
        let digest = Sha256::new().chain_update(&self.account).chain_update(value).finalize();
        base64(&digest)
    }
}

/// "The stricter method, substitution".
fn strictest(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one && other),
        _ => one.or(other),
    }
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let at = |index: usize| u32::from(group.get(index).copied().unwrap_or(0));
        let value = at(0) << 16 | at(1) << 8 | at(2);
        for digit in 0..4 {
            let index = (value >> (18 - 6 * digit)) as usize & 63;
            text.push(if digit <= group.len() { char::from(ALPHABET[index]) } else { '=' });
        }
    }
    text
}
