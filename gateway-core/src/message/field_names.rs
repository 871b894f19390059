//! Names of fields that are dealt with alike in several places.

use crate::bytes::EACH;

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

/// A set of field names.
#[derive(Debug, Clone, Copy)]
pub struct Names {
    names: &'static [&'static str],
    /// A bit for each name. Every field of every message is looked up in such sets, and nearly none is
    /// there: this tells without a look at the names.
    digests: u64,
}

impl Names {
    /// The set of these.
    pub const fn of(names: &'static [&'static str]) -> Self {
        let (mut digests, mut at) = (0, 0);
        while at < names.len() {
            digests |= digest(names[at]);
            at += 1;
        }
        Self { names, digests }
    }

    /// Whether a name is among these; names are compared without case.
    pub fn contains(&self, name: &str) -> bool {
        self.digests & digest(name) != 0 && is_one_of(name, self.names)
    }
}

/// One bit of 64, by length and first letter.
pub(super) const fn digest(name: &str) -> u64 {
    let [first, ..] = name.as_bytes() else { return 0 };
    1 << ((name.len() * 5 + (*first | 0x20) as usize) % 64)
}

/// Whether a name is among these; names are compared without case.
pub(crate) fn is_one_of(name: &str, names: &[&str]) -> bool {
    names.iter().any(|n| is_same_name(n.as_bytes(), name.as_bytes()))
}

/// Whether two names are one: they are compared without case (RFC 9110 §5.1).
///
/// Most differ in length or in the first letter already. The others are compared eight bytes at a time:
/// most are the same, and too short for what the standard library does in wide registers.
#[inline]
pub fn is_same_name(one: &[u8], other: &[u8]) -> bool {
    let (Some(first), Some(other_first)) = (one.first(), other.first()) else {
        return one.len() == other.len();
    };
    one.len() == other.len() && (first ^ other_first) & !0x20 == 0 && is_same(one, other)
}

fn is_same(one: &[u8], other: &[u8]) -> bool {
    if let (Some(one_end), Some(other_end)) = (one.last_chunk::<8>(), other.last_chunk::<8>()) {
        let mut words = one.as_chunks::<8>().0.iter().zip(other.as_chunks::<8>().0);
        let word = |bytes: &[u8; 8]| u64::from_ne_bytes(*bytes);
        return words.all(|(one, other)| is_same_word(word(one), word(other)))
            && is_same_word(word(one_end), word(other_end));
    }
    match (short_word(one), short_word(other)) {
        (Some(one), Some(other)) => is_same_word(one, other),
        _ => one.eq_ignore_ascii_case(other),
    }
}

/// The first and the last four bytes, of which some may be the same ones.
fn short_word(bytes: &[u8]) -> Option<u64> {
    let (start, end) = (bytes.first_chunk::<4>()?, bytes.last_chunk::<4>()?);
    Some(u64::from(u32::from_ne_bytes(*start)) << 32 | u64::from(u32::from_ne_bytes(*end)))
}

/// Most names that are one are spelled alike.
fn is_same_word(one: u64, other: u64) -> bool {
    one == other || lower(one) == lower(other)
}

/// Eight bytes in lower case.
fn lower(word: u64) -> u64 {
    let low_bits = word & (0x7f * EACH);
    let from_a = low_bits + (0x80 - b'A' as u64) * EACH;
    let beyond_z = low_bits + (0x7f - b'Z' as u64) * EACH;
    let is_upper = from_a & !beyond_z & !word & (0x80 * EACH);
    word | (is_upper >> 2)
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

    #[test]
    fn bytes_are_compared_as_the_standard_library_compares_them() {
        for byte in 0..=u8::MAX {
            for other in 0..=u8::MAX {
                for length in [1, 3, 4, 5, 7, 8, 9, 16, 17] {
                    let (mut one, mut two) = ([b'a'; 17], [b'A'; 17]);
                    (one[length / 2], two[length / 2]) = (byte, other);
                    let (one, two) = (&one[..length], &two[..length]);
                    assert_eq!(is_same_name(one, two), one.eq_ignore_ascii_case(two));
                }
            }
        }
        assert!(!is_same_name(b"x-request-id", b"x-request-ids") && is_same_name(b"", b""));
    }
}
