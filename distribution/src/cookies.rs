//! `Cookie` (RFC 6265 §4.2).

use alloc::string::String;
use alloc::vec::Vec;

use http_cache::Fields;

/// The cookies with these names, in the order in which they came; `None` where that is none.
pub(crate) fn keep(fields: &Fields, is_kept: impl Fn(&str) -> bool) -> Option<String> {
    let kept: Vec<&str> = pairs(fields).filter(|pair| is_kept(name(pair))).collect();
    (!kept.is_empty()).then(|| kept.join("; "))
}

/// The value of a cookie that is there once.
pub(crate) fn value<'f>(fields: &'f Fields, wanted: &str) -> Option<&'f str> {
    let mut found = pairs(fields).filter(|pair| name(pair) == wanted);
    let one = found.next().filter(|_| found.next().is_none())?;
    one.split_once('=').map(|(_, value)| value)
}

fn pairs(fields: &Fields) -> impl Iterator<Item = &str> {
    let lines = fields.all("cookie").filter_map(|line| core::str::from_utf8(line).ok());
    lines.flat_map(|line| line.split(';')).map(str::trim).filter(|pair| !pair.is_empty())
}

fn name(pair: &str) -> &str {
    pair.split_once('=').map_or(pair, |(name, _)| name).trim()
}
