//! Reading, in other threads than those that serve: a disk that is slow holds up who waits for it, and nobody else.

use std::fs::File;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use gateway_core::effect::{EffectError, ResponseDigest};
use gateway_core::limits::{EDGE_DISK_BLOCK_BYTES, EDGE_DISK_PROMOTED_BYTES_MAX};
use http_cache::ByteRange;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;

use super::files::{Files, Head, Kind, read_block};
use super::{Disk, path_of};
use crate::body::BodyError;
use crate::edge::store::{Contents, Object, Objects};

/// Content on its way from the disk: checked block by block, the next one read while this one is sent.
#[derive(Debug)]
pub(crate) struct DiskContent {
    disk: Arc<Disk>,
    digest: ResponseDigest,
    of: Content,
    /// Positions that are still to be sent.
    from: u64,
    to: u64,
    block: Option<Bytes>,
    reading: Option<JoinHandle<io::Result<Bytes>>>,
}

/// A content that is open.
#[derive(Debug, Clone)]
struct Content {
    file: Arc<File>,
    number: u64,
    length: u64,
}

impl Disk {
    /// What is stored under a key, with small contents in memory; `None` where it cannot be read in time, or is not
    /// as it was written: then it is forgotten.
    pub(in crate::edge) async fn read(
        &self,
        digest: &ResponseDigest,
        turn: u64,
    ) -> Option<Objects> {
        let (files, key) = (self.files.clone(), *digest);
        match self.blocking(move || read_key(&files, &key, turn)).await? {
            Ok(objects) => Some(objects),
            Err(error) => {
                self.unreadable(&error);
                self.forget(digest, turn);
                None
            }
        }
    }

    /// Opens a content, and reads how it begins; `None` where it is not there any more, or not as it was written.
    pub(in crate::edge) async fn open_content(
        self: &Arc<Self>,
        digest: &ResponseDigest,
        contents: &Contents,
        range: ByteRange,
    ) -> Option<DiskContent> {
        let (number, length) = (contents.file()?, contents.length);
        let path = path_of(&self.files, digest, number);
        let first = range.first / EDGE_DISK_BLOCK_BYTES as u64;
        let opened = self.blocking(move || {
            let file = File::open(path)?;
            let block = read_block(&file, number, length, first)?;
            Ok((Content { file: Arc::new(file), number, length }, block))
        });
        match opened.await? {
            Ok((of, block)) => Some(DiskContent {
                disk: Arc::clone(self),
                digest: *digest,
                of,
                from: range.first,
                to: range.last + 1,
                block: Some(block),
                reading: None,
            }),
            Err(error) => {
                self.unreadable(&error);
                self.forget_file(digest, number);
                None
            }
        }
    }

    async fn blocking<T: Send + 'static>(
        &self,
        act: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> Option<io::Result<T>> {
        let reads = Arc::clone(&self.reads);
        let read = timeout(self.wait_max(), async move {
            let place = reads.acquire_owned().await.ok()?;
            // The place is its own until it has ended, whoever waits for it still.
            let read = spawn_blocking(move || (act(), place).0);
            read.await.ok()
        });
        let read = read.await.ok().flatten();
        if read.is_none() {
            self.counts.read_errors.fetch_add(1, Relaxed);
        }
        read
    }

    fn unreadable(&self, error: &io::Error) {
        if error.kind() != io::ErrorKind::NotFound {
            self.counts.read_errors.fetch_add(1, Relaxed);
            tracing::warn!(%error, "a cached response cannot be read from disk");
        }
    }
}

fn read_key(files: &Files, digest: &ResponseDigest, turn: u64) -> io::Result<Objects> {
    let head = Head::read(&files.path(digest, Kind::Head, turn), digest)?;
    let mut in_memory = 0;
    let mut objects = Vec::with_capacity(head.objects.len());
    // The newest are asked for most.
    for one in head.objects.into_iter().rev() {
        let content = match in_memory + one.length <= EDGE_DISK_PROMOTED_BYTES_MAX {
            true => {
                in_memory += one.length;
                let whole = read_whole(&path_of(files, digest, one.file), one.file, one.length)?;
                Contents::in_both(whole, one.file)
            }
            false => Contents::on_disk(one.length, one.file),
        };
        objects.push(Arc::new(Object::new(one.stored, Arc::new(content), 0)));
    }
    objects.reverse();
    Ok(Objects { distribution: head.distribution, name: head.name, objects })
}

fn read_whole(path: &std::path::Path, number: u64, length: u64) -> io::Result<Bytes> {
    let file = File::open(path)?;
    let block = EDGE_DISK_BLOCK_BYTES as u64;
    if length <= block && length > 0 {
        return read_block(&file, number, length, 0);
    }
    let mut whole = Vec::with_capacity(length as usize);
    for index in 0..length.div_ceil(block) {
        whole.extend_from_slice(&read_block(&file, number, length, index)?);
    }
    Ok(whole.into())
}

impl DiskContent {
    pub(crate) fn poll_part(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, BodyError>>> {
        if self.from >= self.to {
            return Poll::Ready(None);
        }
        let block = match (self.block.take(), &mut self.reading) {
            (Some(block), _) => block,
            (None, Some(reading)) => {
                let read = ready!(Pin::new(reading).poll(cx));
                self.reading = None;
                match read.unwrap_or_else(|error| Err(io::Error::other(error))) {
                    Ok(block) => block,
                    Err(error) => {
                        // What came before it was sent already: it breaks off.
                        self.disk.unreadable(&error);
                        self.disk.forget_file(&self.digest, self.of.number);
                        self.to = self.from;
                        let broken = EffectError::Unavailable("its content is lost".into());
                        return Poll::Ready(Some(Err(BodyError::Broken(broken))));
                    }
                }
            }
            (None, None) => {
                self.read_ahead(self.from);
                return self.poll_part(cx);
            }
        };
        let size = EDGE_DISK_BLOCK_BYTES as u64;
        let start = self.from / size * size;
        let end = self.to.min(start + block.len() as u64);
        let part = block.slice((self.from - start) as usize..(end - start) as usize);
        self.from = end;
        if self.from < self.to {
            self.read_ahead(self.from);
        }
        Poll::Ready(Some(Ok(part)))
    }

    pub(crate) fn remaining(&self) -> u64 {
        self.to - self.from
    }

    fn read_ahead(&mut self, position: u64) {
        let Content { file, number, length } = self.of.clone();
        let index = position / EDGE_DISK_BLOCK_BYTES as u64;
        self.reading = Some(spawn_blocking(move || read_block(&file, number, length, index)));
    }
}
