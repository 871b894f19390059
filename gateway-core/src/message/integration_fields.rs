//! What becomes of the fields that an integration of a REST API answers with.
//!
//! API Gateway Developer Guide, "Important notes for REST APIs": its table of headers, the columns `http`,
//! `http_proxy` and `lambda` of responses. What was recorded from the real service stands before it: all of the first column
//! (`docs/compatibility.md`), and what proxies do with an endpoint's `x-amzn-RequestId`.

use super::field_names::{Names, is_same_name};

/// What becomes of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The client is given it.
    Keep,
    /// The client is given it as `x-amzn-Remapped-…`.
    Remap,
    /// It goes no further.
    Drop,
}

use Fate::{Drop, Keep, Remap};

/// Who answers: the columns of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answering {
    /// An integration whose response is mapped.
    Mapped,
    /// `http_proxy`
    HttpProxy,
    /// `aws_proxy`
    LambdaProxy,
}

/// What stands before the name of a field that is remapped.
pub(crate) const REMAPPED: &str = "x-amzn-Remapped-";

/// `Content-Encoding` of an `HTTP_PROXY` stays, although one report says that it is lost: the content is streamed as it
/// is, and would be unreadable without.
const TABLE: [(&str, [Fate; 3]); 20] = [
    ("Authorization", [Remap, Remap, Remap]),
    ("Connection", [Remap, Remap, Remap]),
    ("Content-Length", [Remap, Remap, Remap]),
    ("Content-MD5", [Remap, Remap, Remap]),
    ("Date", [Remap, Remap, Remap]),
    ("Expect", [Remap, Drop, Drop]),
    ("Host", [Remap, Drop, Drop]),
    ("Keep-Alive", [Keep, Drop, Drop]),
    ("Max-Forwards", [Remap, Remap, Remap]),
    ("Proxy-Authenticate", [Remap, Drop, Drop]),
    ("Proxy-Connection", [Keep, Keep, Drop]),
    ("Server", [Remap, Remap, Remap]),
    ("TE", [Keep, Drop, Drop]),
    ("Trailer", [Remap, Drop, Drop]),
    ("Transfer-Encoding", [Drop, Drop, Drop]),
    ("Upgrade", [Remap, Drop, Drop]),
    ("User-Agent", [Remap, Remap, Remap]),
    ("Via", [Keep, Drop, Drop]),
    ("WWW-Authenticate", [Remap, Remap, Remap]),
    ("x-amzn-RequestId", [Keep, Remap, Remap]),
];

const IN_TABLE: Names = Names::of(&NAMES);

const NAMES: [&str; TABLE.len()] = {
    let mut names = [""; TABLE.len()];
    let mut at = 0;
    while at < TABLE.len() {
        names[at] = TABLE[at].0;
        at += 1;
    }
    names
};

/// What becomes of a field of this name, and how AWS spells it.
pub(crate) fn fate(name: &str, answering: Answering) -> (Fate, &'static str) {
    if !IN_TABLE.contains(name) {
        return (Keep, "");
    }
    let mut lines = TABLE.iter();
    let line = lines.find(|(known, _)| is_same_name(known.as_bytes(), name.as_bytes()));
    line.map_or((Keep, ""), |(known, fates)| (fates[answering as usize], known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_any_case_and_others_are_kept() {
        assert_eq!(fate("CONTENT-md5", Answering::HttpProxy), (Remap, "Content-MD5"));
        assert_eq!(fate("te", Answering::LambdaProxy), (Drop, "TE"));
        for name in ["", "Content-Type", "Set-Cookie", "Warn", "X-Te"] {
            assert_eq!(fate(name, Answering::LambdaProxy).0, Keep, "{name}");
        }
    }
}
