//! Files: the head of a key, which says what is stored under it, and contents in blocks with a checksum each.
//!
//! Names are made of digests and numbers alone. What is half written, changed or elsewhere than it was put is
//! found by its checksum; nothing is synchronised to the disk before it is used.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;
use gateway_core::codec;
use gateway_core::effect::ResponseDigest;
use gateway_core::limits::{EDGE_DISK_BLOCK_BYTES, EDGE_DISK_HEAD_BYTES_MAX};
use http_cache::Stored;
use serde::{Deserialize, Serialize};

use super::index::CHECKSUM_BYTES;

/// A file of this store, and its version: it rises with every change of what is written.
const MAGIC: &[u8; 8] = b"edgeway\x01";
const DIGEST_BYTES: usize = 32;

/// What is stored under a key.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) digest: [u8; 32],
    pub(super) distribution: String,
    pub(super) name: String,
    pub(super) until: u64,
    pub(super) objects: Vec<HeadObject>,
}

/// A stored response, and where its content is.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct HeadObject {
    pub(super) stored: Stored,
    pub(super) file: u64,
    pub(super) length: u64,
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Head,
    Content,
}

/// A file, by its name.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) digest: ResponseDigest,
    pub(super) kind: Kind,
    pub(super) number: u64,
    pub(super) length: u64,
    pub(super) path: PathBuf,
}

/// Where files are.
#[derive(Debug, Clone)]
pub(super) struct Files(PathBuf);

impl Files {
    /// In this folder, which is made if need be, for nobody else's eyes.
    pub(super) fn open(directory: &Path) -> io::Result<Self> {
        let make = |path: &Path| DirBuilder::new().recursive(true).mode(0o700).create(path);
        make(directory)?;
        for byte in 0..=u8::MAX {
            make(&directory.join(format!("{byte:02x}")))?;
        }
        Ok(Self(directory.to_owned()))
    }

    pub(super) fn path(&self, digest: &ResponseDigest, kind: Kind, number: u64) -> PathBuf {
        let mut name = String::with_capacity(96);
        for byte in digest.0 {
            name.push_str(&format!("{byte:02x}"));
        }
        let kind = if kind == Kind::Head { 'h' } else { 'c' };
        self.0.join(&name[..2]).join(format!("{name}.{number:016x}.{kind}"))
    }

    /// The files of keys that begin with this byte, with their lengths. What is called otherwise is not ours.
    pub(super) fn list(&self, byte: u8) -> io::Result<Vec<Named>> {
        let mut found = Vec::new();
        for file in std::fs::read_dir(self.0.join(format!("{byte:02x}")))? {
            let file = file?;
            let name = file.file_name();
            let read = name.to_str().and_then(named);
            if let Some((digest, kind, number)) = read {
                let (length, path) = (file.metadata()?.len(), file.path());
                found.push(Named { digest, kind, number, length, path });
            }
        }
        Ok(found)
    }

    /// Whatever happens to the machine, what was removed stays so.
    pub(super) fn synchronise(&self, bytes: impl Iterator<Item = u8>) -> io::Result<()> {
        bytes.into_iter().try_for_each(|b| File::open(self.0.join(format!("{b:02x}")))?.sync_all())
    }
}

fn named(name: &str) -> Option<(ResponseDigest, Kind, u64)> {
    let mut parts = name.split('.');
    let (digest, number, kind) = (parts.next()?, parts.next()?, parts.next()?);
    let kind = match kind {
        "h" => Kind::Head,
        "c" => Kind::Content,
        _ => return None,
    };
    let is_hex = |text: &str| text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let is_own = parts.next().is_none() && digest.len() == 64 && number.len() == 16;
    if !is_own || !is_hex(digest) || !is_hex(number) {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digest.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some((ResponseDigest(bytes), kind, u64::from_str_radix(number, 16).ok()?))
}

/// A new file, for nobody else's eyes.
pub(super) fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

fn corrupt(what: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what)
}

impl Head {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let payload = codec::encode(self);
        [&MAGIC[..], sum(&[&payload]).as_ref(), &payload].concat()
    }

    /// Reads a head, and refuses what was not written so.
    pub(super) fn read(path: &Path, digest: &ResponseDigest) -> io::Result<Self> {
        let mut bytes = Vec::new();
        File::open(path)?.take(EDGE_DISK_HEAD_BYTES_MAX as u64 + 1).read_to_end(&mut bytes)?;
        let payload = (|| {
            let rest = bytes.strip_prefix(MAGIC)?;
            let (said, payload) = rest.split_at_checked(DIGEST_BYTES)?;
            (sum(&[payload]).as_ref() == said).then_some(payload)
        })();
        let payload = payload.ok_or_else(|| corrupt("a head that was not written so"))?;
        let head: Self = codec::decode(payload).map_err(|_| corrupt("a head of another make"))?;
        if head.digest != digest.0 {
            return Err(corrupt("the head of another key"));
        }
        Ok(head)
    }
}

/// A content that is being written.
#[derive(Debug)]
pub(super) struct Writing {
    file: File,
    pub(super) number: u64,
    block: Vec<u8>,
    index: u64,
    pub(super) length: u64,
}

impl Writing {
    pub(super) fn begin(path: &Path, number: u64) -> io::Result<Self> {
        Ok(Self { file: create(path)?, number, block: Vec::new(), index: 0, length: 0 })
    }

    pub(super) fn write(&mut self, mut part: &[u8]) -> io::Result<()> {
        self.length += part.len() as u64;
        while !part.is_empty() {
            let room = EDGE_DISK_BLOCK_BYTES - self.block.len();
            let (now, later) = part.split_at(room.min(part.len()));
            self.block.extend_from_slice(now);
            part = later;
            if self.block.len() == EDGE_DISK_BLOCK_BYTES {
                self.end_block()?;
            }
        }
        Ok(())
    }

    /// The rest of it.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        if self.block.is_empty() { Ok(()) } else { self.end_block() }
    }

    fn end_block(&mut self) -> io::Result<()> {
        let checksum = checksum(self.number, self.index, &self.block);
        self.block.extend_from_slice(&checksum);
        self.file.write_all(&self.block)?;
        self.block.clear();
        self.index += 1;
        Ok(())
    }
}

/// A block of a content of this length, if it is as it was written.
pub(super) fn read_block(file: &File, number: u64, length: u64, index: u64) -> io::Result<Bytes> {
    let block = EDGE_DISK_BLOCK_BYTES as u64;
    let rest = length.checked_sub(index * block).filter(|rest| *rest > 0);
    let content = rest.ok_or_else(|| corrupt("no such block"))?.min(block) as usize;
    let mut bytes = vec![0; content + CHECKSUM_BYTES];
    file.read_exact_at(&mut bytes, index * (block + CHECKSUM_BYTES as u64))?;
    let said = bytes.split_off(content);
    if said != checksum(number, index, &bytes) {
        return Err(corrupt("a content that was not written so"));
    }
    Ok(bytes.into())
}

fn checksum(number: u64, index: u64, block: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let sum = sum(&[&number.to_be_bytes(), &index.to_be_bytes(), block]);
    let mut short = [0; CHECKSUM_BYTES];
    short.copy_from_slice(&sum.as_ref()[..CHECKSUM_BYTES]);
    short
}

fn sum(parts: &[&[u8]]) -> aws_lc_rs::digest::Digest {
    let mut context = Context::new(&SHA256);
    parts.iter().for_each(|part| context.update(part));
    context.finish()
}

#[cfg(test)]
mod tests {
    use http_cache::{Fields, Policy, Request, Response, Timestamp};

    use super::*;

    fn head() -> Head {
        let asked: Fields = [("accept-language", &b"de"[..])].into_iter().collect();
        let lines = [
            ("Cache-Control", &b"max-age=600, stale-if-error=7"[..]),
            ("ETag", b"\"1\""),
            ("Vary", b"Accept-Language"),
        ];
        let fields: Fields = lines.into_iter().collect();
        let request = Request { method: "GET", fields: &asked };
        let (requested_at, received_at) = (Timestamp(1_000), Timestamp(2_000));
        let response = Response { status: 200, fields: &fields, requested_at, received_at };
        let stored = Stored::new(&Policy::default(), &request, &response).unwrap();
        let objects = vec![HeadObject { stored, file: 7, length: 9 }];
        let (distribution, name) = ("d".into(), "/a?b".into());
        Head { digest: [3; 32], distribution, name, until: 5_000, objects }
    }

    /// Whoever changes this changes what other versions of the program have written: they must not read each other's
    /// files. The version at the end of [`MAGIC`] rises then, and this.
    #[test]
    fn what_is_written_is_of_version_1() {
        let sum = sum(&[&head().to_bytes()]);
        assert_eq!(MAGIC.last(), Some(&1));
        assert_eq!(sum.as_ref()[..4], [149, 125, 26, 103]);
    }

    #[test]
    fn a_head_is_read_as_it_was_written_and_under_its_own_key_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("head");
        std::fs::write(&path, head().to_bytes()).unwrap();
        assert_eq!(Head::read(&path, &ResponseDigest([3; 32])).unwrap(), head());
        assert!(Head::read(&path, &ResponseDigest([4; 32])).is_err());
    }

    #[test]
    fn a_block_is_read_from_its_own_place_in_its_own_file_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("content");
        let mut writing = Writing::begin(&path, 7).unwrap();
        let content = vec![9; 2 * EDGE_DISK_BLOCK_BYTES + 1];
        content.chunks(1000).for_each(|part| writing.write(part).unwrap());
        writing.finish().unwrap();
        let (file, length) = (File::open(&path).unwrap(), content.len() as u64);
        assert_eq!(file.metadata().unwrap().len(), super::super::index::file_length(length));
        for (block, expected) in content.chunks(EDGE_DISK_BLOCK_BYTES).enumerate() {
            assert_eq!(read_block(&file, 7, length, block as u64).unwrap(), expected);
            assert!(read_block(&file, 8, length, block as u64).is_err(), "another content");
        }
        assert!(read_block(&file, 7, length, 3).is_err());
        // The same bytes at another place.
        let bytes = std::fs::read(&path).unwrap();
        let second = EDGE_DISK_BLOCK_BYTES + CHECKSUM_BYTES;
        let swapped = [&bytes[second..2 * second], &bytes[..second], &bytes[2 * second..]].concat();
        std::fs::write(&path, swapped).unwrap();
        assert!(read_block(&File::open(&path).unwrap(), 7, length, 0).is_err());
    }

    #[test]
    fn names_of_others_are_not_read() {
        let digest = ResponseDigest([0xab; 32]);
        let path = Files(PathBuf::from("f")).path(&digest, Kind::Content, 7);
        let name = path.file_name().unwrap().to_str().unwrap();
        assert_eq!(named(name), Some((digest, Kind::Content, 7)));
        for name in
            ["", "edge-cache.lock", &name.to_uppercase(), &name[1..], &[name, ".c"].concat()]
        {
            assert_eq!(named(name), None, "{name}");
        }
    }
}
