//! `Cache-Control`, on both sides (RFC 9111 §5.2), and what shares its syntax (RFC 9213).

use alloc::string::String;
use alloc::vec::Vec;

use crate::age::delta_seconds;
use crate::list::{between, between_commas, is_token, lower, members, split, trim, unquote};
use crate::{Fields, Policy};

/// What a response says of its reuse.
///
/// A number that is none is 0: "caches are encouraged to consider responses that have invalid freshness
/// information to be stale" (§4.2.1). Of several, the first counts (there too).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResponseDirectives {
    /// `max-age`, seconds.
    pub max_age_s: Option<u64>,
    /// `s-maxage`, seconds: for shared caches.
    pub s_maxage_s: Option<u64>,
    /// `stale-while-revalidate` (RFC 5861 §3), seconds.
    pub stale_while_revalidate_s: Option<u64>,
    /// `stale-if-error` (RFC 5861 §4), seconds.
    pub stale_if_error_s: Option<u64>,
    /// `no-store`
    pub no_store: bool,
    /// `no-cache` without fields.
    pub no_cache: bool,
    /// The fields of `no-cache="…"`.
    pub no_cache_fields: Vec<String>,
    /// `private` without fields.
    pub private: bool,
    /// The fields of `private="…"`.
    pub private_fields: Vec<String>,
    /// `public`
    pub public: bool,
    /// `must-revalidate`
    pub must_revalidate: bool,
    /// `proxy-revalidate`
    pub proxy_revalidate: bool,
    /// `must-understand`
    pub must_understand: bool,
    /// `no-transform`
    pub no_transform: bool,
}

impl ResponseDirectives {
    /// What the fields say: `CDN-Cache-Control` where it is there and the policy reads it, and then
    /// neither `Cache-Control` nor `Expires` (RFC 9213 §2.2).
    pub fn read(policy: &Policy, fields: &Fields) -> Self {
        let mut read = Self::default();
        match targeted(policy, fields) {
            Some(members) => {
                for (at, (key, value)) in members.iter().enumerate() {
                    // "When duplicate dictionary keys are encountered, all but the last are ignored" (RFC 8941 §3.2).
                    if is_known(key) && !members[at + 1..].iter().any(|(other, _)| other == key) {
                        typed(key, *value).iter().for_each(|value| read.take(key, value));
                    }
                }
            }
            None => {
                for (name, value) in directives(fields, "cache-control") {
                    read.take(&name, &value);
                }
            }
        }
        read
    }

    fn take(&mut self, name: &str, value: &Argument<'_>) {
        match name {
            "max-age" => _ = self.max_age_s.get_or_insert(value.seconds()),
            "s-maxage" => _ = self.s_maxage_s.get_or_insert(value.seconds()),
            "stale-while-revalidate" => {
                _ = self.stale_while_revalidate_s.get_or_insert(value.seconds());
            }
            "stale-if-error" => _ = self.stale_if_error_s.get_or_insert(value.seconds()),
            "no-store" => self.no_store = true,
            "no-cache" => match value.field_names() {
                Some(names) => self.no_cache_fields.extend(names),
                None => self.no_cache = true,
            },
            "private" => match value.field_names() {
                Some(names) => self.private_fields.extend(names),
                None => self.private = true,
            },
            "public" => self.public = true,
            "must-revalidate" => self.must_revalidate = true,
            "proxy-revalidate" => self.proxy_revalidate = true,
            "must-understand" => self.must_understand = true,
            "no-transform" => self.no_transform = true,
            _ => {} // §5.2.3: "a cache MUST ignore unrecognized cache directives"
        }
    }
}

/// What a client asks of caches (§5.2.1). What is no number is not there: it is advice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestDirectives {
    /// `max-age`, seconds.
    pub max_age_s: Option<u64>,
    /// `max-stale`, seconds; without a number any.
    pub max_stale_s: Option<u64>,
    /// `min-fresh`, seconds.
    pub min_fresh_s: Option<u64>,
    /// `stale-if-error`, seconds.
    pub stale_if_error_s: Option<u64>,
    /// `no-cache`, or `Pragma: no-cache` where there is no `Cache-Control` (§5.4).
    pub no_cache: bool,
    /// `no-store`
    pub no_store: bool,
    /// `only-if-cached`
    pub only_if_cached: bool,
}

impl RequestDirectives {
    /// What the fields say.
    pub fn read(fields: &Fields) -> Self {
        let mut read = Self::default();
        if !fields.contains("cache-control") {
            read.no_cache = directives(fields, "pragma").any(|(name, _)| name == "no-cache");
        }
        for (name, value) in directives(fields, "cache-control") {
            match &*name {
                "max-age" => read.max_age_s = read.max_age_s.or(value.number()),
                "max-stale" if matches!(value, Argument::None) => read.max_stale_s = Some(u64::MAX),
                "max-stale" => read.max_stale_s = read.max_stale_s.or(value.number()),
                "min-fresh" => read.min_fresh_s = read.min_fresh_s.or(value.number()),
                "stale-if-error" => {
                    read.stale_if_error_s = read.stale_if_error_s.or(value.number());
                }
                "no-cache" => read.no_cache = true,
                "no-store" => read.no_store = true,
                "only-if-cached" => read.only_if_cached = true,
                _ => {}
            }
        }
        read
    }
}

const TARGETED: &str = "cdn-cache-control";

/// A key and its value, as they stand in a dictionary; without one it is true.
type Member<'a> = (&'a str, Option<&'a [u8]>);

/// Whether a targeted field counts.
pub(crate) fn is_targeted(policy: &Policy, fields: &Fields) -> bool {
    targeted(policy, fields).is_some()
}

/// The members of a targeted field that counts, without parameters: it is a dictionary (RFC 8941 §3.2). `None` where it
/// is not there, empty, or no dictionary (RFC 9213 §2.1: as if it were not there).
fn targeted<'a>(policy: &Policy, fields: &'a Fields) -> Option<Vec<Member<'a>>> {
    let mut read: Vec<Member<'a>> = Vec::new();
    for member in fields.all(TARGETED).filter(|_| policy.reads_targeted).flat_map(between_commas) {
        let mut parts = between(b';', member);
        let (key, value) = item(parts.next()?)?;
        if !parts.all(|parameter| item(parameter).is_some()) {
            return None;
        }
        read.push((key, value));
    }
    (!read.is_empty()).then_some(read)
}

/// A key in lower case, and roughly a value that a dictionary can have.
fn item(text: &[u8]) -> Option<Member<'_>> {
    let (key, value) = match text.iter().position(|b| *b == b'=') {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let is_key = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-.*".contains(b);
    let is_value = |value: &[u8]| {
        let number = value.strip_prefix(b"-").unwrap_or(value);
        let is_number = !number.is_empty()
            && number.len() <= 15
            && number.iter().all(|b| b.is_ascii_digit() || *b == b'.');
        let is_other = matches!(value, b"?0" | b"?1" | [b'(', .., b')'] | [b':', .., b':']);
        is_number || is_other || unquote(value).is_some() || is_word(value)
    };
    let is_one = !key.is_empty() && key.iter().all(is_key) && value.is_none_or(is_value);
    Some((core::str::from_utf8(key).ok().filter(|_| is_one)?, value))
}

/// Whether [`ResponseDirectives::take`] takes it.
fn is_known(key: &str) -> bool {
    is_time(key)
        || matches!(
            key,
            "no-store"
                | "no-cache"
                | "private"
                | "public"
                | "must-revalidate"
                | "proxy-revalidate"
                | "must-understand"
                | "no-transform"
        )
}

fn is_time(key: &str) -> bool {
    matches!(key, "max-age" | "s-maxage" | "stale-while-revalidate" | "stale-if-error")
}

/// What a member of a dictionary says where it has the type that its directive wants (RFC 9213 §2.1: what has another
/// one is not consumed). One that says no without a number forbids reuse whatever is behind it, but for `?0`.
fn typed<'a>(key: &str, value: Option<&'a [u8]>) -> Option<Argument<'a>> {
    match value {
        Some(b"?0") => None,
        Some(value) if is_time(key) => {
            value.iter().all(u8::is_ascii_digit).then(|| Argument::Text(value.into()))
        }
        None if is_time(key) => None,
        Some(value) => {
            Some(unquote(value).map_or(Argument::None, |text| Argument::Text(text.into())))
        }
        None => Some(Argument::None),
    }
}

fn is_word(value: &[u8]) -> bool {
    value.first().is_some_and(|b| b.is_ascii_alphabetic()) && is_token(value)
}

enum Argument<'a> {
    None,
    /// A token, or the inside of a quoted string.
    Text(alloc::borrow::Cow<'a, [u8]>),
    /// Neither, or white space where there may be none.
    Malformed,
}

impl Argument<'_> {
    fn number(&self) -> Option<u64> {
        match self {
            Self::Text(text) => delta_seconds(text),
            Self::None | Self::Malformed => None,
        }
    }

    fn seconds(&self) -> u64 {
        self.number().unwrap_or(0)
    }

    /// The names of fields; `None` where the argument is none or says none: the directive is about all then.
    fn field_names(&self) -> Option<Vec<String>> {
        let Self::Text(text) = self else { return None };
        let names: Option<Vec<String>> = split(text).map(lower).collect();
        names.filter(|names| !names.is_empty())
    }
}

/// The directives of a field, names in lower case.
fn directives<'a>(
    fields: &'a Fields,
    field: &'a str,
) -> impl Iterator<Item = (String, Argument<'a>)> {
    // `private; max-age=60`: a name that is none is several, which somebody has put beside each other as in other fields.
    let each = members(fields, field).flat_map(|member| {
        let name = member.split(|b| *b == b'=').next().unwrap_or(member);
        between(if is_token(trim(name)) { b',' } else { b';' }, member)
    });
    each.filter_map(|member| {
        let Some(at) = member.iter().position(|b| *b == b'=') else {
            return Some((lower(member)?, Argument::None));
        };
        let (name, value) = (&member[..at], &member[at + 1..]);
        let is_spaced = trim(name) != name || trim(value) != value;
        let argument = match unquote(value) {
            _ if is_spaced => Argument::Malformed,
            Some(text) => Argument::Text(text.into()),
            None if is_token(value) => Argument::Text(value.into()),
            None => Argument::Malformed,
        };
        Some((lower(trim(name))?, argument))
    })
}
