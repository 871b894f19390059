//! What a name is to a shell.

use super::names::{PRODUCTS, UNIX, UNIX_WORDS, WINDOWS, WINDOWS_WORDS};
use crate::text::{has, is_sorted};

/// How much a name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strength {
    /// A command and nothing else.
    Own,
    /// A word of prose, too.
    Word,
}

/// What a name, in small letters, is to a Unix shell.
pub(super) fn unix(name: &[u8]) -> Option<Strength> {
    if has(UNIX, name) {
        return Some(Strength::Own);
    }
    if has(UNIX_WORDS, name) {
        return Some(Strength::Word);
    }
    is_versioned(name).then_some(Strength::Own)
}

const LANGUAGES: &str = "\
    bash clang clang++ g++ gcc ghc irb lua node perl php python ruby tclsh";
const _: () = assert!(is_sorted(LANGUAGES));

/// Whether a name is that of a language's own program, in a version or not: what it is given first is a file.
pub(super) fn is_language(name: &[u8]) -> bool {
    has(LANGUAGES, name) || is_versioned(name)
}

/// `python3.11`, `gcc10.1`, `clang-14`: a language's own program, in a version.
fn is_versioned(name: &[u8]) -> bool {
    let end = name.iter().rposition(|b| !(b.is_ascii_digit() || *b == b'.')).map_or(0, |i| i + 1);
    let bare = name[..end].strip_suffix(b"-").unwrap_or(&name[..end]);
    end < name.len() && has(LANGUAGES, bare)
}

/// Whether a name is none of prose nor of a product: with a hyphen, a version, or an ending that only
/// programs have.
pub(super) fn is_tool(name: &[u8]) -> bool {
    let is_named = name.contains(&b'-')
        || name.iter().any(u8::is_ascii_digit) && name.iter().any(u8::is_ascii_alphabetic)
        || name.ends_with(b"ctl")
        || name.ends_with(b"cli");
    is_named && name.len() > 3 && !is_product(name)
}

/// Whether a name is a product's, which people list: without arguments it does nothing to anybody.
pub(super) fn is_product(name: &[u8]) -> bool {
    has(PRODUCTS, name)
}

/// What a name, in small letters, is to a shell of Windows.
pub(super) fn windows(name: &[u8]) -> Option<Strength> {
    let endings: [&[u8]; 5] = [b".exe", b".com", b".bat", b".cmd", b".msc"];
    let ending = endings.iter().find_map(|ending| name.strip_suffix(*ending));
    let bare = ending.unwrap_or(name);
    if has(WINDOWS, bare) || ending.is_some() && has(WINDOWS_WORDS, bare) {
        return Some(Strength::Own);
    }
    has(WINDOWS_WORDS, bare).then_some(Strength::Word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn names_are_sorted() {
        for all in [PRODUCTS, UNIX, UNIX_WORDS, WINDOWS, WINDOWS_WORDS] {
            let words: Vec<&str> = all.split(' ').collect();
            assert_eq!(words.windows(2).find(|pair| pair[0] >= pair[1]), None);
            assert_eq!(words.iter().find(|word| !has(all, word.as_bytes())), None);
            for unknown in ["", "a", "zzzz", "nothing", "l", "ls ls"] {
                assert!(!has(all, unknown.as_bytes()), "{unknown}");
            }
        }
    }
}
