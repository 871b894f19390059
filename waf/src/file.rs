//! Files and addresses that a request has no business with.

mod names;

use alloc::borrow::Cow;
use alloc::vec::Vec;

use crate::statement::contains;
use crate::text::{contains_any_small, contains_small, is_compact, starts_with, words};

/// Whether a text leads to a file of the system: out of its folder, or to one that systems have.
pub(crate) fn is_local_file(text: &[u8]) -> bool {
    let plain = plain(text);
    (is_traversal(&plain) && !is_link_to_asset(text)) || names_system_file(&plain)
}

/// `../images/logo.png`: a link, as pages have them, to what everybody may see.
fn is_link_to_asset(text: &[u8]) -> bool {
    const ASSETS: [&[u8]; 16] = [
        b"avif", b"css", b"gif", b"htm", b"html", b"ico", b"jpeg", b"jpg", b"js", b"mjs", b"mp4",
        b"pdf", b"png", b"svg", b"webp", b"woff2",
    ];
    let text = text.trim_ascii();
    let Some(dot) = text.iter().rposition(|b| *b == b'.') else { return false };
    let is_plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'/');
    ASSETS.iter().any(|known| text[dot + 1..].eq_ignore_ascii_case(known))
        && text.iter().all(is_plain)
        && text.windows(2).filter(|pair| *pair == b"..").count() <= 2
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
    let steps = text
        .windows(3)
        .enumerate()
        .filter(|(at, w)| {
            let before = at.checked_sub(1).map(|index| text[index]);
            w[0] == b'.'
                && w[1] == b'.'
                && matches!(w[2], b'/' | b'\\' | b';')
                && before.is_none_or(|b| !b.is_ascii_alphanumeric())
        })
        .count();
    let starts = text.trim_ascii();
    if starts == b".." || starts.ends_with(b"/..") || starts.ends_with(b"\\..") {
        return is_compact(text, 1);
    }
    if steps == 0 {
        return false;
    }
    // `[text](../README.md)`, `from '../a'`, `src="../a.png"`
    let is_link = contains(text, b"](../") || contains(text, b"](..\\");
    match words(text) {
        0 | 1 => !is_link,
        2 | 3 => steps >= 2 && !is_link && !text.iter().any(|b| matches!(b, b'\'' | b'"')),
        _ => steps >= 3 && is_compact(text, 6) && !is_link,
    }
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
    !is_template && text != b".gitignore" && names::is_system(text)
}

/// A URL, or a share of Windows (`\\192.0.2.1\x`), whose host is an address of version 4: whoever includes it
/// means no site.
pub(crate) fn is_remote_file(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    let schemes: [&[u8]; 7] =
        [b"http://", b"https://", b"ftp://", b"ftps://", b"file://", b"url:file://", b"\\\\"];
    let Some(rest) =
        schemes.iter().find(|scheme| starts_with(text, scheme)).map(|scheme| &text[scheme.len()..])
    else {
        let wrappers: [&[u8]; 11] = [
            b"php://",
            b"zip://",
            b"phar://",
            b"expect://",
            b"data://",
            b"glob://",
            b"zlib://",
            b"ssh2.",
            b"ogg://",
            b"dict://",
            b"gopher://",
        ];
        return wrappers.iter().any(|wrapper| starts_with(text, wrapper)) && is_compact(text, 2);
    };
    let host = rest.split(|b| matches!(b, b'/' | b'?' | b'#' | b'\\')).next().unwrap_or(rest);
    let host = host.rsplit(|b| *b == b'@').next().unwrap_or(host);
    let host = host.split(|b| *b == b':').next().unwrap_or(host);
    let groups = host.split(|b| *b == b'.');
    let is_address = groups.clone().count() == 4
        && groups
            .clone()
            .all(|g| !g.is_empty() && g.len() <= 3 && g.iter().all(u8::is_ascii_digit));
    is_address && is_compact(text, 2)
}

/// The address of a cloud's metadata service, in the forms that resolvers take.
pub(crate) fn is_metadata_address(text: &[u8]) -> bool {
    const FORMS: [&[u8]; 9] = [
        b"169.254.169.254",
        b"169.254.170.2",
        b"fd00:ec2::254",
        b"0xa9fea9fe",
        b"//2852039166",
        b"0xa9.0xfe.0xa9.0xfe",
        b"0251.0376.0251.0376",
        b"metadata.google.internal",
        b"::ffff:a9fe:a9fe",
    ];
    // Each form has one of these.
    text.len() >= 8
        && text.iter().any(|b| matches!(b, b'.' | b':' | b'/' | b'x' | b'X'))
        && contains_any_small(text, &FORMS)
        && (is_compact(text, 4) || contains_small(text, b"://169.254") && is_compact(text, 12))
}

/// An extension of files that nobody means to serve.
pub(crate) fn has_restricted_extension(text: &[u8]) -> bool {
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
