//! PHP that was meant to be data.

use crate::text::{contains_small, is_compact};

/// Whether PHP would run something of a text.
pub(super) fn is_php(text: &[u8]) -> bool {
    if contains_small(text, b"<?php") || contains_small(text, b"<?=") {
        return is_compact(text, 40);
    }
    if !is_compact(text, 8) {
        return false;
    }
    const CALLS: [&str; 26] = [
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
    const NAMES: [&str; 14] = [
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
}

/// `system('id')`: a call with a string, a variable or nothing to it.
fn is_called(text: &[u8], name: &str) -> bool {
    let mut from = 0;
    while let Some(at) =
        text[from..].windows(name.len()).position(|w| w.eq_ignore_ascii_case(name.as_bytes()))
    {
        let (start, end) = (from + at, from + at + name.len());
        from = start + 1;
        let apart = start.checked_sub(1).is_none_or(|before| {
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
        ] {
            assert!(is_php(attack), "{}", attack.escape_ascii());
        }
        for benign in
            [&b"the system (new)"[..], b"exec(a)", b"I use PHP", b"time: O:5", b"evaluate('x')"]
        {
            assert!(!is_php(benign), "{}", benign.escape_ascii());
        }
    }
}
