//! What endpoints may read in a path that the gateway routes as it was sent.
//!
//! Servers differ in what they take for a separator, in what they undo before they resolve dot segments (RFC 3986
//! §5.2.4), and in whether an empty segment is one. Each combination leads to a place of its own:
//! of `/x%5cy/../admin` nginx makes `/x/admin` or, once `\` is taken for `/` no more, `/admin`. What protects a
//! method must hold for all of them.

use alloc::vec::Vec;
use alloc::{borrow::Cow, format, string::String};

use super::{decode, split_before, unescape_but};
use crate::bytes::position;

/// How one reads a path. Everybody undoes percent-encoding of what is no mark of a path, and resolves dot segments.
#[derive(Debug, Clone, Copy)]
struct Reader {
    /// `\` is `/` (the URL Standard's reading, and that of servers on Windows).
    reads_backslashes: bool,
    /// `%2f` is `/`, and `%5c` is `\`.
    decodes_separators: bool,
    /// `a//b` is `a/b`.
    merges_slashes: bool,
    /// `a;b` is `a` (servlets).
    drops_parameters: bool,
    /// `%2e` is `.`, also in `..`.
    decodes_dots: bool,
}

/// A path that was read: its segments, and whether `..` led out of it.
struct Read {
    path: String,
    climbed: bool,
}

/// The paths that others may read in this one, without itself: none where all read it as it was sent.
pub(crate) fn readings(path: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    if is_plain(path) {
        return all;
    }
    for reader in readers(path) {
        // `//host/admin` is a reference with an authority (RFC 3986 §4.2): whoever resolves it asks for `/admin`.
        for path in [Some(path), behind_authority(path)].into_iter().flatten() {
            let read = reader.read(path).path;
            if !all.contains(&read) {
                all.push(read);
            }
        }
    }
    all.retain(|read| read != path);
    all
}

/// Whether `..` leads out of a path or a part of one for anybody, percent-encoded as it may be: `a/../../b`.
pub(crate) fn climbs_out(path: &str) -> bool {
    // Most paths have neither; to look for a text something is prepared first.
    position(path, |byte| matches!(byte, b'.' | b'%')).is_some()
        && (path.contains("..") || path.contains('%'))
        && readers(path).any(|reader| reader.read(path).climbed)
}

/// Whether a path has dot segments for anybody.
pub(crate) fn has_dot_segments(path: &str) -> bool {
    let has_them = |path: &str| {
        let mut segments = path.split(['/', '\\']);
        segments.any(|segment| matches!(without_parameters(segment), "." | ".."))
    };
    (path.contains('.') || path.contains('%')) && has_them(&decode(path))
}

fn is_plain(path: &str) -> bool {
    let bytes = path.as_bytes();
    position(path, |byte| matches!(byte, b'%' | b'\\' | b';')).is_none()
        && !bytes.windows(2).any(|pair| matches!(pair, b"//" | b"/."))
        && (bytes.len() < 2 || !bytes.ends_with(b"/"))
}

/// All who may read this path otherwise than each other.
fn readers(path: &str) -> impl Iterator<Item = Reader> {
    let decoded = decode(path);
    let has_encoded = |byte: u8| {
        let mut triples = path.as_bytes().windows(3);
        triples.any(|triple| escaped(triple) == Some(byte))
    };
    let merges = decoded.split(['/', '\\']).skip(1).any(|s| without_parameters(s).is_empty());
    // What makes no difference everybody does.
    let differ = [
        decoded.contains('\\'),
        has_encoded(b'/') || has_encoded(b'\\'),
        merges,
        decoded.contains(';'),
        has_encoded(b'.'),
    ];
    (0_u8..32).filter_map(move |bits| {
        let does = |at: usize| bits & (1 << at) == 0;
        let is_another = (0..5).all(|at| does(at) || differ[at]);
        is_another.then(|| Reader {
            reads_backslashes: does(0),
            decodes_separators: does(1),
            merges_slashes: does(2),
            drops_parameters: does(3),
            decodes_dots: does(4),
        })
    })
}

/// The byte that a percent-encoded triple stands for.
fn escaped(triple: &[u8]) -> Option<u8> {
    match triple {
        [b'%', high, low] => Some(super::hex(*high)? << 4 | super::hex(*low)?),
        _ => None,
    }
}

fn behind_authority(path: &str) -> Option<&str> {
    let is_separator = |byte: u8| matches!(byte, b'/' | b'\\');
    let bytes = path.as_bytes();
    if !bytes.get(..2)?.iter().all(|byte| is_separator(*byte)) {
        return None;
    }
    let rest = path.trim_start_matches(['/', '\\']);
    Some(&rest[rest.bytes().position(is_separator)?..])
}

fn without_parameters(segment: &str) -> &str {
    split_before(segment, b';').0
}

impl Reader {
    fn read(self, path: &str) -> Read {
        let decoded = self.decoded(path);
        let path = decoded.strip_prefix('/').unwrap_or(&decoded);
        let (mut segments, mut climbed): (Vec<&str>, bool) = (Vec::new(), false);
        let is_separator = |c: char| c == '/' || self.reads_backslashes && c == '\\';
        for sent in path.split(is_separator) {
            let segment = if self.drops_parameters { without_parameters(sent) } else { sent };
            match segment {
                "." => {}
                "" if self.merges_slashes => {}
                ".." => climbed |= segments.pop().is_none(),
                _ => segments.push(segment),
            }
        }
        Read { path: format!("/{}", segments.join("/")), climbed }
    }

    /// The path without the percent-encoding that this reader undoes.
    fn decoded(self, path: &str) -> Cow<'_, str> {
        if !path.contains('%') {
            return Cow::Borrowed(path);
        }
        let stays = |byte: u8| match byte {
            b'/' | b'\\' => !self.decodes_separators,
            b'.' => !self.decodes_dots,
            _ => false,
        };
        Cow::Owned(unescape_but(path, false, stays))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_as_any_endpoint_may_read_it() {
        for (path, read) in [
            ("//admin", &["/admin"][..]),
            ("/a//b/", &["/a/b"]),
            ("/./admin", &["/admin"]),
            ("/open/%2e%2E/admin", &["/admin"]),
            ("/open/..%2fadmin", &["/admin"]),
            ("/../..", &["/"]),
            ("/x/..;a=b/admin", &["/admin"]),
            ("/%61dmin", &["/admin"]),
            ("/admin;x=1", &["/admin"]),
            ("/a;x/b%3By;z", &["/a/b", "/a;x/b;y;z"]),
            ("/;/admin", &["/admin", "//admin"]),
            ("/%2fadmin", &["/admin", "//admin"]),
            ("/a%2Fb", &["/a/b"]),
            ("/a\\b%5cc", &["/a/b/c", "/a/b%5cc", "/a\\b\\c"]),
            // Each of these is another place to somebody.
            ("/x%2fy/../admin", &["/x/admin", "/admin"]),
            ("/x%5cy/../admin", &["/x/admin", "/admin"]),
            ("/a//../admin", &["/admin", "/a/admin"]),
            ("/a/;/../admin", &["/admin", "/a/admin"]),
            ("//host:80/admin", &["/host:80/admin", "/admin"]),
            ("/\\host/admin", &["/host/admin", "/admin"]),
        ] {
            let all = readings(path);
            for read in read {
                assert!(all.iter().any(|one| one == read), "{path} as {read}: {all:?}");
            }
            assert!(all.len() <= read.len() + 2, "{path}: {all:?}");
        }
        for path in ["/", "/admin", "/a/b.c"] {
            assert!(readings(path).is_empty(), "{path}");
        }
    }

    #[test]
    fn what_one_undoes_and_another_does_not_leads_to_different_places() {
        let all = readings("/open/a%2fb/..;x/%2e%2e/\\../secret//end");
        assert!(all.len() > 8 && all.len() <= 64, "{all:?}");
    }

    #[test]
    fn a_part_of_a_path_may_climb_within_itself_alone() {
        for path in ["..", "a/../../b", "%2e%2e/a", "a%2f..%2F.%2e", "\\..\\a", "./..", "..;/a"] {
            assert!(climbs_out(path), "{path}");
        }
        // To those for whom `x%2fy`, `;` or nothing is one segment or none.
        for path in ["x%2fy/../../a", "x%5cy/../../a", "x//../../a", "x/;/../../a"] {
            assert!(climbs_out(path), "{path}");
        }
        for path in ["", "a/../b", "a/b/../..", "...", "a..b", "%2e", "100%"] {
            assert!(!climbs_out(path), "{path}");
        }
    }

    #[test]
    fn dot_segments_are_seen_however_they_are_spelt() {
        for path in ["/./a", "/a/..", "/%2e%2e/a", "/a\\..\\b", "/a%5c.;x", "/.%2E"] {
            assert!(has_dot_segments(path), "{path}");
        }
        for path in ["/", "/a..b/.c//d", "/a.b", "/%61"] {
            assert!(!has_dot_segments(path), "{path}");
        }
    }
}
