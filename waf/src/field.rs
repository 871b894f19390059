//! The component of a request that a statement inspects (`FieldToMatch`).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use crate::json::{End, Item, loose, walk_as_aws};
use crate::request::Request;

/// AWS inspects the first 8 KB of headers and of cookies, and 200 of each.
const HEADERS_BYTES_MAX: usize = 8 * 1024;
const HEADERS_MAX: usize = 200;

/// A component.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Field {
    SingleHeader(String),
    SingleQueryArgument(String),
    AllQueryArguments,
    UriPath,
    QueryString,
    Method,
    Body(Oversize),
    JsonBody {
        paths: Option<Vec<String>>,
        scope: Scope,
        invalid: Option<Invalid>,
        oversize: Oversize,
    },
    Headers {
        names: Names,
        scope: Scope,
        oversize: Oversize,
    },
    Cookies {
        names: Names,
        scope: Scope,
        oversize: Oversize,
    },
    HeaderOrder(Oversize),
    Ja3(Fallback),
    Ja4(Fallback),
    UriFragment(Fallback),
}

/// `OversizeHandling`: what is thought of a component that is larger than what is inspected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Oversize {
    /// What is there of it is inspected.
    Continue,
    Match,
    NoMatch,
}

/// `FallbackBehavior`: what is thought of a component that is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fallback {
    Match,
    NoMatch,
}

/// `InvalidFallbackBehavior`: what is thought of a body that is not JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Invalid {
    Match,
    NoMatch,
    EvaluateAsString,
}

/// `MatchScope`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    All,
    Key,
    Value,
}

/// `MatchPattern` of headers and cookies.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Names {
    All,
    Included(Vec<String>),
    Excluded(Vec<String>),
}

impl Names {
    /// `is_same` compares: of headers "the string match for a key is not case sensitive", of cookies it "is
    /// case sensitive and must be exact".
    fn take(&self, name: &str, is_same: fn(&str, &str) -> bool) -> bool {
        let has = |names: &[String]| names.iter().any(|n| is_same(n, name));
        match self {
            Self::All => true,
            Self::Included(names) => has(names),
            Self::Excluded(names) => !has(names),
        }
    }
}

impl Field {
    /// Whether any text of the component is what `test` looks for. One that is not there is not.
    pub(crate) fn any(&self, request: &Request<'_>, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        match self {
            Self::SingleHeader(name) => {
                let mut values = request.header_values(name);
                let Some(first) = values.next() else { return false };
                let joined = values.fold(Cow::Borrowed(first), |mut all, value| {
                    all.to_mut().push(',');
                    all.to_mut().push_str(value);
                    all
                });
                test(joined.as_bytes())
            }
            Self::SingleQueryArgument(name) => {
                request.query_argument_values(name).any(|value| test(value.as_bytes()))
            }
            // "AWS WAF inspects the values of all arguments within the query string."
            Self::AllQueryArguments => {
                request.query_arguments().any(|(_, value)| test(value.as_bytes()))
            }
            Self::UriPath => test(request.path.as_bytes()),
            Self::QueryString => test(request.query.as_bytes()),
            Self::Method => test(request.method.as_bytes()),
            Self::Body(oversize) => {
                oversize.decides(request.body_is_cut).unwrap_or_else(|| test(request.body))
            }
            Self::JsonBody { paths, scope, invalid, oversize } => oversize
                .decides(request.body_is_cut)
                .unwrap_or_else(|| any_json(request, paths.as_deref(), *scope, *invalid, test)),
            Self::Headers { names, scope, oversize } => {
                let take = |name: &str| names.take(name, str::eq_ignore_ascii_case);
                any_pair(request.headers.iter().copied(), &take, *scope, *oversize, test)
            }
            Self::Cookies { names, scope, oversize } => {
                let take = |name: &str| names.take(name, |one, other| one == other);
                any_pair(request.cookies(), &take, *scope, *oversize, test)
            }
            Self::HeaderOrder(oversize) => {
                let names: Vec<&str> = request.headers.iter().map(|line| line.0).collect();
                let order = names.join(":").to_ascii_lowercase();
                let is_cut = names.len() > HEADERS_MAX || order.len() > HEADERS_BYTES_MAX;
                oversize.decides(is_cut).unwrap_or_else(|| test(order.as_bytes()))
            }
            Self::Ja3(fallback) => fallback.any(request.ja3, test),
            Self::Ja4(fallback) => fallback.any(request.ja4, test),
            Self::UriFragment(fallback) => fallback.any(request.fragment, test),
        }
    }

    /// The name of what has a value, by the value.
    pub(crate) fn name_of(
        &self,
        request: &Request<'_>,
        is_it: &dyn Fn(&[u8]) -> bool,
    ) -> Option<String> {
        let is_one = |(_, value): &(&str, &str)| is_it(value.as_bytes());
        let found = match self {
            Self::SingleHeader(name) | Self::SingleQueryArgument(name) => Some(name.as_str()),
            Self::AllQueryArguments => request.query_arguments().find(is_one).map(|(name, _)| name),
            Self::Headers { .. } => {
                request.headers.iter().copied().find(is_one).map(|(name, _)| name)
            }
            Self::Cookies { .. } => request.cookies().find(is_one).map(|(name, _)| name),
            Self::JsonBody { .. } => return crate::detect::in_json(request.body, is_it),
            _ => None,
        };
        found.map(String::from)
    }

    /// Its name among a log's `oversizeFields`, where there is more of it than is inspected.
    pub(crate) fn oversize(&self, request: &Request<'_>) -> Option<&'static str> {
        let (is_cut, name) = match self {
            Self::Body(_) => (request.body_is_cut, "REQUEST_BODY"),
            Self::JsonBody { .. } => (request.body_is_cut, "REQUEST_JSON_BODY"),
            Self::Headers { .. } | Self::HeaderOrder(_) => {
                (is_cut(request.headers.iter().copied()), "REQUEST_HEADERS")
            }
            Self::Cookies { .. } => (is_cut(request.cookies()), "REQUEST_COOKIES"),
            _ => return None,
        };
        is_cut.then_some(name)
    }

    /// Whether it needs the request's body.
    pub(crate) fn reads_body(&self) -> bool {
        matches!(self, Self::Body(_) | Self::JsonBody { .. })
    }

    /// Its name in the log.
    pub(crate) fn location(&self) -> &'static str {
        match self {
            Self::SingleHeader(_) | Self::Headers { .. } => "HEADER",
            Self::SingleQueryArgument(_) => "SINGLE_QUERY_ARG",
            Self::AllQueryArguments => "ALL_QUERY_ARGS",
            Self::UriPath => "URI",
            Self::QueryString => "QUERY_STRING",
            Self::Method => "METHOD",
            Self::Body(_) => "BODY",
            // "AWS WAF currently reports the location for JSON body inspection as `UNKNOWN`."
            Self::JsonBody { .. } => "UNKNOWN",
            Self::Cookies { .. } => "COOKIE",
            Self::HeaderOrder(_) => "HEADER_ORDER",
            Self::Ja3(_) => "JA3_FINGERPRINT",
            Self::Ja4(_) => "JA4_FINGERPRINT",
            Self::UriFragment(_) => "URI_FRAGMENT",
        }
    }
}

impl Oversize {
    fn decides(self, is_cut: bool) -> Option<bool> {
        match self {
            _ if !is_cut => None,
            Self::Continue => None,
            Self::Match => Some(true),
            Self::NoMatch => Some(false),
        }
    }
}

impl Fallback {
    fn any(self, text: Option<&str>, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        text.map_or(self == Self::Match, |text| test(text.as_bytes()))
    }
}

fn any_pair<'a>(
    pairs: impl Iterator<Item = (&'a str, &'a str)> + Clone,
    take: &dyn Fn(&str) -> bool,
    scope: Scope,
    oversize: Oversize,
    test: &mut dyn FnMut(&[u8]) -> bool,
) -> bool {
    if let Some(decided) = oversize.decides(is_cut(pairs.clone())) {
        return decided;
    }
    inspected(pairs).filter(|(name, _)| take(name)).any(|(name, value)| {
        (scope != Scope::Value && test(name.as_bytes()))
            || (scope != Scope::Key && test(value.as_bytes()))
    })
}

/// As many pairs as are inspected.
fn inspected<'a>(
    pairs: impl Iterator<Item = (&'a str, &'a str)>,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    let mut bytes = 0;
    pairs.take(HEADERS_MAX).take_while(move |(name, value)| {
        bytes += name.len() + value.len();
        bytes <= HEADERS_BYTES_MAX
    })
}

/// Whether there are more.
fn is_cut<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)> + Clone) -> bool {
    inspected(pairs.clone()).count() < pairs.count()
}

fn any_json(
    request: &Request<'_>,
    paths: Option<&[String]>,
    scope: Scope,
    invalid: Option<Invalid>,
    test: &mut dyn FnMut(&[u8]) -> bool,
) -> bool {
    // "If a web request doesn't have the request component, AWS WAF evaluates the request as not matching";
    // the fallback is for "an error while parsing the JSON string".
    if request.body.is_empty() && !request.body_is_cut {
        return false;
    }
    // A name that is "part of the included elements path, isn't evaluated".
    let is_under = |pointer: &str, item, path: &String| {
        let below = pointer.strip_prefix(path.trim_end_matches('/'));
        below.is_some_and(|rest| rest.starts_with('/') || rest.is_empty() && item == Item::Value)
    };
    let end = walk_as_aws(request.body, &mut |pointer, item, text| {
        let is_looked_at = match item {
            Item::Key => scope != Scope::Value,
            Item::Value => scope != Scope::Key,
        };
        is_looked_at
            && paths.is_none_or(|paths| paths.iter().any(|path| is_under(pointer, item, path)))
            && test(text)
    });
    match (end, invalid) {
        (End::Stopped, _) => true,
        // "AWS WAF does its best to parse the entire JSON body, but might be forced to stop for reasons such as
        // invalid characters, duplicate keys, truncation": of a body that is cut too, the fallback decides.
        (End::Invalid(_), Some(Invalid::Match)) => true,
        // "Inspect the body as plain text". Escapes hide from that what a less strict reader finds.
        (End::Invalid(_), Some(Invalid::EvaluateAsString)) => {
            test(request.body) || request.body.contains(&b'\\') && loose(request.body, test)
        }
        // Without one, it is inspected "only up to the first parsing failure".
        (End::Complete | End::Invalid(_), _) => false,
    }
}

#[cfg(test)]
mod tests;
