//! Options that were meant to be data: what a text begins with a hyphen for, a program takes for more than a name.

use super::argument::is_argument;
use super::commands::Strength;
use super::word::command;
use crate::text::{is_compact, starts_with};

/// Words of an option and of what it is given.
const WORDS_MAX: usize = 8;
/// Bytes within which an option's name ends.
const NAME_BYTES_MAX: usize = 96;

/// Whether a text is an option that starts a program, or writes to a file of the system.
pub(super) fn is_option(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    matches!(text, [b'-', second, ..] if !second.is_ascii_whitespace())
        && is_compact(text, WORDS_MAX)
        && (starts_program(text) || is_find(text) || is_quoted(text) || writes(text))
}

/// `--upload-pack=id`, `-oProxyCommand=id`, `-c core.sshCommand=id`, `--checkpoint-action=exec=id`: an option, or a
/// setting in one, whose name says that its value is a program.
fn starts_program(text: &[u8]) -> bool {
    const ENDINGS: [&[u8]; 16] = [
        b"-action",
        b"-cmd",
        b"-cmd-prefix",
        b"-in-pager",
        b"-launcher",
        b"-pack",
        b"-path",
        b"-program",
        b"askpass",
        b"command",
        b"editor",
        b"exec",
        b"fsmonitor",
        b"pager",
        b"rsh",
        b"shell",
    ];
    let near = &text[..text.len().min(NAME_BYTES_MAX)];
    near.iter().enumerate().filter(|(_, b)| **b == b'=').any(|(equals, _)| {
        let (name, value) = (&text[..equals], &text[equals + 1..]);
        // `-c core.pager=x`: in the first word, or in the next.
        if name.iter().filter(|b| b.is_ascii_whitespace()).count() > 1 || name.contains(&b'\n') {
            return false;
        }
        let is_named = ENDINGS.iter().any(|ending| {
            name.len().checked_sub(ending.len()).is_some_and(|at| starts_with(&name[at..], ending))
        });
        let is_run = |value: &[u8]| {
            value.first().is_some_and(|b| b"/~$`|;'\"".contains(b))
                || command(value).is_some_and(|command| command.strength.is_some())
        };
        // `alias.x=!id`
        is_named && is_run(value) || value.strip_prefix(b"!").is_some_and(is_run)
    })
}

/// `-exec id ;`
fn is_find(text: &[u8]) -> bool {
    const RUNNING: [&[u8]; 4] = [b"-exec ", b"-execdir ", b"-ok ", b"-okdir "];
    let behind = RUNNING.iter().find_map(|option| text.strip_prefix(*option));
    behind.and_then(command).is_some_and(|command| command.strength.is_some())
}

/// `-P 'touch /tmp/x'`, `-e"!id"`: one letter or two, and a command within quotes.
fn is_quoted(text: &[u8]) -> bool {
    let letters = text[1..].iter().take_while(|b| b.is_ascii_alphabetic()).count();
    let value = text[1 + letters..].trim_ascii_start();
    let [quote @ (b'\'' | b'"'), inner @ .., last] = value else { return false };
    let bare = inner.strip_prefix(b"!").unwrap_or(inner);
    (1..=2).contains(&letters)
        && quote == last
        && command(bare).is_some_and(|command| {
            let is_own = command.strength == Some(Strength::Own);
            let is_run = bare.len() < inner.len() || is_argument(command.rest, is_own);
            command.strength.is_some() && is_run
        })
}

/// `--output=/var/www/x.php`, `-o/tmp/x`: an option whose name says that its value is written, to where a system
/// keeps its files.
fn writes(text: &[u8]) -> bool {
    const FOLDERS: [&[u8]; 9] =
        [b"/dev/", b"/etc/", b"/home/", b"/root/", b"/tmp/", b"/usr/", b"/var/", b"../", b"~/"];
    let short = [&b"-o"[..], b"-O", b"-X"].iter().find_map(|letter| text.strip_prefix(*letter));
    let long = || {
        let (name, value) = text.split_at(text.iter().position(|b| *b == b'=')?);
        let is_written = [&b"--output"[..], b"--out-file", b"--log-file", b"--logfile"]
            .iter()
            .any(|known| name.starts_with(known));
        is_written.then(|| &value[1..])
    };
    let is_kept = |path: &[u8]| FOLDERS.iter().any(|folder| path.starts_with(folder));
    is_compact(text, 1) && (short.is_some_and(is_kept) || long().is_some_and(is_kept))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_that_start_or_write_something_are_told_from_those_that_set_it() {
        let options = [
            "--upload-pack=id",
            "--upload-pack=touch /tmp/x",
            "--receive-pack=sh",
            "-oProxyCommand=curl a.example",
            "-oProxyCommand=;id",
            "-c core.sshCommand=id",
            "--config=core.sshCommand=id",
            "--config=alias.x=!id",
            "--checkpoint-action=exec=id",
            "--to-command=id",
            "--use-compress-program=id",
            "--use-askpass=/tmp/x",
            "--open-files-in-pager=id",
            "--rsh=sh",
            "-exec id ;",
            "-execdir sh -c id",
            "--output=/var/www/x.php",
            "-o/tmp/x",
            "--output-document=../x.php",
            "-X/var/www/x.php",
            "-P 'touch /tmp/x'",
            "-e\"!id\"",
        ];
        for text in options {
            assert!(is_option(text.as_bytes()), "{text}");
        }
        let others = [
            "--sort=date",
            "--format=json",
            "--output=json",
            "--output=/data/out.json",
            "-o json",
            "--path=src",
            "--help",
            "- command=ls",
            "-",
            "-- date",
            "-5",
            "-exec",
            "--command=serve",
            "-I/usr/include",
            "-m 'date and time'",
            "-t \"find\"",
            "--config=/etc/app/app.yml",
            "-Dspring.profiles.active=dev",
            "---\ntitle: shell=bash",
            "-shell and -exec are options of it, exec=id is none",
        ];
        for text in others {
            assert!(!is_option(text.as_bytes()), "{text}");
        }
    }
}
