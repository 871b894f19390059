//! Fields that are about one connection or one proxy, not about the message (RFC 9110 §7.6.1, RFC 9111 §3.1).

use alloc::string::String;
use alloc::vec::Vec;

use crate::Fields;
use crate::list::{lower, members};

const HOP_BY_HOP: [&str; 10] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-authorization",
];
/// What no `Connection` may take away: a message without it could be taken for another one, or a response
/// kept that was not to be.
const NEEDED: [&str; 12] = [
    "age",
    "authorization",
    "cache-control",
    "cdn-cache-control",
    "content-encoding",
    "content-length",
    "content-range",
    "content-type",
    "date",
    "expires",
    "host",
    "vary",
];

/// Takes them away, and what `Connection` lists.
pub fn remove_hop_by_hop(fields: &mut Fields) {
    let listed: Vec<String> = members(fields, "connection").filter_map(lower).collect();
    let is_listed = |name: &str| listed.iter().any(|one| one.eq_ignore_ascii_case(name));
    let is_one = |name: &str, names: &[&str]| names.iter().any(|n| n.eq_ignore_ascii_case(name));
    fields.retain(|name| !is_one(name, &HOP_BY_HOP) && (!is_listed(name) || is_one(name, &NEEDED)));
}
