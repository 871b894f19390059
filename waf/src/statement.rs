//! Whether a request is what a statement says.

use core::net::IpAddr;

use crate::acl::{Comparison, Forwarded, Inspected, Place, Position, Statement};
use crate::detect::Parts;
use crate::ip;
use crate::request::Request;
use crate::transform::{Transformation, is_word};
use crate::{sql, xss};

/// Evaluates statements for one request.
#[derive(Debug)]
pub(crate) struct Matcher<'s, 'a> {
    pub(crate) request: &'s Request<'a>,
    pub(crate) parts: &'s Parts,
    pub(crate) labels: &'s [alloc::string::String],
    /// Where an injection was found, for the log.
    pub(crate) found: Option<Found>,
}

/// `terminatingRuleMatchDetails`: only of injections, as AWS has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) condition: &'static str,
    pub(crate) location: &'static str,
    pub(crate) sensitivity: &'static str,
}

impl Matcher<'_, '_> {
    /// Statements are nested no deeper than they are read (`STATEMENTS_DEPTH_MAX`).
    pub(crate) fn matches(&mut self, statement: &Statement) -> bool {
        match statement {
            Statement::Bytes { needle, position, inspected } => {
                self.any(inspected, |text| is_at(text, needle, *position))
            }
            Statement::Regex { patterns, inspected } => {
                self.any(inspected, |text| patterns.iter().any(|pattern| pattern.is_match(text)))
            }
            Statement::Size { comparison, size, inspected } => {
                self.any(inspected, |text| comparison.holds(text.len() as u64, *size))
            }
            Statement::Sqli { is_high, inspected } => {
                let found = self.any(inspected, |text| sql::is_injection(text, *is_high));
                let sensitivity = if *is_high { "HIGH" } else { "LOW" };
                self.note(found, "SQL_INJECTION", inspected, sensitivity)
            }
            Statement::Xss(inspected) => {
                let found = self.any(inspected, xss::is_injection);
                self.note(found, "XSS", inspected, "")
            }
            Statement::Ip { set, forwarded: None } => set.contains(self.request.client_ip),
            Statement::Ip { set, forwarded: Some(forwarded) } => {
                forwarded_matches(self.request, forwarded, &mut |address| set.contains(address))
            }
            // What the host knows of the peer says nothing of an address that a proxy tells.
            Statement::Geo { countries, forwarded: None } => {
                self.request.country.is_some_and(|own| countries.iter().any(|code| code == own))
            }
            Statement::Asn { numbers, forwarded: None } => {
                self.request.asn.is_some_and(|own| numbers.contains(&own))
            }
            Statement::Geo { forwarded: Some(forwarded), .. }
            | Statement::Asn { forwarded: Some(forwarded), .. } => forwarded.matches_without,
            Statement::Label { scope_is_namespace, key } => self.labels.iter().any(|label| {
                let namespace = || label.starts_with(key.as_str());
                if *scope_is_namespace { namespace() } else { is_labelled(label, key) }
            }),
            Statement::And(all) => all.iter().all(|one| self.matches(one)),
            Statement::Or(any) => any.iter().any(|one| self.matches(one)),
            Statement::Not(one) => !self.matches(one),
            Statement::Detects(detector) => {
                let found = detector.detects(self.request, self.parts);
                if found && let Some(condition) = detector.condition() {
                    let location = detector.location();
                    self.found = Some(Found { condition, location, sensitivity: "" });
                }
                found
            }
        }
    }

    fn any(&self, inspected: &Inspected, mut test: impl FnMut(&[u8]) -> bool) -> bool {
        inspected.field.any(self.request, &mut |text| {
            test(&Transformation::apply_all(&inspected.transformations, text))
        })
    }

    fn note(
        &mut self,
        found: bool,
        condition: &'static str,
        inspected: &Inspected,
        sensitivity: &'static str,
    ) -> bool {
        if found {
            self.found =
                Some(Found { condition, location: inspected.field.location(), sensitivity });
        }
        found
    }
}

/// `header:encoding:utf8` is found by its full name, and by its end at a colon.
fn is_labelled(label: &str, key: &str) -> bool {
    let before = label.strip_suffix(key);
    before.is_some_and(|before| before.is_empty() || before.ends_with(':'))
}

fn is_at(text: &[u8], needle: &[u8], position: Position) -> bool {
    match position {
        Position::Exactly => text == needle,
        Position::StartsWith => text.starts_with(needle),
        Position::EndsWith => text.ends_with(needle),
        Position::Contains => contains(text, needle),
        Position::ContainsWord => {
            let mut from = 0;
            while let Some(at) = text.get(from..).and_then(|rest| find(rest, needle)) {
                let (start, end) = (from + at, from + at + needle.len());
                let alone = |byte: Option<&u8>| byte.is_none_or(|byte| !is_word(*byte));
                if alone(start.checked_sub(1).and_then(|i| text.get(i))) && alone(text.get(end)) {
                    return true;
                }
                from = start + 1;
            }
            false
        }
    }
}

pub(crate) fn contains(text: &[u8], needle: &[u8]) -> bool {
    find(text, needle).is_some()
}

/// Needles up to this are looked for where their first byte is.
const SHORT_NEEDLE_BYTES: usize = 24;

/// Where a text begins in another, in time linear in both (Knuth, Morris, Pratt): a rule's own text
/// may be long and of one letter.
pub(crate) fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    let Some((&first, rest)) = needle.split_first() else { return Some(0) };
    if rest.is_empty() {
        return text.iter().position(|byte| *byte == first);
    }
    if needle.len() <= SHORT_NEEDLE_BYTES {
        let mut from = 0;
        while let Some(at) = text[from..].iter().position(|byte| *byte == first) {
            from += at + 1;
            if text[from..].starts_with(rest) {
                return Some(from - 1);
            }
        }
        return None;
    }
    let start = text.iter().position(|byte| *byte == first)?;
    let mut borders = alloc::vec![0_usize; needle.len()];
    let mut length = 0;
    for at in 1..needle.len() {
        while length > 0 && needle[at] != needle[length] {
            length = borders[length - 1];
        }
        length += usize::from(needle[at] == needle[length]);
        borders[at] = length;
    }
    let mut matched = 0;
    for (at, byte) in text.iter().enumerate().skip(start) {
        while matched > 0 && *byte != needle[matched] {
            matched = borders[matched - 1];
        }
        matched += usize::from(*byte == needle[matched]);
        if matched == needle.len() {
            return Some(at + 1 - needle.len());
        }
    }
    None
}

impl Comparison {
    fn holds(self, size: u64, than: u64) -> bool {
        match self {
            Self::Eq => size == than,
            Self::Ne => size != than,
            Self::Le => size <= than,
            Self::Lt => size < than,
            Self::Ge => size >= than,
            Self::Gt => size > than,
        }
    }
}

/// The addresses of a forwarding header that a rule looks at: AWS takes 10 of them.
fn forwarded_matches(
    request: &Request<'_>,
    forwarded: &Forwarded,
    test: &mut dyn FnMut(&str) -> bool,
) -> bool {
    let mut addresses =
        request.header_values(&forwarded.header).flat_map(|value| value.split(',')).map(str::trim);
    match forwarded.place {
        Place::First => match addresses.next().filter(|a| ip::parse(a).is_some()) {
            Some(address) => test(address),
            None => forwarded.matches_without,
        },
        Place::Last => match addresses.last().filter(|a| ip::parse(a).is_some()) {
            Some(address) => test(address),
            None => forwarded.matches_without,
        },
        Place::Any => {
            let mut is_there = false;
            let valid = addresses.take(10).filter(|address| ip::parse(address).is_some());
            for address in valid {
                is_there = true;
                if test(address) {
                    return true;
                }
            }
            !is_there && forwarded.matches_without
        }
    }
}

/// The first address of a forwarding header.
pub(crate) fn forwarded_address(request: &Request<'_>, forwarded: &Forwarded) -> Option<IpAddr> {
    let value = request.header(&forwarded.header)?;
    ip::parse(value.split(',').next()?)
}
