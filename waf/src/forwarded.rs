//! Addresses that proxies tell of (`ForwardedIPConfig`).
//!
//! "If the specified header isn't present in the request, AWS WAF doesn't apply the rule to the web request at
//! all"; the fallback is for a header that has no address where one is looked for.

use alloc::string::String;
use core::net::IpAddr;

use crate::ip;
use crate::request::Request;

/// `ForwardedIPConfig`: the address is a proxy's word for it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Forwarded {
    pub(crate) header: String,
    pub(crate) matches_without: bool,
    pub(crate) place: Place,
}

/// Which address of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    First,
    Last,
    Any,
}

/// What the header tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// It is not there.
    Nothing,
    /// It has no address at that place.
    Nonsense,
    Address(IpAddr),
}

/// "If the header contains more than 10 IP addresses, AWS WAF inspects the last 10."
const ADDRESSES_MAX: usize = 10;

impl Forwarded {
    /// The first address: what countries, networks and rates go by.
    pub(crate) fn first_address(&self, request: &Request<'_>) -> Told {
        told(self.texts(request).next())
    }

    /// Whether the address at the place that was asked for is one of them; `None` without the header.
    pub(crate) fn matches(
        &self,
        request: &Request<'_>,
        contains: &dyn Fn(IpAddr) -> bool,
    ) -> Option<bool> {
        let one = match self.place {
            Place::First => self.texts(request).next(),
            Place::Last => self.texts(request).next_back(),
            Place::Any => {
                self.texts(request).next()?;
                let last = self.texts(request).rev().take(ADDRESSES_MAX);
                let mut valid = last.filter_map(ip::parse).peekable();
                let is_there = valid.peek().is_some();
                return Some(if is_there { valid.any(contains) } else { self.matches_without });
            }
        };
        match told(one) {
            Told::Nothing => None,
            Told::Nonsense => Some(self.matches_without),
            Told::Address(address) => Some(contains(address)),
        }
    }

    fn texts<'s>(&'s self, request: &'s Request<'_>) -> impl DoubleEndedIterator<Item = &'s str> {
        let of_name = |line: &&(&str, &str)| line.0.eq_ignore_ascii_case(&self.header);
        let lines = request.headers.iter().filter(of_name).map(|line| line.1);
        lines.flat_map(|value| value.split(','))
    }
}

fn told(text: Option<&str>) -> Told {
    text.map_or(Told::Nothing, |text| ip::parse(text).map_or(Told::Nonsense, Told::Address))
}

#[cfg(test)]
mod tests;
