//! Whether a request is what a statement says.

use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;

use crate::acl::{Comparison, Inspected, Position, Statement};
use crate::detect::Parts;
use crate::forwarded::{Forwarded, Told};
use crate::matched::{Found, tokens};
use crate::pre_parse::PreParse;
use crate::request::{Location, Request};
use crate::seen::Seen;
use crate::transform::{Transformation, is_word};
use crate::{sql, xss};

/// Evaluates statements for one request.
#[derive(Debug)]
pub(crate) struct Matcher<'s, 'a> {
    pub(crate) request: &'s Request<'a>,
    pub(crate) parts: &'s Parts,
    pub(crate) labels: &'s [String],
    pub(crate) seen: Option<&'s Seen>,
    /// Where the addresses are that proxies told of.
    pub(crate) located: &'s [(IpAddr, Location)],
    /// Where an injection was found, for the log.
    pub(crate) found: Option<Found>,
    /// Labels that statements add, whether or not they match.
    pub(crate) added: Vec<String>,
    /// The rule is not applied: a header that it looks for is not there.
    pub(crate) is_skipped: bool,
}

impl<'s> Matcher<'s, '_> {
    /// Statements are nested no deeper than they are read (`STATEMENTS_DEPTH_MAX`).
    pub(crate) fn matches(&mut self, statement: &Statement) -> bool {
        let is_match = match self.seen {
            Some(seen) => {
                let request = self.request;
                seen.look(statement, request, || self.looks(statement))
            }
            None => self.looks(statement),
        };
        if let Statement::Detects(detector) = statement
            && is_match
        {
            self.added.extend(detector.bot(self.request));
        }
        is_match
    }

    fn looks(&mut self, statement: &Statement) -> bool {
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
                let sensitivity = if *is_high { "HIGH" } else { "LOW" };
                self.injected(inspected, "SQL_INJECTION", sensitivity, &|text| {
                    sql::is_injection(text, *is_high)
                })
            }
            Statement::Xss(inspected) => self.injected(inspected, "XSS", "", &xss::is_injection),
            Statement::Ip { set, forwarded: None } => set.contains(self.request.client_ip),
            Statement::Ip { set, forwarded: Some(forwarded) } => {
                let found = forwarded.matches(self.request, &|address| set.has(address));
                self.unless_skipped(found)
            }
            Statement::Geo { countries, forwarded } => {
                let located = self.location(forwarded.as_ref());
                let found = located.map(|located| match located {
                    Ok(location) => {
                        self.label_location(location, forwarded.is_some());
                        let own = location.and_then(|location| location.country.as_ref());
                        own.is_some_and(|own| countries.contains(own))
                    }
                    Err(fallback) => fallback,
                });
                self.unless_skipped(found)
            }
            Statement::Asn { numbers, forwarded } => {
                let located = self.location(forwarded.as_ref());
                let found = located.map(|located| match located {
                    // "If AWS WAF can't determine the ASN of a valid address, it assigns ASN 0."
                    Ok(location) => numbers.contains(&location.and_then(|l| l.asn).unwrap_or(0)),
                    Err(fallback) => fallback,
                });
                self.unless_skipped(found)
            }
            Statement::Label { scope_is_namespace, key } => self.labels.iter().any(|label| {
                let namespace = || label.starts_with(key.as_str());
                if *scope_is_namespace { namespace() } else { is_labelled(label, key) }
            }),
            Statement::And(all) => all.iter().all(|one| self.matches(one)),
            Statement::Or(any) => any.iter().any(|one| self.matches(one)),
            Statement::Not(one) => !self.matches(one),
            Statement::Detects(detector) => {
                let detected = detector.detects(self.request, self.parts);
                let is_match = detected.is_some();
                self.found = detected.flatten().or(self.found.take());
                is_match
            }
        }
    }

    /// A rule that looks for a header that is not there is not applied at all, also where it is negated.
    fn unless_skipped(&mut self, found: Option<bool>) -> bool {
        self.is_skipped |= found.is_none();
        found.unwrap_or(false)
    }

    /// Where the client is, or whom a proxy forwards for: then the error is the fallback, and `None` that the
    /// header is not there.
    fn location(
        &self,
        forwarded: Option<&Forwarded>,
    ) -> Option<Result<Option<&'s Location>, bool>> {
        let Some(forwarded) = forwarded else { return Some(Ok(self.request.location)) };
        match forwarded.first_address(self.request) {
            Told::Nothing => None,
            Told::Nonsense => Some(Err(forwarded.matches_without)),
            Told::Address(address) => {
                let found = self.located.iter().find(|(of, _)| *of == address);
                Some(Ok(found.map(|(_, location)| location)))
            }
        }
    }

    /// "A geo match rule labels every request that it inspects regardless of whether it finds a match";
    /// what is not known is `XX`.
    fn label_location(&mut self, location: Option<&Location>, is_forwarded: bool) {
        let origin = if is_forwarded { "forwardedip" } else { "clientip" };
        let country = location.and_then(|l| l.country.as_deref()).unwrap_or("XX");
        let region = location.and_then(|l| l.region.as_deref()).unwrap_or("XX");
        for label in [
            alloc::format!("awswaf:{origin}:geo:country:{country}"),
            alloc::format!("awswaf:{origin}:geo:region:{country}-{region}"),
        ] {
            if !self.labels.contains(&label) && !self.added.contains(&label) {
                self.added.push(label);
            }
        }
    }

    fn any(&self, inspected: &Inspected, mut test: impl FnMut(&[u8]) -> bool) -> bool {
        let mut test =
            |text: &[u8]| test(&Transformation::apply_all(&inspected.transformations, text));
        if inspected.pre_parse.is_empty() {
            return inspected.field.any(self.request, &mut test);
        }
        let query = PreParse::apply_all(&inspected.pre_parse, self.request.query);
        let request = Request { query: &query, ..self.request.clone() };
        inspected.field.any(&request, &mut test)
    }

    /// Whether a text of a field is an injection, which is noted with what was matched.
    fn injected(
        &mut self,
        inspected: &Inspected,
        condition: &'static str,
        sensitivity: &'static str,
        is_injection: &dyn Fn(&[u8]) -> bool,
    ) -> bool {
        let mut text = Vec::new();
        let found = self.any(inspected, |one| {
            let is_one = is_injection(one);
            if is_one {
                text = one.to_vec();
            }
            is_one
        });
        if found {
            let Inspected { field, transformations, .. } = inspected;
            let is_it = |one: &[u8]| Transformation::apply_all(transformations, one)[..] == text;
            self.found = Some(Found {
                condition,
                location: field.location(),
                name: field.name_of(self.request, &is_it),
                data: tokens(condition, &text),
                sensitivity,
            });
        }
        found
    }
}

/// `header:encoding:utf8` is found by its full name, and by its end at a colon.
pub(crate) fn is_labelled(label: &str, key: &str) -> bool {
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
    // Told several bytes at a time, as `position` does not.
    if !text.contains(&first) {
        return None;
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
