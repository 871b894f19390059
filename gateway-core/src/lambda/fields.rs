//! Which fields of a request a function sees, and which of its own fields a client sees.

use alloc::borrow::Cow;
use alloc::format;
use alloc::vec::Vec;

use super::EventInput;
use crate::definition::Protocol;
use crate::message::Version;
use crate::message::field_names::{HOP_BY_HOP, INVISIBLE_TO_REST, Names, is_one_of};
use crate::message::integration_fields::{self, Answering, Fate};

/// Name and value. Those of one name stand together once they are sorted.
pub(super) type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

/// The fields that a function sees, sorted by name without regard to case, as AWS lists them;
/// those of one name in the order in which they came.
pub(super) fn visible_fields<'a>(input: &EventInput<'a>) -> Vec<Pair<'a>> {
    let fields = &input.request.fields;
    let traceparent = input.context.traceparent();
    let mut pairs: Vec<Pair<'a>> = Vec::with_capacity(fields.len() + 6);
    for field in fields {
        let is_replaced = input.context.adds(field.name)
            || traceparent.is_some() && field.name.eq_ignore_ascii_case("traceparent")
            || input.context.ends_trace_state && field.name.eq_ignore_ascii_case("tracestate");
        if !is_hidden(field.name, input.protocol) && !is_replaced {
            let name = canonical_name(field.name, input);
            pairs.push((name.into(), field.value.into()));
        }
    }
    if input.context.is_test_invoke {
        sort(&mut pairs);
        return pairs;
    }
    let (context, mut add) = (input.context, |name: &'static str, value: Cow<'a, str>| {
        pairs.push((name.into(), value));
    });
    context.added_fields(fields).for_each(|(name, value)| add(name, value));
    if let Some(traceparent) = traceparent {
        add("traceparent", traceparent.into());
    }
    if input.protocol == Protocol::Http {
        // Also for a request without content; chunked content has been read by then. Authorizers
        // are asked before: to them it is what the client says.
        let said = input.request.fields.get("content-length").filter(|_| input.body.is_empty());
        let length = said.map_or_else(|| format!("{}", input.body.len()).into(), Cow::from);
        add("Content-Length", length);
    }
    sort(&mut pairs);
    pairs
}

/// Sorts by name without regard to case; what has one name keeps its order.
fn sort(pairs: &mut [Pair<'_>]) {
    fn lower(name: &str) -> impl Iterator<Item = u8> + '_ {
        name.bytes().map(|b| b.to_ascii_lowercase())
    }
    pairs.sort_by(|(a, _), (b, _)| lower(a).cmp(lower(b)));
}

/// What becomes of a field of a function's answer. For the client of an HTTP API what is about a connection, which the
/// function does not have, goes no further.
pub(super) fn fate(name: &str, protocol: Protocol) -> Fate {
    match protocol {
        Protocol::Rest => integration_fields::fate(name, Answering::LambdaProxy).0,
        Protocol::Http if NO_FIELDS_OF_FUNCTIONS.contains(name) => Fate::Drop,
        Protocol::Http => Fate::Keep,
    }
}

const NO_FIELDS_OF_FUNCTIONS: Names = Names::of(&[
    "connection",
    "content-length",
    "keep-alive",
    "proxy-connection",
    "trailer",
    "transfer-encoding",
    "upgrade",
]);

/// Whether a function never sees the field.
fn is_hidden(name: &str, protocol: Protocol) -> bool {
    match protocol {
        Protocol::Rest => INVISIBLE_TO_REST.contains(name),
        // The length is added anew.
        Protocol::Http => {
            HOP_BY_HOP.contains(name) || is_one_of(name, &["content-length", "expect"])
        }
    }
}

/// The client's spelling, except of names that HTTP/2 gives no choice about and AWS capitalises.
fn canonical_name<'a>(name: &'a str, input: &EventInput<'_>) -> &'a str {
    if input.request.version != Version::Http2 && input.protocol == Protocol::Rest {
        return name;
    }
    ["Host", "User-Agent", "Authorization"]
        .into_iter()
        .find(|canonical| canonical.eq_ignore_ascii_case(name))
        .unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_about_the_connection_never_reaches_the_client_as_it_is() {
        for protocol in [Protocol::Rest, Protocol::Http] {
            for name in
                ["Connection", "content-length", "Transfer-Encoding", "Upgrade", "Keep-Alive"]
            {
                assert_ne!(fate(name, protocol), Fate::Keep, "{name}");
            }
            assert_eq!(fate("Set-Cookie", protocol), Fate::Keep);
        }
        for name in ["Date", "WWW-Authenticate", "Content-MD5", "Max-Forwards", "User-Agent"] {
            assert_eq!(fate(name, Protocol::Rest), Fate::Remap, "{name}");
            assert_eq!(fate(name, Protocol::Http), Fate::Keep, "{name}");
        }
        for name in ["Expect", "Host", "Proxy-Authenticate", "TE", "Via"] {
            assert_eq!(fate(name, Protocol::Rest), Fate::Drop, "{name}");
        }
    }
}
