//! Content, taken apart by its media type.

use alloc::vec::Vec;

use super::charset::{readings, unreadable, unreadable_xml};
use super::multipart::{is_binary, multipart};
use super::xml::xml;
use super::{Gathered, Part, PartKind, pairs};
use crate::detect::java::is_class;
use crate::json::{End, Item, loose, walk};
use crate::request::{Request, arguments};
use crate::text::contains_small;

/// Forms within forms.
const DEPTH_MAX: usize = 3;

/// Content, or a part of a form, with what it is said to be.
#[derive(Clone, Copy)]
pub(super) struct Content<'c> {
    pub(super) bytes: &'c [u8],
    pub(super) media: &'c str,
    pub(super) is_cut: bool,
    /// How many forms it is in.
    pub(super) depth: usize,
}

pub(super) fn body(request: &Request<'_>) -> Vec<Part> {
    let media = request.header("content-type").unwrap_or_default();
    Content { bytes: request.body, media, is_cut: request.body_is_cut, depth: 0 }.parts()
}

impl Content<'_> {
    /// The parts, in each charset that the content may be in.
    pub(super) fn parts(self) -> Vec<Part> {
        if self.bytes.is_empty() {
            return Vec::new();
        }
        let mut readings = readings(self.bytes, self.media);
        if !readings.is_empty() && self.is_no_text() {
            readings.clear();
        }
        let is_also_ascii = readings.is_empty() || !self.bytes.contains(&0);
        let mut all = if is_also_ascii { self.apart() } else { Vec::new() };
        for reading in &readings {
            all.extend(Content { bytes: reading, ..self }.apart());
        }
        if let Some(name) = unreadable(self.media.as_bytes()) {
            all.push(Part::new(name.into(), PartKind::Charset));
        }
        all
    }

    fn apart(self) -> Vec<Part> {
        let Self { bytes, media, .. } = self;
        if self.is("multipart/") && self.depth < DEPTH_MAX {
            return multipart(self);
        }
        if self.is("json") || self.looks_like_json() {
            return json(bytes, self.is_cut);
        }
        if self.is("xml") {
            let mut parts = xml(bytes);
            parts.extend(
                unreadable_xml(bytes).map(|name| Part::new(name.into(), PartKind::Charset)),
            );
            return parts;
        }
        if self.is("x-www-form-urlencoded") || media.is_empty() && self.depth == 0 {
            return pairs(arguments(&crate::pattern::as_text(bytes)));
        }
        if self.is_no_text() {
            return [Part::new(bytes[..bytes.len().min(64)].into(), PartKind::Structured)].into();
        }
        [Part::new(bytes.into(), PartKind::Plain)].into()
    }

    fn is(self, kind: &str) -> bool {
        contains_small(self.media.as_bytes(), kind.as_bytes())
    }

    /// A field of a form may be any text, so it has to be JSON to its end.
    fn looks_like_json(self) -> bool {
        matches!(self.bytes.trim_ascii_start().first(), Some(b'{' | b'['))
            && !self.is("xml")
            && !self.is("x-www-form")
            && (self.depth == 0
                || !matches!(walk(self.bytes, &mut |_, _, _| false), End::Invalid(_)))
    }

    /// Pictures and archives are not text; what calls itself one and is text is looked at.
    fn is_no_text(self) -> bool {
        const KINDS: [&str; 8] =
            ["image/", "audio/", "video/", "font/", "octet-stream", "zip", "pdf", "protobuf"];
        self.depth == 0 && is_binary(self.bytes) && KINDS.iter().any(|kind| self.is(kind))
    }
}

fn json(content: &[u8], is_cut: bool) -> Vec<Part> {
    let mut gathered = Gathered::default();
    let mut is_type = false;
    let end = walk(content, &mut |_, item, text| {
        gathered.add(text.into(), item == Item::Key);
        // The name says what the value is: a class to make an object of.
        if is_type && item == Item::Value && is_class(text) {
            gathered.add([b"@type:", text].concat().into(), false);
        }
        is_type = item == Item::Key && text == b"@type";
        false
    });
    let End::Invalid(at) = end else { return gathered.all() };
    let is_empty = gathered.parts.is_empty();
    let rest = &content[at.min(content.len())..];
    // Who reads this may be less strict, and what is cut breaks off within a text.
    loose(rest, &mut |text| {
        gathered.add(text.into(), true);
        false
    });
    let mut parts = gathered.all();
    if !is_cut {
        parts.push(Part::new(rest.into(), PartKind::Plain));
        if is_empty && content.contains(&b'=') {
            parts.extend(pairs(arguments(&crate::pattern::as_text(content))));
        }
    }
    parts
}
