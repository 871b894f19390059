//! Files and addresses that a request has no business with.

mod address;
mod names;

use alloc::borrow::Cow;
use alloc::vec::Vec;

use crate::marks::Marks;
use crate::statement::{contains, find};
use crate::text::{is_compact, starts_with, words};
pub(crate) use address::{is_metadata_address, is_remote_file};

/// Whether a text leads to a file of the system: out of its folder, or to one that systems have.
pub(crate) fn is_local_file(text: &[u8], marks: Marks) -> bool {
    may_be_file(marks) && leads_to_file(text)
}

/// Whether a text with these marks may be one: in codings, behind steps, or by a name.
fn may_be_file(marks: Marks) -> bool {
    const BYTES: Marks = Marks::any_of(b"\0\x80");
    const HEXADECIMAL: Marks = Marks::any_of(b"0x");
    const PATH: Marks = Marks::any_of(b"./\\");
    // `id_rsa`
    const KEY: Marks = Marks::any_of(b"id_");
    marks.has(BYTES) || marks.has_all(HEXADECIMAL) || marks.has(PATH) || marks.has_all(KEY)
}

fn leads_to_file(text: &[u8]) -> bool {
    let plain = plain(text);
    (is_traversal(&plain) && !is_link_to_asset(text))
        || plain.iter().any(u8::is_ascii_alphabetic)
            && (names_system_file(&plain)
                || is_opened_by_system(&plain)
                || is_kept_by_system(&plain))
}

/// `../images/logo.png`: a link, as pages have them, to what everybody may see. Two steps up and more, pages and
/// scripts are a server's own files, too.
fn is_link_to_asset(text: &[u8]) -> bool {
    const PAGES: [&[u8]; 5] = [b"htm", b"html", b"js", b"mjs", b"pdf"];
    const SHOWN: [&[u8]; 11] = [
        b"avif", b"css", b"gif", b"ico", b"jpeg", b"jpg", b"mp4", b"png", b"svg", b"webp", b"woff2",
    ];
    let text = text.trim_ascii();
    let Some(dot) = text.iter().rposition(|b| *b == b'.') else { return false };
    let is_plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'/');
    let is = |all: &[&[u8]]| all.iter().any(|known| text[dot + 1..].eq_ignore_ascii_case(known));
    let steps = text.windows(2).filter(|pair| *pair == b"..").count();
    (is(&SHOWN) && steps <= 2 || is(&PAGES) && steps <= 1) && text.iter().all(is_plain)
}

/// `file:///home/x`, `\\?\C:\x`: a file that only the server's own system opens by that name, as all of a text.
fn is_opened_by_system(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    let is_drive = |path: &[u8]| matches!(path, [letter, b':', ..] if letter.is_ascii_alphabetic());
    if let Some(path) = text.strip_prefix(br"\\?\").or(text.strip_prefix(br"\\.\")) {
        return is_drive(path);
    }
    // `jar:file:///a.zip!/b`: what opens another.
    let wraps = [&b"url:"[..], b"jar:", b"zip:"].iter().any(|scheme| starts_with(text, scheme));
    let text = if wraps { &text[4..] } else { text };
    // `netdoc:` is Java's other name for it.
    let behind = |scheme: &&[u8]| starts_with(text, scheme).then(|| &text[scheme.len()..]);
    let Some(path) = [&b"file:"[..], b"netdoc:"].iter().find_map(behind) else { return false };
    if !is_compact(text, 1) {
        return false;
    }
    let path = path.strip_prefix(b"//localhost").or(path.strip_prefix(b"//")).unwrap_or(path);
    matches!(path, [b'/', first, ..] if first.is_ascii_alphanumeric() || *first == b'.')
}

/// `/etc/x/y.key`, `/var/www/x/y.php`: a file where systems keep what is set or what is served, as all of a text.
/// What applications say of their own is elsewhere: `/app/x.js`, `/home/x/y.py`.
fn is_kept_by_system(text: &[u8]) -> bool {
    const FOLDERS: [&[u8]; 4] = [b"/etc/", b"/var/lib/", b"/var/www/", b"/root/"];
    let text = text.trim_ascii();
    if !FOLDERS.iter().any(|folder| text.starts_with(folder)) {
        return false;
    }
    let is_plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'/');
    let name = text.rsplit(|b| *b == b'/').next().unwrap_or(text);
    let ending = name.iter().rposition(|b| *b == b'.').map(|dot| &name[dot + 1..]);
    text.iter().all(is_plain)
        && ending.is_some_and(|ending| ending.first().is_some_and(u8::is_ascii_alphabetic))
}

/// A path: each of its segments may be what nobody serves.
pub(crate) fn is_hidden_path(path: &[u8]) -> bool {
    let plain = plain(path);
    let segments = || plain.split(|b| matches!(b, b'/' | b'\\'));
    // Of a folder that is hidden nothing is served.
    let folders = segments().count().saturating_sub(1);
    segments().any(|segment| segment == b".." || names::is_hidden(segment))
        || segments().take(folders).any(names::is_hidden_folder)
        || names::is_system(&plain)
}

/// Bytes that decoders take for others: `%c0%af` for a slash, a null byte for an end.
fn plain(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.iter().any(|b| matches!(b, 0 | 0xc0 | 0xc1 | 0xe0 | 0xf0)) && !contains(text, b"0x") {
        return text.into();
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        rest = match (first, tail) {
            (0, _) => tail,
            (0xc0 | 0xc1, [second, tail @ ..]) => {
                out.push((first & 3) << 6 | second & 0x3f);
                tail
            }
            (0xe0, [0x80 | 0x81, third, tail @ ..]) => {
                out.push(third & 0x3f);
                tail
            }
            (0xf0, [0x80, 0x80, fourth, tail @ ..]) => {
                out.push(fourth & 0x3f);
                tail
            }
            (b'0', [b'x', digits @ ..])
                if matches!(
                    digits.get(..2),
                    Some(b"2f" | b"2F" | b"5c" | b"5C" | b"2e" | b"2E")
                ) =>
            {
                out.push(crate::transform::hex_pair(digits).unwrap_or(b'/'));
                &digits[2..]
            }
            _ => {
                out.push(*first);
                tail
            }
        };
    }
    out.into()
}

/// `../`, alone or several: as all of a text, not within a sentence about files.
fn is_traversal(text: &[u8]) -> bool {
    if find(text, b"..").is_none() {
        return false;
    }
    let steps: usize = text.split(u8::is_ascii_whitespace).map(steps).sum();
    let starts = text.trim_ascii();
    if starts == b".." || starts.ends_with(b"/..") || starts.ends_with(b"\\..") {
        return is_compact(text, 1);
    }
    if steps == 0 {
        return false;
    }
    // `[text](../README.md)`, `from '../a'`, `src="../a.png"`
    let is_link = contains(text, b"](../") || contains(text, b"](..\\") || is_import(text, steps);
    match words(text) {
        0 | 1 => !is_link,
        2 | 3 => steps >= 2 && !is_link && !text.iter().any(|b| matches!(b, b'\'' | b'"')),
        _ => steps >= 3 && is_compact(text, 6) && !is_link,
    }
}

/// How often a word steps up. `https://a.example/b/../c` does not leave where it is.
fn steps(word: &[u8]) -> usize {
    let scheme = find(word, b"://").filter(|at| {
        let word = &word[..*at];
        word.ends_with(b"http") || word.ends_with(b"https")
    });
    let leaves = |path: &[u8]| {
        let (mut depth, mut lowest) = (0_i32, 0);
        for segment in path.split(|b| matches!(b, b'/' | b'\\')).skip(1) {
            depth += if segment == b".." { -1 } else { 1 };
            lowest = lowest.min(depth);
        }
        lowest < 0
    };
    let is_plain = |b: &u8| b.is_ascii_alphanumeric() || b"/.:@?=&#,-_~()\"'".contains(b);
    if scheme.is_some_and(|at| !leaves(&word[at + 3..]) && word.iter().all(is_plain)) {
        return 0;
    }
    let is_step = |(at, w): &(usize, &[u8])| {
        let before = at.checked_sub(1).map(|index| word[index]);
        w[0] == b'.'
            && w[1] == b'.'
            && matches!(w[2], b'/' | b'\\' | b';')
            && before.is_none_or(|b| !b.is_ascii_alphanumeric())
    };
    word.windows(3).enumerate().filter(is_step).count()
}

/// `/etc/passwd`, `c:\boot.ini`, `.ssh/id_rsa`
fn names_system_file(text: &[u8]) -> bool {
    let at_start =
        starts_with(text, b"/") || starts_with(text, b"file:") || starts_with(text, b".");
    if !is_compact(text, if at_start { 4 } else { 3 }) {
        return false;
    }
    // `.gitignore template`: a name that words follow.
    let first = text.split(u8::is_ascii_whitespace).next().unwrap_or(text);
    if first.starts_with(b".")
        && first.len() < text.trim_ascii_end().len()
        && !first.contains(&b'/')
    {
        return false;
    }
    // `.env.example`: what is copied to begin with, for everybody to see.
    let is_template =
        [&b".example"[..], b".sample", b".template"].iter().any(|e| text.ends_with(e));
    !is_template && text != b".gitignore" && names::is_system(text) && !is_sentence(text)
}

/// Whether a file is named among words: `edit /etc/hosts`, `Use web.config`. A path is all of a text, with its
/// parameter's name at most, and code has it in quotes: `include '/etc/passwd'`.
fn is_sentence(text: &[u8]) -> bool {
    // `cat /etc/passwd`: commands that show a file, edit or copy it.
    const READERS: [&[u8]; 17] = [
        b"base64", b"cat", b"cp", b"head", b"less", b"more", b"mv", b"nano", b"nl", b"od", b"tac",
        b"tail", b"tee", b"type", b"vi", b"vim", b"xxd",
    ];
    let mut words = text.split(|b| b.is_ascii_whitespace() || matches!(b, b';' | b'&' | b'|'));
    let first = words.find(|word| !word.is_empty());
    if text.iter().any(|b| matches!(b, b'\'' | b'"'))
        || first.is_some_and(|word| READERS.iter().any(|known| word.eq_ignore_ascii_case(known)))
    {
        return false;
    }
    let is_word = |word: &[u8]| {
        let word = word.trim_ascii_end();
        let bare = word.strip_suffix(b",").or(word.strip_suffix(b".")).unwrap_or(word);
        bare.len() > 1 && bare.iter().all(|b| b.is_ascii_alphabetic() || *b >= 0x80)
    };
    text.split(u8::is_ascii_whitespace).any(is_word)
}

/// `require('../config')`: code that names a module of its own project.
fn is_import(text: &[u8], steps: usize) -> bool {
    let begins = text.first().is_some_and(u8::is_ascii_alphabetic);
    steps <= 2 && begins && (contains(text, b"('../") || contains(text, b"(\"../"))
}

/// An extension of files that nobody means to serve.
pub(crate) fn has_restricted_extension(text: &[u8], marks: Marks) -> bool {
    const DOT: Marks = Marks::any_of(b".");
    if !marks.has(DOT) {
        return false;
    }
    const EXTENSIONS: [&[u8]; 18] = [
        b"ini",
        b"log",
        b"bak",
        b"backup",
        b"cfg",
        b"conf",
        b"config",
        b"old",
        b"swp",
        b"mdb",
        b"dump",
        b"htaccess",
        b"htpasswd",
        b"pem",
        b"key",
        b"inc",
        b"orig",
        b"save",
    ];
    const PACKED: [&[u8]; 8] = [b"7z", b"bz2", b"gz", b"rar", b"tar", b"xz", b"zip", b"zst"];
    let text = text.split(|b| matches!(b, b'?' | b'#' | b';' | 0)).next().unwrap_or(text);
    // `backup.sql.zip`, `app.log.gz`: what is packed is what it was.
    let unpacked = text.iter().rposition(|b| *b == b'.').map(|dot| text.split_at(dot));
    let unpacked = unpacked.and_then(|(name, ending)| {
        PACKED.iter().any(|known| ending[1..].eq_ignore_ascii_case(known)).then_some(name)
    });
    let is_dump = unpacked
        .is_some_and(|name| name.len() > 4 && name[name.len() - 4..].eq_ignore_ascii_case(b".sql"));
    if is_dump && !text.iter().any(u8::is_ascii_whitespace) {
        return true;
    }
    let text = unpacked.unwrap_or(text);
    let Some(dot) = text.iter().rposition(|b| *b == b'.') else { return false };
    let name = text[..dot].rsplit(|b| matches!(b, b'/' | b'\\')).next().unwrap_or(b"");
    !text.iter().any(u8::is_ascii_whitespace)
        && EXTENSIONS.iter().any(|known| text[dot + 1..].eq_ignore_ascii_case(known))
        && (!name.is_empty() || text[dot + 1..].len() > 6)
}

/// A name that an uploaded file must not have, and that scanners ask for.
pub(crate) fn is_restricted_name(name: &[u8]) -> bool {
    let base = name.rsplit(|b| matches!(b, b'/' | b'\\')).next().unwrap_or(name);
    names::is_hidden(base)
        || names::is_configuration(base)
        || name != base && names::is_system(name)
}

#[cfg(test)]
mod tests;
