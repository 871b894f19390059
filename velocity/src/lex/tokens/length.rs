//! How much of a text is of one kind: 0 where it begins with something else.

pub(super) fn exponent(text: &[u8]) -> usize {
    if !matches!(text.first(), Some(b'e' | b'E')) {
        return 0;
    }
    let sign = usize::from(matches!(text.get(1), Some(b'+' | b'-')));
    match count(&text[1 + sign..], |b| b.is_ascii_digit()) {
        0 => 0,
        digits => 1 + sign + digits,
    }
}

/// `"` doubled is part of a string, and so is a backslash: it escapes nothing.
pub(super) fn string_literal(text: &[u8]) -> usize {
    let Some(quote @ (b'"' | b'\'')) = text.first() else { return 0 };
    let mut at = 1;
    // The longest string: where quotes are odd in the end, the last one that closes.
    let mut closed = 0;
    while at < text.len() {
        if text[at] == *quote {
            if text.get(at + 1) == Some(quote) {
                closed = at + 1;
                at += 2;
                continue;
            }
            return at + 1;
        }
        at += 1;
    }
    closed
}

pub(super) fn identifier(text: &[u8]) -> usize {
    match text.first() {
        Some(b) if b.is_ascii_alphabetic() || *b == b'_' => {
            count(text, |b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        }
        _ => 0,
    }
}

pub(super) fn word(text: &[u8]) -> usize {
    match text.first() {
        Some(b) if b.is_ascii_alphabetic() || matches!(b, b'_' | b'@') => {
            count(text, is_directive_char)
        }
        _ => 0,
    }
}

pub(super) fn bracketed_word(text: &[u8]) -> usize {
    match text {
        [b'{', first, ..] if first.is_ascii_alphabetic() || *first == b'_' => {
            let end = 1 + count(&text[1..], is_directive_char);
            if text.get(end) == Some(&b'}') { end + 1 } else { 0 }
        }
        _ => 0,
    }
}

pub(super) fn is_directive_char(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'@')
}

/// An even number of backslashes, one more, and something like a directive.
pub(super) fn escaped_directive(text: &[u8]) -> usize {
    let backslashes = count(text, |b| b == b'\\');
    if backslashes % 2 == 0 || text.get(backslashes) != Some(&b'#') {
        return 0;
    }
    let name = &text[backslashes + 1..];
    match word(name).max(bracketed_word(name)) {
        0 => 0,
        length => backslashes + 1 + length,
    }
}

/// `#set (` with the blanks before it.
pub(super) fn set(text: &[u8]) -> usize {
    let mut at = blanks(text);
    let word = ["#set", "#{set}"].into_iter().find(|word| text[at..].starts_with(word.as_bytes()));
    let Some(word) = word else { return 0 };
    at += word.len();
    at += blanks(&text[at..]);
    if text.get(at) == Some(&b'(') { at + 1 } else { 0 }
}

pub(super) fn empty_index(text: &[u8]) -> usize {
    let found = ["$![", "$\\![", "$[", "$."].into_iter().find(|t| text.starts_with(t.as_bytes()));
    found.map_or(0, str::len)
}

pub(super) fn dot(text: &[u8]) -> usize {
    match text {
        [b'.', letter, ..] if letter.is_ascii_alphabetic() => 2,
        _ => 0,
    }
}

pub(super) fn blanks(text: &[u8]) -> usize {
    count(text, |b| matches!(b, b' ' | b'\t'))
}

pub(super) fn white_space(text: &[u8]) -> usize {
    count(text, |b| matches!(b, b' ' | b'\t' | b'\n' | b'\r'))
}

pub(super) fn line_end(text: &[u8]) -> usize {
    match text {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => 0,
    }
}

/// Blanks up to the end of the line and that end, if there is nothing else.
pub(super) fn blank_line_end(text: &[u8]) -> usize {
    let blanks = blanks(text);
    match line_end(&text[blanks..]) {
        0 => 0,
        end => blanks + end,
    }
}

pub(super) fn count(text: &[u8], is: impl Fn(u8) -> bool) -> usize {
    text.iter().take_while(|b| is(**b)).count()
}
