//! Regular expressions as schemas and filters have them (ECMA-262, Java), for regex-lite.

use alloc::{
    format,
    string::{String, ToString},
};

use regex_lite::{Regex, RegexBuilder};

use super::weight::Weight;
use crate::limits::PATTERN_BYTES_MAX;

/// A compiled pattern.
#[derive(Debug)]
pub(crate) struct Pattern {
    regex: Regex,
    weight: Weight,
}

impl Pattern {
    /// Whether it matches a text.
    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// Most steps that this takes, of some nanoseconds each: whoever lets clients choose the text has
    /// to see first that they are not too many.
    pub(crate) fn steps(&self, text: &str) -> u64 {
        self.weight.steps(text)
    }
}

/// Why a pattern is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) reason: String,
    /// Whether it is a pattern all the same, which regex-lite cannot do.
    pub(crate) is_unsupported: bool,
}

fn unsupported(what: &str) -> Refused {
    Refused { reason: format!("{what} not supported"), is_unsupported: true }
}

fn malformed(reason: impl Into<String>) -> Refused {
    Refused { reason: reason.into(), is_unsupported: false }
}

/// A pattern that matches anywhere in a text.
pub(crate) fn anywhere(source: &str) -> Result<Pattern, Refused> {
    compile(&translate(source)?)
}

/// A pattern that matches all of a text.
pub(crate) fn whole(source: &str, flags: &str) -> Result<Pattern, Refused> {
    let pattern = translate(source)?;
    let flags = if flags.is_empty() { String::new() } else { format!("(?{flags})") };
    compile(&format!("{flags}^(?:{pattern})$"))
}

fn compile(pattern: &str) -> Result<Pattern, Refused> {
    RegexBuilder::new(pattern)
        .size_limit(PATTERN_BYTES_MAX)
        .build()
        .map(|regex| Pattern { regex, weight: Weight::of(pattern) })
        .map_err(|error| malformed(error.to_string()))
}

/// What both dialects write differently; what regex-lite cannot do is refused by name.
fn translate(source: &str) -> Result<String, Refused> {
    let mut pattern = String::with_capacity(source.len());
    let mut characters = source.chars().peekable();
    let mut in_class = false;
    while let Some(c) = characters.next() {
        match c {
            '\\' => {
                let escaped = characters.next().ok_or_else(|| malformed("a `\\` at the end"))?;
                match escaped {
                    '1'..='9' => return Err(unsupported("back references are")),
                    'k' => return Err(unsupported("back references by name are")),
                    'p' | 'P' => {
                        return Err(unsupported("classes of Unicode properties are"));
                    }
                    // A digit that cannot follow ends the escape.
                    '0' => pattern.push_str(r"\x00"),
                    'c' => {
                        let letter = characters.next().filter(char::is_ascii_alphabetic);
                        let letter = letter.ok_or_else(|| malformed("`\\c` without a letter"))?;
                        pattern.push_str(&format!(r"\x{:02X}", letter as u32 % 32));
                    }
                    'u' if characters.peek() != Some(&'{') => {
                        let digits: String = characters.by_ref().take(4).collect();
                        let unit = u32::from_str_radix(&digits, 16)
                            .ok()
                            .filter(|_| digits.len() == 4)
                            .ok_or_else(|| malformed("`\\u` without four digits"))?;
                        if char::from_u32(unit).is_none() {
                            return Err(unsupported("halves of surrogate pairs are"));
                        }
                        pattern.push_str(&format!(r"\u{{{unit:X}}}"));
                    }
                    // Java and ECMA-262 count more characters as white space than ASCII has.
                    's' if in_class => pattern.push_str(SPACES),
                    's' => pattern.push_str(&format!("[{SPACES}]")),
                    'S' if in_class => return Err(unsupported("`\\S` in a class is")),
                    'S' => pattern.push_str(&format!("[^{SPACES}]")),
                    'b' if in_class => pattern.push_str(r"\x08"),
                    // Escapes of what means nothing to regex-lite stand for themselves.
                    '/' | '"' | '\'' | '_' | ',' | ':' | ';' | '=' | '@' | '`' | '!' | '%'
                    | '<' | '>' | ' ' => pattern.push(escaped),
                    _ => {
                        pattern.push('\\');
                        pattern.push(escaped);
                    }
                }
            }
            '[' if !in_class => {
                let is_negated = characters.next_if_eq(&'^').is_some();
                // `[]` is nothing and `[^]` is anything in ECMA-262.
                in_class = characters.next_if_eq(&']').is_none();
                pattern.push_str(match (in_class, is_negated) {
                    (true, false) => "[",
                    (true, true) => "[^",
                    (false, false) => r"[^\x00-\x{10FFFF}]",
                    (false, true) => r"[\x00-\x{10FFFF}]",
                });
            }
            // A `[` in a class is itself, and so are `&&`, `--` and `~~`.
            '[' | '&' | '~' if in_class => {
                pattern.push('\\');
                pattern.push(c);
            }
            ']' if in_class => {
                in_class = false;
                pattern.push(']');
            }
            '(' if !in_class && characters.peek() == Some(&'?') => {
                let mut ahead = characters.clone();
                ahead.next();
                match (ahead.next(), ahead.next()) {
                    (Some('=' | '!'), _) => {
                        return Err(unsupported("looking ahead (`(?=`, `(?!`) is"));
                    }
                    (Some('<'), Some('=' | '!')) => {
                        return Err(unsupported("looking behind is"));
                    }
                    _ => pattern.push('('),
                }
            }
            // A brace that begins no repetition is itself.
            '{' if !in_class && !begins_repetition(characters.clone()) => pattern.push_str(r"\{"),
            '}' if !in_class && !closes_repetition(&pattern) => pattern.push_str(r"\}"),
            _ => pattern.push(c),
        }
    }
    match in_class {
        true => Err(malformed("a class without its `]`")),
        false => Ok(pattern),
    }
}

/// What `\s` is in ECMA-262.
const SPACES: &str = r"\t\n\x0B\x0C\r \u{A0}\u{1680}\u{2000}-\u{200A}\u{2028}\u{2029}\u{202F}\u{205F}\u{3000}\u{FEFF}";

fn begins_repetition(characters: impl Iterator<Item = char>) -> bool {
    let inside: String = characters.take_while(|c| *c != '}').take(24).collect();
    let (from, to) = inside.split_once(',').unwrap_or((&inside, "0"));
    let is_number = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    !from.is_empty() && is_number(from) && is_number(to)
}

fn closes_repetition(pattern: &str) -> bool {
    pattern.rsplit_once('{').is_some_and(|(before, inside)| {
        !before.ends_with('\\') && begins_repetition(inside.chars())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_they_do_in_ecmascript() {
        for (source, text, is_match) in [
            ("^\\S+@\\S+$", "a@b", true),
            ("^\\S+@\\S+$", "a b@c", false),
            ("^[\\w.-]+$", "a.b-c_d", true),
            ("^\\/a\\/$", "/a/", true),
            ("^\\cC$", "\u{3}", true),
            ("^\\u0041\\x42$", "AB", true),
            ("^[[]$", "[", true),
            ("^[a&&b]$", "&", true),
            ("^[^]$", "\n", true),
            ("[]", "a", false),
            ("^{a}$", "{a}", true),
            ("^a{2}$", "aa", true),
            ("^a{2,}b{1,3}$", "aaabb", true),
            ("^\\s$", "\u{a0}", true),
            ("^[\\s]$", "\u{feff}", true),
            ("^\\d$", "٣", false),
            ("^\\0$", "\0", true),
            ("a|b", "xbx", true),
        ] {
            let pattern = anywhere(source).unwrap_or_else(|e| panic!("{source}: {e:?}"));
            assert_eq!(pattern.is_match(text), is_match, "{source} {text:?}");
        }
    }

    #[test]
    fn what_cannot_be_done_is_refused_by_name() {
        for (source, reason) in [
            ("(a)\\1", "back references"),
            ("(?=a)", "looking ahead"),
            ("(?!a)", "looking ahead"),
            ("(?<=a)", "looking behind"),
            ("\\p{L}", "Unicode properties"),
            ("\\ud83d", "surrogate"),
            ("(a", ""),
            ("[a", "class"),
            ("a\\", "`\\`"),
            ("(((a{1000}){1000}){1000})", ""),
        ] {
            let error = anywhere(source).expect_err(source);
            assert!(error.reason.contains(reason), "{source}: {error:?}");
        }
    }

    #[test]
    fn filters_match_all_of_a_text() {
        assert!(whole("a|b", "").unwrap().is_match("b"));
        assert!(!whole("a|b", "").unwrap().is_match("ab"));
        assert!(whole("A.c", "i").unwrap().is_match("abC"));
    }
}
