//! A request as a web ACL sees it.

use alloc::string::String;
use alloc::vec::Vec;

use crate::transform::Transformation;

/// What a web ACL inspects. Everything is as the client sent it: transformations decode.
#[derive(Debug, Clone, Default)]
pub struct Request<'a> {
    /// The method.
    pub method: &'a str,
    /// The path, percent-encoding untouched.
    pub path: &'a str,
    /// The query without its question mark, percent-encoding untouched.
    pub query: &'a str,
    /// `HTTP/1.1`
    pub http_version: &'a str,
    /// All header fields in order: name and value.
    pub headers: Vec<(&'a str, &'a str)>,
    /// As much of the body as the ACL inspects ([`WebAcl::body_bytes_max`](crate::WebAcl::body_bytes_max)).
    pub body: &'a [u8],
    /// Whether the body goes on beyond `body`.
    pub body_is_cut: bool,
    /// The peer's IP address.
    pub client_ip: &'a str,
    /// Where that address is, as far as the host knows.
    pub location: Option<&'a Location>,
    /// The fingerprint of the client's TLS greeting, where the host knows it.
    pub ja3: Option<&'a str>,
    /// The same as JA4.
    pub ja4: Option<&'a str>,
    /// The fragment of the URI, where a client sends one.
    pub fragment: Option<&'a str>,
    /// Milliseconds since 1970.
    pub now_ms: u64,
}

/// Where an address is, as far as a host knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Location {
    /// The country: two capital letters (ISO 3166-1).
    pub country: Option<String>,
    /// The region within it, without the country (ISO 3166-2): `CA`.
    pub region: Option<String>,
    /// The autonomous system.
    pub asn: Option<u32>,
}

impl<'a> Request<'a> {
    /// The client's country.
    pub(crate) fn country(&self) -> Option<&'a str> {
        self.location?.country.as_deref()
    }

    /// The client's autonomous system: 0 is AWS's word for one that nobody knows.
    pub(crate) fn asn(&self) -> u32 {
        self.location.and_then(|location| location.asn).unwrap_or(0)
    }

    /// The values of a header, in order.
    pub fn header_values<'s>(
        &'s self,
        name: &'s str,
    ) -> impl Iterator<Item = &'a str> + Clone + 's {
        let of_name = move |line: &&(&str, &str)| line.0.eq_ignore_ascii_case(name);
        self.headers.iter().filter(of_name).map(|line| line.1)
    }

    /// The value of the first header of this name.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.iter().find(|line| line.0.eq_ignore_ascii_case(name)).map(|line| line.1)
    }

    /// Names and values of all cookies, as sent.
    pub fn cookies(&self) -> impl Iterator<Item = (&'a str, &'a str)> + Clone + '_ {
        self.header_values("cookie").flat_map(|value| value.split(';')).filter_map(|pair| {
            let pair = pair.trim_matches([' ', '\t']);
            (!pair.is_empty()).then(|| pair.split_once('=').unwrap_or((pair, "")))
        })
    }

    /// Names and values of the query's arguments, as sent.
    pub fn query_arguments(&self) -> impl Iterator<Item = (&'a str, &'a str)> + '_ {
        arguments(self.query)
    }

    /// The values of the query's arguments of this name, however it is written, not decoded.
    pub(crate) fn query_argument_values<'s>(
        &'s self,
        name: &'s str,
    ) -> impl Iterator<Item = &'a str> + 's {
        let is_it = |key: &str| {
            Transformation::UrlDecode.apply(key.as_bytes()).eq_ignore_ascii_case(name.as_bytes())
        };
        self.query_arguments().filter(move |(key, _)| is_it(key)).map(|(_, value)| value)
    }
}

/// Names and values of an `application/x-www-form-urlencoded` text, not decoded.
pub(crate) fn arguments(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}
