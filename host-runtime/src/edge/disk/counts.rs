//! What went wrong with the disk.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::perform::metrics::describe;

/// Counted since the start.
#[derive(Debug, Default)]
pub(in crate::edge) struct Counts {
    pub(super) write_errors: AtomicU64,
    pub(super) read_errors: AtomicU64,
    pub(super) unwritten: AtomicU64,
}

impl Counts {
    pub(in crate::edge) fn write_metrics(&self, text: &mut String) {
        for (name, help, count) in [
            (
                "distribution_disk_write_errors_total",
                "Stored responses that could not be written to disk, or removed there.",
                &self.write_errors,
            ),
            (
                "distribution_disk_read_errors_total",
                "Stored responses on disk that could not be read in time, or were not as they were written.",
                &self.read_errors,
            ),
            (
                "distribution_disk_unwritten_total",
                "Stored responses that are in memory alone: the disk had no room, or was too far behind.",
                &self.unwritten,
            ),
        ] {
            describe(text, name, help, "counter");
            let _ = writeln!(text, "edgeway_{name} {}", count.load(Relaxed));
        }
    }
}
