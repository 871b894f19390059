//! Charsets: which have ASCII in them as it is, which are read, and which nobody can look into.
//!
//! Servers decode content by the charset that it names, whichever that is (`charset=ibm037`), some also a query by the
//! charset that a request without content names. What is looked for is ASCII, so a charset that has ASCII as it is needs
//! no reading. UTF-16 and UTF-32 are read. Of anything else a web ACL cannot say what it stands for: that is what the
//! Core Rule Set stops too (rule 920480).

use alloc::string::String;
use alloc::vec::Vec;

use crate::text::{contains_small, near, starts_with};

/// How a text of a charset is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Charset {
    /// ASCII is in it as it is.
    Ascii,
    /// Units of so many bytes, if it is known from which end they are read.
    Wide(usize, Option<End>),
    Unreadable,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Little,
    Big,
}

/// Names, without `-`, `_` and what else is no letter or digit, of charsets that have ASCII in them as it is.
const ASCII: [&[u8]; 28] = [
    b"",
    b"ansix341968",
    b"ascii",
    b"big5",
    b"big5hkscs",
    b"binary",
    b"cp437",
    b"cp850",
    b"cp852",
    b"cp866",
    b"cp932",
    b"cp936",
    b"cp949",
    b"cp950",
    b"gb18030",
    b"gb2312",
    b"gbk",
    b"ksc56011987",
    b"latin1",
    b"macintosh",
    b"shiftjis",
    b"sjis",
    b"tis620",
    b"usascii",
    b"utf8",
    b"utf8mb4",
    b"windows31j",
    b"xsjis",
];
/// Beginnings of others', before a number or a letter.
const FAMILIES: [&[u8]; 9] = [
    b"cp125",
    b"euc",
    b"iso8859",
    b"koi8",
    b"windows125",
    b"windows8",
    b"windows9",
    b"xeuc",
    b"xmac",
];
const NAME_BYTES_MAX: usize = 40;

impl Charset {
    fn of(name: &[u8]) -> Self {
        if name.len() > NAME_BYTES_MAX {
            return Self::Unreadable;
        }
        let small: Vec<u8> =
            name.iter().filter(|b| b.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect();
        let is_ascii = ASCII.binary_search(&&small[..]).is_ok()
            || FAMILIES.iter().any(|family| small.starts_with(family));
        match &small[..] {
            _ if is_ascii => Self::Ascii,
            b"utf16" | b"unicode" | b"ucs2" | b"iso10646ucs2" => Self::Wide(2, None),
            b"utf16le" => Self::Wide(2, Some(End::Little)),
            b"utf16be" | b"unicodefffe" => Self::Wide(2, Some(End::Big)),
            b"utf32" | b"ucs4" | b"iso10646ucs4" => Self::Wide(4, None),
            b"utf32le" => Self::Wide(4, Some(End::Little)),
            b"utf32be" => Self::Wide(4, Some(End::Big)),
            _ => Self::Unreadable,
        }
    }
}

/// The charsets that a media type names. Servers take the first or the last, and find it behind a comma or a blank too.
fn named(media: &[u8]) -> impl Iterator<Item = &[u8]> {
    const NAME: &[u8] = b"charset";
    let is_between = |b: u8| matches!(b, b';' | b',') || b.is_ascii_whitespace();
    let is_end = move |b: &u8| is_between(*b) || matches!(b, b'"' | b'\'');
    let begins = move |at: &usize| at.checked_sub(1).is_none_or(|before| is_between(media[before]));
    (0..media.len()).filter(begins).filter_map(move |at| {
        let rest = &media[at..];
        let value = starts_with(rest, NAME).then(|| rest[NAME.len()..].trim_ascii_start())?;
        let value = value.strip_prefix(b"=")?.trim_ascii_start();
        let value = value.strip_prefix(b"\"").or(value.strip_prefix(b"'")).unwrap_or(value);
        Some(&value[..value.iter().position(is_end).unwrap_or(value.len())])
    })
}

/// The charset of a media type that nobody can look into. Nor can anybody into a form in UTF-16: some decode its
/// percent-encoding first, some its charset.
pub(super) fn unreadable(media: &[u8]) -> Option<&[u8]> {
    if !contains_small(media, b"charset") {
        return None;
    }
    let is_form = contains_small(media, b"form-");
    named(media).find(|name| match Charset::of(name) {
        Charset::Ascii => false,
        Charset::Wide(..) => is_form,
        Charset::Unreadable => true,
    })
}

/// The charset that a document of XML is said to be in, if nobody can look into that; `<?xml` in EBCDIC is itself.
pub(super) fn unreadable_xml(content: &[u8]) -> Option<&[u8]> {
    const EBCDIC: [u8; 4] = [0x4c, 0x6f, 0xa7, 0x94];
    if content.starts_with(&EBCDIC) {
        return Some(b"EBCDIC");
    }
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content).trim_ascii_start();
    if !starts_with(content, b"<?xml") {
        return None;
    }
    let head = near(content).split(|b| *b == b'>').next().unwrap_or_default();
    let at = crate::statement::find(head, b"encoding")?;
    let value = head[at + 8..].trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let (quote, value) = value.split_first()?;
    let name = value.split(|b| b == quote).next().unwrap_or_default();
    // Programs that write UTF-8 often say UTF-16.
    (Charset::of(name) == Charset::Unreadable).then_some(name)
}

/// Content in UTF-16 or UTF-32 as UTF-8, in each way that it may be meant; none where it is neither.
pub(super) fn readings(content: &[u8], media: &str) -> Vec<Vec<u8>> {
    let mut ways: Vec<(usize, End)> = begins_wide(content).into_iter().collect();
    let names =
        contains_small(media.as_bytes(), b"charset").then(|| named(media.as_bytes()).take(2));
    for name in names.into_iter().flatten() {
        let Charset::Wide(width, end) = Charset::of(name) else { continue };
        // Without an end, programs differ in which they take.
        let ends =
            [End::Little, End::Big].into_iter().filter(|one| end.is_none_or(|end| end == *one));
        let new: Vec<_> = ends.map(|end| (width, end)).filter(|way| !ways.contains(way)).collect();
        ways.extend(new);
    }
    ways.into_iter().map(|(width, end)| decoded(content, width, end)).collect()
}

/// By the mark of the byte order, or by the zeros of its first characters, which are ASCII in JSON and XML (RFC 4627
/// section 3, XML appendix F).
fn begins_wide(content: &[u8]) -> Option<(usize, End)> {
    let is_text = |byte: u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    match *content.get(..4)? {
        [0, 0, 0xfe, 0xff] => Some((4, End::Big)),
        [0xff, 0xfe, 0, 0] => Some((4, End::Little)),
        [0xfe, 0xff, ..] => Some((2, End::Big)),
        [0xff, 0xfe, ..] => Some((2, End::Little)),
        [0, 0, 0, a] if is_text(a) => Some((4, End::Big)),
        [a, 0, 0, 0] if is_text(a) => Some((4, End::Little)),
        [0, a, 0, b] if is_text(a) && is_text(b) => Some((2, End::Big)),
        [a, 0, b, 0] if is_text(a) && is_text(b) => Some((2, End::Little)),
        _ => None,
    }
}

/// A value in UTF-16 or UTF-32, as its zeros tell, as UTF-8.
pub(super) fn narrow(text: &[u8]) -> Option<Vec<u8>> {
    let near = near(text);
    let mut zeros = [0; 4];
    for (at, _) in near.iter().enumerate().filter(|(_, byte)| **byte == 0) {
        zeros[at % 4] += 1;
    }
    let most = near.len().div_ceil(4) * 3 / 4;
    let is_zero = |place: usize| zeros[place] >= most.max(1);
    let (width, end) = match [is_zero(0), is_zero(1), is_zero(2), is_zero(3)] {
        [true, true, true, false] => (4, End::Big),
        [false, true, true, true] => (4, End::Little),
        [true, false, true, false] => (2, End::Big),
        [false, true, false, true] => (2, End::Little),
        _ => return None,
    };
    Some(decoded(text, width, end))
}

fn decoded(content: &[u8], width: usize, end: End) -> Vec<u8> {
    let unit = |bytes: &[u8]| {
        let add = |all: u32, byte: &u8| all << 8 | u32::from(*byte);
        match end {
            End::Big => bytes.iter().fold(0, add),
            End::Little => bytes.iter().rev().fold(0, add),
        }
    };
    let units = content.chunks_exact(width).map(unit);
    let text: String = match width {
        2 => char::decode_utf16(units.map(|unit| unit as u16))
            .map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect(),
        _ => {
            units.map(|unit| char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
    };
    text.strip_prefix('\u{feff}').map(String::from).unwrap_or(text).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, is_big: bool) -> Vec<u8> {
        let bytes = |unit: u16| if is_big { unit.to_be_bytes() } else { unit.to_le_bytes() };
        text.encode_utf16().flat_map(bytes).collect()
    }

    fn utf32(text: &str) -> Vec<u8> {
        text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect()
    }

    #[test]
    fn charsets_that_have_ascii_as_it_is_are_told_from_those_that_nobody_can_look_into() {
        assert!(ASCII.is_sorted());
        for media in [
            "application/json",
            "application/json; charset=utf-8",
            "text/xml;charset=\"UTF-8\"",
            "text/plain; charset=ISO-8859-1; format=flowed",
            "text/plain; charset=utf-16; format=flowed",
            "text/plain; x-charset=ibm037",
            "text/plain; charset=windows-1252",
            "text/plain; charset=us-ascii",
            "text/plain; charset=Shift_JIS",
            "text/plain; charset=x-mac-roman",
            "text/plain; charset=gb18030",
            "text/plain; charset=",
            "text/xml; charset=utf-16",
        ] {
            assert_eq!(unreadable(media.as_bytes()), None, "{media}");
        }
        for media in [
            "application/x-www-form-urlencoded; charset=ibm037",
            "text/plain;charset=IBM500",
            "text/plain; charset='cp1026'",
            "text/plain; charset=utf-7",
            "text/plain, charset=utf-7",
            "text/plain; CharSet = utf-7",
            "charset=ibm037",
            "text/plain; charset=iso-2022-jp",
            "text/plain; charset=utf-8; charset=cp875",
            "text/plain; charset=unicode_escape",
            "application/x-www-form-urlencoded; charset=utf-16",
            "multipart/form-data; boundary=b; charset=utf-32",
        ] {
            assert!(unreadable(media.as_bytes()).is_some(), "{media}");
        }
    }

    #[test]
    fn documents_of_xml_name_their_charset_themselves() {
        for text in [
            "<a/>",
            "<?xml version='1.0'?>",
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>",
            "<?xml encoding='UTF-16'?>",
        ] {
            assert_eq!(unreadable_xml(text.as_bytes()), None, "{text}");
        }
        assert_eq!(
            unreadable_xml(b"<?xml version='1.0' encoding = \"utf-7\"?><a/>"),
            Some(&b"utf-7"[..])
        );
        assert_eq!(unreadable_xml(b"\xef\xbb\xbf<?xml encoding='cp037'?>"), Some(&b"cp037"[..]));
        assert_eq!(unreadable_xml(&[0x4c, 0x6f, 0xa7, 0x94, 0x93]), Some(&b"EBCDIC"[..]));
    }

    #[test]
    fn utf_16_and_utf_32_are_read_by_their_mark_their_zeros_or_their_name() {
        let json = "{\"a\":\"\u{e9}\"}";
        let marked = ["\u{feff}", json].concat();
        for content in [
            utf16(json, true),
            utf16(json, false),
            utf16(&marked, true),
            utf16(&marked, false),
            utf32(json),
            utf32(&marked),
        ] {
            assert_eq!(readings(&content, "application/json"), [json.as_bytes()], "{content:?}");
        }
        assert_eq!(readings(json.as_bytes(), "application/json"), [[0_u8; 0]; 0]);
        let hidden = "\u{4e00}\u{4e00}' or 1=1--";
        let media = "text/plain; charset=utf-16";
        for is_big in [true, false] {
            assert!(readings(&utf16(hidden, is_big), media).contains(&hidden.as_bytes().to_vec()));
        }
    }

    #[test]
    fn values_are_narrowed_by_their_zeros() {
        assert_eq!(narrow(&utf16("' or 1=1", true)).as_deref(), Some(&b"' or 1=1"[..]));
        assert_eq!(narrow(&utf16("' or 1=1", false)).as_deref(), Some(&b"' or 1=1"[..]));
        assert_eq!(narrow(&utf32("<b>")).as_deref(), Some(&b"<b>"[..]));
        assert_eq!(narrow(b"a\0b"), None);
        assert_eq!(narrow(b"../../etc/passwd\0.png"), None);
        assert_eq!(narrow(b"\0"), None);
    }
}
