//! Functions of a shell: those that call themselves twice, and those that a text defines and then runs.

use crate::text::{is_compact, near};
use crate::transform::is_word;

/// Bytes of a function's name.
const NAME_BYTES_MAX: usize = 64;
/// Words of a text that defines a function and runs it.
const WORDS_MAX: usize = 16;

/// Whether a text has a function that never ends, or one that it runs itself.
pub(super) fn is_function(text: &[u8]) -> bool {
    let mut from = 0;
    while let Some(at) = text[from..].iter().position(|b| matches!(b, b'(' | b'{')) {
        let open = from + at;
        from = open + 1;
        let Some(found) = definition(text, open) else { continue };
        if found.calls_twice() || found.runs_behind() && is_compact(text, WORDS_MAX) {
            return true;
        }
    }
    false
}

struct Definition<'t> {
    name: &'t [u8],
    /// What follows the beginning of the body.
    body: &'t [u8],
    /// What ends the body: a group of commands may be one, or a shell of its own.
    close: u8,
}

/// The function whose parentheses or whose brace open at a place: `f() {`, `f()(`, `function f {`.
fn definition(text: &[u8], open: usize) -> Option<Definition<'_>> {
    let before = &text[open.saturating_sub(NAME_BYTES_MAX)..open];
    let (before, is_apart) = (before.trim_ascii_end(), before.ends_with(b" "));
    let names = |b: &u8| is_word(*b) || matches!(b, b':' | b'.' | b'-' | b'@');
    let length = before.iter().rev().take_while(|b| names(b)).count();
    let (before, name) = before.split_at(before.len() - length);
    if name.is_empty() {
        return None;
    }
    let rest = near(&text[open + 1..]);
    if text[open] == b'{' {
        let keyword = before.trim_ascii_end().strip_suffix(b"function")?;
        let is_keyword = keyword.last().is_none_or(|b| !is_word(*b)) && before.ends_with(b" ");
        return (is_keyword && is_apart).then_some(Definition { name, body: rest, close: b'}' });
    }
    match rest.trim_ascii_start().strip_prefix(b")")?.trim_ascii_start() {
        [b'{', body @ ..] => Some(Definition { name, body, close: b'}' }),
        [b'(', body @ ..] => Some(Definition { name, body, close: b')' }),
        _ => None,
    }
}

impl Definition<'_> {
    /// Whether the function runs itself beside itself: `f | f`, `f & f`.
    fn calls_twice(&self) -> bool {
        let end = self.body.iter().position(|b| *b == self.close).unwrap_or(self.body.len());
        let body = &self.body[..end];
        let is_call = |text: &[u8], starts: bool| {
            let text = text.trim_ascii();
            let bare = text.strip_suffix(b"()").filter(|_| !starts).unwrap_or(text).trim_ascii();
            let name = self.name;
            let rest = if starts { bare.strip_prefix(name) } else { bare.strip_suffix(name) };
            let edge =
                |rest: &[u8]| if starts { rest.first().copied() } else { rest.last().copied() };
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

    /// `id; }; f`: whether the body ends, and the function's name is a command behind it. Other languages call with
    /// parentheses.
    fn runs_behind(&self) -> bool {
        let ends = self.body.iter().enumerate().filter(|(_, b)| **b == self.close);
        ends.map(|(end, _)| &self.body[end + 1..]).any(|behind| {
            let is_separator = |b: &u8| matches!(b, b';' | b'&' | b'|' | b'\n');
            let skips = |b: &u8| is_separator(b) || b.is_ascii_whitespace();
            let (skipped, rest) = behind.split_at(behind.iter().take_while(|b| skips(b)).count());
            let ends = |b: &u8| skips(b) || b"#`'\"<>".contains(b);
            skipped.iter().any(is_separator)
                && rest.strip_prefix(self.name).is_some_and(|rest| rest.first().is_none_or(ends))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_that_a_shell_would_run_are_told_from_those_of_other_languages() {
        let functions = [
            ":(){ :|:& };:",
            "f(){ f|f& };f",
            "test() { test | test & } test",
            "f(){ f() & f(); }; f",
            ".(){ .|.& };.",
            ";f(){ id;};f",
            "x () { cat /app/y; } ; x 1",
            "f()(id);f",
            "f(){ ls${IFS}-l;}&&f",
            ";function x { id; };x",
            "127.0.0.1;f(){ nc -e sh a.example 1;};f #",
        ];
        for text in functions {
            assert!(is_function(text.as_bytes()), "{text}");
        }
        let others = [
            "function f() { return f() || f(); }",
            "f() { return a | b; }",
            "main(){ run(); }",
            "function f() { go(); }; f();",
            "f(){ a; };g",
            "class A { f() { a } f2() { b } }",
            "the function f { x }; see f",
            "const f = () => { g(); }; f",
            "fn f() { x } f",
            "run() { x(); } run.then(y)",
        ];
        for text in others {
            assert!(!is_function(text.as_bytes()), "{text}");
        }
    }
}
