//! `Forwarded` (RFC 7239), by which an HTTP API tells an endpoint who asked it, and how.
//!
//! "Important notes for HTTP APIs": incoming `X-Forwarded-*` fields are translated to `Forwarded`, and
//! the gateway's own part comes after them.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::context::Context;
use crate::message::Request;
use crate::message::field_names::Names;

/// What is translated, and goes no further.
pub(super) const TRANSLATED: Names =
    Names::of(&["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"]);

/// The value of `Forwarded` for a request.
pub(super) fn forwarded(request: &Request, context: &Context) -> String {
    let mut parts: Vec<String> = request.fields.all("forwarded").map(String::from).collect();
    parts.extend(translated(request));
    parts.push(format!(
        "by=_gateway;for={};host={};proto={}",
        node(&context.source_ip),
        value(request.fields.get("host").unwrap_or_default()),
        context.scheme_name(),
    ));
    parts.join(", ")
}

/// RFC 7239 §7.4. Host and scheme are what the client asked the first of all proxies for.
fn translated(request: &Request) -> Vec<String> {
    let addresses = request.fields.all("x-forwarded-for").flat_map(|list| list.split(','));
    let addresses = addresses.map(str::trim).filter(|address| !address.is_empty());
    let mut parts: Vec<String> =
        addresses.map(|address| format!("for={}", node(address))).collect();
    for (name, parameter) in [("x-forwarded-host", "host"), ("x-forwarded-proto", "proto")] {
        let given = request.fields.get(name).and_then(|given| given.split(',').next());
        let Some(given) = given.map(str::trim).filter(|given| !given.is_empty()) else { continue };
        let parameter = format!("{parameter}={}", value(given));
        match parts.first_mut() {
            Some(first) => *first = format!("{first};{parameter}"),
            None => parts.push(parameter),
        }
    }
    parts
}

/// An address; that of IPv6 is in brackets and quoted, unless it has both already.
fn node(address: &str) -> String {
    let is_bare_ipv6 = address.matches(':').count() > 1 && !address.starts_with(['[', '"']);
    match is_bare_ipv6 {
        true => value(&format!("[{address}]")),
        false => value(address),
    }
}

/// What is not a token is quoted.
fn value(text: &str) -> String {
    let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if !text.is_empty() && text.bytes().all(is_token) {
        return text.into();
    }
    format!("\"{}\"", text.replace(['"', '\\'], ""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::example;
    use crate::pipeline::world::arrival;

    fn of(fields: &[&str]) -> String {
        let fields: Vec<&str> = fields.iter().copied().chain(["Host: h.example"]).collect();
        forwarded(&arrival("GET /", &fields).request, &example())
    }

    const OWN: &str = "by=_gateway;for=205.255.255.176;host=h.example;proto=https";

    #[test]
    fn what_proxies_before_the_gateway_told_comes_first() {
        for (fields, before) in [
            (&[][..], ""),
            (&["Forwarded: for=a"], "for=a, "),
            (
                &["X-Forwarded-For: 192.0.2.1, 2001:db8::1"],
                "for=192.0.2.1, for=\"[2001:db8::1]\", ",
            ),
            (&["X-Forwarded-For: 192.0.2.1:80"], "for=\"192.0.2.1:80\", "),
            (
                &["X-Forwarded-For: a", "X-Forwarded-Host: h:1", "X-Forwarded-Proto: http"],
                "for=a;host=\"h:1\";proto=http, ",
            ),
            (&["X-Forwarded-Proto: https", "X-Forwarded-For: "], "proto=https, "),
            (&["X-Forwarded-For: a\"b;c"], "for=\"ab;c\", "),
        ] {
            assert_eq!(of(fields), [before, OWN].concat(), "{fields:?}");
        }
    }
}
