//! HTML's character references.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::decode::Fold;

/// Names that stand for ASCII, which are those that hide an attack, and the no-break space.
const NAMES: [(&[u8], u8); 47] = [
    (b"lt", b'<'),
    (b"gt", b'>'),
    (b"amp", b'&'),
    (b"quot", b'"'),
    (b"apos", b'\''),
    (b"nbsp", 160),
    (b"nonbreakingspace", 160),
    (b"tab", b'\t'),
    (b"newline", b'\n'),
    (b"colon", b':'),
    (b"semi", b';'),
    (b"lpar", b'('),
    (b"rpar", b')'),
    (b"sol", b'/'),
    (b"bsol", b'\\'),
    (b"equals", b'='),
    (b"excl", b'!'),
    (b"quest", b'?'),
    (b"num", b'#'),
    (b"dollar", b'$'),
    (b"percnt", b'%'),
    (b"ast", b'*'),
    (b"plus", b'+'),
    (b"comma", b','),
    (b"period", b'.'),
    (b"lsqb", b'['),
    (b"lbrack", b'['),
    (b"rsqb", b']'),
    (b"rbrack", b']'),
    (b"lcub", b'{'),
    (b"lbrace", b'{'),
    (b"rcub", b'}'),
    (b"rbrace", b'}'),
    (b"grave", b'`'),
    (b"lowbar", b'_'),
    (b"commat", b'@'),
    (b"hat", b'^'),
    (b"verbar", b'|'),
    (b"vert", b'|'),
    (b"verticalline", b'|'),
    (b"percent", b'%'),
    (b"midast", b'*'),
    (b"tilde", b'~'),
    (b"diacriticaltilde", b'~'),
    (b"minus", b'-'),
    (b"underbar", b'_'),
    (b"diacriticalgrave", b'`'),
];

/// `&lt;`, `&#60;`, `&#x3c;`; numbers with or without a semicolon, as browsers take them.
pub(crate) fn html_entity_decode(text: &[u8], fold: Fold) -> Cow<'_, [u8]> {
    let Some(first) = text.iter().position(|byte| *byte == b'&') else { return text.into() };
    let mut out = Vec::with_capacity(text.len());
    out.extend_from_slice(&text[..first]);
    let mut rest = &text[first..];
    while let [byte, tail @ ..] = rest {
        rest = tail;
        let reference =
            (*byte == b'&').then(|| number(tail, fold).or_else(|| name(tail, fold))).flatten();
        match reference {
            Some((decoded, used)) => {
                // Among characters of UTF-8 a byte alone would be none, and what is not UTF-8 is read by bytes.
                match decoded.is_ascii() || text.is_ascii() {
                    true => out.push(decoded),
                    false => out
                        .extend_from_slice(char::from(decoded).encode_utf8(&mut [0; 2]).as_bytes()),
                }
                rest = &tail[used..];
            }
            None => out.push(*byte),
        }
    }
    out.into()
}

fn number(text: &[u8], fold: Fold) -> Option<(u8, usize)> {
    let digits = text.strip_prefix(b"#")?;
    let (radix, prefix) = match digits.first()? {
        b'x' | b'X' => (16, 2),
        _ => (10, 1),
    };
    let digits = &text[prefix..];
    // Zeros may go on and on; what counts is cut where no character is left to stand for.
    let count = digits.iter().take_while(|b| char::from(**b).is_digit(radix)).count();
    if count == 0 {
        return None;
    }
    let value = digits[..count].iter().fold(0_u32, |value, digit| {
        let digit = char::from(*digit).to_digit(radix).unwrap_or(0);
        value.saturating_mul(radix).saturating_add(digit)
    });
    let semicolon = usize::from(digits.get(count) == Some(&b';'));
    Some((fold((value >> 8) as u8, value as u8), prefix + count + semicolon))
}

fn name(text: &[u8], fold: Fold) -> Option<(u8, usize)> {
    let length = text.iter().take(17).take_while(|b| b.is_ascii_alphabetic()).count();
    let found = |length: usize| {
        NAMES
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(&text[..length]))
            .map(|n| fold(0, n.1))
    };
    if text.get(length) == Some(&b';') {
        return Some((found(length)?, length + 1));
    }
    // The oldest names need no semicolon.
    let short = [2, 3, 4].into_iter().filter(|at| *at <= length);
    short.rev().find_map(|at| {
        let bare: &[&[u8]] = &[b"lt", b"gt", b"amp", b"quot", b"nbsp"];
        bare.iter().any(|name| name.eq_ignore_ascii_case(&text[..at])).then_some(())?;
        Some((found(at)?, at))
    })
}
