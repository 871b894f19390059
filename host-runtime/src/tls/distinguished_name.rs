//! Distinguished names as AWS prints them: `C=US,O=Example,CN=client`, in the order of the
//! certificate, with the short names and the escapes of RFC 4514.

use std::borrow::Cow;
use std::fmt::Write;

use super::der::{self, Element, Reader};

/// The name in this `RDNSequence`.
pub(super) fn text(name: &[u8]) -> Option<String> {
    let mut text = String::new();
    for relative in Reader(name) {
        if relative.tag != der::SET {
            return None;
        }
        let mut separator = if text.is_empty() { "" } else { "," };
        for attribute in Reader(relative.value) {
            let mut attribute = Reader(attribute.value);
            let (kind, value) = (attribute.value(der::OID)?, attribute.element()?);
            text.push_str(separator);
            write_kind(&mut text, kind)?;
            text.push('=');
            write_value(&mut text, &string(value));
            separator = "+"; // several attributes of one part
        }
    }
    Some(text)
}

fn write_kind(text: &mut String, kind: &[u8]) -> Option<()> {
    let short = match kind {
        [0x55, 0x04, kind] => match kind {
            3 => "CN",
            4 => "SN",
            5 => "serialNumber",
            6 => "C",
            7 => "L",
            8 => "ST",
            9 => "street",
            10 => "O",
            11 => "OU",
            12 => "title",
            42 => "GN",
            46 => "dnQualifier",
            97 => "organizationIdentifier",
            _ => "",
        },
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01] => "emailAddress",
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x19] => "DC",
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x01] => "UID",
        _ => "",
    };
    if !short.is_empty() {
        text.push_str(short);
        return Some(());
    }
    // The first byte holds two numbers, each further one seven bits of a number (X.690 §8.19).
    let first = u64::from(*kind.first()?);
    write!(text, "{}.{}", (first / 40).min(2), first - (first / 40).min(2) * 40).ok()?;
    let mut number = 0_u64;
    for byte in &kind[1..] {
        number = number.checked_mul(128)? + u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            write!(text, ".{number}").ok()?;
            number = 0;
        }
    }
    Some(())
}

fn string(value: Element<'_>) -> Cow<'_, str> {
    match value.tag {
        der::BMP_STRING => {
            let units =
                value.value.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
        der::TELETEX_STRING => value.value.iter().copied().map(char::from).collect(),
        _ => String::from_utf8_lossy(value.value),
    }
}

/// RFC 4514 §2.4: nothing in a value can be taken for the end of it.
fn write_value(text: &mut String, value: &str) {
    let last = value.len().saturating_sub(1);
    for (at, c) in value.char_indices() {
        let is_edge = c == ' ' && (at == 0 || at == last) || c == '#' && at == 0;
        match c {
            ',' | '+' | '"' | '\\' | '<' | '>' | ';' => text.extend(['\\', c]),
            c if is_edge => text.extend(['\\', c]),
            c if c.is_ascii_control() => {
                write!(text, "\\{:02X}", u32::from(c)).expect("a String takes everything");
            }
            c => text.push(c),
        }
    }
}
