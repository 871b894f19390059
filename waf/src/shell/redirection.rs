//! Redirections before a command: `>/tmp/x id`, `2>&1 id`, `<<<x sh`. A shell takes them away first.

use super::argument::is_argument;
use super::commands::Strength;
use super::word::command;
use crate::text::{is_compact, near, words};

/// Redirections before one command.
const REDIRECTIONS_MAX: usize = 4;
/// Bytes of the word that something is redirected to.
const TARGET_BYTES_MAX: usize = 64;

/// Whether a text that follows a separator begins with a redirection that a command follows.
pub(super) fn runs_redirected(text: &[u8]) -> bool {
    let Some(rest) = behind_all(text) else { return false };
    let Some(command) = command(rest) else { return false };
    let rest = command.rest;
    let is_end = rest.trim_ascii_start().first().is_none_or(|b| b";|&`)#<>'\"".contains(b));
    match command.strength {
        Some(Strength::Own) => is_end || is_argument(rest, true) || words(rest) <= 2,
        Some(Strength::Word) => {
            is_end || is_argument(rest, false) || words(rest) <= 1 && rest.starts_with(b" ")
        }
        None => false,
    }
}

/// Whether that is all of a text: there a quotation of mail (`> cat`) and a tag begin so, too, but none with a path
/// of several folders, with a number of a file, or with three marks.
pub(super) fn runs_redirected_first(text: &[u8]) -> bool {
    let marks = text.iter().take_while(|b| b.is_ascii_digit() || matches!(b, b'<' | b'>' | b'&'));
    let (marks, target) = text.split_at(marks.count());
    let is_path = target.starts_with(b"/")
        && target.iter().take_while(|b| !b.is_ascii_whitespace()).filter(|b| **b == b'/').count()
            > 1;
    let is_number = marks.contains(&b'&') && marks.contains(&b'>');
    (is_path || is_number || marks == b"<<<") && is_compact(text, 8) && runs_redirected(text)
}

/// Whether what begins with `<` or `>` reads from somewhere or writes to it. `<b>` is a tag, `< 5` and `>= x`
/// compare, `File > Save` is a menu's: behind a word of prose a name has to look like a file's.
pub(super) fn is_redirected(text: &[u8], takes_any_name: bool) -> bool {
    let text = near(text);
    let marks = text.iter().take_while(|b| b"<>&|".contains(b)).count();
    let (marks, rest) = text.split_at(marks);
    let operand = rest.trim_ascii_start();
    let ends = |b: &u8| b.is_ascii_whitespace() || b"<>;|&".contains(b);
    let word = &operand[..operand.iter().position(ends).unwrap_or(operand.len())];
    let Some(first) = word.first() else { return false };
    if matches!(first, b'=' | b'-' | b'!') || first.is_ascii_digit() && !marks.contains(&b'&') {
        return marks.ends_with(b"&");
    }
    if marks.contains(&b'&') || marks == b"<<<" || rest.starts_with(b"(") {
        return true;
    }
    let is_path = word.starts_with(b"/") && word[1..].contains(&b'/');
    if marks.starts_with(b"<") && !is_path && is_closed(&operand[word.len()..]) {
        return false;
    }
    let is_tight = marks.starts_with(b">") && operand.len() == rest.len();
    takes_any_name || is_tight || word.iter().any(|b| b"/.~$*?".contains(b))
}

/// Whether a `>` ends a tag there: none that a blank stands before, or a file's number.
fn is_closed(text: &[u8]) -> bool {
    let end = text.iter().position(|b| matches!(b, b'<' | b'>'));
    let Some(end) = end.filter(|end| text[*end] == b'>') else { return false };
    let before = &text[..end];
    let before = before.strip_suffix(b"2").or(before.strip_suffix(b"1")).unwrap_or(before);
    !before.last().is_some_and(u8::is_ascii_whitespace)
}

/// `$(</app/x)`: what a file has, without a program that prints it.
pub(super) fn is_read(inner: &[u8]) -> bool {
    let Some(path) = inner.strip_prefix(b"<") else { return false };
    let within = |b: &u8| b.is_ascii_alphanumeric() || b"/._-~".contains(b);
    let path = path.trim_ascii();
    path.first().is_some_and(|b| b"/.~".contains(b)) && path.iter().all(within)
}

/// What follows all the redirections that a text begins with, at least one.
fn behind_all(text: &[u8]) -> Option<&[u8]> {
    let mut rest = behind_one(near(text))?;
    for _ in 1..REDIRECTIONS_MAX {
        let Some(more) = behind_one(rest) else { break };
        rest = more;
    }
    Some(rest)
}

/// What follows the redirection at the start of a text, and the blank behind it.
fn behind_one(text: &[u8]) -> Option<&[u8]> {
    let text = text.trim_ascii_start();
    let digits = text.iter().take(3).take_while(|b| b.is_ascii_digit()).count();
    let is_numbered = digits > 0;
    let text = &text[digits..];
    let (operator, rest) = operator(text)?;
    let target = rest.trim_ascii_start();
    let is_apart = target.len() < rest.len();
    let length = target_length(target)?;
    let (word, behind) = target.split_at(length);
    let is_path = word.first().is_some_and(|b| b"/~.$".contains(b)) && word.len() > 1;
    let is_word = word.first().is_some_and(u8::is_ascii_alphabetic);
    let is_quoted = word.first().is_some_and(|b| matches!(b, b'\'' | b'"'));
    let is_copied =
        operator.ends_with(b"&") && (word == b"-" || word.iter().all(u8::is_ascii_digit));
    // `<b id="x">` is a tag; `<5`, `> 5` compare.
    let is_tag = || operator == b"<" && !is_numbered && behind.contains(&b'>');
    let is_target = is_path
        || is_copied
        || (is_word || is_quoted && operator == b"<<<") && !is_apart && !is_tag();
    (is_target && behind.first().is_some_and(u8::is_ascii_whitespace))
        .then(|| behind.trim_ascii_start())
}

fn operator(text: &[u8]) -> Option<(&[u8], &[u8])> {
    const OPERATORS: [&[u8]; 12] =
        [b"&>>", b"<<<", b"<<-", b"&>", b">>", b">&", b">|", b"<<", b"<>", b"<&", b">", b"<"];
    let known = OPERATORS.iter().find(|known| text.starts_with(known))?;
    Some(text.split_at(known.len()))
}

/// The length of the word that something is redirected to, if that is one.
fn target_length(text: &[u8]) -> Option<usize> {
    if let [quote @ (b'\'' | b'"'), inner @ ..] = text {
        return inner.iter().take(TARGET_BYTES_MAX).position(|b| b == quote).map(|end| end + 2);
    }
    let within = |b: &u8| b.is_ascii_alphanumeric() || b"/._-~$+@%{}".contains(b);
    let length = text.iter().take(TARGET_BYTES_MAX).take_while(|b| within(b)).count();
    (length > 0).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_behind_redirections_is_told_from_quotations_tags_and_comparisons() {
        let redirected = [
            ">x id",
            ">/tmp/x curl a.example",
            "> /tmp/x id",
            "2>&1 cat /app/x",
            ">&2 id",
            "&>/tmp/o ls",
            "<x cat",
            "</app/secret nl",
            "<<<id sh",
            "<<<'curl a.example' bash",
            "<<EOF sh",
            ">/dev/null 2>&1 curl a.example",
            "2>&- id;x",
        ];
        for text in redirected {
            assert!(runs_redirected(text.as_bytes()), "{text}");
        }
        let others = [
            "> cat",
            "> cats and dogs",
            ">5 more",
            "> 5 more",
            "<5 more",
            "<b id=\"x\">",
            "<div find>",
            "<p>cat",
            ">x is there",
            ">x",
            "-> id",
            ">= id",
            "<a find the rest",
        ];
        for text in others {
            assert!(!runs_redirected(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn what_is_redirected_is_told_from_tags_comparisons_and_menus() {
        for text in [
            "</etc/passwd",
            "< a.txt",
            "<a.txt >b",
            "<a.txt 2>/dev/null",
            "<<<x",
            ">x",
            ">&2",
            "> ./x",
            "<(id)",
            "</a/b>c",
        ] {
            assert!(is_redirected(text.as_bytes(), false), "{text}");
        }
        for text in [
            "<p>",
            "<p class=\"a.b\">",
            "</p>",
            "< 7 s",
            "<7",
            ">7.5",
            ">= x.y",
            "<- x",
            "< cheap",
            "> Save",
            ">> Next",
            "<",
            "<!-- a.b",
        ] {
            assert!(!is_redirected(text.as_bytes(), false), "{text}");
        }
        assert!(is_redirected(b"<flag", true) && !is_redirected(b"<flag>", true));
        assert!(!is_redirected(b"<3.9", true));
    }

    #[test]
    fn as_all_of_a_text_it_needs_a_path_a_number_or_three_marks() {
        for text in [">/tmp/x id", "2>&1 id", ">&2 id", "<<<id sh", "</app/secret cat"] {
            assert!(runs_redirected_first(text.as_bytes()), "{text}");
        }
        for text in [">x id", "<x cat", "> cat", "</b id", ">> date", "<<date time", "> /cat sort"]
        {
            assert!(!runs_redirected_first(text.as_bytes()), "{text}");
        }
    }
}
