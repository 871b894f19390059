//! PCRE's syntax in that of `regex-lite`: what both can do and spell differently.
//!
//! "AWS WAF supports the pattern syntax used by the PCRE library libpcre" ("Supported regular expression
//! syntax in AWS WAF"), without backreferences, recursion, conditions, control verbs, `\C`, `\R`, `\K`, callouts,
//! atomic groups and possessive quantifiers. What stays untaken beside those is look-around, `\G`, `\X` and `\p`.

use alloc::string::{String, ToString};

/// What `regex-lite` gives a meaning to, so that it needs a backslash to stand for itself.
const META: &str = "\\.+*?()|[]{}^$#&-~";
const POSSESSIVE: &str = "possessive quantifiers and atomic groups are none of AWS's";

/// The same pattern, as `regex-lite` has it.
pub(super) fn translated(text: &str) -> Result<String, &'static str> {
    if ignores_white_space(text) {
        return Ok(text.to_string());
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let tail = &rest[first.len_utf8()..];
        rest = match first {
            '\\' => escape(tail, &mut out)?,
            '[' => class(tail, &mut out)?,
            '(' => group(tail, &mut out)?,
            '*' | '+' | '?' => {
                out.push(first);
                quantified(tail, &mut out)?
            }
            '{' => match count(tail) {
                Some(length) => {
                    out.push(first);
                    out.push_str(&tail[..length]);
                    quantified(&tail[length..], &mut out)?
                }
                None => literal(first, tail, &mut out),
            },
            '}' | ']' => literal(first, tail, &mut out),
            _ => {
                out.push(first);
                tail
            }
        };
    }
    Ok(out)
}

/// Whether white space and comments mean nothing (`(?x)`): there the spelling is left as it is.
fn ignores_white_space(text: &str) -> bool {
    text.split("(?").skip(1).any(|rest| {
        let flags = rest.bytes().take_while(|b| b.is_ascii_alphabetic() || *b == b'-').count();
        matches!(rest.as_bytes().get(flags), Some(b')' | b':')) && rest[..flags].contains('x')
    })
}

fn literal<'t>(character: char, tail: &'t str, out: &mut String) -> &'t str {
    if META.contains(character) {
        out.push('\\');
    }
    out.push(character);
    tail
}

/// `(?#…)` is a comment.
fn group<'t>(tail: &'t str, out: &mut String) -> Result<&'t str, &'static str> {
    if let Some(comment) = tail.strip_prefix("?#") {
        let end = comment.find(')').ok_or("a comment without its end")?;
        return Ok(&comment[end + 1..]);
    }
    if tail.starts_with("?>") {
        return Err(POSSESSIVE);
    }
    if tail.starts_with("?R)") {
        return Err("recursive patterns are none of AWS's");
    }
    out.push('(');
    Ok(match tail.strip_prefix('?') {
        Some(rest) => {
            out.push('?');
            rest
        }
        None => tail,
    })
}

/// `3}`, `3,}`, `3,5}`: anything else behind a brace is none of a quantifier's, and the brace itself.
fn count(text: &str) -> Option<usize> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let least = digits(text);
    let rest = &text[least..];
    let most = rest.strip_prefix(',').map_or(0, |rest| 1 + digits(rest));
    (least > 0 && rest[most..].starts_with('}')).then_some(least + most + 1)
}

/// What may stand behind a quantifier: a `?`, and no second quantifier.
fn quantified<'t>(tail: &'t str, out: &mut String) -> Result<&'t str, &'static str> {
    let lazy = tail.strip_prefix('?');
    if lazy.is_some() {
        out.push('?');
    }
    let rest = lazy.unwrap_or(tail);
    match rest.bytes().next() {
        Some(b'+') if lazy.is_none() => Err(POSSESSIVE),
        Some(b'+' | b'*' | b'?') => Err("a quantifier behind a quantifier"),
        _ => Ok(rest),
    }
}

fn escape<'t>(tail: &'t str, out: &mut String) -> Result<&'t str, &'static str> {
    if let Some((class, rest)) = white(tail) {
        out.push('[');
        out.push_str(class);
        out.push(']');
        return Ok(rest);
    }
    let known = match tail.bytes().next() {
        Some(b'H') => "[^\\t \\x{A0}]",
        Some(b'V') => "[^\\n\\x{B}\\f\\r\\x{85}]",
        Some(b'N') => "[^\\n]",
        // At the end, or before a line feed that ends it.
        Some(b'Z') => "(?:\\n?\\z)",
        _ => return character(tail, out),
    };
    out.push_str(known);
    Ok(&tail[1..])
}

/// `\h` and `\v`, which a class may have too: horizontal and vertical white space.
fn white(tail: &str) -> Option<(&'static str, &str)> {
    let rest = tail.get(1..)?;
    match tail.as_bytes()[0] {
        b'h' => Some(("\\t \\x{A0}", rest)),
        b'v' => Some(("\\n\\x{B}\\f\\r\\x{85}", rest)),
        _ => None,
    }
}

/// A character that a backslash spells, `\Q…\E`, or what `regex-lite` has as PCRE has it.
fn character<'t>(tail: &'t str, out: &mut String) -> Result<&'t str, &'static str> {
    let first = tail.chars().next().ok_or("a backslash at the end")?;
    let rest = &tail[first.len_utf8()..];
    match first {
        'Q' => {
            let (quoted, rest) = rest.split_once("\\E").unwrap_or((rest, ""));
            quoted.chars().for_each(|character| {
                literal(character, "", out);
            });
            Ok(rest)
        }
        'E' => Ok(rest),
        'e' => Ok(literal('\x1b', rest, out)),
        'c' => match rest.bytes().next().filter(u8::is_ascii) {
            Some(control) => {
                let control = char::from(control.to_ascii_uppercase() ^ 0x40);
                Ok(literal(control, &rest[1..], out))
            }
            None => Err("`\\c` without a character"),
        },
        '0' => Ok(coded(rest, 8, out)),
        'x' => {
            if rest.starts_with('{') {
                let end = rest.find('}').ok_or("`\\x{` without its end")? + 1;
                out.push_str("\\x");
                out.push_str(&rest[..end]);
                return Ok(&rest[end..]);
            }
            Ok(coded(rest, 16, out))
        }
        _ if first.is_ascii_alphanumeric() => {
            out.push('\\');
            out.push(first);
            Ok(rest)
        }
        _ => Ok(literal(first, rest, out)),
    }
}

/// A character by up to two digits of its code.
fn coded<'t>(text: &'t str, radix: u32, out: &mut String) -> &'t str {
    let (mut code, mut rest) = (0, text);
    for digit in text.chars().take(2).map_while(|digit| digit.to_digit(radix)) {
        code = code * radix + digit;
        rest = &rest[1..];
    }
    literal(char::from(code as u8), rest, out)
}

/// A class: within it `[`, `&&` and `~~` are characters, and a `]` that is first is one.
fn class<'t>(tail: &'t str, out: &mut String) -> Result<&'t str, &'static str> {
    out.push('[');
    let mut rest = tail;
    if let Some(negated) = rest.strip_prefix('^') {
        out.push('^');
        rest = negated;
    }
    if let Some(more) = rest.strip_prefix(']') {
        rest = literal(']', more, out);
    }
    // Whether a range may go on from the last character, and whether the next one ends it.
    let (mut may_begin, mut ends) = (out.ends_with(']'), false);
    loop {
        let first = rest.chars().next().ok_or("a class without its end")?;
        let tail = &rest[first.len_utf8()..];
        if first == ']' {
            out.push(']');
            return Ok(tail);
        }
        if first == '-' && may_begin && !tail.starts_with(']') && !is_set(tail) {
            out.push('-');
            (rest, may_begin, ends) = (tail, false, true);
            continue;
        }
        let is_set = is_set(rest);
        rest = match first {
            '[' if is_set => {
                let end = tail.find(":]").map_or(0, |end| end + 2);
                out.push('[');
                out.push_str(&tail[..end]);
                &tail[end..]
            }
            '\\' => match (white(tail), tail.strip_prefix('b')) {
                (Some((class, rest)), _) => {
                    out.push_str(class);
                    rest
                }
                (None, Some(rest)) => {
                    out.push_str("\\x{8}");
                    rest
                }
                _ => character(tail, out)?,
            },
            _ => literal(first, tail, out),
        };
        may_begin = !is_set && !ends;
        ends = false;
    }
}

/// Whether a class's next item is a set of characters: `[:alpha:]`, `\d`.
fn is_set(text: &str) -> bool {
    match text.as_bytes() {
        [b'[', b':', ..] => text.contains(":]"),
        [b'\\', letter, ..] => b"dDwWsShv".contains(letter),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Pattern;

    #[test]
    fn what_pcre_spells_differently_is_read_as_pcre_does() {
        for (pattern, texts, others) in [
            (r"^a\hb$", &["a b", "a\tb"][..], &["a\nb", "ab"][..]),
            (r"^a\Hb$", &["axb"], &["a b"]),
            (r"^a\Z", &["a", "a\n"], &["a\n\n", "ab"]),
            (r"^\Qa.b{\E+$", &["a.b{", "a.b{{"], &["axb{"]),
            (r"^a(?#nothing)b$", &["ab"], &["a#b"]),
            (r"^{a}{x}b{2}$", &["{a}{x}bb"], &["a"]),
            (r"^a{,3}$", &["a{,3}"], &["aa"]),
            (r"^[a-c&&b]+$", &["a&b"], &["d"]),
            (r"^[+--]+$", &["+,-"], &["."]),
            (r"^[[]a]$", &["[a]"], &["aa"]),
            (r"^[]a]+$", &["a]"], &["b"]),
            (r"^[^]a]$", &["b"], &["]"]),
            (r"^[]-a]+$", &["^_`"], &["b"]),
            (r"^[\d-x~~]+$", &["5-x~"], &["y"]),
            (r"^[\h\v]+$", &[" \n"], &["a"]),
            (r"^[\b\e]+$", &["\x08\x1b"], &["b"]),
            (r"^\e\cA\x9\x{41}\012\0$", &["\x1b\x01\tA\n\0"], &["eA"]),
            (r"^\<a\>\/$", &["<a>/"], &["a/"]),
            (r"^[[:alpha:]_-]+$", &["a_-"], &["1"]),
            (r"^a+?b*?c{1,2}?$", &["abc"], &["b"]),
            (r"(?x) a b # [ c", &["ab"], &["a b"]),
        ] {
            let compiled = Pattern::new(pattern).expect(pattern);
            for text in texts {
                assert!(compiled.is_match(text.as_bytes()), "{pattern} {text:?}");
            }
            for text in others {
                assert!(!compiled.is_match(text.as_bytes()), "{pattern} {text:?}");
            }
        }
    }

    #[test]
    fn what_aws_does_not_take_and_what_is_wrong_is_refused() {
        for pattern in [
            "a++", "a*+", "a?+", "a{2}+", "(?>a)", "a**", "a+?*", r"(a)\1", r"a\Kb", r"\R", r"\C",
            "(?R)", "(*FAIL)", "(?(1)a)", "(?=a)", r"\p{L}", "[a--z]", "[a", "(?#a", "\\", r"\c",
            r"\x{1",
        ] {
            assert!(Pattern::new(pattern).is_err(), "{pattern}");
        }
    }
}
