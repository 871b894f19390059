//! Requests for nothing that is served, told on the log: some a minute, since anybody can send them without end.

use std::sync::{Mutex, PoisonError};

use gateway_core::effect::RequestRecord;
use gateway_core::message::Timestamp;

use crate::drive::now;

const LINES_A_MINUTE: u32 = 10;
const MINUTE_MS: u64 = 60_000;

/// Tells what a request asked for, if that is not served.
pub(crate) fn tell(request: &RequestRecord) {
    static TOLD: Mutex<Told> = Mutex::new(Told::new());
    let Some(unserved) = &request.unserved else { return };
    let untold = TOLD.lock().unwrap_or_else(PoisonError::into_inner).note(now());
    let Some(untold) = untold else { return };
    tracing::info!(
        reason = unserved.reason,
        api = request.api_id,
        host = unserved.host,
        path = unserved.path,
        status = request.status,
        untold,
        "a request is for nothing that is served"
    );
}

/// What was told in this minute.
#[derive(Debug)]
struct Told {
    since: Timestamp,
    lines: u32,
    untold: u64,
}

impl Told {
    const fn new() -> Self {
        Self { since: Timestamp(0), lines: 0, untold: 0 }
    }

    /// How many requests were not told of before this one, if this one is.
    fn note(&mut self, now: Timestamp) -> Option<u64> {
        if now.0.abs_diff(self.since.0) >= MINUTE_MS {
            (self.since, self.lines) = (now, 0);
        }
        if self.lines == LINES_A_MINUTE {
            self.untold += 1;
            return None;
        }
        self.lines += 1;
        Some(std::mem::take(&mut self.untold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_are_told_of_a_minute_and_then_how_many_were_not() {
        let mut told = Told::new();
        let start = 1_700_000_000_000;
        let lines: Vec<_> = (0..25).filter_map(|i| told.note(Timestamp(start + i))).collect();
        assert_eq!(lines, [0; 10]);
        assert_eq!(told.note(Timestamp(start + MINUTE_MS)), Some(15));
        assert_eq!(told.note(Timestamp(start + MINUTE_MS + 1)), Some(0));
        // The clock is set back: nothing is kept quiet for it.
        assert_eq!(told.note(Timestamp(start - 2 * MINUTE_MS)), Some(0));
    }
}
