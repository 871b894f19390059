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

use crate::statement::contains;
use crate::transform::Transformation;

/// Whether a browser would run something of a text.
pub(crate) fn is_injection(text: &[u8]) -> bool {
    if !is_worth_reading(text) {
        return false;
    }
    let plain: Cow<'_, [u8]> = match text.contains(&0) {
        true => Transformation::RemoveNulls.apply(text),
        false => text.into(),
    };
    if runs(&plain) {
        return true;
    }
    // Escapes of style sheets have nothing before their digits.
    let is_escaped = contains(&plain, b"\\00") || contains(&plain, b"\\3c");
    let css = is_escaped.then_some(Transformation::CssDecode);
    let decodings = [Transformation::HtmlEntityDecode, Transformation::JsDecode];
    for decoding in decodings.into_iter().chain(css) {
        if let Cow::Owned(decoded) = decoding.reveal(&plain)
            && runs(&decoded)
        {
            return true;
        }
    }
    false
}

fn runs(text: &[u8]) -> bool {
    tag::has_tag(text)
        || tag::has_attribute(text)
        || script::has_scheme(text)
        || script::is_script(text)
}

/// Letters, digits and the marks of prose alone run nowhere.
fn is_worth_reading(text: &[u8]) -> bool {
    let telling = |b: &u8| {
        matches!(b, b'<' | b'>' | b'=' | b'(' | b'`' | b'[' | b':' | b'&' | b'\\' | b'@' | 0 | 0xbc)
    };
    // What is looked for below begins with one of these.
    let may_begin = |b: &u8| matches!(b, b'/' | b'!' | b'+' | b'.' | b'-');
    if text.iter().any(telling) {
        return true;
    }
    if !text.iter().any(may_begin) {
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
