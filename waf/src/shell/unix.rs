//! Unix shells.

use super::argument::{
    has_count, has_later_argument, installs, is_argument, is_bare, is_marked, is_number,
    takes_words,
};
use super::commands::{Strength, is_language, is_product, unix};
use super::expression;
use super::option::{is_option, is_typed};
use super::redirection::{is_read, is_redirected, runs_redirected, runs_redirected_first};
use super::word::{Command, command};
use crate::text::{is_columns, is_compact, is_on_fence, near, near_end, words};

/// Most words before a separator: what is injected into is an argument, not a paragraph.
const PREFIX_WORDS_MAX: usize = 4;
/// Most words around a substitution.
const AROUND_WORDS_MAX: usize = 5;
/// A text of more words than this shows code between fences of Markdown. Around less, they are a shell's backticks.
const REPORT_WORDS_MIN: usize = 8;
/// Commands that are looked at in one text.
const COMMANDS_MAX: usize = 4_096;

/// Whether a Unix shell would run something of a text.
pub(crate) fn is_unix(text: &[u8]) -> bool {
    if !text.iter().any(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))) {
        return is_interpreter(text);
    }
    if is_typed(text) {
        return false;
    }
    is_interpreter(text.trim_ascii())
        || expression::is_expression(text)
        || is_program_of_system(text.trim_ascii())
        || writes_file(text.trim_ascii())
        || is_option(text)
        || runs_redirected_first(text.trim_ascii())
        || runs_first(text)
        || runs_behind_separator(text)
}

/// `chef-shell`: a program that asks what to run, by a name that nothing else has.
fn is_interpreter(text: &[u8]) -> bool {
    (text.ends_with(b"-shell") || text.ends_with(b"-console")) && unix(text) == Some(Strength::Own)
}

/// Whether it would run something of a path's segment: there a command stands behind something, or has
/// something behind it that no title has.
pub(crate) fn is_unix_segment(text: &[u8]) -> bool {
    expression::is_expression(text) || runs_marked(text) || runs_behind_separator(text)
}

/// `ksh -c id`, `time sh -c id`, `nmap /x`: a program's own name at the start of a path's segment, before
/// an option, a path, an expansion; behind a product's, before the option of code.
fn runs_marked(text: &[u8]) -> bool {
    let text = behind_quote(text.trim_ascii());
    let Some(command) = command(text) else { return false };
    let word = command.rest.trim_ascii_start().split(u8::is_ascii_whitespace).next();
    let Some(word) = word.filter(|_| is_compact(text, 12)) else { return false };
    let is_named = match command.strength {
        Some(Strength::Own) => !is_product(&command.name) || matches!(word, b"-c" | b"-e"),
        Some(Strength::Word) => command.is_wrapped,
        None => false,
    };
    is_named && command.rest.first().is_some_and(u8::is_ascii_whitespace) && is_marked(word, true)
}

/// `/usr/bin/x`: a program where only a system keeps its own, whatever its name.
fn is_program_of_system(text: &[u8]) -> bool {
    let folders: [&[u8]; 4] = [b"/bin/", b"/sbin/", b"/usr/bin/", b"/usr/sbin/"];
    let within = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'+');
    folders.iter().filter_map(|folder| text.strip_prefix(*folder)).any(|name| {
        (2..=32).contains(&name.len()) && name[0].is_ascii_lowercase() && name.iter().all(within)
    })
}

/// `>/tmp/x`: what is printed goes to a file, whoever prints it.
fn writes_file(text: &[u8]) -> bool {
    let Some(path) = text.strip_prefix(b">") else { return false };
    let path = path.strip_prefix(b">").unwrap_or(path);
    let within = |b: &u8| b.is_ascii_alphanumeric() || b"/._-".contains(b);
    path.starts_with(b"/") && path[1..].contains(&b'/') && path.iter().all(within)
}

/// `cat /etc/passwd`, `wget http://…`: a command with its arguments as all of a text.
fn runs_first(text: &[u8]) -> bool {
    let quoted = behind_quote(text.trim_ascii());
    let text = behind_folder(quoted);
    if !is_compact(text, 12) {
        return false;
    }
    let Some(command) = command(text) else { return false };
    if command.rest.is_empty() {
        let is_own = command.strength == Some(Strength::Own);
        // `bin/visudo`: people keep programs of their own in such folders, and products.
        if text.len() < quoted.len() && is_own && !is_product(&command.name) {
            return true;
        }
        // `/bin/id`, `w'h'oami`: a path or quotes say what a bare word does not.
        return command.is_hidden
            // `/learn/python` is a page about it.
            || (command.is_wrapped || command.has_path && !is_product(&command.name)) && is_own
            || (command.has_system_path || command.is_wrapped_tightly)
                && command.strength.is_some();
    }
    match command.strength {
        Some(Strength::Own) => {
            let goes_on = matches!(command.rest.first(), Some(b';' | b'|'));
            let is_list = goes_on && is_listed(text) || is_sentence(command.rest);
            (is_argument(command.rest, true) || takes_words(&command))
                && !(is_language(&command.name) && is_description(command.rest))
                && !(is_list && is_product(&command.name))
        }
        Some(Strength::Word) => {
            let joins = command.rest.trim_ascii_start().starts_with(b"|");
            let expands = matches!(command.rest.trim_ascii_start(), [b'$', b'(' | b'{', ..]);
            let most = if expands { 12 } else { 6 };
            // `export * from './a'` is JavaScript.
            let is_module = command.name == b"export" && command.rest.starts_with(b" * ");
            (is_argument(command.rest, false) && is_compact(text, most) && !joins && !is_module)
                || command.is_hidden
                // `sh</tmp/x`
                || is_read(command.rest) && command.rest[2..].contains(&b'/')
                || takes_words(&command)
        }
        None => false,
    }
}

/// `rebase -i is dangerous`: letters and options, with a word that only sentences have.
fn is_sentence(text: &[u8]) -> bool {
    const WORDS: [&[u8]; 7] = [b"are", b"can", b"does", b"is", b"of", b"the", b"was"];
    let is_plain =
        |b: &u8| b.is_ascii_alphanumeric() || b.is_ascii_whitespace() || b",-./".contains(b);
    text.iter().all(is_plain)
        && text.split(u8::is_ascii_whitespace).any(|word| WORDS.contains(&word))
}

/// `Python client for https://…`: what something is written in, and what for. Were it a command, it would run a
/// file of that name.
fn is_description(text: &[u8]) -> bool {
    let mut words = text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let is_word = |word: &[u8]| word != b"for" && word.iter().all(u8::is_ascii_alphabetic);
    words.next().is_some_and(is_word)
        && words.take(2).find(|word| !is_word(word)).is_some_and(|word| word == b"for")
}

/// A text without a quote before it that nothing closes: one that ends what the text was put into.
fn behind_quote(text: &[u8]) -> &[u8] {
    match text {
        [quote @ (b'\'' | b'"'), rest @ ..] if !rest.contains(quote) => rest.trim_ascii_start(),
        _ => text,
    }
}

/// A text without a system's folder of programs before it that does not begin at the root: what it is put
/// into may end there.
fn behind_folder(text: &[u8]) -> &[u8] {
    let folders: [&[u8]; 4] = [b"bin/", b"sbin/", b"usr/bin/", b"usr/sbin/"];
    folders.iter().find_map(|folder| text.strip_prefix(*folder)).unwrap_or(text)
}

/// `;id`, `| nc -l`, `&& curl x`, "`id`", `$(id)`
fn runs_behind_separator(text: &[u8]) -> bool {
    let (is_table, is_columns) = (is_table(text), is_columns(text));
    // A fence alone is a substitution, as far as a shell goes.
    let is_report = !is_compact(text, REPORT_WORDS_MIN);
    let mut looked = 0;
    let mut at = 0;
    while at < text.len() && looked < COMMANDS_MAX {
        let (rest, before) = (near(&text[at..]), near_end(&text[..at]));
        let length = match rest {
            [b'$', b'(', ..] | [b'<', b'(', ..] | [b'>', b'(', ..] => 2,
            [b'&', b'&', ..] | [b'|', b'|', ..] => 2,
            [b'`', ..] | [b';', ..] => 1,
            // `(|`, `(&`: no command is before these, so that they separate none: `.map(|host| …)`, `f(&cc)`.
            [b'|' | b'&', ..] if before.ends_with(b"(") => 0,
            [b'|', ..] if !is_table => 1,
            [b'&', next, ..] if *next != b'=' => 1,
            [b'\n' | b'\r', ..] if at == before.len() && is_compact(before, 2) => 1,
            [b'{', ..] => 1,
            _ => 0,
        };
        let is_line = matches!(rest, [b'`' | b'\n' | b'\r', ..]);
        if length == 0 || is_line && is_report && is_on_fence(text, at) {
            at += 1;
            continue;
        }
        looked += 1;
        if is_run(rest, length, before, is_columns) {
            return true;
        }
        at += length;
    }
    false
}

/// Whether what follows a separator is a command.
fn is_run(rest: &[u8], length: usize, before: &[u8], is_columns: bool) -> bool {
    let separator = &rest[..length];
    let behind = &rest[length..];
    let opens = matches!(separator, b"$(" | b"`" | b"<(" | b">(");
    if separator == b"{" {
        return expression::is_braces(rest);
    }
    let is_tight = behind.first().is_some_and(|b| !b.is_ascii_whitespace()) || separator.len() == 2;
    let words_before = words(before);
    if !opens && words_before <= 2 && !behind.starts_with(b"> ") && runs_redirected(behind) {
        return true;
    }
    // `;. /tmp/x`
    if matches!(behind, [b'.', b' ', b'/' | b'~' | b'.', ..]) && !opens {
        return words_before <= 1;
    }
    let Some(command) = command(behind) else { return false };
    // `; /sbin/iptables-save`: where a system keeps programs nothing else is.
    if command.has_system_path && words_before <= 2 && !opens {
        return true;
    }
    let Some(strength) = command.strength else { return false };
    let rest = command.rest;
    if opens {
        let close = if separator == b"`" { b'`' } else { b')' };
        let end = rest.iter().position(|b| *b == close);
        let after = end.map_or(&b""[..], |end| &rest[end + 1..]);
        let around = words_before + words(after);
        return match separator {
            // Prose shows code between backticks; it does not consist of it.
            b"`" => end.is_some() && around <= 2 && !is_shown(before, after),
            _ => around <= AROUND_WORDS_MAX && !before.ends_with(b"\\"),
        };
    }
    if words_before > PREFIX_WORDS_MAX
        && !(is_tight && strength == Strength::Own && words_before < 12)
    {
        return false;
    }
    if separator == b"&"
        && before.last().is_some_and(u8::is_ascii_uppercase)
        && is_tight
        && command.length <= 2
    {
        return false; // R&D
    }
    if names_nothing_else(&command, strength) && is_bare(rest) && is_apart_from_prose(before) {
        return true;
    }
    let ends = rest.trim_ascii();
    // Nothing is before it, so that it is no sentence: `; cat < x`.
    let is_first = before.trim_ascii().is_empty();
    let takes_any_name = is_first || strength == Strength::Own || rest.starts_with(b"<");
    let reads = ends.starts_with(b"<") && is_redirected(ends, takes_any_name);
    let is_tag = ends.starts_with(b"<") && !reads;
    let is_end = ends.is_empty()
        || matches!(
            ends[0],
            b';' | b'|' | b'&' | b'`' | b')' | b'#' | b'\'' | b'"' | b'>' | b'\\' | 0
        )
        || reads
        || ends.starts_with(b"$");
    match strength {
        Strength::Own if is_end && is_product(&command.name) && is_listed(before) => false,
        Strength::Own => {
            // `apt-get`: no name that prose has.
            let is_tight = is_tight || command.name.contains(&b'-');
            (is_end && (is_tight || words_before <= 2))
                || command.is_hidden
                || (is_argument(rest, true) || takes_words(&command))
                    && words_before <= PREFIX_WORDS_MAX
                || words(rest) <= 3 && words_before <= 2 && is_tight && is_apart(rest)
        }
        Strength::Word if is_columns || is_tag && !command.is_hidden => false,
        Strength::Word => {
            (is_end && is_tight && !is_code_end(rest) && command.length > 1 && words(rest) <= 2)
                || (words_before <= 1 && ends.is_empty() && !is_word_of_prose(before))
                || command.is_hidden
                || is_first && reads
                || is_argument(rest, false)
                || words_before <= 2 && (has_count(rest) || installs(rest))
                || command.name == b"sleep" && is_number(rest)
                // `;at now + 1 minute`: whether it is a time has been asked.
                || command.name == b"at" && is_tight && words_before <= 1
                || (is_tight
                    && words_before <= 1
                    && (words(rest) <= 3 || has_later_argument(line(rest).trim_ascii_start()))
                    && rest.first() == Some(&b' '))
        }
    }
}

/// What a command takes: all up to the end of its line, unless a backslash joins the next one.
fn line(rest: &[u8]) -> &[u8] {
    let ends = |(at, b): (usize, &u8)| *b == b'\n' && !rest[..at].ends_with(b"\\");
    let end = rest.iter().enumerate().position(ends).unwrap_or(rest.len());
    &rest[..end]
}

/// Whether a command's name is no word and nobody's product: a name without a vowel is none of English.
fn names_nothing_else(command: &Command<'_>, strength: Strength) -> bool {
    let has_vowel = command.name.iter().any(|b| b"aeiouy".contains(b));
    strength == Strength::Own || !has_vowel && command.length > 1 || command.name == b"ip"
}

/// Whether there is no sentence before a separator: nothing, a number, an address, a quote, one word.
fn is_apart_from_prose(before: &[u8]) -> bool {
    let before = before.trim_ascii();
    !before.iter().any(u8::is_ascii_alphabetic)
        || is_compact(before, 1) && before.iter().any(|b| !b.is_ascii_alphabetic())
}

/// Whether a name ends there for a shell, too: `;base64,AAAA` has none.
fn is_apart(rest: &[u8]) -> bool {
    !rest.first().is_some_and(|b| matches!(b, b',' | b':' | b'.' | b'=' | b')' | b']'))
}

/// Words beside a piece of code, apart from it: run `npm install` first.
fn is_shown(before: &[u8], after: &[u8]) -> bool {
    let is_word = |word: &[u8]| {
        let word = word.strip_suffix(b":").unwrap_or(word);
        word.len() > 1 && word.iter().all(u8::is_ascii_alphabetic)
    };
    let apart = |edge: Option<&u8>| edge.is_some_and(u8::is_ascii_whitespace);
    apart(before.last())
        && before.trim_ascii() != b"echo"
        && before.split(u8::is_ascii_whitespace).any(is_word)
        || apart(after.first()) && after.split(u8::is_ascii_whitespace).any(is_word)
}

/// An item of a list, and the mark behind it is what comes next: `Skills: Git;`, `Java, Python &`.
fn is_listed(before: &[u8]) -> bool {
    let before = before.trim_ascii();
    let is_of_list = |b: &u8| b.is_ascii_alphanumeric() || b" \t+#.,:;/&|".contains(b);
    before.iter().all(is_of_list)
        && before.last_chunk().is_some_and(|last: &[u8; 2]| {
            last.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'#'))
        })
        && before.iter().any(u8::is_ascii_alphabetic)
}

/// Letters alone before a separator: `dogs; cat`.
fn is_word_of_prose(before: &[u8]) -> bool {
    let before = before.trim_ascii();
    !before.is_empty() && before.iter().all(u8::is_ascii_alphabetic)
}

/// `;return;`: a statement of a program, as a command's name would be.
fn is_code_end(rest: &[u8]) -> bool {
    rest.starts_with(b"(")
}

/// Lines between bars are rows of a table, of several cells or with blanks about them.
fn is_table(text: &[u8]) -> bool {
    text.split(|b| *b == b'\n').any(|line| match line.trim_ascii() {
        [b'|', row @ .., b'|'] => {
            row.contains(&b'|') || row.first().is_some_and(u8::is_ascii_whitespace)
        }
        _ => false,
    })
}
