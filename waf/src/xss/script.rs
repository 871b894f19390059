//! Schemes, style sheets, expressions.

use alloc::vec::Vec;

use crate::statement::{contains, find};
use crate::text::{is_compact, near, near_end, starts_with};
use crate::transform::{Transformation, is_word};

const RUNNING: [&[u8]; 3] = [b"javascript", b"vbscript", b"livescript"];
const SCHEMES: [&[u8]; 4] = [b"javascript:", b"vbscript:", b"livescript:", b"mocha:"];

/// A scheme with white space, a control or a reference of HTML within: nobody writes one by accident.
pub(super) fn is_broken_scheme(value: &[u8]) -> bool {
    let decoded = Transformation::HtmlEntityDecode.apply(value);
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
    let decoded = Transformation::HtmlEntityDecode.apply(value);
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

/// A scheme at the start of a text, or where a URL begins in it.
pub(super) fn has_scheme(text: &[u8]) -> bool {
    if is_scheme(text) && !is_title(text)
        || is_broken_scheme(text)
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
    let decoded = Transformation::CssDecode.apply(text);
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
const SINKS: [&[u8]; 19] = [
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
    b"-moz-binding",
    b"string.fromcharcode",
];

/// What is called to run, to show that it runs, or to send away what was read.
const CALLS: [&str; 18] = [
    "alert",
    "confirm",
    "prompt",
    "eval",
    "settimeout",
    "setinterval",
    "setimmediate",
    "atob",
    "btoa",
    "fetch",
    "execscript",
    "fromcharcode",
    "importscripts",
    "unescape",
    "postmessage",
    "function",
    "getscript",
    "print",
];

/// JavaScript that stands alone, without a page around it: payloads are short, prose about them is not.
pub(super) fn is_script(text: &[u8]) -> bool {
    if is_letterless(text) {
        return true;
    }
    let is_short = is_compact(text, 5);
    let may_call = text.len() <= 200 && text.contains(&b'`');
    if text.len() > 2_000 || !is_short && !may_call {
        return false;
    }
    let small = Transformation::ReplaceComments.apply(text).to_ascii_lowercase();
    let bare: Vec<u8> = small.iter().copied().filter(|b| *b > 0x20).collect();
    // `[ ] . sort . call ` ${ alert } ` `: with blanks between its marks it is no prose, either.
    if [&b".call`${"[..], b".apply`${"].iter().any(|call| contains(&bare, call)) {
        return true;
    }
    if !is_short {
        return false;
    }
    let is_code = is_compact(text, 2) || text.iter().any(|b| b"=([`;+:<{".contains(b));
    is_code && SINKS.iter().any(|sink| contains(&bare, sink))
        || sets_handler(&bare)
        || calls(&bare)
        || is_handed_over(&bare)
        || indexes_global(&bare)
        || breaks_out(&bare)
        || (contains(&bare, b"@import")
            && (contains(&bare, b"url(") || contains(&bare, b"'") || contains(&bare, b"\"")))
        || contains(&bare, b"behavior:url(")
        || starts_with(&bare, b"data:text/html")
}

/// `onerror=alert;throw 1`: what is called by itself when something happens.
fn sets_handler(text: &[u8]) -> bool {
    text.iter().enumerate().filter(|(_, b)| **b == b'=').any(|(equals, _)| {
        let before = &text[..equals];
        let letters = before.iter().rev().take_while(|b| b.is_ascii_lowercase()).count();
        let (before, name) = before.split_at(before.len() - letters);
        // Blanks are gone: `throw onerror=alert`.
        let name = name.strip_prefix(b"throw").unwrap_or(name);
        let value = &text[equals + 1..];
        let end = value.iter().position(|b| !is_word(*b)).unwrap_or(value.len());
        name.len() > 4
            && name.starts_with(b"on")
            && before.last().is_none_or(|b| b";'\"`]}/".contains(b))
            && CALLS[..8].iter().any(|known| &value[..end] == known.as_bytes())
    })
}

/// `'-open(x)-'`: an expression between two halves of a string.
fn breaks_out(text: &[u8]) -> bool {
    let [quote @ (b'\'' | b'"' | b'`'), first, inner @ .., last, end] = text else { return false };
    let joins = |b: &u8| matches!(b, b'-' | b'+' | b'*' | b'/' | b'^' | b'|' | b'&');
    let does = |b: &u8| matches!(b, b'(' | b'=' | b'`');
    quote == end && joins(first) && joins(last) && inner.iter().any(does)
}

/// `[1].find(alert)`, `[alert].forEach(…)`, `alert.call(0)`: what somebody else calls.
fn is_handed_over(text: &[u8]) -> bool {
    CALLS[..4].iter().any(|name| {
        let mut from = 0;
        while let Some(at) = find(&text[from..], name.as_bytes()) {
            let (start, end) = (from + at, from + at + name.len());
            from = end;
            let (before, after) = (&text[..start], &text[end..]);
            let calls = [&b".call("[..], b".apply(", b".bind("];
            let is_bound = calls.iter().any(|call| after.starts_with(call))
                && before.last().is_none_or(|b| !is_word(*b));
            let is_listed = matches!(before.last(), Some(b'[' | b','))
                && [&b"].for"[..], b"].map", b"][", b"]("].iter().any(|m| after.starts_with(m));
            let ends = matches!(after.first(), Some(b')' | b','));
            if is_bound || is_listed || ends && is_argument(before) {
                return true;
            }
        }
        false
    })
}

/// Whether what stands before an argument is a method's call: `.find(`, `.replace(/x/,`, `)(`.
fn is_argument(before: &[u8]) -> bool {
    let near = near_end(before);
    let Some(open) = near.iter().rposition(|b| *b == b'(') else { return false };
    let callee = &near[..open];
    let name = callee.iter().rev().take_while(|b| is_word(**b)).count();
    let is_list = near[open + 1..].last().is_none_or(|b| *b == b',');
    is_list && (name > 0 && callee[..callee.len() - name].ends_with(b".") || callee.ends_with(b")"))
}

/// `alert(1)`, `eval\`…\``, `new Function(`, `[].sort.call\``
fn calls(text: &[u8]) -> bool {
    for (at, mark) in text.iter().enumerate().filter(|(_, b)| matches!(b, b'(' | b'`')) {
        let before = &text[..at];
        // `?.(` and `)(`
        let before = before.strip_suffix(b"?.").unwrap_or(before);
        let start =
            before.iter().rposition(|b| !is_word(*b) && *b != b'$').map_or(0, |index| index + 1);
        let name = &before[start..];
        // Blanks are gone: `void alert(1)`.
        let operators: [&[u8]; 4] = [b"void", b"throw", b"await", b"typeof"];
        let operand = operators.iter().find_map(|operator| name.strip_prefix(*operator));
        let is = |known: &&str| name == known.as_bytes() || operand == Some(known.as_bytes());
        let is_called = CALLS.iter().any(is);
        // `import('//host/x.js')`
        let is_remote = |text: &[u8]| text.starts_with(b"//") || text.starts_with(b"http");
        if name == b"import" && text.get(at + 2..).is_some_and(is_remote) {
            return true;
        }
        // `function(` declares; `new function(` and `.constructor(` run.
        let declares = name == b"function" && *mark == b'(' && !text[..start].ends_with(b"new")
            || name == b"print"
            || name == b"fetch" && text[..start].ends_with(b".");
        if is_called && !declares && !(text[..start].ends_with(b"_")) {
            return true;
        }
        if *mark == b'`'
            && (name == b"call" || name == b"apply" || name == b"constructor" || name == b"assign")
        {
            return true;
        }
        if name == b"constructor" && text[..start].ends_with(b".") || name == b"newfunction" {
            return true;
        }
        // `(alert)(1)`
        if let Some(inner) = before.strip_suffix(b")") {
            let open = inner.iter().rposition(|b| *b == b'(').map_or(0, |index| index + 1);
            let name = inner[open..].rsplit(|b| *b == b',').next().unwrap_or(b"");
            if CALLS[..8].iter().any(|known| name == known.as_bytes()) {
                return true;
            }
        }
    }
    false
}

/// `alert(1)`, `eval(x)` within a value of an attribute.
pub(super) fn calls_dialog(value: &[u8]) -> bool {
    let value = near(value);
    value.iter().enumerate().filter(|(_, b)| matches!(b, b'(' | b'`')).any(|(at, _)| {
        let name = value[..at].iter().rev().take_while(|b| is_word(**b)).count();
        let name = &value[at - name..at];
        CALLS[..4].iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
    })
}

/// `window['al'+'ert']`, `self[/x/]`, `top["x"]`
fn indexes_global(text: &[u8]) -> bool {
    const GLOBALS: [&[u8]; 9] = [
        b"self",
        b"document",
        b"this",
        b"top",
        b"window",
        b"frames",
        b"parent",
        b"globalthis",
        b"location",
    ];
    text.windows(2).enumerate().any(|(at, pair)| {
        let before = &text[..at];
        let before = before.strip_suffix(b")").unwrap_or(before);
        let opens = pair[0] == b'['
            && matches!(pair[1], b'\'' | b'"' | b'`' | b'/' | b'(' | b'\\' | b'+' | b'a'..=b'z');
        opens
            && GLOBALS.iter().any(|name| {
                before
                    .strip_suffix(*name)
                    .is_some_and(|rest| rest.last().is_none_or(|b| !is_word(*b)))
            })
    })
}

/// JavaScript of nothing but `[]()!+{}`: long enough that nobody writes it otherwise.
fn is_letterless(text: &[u8]) -> bool {
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
