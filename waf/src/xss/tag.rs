//! Tags and attributes.

use super::braces::{is_inert, loads_nothing, stays};
use super::bracket::hides_brackets;
use super::call::calls_dialog;
use super::frame::is_player;
use super::script::{has_scheme, is_scheme, runs_css};
use alloc::vec::Vec;
use core::cell::OnceCell;

use super::names::{EVENTS, RUNS, RUNS_WITH, SHOWN, URLS};
use crate::marks::Marks;
use crate::statement::contains;
use crate::text::{is_compact, near, starts_with};

/// Whether a text with these marks may have a tag, in whatever coding, or declare an entity.
pub(super) fn may_have_tag(marks: Marks) -> bool {
    const BRACKET: Marks = Marks::any_of(b"<\x80");
    const UTF_7: Marks = Marks::any_of(b"+adw-");
    const ENTITY: Marks = Marks::any_of(b"!entity");
    marks.has(BRACKET) || marks.has_all(UTF_7) || marks.has_all(ENTITY)
}

/// Whether a tag of a text runs something.
pub(super) fn has_tag(text: &[u8]) -> bool {
    let mut tags = Tags {
        text,
        walked: Vec::new(),
        names: Run::default(),
        values: Run::default(),
        closes: OnceCell::new(),
        plays: false,
        opened: [false; ENCLOSING.len()],
    };
    let mut from = if text.contains(&b'<') { 0 } else { text.len() };
    while let Some(at) = text[from..].iter().position(|b| *b == b'<') {
        from += at + 1;
        if tags.opens(from) {
            return true;
        }
    }
    hides_brackets(text) || declares_entity(text)
}

/// `!ENTITY % x SYSTEM`, whatever stands before it: what a document of XML loads from elsewhere.
fn declares_entity(text: &[u8]) -> bool {
    if !text.contains(&b'!') {
        return false;
    }
    let mut from = 0;
    while let Some(at) = text[from..].iter().position(|b| *b == b'!') {
        from += at + 1;
        let rest = near(&text[from..]);
        if !starts_with(rest, b"entity") {
            continue;
        }
        let is_loaded = |word: &[u8]| {
            word.eq_ignore_ascii_case(b"system") || word.eq_ignore_ascii_case(b"public")
        };
        let mut all = rest[6..].split(u8::is_ascii_whitespace).filter(|word| *word != b"%");
        if all.by_ref().filter(|word| !word.is_empty()).take(2).any(is_loaded) {
            return true;
        }
    }
    false
}

/// The tags of a text, which may be as many as half its bytes: nothing is read twice.
struct Tags<'t> {
    text: &'t [u8],
    /// Where attributes begin that were read already, a bit each.
    walked: Vec<u64>,
    /// The name, and the value without quotes, that was read last: other tags may begin within it.
    names: Run,
    values: Run,
    /// Where the last `-->` is.
    closes: OnceCell<usize>,
    /// Whether the last frame was a player's, which another tag may close.
    plays: bool,
    /// Which of the elements of `ENCLOSING` were opened and not closed.
    opened: [bool; ENCLOSING.len()],
}

/// Elements that a text may stand in, where nothing but their end is a tag.
const ENCLOSING: [&str; 5] = ["script", "style", "iframe", "title", "textarea"];

/// Bytes up to one that ends them.
#[derive(Default)]
struct Run {
    from: usize,
    to: usize,
}

impl Run {
    /// Where the run ends that a place is in.
    fn end(&mut self, text: &[u8], at: usize, ends: fn(&u8) -> bool) -> usize {
        if !(self.from..self.to).contains(&at) {
            let length = text[at..].iter().position(ends).unwrap_or(text.len() - at);
            *self = Self { from: at, to: at + length };
        }
        self.to
    }
}

impl Tags<'_> {
    /// What follows a `<`.
    fn opens(&mut self, at: usize) -> bool {
        let rest = &self.text[at..];
        match rest.first() {
            Some(b'!') => {
                let is = |prefix: &[u8]| starts_with(&rest[1..], prefix);
                // A comment that nobody closes swallows the page behind it.
                let closes = || {
                    *self.closes.get_or_init(|| {
                        self.text.windows(3).rposition(|w| w == b"-->").unwrap_or(0)
                    })
                };
                let dangles = is(b"--") && closes() < at;
                dangles
                    || is(b"--[if")
                    || is(b"--#")
                    || is(b"[cdata[") && !is_closed_section(near(&rest[8..]))
                    || is(b"entity ")
                    || is(b"doctype ") && near(rest).contains(&b'[')
            }
            Some(b'?') => {
                starts_with(&rest[1..], b"import") || starts_with(&rest[1..], b"xml-stylesheet")
            }
            Some(b'/') => {
                let rest = near(rest);
                let name = name(&rest[1..]);
                if name == b"iframe" && core::mem::take(&mut self.plays) {
                    return false;
                }
                let enclosing =
                    ENCLOSING.iter().position(|n| name.eq_ignore_ascii_case(n.as_bytes()));
                // `<title>x</title>` ends what it began.
                let ends_own = enclosing.is_some_and(|at| core::mem::take(&mut self.opened[at]));
                enclosing.is_some()
                    && !ends_own
                    && is_compact(rest, 6)
                    && rest.windows(2).any(|w| w[0] == b'<' && w[1].is_ascii_alphabetic())
                    // `</script>` ends a script, and begins nothing.
                    || name.eq_ignore_ascii_case(b"script")
                        && rest.get(1 + name.len()) != Some(&b'>')
            }
            Some(first) if first.is_ascii_alphabetic() => {
                let name = name(near(rest));
                let own = ENCLOSING.iter().position(|n| name.eq_ignore_ascii_case(n.as_bytes()));
                own.into_iter().for_each(|own| self.opened[own] = true);
                self.element(at) || is_spaced(rest)
            }
            Some(b':') => has_bare_colon(near(rest)) && self.element(at),
            // `< script`, `< x:script`: for filters that take white space away.
            Some(first) if first.is_ascii_whitespace() => {
                let rest = near(rest).trim_ascii_start();
                let full = name(rest);
                let local = rest[full.len()..].trim_ascii_start();
                let local = match full.last() {
                    Some(b':') => name(local),
                    _ => full,
                };
                local.eq_ignore_ascii_case(b"script")
            }
            _ => false,
        }
    }

    fn element(&mut self, at: usize) -> bool {
        let rest = &self.text[at..];
        let full = name(near(rest));
        let local = full.rsplit(|b| *b == b':').next().unwrap_or(full);
        let is_one = |all: &[&str]| all.iter().any(|n| local.eq_ignore_ascii_case(n.as_bytes()));
        let behind = &rest[full.len()..];
        // `<script` at the end of a text, or before what ends a name.
        let ends = behind.first().is_none_or(|b| {
            b.is_ascii_whitespace()
                || matches!(b, b'>' | b'/' | b'<' | b'\'' | b'"' | b'`' | b'=' | b'+' | b'&' | b';')
                || *b < 0x20
                || *b >= 0x80
        });
        if ends && is_one(&RUNS) {
            self.plays = local == b"iframe" && is_player(behind);
            return !self.plays;
        }
        if local.eq_ignore_ascii_case(b"style") && ends {
            let sheet = &behind[..behind.len().min(STYLE_BYTES_MAX)];
            // A rule or a value that begins with an escape hides what it is.
            let hides = sheet.windows(2).any(|w| matches!(w[0], b'@' | b'=') && w[1] == b'\\');
            let loads = [&b"url(http"[..], b"url('http", b"url(\"http", b"url(//"];
            return hides || runs_css(sheet) || loads.iter().any(|url| contains(sheet, url));
        }
        // `<link href`: with its address elsewhere.
        let near_by = near(behind);
        let near_by = near_by.split(|b| matches!(b, b'<' | b'>')).next().unwrap_or(near_by);
        // A document says its charset; alone, a tag that does was put somewhere.
        let is_charset = || {
            let known = b" charset=\"utf-8\"";
            local.eq_ignore_ascii_case(b"meta")
                && !self.text[..at - 1].trim_ascii().is_empty()
                && starts_with(near_by, known)
                && matches!(near_by[known.len()..].trim_ascii(), [] | b"/")
        };
        let loads = || {
            !(behind.get(near_by.len()) == Some(&b'>')
                && (loads_nothing(local, near_by)
                    || is_charset()
                    || is_one(&["link", "meta"]) && stays(local, near_by)))
        };
        let names_url = || {
            is_one(&["link", "base"])
                && near_by
                    .split(|b| !b.is_ascii_alphabetic())
                    .any(|word| word.eq_ignore_ascii_case(b"href"))
        };
        let has_one = || is_one(&RUNS_WITH) && near_by.contains(&b'=');
        if ends && (names_url() || has_one()) && loads() && !local.eq_ignore_ascii_case(b"form") {
            return true;
        }
        self.attributes(at + full.len())
    }

    /// Goes through the attributes of a tag up to its end, until one runs something.
    fn attributes(&mut self, from: usize) -> bool {
        let mut at = from;
        loop {
            at += self.text[at..].iter().position(|b| !is_gap(b)).unwrap_or(self.text.len() - at);
            let rest = &self.text[at..];
            let Some(first) = rest.first() else { return false };
            if *first == b'>' || *first == b'<' || self.was_walked(at) {
                return false;
            }
            let end = (self.names.end(self.text, at, ends_name) - at).max(1);
            let name = &rest[..end];
            let behind = &rest[end..];
            let is_white = |b: &u8| b.is_ascii_whitespace() || *b < 0x20;
            let white = behind.iter().position(|b| !is_white(b)).unwrap_or(behind.len());
            let Some(after) = behind[white..].strip_prefix(b"=") else {
                at += end;
                continue;
            };
            let white = after.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(after.len());
            let after = &after[white..];
            let begins = self.text.len() - after.len();
            let (value, ends) = match after.first() {
                Some(quote @ (b'"' | b'\'' | b'`')) => {
                    let inner = &after[1..];
                    let end = inner.iter().position(|b| b == quote).unwrap_or(inner.len());
                    (&inner[..end], (begins + end + 2).min(self.text.len()))
                }
                _ => {
                    let end = self.values.end(self.text, begins, ends_value);
                    (&self.text[begins..end], end)
                }
            };
            let is_jsx = || after.first() == Some(&b'{') && is_inert(value);
            if is_handler(name, value) && !is_jsx() || is_dangerous(name, value) {
                return true;
            }
            at = ends;
        }
    }

    /// Whether attributes were read from here before; they are now.
    fn was_walked(&mut self, at: usize) -> bool {
        if self.walked.is_empty() {
            self.walked = alloc::vec![0; self.text.len() / 64 + 1];
        }
        let (word, bit) = (at / 64, 1_u64 << (at % 64));
        let was = self.walked[word] & bit != 0;
        self.walked[word] |= bit;
        was
    }
}

/// `<![CDATA[text]]>`, without a tag in it.
fn is_closed_section(content: &[u8]) -> bool {
    let end = content.windows(3).position(|w| w == b"]]>");
    end.is_some_and(|end| !content[..end].contains(&b'<'))
}

/// `:name attribute=`: names of XML may begin with a colon (XML 1.0, 2.3). Bounds of types, `[T <:Frame]`, have no
/// attributes.
fn has_bare_colon(rest: &[u8]) -> bool {
    let behind = &rest[name(rest).len()..];
    let attribute = behind.trim_ascii_start();
    let length = name(attribute).len();
    let is_apart = attribute.len() < behind.len();
    is_apart && length > 0 && attribute[length..].trim_ascii_start().starts_with(b"=")
}

/// What stands between attributes.
fn is_gap(b: &u8) -> bool {
    b.is_ascii_whitespace()
        || matches!(b, b'/' | b'"' | b'\'' | b'`' | b',' | b'+' | b';')
        || *b < 0x20
}

fn ends_name(b: &u8) -> bool {
    b.is_ascii_whitespace() || matches!(b, b'=' | b'>' | b'/' | b'"' | b'\'') || *b < 0x20
}

/// What ends a value without quotes.
fn ends_value(b: &u8) -> bool {
    b.is_ascii_whitespace() || *b == b'>'
}

/// As much of a style sheet as is read.
const STYLE_BYTES_MAX: usize = 512;

/// `<s c r i p t`: letters one by one.
fn is_spaced(rest: &[u8]) -> bool {
    let mut letters: [u8; 12] = [0; 12];
    let mut count = 0;
    for pair in rest.chunks(2).take(letters.len()) {
        let [letter, more @ ..] = pair else { break };
        if !letter.is_ascii_alphabetic() {
            break;
        }
        letters[count] = letter.to_ascii_lowercase();
        count += 1;
        if !more.first().is_some_and(u8::is_ascii_whitespace) {
            break;
        }
    }
    let word = &letters[..count];
    let mut known = RUNS.iter().chain(&RUNS_WITH).chain(&SHOWN);
    count >= 4 && known.any(|known| known.as_bytes() == word)
}

fn name(rest: &[u8]) -> &[u8] {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b':' | b'-' | b'_');
    &rest[..rest.iter().position(|b| !plain(b)).unwrap_or(rest.len())]
}

/// `onerror`, with anything to run.
fn is_handler(name: &[u8], _value: &[u8]) -> bool {
    let Some((on, event)) = name.split_at_checked(2) else { return false };
    on.eq_ignore_ascii_case(b"on")
        && event.len() >= 3
        && event.iter().all(|b| b.is_ascii_alphanumeric())
}

fn is_dangerous(name: &[u8], value: &[u8]) -> bool {
    let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
    (URLS.iter().any(|url| is(url)) && is_scheme(value))
        || is("srcdoc")
        || is("formaction")
        || is("datasrc")
        || is("fscommand")
        || is("seeksegmenttime")
        || is("xsi:schemalocation")
        || (is("xmlns:xi") && value.ends_with(b"XInclude"))
        || (is("style") && runs_css(&value[..value.len().min(STYLE_BYTES_MAX)]))
        || (is("xlink:href") && !value.starts_with(b"#"))
        // `x-init="alert(1)"`, `@click=…`: frameworks run attributes of their own.
        || calls_dialog(value)
}

/// Whether a text with these marks may have an attribute.
pub(super) fn may_have_attribute(marks: Marks) -> bool {
    const EQUALS: Marks = Marks::any_of(b"=");
    marks.has(EQUALS)
}

/// An attribute of its own, where a text stands within a tag: `" onfocus=alert(1)`.
pub(super) fn has_attribute(text: &[u8]) -> bool {
    let is_short = OnceCell::new();
    let mut from = 0;
    while let Some(at) = text[from..].iter().position(|b| *b == b'=') {
        let equals = from + at;
        from = equals + 1;
        let before = text[..equals].trim_ascii_end();
        let start = before
            .iter()
            .rposition(|b| !(b.is_ascii_alphanumeric() || matches!(b, b':' | b'-')))
            .map_or(0, |i| i + 1);
        let name = &before[start..];
        let value = &text[equals + 1..];
        if name.len() < 4 {
            continue;
        }
        let gap = start.checked_sub(1).map(|index| text[index]);
        let stands_apart = gap.is_none_or(|b| {
            b.is_ascii_whitespace()
                || matches!(b, b'"' | b'\'' | b'`' | b'/' | b';' | b'>')
                || b < 0x20
        });
        if !stands_apart || text.get(equals + 1) == Some(&b'=') {
            continue;
        }
        // A handler that is all of a text may have its value elsewhere.
        let is_alone = || {
            start <= 8
                && value.len() <= 8
                && value.trim_ascii().is_empty()
                && before[..start].trim_ascii().len() <= 1
        };
        // Behind white space, or behind a quote and white space, it is no setting's name, either.
        let is_behind_white = || {
            let before = before[..start].trim_ascii();
            gap.is_some_and(|b| b.is_ascii_whitespace())
                && matches!(before, [] | [b'\'' | b'"' | b'`'])
        };
        // `" onfocus=x`: a quote ends the value of an attribute, and the text has nothing else before the next.
        let is_behind_quote =
            || is_behind_white() && matches!(before[..start].trim_ascii(), [b'\'' | b'"' | b'`']);
        if value.starts_with(b"{") && is_handler(name, value) {
            let end = near(value).iter().position(ends_value).unwrap_or(value.len());
            if is_inert(&value[..end]) {
                continue;
            }
        }
        if is_event(name) && (runs_as_handler(value) || is_alone() || is_behind_quote())
            || is_handler(name, value) && is_alone() && is_behind_white()
        {
            return true;
        }
        let is = |known: &[u8]| name.eq_ignore_ascii_case(known);
        if (is(b"formaction") || is(b"srcdoc") || is(b"xlink:href"))
            && gap.is_some()
            && *is_short.get_or_init(|| is_compact(text, 8))
        {
            return true;
        }
        if is(b"style") && gap.is_some_and(|b| !b.is_ascii_alphanumeric()) && runs_css(near(value))
        {
            return true;
        }
    }
    false
}

fn is_event(name: &[u8]) -> bool {
    let Some((on, event)) = name.split_at_checked(2) else { return false };
    let begins = |all: &str| all.split(' ').any(|known| starts_with(event, known.as_bytes()));
    on.eq_ignore_ascii_case(b"on") && begins(EVENTS)
}

/// Whether a value has what a handler needs to do anything.
fn runs_as_handler(value: &[u8]) -> bool {
    let near = &value[..value.len().min(200)];
    let near = near.split(|b| *b == b'\n').next().unwrap_or(near);
    near.iter().any(|b| matches!(b, b'(' | b'`' | b'[' | b'&' | b'\\'))
        || has_scheme(near)
        || near
            .windows(8)
            .any(|w| w.eq_ignore_ascii_case(b"location") || w.eq_ignore_ascii_case(b"document"))
}
