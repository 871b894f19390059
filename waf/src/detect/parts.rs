//! A request taken apart as applications would: arguments, members of JSON, fields of forms, texts and
//! attributes of XML. Rules of managed groups look at each by itself, so that a quotation mark in one cannot meet
//! one in another, and JSON's own quotes are none of SQL's.

mod boundary;
mod charset;
mod content;
mod fields;
mod multipart;
mod xml;

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::cell::OnceCell;

use super::Place;
use crate::json::{End, items};
use crate::marks::Marks;
use crate::request::{Request, arguments};
use crate::statement::find;
use crate::transform::Transformation;
use content::body;
use fields::headers;

/// Most parts of one place; what is beyond is in the last one.
const PARTS_MAX: usize = 2_048;
/// Most documents of JSON within each other's strings.
const JSON_DEPTH_MAX: usize = 2;
/// How often a text is decoded again that is still percent-encoded.
const PEELS_MAX: usize = 3;

/// The parts of a request, each place taken apart when a rule first looks at it.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    query: OnceCell<Vec<Part>>,
    body: OnceCell<Vec<Part>>,
    cookies: OnceCell<Vec<Part>>,
    path: OnceCell<Vec<Part>>,
    headers: OnceCell<Vec<Part>>,
}

/// A text as an application would see it.
#[derive(Debug)]
pub(crate) struct Part {
    text: Vec<u8>,
    marks: Marks,
    /// Decoded again, where that makes a difference.
    peeled: Option<(Vec<u8>, Marks)>,
    is_harmless: bool,
    kind: PartKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PartKind {
    Plain,
    FileName,
    /// A segment of a path that has more than a name.
    Segment,
    /// A header field with a syntax of its own: nobody's free text.
    Structured,
    /// The name of a charset that nothing can be read in.
    Charset,
}

impl Part {
    fn new(text: Cow<'_, [u8]>, kind: PartKind) -> Self {
        let marks = Marks::of(&text);
        Self::marked(text, marks, kind)
    }

    fn marked(text: Cow<'_, [u8]>, marks: Marks, kind: PartKind) -> Self {
        const PERCENT: Marks = Marks::any_of(b"%");
        const NULL: Marks = Marks::any_of(b"\0");
        const BEYOND: Marks = Marks::any_of(b"\x80");
        let mut peeled = if marks.has(PERCENT) { peel(&text) } else { None };
        if marks.has(NULL) {
            peeled = charset::narrow(peeled.as_deref().unwrap_or(&text)).or(peeled);
        }
        // MySQL takes this byte for a blank where its client speaks Latin-1.
        if (marks.has(BEYOND) || peeled.is_some())
            && let shown = peeled.as_deref().unwrap_or(&text)
            && shown.contains(&0xa0)
            && core::str::from_utf8(shown).is_err()
        {
            peeled = Some(shown.iter().map(|b| if *b == 0xa0 { b' ' } else { *b }).collect());
        }
        let peeled = peeled.map(|peeled| {
            let marks = Marks::of(&peeled);
            (peeled, marks)
        });
        let is_harmless = is_harmless(&text, marks);
        Self { text: text.into_owned(), marks, peeled, is_harmless, kind }
    }

    /// The marks of the text, however often it is decoded.
    pub(crate) fn marks(&self) -> Marks {
        self.peeled.as_ref().map_or(self.marks, |(_, marks)| self.marks.with(*marks))
    }

    /// As an application is given it.
    pub(super) fn given(&self) -> &[u8] {
        &self.text
    }

    /// As it is shown: decoded as often as that makes a difference.
    pub(super) fn shown(&self) -> &[u8] {
        self.peeled.as_ref().map_or(&self.text, |(peeled, _)| peeled)
    }

    /// A word or a number.
    pub(crate) fn is_harmless(&self) -> bool {
        self.is_harmless
    }

    pub(crate) fn is_file_name(&self) -> bool {
        self.kind == PartKind::FileName
    }

    pub(crate) fn is_segment(&self) -> bool {
        self.kind == PartKind::Segment
    }

    pub(crate) fn is_structured(&self) -> bool {
        matches!(self.kind, PartKind::Structured | PartKind::Charset)
    }

    fn is_unreadable(&self) -> bool {
        self.kind == PartKind::Charset
    }

    /// Whether the text, or what is left of it decoded again, is what is looked for.
    pub(crate) fn any(&self, test: impl Fn(&[u8], Marks) -> bool) -> bool {
        test(&self.text, self.marks)
            || self.peeled.as_ref().is_some_and(|(peeled, marks)| test(peeled, *marks))
    }
}

/// Whether a text is a word or a number.
fn is_harmless(text: &[u8], marks: Marks) -> bool {
    const NUMBER: Marks = Marks::any_of(b"0.");
    marks.is_within(Marks::WORD) || marks.is_within(NUMBER) && find(text, b"..").is_none()
}

/// A text without further layers of percent-encoding.
fn peel(text: &[u8]) -> Option<Vec<u8>> {
    let encoded = |text: &[u8]| {
        text.windows(3).any(|w| {
            w[0] == b'%'
                && (w[1].is_ascii_hexdigit() && w[2].is_ascii_hexdigit() || w[1] | 32 == b'u')
        })
    };
    let mut peeled: Option<Vec<u8>> = None;
    for _ in 0..PEELS_MAX {
        let current = peeled.as_deref().unwrap_or(text);
        if !encoded(current) {
            break;
        }
        // A plus in text that was decoded already is a plus.
        let kept: Vec<u8> = if current.contains(&b'+') {
            let parts: Vec<Cow<'_, [u8]>> = current
                .split(|b| *b == b'+')
                .map(|part| Transformation::UrlDecodeUni.reveal(part))
                .collect();
            parts.join(&b'+')
        } else {
            Transformation::UrlDecodeUni.reveal(current).into_owned()
        };
        if kept == current {
            break;
        }
        peeled = Some(kept);
    }
    peeled
}

impl Parts {
    /// Whether content is, or may be, in a charset that nobody can look into. Some servers read a query by it too.
    pub(crate) fn has_unknown_charset(&self, request: &Request<'_>) -> bool {
        request
            .header_values("content-type")
            .any(|media| charset::unreadable(media.as_bytes()).is_some())
            || self.of(request, Place::Body).iter().any(Part::is_unreadable)
    }

    /// The parts of one place. Cookies are header fields, too, and parted once for both.
    pub(crate) fn of(&self, request: &Request<'_>, place: Place) -> &[Part] {
        match place {
            Place::Query => self.query.get_or_init(|| query(request.query)),
            Place::Body => self.body.get_or_init(|| body(request)),
            Place::Cookies => self.cookies.get_or_init(|| cookies(request)),
            Place::Path => self.path.get_or_init(|| path(request.path)),
            Place::Headers => self.headers.get_or_init(|| headers(request)),
            Place::Request => &[],
        }
    }
}

pub(super) fn decoded(text: &str) -> Cow<'_, [u8]> {
    Transformation::UrlDecodeUni.reveal(text.as_bytes())
}

/// The parts of a place so far; what is beyond the most of them is one more, in lines.
#[derive(Default)]
struct Gathered {
    parts: Vec<Part>,
    beyond: Vec<u8>,
    /// How many documents of JSON the text is in that is added.
    depth: usize,
}

impl Gathered {
    /// Adds a text, and what it stands for where it is JSON with escapes: applications have members that are JSON again.
    fn add(&mut self, text: Cow<'_, [u8]>, skips_harmless: bool) {
        const ESCAPE: Marks = Marks::any_of(b"\\");
        let marks = Marks::of(&text);
        if marks.has(ESCAPE) && self.depth < JSON_DEPTH_MAX && hides_json(&text) {
            self.depth += 1;
            items(&text, &mut |_, _, text| {
                self.add(text.into(), true);
                false
            });
            self.depth -= 1;
        }
        if self.parts.len() < PARTS_MAX {
            if !(skips_harmless && is_harmless(&text, marks)) {
                self.parts.push(Part::marked(text, marks, PartKind::Plain));
            }
        } else {
            self.beyond.extend_from_slice(&text);
            self.beyond.push(b'\n');
        }
    }

    fn all(mut self) -> Vec<Part> {
        if !self.beyond.is_empty() {
            self.parts.push(Part::new(self.beyond.into(), PartKind::Plain));
        }
        self.parts
    }
}

/// The first byte of a text that is no blank.
fn opens(text: &[u8]) -> Option<u8> {
    text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text).trim_ascii_start().first().copied()
}

fn is_json(text: &[u8]) -> bool {
    matches!(items(text, &mut |_, _, _| false), End::Complete)
}

/// Whether a text is JSON that has texts in another spelling than it seems.
pub(super) fn hides_json(text: &[u8]) -> bool {
    matches!(opens(text), Some(b'{' | b'[' | b'"')) && text.contains(&b'\\') && is_json(text)
}

/// Names and values; a name that says nothing is left out. What no name is goes on behind the `=`.
fn pairs<'t>(pairs: impl Iterator<Item = (&'t str, &'t str)>) -> Vec<Part> {
    let mut gathered = Gathered::default();
    for (name, value) in pairs {
        let name = decoded(name);
        const TEXT: &[u8] = b" \t\n\r'\"`()<>;|&/*\\";
        const MARKS: Marks = Marks::any_of(TEXT);
        let is_text = Marks::of(&name).has(MARKS) && name.iter().any(|b| TEXT.contains(b));
        let whole =
            (is_text && !value.is_empty()).then(|| [&name[..], b"=", &decoded(value)].concat());
        // A name without a value may be all that there is of a text.
        gathered.add(name, !value.is_empty());
        if !value.is_empty() {
            gathered.add(decoded(value), false);
        }
        if let Some(whole) = whole {
            gathered.add(whole.into(), false);
        }
    }
    gathered.all()
}

fn query(text: &str) -> Vec<Part> {
    let mut parts = pairs(arguments(text));
    // `?../etc/passwd=` and `?a;b` are one argument to some applications.
    if text.contains(';') && !text.contains('=') {
        parts.push(Part::new(decoded(text), PartKind::Plain));
    }
    parts
}

fn path(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let bytes = text.as_bytes();
    let all = match bytes.contains(&b'%') {
        true => without_blanks(bytes),
        false => Cow::Borrowed(bytes),
    };
    parts.push(Part::new(all, PartKind::Plain));
    let is_more = |segment: &&str| segment.contains(['%', ';', '!', '`', '$', '|', '&', '{', '~']);
    for segment in text.split('/').filter(is_more).take(64) {
        parts.push(Part::new(decoded(segment), PartKind::Segment));
    }
    parts
}

/// Some applications take a plus in a cookie for a blank, most for a plus.
fn cookies(request: &Request<'_>) -> Vec<Part> {
    let mut parts = pairs(request.cookies());
    for (_, value) in request.cookies().filter(|(_, value)| value.contains('+')).take(64) {
        parts.push(Part::new(without_blanks(value.as_bytes()), PartKind::Plain));
    }
    parts
}

/// Percent-decoded, where a plus is a plus.
fn without_blanks(text: &[u8]) -> Cow<'_, [u8]> {
    let pieces: Vec<Cow<'_, [u8]>> = text
        .split(|b| *b == b'+')
        .map(|piece| Transformation::UrlDecodeUni.reveal(piece))
        .collect();
    Cow::Owned(pieces.join(&b'+'))
}

#[cfg(test)]
mod tests;
