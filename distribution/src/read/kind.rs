//! What a document is: a file in another one's place is better told than each of its members.

use super::at::At;

/// What distributions refer to, by the member that the commands which print it print it as.
const REFERRED_TO: [(&str, &str); 7] = [
    ("CachePolicy", "a cache policy"),
    ("OriginRequestPolicy", "an origin request policy"),
    ("ResponseHeadersPolicy", "a response headers policy"),
    ("KeyGroup", "a key group"),
    ("PublicKey", "a public key"),
    ("OriginAccessControl", "an origin access control"),
    ("RealtimeLogConfig", "a real-time log configuration"),
];
const DISTRIBUTIONS: [(&str, &str); 2] =
    [("Distribution", "a distribution"), ("DistributionConfig", "a distribution")];
const OTHERS: [(&str, &str); 6] = [
    ("WebACL", "a web ACL"),
    ("IPSet", "an IP set"),
    ("RuleGroup", "a rule group"),
    ("openapi", "an API's definition"),
    ("swagger", "an API's definition"),
    ("apis", "a configuration"),
];

/// What a document is that is read as a distribution, if it is something else.
pub(super) fn no_distribution(top: &At<'_, '_>) -> Option<&'static str> {
    let lists = || is_list(top).then_some("a list (`get-distribution-config` prints one of it)");
    among(top, &REFERRED_TO).or_else(|| among(top, &OTHERS)).or_else(lists)
}

/// What a document is that distributions are to refer to, and do not.
pub(super) fn no_reference(top: &At<'_, '_>) -> Option<&'static str> {
    let is_config = || {
        let named = |(member, _): &(&str, &str)| top.get(&[member, "Config"].concat()).is_some();
        REFERRED_TO.iter().any(named)
    };
    let config =
        || is_config().then_some("one without its id (the command without `-config` prints both)");
    let lists = || is_list(top).then_some("a list (`aws cloudfront get-…` prints one of it)");
    let others = among(top, &DISTRIBUTIONS).or_else(|| among(top, &OTHERS));
    others.or_else(config).or_else(lists)
}

/// Whether it is something that distributions refer to, whatever it lacks.
pub(super) fn is_referred_to(top: &At<'_, '_>) -> bool {
    among(top, &REFERRED_TO).is_some()
}

fn among(top: &At<'_, '_>, kinds: &[(&str, &'static str)]) -> Option<&'static str> {
    kinds.iter().find(|(member, _)| top.get(member).is_some()).map(|(_, kind)| *kind)
}

/// What `list-distributions`, `list-cache-policies` … print.
fn is_list(top: &At<'_, '_>) -> bool {
    top.value.as_object().is_some_and(|object| object.keys().any(|name| name.ends_with("List")))
}
