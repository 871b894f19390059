//! Pipes in the place of files (`<(aws apigateway get-export …)`, `mkfifo`): what they have to tell they tell a
//! single time, and whoever reads them waits for their writer.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Standard input, as commands name it.
const STANDARD_INPUT: &str = "-";

/// What pipes have told.
static TOLD: Mutex<BTreeMap<PathBuf, Arc<[u8]>>> = Mutex::new(BTreeMap::new());
/// Whether no writer is waited for any more.
static IS_SERVING: AtomicBool = AtomicBool::new(false);

/// From now on a pipe that has told nothing is an error: reloads wait for nobody.
pub(crate) fn wait_no_more() {
    IS_SERVING.store(true, Relaxed);
}

/// Whether a file is read a single time: a pipe, or standard input.
pub(crate) fn is_pipe(file: &Path) -> bool {
    file == Path::new(STANDARD_INPUT)
        || fs::metadata(file).is_ok_and(|found| found.file_type().is_fifo())
}

/// Whether a file is a pipe that was read at the start.
pub(crate) fn has_told(file: &Path) -> bool {
    is_pipe(file) && told().contains_key(file)
}

/// What a file holds, up to `bytes_max` bytes and one more, which says that there are too many: what is no regular file
/// has no size to ask for, and perhaps no end. A pipe that was read before has told it then.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn read(file: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    if !is_pipe(file) {
        return read_bounded(file, bytes_max);
    }
    if let Some(told) = told().get(file) {
        return Ok(told.to_vec());
    }
    if IS_SERVING.load(Relaxed) {
        let message = "it is a pipe, and those are read at the start alone: put a file in its place, or start anew";
        return Err(io::Error::other(message));
    }
    let is_standard_input = file == Path::new(STANDARD_INPUT);
    let bytes =
        read_bounded(if is_standard_input { "/dev/stdin".as_ref() } else { file }, bytes_max)?;
    told().insert(file.to_owned(), bytes.as_slice().into());
    Ok(bytes)
}

fn read_bounded(file: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    let file = File::open(file)?;
    let length = file.metadata()?.len().min(bytes_max);
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    file.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn told() -> MutexGuard<'static, BTreeMap<PathBuf, Arc<[u8]>>> {
    TOLD.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_is_read_once_and_a_file_in_its_place_as_often_as_it_is_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        assert!(std::process::Command::new("mkfifo").arg(&file).status().unwrap().success());
        std::thread::scope(|scope| {
            scope.spawn(|| fs::write(&file, "told").unwrap());
            assert_eq!(read(&file, 100).unwrap(), b"told");
        });
        // Nobody writes to it any more.
        assert_eq!(read(&file, 100).unwrap(), b"told");
        fs::remove_file(&file).unwrap();
        for text in ["one", "another"] {
            fs::write(&file, text).unwrap();
            assert_eq!(read(&file, 100).unwrap(), text.as_bytes());
        }
        assert_eq!(read(&file, 2).unwrap(), b"ano");
    }
}
