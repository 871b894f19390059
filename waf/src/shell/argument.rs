//! What follows a command's name, and nothing of a sentence.

use alloc::vec::Vec;

use super::commands::is_tool;
use super::redirection::is_redirected;
use super::word::{Command, command};
use crate::text::{has, is_compact, is_sorted};

/// Words that sentences have and commands have not. Sorted.
const PROSE: &str = "\
    a and are as can does error fails for from gives hangs has how in is lists not of on or prints \
    reports returns says shows the to tutorial vs was with works";
const _: () = assert!(is_sorted(PROSE));

/// `ansible-vault decrypt secret`, `builtin cd foo`: words behind a name that is a program's alone, or
/// behind one that such a program runs. Sentences have other words too.
pub(super) fn takes_words(command: &Command<'_>) -> bool {
    let plain = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-._/:=@".contains(b);
    let mut all = command.rest.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    (is_tool(&command.name) || command.is_wrapped_tightly)
        && command.rest.first().is_some_and(u8::is_ascii_whitespace)
        && is_compact(command.rest, 4)
        && all.clone().next().is_some()
        && all.all(|word| word.iter().all(plain) && !has(PROSE, word))
}

/// A few plain words, or a signal's number, up to the end of the command: `ps aux`, `kill -9 1`.
pub(super) fn is_bare(rest: &[u8]) -> bool {
    let end = rest.iter().position(|b| b";|&#>\n".contains(b)).unwrap_or(rest.len());
    let plain = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-._/:=@".contains(b);
    let arguments = &rest[..end];
    let mut all = arguments.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    arguments.first().is_some_and(u8::is_ascii_whitespace)
        && is_compact(arguments, 4)
        && all.clone().next().is_some()
        && all.all(|word| word.iter().all(plain) && !has(PROSE, word))
}

/// `kill -9 1`, `last -5`: an option that is a number.
pub(super) fn has_count(rest: &[u8]) -> bool {
    let word = rest.trim_ascii_start().split(u8::is_ascii_whitespace).next().unwrap_or(rest);
    matches!(word, [b'-', digits @ ..] if (1..=3).contains(&digits.len())
        && digits.iter().all(u8::is_ascii_digit))
}

/// `yum install x`
pub(super) fn installs(rest: &[u8]) -> bool {
    let package = rest.trim_ascii_start().strip_prefix(b"install ");
    package.is_some_and(|package| is_compact(package, 2) && !package.trim_ascii().is_empty())
}

/// A number, and nothing more of the command: `sleep 5 &`, not `sleep 8 hours`.
pub(super) fn is_number(rest: &[u8]) -> bool {
    let rest = rest.trim_ascii();
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let behind = rest[digits..].trim_ascii_start();
    let behind = behind.strip_prefix(b"2>").unwrap_or(behind);
    digits > 0 && behind.first().is_none_or(|b| matches!(b, b';' | b'|' | b'&' | b'#'))
}

/// Whether what follows a name is what follows a command: an option, a path, a redirection, an
/// expansion, another command; for a name that says enough, also a word or two.
pub(super) fn is_argument(rest: &[u8], is_own: bool) -> bool {
    let Some(first) = rest.first() else { return false };
    match first {
        b';' | b'|' => return is_own,
        b'<' => return is_own && is_redirected(rest, true),
        b'>' => return is_redirected(rest, true),
        b'$' => return true,
        b' ' | b'\t' | b'\n' => {}
        _ => return false,
    }
    let argument = rest.trim_ascii_start();
    // `trap 'rm -rf x' EXIT`: a command within quotes.
    if let [quote @ (b'\'' | b'"'), inner @ ..] = argument
        && let Some(end) = inner.iter().take(128).position(|b| b == quote)
        && command(&inner[..end]).is_some_and(|inner| {
            let argument = inner.rest.trim_ascii_start();
            let is_marked = matches!(argument, [b'-' | b'/' | b'$', _, ..]);
            inner.strength.is_some() && (is_marked || contains_url(argument))
        })
    {
        return true;
    }
    let unquoted: Vec<u8>;
    let is_bare = matches!(argument.first(), Some(b'\'' | b'"'));
    let argument = if argument.iter().take(24).any(|b| matches!(b, b'\'' | b'"')) {
        let bare = argument.iter().take(256).copied().filter(|b| !matches!(b, b'\'' | b'"'));
        unquoted = bare.collect();
        if unquoted.first() == Some(&b'-') { &unquoted[..] } else { argument }
    } else {
        argument
    };
    if matches!(argument.first(), Some(b'<' | b'>')) {
        return is_redirected(argument, is_own);
    }
    let word = argument.split(u8::is_ascii_whitespace).next().unwrap_or(argument);
    // `Test / build changes`
    if word == b"/" && !is_own && begins_with_word(&argument[1..]) {
        return false;
    }
    // File `parent.js`
    if word.starts_with(b"`") && !is_own {
        return false;
    }
    if is_marked(word, is_own)
        || is_bare && matches!(word, [b'-', digit, ..] if digit.is_ascii_digit())
    {
        return true;
    }
    // `Git v2.38.4 Release Notes`
    if is_version(word) {
        return false;
    }
    // A file, an address: something with a dot within.
    let dotted = word
        .iter()
        .position(|b| *b == b'.')
        .is_some_and(|dot| dot > 0 && word.get(dot + 1).is_some_and(u8::is_ascii_alphanumeric));
    if dotted && is_compact(argument, 3) {
        return true;
    }
    if is_own && is_compact(argument, 6) && has_later_argument(argument) {
        return true;
    }
    is_own
        && is_compact(argument, 2)
        && !word.is_empty()
        && argument.iter().all(|b| {
            b.is_ascii_alphanumeric() || b.is_ascii_whitespace() || b"-_./:@'\"=,".contains(b)
        })
        && (dotted || word.first().is_some_and(|b| matches!(b, b'\'' | b'"')))
}

fn begins_with_word(text: &[u8]) -> bool {
    let word = text.split(u8::is_ascii_whitespace).find(|word| !word.is_empty());
    word.is_some_and(|word| word.len() > 1 && word.iter().all(u8::is_ascii_alphabetic))
}

/// `v2.38.4`, `1.0`: no address, which has four numbers.
fn is_version(word: &[u8]) -> bool {
    let bare = word.strip_prefix(b"v").unwrap_or(word);
    let mut groups = bare.split(|b| *b == b'.');
    let are_numbers =
        groups.clone().all(|group| !group.is_empty() && group.iter().all(u8::is_ascii_digit));
    are_numbers && (bare.len() < word.len() || groups.by_ref().count() < 4)
}

/// An option, a path, an expansion, a redirection, a format: a word that sentences do not have.
pub(super) fn is_marked(word: &[u8], is_own: bool) -> bool {
    is_option(word)
        || is_path(word)
        || word.first().is_some_and(|b| matches!(b, b'$' | b'|' | b'*'))
        || matches!(word, [b'<' | b'>'])
        || matches!(word, [b'<' | b'>', ..]) && is_redirected(word, is_own)
        || word.starts_with(b"&&")
        || word == b"."
        || matches!(word, [b'+', b'%', ..])
        || is_own && matches!(word, [b'+', letter, ..] if letter.is_ascii_alphabetic())
}

/// Whether a word behind the first few is an option or a path: `cf /tmp/x --checkpoint=1`.
pub(super) fn has_later_argument(argument: &[u8]) -> bool {
    let mut more = argument.split(u8::is_ascii_whitespace).filter(|w| !w.is_empty()).skip(1);
    more.by_ref().take(3).any(|word| is_option(word) || is_path(word))
}

fn is_option(word: &[u8]) -> bool {
    let bare = word.strip_prefix(b"-").map(|rest| rest.strip_prefix(b"-").unwrap_or(rest));
    bare.and_then(<[u8]>::first).is_some_and(u8::is_ascii_alphabetic)
}

fn is_path(word: &[u8]) -> bool {
    let bare = word.trim_ascii_start();
    bare == b"/"
        || bare.starts_with(b"/")
            && bare.get(1).is_some_and(|b| b.is_ascii_alphanumeric() || b"?*.'\"$;|&".contains(b))
        || bare.starts_with(b"./")
        || bare.starts_with(b"../")
        || bare.starts_with(b"~/")
        || contains_url(bare)
}

fn contains_url(word: &[u8]) -> bool {
    word.windows(3).any(|window| window == b"://")
}
