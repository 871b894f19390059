//! Cross-site scripting: text that a browser would run.
//!
//! A text is read as HTML's tokeniser would, wherever it may land: between tags, where only a tag can
//! run, and within an attribute, where a quote may end it and another attribute follow. Schemes of
//! URLs and expressions of JavaScript are looked for where a browser takes them for such.

mod braces;
mod bracket;
mod call;
mod frame;
mod names;
mod script;
mod tag;

use alloc::borrow::Cow;

use crate::marks::Marks;
use crate::statement::contains;
use crate::transform::Transformation;

/// What stands for other bytes, and what a browser passes over.
const ESCAPES: Marks = Marks::any_of(b"&\\");
const NULL: Marks = Marks::any_of(b"\0");

/// Whether a browser would run something of a text.
pub(crate) fn is_injection(text: &[u8]) -> bool {
    is_marked_injection(text, Marks::of(text))
}

/// The same of a text whose marks are known.
pub(crate) fn is_marked_injection(text: &[u8], marks: Marks) -> bool {
    if !may_be_injection(marks) || !is_worth_reading(text, marks) {
        return false;
    }
    let plain: Cow<'_, [u8]> = match marks.has(NULL) {
        true => Transformation::RemoveNulls.apply(text),
        false => text.into(),
    };
    if runs(&plain, marks) {
        return true;
    }
    if !marks.has(ESCAPES) {
        return false;
    }
    // Escapes of style sheets have nothing before their digits.
    let is_escaped = contains(&plain, b"\\00") || contains(&plain, b"\\3c");
    let css = is_escaped.then_some(Transformation::CssDecode);
    let decodings = [Transformation::HtmlEntityDecode, Transformation::JsDecode];
    for decoding in decodings.into_iter().chain(css) {
        if let Cow::Owned(decoded) = decoding.reveal(&plain)
            && runs(&decoded, Marks::of(&decoded))
        {
            return true;
        }
    }
    false
}

fn runs(text: &[u8], marks: Marks) -> bool {
    tag::may_have_tag(marks) && tag::has_tag(text)
        || tag::may_have_attribute(marks) && tag::has_attribute(text)
        || script::may_have_scheme(marks) && script::has_scheme(text)
        || script::may_be_script(marks) && script::is_script(text)
}

/// Whether a text with these marks may run as it is, or as what it stands for.
fn may_be_injection(marks: Marks) -> bool {
    // Told at once of most.
    const ANY: Marks = Marks::any_of(b"&\\<!+=:(`[.-@\x80");
    if !marks.has(ANY) {
        return false;
    }
    marks.has(ESCAPES)
        || tag::may_have_tag(marks)
        || tag::may_have_attribute(marks)
        || script::may_have_scheme(marks)
        || script::may_be_script(marks)
}

/// Letters, digits and the marks of prose alone run nowhere.
fn is_worth_reading(text: &[u8], marks: Marks) -> bool {
    const TELLING: Marks = Marks::any_of(b"<>=(`[:&\\@\0");
    const BEYOND: Marks = Marks::any_of(b"\x80");
    // What is looked for below begins with one of these.
    const MAY_BEGIN: Marks = Marks::any_of(b"/!+.-");
    if marks.has(TELLING) || marks.has(BEYOND) && text.contains(&0xbc) {
        return true;
    }
    if !marks.has(MAY_BEGIN) {
        return false;
    }
    text.windows(2).any(|w| w == b"/*" || w == b"![" || w[0] == b'!' && w[1] | 32 == b'e')
        || text.windows(5).any(|w| w.eq_ignore_ascii_case(b"+adw-"))
        || text.windows(4).any(|w| {
            w.eq_ignore_ascii_case(b".coo")
                || w.eq_ignore_ascii_case(b"-moz")
                || w.eq_ignore_ascii_case(b".loc")
                || w.eq_ignore_ascii_case(b".inn")
                || w.eq_ignore_ascii_case(b".par")
                || w.eq_ignore_ascii_case(b".dom")
                || w.eq_ignore_ascii_case(b".wri")
        })
}

#[cfg(test)]
mod tests;
