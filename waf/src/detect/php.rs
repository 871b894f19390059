//! PHP that was meant to be data.

use alloc::vec::Vec;

use crate::statement::{contains, find};
use crate::text::{contains_small, is_compact};
use crate::transform::Transformation::JsDecode;

/// Whether PHP would run something of a text.
pub(super) fn is_php(text: &[u8]) -> bool {
    if contains_small(text, b"<?php") || contains_small(text, b"<?=") {
        return is_compact(text, 40);
    }
    if !is_compact(text, 8) {
        return false;
    }
    const CALLS: [&str; 27] = [
        "scandir",
        "shell_exec",
        "passthru",
        "phpinfo",
        "proc_open",
        "popen",
        "pcntl_exec",
        "base64_decode",
        "gzinflate",
        "str_rot13",
        "fsockopen",
        "file_get_contents",
        "file_put_contents",
        "call_user_func",
        "create_function",
        "preg_replace_callback",
        "assert",
        "show_source",
        "highlight_file",
        "move_uploaded_file",
        "parse_ini_file",
        "posix_getpwuid",
        "ini_set",
        "chr",
        "system",
        "exec",
        "eval",
    ];
    const NAMES: [&str; 16] = [
        // `data:text/plain;base64,PD9w…`: `<?p`, which `include` runs.
        "base64,pd9",
        "reflectionfunction(",
        "$_get",
        "$_post",
        "$_request",
        "$_cookie",
        "$_files",
        "$_server",
        "$_session",
        "$globals",
        "php://",
        "allow_url_include",
        "auto_prepend_file",
        "auto_append_file",
        "disable_functions=",
        "safe_mode=",
    ];
    NAMES.iter().any(|name| contains_small(text, name.as_bytes()))
        || CALLS.iter().any(|name| is_called(text, name))
        || is_object(text)
        || calls_named(text)
}

/// A function that is called by a name in a string: `('sys'.'tem')('id')`, `$a='system';$a('id')`, `[system][0]('id')`,
/// `array_map('system',['id'])`.
fn calls_named(text: &[u8]) -> bool {
    const TAKERS: [&[u8]; 6] =
        [b"array_map(", b"array_filter(", b"array_walk(", b"usort(", b"uasort(", b"uksort("];
    const TAKEN: [&[u8]; 6] =
        [b"system", b"exec", b"passthru", b"shell_exec", b"assert", b"phpinfo"];
    let is_quoted = |name: &[u8]| {
        [b"'", b"\""].iter().any(|q| contains_small(text, &[&q[..], name, &q[..]].concat()))
    };
    let is_taken = TAKERS.iter().any(|taker| contains_small(text, taker))
        && TAKEN.iter().any(|name| is_quoted(name));
    is_taken
        || calls_spelt(text, &TAKEN)
        || calls_member(text)
        || calls_group(text)
        || calls_variable(text)
}

/// `"\x73ystem"('id')`, `(sy.(st).em)(whoami)`: a function whose name is spelt otherwise, in a string or in pieces.
fn calls_spelt(text: &[u8], names: &[&[u8]]) -> bool {
    let behind = |call: &[u8]| find(text, call).map(|at| &text[..at]);
    let in_string = behind(b"\"(").is_some_and(|before| {
        let before = JsDecode.reveal(before);
        names.iter().any(|name| before.ends_with(&[b"\"", *name].concat()))
    });
    in_string
        || behind(b")(").is_some_and(|before| {
            let is_mark = |b: &u8| matches!(b, b'(' | b')' | b'.') || b.is_ascii_whitespace();
            let plain: Vec<u8> = before.iter().copied().filter(|b| !is_mark(b)).collect();
            before.starts_with(b"(") && names.iter().any(|name| plain.eq_ignore_ascii_case(name))
        })
}

/// `[system][0](id)`: the member of an array that nothing names.
fn calls_member(text: &[u8]) -> bool {
    let Some(end) = find(text, b"][0](") else { return false };
    let begin = text[..end].iter().rposition(|b| !b.is_ascii_alphabetic() && *b != b'_');
    begin.is_some_and(|begin| {
        let before = text[..begin].trim_ascii_end().last();
        let is_bare = before.is_none_or(|b| matches!(b, b';' | b'=' | b'@'));
        begin + 1 < end && text[begin] == b'[' && is_bare
    })
}

/// `('sys'.'tem')('id')`: a group with a string in it that nothing stands before is called with a string.
fn calls_group(text: &[u8]) -> bool {
    const GROUP_BYTES_MAX: usize = 64;
    let Some(end) = text.windows(2).position(|pair| pair == b")(") else { return false };
    let is_string = |b: Option<&u8>| matches!(b, Some(b'\'' | b'"'));
    let mut depth = 0;
    let begin = text[..=end].iter().rposition(|b| {
        match b {
            b')' => depth += 1,
            b'(' => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    let Some(begin) = begin.filter(|begin| end - begin <= GROUP_BYTES_MAX) else { return false };
    let group = &text[begin + 1..end];
    let is_bare =
        text[..begin].trim_ascii_end().last().is_none_or(|b| matches!(b, b';' | b'=' | b'@'));
    is_bare
        && group.iter().any(|b| matches!(b, b'\'' | b'"'))
        && !group.iter().any(|b| matches!(b, b'{' | b'>' | b'|'))
        && is_string(text.get(end + 2))
}

/// `$a='sys'.'tem';$a('id')`
fn calls_variable(text: &[u8]) -> bool {
    let Some(rest) = text.strip_prefix(b"$") else { return false };
    let length = rest.iter().take_while(|b| crate::transform::is_word(**b)).count();
    let (name, value) = rest.split_at(length);
    let called = [b"$", name, b"("].concat();
    length > 0 && value.trim_ascii_start().starts_with(b"=") && contains(value, &called)
}

/// `system('id')`: a call with a string, a variable or nothing to it.
fn is_called(text: &[u8], name: &str) -> bool {
    let mut from = 0;
    while let Some(at) =
        text[from..].windows(name.len()).position(|w| w.eq_ignore_ascii_case(name.as_bytes()))
    {
        let (start, end) = (from + at, from + at + name.len());
        from = start + 1;
        let before = text[..start].trim_ascii_end();
        // `'.system('id').'` ends a string, and adds to it; `"a").system('id')` the call that it stands in.
        let ends_string =
            [&b"'."[..], b"\".", b"').", b"\")."].iter().any(|end| before.ends_with(end));
        let apart = ends_string
            || start.checked_sub(1).is_none_or(|before| {
                !(crate::transform::is_word(text[before]) || matches!(text[before], b'.' | b'>'))
            });
        let rest = text[end..].trim_ascii_start();
        let Some(argument) = rest.strip_prefix(b"(") else { continue };
        let first = argument.trim_ascii_start().first();
        let tells = matches!(first, Some(b'\'' | b'"' | b'$' | b'`'))
            || name.contains('_')
            || name == "phpinfo"
            || name == "passthru";
        if apart && tells {
            return true;
        }
    }
    false
}

/// `O:4:"Name":1:{…`: an object that was serialised.
fn is_object(text: &[u8]) -> bool {
    let begins = text.windows(2).enumerate().filter(|(_, w)| matches!(*w, b"O:" | b"C:"));
    begins.map(|(at, _)| &text[at + 2..]).any(|rest| {
        let digits = rest.iter().take(10).take_while(|b| b.is_ascii_digit()).count();
        digits > 0 && rest[digits..].starts_with(b":\"")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn php_is_found_and_prose_is_not() {
        for attack in [
            &b"<?php system('id');"[..],
            b"phpinfo()",
            b"$_GET['x']",
            b"system('id')",
            b"O:4:\"Test\":0:{}",
            b"php://filter",
            b"'.system('id').'",
            b"\").system('id').(\"",
            b"'.print_r(scandir('.')).'",
            b"('sys'.'tem')('id');",
            b"(system)(whoami);",
            b"(sy.(st).em)(whoami);",
            b"\"\\x73ystem\"('id');",
            b"(strrev('metsys'))('id');",
            b"$a='sys'.'tem';$a('id');",
            b"(\"\\163\\171\")(\"id\");",
            b"[system][0](id);",
            b"array_map('system',['id'])",
            b"(new ReflectionFunction('system'))->invoke('id');",
        ] {
            assert!(is_php(attack), "{}", attack.escape_ascii());
        }
        for benign in [
            &b"the system (new)"[..],
            b"exec(a)",
            b"I use PHP",
            b"time: O:5",
            b"evaluate('x')",
            b"require('debug')('app')",
            b"(function(w){w.x})('y')",
            b"array_map('trim', $lines)",
            b"f(a)(b)",
            b"(assertion)(see below)",
            b"\"a\"(b)",
            b"it costs $a (or more)",
            b"$x = 5; $y(x)",
            b"a.system('x')",
            b"items[0][0](1)",
        ] {
            assert!(!is_php(benign), "{}", benign.escape_ascii());
        }
    }
}
