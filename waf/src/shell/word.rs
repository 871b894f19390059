//! The word that a shell looks a command up by, without what it takes away first.

use alloc::vec::Vec;

use super::commands::{Strength, unix};

/// What stands where a shell looks for a command.
pub(super) struct Command<'t> {
    /// In small letters, without what a shell takes away.
    pub(super) name: Vec<u8>,
    pub(super) strength: Option<Strength>,
    /// What follows the name.
    pub(super) rest: &'t [u8],
    /// Whether something was within the name that a shell takes away.
    pub(super) is_hidden: bool,
    pub(super) has_path: bool,
    /// Whether that is a path where systems keep their programs.
    pub(super) has_system_path: bool,
    /// Whether another command runs it: `nohup x`.
    pub(super) is_wrapped: bool,
    /// Whether the name of that other is no word of prose: `nohup`, not `time`.
    pub(super) is_wrapped_tightly: bool,
    pub(super) length: usize,
}

/// The command at the start of a text, without what stands before one.
pub(super) fn command(text: &[u8]) -> Option<Command<'_>> {
    let mut rest = text;
    let (mut is_wrapped, mut is_wrapped_tightly) = (false, false);
    for _ in 0..6 {
        rest = skip_blank(rest);
        let found = name(rest)?;
        // `at com.example.Place(Place.java:7)`
        let is_place = found.name == b"at" && !is_time(found.rest);
        let strength = if is_place { None } else { unix(&found.name) };
        // Wrappers, and assignments before a command.
        let wraps: [&[u8]; 20] = [
            b"sudo",
            b"env",
            b"time",
            b"nohup",
            b"exec",
            b"command",
            b"eval",
            b"busybox",
            b"nice",
            b"timeout",
            b"builtin",
            b"xargs",
            b"strace",
            b"ltrace",
            b"setsid",
            b"stdbuf",
            b"doas",
            b"watch",
            b"ionice",
            b"unbuffer",
        ];
        let is_wrapper = wraps.contains(&&found.name[..]);
        let assigns = found.name.contains(&b'=')
            && !found.rest.is_empty()
            && found.name.first().is_some_and(u8::is_ascii_alphabetic);
        if assigns
            || (is_wrapper
                && name(skip_blank(found.rest)).is_some_and(|next| unix(&next.name).is_some()))
        {
            is_wrapped |= is_wrapper;
            let is_prose = [&b"time"[..], b"exec", b"command", b"nice", b"watch", b"timeout"];
            is_wrapped_tightly |= is_wrapper && !is_prose.contains(&&found.name[..]);
            rest = found.rest;
            continue;
        }
        return Some(Command {
            strength: strength.or_else(|| is_globbed(&found.name).then_some(Strength::Own)),
            rest: found.rest,
            is_hidden: found.is_hidden && strength.is_some(),
            has_path: found.has_path,
            has_system_path: found.has_system_path,
            is_wrapped,
            is_wrapped_tightly,
            length: found.name.len(),
            name: found.name,
        });
    }
    None
}

/// Whether what follows `at` is when or how something is run, not where somebody is: a time, an option, the
/// end of the command.
pub(super) fn is_time(rest: &[u8]) -> bool {
    const WORDS: [&[u8]; 5] = [b"now", b"noon", b"midnight", b"teatime", b"tomorrow"];
    let rest = rest.trim_ascii_start();
    let word = rest.split(|b| !b.is_ascii_alphanumeric()).next().unwrap_or(rest);
    let is_marked = |b: &u8| b.is_ascii_digit() || b"-+/\\;|&<>`#)'\"$".contains(b);
    rest.first().is_none_or(is_marked) || WORDS.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// Blanks, and what expands to blanks or to nothing.
fn skip_blank(text: &[u8]) -> &[u8] {
    let mut rest = text;
    loop {
        rest = match rest {
            [b' ' | b'\t' | b'\n' | b'\r' | b'(' | b'{' | b'!' | b'\\', more @ ..] => more,
            [b'$', b'{', more @ ..] if more.starts_with(b"IFS") || more.starts_with(b"@") => {
                let end = more.iter().position(|b| *b == b'}');
                match end {
                    Some(end) => &more[end + 1..],
                    None => return rest,
                }
            }
            [b'$', b'I', b'F', b'S', more @ ..] => more,
            // `$'id'`
            [b'$', more @ ..] if matches!(more.first(), Some(b'\'' | b'"')) => more,
            [b'$', b'u' | b'@' | b'*' | b'1'..=b'9', b' ', more @ ..] => more,
            [b'%', b'0', b'a' | b'd' | b'A' | b'D', more @ ..] => more,
            _ => return rest,
        };
    }
}

struct Name<'t> {
    /// Small letters, as a shell sees it, without its path.
    name: Vec<u8>,
    rest: &'t [u8],
    is_hidden: bool,
    has_path: bool,
    has_system_path: bool,
}

/// The word at the start of a text, without what a shell takes away within it.
fn name(text: &[u8]) -> Option<Name<'_>> {
    let mut name: Vec<u8> = Vec::new();
    let mut is_hidden = false;
    let mut rest = text;
    while let Some((first, more)) = rest.split_first() {
        if name.len() > 64 {
            return None;
        }
        match first {
            b'\'' | b'"' if rest.len() > 1 => {
                let quote = more.iter().position(|b| b == first);
                // A quote that closes at once or within the word hides; one behind it ends it.
                match quote {
                    Some(end)
                        if end <= 16
                            && more[..end].iter().all(|b| {
                                b.is_ascii_alphanumeric() || matches!(b, b'/' | b'.' | b'_' | b'-')
                            }) =>
                    {
                        name.extend(more[..end].to_ascii_lowercase());
                        is_hidden |= end + 1 < more.len() && name.len() > end || end == 0;
                        rest = &more[end + 1..];
                    }
                    _ => break,
                }
            }
            // Substitutions of nothing.
            b'`' if more.starts_with(b"`") && !name.is_empty() => {
                is_hidden = true;
                rest = &more[1..];
            }
            b'<' | b'>' if more.starts_with(b"()") && !name.is_empty() => {
                is_hidden = true;
                rest = &more[2..];
            }
            b'\\' if more.first().is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'\n') => {
                is_hidden = true;
                rest = more;
            }
            b'$' => match expansion(more) {
                Some(length) if !name.is_empty() => {
                    // Between letters it is nothing; before a blank or an argument it ends the word.
                    let behind = &more[length..];
                    let goes_on =
                        behind.first().is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'\\')
                            && !more.starts_with(b"IFS")
                            && !more.starts_with(b"{IFS");
                    if !goes_on {
                        break;
                    }
                    is_hidden = true;
                    rest = behind;
                }
                _ => break,
            },
            byte if byte.is_ascii_alphanumeric()
                || matches!(
                    byte,
                    b'/' | b'.'
                        | b'_'
                        | b'-'
                        | b'+'
                        | b'='
                        | b'?'
                        | b'*'
                        | b'['
                        | b']'
                        | b'@'
                        | b'~'
                ) =>
            {
                name.push(byte.to_ascii_lowercase());
                rest = more;
            }
            _ => break,
        }
    }
    let has_path = name.first() == Some(&b'/') || name.starts_with(b"./");
    let has_system_path =
        [&b"/bin/"[..], b"/sbin/", b"/usr/bin/", b"/usr/sbin/", b"/usr/local/bin/"]
            .iter()
            .any(|folder| name.starts_with(folder));
    if name.iter().any(|b| matches!(b, b'?' | b'*' | b'[')) && has_path {
        return Some(Name { name, rest, is_hidden, has_path, has_system_path });
    }
    if has_path {
        let base = name.iter().rposition(|b| *b == b'/').map_or(0, |index| index + 1);
        name.drain(..base);
    }
    (!name.is_empty()).then_some(Name { name, rest, is_hidden, has_path, has_system_path })
}

/// The length of an expansion behind a `$`.
fn expansion(text: &[u8]) -> Option<usize> {
    match text.first()? {
        b'@' | b'*' | b'!' | b'?' | b'#' | b'$' | b'0'..=b'9' => Some(1),
        b'{' => text.iter().take(40).position(|b| *b == b'}').map(|end| end + 1),
        b'(' if text.get(1) == Some(&b')') => Some(2),
        b'I' if text.starts_with(b"IFS") => Some(
            3 + usize::from(text.get(3) == Some(&b'$'))
                + usize::from(
                    text.get(3) == Some(&b'$') && text.get(4).is_some_and(u8::is_ascii_digit),
                ),
        ),
        b if b.is_ascii_alphabetic() => {
            Some(text.iter().take_while(|b| b.is_ascii_alphanumeric()).count())
        }
        _ => None,
    }
}

/// `/???/c?t`, `/b[i]n/sh`: a path of a program with its letters missing.
fn is_globbed(name: &[u8]) -> bool {
    // `/items?page=2` is a page's address, `/body/div[1]` a path within one.
    let globs = name.windows(2).filter(|pair| match pair[0] {
        b'?' | b'*' => true,
        b'[' => !pair[1].is_ascii_digit(),
        _ => false,
    });
    let is_last = matches!(name.last(), Some(b'?' | b'*'));
    let has_globs = !name.contains(&b'=') && (is_last || globs.count() > 0);
    name.starts_with(b"/") && has_globs && name.iter().filter(|b| **b == b'/').count() >= 2
}
