//! Rules' regular expressions.

mod syntax;

use alloc::borrow::Cow;
use alloc::string::{String, ToString};

use regex_lite::{Regex, RegexBuilder};

/// AWS's longest pattern ("AWS WAF quotas").
const PATTERN_CHARACTERS_MAX: usize = 512;
/// Largest automaton of a pattern, which repetitions may blow up: matching takes time by its size.
const AUTOMATON_BYTES_MAX: usize = 128 * 1024;

/// A regular expression without backreferences and look-around, as AWS WAF has them.
#[derive(Debug, Clone)]
pub(crate) struct Pattern(Regex);

impl Pattern {
    pub(crate) fn new(text: &str) -> Result<Self, String> {
        if text.is_empty() || text.chars().count() > PATTERN_CHARACTERS_MAX {
            return Err(alloc::format!("a pattern has 1 to {PATTERN_CHARACTERS_MAX} characters"));
        }
        let compiled =
            RegexBuilder::new(&syntax::translated(text)?).size_limit(AUTOMATON_BYTES_MAX).build();
        compiled.map(Self).map_err(|error| error.to_string())
    }

    pub(crate) fn is_match(&self, text: &[u8]) -> bool {
        self.0.is_match(&as_text(text))
    }
}

/// UTF-8 as it is, anything else byte by byte as Latin-1: every byte is seen.
pub(crate) fn as_text(bytes: &[u8]) -> Cow<'_, str> {
    match core::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect::<String>().into(),
    }
}
