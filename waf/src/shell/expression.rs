//! What a Unix shell expands.

use super::argument::is_argument;
use super::commands::{Strength, unix};
use super::expansion::is_expanded;
use super::function::is_function;
use super::language;
use super::redirection::is_read;
use crate::statement::{contains, find};
use crate::text::{is_compact, near, near_end, words};

/// Whether there is something in a text that a shell alone would expand.
pub(super) fn is_expression(text: &[u8]) -> bool {
    is_shellshock(text)
        || has_parameter(text)
        || has_substitution(text)
        || has_globbed_path(text)
        || is_expanded(text)
        || is_function(text)
        || is_history(text)
        || is_alias(text)
        || uses_assigned(text)
        || runs_named(text)
        || language::is_language(text)
        || is_loop(text)
        || contains(text, b"/dev/tcp/")
        || contains(text, b"/dev/udp/")
}

/// `() { :;}; …`: a function that is exported to a shell through a variable.
fn is_shellshock(text: &[u8]) -> bool {
    // `env x='() { :;}; …'`
    if find(text, b"() { :;").is_some() {
        return true;
    }
    let Some(rest) = text.trim_ascii_start().strip_prefix(b"(") else { return false };
    let Some(rest) = rest.trim_ascii_start().strip_prefix(b")") else { return false };
    rest.trim_ascii_start().starts_with(b"{")
}

/// `${IFS}`, `${PATH:0:1}`, `${x//a/b}`, `${!x}`, `$IFS`, and `${x}` as all of a text.
fn has_parameter(text: &[u8]) -> bool {
    let mut from = 0;
    while let Some(at) = text[from..].iter().position(|b| *b == b'$') {
        let rest = &text[from + at + 1..];
        from += at + 1;
        if rest.starts_with(b"IFS") && !rest.get(3).is_some_and(|b| b.is_ascii_alphanumeric())
            || rest.starts_with(b"'\\") && is_compact(text, 24)
        {
            return true;
        }
        let Some(inner) = rest.strip_prefix(b"{") else { continue };
        let Some(end) = inner.iter().take(120).position(|b| *b == b'}') else { continue };
        let inner = &inner[..end];
        let name = inner.iter().take_while(|b| crate::transform::is_word(**b)).count();
        let (name, operator) = inner.split_at(name);
        let is_shell = match operator.first() {
            // JavaScript's templates have expressions here too; a shell's are of its own kind.
            Some(b':') => matches!(operator.get(1), Some(b'0'..=b'9' | b'-' | b'+' | b'=' | b'?')),
            Some(b'#' | b'%' | b'^') => !operator.contains(&b' '),
            Some(b'/') => {
                operator.len() > 1
                    && !operator.contains(&b' ')
                    && operator.iter().filter(|b| **b == b'/').count() >= 1
                    && !name.is_empty()
            }
            Some(b'@' | b'!' | b'*') => true,
            Some(b',') => operator.starts_with(b",,"),
            None => {
                name == b"IFS"
                    || name == b"PATH"
                    || name == b"HOME"
                    || name == b"SHELL"
                    || name == b"PWD"
                    || (from == 1 && text.len() == end + 3 && !name.is_empty())
            }
            _ => false,
        };
        if is_shell
            && (name.is_empty() || name.iter().all(|b| crate::transform::is_word(*b)))
            && is_compact(text, 12)
        {
            return true;
        }
    }
    false
}

/// `$(cmd)`, `<(cmd)`, `$((1+1))`, where jQuery and prices have other things in their parentheses.
fn has_substitution(text: &[u8]) -> bool {
    let mut from = 0;
    while let Some(at) = text[from..].windows(2).position(|w| matches!(w, b"$(" | b"<(" | b">(")) {
        let (before, rest) = (near_end(&text[..from + at]), near(&text[from + at + 2..]));
        let is_dollar = text[from + at] == b'$';
        from += at + 2;
        let Some(end) = rest.iter().position(|b| *b == b')') else { continue };
        let inner = &rest[..end];
        let first = inner.first().copied().unwrap_or(b')');
        let around = words(before) + words(&rest[end + 1..]);
        if is_dollar {
            let arithmetic = first == b'(' && inner.get(1).is_some_and(u8::is_ascii_digit);
            let name = &inner[..inner.iter().take_while(|b| b.is_ascii_alphanumeric()).count()];
            let is_query = matches!(
                name,
                b"document"
                    | b"this"
                    | b"window"
                    | b"function"
                    | b"el"
                    | b"elem"
                    | b"element"
                    | b"event"
                    | b"e"
            );
            let is_command = first.is_ascii_lowercase()
                && !is_query
                && (name.len() < inner.len() || unix(name).is_some() || before.is_empty());
            // `$((7))z`: a letter that is calculated.
            let is_letter = matches!(&rest[end + 1..], [b')', b, ..] if b.is_ascii_alphanumeric());
            if arithmetic && is_letter && around <= 8 || is_read(inner) && around <= 3 {
                return true;
            }
            if around <= 3 && (arithmetic || (is_command && !rest[end + 1..].starts_with(b"."))) {
                return true;
            }
        } else {
            let place = before.last().is_none_or(u8::is_ascii_whitespace);
            if place && around <= 2 && first.is_ascii_alphabetic() {
                return true;
            }
        }
    }
    false
}

/// `/bin/ca?`, `/e[t]c/passwd`, `/???/??t`
fn has_globbed_path(text: &[u8]) -> bool {
    is_compact(text, 8)
        && text
            .split(|b| {
                b.is_ascii_whitespace() || matches!(b, b';' | b'|' | b'&' | b'`' | b'(' | b'=')
            })
            .any(|word| {
                if !word.starts_with(b"/") || word.iter().filter(|b| **b == b'/').count() < 2 {
                    return false;
                }
                let marks = word.iter().filter(|b| **b == b'?').count();
                let brackets = word.iter().position(|b| *b == b'[').is_some_and(|open| {
                    let inner = &word[open + 1..];
                    inner.iter().take(12).position(|b| *b == b']').is_some_and(|end| {
                        end > 0
                            && inner[..end]
                                .iter()
                                .all(|b| b.is_ascii_alphabetic() || matches!(b, b'!' | b'^' | b'-'))
                            && inner
                                .get(end + 1)
                                .is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'/')
                    })
                });
                let system = [
                    &b"/bin"[..],
                    b"/etc",
                    b"/usr",
                    b"/dev",
                    b"/sbin",
                    b"/tmp",
                    b"/var",
                    b"/?",
                    b"/*",
                ];
                brackets && system.iter().any(|s| word.starts_with(s))
                    || brackets && word.len() < 40 && word[1] != b'[' && contains(word, b"]n/")
                    || marks >= 2 && !word.contains(&b'=')
                    || (marks == 1 || word.contains(&b'*'))
                        && !word.contains(&b'=')
                        && !word.contains(&b'.')
                        && system.iter().any(|s| word.starts_with(s))
                        && word.iter().all(|b| {
                            b.is_ascii_alphanumeric()
                                || matches!(b, b'/' | b'?' | b'*' | b'-' | b'_')
                        })
            })
}

/// `x=cu;$x'rl'`: a variable that the text itself sets, the first or one of the next, and then uses.
fn uses_assigned(text: &[u8]) -> bool {
    const VARIABLES_MAX: usize = 4;
    let mut rest = text;
    is_compact(text, 12)
        && (0..VARIABLES_MAX).any(|_| {
            let Some((name, more)) = assigned(rest) else { return false };
            rest = more;
            uses(more, name)
        })
}

/// The variable that is set where a text begins, and what follows.
fn assigned(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = text.trim_ascii_start();
    let text = text.strip_prefix(b";").unwrap_or(text).trim_ascii_start();
    let length = text.iter().take_while(|b| crate::transform::is_word(**b)).count();
    let (name, rest) = text.split_at(length);
    let value = rest.strip_prefix(b"=")?;
    if name.is_empty() || name.len() > 32 || name[0].is_ascii_digit() {
        return None;
    }
    let ends = |b: &u8| matches!(b, b';' | b'&' | b'|' | b'\n');
    let end = value.iter().take(64).position(ends)?;
    Some((name, &value[end..]))
}

/// Whether a variable is expanded in a text.
fn uses(mut text: &[u8], name: &[u8]) -> bool {
    while let Some(at) = text.iter().position(|b| *b == b'$') {
        text = &text[at + 1..];
        let bare = text.strip_prefix(b"{").unwrap_or(text);
        if bare.starts_with(name)
            && !bare.get(name.len()).is_some_and(|b| crate::transform::is_word(*b))
        {
            return true;
        }
    }
    false
}

/// `$SHELL -c id`, `;${BASH}`: a program that a shell's own variable names, where a command is looked for.
fn runs_named(text: &[u8]) -> bool {
    const NAMES: [&[u8]; 6] = [b"BASH", b"BROWSER", b"EDITOR", b"PAGER", b"SHELL", b"VISUAL"];
    // `;$0`: what runs the command. Elsewhere that is a price.
    if matches!(text.trim_ascii(), [b';' | b'|' | b'&', b'$', b'0']) {
        return true;
    }
    let place = |at: usize| match text[..at].trim_ascii_end().last() {
        None => true,
        Some(b) => matches!(b, b';' | b'|' | b'&' | b'`' | b'(' | b'\'' | b'"' | b'\n'),
    };
    let mut from = 0;
    while let Some(at) = text[from..].iter().position(|b| *b == b'$') {
        let dollar = from + at;
        from = dollar + 1;
        let rest = near(&text[from..]);
        let inner = rest.strip_prefix(b"{");
        let rest = inner.unwrap_or(rest);
        let length = rest.iter().take_while(|b| b.is_ascii_uppercase() || **b == b'_').count();
        let (name, rest) = rest.split_at(length);
        let closed = inner.map_or(Some(rest), |_| rest.strip_prefix(b"}"));
        let Some(rest) = closed else { continue };
        let is_behind = matches!(text[..dollar].last(), Some(b';' | b'|' | b'&'));
        let is_alone = is_behind && rest.is_empty();
        if NAMES.contains(&name) && place(dollar) && (is_alone || is_argument(rest, true)) {
            return is_compact(text, 12);
        }
    }
    false
}

/// `while …; do …; done`, `if …; then …; fi`: what a separator and a word of the shell begin, another
/// pair ends.
fn is_loop(text: &[u8]) -> bool {
    let ends = |word: &[u8]| contains(text, word);
    is_compact(text, 24)
        && text.contains(&b';')
        && ((ends(b"; do ") || ends(b";do ")) && (ends(b"; done") || ends(b";done"))
            || (ends(b"; then ") || ends(b";then ")) && (ends(b"; fi") || ends(b";fi"))
            || ends(b";; esac"))
}

/// `!-1`, `!!`
fn is_history(text: &[u8]) -> bool {
    find(text, b"!-").is_some_and(|at| {
        let place = at.checked_sub(1).is_none_or(|b| {
            text[b].is_ascii_whitespace() || matches!(text[b], b';' | b'|' | b'&' | b'`' | b'=')
        });
        place && text.get(at + 2).is_some_and(u8::is_ascii_digit)
    })
}

/// `alias x=…`
fn is_alias(text: &[u8]) -> bool {
    let Some(at) = find(text, b"alias") else { return false };
    let starts = at.checked_sub(1).is_none_or(|b| !crate::transform::is_word(text[b]));
    let rest = &text[at + 5..];
    let mut all = near(rest).split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    // `alias -p x=…`, `alias y x=…`
    let assigns = |word: &[u8]| word.iter().position(|b| *b == b'=').is_some_and(|at| at > 0);
    starts
        && rest.first().is_some_and(u8::is_ascii_whitespace)
        && all.by_ref().take(2).any(assigns)
        && is_compact(text, 8)
}

/// `{cat,/etc/passwd}`: words without a blank between them.
pub(super) fn is_braces(text: &[u8]) -> bool {
    let Some(inner) = text.strip_prefix(b"{") else { return false };
    let inner = near(inner);
    let end = inner
        .iter()
        .position(|b| matches!(b, b',' | b'}' | b' ' | b'\n' | b':'))
        .unwrap_or(inner.len());
    let mut name = inner[..end].to_ascii_lowercase();
    // What a shell takes away: `n$u\c`.
    if name.contains(&b'$') || name.contains(&b'\\') {
        let mut is_expanded = false;
        name.retain(|b| {
            let keeps = !is_expanded && !matches!(b, b'$' | b'\\' | b'\'' | b'"');
            is_expanded = *b == b'$';
            keeps
        });
    }
    let base = name.iter().rposition(|b| *b == b'/').map_or(0, |index| index + 1);
    let bare = &name[base..];
    let next = inner.get(end + 1).copied().unwrap_or(b' ');
    let others = &inner[(end + 1).min(inner.len())..];
    let fields = others.iter().take_while(|b| b.is_ascii_alphabetic() || matches!(b, b',' | b'_'));
    let is_list = matches!(others.get(fields.count()), Some(b'}' | b'{' | b' '));
    inner.get(end) == Some(&b',')
        && !next.is_ascii_whitespace()
        && next != b'"'
        && unix(bare).is_some_and(|strength| strength == Strength::Own || !is_list)
}
