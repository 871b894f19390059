//! What a shell makes of marks: other words, folders, numbers; and functions that never end.

use alloc::vec::Vec;

use super::commands::{Strength, is_product, unix};
use crate::statement::find;
use crate::text::{is_compact, near};
use crate::transform::is_word;

/// Bytes of a word with braces that are looked at.
const BRACED_BYTES_MAX: usize = 128;
/// Bytes of a function's name.
const NAME_BYTES_MAX: usize = 64;

/// Whether something of a text is what only a shell expands, or a function that calls itself twice.
pub(super) fn is_expanded(text: &[u8]) -> bool {
    has_folder(text) || runs_braced(text) || has_number(text) || is_fork_bomb(text)
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

/// `:(){ :|:& };:`
fn is_fork_bomb(text: &[u8]) -> bool {
    let mut from = 0;
    while let Some(at) = text[from..].iter().position(|b| *b == b'(') {
        let open = from + at;
        from = open + 1;
        let rest = near(&text[from..]).trim_ascii_start();
        let Some(rest) = rest.strip_prefix(b")") else { continue };
        let Some(body) = rest.trim_ascii_start().strip_prefix(b"{") else { continue };
        let before = &text[open.saturating_sub(NAME_BYTES_MAX)..open];
        let before = before.trim_ascii_end();
        let names = |b: &u8| is_word(*b) || matches!(b, b':' | b'.' | b'-' | b'@');
        let length = before.iter().rev().take_while(|b| names(b)).count();
        let name = &before[before.len() - length..];
        let end = body.iter().position(|b| *b == b'}').unwrap_or(body.len());
        if !name.is_empty() && calls_twice(&body[..end], name) {
            return true;
        }
    }
    false
}

/// Whether a function runs itself beside itself: `f | f`, `f & f`.
fn calls_twice(body: &[u8], name: &[u8]) -> bool {
    let is_call = |text: &[u8], starts: bool| {
        let text = text.trim_ascii();
        let bare =
            if starts { text } else { text.strip_suffix(b"()").unwrap_or(text).trim_ascii_end() };
        let rest = if starts { bare.strip_prefix(name) } else { bare.strip_suffix(name) };
        let edge = |rest: &[u8]| if starts { rest.first().copied() } else { rest.last().copied() };
        rest.is_some_and(|rest| edge(rest).is_none_or(|b| !is_word(b)))
    };
    body.iter().enumerate().any(|(at, byte)| {
        let is_single = body.get(at + 1) != Some(byte) && (at == 0 || body[at - 1] != *byte);
        matches!(byte, b'|' | b'&')
            && is_single
            && is_call(&body[..at], false)
            && is_call(&body[at + 1..], true)
    })
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
            ":(){ :|:& };:",
            "f(){ f|f& };f",
            "test() { test | test & } test",
            "f(){ f() & f(); }; f",
            ".(){ .|.& };.",
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
            "function f() { return f() || f(); }",
            "f() { return a | b; }",
            "main(){ run(); }",
        ];
        for text in others {
            assert!(!is_expanded(text.as_bytes()), "{text}");
        }
    }
}
