//! Inflating (RFC 1951) to the end of a content, as far as that goes.

use alloc::vec::Vec;

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::{
    TINFL_FLAG_PARSE_ZLIB_HEADER, TINFL_FLAG_STOP_ON_BLOCK_BOUNDARY,
    TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
};
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

/// The room that a content first has; it doubles as it grows.
const ROOM_BYTES: usize = 32 * 1024;

/// How much may be inflated.
pub(super) struct Bounds {
    /// Most bytes of content, of which there may be some already.
    pub(super) bytes_max: usize,
    /// Blocks that may still come.
    pub(super) blocks_left: usize,
}

impl Bounds {
    /// Whether there may be one more.
    fn take_block(&mut self) -> bool {
        let left = self.blocks_left.checked_sub(1);
        self.blocks_left = left.unwrap_or_default();
        left.is_some()
    }
}

/// Inflates what is deflated, and tells how that ended and how much of the coded bytes it took.
pub(super) fn deflated(
    coded: &[u8],
    content: &mut Vec<u8>,
    bounds: &mut Bounds,
) -> (TINFLStatus, usize) {
    inflate(coded, content, bounds, 0)
}

/// As [`deflated`], of the `zlib` format (RFC 1950).
pub(super) fn zlib(
    coded: &[u8],
    content: &mut Vec<u8>,
    bounds: &mut Bounds,
) -> (TINFLStatus, usize) {
    inflate(coded, content, bounds, TINFL_FLAG_PARSE_ZLIB_HEADER)
}

fn inflate(
    coded: &[u8],
    content: &mut Vec<u8>,
    bounds: &mut Bounds,
    format: u32,
) -> (TINFLStatus, usize) {
    let mut inflator = DecompressorOxide::new();
    let (mut read, mut written) = (0, content.len());
    let flags =
        TINFL_FLAG_STOP_ON_BLOCK_BOUNDARY | TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF | format;
    // It begins with a block.
    let mut status = TINFLStatus::BlockBoundary;
    loop {
        let is_full = status == TINFLStatus::HasMoreOutput || content.len() == written;
        let goes_on = match status {
            TINFLStatus::BlockBoundary => bounds.take_block(),
            TINFLStatus::HasMoreOutput => content.len() < bounds.bytes_max,
            _ => false,
        };
        if !goes_on {
            // What is there of content that goes wrong later stays.
            content.truncate(written);
            return (status, read);
        }
        if is_full {
            let room = (written + ROOM_BYTES.max(written)).min(bounds.bytes_max);
            content.resize(room, 0);
        }
        let (ended, took, gave) =
            decompress(&mut inflator, &coded[read..], content, written, flags);
        (status, read, written) = (ended, read + took, written + gave);
    }
}
