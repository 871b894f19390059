//! What a shell makes of marks: other words, folders, numbers.

use alloc::vec::Vec;

use super::commands::{Strength, is_product, unix};
use crate::statement::find;
use crate::text::{is_compact, near};
use crate::transform::is_word;

/// Bytes of a word with braces that are looked at.
const BRACED_BYTES_MAX: usize = 128;

/// Whether something of a text is what only a shell expands.
pub(super) fn is_expanded(text: &[u8]) -> bool {
    has_folder(text) || runs_braced(text) || has_number(text)
}

/// `~+`, `~-2`: the folder a shell is in, was in, or has on its stack, as a word of its own.
fn has_folder(text: &[u8]) -> bool {
    let starts = |b: u8| b.is_ascii_whitespace() || b";|&`(<>=:,'\"".contains(&b);
    let ends = |b: u8| b.is_ascii_whitespace() || b";|&`)<>/'\"".contains(&b);
    text.contains(&b'~')
        && is_compact(text, 3)
        && text.iter().enumerate().any(|(at, byte)| {
            let is_first = at.checked_sub(1).is_none_or(|before| starts(text[before]));
            let Some([b'+' | b'-', rest @ ..]) = text.get(at + 1..) else { return false };
            let digits = rest.iter().take(4).take_while(|b| b.is_ascii_digit()).count();
            *byte == b'~' && is_first && rest.get(digits).is_none_or(|b| ends(*b))
        })
}

/// `{l,-lh}s`, `c{a,oun}t`, `{,ifconfig}`: braces that expand to a command.
fn runs_braced(text: &[u8]) -> bool {
    text.contains(&b'{')
        && is_compact(text, 4)
        && text
            .split(|b| b.is_ascii_whitespace() || matches!(b, b';' | b'|' | b'&' | b'`'))
            .any(is_braced_command)
}

fn is_braced_command(word: &[u8]) -> bool {
    let is_plain = |b: &u8| b.is_ascii_alphanumeric() || b"-./_".contains(b);
    if word.len() > BRACED_BYTES_MAX {
        return false;
    }
    let Some(open) = word.iter().position(|b| *b == b'{') else { return false };
    let Some(length) = word[open..].iter().position(|b| *b == b'}') else { return false };
    let (prefix, inner) = (&word[..open], &word[open + 1..open + length]);
    let suffix = &word[open + length + 1..];
    let is_list = inner.contains(&b',') && inner.iter().all(|b| is_plain(b) || *b == b',');
    if !is_list || !prefix.iter().chain(suffix).all(is_plain) {
        return false;
    }
    let items = || inner.split(|b| *b == b',');
    let mut words = items().map(|item| [prefix, item, suffix].concat()).filter(|w| !w.is_empty());
    let Some(first) = words.next() else { return false };
    let base = first.iter().rposition(|b| *b == b'/').map_or(0, |index| index + 1);
    let name = first[base..].to_ascii_lowercase();
    let Some(strength) = unix(&name) else { return false };
    let has_argument = words.any(|word| word.starts_with(b"-") || word.contains(&b'/'));
    // A list of names is one of fields, too: `{id,name}`.
    let joins = !prefix.is_empty() || !suffix.is_empty() || items().any(<[u8]>::is_empty);
    has_argument || (joins || strength == Strength::Own) && !is_product(&name)
}

/// `$[2+2]`: arithmetic as old shells have it. Paths of JSON and expressions calculate nothing there.
fn has_number(text: &[u8]) -> bool {
    let mut rest = text;
    while let Some(at) = find(rest, b"$[") {
        rest = &rest[at + 2..];
        let inner = near(rest);
        let Some(end) = inner.iter().position(|b| *b == b']') else { continue };
        let bare: Vec<u8> = inner[..end].iter().copied().filter(|b| *b != b' ').collect();
        let is_number = |b: &u8| is_word(*b) || b"+*/%()$-".contains(b);
        let calculates = bare.windows(3).any(|w| {
            (is_word(w[0]) || w[0] == b')')
                && matches!(w[1], b'+' | b'*' | b'/' | b'%')
                && (is_word(w[2]) || matches!(w[2], b'(' | b'$'))
        });
        if calculates && bare.iter().all(is_number) && is_compact(text, 8) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_expands_is_told_from_what_looks_alike() {
        let expanded = [
            "~+",
            "~-3",
            "foo ~+1",
            "a;~-",
            "PATH=/tmp:~+1",
            "{l,-lh}s",
            "c{a,oun}t",
            "{,ip,a}",
            "{id,}",
            "{cat,/etc/passwd}",
            "{ls,foo}",
            "$[2+2]",
            "$[ x * 3 ]",
        ];
        for text in expanded {
            assert!(is_expanded(text.as_bytes()), "{text}");
        }
        let others = [
            "~z",
            "~5",
            "abc~+1",
            "about ~-5 degrees in the morning",
            "~/notes",
            "a ~ b",
            "{id,name}",
            "{a,b}",
            "a{2,5}",
            "src/**/*.{js,ts}",
            "python{2,3}",
            "{x: 1, y: 2}",
            "$[0]",
            "$[0-9]+",
            "$['a'][0]",
            "$[-1]",
            "$[*]",
            "price in $[USD]",
        ];
        for text in others {
            assert!(!is_expanded(text.as_bytes()), "{text}");
        }
    }
}
