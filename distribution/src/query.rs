//! Query strings: parameters between `&`, as they stand.

use alloc::string::String;
use alloc::vec::Vec;

/// Parameters with these names, in the order in which they came; `None` where that is none.
pub(crate) fn keep(query: &str, is_kept: impl Fn(&str) -> bool) -> Option<String> {
    let kept: Vec<&str> = parameters(query).filter(|one| is_kept(name(one))).collect();
    (!kept.is_empty()).then(|| kept.join("&"))
}

/// The same for an origin that takes `;` for the end of a parameter, too.
pub(crate) fn undivided(query: &str) -> String {
    query.replace(';', "%3B")
}

/// The value of a parameter that is there once. Two could be read as either.
pub(crate) fn value<'q>(query: &'q str, wanted: &str) -> Option<&'q str> {
    let mut found = parameters(query).filter(|one| name(one) == wanted);
    let one = found.next().filter(|_| found.next().is_none())?;
    Some(one.split_once('=').map_or("", |(_, value)| value))
}

fn parameters(query: &str) -> impl Iterator<Item = &str> {
    query.split('&').filter(|one| !one.is_empty())
}

fn name(parameter: &str) -> &str {
    parameter.split_once('=').map_or(parameter, |(name, _)| name)
}
