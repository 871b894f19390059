//! Options that were meant to be data: what a text begins with a hyphen for, a program takes for more than a name.

use super::argument::is_argument;
use super::commands::Strength;
use super::word::command;
use crate::text::{has, is_compact, is_sorted, starts_with};

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

/// Programs of developers, as they type them. Sorted.
const TYPED: &str = "git node npm pnpm yarn";
const _: () = assert!(is_sorted(TYPED));
/// What makes them run something else, beside options of one letter. Sorted.
const RUNNING: &str = "--eval --exec --import --print --require bisect dlx exec explore foreach";
const _: () = assert!(is_sorted(RUNNING));

/// `git checkout -b feature/x`, `npm install --save x`: lines that developers type, with nothing in them that a shell reads
/// anything into, of a folder beside, of an address or of another program.
pub(super) fn is_typed(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    let begins = |line: &[u8]| {
        let line = line.strip_prefix(b"sudo ").unwrap_or(line);
        line.iter().position(|b| *b == b' ').is_some_and(|end| has(TYPED, &line[..end]))
    };
    let mut goes_on = false;
    begins(text)
        && text.split(|b| *b == b'\n').all(|line| {
            let line = line.trim_ascii();
            let is_next = goes_on;
            let joined = line.strip_suffix(b"\\");
            goes_on = joined.is_some();
            (is_next || line.is_empty() || line.starts_with(b"#") || begins(line))
                && joined.unwrap_or(line).split(u8::is_ascii_whitespace).all(is_harmless)
        })
}

fn is_harmless(word: &[u8]) -> bool {
    let within = |b: &u8| b.is_ascii_alphanumeric() || b"-_./@:=,^#+*[]".contains(b);
    let word = word.strip_prefix(b"'").or(word.strip_prefix(b"\"")).unwrap_or(word);
    let word = word.strip_suffix(b"'").or(word.strip_suffix(b"\"")).unwrap_or(word);
    let name = &word[..word.iter().position(|b| *b == b'=').unwrap_or(word.len())];
    word.iter().all(within)
        && !matches!(word, [b'-', b'O' | b'c' | b'e' | b'p' | b'r' | b'x', ..])
        && !has(RUNNING, name)
        && !word.starts_with(b"/")
        && !word.windows(2).any(|pair| matches!(pair, b".." | b"::" | b"//" | b"=/"))
        && !is_option(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_developers_type_is_told_from_what_reads_fetches_or_runs_something_else() {
        for text in [
            "git checkout -b fix/totals",
            "git commit -m \"Round totals\"",
            "npm install --save our-lib",
            "sudo npm uninstall our-lib -g",
            "node --test --watch",
            "node b.mjs # works",
            "node --trace-warnings \\\n  app.js",
            "npm ci\n\n# build it\nnpm run build --if-present\r\n",
            "yarn add @our/lib@^2.1.0 -D",
        ] {
            assert!(is_typed(text.as_bytes()), "{text}");
        }
        for text in [
            "npm install x\ncat /etc/passwd",
            "npm install x; id",
            "npm install $(id)",
            "npm install `id`",
            "npm install https://a.example/x.tgz",
            "npm exec id",
            "npm x --eval 1",
            "npm run 'ex'ec id",
            "node -e 'require(1)'",
            "node -pe process.env",
            "node --print=process.env",
            "node /tmp/x.js",
            "node ../x.js",
            "node --import=/tmp/x.mjs app.js",
            "git clone ext::sh -c id",
            "git -c core.pager=id log",
            "git fetch --upload-pack=id x",
            "git log --output=/tmp/x",
            "git rebase -xid",
            "git diff \\\n> x",
            "# git\nid",
            "gitk --all",
            "find -name x",
        ] {
            assert!(!is_typed(text.as_bytes()), "{text}");
        }
    }

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
