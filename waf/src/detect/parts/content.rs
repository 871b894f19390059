//! Content, taken apart by its media type.

use alloc::vec::Vec;

use super::charset::{readings, unreadable, unreadable_xml};
use super::multipart::{controls, multipart};
use super::xml::xml;
use super::{Gathered, Part, PartKind, is_json, opens, pairs};
use crate::detect::java::is_class;
use crate::json::{End, Item, items, loose};
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
    // Programs differ in which of several lines they take.
    let media = request.header_values("content-type").collect::<Vec<_>>().join(", ");
    Content { bytes: request.body, media: &media, is_cut: request.body_is_cut, depth: 0 }.parts()
}

impl Content<'_> {
    /// The parts, in each charset that the content may be in.
    pub(super) fn parts(self) -> Vec<Part> {
        if self.bytes.is_empty() {
            return Vec::new();
        }
        let mut readings = readings(self.bytes, self.media);
        if !readings.is_empty() && self.is_picture() {
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

    /// By every kind that programs may take it for: that it is said to be something turns nothing off that it may be.
    fn apart(self) -> Vec<Part> {
        let Self { bytes, media, .. } = self;
        // Some programs look for these words anywhere.
        let names = |kind: &str| contains_small(media.as_bytes(), kind.as_bytes());
        let is_body = self.depth == 0;
        let is_multipart = self.depth < DEPTH_MAX && self.is("multipart/");
        let is_json = self.is("json") || self.looks_like_json();
        let is_xml = self.is("xml") && !self.is("openxml");
        let is_form = self.is("x-www-form-urlencoded") || media.is_empty() && is_body && !is_json;
        let mut parts = Vec::new();
        if is_multipart || is_body && names("multipart/") {
            parts = multipart(self);
        }
        if is_json {
            parts.extend(json(bytes, self.is_cut));
        }
        if is_xml || is_body && opens(bytes) == Some(b'<') {
            parts.extend(xml(bytes));
            parts.extend(
                unreadable_xml(bytes).map(|name| Part::new(name.into(), PartKind::Charset)),
            );
        }
        if is_form || names("x-www-form-urlencoded") || is_body && looks_like_form(bytes) {
            parts.extend(pairs(arguments(&crate::pattern::as_text(bytes))));
        }
        if !(is_multipart || is_json || is_xml || is_form) {
            if self.is_picture() {
                parts.push(Part::new(bytes[..bytes.len().min(64)].into(), PartKind::Structured));
            } else {
                let mut gathered = Gathered::default();
                gathered.add(bytes.into(), false);
                parts.extend(gathered.all());
            }
        }
        parts
    }

    fn is(self, kind: &str) -> bool {
        kinds(self.media).any(|one| contains_small(one.as_bytes(), kind.as_bytes()))
    }

    /// Pictures and archives are not text; what calls itself one and is text is looked at.
    fn is_picture(self) -> bool {
        self.depth == 0 && is_no_text(self.media) && controls(self.bytes) > 0
    }

    /// A field of a form may be any text, so it has to be JSON to its end, and so has what is said to be something else.
    fn looks_like_json(self) -> bool {
        let is_other = ["xml", "multipart/", "x-www-form"].iter().any(|kind| self.is(kind));
        match opens(self.bytes) {
            Some(b'{' | b'[') if self.depth == 0 && (!is_other || self.is_cut) => true,
            Some(b'{' | b'[') => is_json(self.bytes),
            // Quotation marks may be an injection's.
            Some(b'"') => is_other && is_json(self.bytes),
            _ => false,
        }
    }
}

/// What a media type is before its parameters (RFC 9110 section 8.3.1); there may be several.
fn kinds(media: &str) -> impl Iterator<Item = &str> {
    media.split(',').map(|one| one.split(';').next().unwrap_or_default())
}

/// How many bytes that no text has a file may have that is looked at: none where it is said to be a picture, any where it is
/// said to be text, and where neither is said a few, as nobody puts there by chance: what is compressed has one in 28.
pub(super) fn controls_max(media: &str) -> usize {
    const TEXTS: [&str; 7] = ["text/", "svg", "/xml", "+xml", "json", "html", "script"];
    let is = |kind: &&str| contains_small(media.as_bytes(), kind.as_bytes());
    match TEXTS.iter().any(is) {
        true => usize::MAX,
        false if is_no_text(media) => 0,
        false => 5,
    }
}

/// Whether nothing else is said than that content is a picture, an archive and the like.
fn is_no_text(media: &str) -> bool {
    const KINDS: [&str; 15] = [
        "image/",
        "audio/",
        "video/",
        "font/",
        "model/",
        "octet-stream",
        "zip",
        "pdf",
        "proto",
        "compressed",
        "msword",
        "officedocument",
        "opendocument",
        "vnd.ms-",
        "x-tar",
    ];
    kinds(media).all(|one| {
        let is = |kind: &&str| contains_small(one.as_bytes(), kind.as_bytes());
        KINDS.iter().any(is) && !is(&"svg")
    })
}

/// `a=1&b=%27`, whatever it is said to be.
fn looks_like_form(text: &[u8]) -> bool {
    let text = text.trim_ascii_end();
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || b"_.[]%&+-".contains(b);
    text.split(|b| *b == b'=').next().is_some_and(|name| name.iter().all(is_name))
        && text.contains(&b'=')
        && text.iter().all(|b| *b > b' ')
}

fn json(content: &[u8], is_cut: bool) -> Vec<Part> {
    let mut gathered = Gathered::default();
    let mut is_type = false;
    let end = items(content, &mut |_, item, text| {
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
