//! Names of fields that are dealt with alike in several places.

/// Fields that a REST API drops before anything can see them: recorded from the real service
/// (`docs/compatibility.md`).
pub(crate) const INVISIBLE_TO_REST: Names = Names::of(&[
    "connection",
    "content-length",
    "content-md5",
    "expect",
    "max-forwards",
    "proxy-authenticate",
    "server",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "www-authenticate",
]);

/// Fields that concern one connection alone (RFC 9110 §7.6.1).
pub(crate) const HOP_BY_HOP: Names = Names::of(&[
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
]);

/// A set of names, in lower case.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names {
    names: &'static [&'static str],
    /// A bit for each name. Every field of every message is looked up in such sets, and nearly none is
    /// there: this tells without a look at the names.
    digests: u64,
}

impl Names {
    pub(crate) const fn of(names: &'static [&'static str]) -> Self {
        let (mut digests, mut at) = (0, 0);
        while at < names.len() {
            digests |= digest(names[at]);
            at += 1;
        }
        Self { names, digests }
    }

    /// Whether a name is among these; names are compared without case.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.digests & digest(name) != 0 && is_one_of(name, self.names)
    }
}

/// One bit of 64, by length and first letter.
const fn digest(name: &str) -> u64 {
    let [first, ..] = name.as_bytes() else { return 0 };
    1 << ((name.len() * 5 + (*first | 0x20) as usize) % 64)
}

/// Whether a name is among these; names are compared without case.
pub(crate) fn is_one_of(name: &str, names: &[&str]) -> bool {
    names.iter().any(|n| n.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_knows_its_names_in_any_case_and_no_others() {
        for name in ["connection", "Keep-Alive", "TE", "UPGRADE"] {
            assert!(HOP_BY_HOP.contains(name), "{name}");
        }
        for name in ["", "t", "tea", "connectiom", "X-Upgrade", "user-agent"] {
            assert!(!HOP_BY_HOP.contains(name), "{name}");
        }
    }
}
