//! Path patterns: `*` for any characters, `?` for one. Linear in pattern and path together, but for the
//! product of both at worst; both are bounded.

use alloc::format;
use alloc::string::String;

/// A path pattern of a behaviour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern(String);

impl Pattern {
    /// With or without the slash at its beginning (AWS: "the leading / is optional").
    pub(crate) fn new(text: &str) -> Self {
        match text.strip_prefix('/').is_some() || text.starts_with('*') {
            true => Self(text.into()),
            false => Self(["/", text].concat()),
        }
    }

    /// Everything, for the default behaviour.
    pub(crate) fn any() -> Self {
        Self("*".into())
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    pub(crate) fn matches(&self, path: &str) -> bool {
        matches(self.0.as_bytes(), path.as_bytes())
    }
}

/// Longest path pattern ("Path pattern" in "Distribution settings").
const CHARACTERS_MAX: usize = 255;

/// What is wrong with the path pattern of a behaviour, by the list of characters that AWS has there.
pub(crate) fn mistake(text: &str) -> Option<String> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "_-.*?$/~\"'@:+&".contains(c);
    if text.is_empty() || text.chars().count() > CHARACTERS_MAX {
        return Some(format!("a path pattern has 1 to {CHARACTERS_MAX} characters"));
    }
    let wrong = text.chars().find(|c| !is_allowed(*c))?;
    Some(format!(
        "{wrong:?} cannot be in a path pattern: it has letters, digits and _ - . $ / ~ \" ' @ : + &, `*` for any \
         characters and `?` for one"
    ))
}

/// Whether a text is what a pattern says; upper and lower case are different.
pub(crate) fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    // Behind the last `*`, and where in the text it was met.
    let mut again: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                p += 1;
                again = Some((p, t));
            }
            Some(b'?') => (p, t) = (p + 1, t + 1),
            Some(byte) if *byte == text[t] => (p, t) = (p + 1, t + 1),
            _ => match &mut again {
                Some((behind, from)) => {
                    *from += 1;
                    (p, t) = (*behind, *from);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|b| *b == b'*')
}
