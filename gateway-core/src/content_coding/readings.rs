//! Coded content as whoever decodes it may read it: what a web ACL has to look at.
//!
//! Programs that decode hand on what they have before they find what is wrong, if they look for that at all: a check
//! that does not hold, an end that is not there, bytes behind it. Some go by how content begins whatever coding
//! it is said to have, and take `deflate` for the format without a header.

use alloc::vec;
use alloc::vec::Vec;

use miniz_oxide::inflate::TINFLStatus;

use super::gzip;
use super::inflate::{Bounds, deflated, zlib};

/// Content, or its beginning.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) content: Vec<u8>,
    /// Whether there is more.
    pub(crate) is_cut: bool,
}

/// Most codings that are undone, one within the other: as many as clients of HTTP undo.
const CODINGS_MAX: usize = 5;
const READINGS_MAX: usize = 8;
/// Blocks of all readings together: more than 64 KB have, which is the most that is inspected.
const BLOCKS_MAX: usize = 65_536;

/// All that content may stand for whose `Content-Encoding` this is, the innermost first. None has more than so many
/// bytes. What is not in a coding that is known is as it is, and so is all that stands beside what is.
pub(crate) fn readings<'f>(
    fields: impl Iterator<Item = &'f str>,
    sent: Reading,
    bytes_max: usize,
) -> Vec<Reading> {
    // One more byte tells whether there is more.
    let mut bounds = Bounds { bytes_max: bytes_max + 1, blocks_left: BLOCKS_MAX };
    let codings = fields.flat_map(|value| value.split(',')).filter(|name| is_known(name.trim()));
    let (mut inner, mut as_they_are) = (vec![sent], Vec::new());
    for undone in 0..codings.count() {
        if undone == CODINGS_MAX || inner.len() + as_they_are.len() >= READINGS_MAX {
            inner.iter_mut().for_each(|reading| reading.is_cut = true);
            break;
        }
        for coded in core::mem::take(&mut inner) {
            let before = inner.len();
            for (content, beside) in decoded(&coded, &mut bounds) {
                inner.push(content);
                if !beside.content.is_empty() && !as_they_are.contains(&beside) {
                    as_they_are.push(beside);
                }
            }
            if inner.len() == before && !as_they_are.contains(&coded) {
                as_they_are.push(coded);
            }
        }
    }
    inner.extend(as_they_are.into_iter().rev());
    if bounds.blocks_left == 0 {
        inner.iter_mut().for_each(|reading| reading.is_cut = true);
    }
    inner
}

/// `x-gzip` is `gzip` (RFC 9110 §8.4.1.3).
fn is_known(name: &str) -> bool {
    ["gzip", "deflate", "x-gzip"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// What coded content stands for in each format in which it stands for anything, and what is beside that: all of it
/// where that breaks off. An endpoint that does not decode reads it.
fn decoded(coded: &Reading, bounds: &mut Bounds) -> Vec<(Reading, Reading)> {
    let formats = [gzip::decode_beginning, decode_zlib, decode_deflated];
    let all = formats.map(|decode| decode(&coded.content, bounds));
    let found = all.into_iter().filter(|decoded| !decoded.content.is_empty());
    found
        .map(|Decoded { mut content, mut beside, is_all }| {
            let is_long = content.len() >= bounds.bytes_max;
            content.truncate(bounds.bytes_max - 1);
            if !is_all && !is_long && !coded.is_cut {
                beside.clone_from(&coded.content);
            }
            let content = Reading { content, is_cut: coded.is_cut || is_long };
            (content, Reading { content: beside, is_cut: coded.is_cut })
        })
        .collect()
}

/// What was decoded.
pub(super) struct Decoded {
    pub(super) content: Vec<u8>,
    /// What is not coded: names in headers, what is behind the end.
    pub(super) beside: Vec<u8>,
    /// Whether the coded content ends where it says.
    pub(super) is_all: bool,
}

pub(super) fn decode_zlib(coded: &[u8], bounds: &mut Bounds) -> Decoded {
    let mut content = Vec::new();
    let (status, read) = zlib(coded, &mut content, bounds);
    Decoded { content, beside: coded[read..].to_vec(), is_all: status == TINFLStatus::Done }
}

fn decode_deflated(coded: &[u8], bounds: &mut Bounds) -> Decoded {
    let mut content = Vec::new();
    let (status, read) = deflated(coded, &mut content, bounds);
    Decoded { content, beside: coded[read..].to_vec(), is_all: status == TINFLStatus::Done }
}

#[cfg(test)]
mod tests {
    use miniz_oxide::deflate::compress_to_vec;

    use super::*;
    use crate::content_coding::Coding;

    fn texts(codings: &str, sent: &[u8], bytes_max: usize) -> Vec<(Vec<u8>, bool)> {
        let sent = Reading { content: sent.to_vec(), is_cut: false };
        let all = readings([codings].into_iter(), sent, bytes_max);
        all.into_iter().map(|reading| (reading.content, reading.is_cut)).collect()
    }

    #[test]
    fn the_beginning_of_coded_content_is_read_as_far_as_it_is_there() {
        let content: Vec<u8> = (0..40_000_u32).flat_map(|n| (n * n).to_le_bytes()).collect();
        let all = content.len();
        for coding in [Coding::Gzip, Coding::Deflate] {
            let coded = coding.encode(&content);
            let first =
                |coded: &[u8], bytes_max| texts(coding.name(), coded, bytes_max).swap_remove(0);
            assert_eq!(first(&coded, all), (content.clone(), false));
            assert_eq!(first(&coded, all - 1), (content[..all - 1].into(), true));
            let (half, _) = first(&coded[..coded.len() / 2], all);
            assert!(half.len() > all / 8 && content.starts_with(&half));
            let bomb = coding.encode(&vec![0; 4_000_000]);
            assert_eq!(first(&bomb, 100), (vec![0; 100], true));
        }
    }

    #[test]
    fn what_is_wrong_with_coded_content_hides_nothing_of_it() {
        let text = b"some words, and some more words";
        let gzip = Coding::Gzip.encode(text);
        let zlib = Coding::Deflate.encode(text);
        let deflated = compress_to_vec(text, 6);
        let less = |coded: &[u8], bytes: usize| coded[..coded.len() - bytes].to_vec();
        let more = |coded: &[u8], behind: &[u8]| [coded, behind].concat();
        let mut reserved = gzip.clone();
        reserved[3] = 0b1110_0000;
        for (codings, sent) in [
            ("gzip", more(&gzip, b"\0")),
            ("gzip", more(&gzip, b"junk")),
            ("gzip", less(&gzip, 1)),
            ("gzip", less(&gzip, 8)),
            ("gzip", more(&less(&gzip, 8), &[0; 8])),
            ("gzip", reserved),
            ("deflate", less(&zlib, 4)),
            ("deflate", more(&less(&zlib, 4), b"abcd")),
            ("deflate", more(&zlib, b"junk")),
            ("deflate", deflated),
            ("X-GZip", gzip.clone()),
            ("br, gzip", gzip.clone()),
            ("gzip, deflate", zlib.clone()),
            ("deflate", gzip.clone()),
            ("gzip", zlib.clone()),
            ("deflate, gzip", Coding::Gzip.encode(&less(&zlib, 1))),
            (
                "gzip ,identity, gzip,x-gzip",
                (0..3).fold(text.to_vec(), |t, _| Coding::Gzip.encode(&t)),
            ),
        ] {
            let all = texts(codings, &sent, 1_000);
            assert!(all.contains(&(text.to_vec(), false)), "{codings} {sent:?} {all:?}");
        }
        let members = [&gzip[..], b"\0\0\0", &gzip].concat();
        assert_eq!(texts("gzip", &members, 1_000)[0].0, text.repeat(2));
    }

    #[test]
    fn what_stands_beside_coded_content_is_read_as_it_is_and_nothing_else() {
        let gzip = Coding::Gzip.encode(b"text");
        let behind = [&gzip[..], b"\0\0beside"].concat();
        let mut named = gzip.clone();
        named[3] = 8;
        named.splice(10..10, *b"beside\0");
        let text = || (b"text".to_vec(), false);
        assert_eq!(texts("gzip", &gzip, 100), [text()]);
        assert_eq!(texts("gzip", &behind, 100), [text(), (b"beside".to_vec(), false)]);
        assert_eq!(texts("gzip", &named, 100), [text(), (b"beside\0".to_vec(), false)]);
        let zlib = Coding::Deflate.encode(b"text");
        assert_eq!(texts("deflate", &zlib, 100), [text()]);
        let behind = [&zlib[..], b"beside"].concat();
        assert_eq!(texts("deflate", &behind, 100), [text(), (b"beside".to_vec(), false)]);
        let less = &gzip[..gzip.len() - 9];
        assert_eq!(texts("gzip", less, 100), [text(), (less.to_vec(), false)]);
        assert_eq!(texts("gzip", b"\xff\xfftext", 100), [(b"\xff\xfftext".to_vec(), false)]);
    }

    #[test]
    fn a_coding_that_is_not_known_is_left_as_it_is() {
        for codings in ["", "identity", "br", "zstd, compress"] {
            let coded = Coding::Gzip.encode(b"text");
            assert_eq!(texts(codings, &coded, 100), [(coded, false)], "{codings}");
        }
    }

    #[test]
    fn so_many_codings_are_undone_and_the_rest_is_as_what_is_cut() {
        let coded = |times| (0..times).fold(b"text".to_vec(), |text, _| Coding::Gzip.encode(&text));
        let codings = |times| vec!["gzip"; times].join(",");
        let most = texts(&codings(CODINGS_MAX), &coded(CODINGS_MAX), 1_000);
        assert_eq!(most[0], (b"text".to_vec(), false));
        let beyond = texts(&codings(9), &coded(9), 1_000);
        assert_eq!(beyond, [(coded(9 - CODINGS_MAX), true)]);
    }

    #[test]
    fn blocks_that_stand_for_nothing_are_read_within_what_is_inspected_and_bounded() {
        // Ten bits each: a block of the fixed codes with its end alone.
        let mut empty = vec![0; 50_000];
        (0..40_000).map(|n| 10 * n + 1).for_each(|bit| empty[bit / 8] |= 1 << (bit % 8));
        let with_empty =
            |content: &[u8]| [b"\x78\x9c", &empty[..], &compress_to_vec(content, 6)].concat();
        let once = with_empty(b"text");
        assert_eq!(texts("deflate", &once, 65_536)[0], (b"text".to_vec(), false));
        let twice = with_empty(&once);
        let all = texts("deflate, deflate", &twice, 65_536);
        assert_eq!(all, [(once, true), (twice, true)]);
    }
}
