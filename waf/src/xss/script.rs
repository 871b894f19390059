//! Schemes, style sheets, expressions.

use alloc::vec::Vec;

use super::call::{
    breaks_out, calls, ends_string, indexes_global, is_handed_over, renames, sets_handler,
};
use crate::marks::Marks;
use crate::statement::{contains, find};
use crate::text::{is_compact, starts_with};
use crate::transform::{Transformation, is_word};

const RUNNING: [&[u8]; 3] = [b"javascript", b"vbscript", b"livescript"];
const SCHEMES: [&[u8]; 4] = [b"javascript:", b"vbscript:", b"livescript:", b"mocha:"];

/// A scheme with white space, a control or a reference of HTML within: nobody writes one by accident.
pub(super) fn is_broken_scheme(value: &[u8]) -> bool {
    let decoded = Transformation::HtmlEntityDecode.reveal(value);
    let text = decoded.trim_ascii_start();
    let Some(colon) = text.iter().take(32).position(|b| *b == b':') else { return false };
    let bare: Vec<u8> = text[..colon]
        .iter()
        .copied()
        .filter(|b| *b > 0x20)
        .collect::<Vec<u8>>()
        .to_ascii_lowercase();
    let within = text[..colon].trim_ascii_end();
    bare.len() < within.len()
        && within.iter().any(|b| matches!(b, b'\t' | b'\n' | b'\r') || *b < 0x20)
        && RUNNING.contains(&&bare[..])
}

/// Whether a URL's scheme runs what follows it. White space and controls within are passed over, as
/// browsers do.
pub(super) fn is_scheme(value: &[u8]) -> bool {
    let decoded = Transformation::HtmlEntityDecode.reveal(value);
    let bare: Vec<u8> = decoded
        .iter()
        .copied()
        .filter(|b| *b > 0x20)
        .take(48)
        .collect::<Vec<u8>>()
        .to_ascii_lowercase();
    let data = |kind: &[u8]| bare.strip_prefix(b"data:").is_some_and(|rest| rest.starts_with(kind));
    SCHEMES.iter().any(|scheme| bare.starts_with(scheme))
        || data(b"text/html")
        || data(b"text/javascript")
        || data(b"text/xml")
        || data(b"application/xhtml")
        || data(b"application/javascript")
        || bare.starts_with(b"view-source:")
        || bare.starts_with(b"jar:http")
}

/// Whether a text with these marks may have a scheme that runs, which is behind a parenthesis where it has no colon, or a
/// reference of HTML that stands for one.
pub(super) fn may_have_scheme(marks: Marks) -> bool {
    const REFERENCE: Marks = Marks::any_of(b"&");
    const SCHEMES: [Marks; 6] = [
        // Most of them end so.
        Marks::any_of(b":script"),
        Marks::any_of(b"(urlscript"),
        Marks::any_of(b":mocha"),
        Marks::any_of(b":data"),
        Marks::any_of(b":jarhttp"),
        Marks::any_of(b":view-source"),
    ];
    marks.has(REFERENCE) || SCHEMES.iter().any(|scheme| marks.has_all(*scheme))
}

/// A scheme at the start of a text, or where a URL begins in it.
pub(super) fn has_scheme(text: &[u8]) -> bool {
    // Every scheme that runs begins so, or with a reference.
    let begins = |b: &u8| matches!(b | 0x20, b'j' | b'v' | b'l' | b'm' | b'd') || *b == b'&';
    let may_begin = text.iter().find(|b| **b > 0x20).is_some_and(begins);
    if may_begin && (is_scheme(text) && !is_title(text) || is_broken_scheme(text))
        || is_data_of_markup(text)
        || names_script_as_url(text)
    {
        return true;
    }
    // `url(javascript:…)`, `href=javascript:…`, `"javascript:…`
    let mut from = 0;
    while let Some(at) = text[from..].iter().position(|b| *b == b':') {
        let colon = from + at;
        from = colon + 1;
        let before = &text[colon.saturating_sub(24)..colon];
        // All of them end in `script`.
        let last = before.iter().rev().find(|b| **b > 0x20);
        if last.is_none_or(|b| b | 0x20 != b't') {
            continue;
        }
        let bare: Vec<u8> =
            before.iter().copied().filter(|b| *b > 0x20).collect::<Vec<u8>>().to_ascii_lowercase();
        let Some(scheme) = RUNNING.iter().find(|scheme| bare.ends_with(scheme)) else {
            continue;
        };
        let joined = bare.len().checked_sub(scheme.len() + 1).map(|index| bare[index]);
        let is_url = joined
            .is_none_or(|b| matches!(b, b'=' | b'"' | b'\'' | b'`' | b'(' | b'>' | b',' | b';'));
        if is_url
            && !is_title(&text[colon.saturating_sub(scheme.len())..])
            && runs_on(&text[colon + 1..])
        {
            return true;
        }
    }
    false
}

/// `data: , <x>`: markup as a URL without a media type.
fn is_data_of_markup(text: &[u8]) -> bool {
    let bare = text.trim_ascii_start();
    starts_with(bare, b"data:")
        && bare[5..].trim_ascii_start().starts_with(b",")
        && bare[5..].windows(2).any(|w| w[0] == b'<' && w[1].is_ascii_alphabetic())
}

/// `url(javascript`: in a style sheet a scheme has no need of more to tell what it is.
fn names_script_as_url(text: &[u8]) -> bool {
    let mut from = 0;
    while let Some(at) = text[from..].iter().position(|b| *b == b'(') {
        let open = from + at;
        from = open + 1;
        let before = text[open.saturating_sub(8)..open].trim_ascii_end();
        let is_url = before.len() >= 3
            && before[before.len() - 3..].eq_ignore_ascii_case(b"url")
            && !before.len().checked_sub(4).is_some_and(|index| is_word(before[index]));
        if !is_url {
            continue;
        }
        let rest = text[from..].trim_ascii_start();
        let rest = rest.strip_prefix(b"'").or(rest.strip_prefix(b"\"")).unwrap_or(rest);
        let ends = |rest: &[u8]| rest.trim_ascii_start().first().is_none_or(|b| *b == b':');
        if RUNNING.iter().any(|name| starts_with(rest, name) && ends(&rest[name.len()..])) {
            return true;
        }
    }
    false
}

/// `JavaScript: the good parts`
fn is_title(text: &[u8]) -> bool {
    let Some(colon) = text.iter().take(64).position(|b| *b == b':') else { return false };
    let rest = &text[colon + 1..];
    rest.is_empty()
        || rest.starts_with(b" ")
            && !rest.iter().take(200).any(|b| matches!(b, b'(' | b'`' | b'=' | b'\\'))
}

fn runs_on(rest: &[u8]) -> bool {
    let near = &rest[..rest.len().min(200)];
    near.iter().any(|b| matches!(b, b'(' | b'`' | b'=' | b'[' | b'%' | b'/' | b'\\' | b'.' | b'\''))
}

/// A style sheet that runs or loads something.
pub(super) fn runs_css(text: &[u8]) -> bool {
    let decoded = Transformation::CssDecode.reveal(text);
    let small = Transformation::ReplaceComments.apply(&decoded).to_ascii_lowercase();
    let bare: Vec<u8> = small.iter().copied().filter(|b| *b > 0x20).collect();
    let has = |part: &[u8]| contains(&bare, part);
    has(b"expression(")
        || has(b"javascript:")
        || has(b"vbscript:")
        || has(b"-moz-binding")
        || has(b"behavior:url")
        || has(b"@import")
        || has(b"-o-link")
}

/// What reads or changes the page, by its full name.
const SINKS: [&[u8]; 18] = [
    b"document.cookie",
    b"document.domain",
    b"document.write",
    b"document.location",
    b"document.url",
    b"document.referrer",
    b"document.body.",
    b"document.createelement",
    b"document.forms",
    b"window.location",
    b"window.name",
    b"window.open",
    b"location.href",
    b"location.hash",
    b".innerhtml",
    b".outerhtml",
    b".parentnode",
    b"string.fromcharcode",
];

/// Whether a text with these marks may be JavaScript: it calls, assigns, indexes, is nothing but brackets, or has a name
/// of those that are looked for in full.
pub(super) fn may_be_script(marks: Marks) -> bool {
    const DOES: Marks = Marks::any_of(b"(=`[");
    const NAMES: [Marks; 7] = [
        Marks::any_of(b"+{"),
        Marks::any_of(b"@import"),
        Marks::any_of(b"-moz-binding"),
        Marks::any_of(b"data:text/html"),
        // All names of `SINKS` have one of these.
        Marks::any_of(b".not"),
        Marks::any_of(b".window"),
        Marks::any_of(b".terhtml"),
    ];
    marks.has(DOES) || NAMES.iter().any(|name| marks.has_all(*name))
}

/// JavaScript that stands alone, without a page around it: payloads are short, prose about them is not.
pub(super) fn is_script(text: &[u8]) -> bool {
    if is_letterless(text) {
        return true;
    }
    let telling =
        |b: &u8| matches!(b, b'.' | b'(' | b'`' | b'=' | b'[' | b'@' | b':' | b'-' | b'\'' | b'"');
    if !text.iter().any(telling) {
        return false;
    }
    let is_short = is_compact(text, 5);
    let may_call = text.len() <= 200 && text.contains(&b'`');
    if text.len() > 2_000 || !is_short && !may_call {
        return false;
    }
    let plain = Transformation::ReplaceComments.apply(text);
    let dark = plain.iter().filter(|b| **b > 0x20);
    let bare: Vec<u8> = dark.map(u8::to_ascii_lowercase).collect();
    // `[ ] . sort . call ` ${ alert } ` `: with blanks between its marks it is no prose, either.
    if [&b".call`${"[..], b".apply`${"].iter().any(|call| contains(&bare, call)) {
        return true;
    }
    if !is_short {
        return false;
    }
    // `/manual/document.cookie` is where something lies.
    let is_code = || {
        text.iter().any(|b| b"=([`;+:<{".contains(b))
            || is_compact(text, 2) && !bare.starts_with(b"/")
    };
    names_sink(&bare) && is_code() && !goes_to_own_page(&bare) && !empties(&bare)
        || sets_handler(&bare)
        || calls(&bare)
        || is_handed_over(&bare)
        || renames(&bare)
        // `8680439..toString(30)`: a number that spells a word.
        || contains(&bare, b"..tostring(")
        || contains(&bare, b"reflect.construct(")
        || indexes_global(&bare)
        || breaks_out(&bare)
        || ends_string(&bare)
        || imports(&bare)
        || contains(&bare, b"behavior:url(")
        || starts_with(&bare, b"data:text/html")
}

/// `@import url(//a.example/b.css)`: a style sheet from elsewhere, not a page's own.
fn imports(bare: &[u8]) -> bool {
    let Some(at) = find(bare, b"@import") else { return false };
    let rest = &bare[at + 7..];
    let has = |what: &[u8]| contains(rest, what);
    (has(b"url(") || has(b"'") || has(b"\""))
        && (has(b"//") || has(b":") || has(b"\\") || has(b"&") || !bare.starts_with(b"@"))
}

/// `window.location.href = '/login';`: all of a text is the way to a page of its own.
fn goes_to_own_page(bare: &[u8]) -> bool {
    let name = bare.strip_prefix(b"window.").or(bare.strip_prefix(b"document.")).unwrap_or(bare);
    let Some(rest) = name.strip_prefix(b"location") else { return false };
    let rest = rest.strip_prefix(b".href").unwrap_or(rest);
    let Some([quote @ (b'\'' | b'"'), b'/', path @ ..]) = rest.strip_prefix(b"=") else {
        return false;
    };
    let is_path = |b: &u8| is_word(*b) || b"/.-?=&#".contains(b);
    let length = path.iter().take_while(|b| is_path(b)).count();
    let behind = path[length..].strip_prefix(&[*quote]);
    !path.starts_with(b"/") && matches!(behind, Some([] | [b';']))
}

/// `list.innerHTML = '';`: all of a text empties what a page shows.
fn empties(bare: &[u8]) -> bool {
    let bare = bare.strip_suffix(b";").unwrap_or(bare);
    let quoted = bare.strip_suffix(b"''").or(bare.strip_suffix(b"\"\""));
    let is_name = |b: &u8| is_word(*b) || b".('\"#)".contains(b);
    quoted
        .and_then(|sink| sink.strip_suffix(b".innerhtml="))
        .is_some_and(|shown| shown.iter().all(is_name) && !names_sink(shown))
}

/// Looked for where the dot is that each of them has, but for a property of style sheets.
fn names_sink(text: &[u8]) -> bool {
    let is_dot = |b: &u8| *b == b'.';
    contains(text, b"-moz-binding")
        || text.iter().enumerate().filter(|(_, b)| is_dot(b)).any(|(at, _)| {
            SINKS.iter().any(|sink| {
                let before = sink.iter().position(is_dot).unwrap_or(0);
                at.checked_sub(before).is_some_and(|start| text[start..].starts_with(sink))
            })
        })
}

/// JavaScript of nothing but `[]()!+{}`: long enough that nobody writes it otherwise.
fn is_letterless(text: &[u8]) -> bool {
    if !text.iter().any(|b| matches!(b, b'!' | b'+'))
        || !text.iter().any(|b| matches!(b, b'[' | b'(' | b'{'))
    {
        return false;
    }
    let is_mark =
        |b: &u8| matches!(b, b'[' | b']' | b'(' | b')' | b'!' | b'+' | b'{' | b'}' | b' ');
    if text.len() >= 4
        && text.windows(3).any(|w| w == b"![]")
        && text.trim_ascii().iter().all(is_mark)
    {
        return true;
    }
    let mut run = 0;
    let mut negates = false;
    for (index, byte) in text.iter().enumerate() {
        if matches!(byte, b'[' | b']' | b'(' | b')' | b'!' | b'+' | b'{' | b'}') {
            run += 1;
            negates |= *byte == b'!' && text.get(index + 1) == Some(&b'[')
                || *byte == b'+' && matches!(text.get(index + 1), Some(b'[' | b'!' | b'{'));
            if run >= 12 && negates {
                return true;
            }
        } else {
            (run, negates) = (0, false);
        }
    }
    false
}
