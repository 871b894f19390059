//! Windows' shell.

use alloc::vec::Vec;

use super::commands::{Strength, windows};
use super::redirection::is_redirected;
use super::word::is_time;
use crate::statement::find;
use crate::text::{
    contains_small, has, is_columns, is_compact, is_on_fence, is_sorted, near, near_end,
    starts_with, words,
};
use crate::transform::is_word;

/// Whether Windows' shell would run something of a text.
pub(crate) fn is_windows(text: &[u8]) -> bool {
    if !text.iter().any(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))) {
        return false;
    }
    if has_part_of_variable(text) {
        return true;
    }
    let bare = unquoted(text);
    (is_compact(&bare, 24)
        && (is_at(&bare, false) || is_control(&bare) || is_control(&joined(text))))
        || behind_separator(&bare, false)
}

/// Whether it would run something of a path's segment. A title has words of prose where a shell looks for
/// a command.
pub(crate) fn is_windows_segment(text: &[u8]) -> bool {
    let bare = unquoted(text);
    has_part_of_variable(text)
        || is_compact(&bare, 24) && (is_control(&bare) || is_control(&joined(text)))
        || behind_separator(&bare, true)
}

/// Without what the shell takes away.
fn unquoted(text: &[u8]) -> Vec<u8> {
    text.iter().copied().filter(|b| !matches!(b, b'^' | b'"')).collect()
}

/// `%ProgramFiles:~10,-5%`: letters out of the middle of a variable, which spell what is not written.
fn has_part_of_variable(text: &[u8]) -> bool {
    let mut from = 0;
    while let Some(at) = find(&text[from..], b":~") {
        let colon = from + at;
        from = colon + 2;
        let name = near_end(&text[..colon]);
        let letters = name.iter().rev().take_while(|b| is_word(**b) || **b == b'(' || **b == b')');
        let letters = letters.count();
        let range = near(&text[from..]);
        let digits = range.iter().take_while(|b| b.is_ascii_digit() || matches!(b, b',' | b'-'));
        let digits = digits.count();
        let opens = name.len().checked_sub(letters + 1).is_some_and(|index| name[index] == b'%');
        if letters > 0 && digits > 0 && opens && range.get(digits) == Some(&b'%') {
            return true;
        }
    }
    false
}

/// A text whose quoted strings are a word each: what `if` compares may have blanks.
fn joined(text: &[u8]) -> Vec<u8> {
    let mut is_quoted = false;
    let joined = text.iter().filter_map(|b| match b {
        b'"' => {
            is_quoted = !is_quoted;
            None
        }
        b'^' => None,
        b' ' | b'\t' if is_quoted => Some(b'_'),
        other => Some(*other),
    });
    joined.collect()
}

/// `&dir`, `|| type c:\x`, `; net user`
fn behind_separator(text: &[u8], is_segment: bool) -> bool {
    let is_table = text.trim_ascii().starts_with(b"|") && text.trim_ascii().ends_with(b"|");
    if is_columns(text) {
        return false;
    }
    let is_report = !is_compact(text, 8);
    let is_record = is_record(text);
    let mut at = 0;
    while let Some(next) =
        text[at..].iter().position(|b| matches!(b, b'&' | b'|' | b';' | b'\n' | b'\r' | b'`'))
    {
        let place = at + next;
        at = place + 1;
        // Of several separators in a row the last one counts.
        if matches!(text.get(at), Some(b'&' | b'|' | b';' | b'\n' | b'\r' | b'`')) {
            continue;
        }
        let before = near_end(&text[..place]);
        let prefix = if matches!(text[place], b'\n' | b'\r') { 1 } else { 4 };
        if words(before) > prefix {
            return false;
        }
        if text[place] == b'|' && is_table {
            continue;
        }
        if is_report && matches!(text[place], b'`' | b'\n' | b'\r') && is_on_fence(text, place) {
            continue;
        }
        // Prose shows names between backticks: Get the `label` field.
        if text[place] == b'`' && is_among_words(before, near(&text[at..])) {
            continue;
        }
        // `&copy;`: a reference of HTML.
        let name = text[at..].iter().take(16).take_while(|b| b.is_ascii_alphanumeric()).count();
        if text[place] == b'&' && name > 1 && text.get(at + name) == Some(&b';') {
            continue;
        }
        if is_record && is_idle(&text[at..]) {
            continue;
        }
        let rest = near(&text[at..]).trim_ascii_start();
        let rest = rest.strip_prefix(b"(").unwrap_or(rest).trim_ascii_start();
        // `time; date; place`: letters alone before a word are a list.
        let is_list = before.iter().any(u8::is_ascii_alphabetic)
            && before.iter().all(|b| {
                b.is_ascii_alphabetic()
                    || b.is_ascii_whitespace()
                    || matches!(b, b'|' | b';' | b'&')
            });
        let is_apart = text.get(at).is_some_and(u8::is_ascii_whitespace);
        let is_behind = !(is_list && is_apart);
        // `Move & Copy 2.pdf`
        let is_title = is_segment && is_apart && !names_program(rest);
        if !is_title && is_at(rest, is_behind) || is_control(rest) {
            return true;
        }
    }
    false
}

/// `7;1;;Control;0.5;2024-01-03`: values between semicolons, and no mark of a shell nor a blank beside them.
fn is_record(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    !text.starts_with(b";")
        && text.iter().all(|b| b.is_ascii_alphanumeric() || b";.,:+-_".contains(b))
        && text.iter().filter(|b| **b == b';').count() >= 3
}

/// Whether a value of such a record is a word that does nothing and tells nothing without an argument. None follows:
/// a semicolon ends a command for PowerShell, and begins none for `cmd.exe`.
fn is_idle(rest: &[u8]) -> bool {
    const BUSY: &str = "calc cd dir exit ftp gci gcm gdr gps gsv logoff mode path set shcm shutdown subst tree vol";
    const _: () = assert!(is_sorted(BUSY));
    let value = near(rest).split(|b| *b == b';').next().unwrap_or_default();
    let name = value.trim_ascii().to_ascii_lowercase();
    windows(&name) == Some(Strength::Word) && !has(BUSY, &name)
}

/// Whether what a backtick begins or ends has words of its own line before or behind it, apart from it.
fn is_among_words(before: &[u8], rest: &[u8]) -> bool {
    let is_word = |word: &[u8]| word.len() > 1 && word.iter().all(u8::is_ascii_alphabetic);
    let has_word = |text: &[u8]| text.split(u8::is_ascii_whitespace).any(is_word);
    let behind = rest.iter().position(|b| *b == b'`').map_or(&b""[..], |end| &rest[end + 1..]);
    let is_apart = |edge: Option<&u8>| edge.is_some_and(u8::is_ascii_whitespace);
    is_apart(before.last()) && has_word(before) || is_apart(behind.first()) && has_word(behind)
}

/// Whether a text begins with a command.
fn is_at(text: &[u8], is_behind: bool) -> bool {
    let text = text.trim_ascii_start();
    let text = text.strip_prefix(b"@").unwrap_or(text);
    let plain = |b: &u8| {
        b.is_ascii_alphanumeric()
            || matches!(b, b'.' | b'_' | b'-' | b':' | b'\\' | b'%' | b'~' | b'/')
    };
    let mut end = text.iter().position(|b| !plain(b)).unwrap_or(text.len());
    // `dir/s`: an option needs no blank.
    if let Some(slash) = text[..end].iter().position(|b| *b == b'/')
        && slash > 1
        && !text[..slash].contains(&b'\\')
    {
        end = slash;
    }
    let word = text[..end].to_ascii_lowercase();
    let base = word.iter().rposition(|b| *b == b'\\').map_or(0, |index| index + 1);
    let has_path = base > 0;
    let (name, rest) = (&word[base..], &text[end..]);
    let name = if name == b"%comspec%" { b"cmd" } else { name };
    if matches!(name, b"call" | b"start" | b"time") && is_started(rest) {
        return true;
    }
    if is_behind && is_program_of_drive(text) {
        return true;
    }
    let Some(strength) = windows(name) else { return false };
    // `\echo Use this`: a command of psql.
    if has_path && (base > 1 || strength == Strength::Own) {
        return true;
    }
    // `f(url | hostname, options)`
    if rest.starts_with(b",") {
        return false;
    }
    // `&expand=items`: an argument's name; `at com.example.Place(Place.java:7)`: a line of a trace.
    if rest.starts_with(b"=") || name == b"at" && !is_time(rest) {
        return false;
    }
    let ends = rest.trim_ascii();
    let is_end = ends.is_empty()
        || matches!(ends[0], b'&' | b'|' | b';' | b'>' | b')' | b'\'' | b'`')
        || ends[0] == b'<' && is_redirected(ends, strength == Strength::Own);
    // `echo x > c:\x`, `vssadmin delete shadows /all`
    let target = ends.iter().position(|b| *b == b'>').map(|at| ends[at + 1..].trim_ascii_start());
    let argument = is_argument(ends, name)
        || is_behind && target.is_some_and(|target| is_argument(target, b""))
        || strength == Strength::Own && has_later_switch(ends);
    match (strength, is_behind) {
        (Strength::Own, true) => is_end && words(text) <= 8 || argument || words(rest) <= 2,
        // `tasklist | findstr x`
        (Strength::Own, false) => {
            let piped = ends.strip_prefix(b"|").map(<[u8]>::trim_ascii_start);
            (argument || piped.is_some_and(names_own)) && words(text) <= 10
        }
        (Strength::Word, true) => argument || (is_end && ends.len() < 30),
        (Strength::Word, false) => argument && words(text) <= 6,
    }
}

/// `c:\program files\x\y.exe`: where quotes were, a path may have blanks.
fn is_program_of_drive(text: &[u8]) -> bool {
    let text = near(text);
    let is_drive = matches!(text, [letter, b':', b'\\', ..] if letter.is_ascii_alphabetic());
    is_drive
        && is_compact(text, 8)
        && [&b".exe"[..], b".bat", b".cmd", b".com"].iter().any(|e| contains_small(text, e))
}

/// Whether a program's own name is first in a text, and something behind it.
fn names_own(text: &[u8]) -> bool {
    let mut all = text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let name = all.next().map(<[u8]>::to_ascii_lowercase);
    name.is_some_and(|name| windows(&name) == Some(Strength::Own)) && all.next().is_some()
}

/// `time cmd`, `start winget x`: a program that another command starts.
fn is_started(rest: &[u8]) -> bool {
    names_program(rest) && words(rest) <= 4
}

/// Whether a program's name is first in a text, by a name that no prose has.
fn names_program(text: &[u8]) -> bool {
    const PROSE: [&[u8]; 14] = [
        b"choco",
        b"cipher",
        b"clip",
        b"comp",
        b"expand",
        b"explorer",
        b"hostname",
        b"md",
        b"net",
        b"notepad",
        b"query",
        b"rd",
        b"reg",
        b"ver",
    ];
    let word = text.split(u8::is_ascii_whitespace).find(|word| !word.is_empty());
    let name = word.map(<[u8]>::to_ascii_lowercase);
    name.is_some_and(|name| windows(&name) == Some(Strength::Own) && !PROSE.contains(&&name[..]))
}

fn has_later_switch(rest: &[u8]) -> bool {
    let mut more = rest.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).skip(1);
    more.by_ref().take(3).any(|word| {
        matches!(word, [b'/', letters @ ..] if !letters.is_empty() && letters.len() <= 8
            && letters.iter().all(u8::is_ascii_alphabetic))
    })
}

fn is_argument(rest: &[u8], name: &[u8]) -> bool {
    let word = rest.split(u8::is_ascii_whitespace).next().unwrap_or(rest);
    let slashes = word.iter().filter(|b| **b == b'/').count();
    let switch = matches!(word, [b'/', letter, ..] if letter.is_ascii_alphabetic() || *letter == b'?')
        && word.len() <= 24
        // `/f/s/q` are several; `/usr/bin/x` is a path.
        && (slashes == 1 || slashes * 3 >= word.len());
    let drive =
        matches!(word, [letter, b':', b'\\' | b'/' | b'.', ..] if letter.is_ascii_alphabetic());
    let option = matches!(word, [b'-', letter, ..] if letter.is_ascii_alphabetic());
    let is_share = word.starts_with(b"\\\\");
    let dotted = word
        .iter()
        .position(|b| *b == b'.')
        .is_some_and(|dot| dot > 0 && word.get(dot + 1).is_some_and(u8::is_ascii_alphanumeric))
        && words(rest) <= 3;
    let variable = matches!(word, [b'%', letter, ..] if letter.is_ascii_alphabetic() || *letter == b'%')
        && word.len() > 2;
    let named = |all: &[&[u8]]| all.iter().any(|known| starts_with(word, known));
    let of_its_own = match name.strip_suffix(b".exe").unwrap_or(name) {
        b"net" | b"net1" => named(&[
            b"user",
            b"localgroup",
            b"group",
            b"view",
            b"share",
            b"use",
            b"start",
            b"stop",
            b"session",
            b"config",
            b"accounts",
            b"time",
            b"file",
            b"statistics",
        ]),
        b"reg" => named(&[b"add", b"query", b"delete", b"save", b"export", b"copy", b"import"]),
        b"sc" => named(&[b"query", b"create", b"stop", b"start", b"config", b"delete"]),
        b"mshta" | b"regsvr32" | b"rundll32" => named(&[b"javascript:", b"vbscript:", b"http"]),
        b"route" => named(&[b"print", b"add", b"delete"]),
        b"cscript" | b"wscript" => named(&[b"//"]),
        b"wmic" => !word.is_empty(),
        b"netsh" => !word.is_empty(),
        b"query" => named(&[b"user", b"session", b"process", b"termserver"]),
        _ => false,
    };
    switch || drive || option || is_share || dotted || variable || of_its_own
}

/// `for /f %i in (…) do …`, `if not exist x …`
fn is_control(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    let is_short = is_compact(text, 30);
    if starts_with(text, b"for")
        && text.get(3).is_some_and(|b| b.is_ascii_whitespace() || *b == b'/')
    {
        let variable = text
            .iter()
            .position(|b| *b == b'%')
            .is_some_and(|at| text.get(at + 1).is_some_and(|b| !b.is_ascii_whitespace()));
        return is_short && variable && contains_small(text, b"in") && text.contains(&b'(');
    }
    if !starts_with(text, b"if")
        || !text.get(2).is_some_and(|b| b.is_ascii_whitespace() || *b == b'/')
    {
        return false;
    }
    let mut all = text[2..].split(|b| b.is_ascii_whitespace()).filter(|w| !w.is_empty()).peekable();
    if all.peek().is_some_and(|w| w.eq_ignore_ascii_case(b"/i")) {
        return true;
    }
    if all.peek().is_some_and(|w| w.eq_ignore_ascii_case(b"not")) {
        all.next();
    }
    let Some(word) = all.next() else { return false };
    let is = |known: &[u8]| word.eq_ignore_ascii_case(known);
    let tests = is(b"exist") || is(b"errorlevel") || is(b"defined") || is(b"cmdextversion");
    if tests {
        return all.count() <= if text.contains(&b'%') { 24 } else { 8 };
    }
    let operators: [&[u8]; 6] = [b"geq", b"gtr", b"equ", b"neq", b"leq", b"lss"];
    let next = all.next().unwrap_or(b"");
    let is_open = word.starts_with(b"(") && !word.ends_with(b")");
    operators.iter().any(|op| next.eq_ignore_ascii_case(op))
        || next == b"==" && text.contains(&b'%') && is_compact(text, 24)
        // `if (x == 0)` is another language's, too.
        || next == b"==" && is_compact(text, 8) && !is_open && !is_code(text)
        || word.windows(2).any(|w| w == b"==") && is_compact(text, 8)
}

/// Braces, a `then`, and colons that no drive has: `if a == b:` is another language's.
fn is_code(text: &[u8]) -> bool {
    let is_then = |word: &[u8]| word.eq_ignore_ascii_case(b"then");
    if text.split(u8::is_ascii_whitespace).any(is_then) {
        return true;
    }
    let colon = |pair: &[u8]| pair[0] == b':' && pair[1] != b'\\';
    text.contains(&b'{') || text.ends_with(b":") || text.windows(2).any(colon)
}
