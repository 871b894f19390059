//! Streamed answers of Lambda functions, as far as hosts read them: the messages that Lambda sends
//! ([`EventStream`]), and where in what the function wrote its content begins ([`Preamble`]).

mod event_stream;

pub use event_stream::{Event, EventStream};

use alloc::vec::Vec;

use crate::limits::STREAM_METADATA_BYTES_MAX;

/// Ends a streamed answer's metadata ("Lambda proxy integration format for response streaming").
const DELIMITER: [u8; 8] = [0; 8];

/// What a function writes ahead of its content: metadata, and the delimiter.
#[derive(Debug, Default)]
pub struct Preamble {
    bytes: Vec<u8>,
}

/// What a part of an answer brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// More of the metadata.
    More,
    /// The delimiter: content begins at this place of the part.
    Content(usize),
    /// More than the metadata may have, and no delimiter.
    TooLong,
}

impl Preamble {
    /// Takes the next part of an answer.
    pub fn take(&mut self, part: &[u8]) -> Found {
        let before = self.bytes.len();
        let room = STREAM_METADATA_BYTES_MAX - before;
        self.bytes.extend_from_slice(&part[..part.len().min(room)]);
        let from = before.saturating_sub(DELIMITER.len() - 1);
        let found = self.bytes[from..].windows(DELIMITER.len()).position(|w| w == DELIMITER);
        match found {
            Some(at) => {
                self.bytes.truncate(from + at);
                Found::Content(from + at + DELIMITER.len() - before)
            }
            None if part.len() >= room => Found::TooLong,
            None => Found::More,
        }
    }

    /// The metadata, without the delimiter.
    pub fn into_metadata(self) -> Vec<u8> {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_begins_behind_eight_zeros_however_they_come() {
        let whole = b"{\"statusCode\":201}\0\0\0\0\0\0\0\0\0first";
        let content = whole.len() - 6;
        for cut in 0..=whole.len() {
            let (first, second) = whole.split_at(cut);
            let mut preamble = Preamble::default();
            let found = match preamble.take(first) {
                Found::More => cut + at(preamble.take(second)),
                found => at(found),
            };
            assert_eq!((found, &preamble.into_metadata()[..]), (content, &whole[..content - 8]));
        }
    }

    fn at(found: Found) -> usize {
        let Found::Content(at) = found else { panic!("{found:?}") };
        at
    }

    #[test]
    fn the_delimiter_is_within_the_first_16_kb() {
        for (metadata, fits) in
            [(STREAM_METADATA_BYTES_MAX - 8, true), (STREAM_METADATA_BYTES_MAX - 7, false)]
        {
            let mut whole = alloc::vec![b' '; metadata];
            whole.extend(DELIMITER);
            let mut preamble = Preamble::default();
            let found = whole.chunks(1_000).map(|part| preamble.take(part));
            let found = found.take_while(|found| *found == Found::More).count();
            assert_eq!(found, whole.chunks(1_000).count() - 1);
            assert_eq!(preamble.into_metadata().len() == metadata, fits, "{metadata}");
        }
        assert_eq!(Preamble::default().take(&[1; 20_000]), Found::TooLong);
    }
}
