//! Locks on folders that are one process's.

use std::fs::{File, TryLockError};
use std::time::Duration;

/// A process that was forked has its parent's locks until it executes its program: a lock that somebody just gave
/// up may be held so long by a program that they are starting.
const WAIT: Duration = Duration::from_millis(10);
const WAITS_MAX: usize = 100;

/// Takes a lock that nobody has, or whose last holder is just going.
///
/// # Errors
/// When somebody has it and keeps it.
pub(crate) fn lock(file: &File) -> Result<(), TryLockError> {
    lock_after(file, || std::thread::sleep(WAIT))
}

fn lock_after(file: &File, mut wait: impl FnMut()) -> Result<(), TryLockError> {
    for _ in 0..WAITS_MAX {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => wait(),
            locked => return locked,
        }
    }
    file.try_lock()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_waited_for_that_is_given_up_soon_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let open = || File::create(folder.path().join("lock")).unwrap();
        let (holder, next) = (open(), open());
        holder.lock().unwrap();
        // As a program has it that is being started.
        let mut forked = Some(holder.try_clone().unwrap());
        drop(holder);
        assert!(lock_after(&next, || drop(forked.take())).is_ok());
        assert!(matches!(lock_after(&open(), || {}), Err(TryLockError::WouldBlock)));
    }
}
