//! The cache key: what a cache policy names, and nothing else.

use alloc::string::String;
use core::fmt::Write;

use crate::model::Behavior;
use crate::origin_request::METHOD_OVERRIDE;
use crate::own_fields::own_field;
use crate::{Matched, cookies, query};

/// Each part with its length: no value can pass for another part.
pub(crate) fn key(matched: &Matched<'_>) -> String {
    let mut key = String::new();
    each_part(matched, |name, value| {
        write!(key, "{}:{name}{}:{value}", name.len(), value.len()).ok();
    });
    key
}

/// Name and value of each part.
pub(crate) fn each_part(matched: &Matched<'_>, mut add: impl FnMut(&str, &str)) {
    let (cache, fields) = (&matched.behavior.cache, &matched.fields);
    add("distribution", &matched.distribution.id);
    if matched.cache_method() != matched.method && matched.method == "OPTIONS" {
        add("method", "OPTIONS");
    }
    // Behind a behaviour of another origin the same path is another object, also after a change of their order.
    let (first, second) = matched.origins();
    let id = |index: usize| matched.distribution.origins[index].id.as_str();
    add("origin", id(first));
    if let Some(second) = second {
        add("second", id(second));
    }
    add("object", &matched.object());
    let keyed = keyed_fields(matched);
    for name in &keyed {
        match own_field(matched, name) {
            Some(value) => add(name, &value),
            None => {
                // Each line as the origin is sent it: many an origin goes by an order or a case that says nothing to others.
                fields.all(name).for_each(|line| add_bytes(&mut add, name, line));
            }
        }
    }
    // The origin may go by the name that it is sent.
    if matched.forwards_host() && !keyed.iter().any(|name| name == "host") {
        add("host", &matched.host());
    }
    // Origins that go by it say something else.
    if !keyed.iter().any(|name| name == METHOD_OVERRIDE) {
        let mut add = |method| add_bytes(&mut add, METHOD_OVERRIDE, method);
        matched.overriding_methods().for_each(&mut add);
    }
    if let Some(encoding) = accept_encoding(matched) {
        add("accept-encoding", &encoding);
    }
    if let Some(cookies) = cookies::keep(fields, |name| cache.cookies.names_cookie(name)) {
        add("cookie", &cookies);
    }
}

/// Bytes that are no text are each another one, under a name that no field has.
fn add_bytes(add: &mut impl FnMut(&str, &str), name: &str, value: &[u8]) {
    match core::str::from_utf8(value) {
        Ok(text) => add(name, text),
        Err(_) => {
            let text: String = value.iter().map(|b| char::from(*b)).collect();
            add(&[name, " in bytes"].concat(), &text);
        }
    }
}

/// What is stored is called so, whatever else its key tells apart: the path as origins see it, and of the query
/// what is in the key.
pub(crate) fn object(behavior: &Behavior, path: &str, query: Option<&str>) -> String {
    let selected = &behavior.cache.query_strings;
    let kept = query.and_then(|query| {
        query::keep(query, |name| !crate::signed::is_own(behavior, name) && selected.names(name))
    });
    let kept = kept.map(|query| ["?", &query].concat()).unwrap_or_default();
    [path, &kept].concat()
}

/// Names in lower case, in order.
fn keyed_fields(matched: &Matched<'_>) -> alloc::vec::Vec<String> {
    let mut names = match &matched.behavior.cache.headers {
        crate::model::Selected::These(names) => {
            names.iter().map(|name| name.to_ascii_lowercase()).collect()
        }
        _ => alloc::vec::Vec::new(),
    };
    names.sort_unstable();
    names.dedup();
    names
}

/// CloudFront's normalised `Accept-Encoding`: of what the policy supports, what the viewer takes.
pub(crate) fn accept_encoding(matched: &Matched<'_>) -> Option<String> {
    let cache = &matched.behavior.cache;
    let takes = |coding: &str| {
        http_cache::members(&matched.fields, "accept-encoding").any(|member| {
            let member = String::from_utf8_lossy(member).to_ascii_lowercase();
            let mut parts = member.split(';').map(str::trim);
            let is_it = parts.next() == Some(coding);
            // `q=0` and `q=0.000` say no.
            is_it && !parts.any(|p| p.strip_prefix("q=").is_some_and(is_zero))
        })
    };
    let both = [("br", cache.brotli), ("gzip", cache.gzip)];
    let kept = both.into_iter().filter(|(coding, is_supported)| *is_supported && takes(coding));
    let kept: alloc::vec::Vec<&str> = kept.map(|(coding, _)| coding).collect();
    (!kept.is_empty()).then(|| kept.join(","))
}

fn is_zero(weight: &str) -> bool {
    !weight.is_empty() && weight.chars().all(|c| matches!(c, '0' | '.'))
}
