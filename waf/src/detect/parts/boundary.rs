//! What parts a multipart form: programs differ in what they take for its boundary.
//!
//! PHP takes what follows the first `boundary` wherever it stands, up to a comma, Django the last parameter of that name,
//! with blanks around it or in its extended form (RFC 2231), busboy what is in quotes, and some what the form begins with.

use alloc::vec::Vec;

use super::content::Content;
use super::peel;
use crate::text::starts_with;

/// Most boundaries by which one form is taken apart.
pub(super) const BOUNDARIES_MAX: usize = 4;
/// Most places that are looked at for one, from the beginning and from the end each.
const PLACES_MAX: usize = 8;
const NAME: &[u8] = b"boundary";

/// All that may part a form, with the two hyphens before it.
pub(super) fn boundaries(form: Content<'_>) -> Vec<Vec<u8>> {
    let media = form.media.as_bytes();
    let places: Vec<usize> =
        (0..media.len()).filter(|at| starts_with(&media[*at..], NAME)).collect();
    let mut all: Vec<Vec<u8>> = Vec::new();
    let mut joined = Vec::new();
    for (index, at) in places.iter().enumerate() {
        if (PLACES_MAX..places.len().saturating_sub(PLACES_MAX)).contains(&index) {
            continue;
        }
        let behind = &media[at + NAME.len()..];
        let Some(sign) = behind.iter().position(|b| *b == b'=') else { continue };
        let (mark, value) = (behind[..sign].trim_ascii(), behind[sign + 1..].trim_ascii_start());
        let values = values(value);
        // `boundary*0=a; boundary*1=b`
        if mark.len() > 1 && mark.starts_with(b"*") && joined.len() < media.len() {
            joined.extend_from_slice(&values[0]);
        }
        values.iter().for_each(|value| add(&mut all, value));
    }
    if !joined.is_empty() {
        add(&mut all, &joined);
    }
    if all.is_empty() {
        add(&mut all, b"-");
    }
    let line = form.bytes.split(|b| matches!(b, b'\r' | b'\n')).next().unwrap_or_default();
    if let Some(first) = line.trim_ascii().strip_prefix(b"--") {
        add(&mut all, first);
    }
    all
}

fn add(all: &mut Vec<Vec<u8>>, value: &[u8]) {
    let boundary = [b"--", value].concat();
    if !value.is_empty() && !all.contains(&boundary) {
        all.push(boundary);
    }
}

/// What a parameter's value may be: in quotes, up to what ends it, in its extended form.
fn values(text: &[u8]) -> Vec<Vec<u8>> {
    if let Some(quoted) = text.strip_prefix(b"\"") {
        let end = quoted.iter().position(|b| *b == b'"').unwrap_or(quoted.len());
        let plain = quoted[..end].iter().copied().filter(|b| *b != b'\\').collect();
        let mut all = Vec::from([quoted[..end].to_vec(), plain]);
        // `"a"b` is all of that to Django.
        let behind = quoted.get(end + 1..).unwrap_or_default().trim_ascii_start();
        if !matches!(behind, [] | [b';', ..]) {
            let whole = text.iter().position(|b| *b == b';').unwrap_or(text.len());
            all.push(text[..whole].trim_ascii().to_vec());
        }
        return all;
    }
    let until = |ends: &[u8]| {
        let end = text.iter().position(|b| ends.contains(b)).unwrap_or(text.len());
        text[..end].trim_ascii().to_vec()
    };
    let whole = until(b";");
    let extended = whole.iter().rposition(|b| *b == b'\'').map(|at| whole[at + 1..].to_vec());
    let extended = extended.map(|value| peel(&value).unwrap_or(value));
    // Werkzeug ends a token where RFC 9110 (section 5.6.2) has no such byte in it.
    let token = until(b";, \t\"()/:<=>?@[\\]{}");
    [Some(whole), Some(until(b";, \t\"")), Some(token), extended].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boundary_is_whatever_a_program_may_take_for_it() {
        let all = |media: &str, bytes: &str| {
            let form = Content { bytes: bytes.as_bytes(), media, is_cut: false, depth: 0 };
            let all = boundaries(form).into_iter();
            all.map(|one| alloc::string::String::from_utf8_lossy(&one[2..]).into_owned())
                .collect::<Vec<_>>()
        };
        for (media, found) in [
            (
                "multipart/form-data; boundary=----WebKitFormBoundary7",
                &["----WebKitFormBoundary7"][..],
            ),
            ("multipart/form-data; Boundary=\"a b\"; charset=utf-8", &["a b"]),
            ("multipart/form-data ; boundary = b", &["b"]),
            ("multipart/form-data; boundary= b", &["b"]),
            ("multipart/form-data; x=\"; boundary=z\"; boundary=b", &["z\"", "z", "b"]),
            ("multipart/form-data; boundary=z; boundary=b", &["z", "b"]),
            ("multipart/form-data; boundary*=utf-8''a%20b", &["utf-8''a%20b", "a b"]),
            ("multipart/form-data; boundary*0=a; boundary*1=b", &["a", "b", "ab"]),
            ("multipart/form-data; boundary=b, x", &["b, x", "b"]),
            ("multipart/form-data; boundary=a:b", &["a:b", "a"]),
            ("multipart/form-data; boundary=a/b", &["a/b", "a"]),
            ("multipart/form-data; boundary=\"a\"b", &["a", "\"a\"b"]),
            ("multipart/form-data; xboundary=b", &["b"]),
            ("multipart/form-data; boundary=\"a\\b\"", &["a\\b", "ab"]),
            ("multipart/form-data; boundary=", &["-"]),
            ("multipart/form-data", &["-"]),
        ] {
            assert_eq!(all(media, ""), found, "{media}");
        }
        assert_eq!(all("multipart/form-data; boundary=b", "--c\r\nx"), ["b", "c"]);
        let many = ["boundary=x; "; 1_000].concat() + "boundary=y";
        assert_eq!(all(&many, ""), ["x", "y"]);
    }
}
