//! Content codings of REST APIs: `gzip` and `deflate`.
//!
//! "Payload compression for REST APIs": a client may send content in one of the codings that API
//! Gateway supports, whatever the API's settings are; where `minimumCompressionSize` is set, it may
//! be sent such content too.

mod gzip;
mod inflate;
mod readings;

use alloc::vec::Vec;

use miniz_oxide::deflate::compress_to_vec_zlib;
use miniz_oxide::inflate::TINFLStatus;

use self::inflate::Bounds;
pub(crate) use self::readings::{Reading, readings};
use crate::limits::{CODED_BLOCKS_MAX, PAYLOAD_BYTES_MAX};

/// A coding that content is sent in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    /// RFC 1952
    Gzip,
    /// RFC 1950: the `zlib` format, whose name this is not (RFC 9110 §8.4.1.2).
    Deflate,
}

/// A `Content-Encoding` that is not supported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unsupported;

/// Why content was not decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DecodeError {
    /// It is not in this coding, or in more blocks than anybody needs.
    Malformed,
    /// It stands for more than it may.
    TooLarge,
}

impl Coding {
    /// The coding that a request's content is in; `None` for content as it is.
    pub(crate) fn of_content<'f>(
        mut fields: impl Iterator<Item = &'f str>,
    ) -> Result<Option<Self>, Unsupported> {
        let mut found = None;
        let codings = fields.by_ref().flat_map(|value| value.split(',')).map(str::trim);
        for name in codings.filter(|name| !name.is_empty()) {
            match (Self::parse(name), found) {
                (Some(coding), None) => found = Some(coding),
                (None, _) if name.eq_ignore_ascii_case("identity") => {}
                _ => return Err(Unsupported),
            }
        }
        Ok(found)
    }

    /// The coding that a client asks for with `Accept-Encoding`: of those that are supported, content as it
    /// is among them, the one that it likes best (RFC 9110 §12.5.3), and of what it likes equally the first.
    /// `*` asks for none ("Without an explicit specification … API Gateway does not compress").
    pub(crate) fn accepted<'f>(fields: impl Iterator<Item = &'f str>) -> Option<Self> {
        let mut best: Option<(Option<Self>, u16)> = None;
        for entry in fields.flat_map(|value| value.split(',')) {
            let (name, parameters) = entry.split_once(';').unwrap_or((entry, ""));
            let (name, weight) = (name.trim(), weight(parameters));
            let coding = Self::parse(name);
            let is_supported = coding.is_some() || name.eq_ignore_ascii_case("identity");
            if is_supported && weight > 0 && best.is_none_or(|(_, most)| weight > most) {
                best = Some((coding, weight));
            }
        }
        best?.0
    }

    /// Its name in header fields.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
        }
    }

    /// Content in this coding.
    pub(crate) fn encode(self, content: &[u8]) -> Vec<u8> {
        match self {
            Self::Gzip => gzip::encode(content, LEVEL),
            Self::Deflate => compress_to_vec_zlib(content, LEVEL),
        }
    }

    /// What coded content stands for, if that is not more than so many bytes.
    pub(crate) fn decode(self, coded: &[u8], bytes_max: usize) -> Result<Vec<u8>, DecodeError> {
        let mut bounds = Bounds { bytes_max, blocks_left: CODED_BLOCKS_MAX };
        match self {
            Self::Gzip => gzip::decode(coded, bounds),
            Self::Deflate => {
                let mut content = Vec::new();
                match inflate::zlib(coded, &mut content, &mut bounds) {
                    (TINFLStatus::Done, _) => Ok(content),
                    (status, _) => Err(failed(status)),
                }
            }
        }
    }

    fn parse(name: &str) -> Option<Self> {
        [Self::Gzip, Self::Deflate].into_iter().find(|c| name.eq_ignore_ascii_case(c.name()))
    }
}

/// Half of the levels that there are: what follows costs more time than it saves bytes.
const LEVEL: u8 = 6;

/// Content in `gzip`, for hosts that code what passes through them.
pub fn gzip(content: &[u8]) -> Vec<u8> {
    Coding::Gzip.encode(content)
}

/// How much a request's content stands for, for hosts that set memory apart for it: what is read of it, or what there
/// is of content that is refused, as far as that was decoded.
pub fn stands_for<'f>(
    content_encoding: impl Iterator<Item = &'f str>,
    content: &[u8],
) -> Result<usize, usize> {
    let Ok(Some(coding)) = Coding::of_content(content_encoding) else { return Ok(content.len()) };
    let bytes_max = PAYLOAD_BYTES_MAX as usize;
    let mut bounds = Bounds { bytes_max, blocks_left: CODED_BLOCKS_MAX };
    let decoded = match coding {
        Coding::Gzip => gzip::decode_beginning(content, &mut bounds),
        Coding::Deflate => readings::decode_zlib(content, &mut bounds),
    };
    let length = decoded.content.len();
    if decoded.is_all { Ok(length) } else { Err(length) }
}

fn failed(status: TINFLStatus) -> DecodeError {
    match status {
        TINFLStatus::HasMoreOutput => DecodeError::TooLarge,
        _ => DecodeError::Malformed,
    }
}

/// `q=0.8` in thousandths (RFC 9110 §12.4.2); one that is none is as if it was not there.
fn weight(parameters: &str) -> u16 {
    let named = parameters.split(';').filter_map(|parameter| parameter.split_once('='));
    let given =
        named.filter(|(name, _)| name.trim().eq_ignore_ascii_case("q")).map(|(_, q)| q.trim());
    let parsed = given.filter_map(|q| q.parse::<f32>().ok()).find(|q| (0.0..=1.0).contains(q));
    parsed.map_or(1_000, |q| (q * 1_000.0) as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_in_one_supported_coding_or_as_it_is() {
        let of = |fields: &[&'static str]| Coding::of_content(fields.iter().copied());
        for (fields, found) in [
            (&[][..], None),
            (&["identity"], None),
            (&[""], None),
            (&["GZip"], Some(Coding::Gzip)),
            (&["identity, deflate"], Some(Coding::Deflate)),
        ] {
            assert_eq!(of(fields), Ok(found), "{fields:?}");
        }
        for fields in [&["br"][..], &["compress"], &["gzip, gzip"], &["gzip", "deflate"], &["*"]] {
            assert_eq!(of(fields), Err(Unsupported), "{fields:?}");
        }
    }

    #[test]
    fn what_the_client_likes_best_decides() {
        for (accept, coding) in [
            ("gzip", Some(Coding::Gzip)),
            ("gzip, deflate, br", Some(Coding::Gzip)),
            ("deflate, gzip", Some(Coding::Deflate)),
            ("gzip;q=0.5, deflate;q=0.8", Some(Coding::Deflate)),
            ("GZIP ; Q=1.0", Some(Coding::Gzip)),
            ("gzip;q=nonsense", Some(Coding::Gzip)),
            ("br, gzip", Some(Coding::Gzip)),
            ("br;q=1, deflate;q=0.1, gzip;q=0.9", Some(Coding::Gzip)),
            ("*;q=1, gzip;q=0.9", Some(Coding::Gzip)),
            ("br, gzip;q=0", None),
            ("gzip;q=0.5, identity;q=0.5", Some(Coding::Gzip)),
            ("br;q=0.5, gzip;q=0.9", Some(Coding::Gzip)),
            ("gzip;q=0", None),
            ("gzip;q=0, deflate", Some(Coding::Deflate)),
            ("identity, gzip;q=0.5", None),
            ("*", None),
            ("", None),
        ] {
            assert_eq!(Coding::accepted([accept].into_iter()), coding, "{accept}");
        }
        assert_eq!(Coding::accepted([].into_iter()), None);
        assert_eq!(Coding::accepted(["br;q=0.1", "gzip"].into_iter()), Some(Coding::Gzip));
    }

    #[test]
    fn content_stands_for_what_is_decoded_of_it() {
        let of = |coding: &str, content: &[u8]| stands_for([coding].into_iter(), content);
        let zeros = alloc::vec![0; 100_000];
        for coding in [Coding::Gzip, Coding::Deflate] {
            let coded = coding.encode(&zeros);
            assert_eq!(of(coding.name(), &coded), Ok(100_000));
            assert_eq!(of("identity", &coded), Ok(coded.len()));
            let cut = of(coding.name(), &coded[..coded.len() / 2]);
            assert!(cut.is_err_and(|length| length < 100_000), "{cut:?}");
            let endless = coding.encode(&alloc::vec![0; PAYLOAD_BYTES_MAX as usize + 1]);
            assert_eq!(of(coding.name(), &endless), Err(PAYLOAD_BYTES_MAX as usize));
        }
        assert_eq!(of("gzip", b"plain"), Ok(0));
        assert_eq!(of("br", b"whatever"), Ok(8));
    }

    #[test]
    fn what_is_encoded_is_decoded_to_the_same() {
        let long = b"0123456789 abcdef".repeat(1_000);
        for coding in [Coding::Gzip, Coding::Deflate] {
            for content in [&b""[..], b"a", &long] {
                let coded = coding.encode(content);
                assert_eq!(coding.decode(&coded, long.len()).as_deref(), Ok(content), "{coding:?}");
            }
            assert!(coding.encode(&long).len() < long.len() / 10);
        }
    }

    #[test]
    fn content_that_stands_for_too_much_is_refused_unread() {
        let zeros = alloc::vec![0; 1_000];
        for coding in [Coding::Gzip, Coding::Deflate] {
            let coded = coding.encode(&zeros);
            assert_eq!(coding.decode(&coded, 1_000).map(|d| d.len()), Ok(1_000));
            assert_eq!(coding.decode(&coded, 999), Err(DecodeError::TooLarge), "{coding:?}");
        }
    }

    /// Ten bits each: a block of the fixed codes with its end alone, and another behind it.
    fn empty_blocks(count: usize) -> Vec<u8> {
        let mut coded = alloc::vec![0; count / 8 * 10];
        (0..count).map(|n| 10 * n + 1).for_each(|bit| coded[bit / 8] |= 1 << (bit % 8));
        coded
    }

    #[test]
    fn blocks_that_stand_for_nothing_are_bounded() {
        for (empty, is_taken) in [(CODED_BLOCKS_MAX - 8, true), (CODED_BLOCKS_MAX, false)] {
            for (coding, header_bytes) in [(Coding::Gzip, 10), (Coding::Deflate, 2)] {
                let mut coded = coding.encode(b"content");
                coded.splice(header_bytes..header_bytes, empty_blocks(empty));
                let content = || b"content".to_vec();
                let expected = is_taken.then(content).ok_or(DecodeError::Malformed);
                assert_eq!(coding.decode(&coded, 100), expected, "{coding:?} {empty}");
            }
        }
    }

    #[test]
    fn content_in_another_coding_is_malformed() {
        for coding in [Coding::Gzip, Coding::Deflate] {
            let coded = coding.encode(b"some words, and some more words");
            for end in 0..coded.len() {
                let cut = coding.decode(&coded[..end], 100);
                assert_eq!(cut, Err(DecodeError::Malformed), "{coding:?} {end}");
            }
            for content in [&b"{\"plain\": true}"[..], b"\x1f\x8b\x08", &[0; 64]] {
                assert_eq!(coding.decode(content, 100), Err(DecodeError::Malformed), "{coding:?}");
            }
        }
    }
}
