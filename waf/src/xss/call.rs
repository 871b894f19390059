//! Calls: of what runs, shows or sends, under its name or not.

use crate::statement::find;
use crate::text::{near, near_end};
use crate::transform::is_word;

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

/// What programs call all the time: it attacks where it stands behind the end of something only.
const ORDINARY: [&str; 2] = ["fetch", "postmessage"];

/// `()=>draw(),100)`: a function to call later, which calls others and no more: without an assignment, an address, an
/// index. What it calls is looked at, too.
fn calls_back(rest: &[u8]) -> bool {
    let rest = rest.strip_prefix(b"async").unwrap_or(rest);
    let body = rest.strip_prefix(b"()=>").or_else(|| rest.strip_prefix(b"function(){"));
    let within = |b: &u8| is_word(*b) || b".,;(){}'\"!?".contains(b);
    body.is_some_and(|body| body.iter().all(within))
}

/// Whether what stands before a call ends what it has not begun, or begins an expression of a template: `';`, `")-`,
/// `});`, `${`.
fn breaks_in(before: &[u8]) -> bool {
    let is_template = before.ends_with(b"${") || before.ends_with(b"{{");
    let mut depth = 0_i32;
    let mut quote = None;
    for byte in before {
        match (quote, byte) {
            (None, b'\'' | b'"' | b'`') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            (None, b'(' | b'[' | b'{') => depth += 1,
            (None, b')' | b']' | b'}') => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return true;
        }
    }
    let joins = |b: &u8| b"-+*/^|&,;:?%~".contains(b);
    is_template || quote.is_some() || before.first().is_some_and(joins)
}

/// `onerror=alert;throw 1`: what is called by itself when something happens.
pub(super) fn sets_handler(text: &[u8]) -> bool {
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

/// `a=alert,a(1)`: what shows that it runs, under another name.
pub(super) fn renames(text: &[u8]) -> bool {
    text.iter().enumerate().filter(|(_, b)| **b == b'=').any(|(equals, _)| {
        let (before, value) = (&text[..equals], &text[equals + 1..]);
        let length = before.iter().rev().take_while(|b| is_word(**b)).count();
        let name = &before[before.len() - length..];
        let known = CALLS[..4].iter().find_map(|known| value.strip_prefix(known.as_bytes()));
        let Some([b',' | b';' | b')', rest @ ..]) = known else { return false };
        let rest = near(rest);
        (1..=16).contains(&length)
            && find(rest, name).is_some_and(|at| matches!(rest.get(at + length), Some(b'(' | b'`')))
    })
}

/// `'-open(x)-'`: an expression between two halves of a string.
pub(super) fn breaks_out(text: &[u8]) -> bool {
    let [quote @ (b'\'' | b'"' | b'`'), first, inner @ .., last, end] = text else { return false };
    let joins = |b: &u8| matches!(b, b'-' | b'+' | b'*' | b'/' | b'^' | b'|' | b'&');
    let does = |b: &u8| matches!(b, b'(' | b'=' | b'`');
    quote == end && joins(first) && joins(last) && inner.iter().any(does)
}

/// `x";any(thing)//`, `';location=name//`: a statement behind the end of somebody's string, whose rest is commented
/// out, is a string again, or is the address that a page is sent to.
pub(super) fn ends_string(text: &[u8]) -> bool {
    let Some(at) = text.iter().position(|b| matches!(b, b'\'' | b'"' | b'`')) else { return false };
    let quote = text[at];
    let code = &text[at + 1..];
    let closed = code.iter().take_while(|b| matches!(b, b')' | b']' | b'}')).count();
    let Some(code) = code[closed..].strip_prefix(b";") else { return false };
    // Code in somebody's report has its strings whole.
    let are_whole = |code: &[u8]| code.iter().filter(|b| **b == quote).count().is_multiple_of(2);
    if let Some(code) = code.strip_suffix(b"//") {
        return are_whole(code) && (calls_first(code) || assigned(code).is_some());
    }
    let Some(name) = assigned(code) else { return false };
    let opens = |code: &[u8]| code.last().is_some_and(|b| b";{=+,:([".contains(b));
    code.strip_suffix(&[quote]).is_some_and(|code| are_whole(code) && opens(code))
        || is_address(name)
}

/// `any.thing(x)`, `any.thing\`x\``
fn calls_first(code: &[u8]) -> bool {
    let name = code.iter().take_while(|b| is_word(**b) || matches!(b, b'.' | b'$')).count();
    match &code[name..] {
        [b'(', rest @ ..] => name > 0 && rest.contains(&b')'),
        [b'`', rest @ ..] => name > 0 && rest.contains(&b'`'),
        _ => false,
    }
}

/// What is assigned to where code begins: `location=x`, `a.b['c']=x`, `let a=x` without its blank.
fn assigned(code: &[u8]) -> Option<&[u8]> {
    let code = near(code);
    let within = |b: &u8| is_word(*b) || b".$[]'\"".contains(b);
    let (name, rest) = code.split_at(code.iter().take_while(|b| within(b)).count());
    let value = rest.strip_prefix(b"=")?;
    let begins = name.first().is_some_and(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'$'));
    let is_value = value.first().is_some_and(|b| !matches!(b, b'=' | b'>' | b';'));
    (begins && is_value).then_some(name)
}

/// `location`, `top.location.href`
fn is_address(name: &[u8]) -> bool {
    let name = name.strip_suffix(b".href").unwrap_or(name);
    name.rsplit(|b| *b == b'.').next() == Some(b"location")
}

/// `[1].find(alert)`, `[alert].forEach(…)`, `alert.call(0)`: what somebody else calls.
pub(super) fn is_handed_over(text: &[u8]) -> bool {
    if !text.iter().any(|b| matches!(b, b'(' | b'[')) {
        return false;
    }
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
pub(super) fn calls(text: &[u8]) -> bool {
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
        // `'in alert(1)`: behind the end of a string.
        let is_behind_string = matches!(text[..start].last(), Some(b'\'' | b'"' | b'`'));
        let behind_string = || {
            name.strip_prefix(b"instanceof")
                .or(name.strip_prefix(b"in"))
                .filter(|_| is_behind_string)
        };
        let operand = operand.or_else(behind_string);
        let is = |known: &&str| name == known.as_bytes() || operand == Some(known.as_bytes());
        let is_called = CALLS.iter().any(is);
        // `import('//host/x.js')`
        let is_remote = |text: &[u8]| text.starts_with(b"//") || text.starts_with(b"http");
        if name == b"import" && text.get(at + 2..).is_some_and(is_remote) {
            return true;
        }
        // `function(` declares; `new function(` and `.constructor(` run.
        // With a string it is the constructor of functions: `Function('…')`.
        let is_string = matches!(text.get(at + 1), Some(b'\'' | b'"' | b'`'));
        let called = operand.unwrap_or(name);
        let declares = name == b"function" && *mark == b'(' && !is_string && !text[..start].ends_with(b"new")
                || name == b"print"
                // `eval() is slow` says something of what runs nothing; a dialog shows.
                || *mark == b'('
                    && matches!(text.get(at + 1..), Some([b')', next, ..]) if next.is_ascii_alphabetic())
                    && !CALLS[..3].iter().any(|known| called == known.as_bytes())
                || *mark == b'('
                    && ORDINARY.iter().any(|known| called == known.as_bytes())
                    && !breaks_in(near_end(&text[..start]))
                    && !text.ends_with(b"//")
                || called.starts_with(b"set")
                    && !breaks_in(near_end(&text[..start]))
                    && calls_back(&text[at + 1..]);
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

/// `this['name']`, `this[name]`: as code has it, where it is not something that runs.
fn is_member(index: &[u8]) -> bool {
    let quote = index.iter().take_while(|b| matches!(b, b'\'' | b'"')).count();
    let inner = &index[quote..];
    let (name, rest) = inner.split_at(near(inner).iter().take_while(|b| is_word(**b)).count());
    rest.strip_prefix(&index[..quote]).is_some_and(|rest| rest.starts_with(b"]"))
        && !CALLS.iter().any(|known| name == known.as_bytes())
        && name != b"constructor"
}

/// `window['al'+'ert']`, `self[/x/]`, `top["x"]`
pub(super) fn indexes_global(text: &[u8]) -> bool {
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
            && !(before.ends_with(b"this") && is_member(&text[at + 1..]))
            && matches!(pair[1], b'\'' | b'"' | b'`' | b'/' | b'(' | b'\\' | b'+' | b'a'..=b'z');
        opens
            && GLOBALS.iter().any(|name| {
                before
                    .strip_suffix(*name)
                    .is_some_and(|rest| rest.last().is_none_or(|b| !is_word(*b)))
            })
    })
}
