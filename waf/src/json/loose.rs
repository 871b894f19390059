//! What is not quite JSON and is read as such by somebody: single quotes, control characters within
//! strings, several documents, constants of JavaScript, strings that break off.

use alloc::vec::Vec;

use super::escape;

/// Tells each string, decoded, and what stands between them, until the visitor has had enough. Returns
/// whether it had.
pub(crate) fn loose(text: &[u8], visit: &mut dyn FnMut(&[u8]) -> bool) -> bool {
    let mut rest = text;
    while let Some(&first) = rest.first() {
        if matches!(first, b'"' | b'\'' | b'`') {
            let (string, after) = string(&rest[1..], first);
            if visit(&string) {
                return true;
            }
            rest = after;
            continue;
        }
        let end = rest.iter().position(|b| b"\"'`{}[],:".contains(b)).unwrap_or(rest.len());
        let between = rest[..end].trim_ascii();
        if !between.is_empty() && visit(&unescaped(between)) {
            return true;
        }
        let separators = usize::from(rest.get(end).is_some_and(|b| b"{}[],:".contains(b)));
        rest = &rest[end + separators..];
    }
    // Who reads the quotes otherwise finds something else in them.
    text.contains(&b'\\') && visit(&unescaped(text))
}

/// A string up to its quote, or to the end, and what follows.
fn string(text: &[u8], quote: u8) -> (Vec<u8>, &[u8]) {
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'\\' => at += 2,
            byte if byte == quote => return (unescaped(&text[..at]), &text[at + 1..]),
            _ => at += 1,
        }
    }
    (unescaped(text), &[])
}

/// A text without escapes; what is none stays, without its backslash.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.iter().position(|b| *b == b'\\') {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        let took = escape(rest, &mut out).or_else(|| hexadecimal(rest, &mut out));
        rest = &rest[took.unwrap_or(0)..];
    }
    out.extend_from_slice(rest);
    out
}

/// `\x27`, as JavaScript has it.
fn hexadecimal(text: &[u8], out: &mut Vec<u8>) -> Option<usize> {
    let digits = text.strip_prefix(b"x")?;
    out.push(crate::transform::hex_pair(digits)?);
    Some(3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    fn told(text: &str) -> Vec<String> {
        let mut all = Vec::new();
        loose(text.as_bytes(), &mut |text| {
            all.push(String::from_utf8_lossy(text).into_owned());
            false
        });
        all
    }

    #[test]
    fn strings_are_decoded_however_they_are_written() {
        assert_eq!(told("{'a':\"\\u0027 OR\\t1\"}")[..2], ["a", "' OR\t1"]);
        assert_eq!(told("{\"a\": NaN, \"b\": \"x\ty\"}"), ["a", "NaN", "b", "x\ty"]);
        assert_eq!(told("{}{\"a\":1}"), ["a", "1"]);
        assert_eq!(told("[\"\\x27\\q\", \"open \\u003")[0], "'q");
        assert_eq!(told("[\"\\x27\\q\", \"open \\u003")[1], "open u003");
        assert_eq!(told("\"a\\"), ["a", "\"a"]);
    }
}
