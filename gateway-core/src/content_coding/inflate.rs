//! Inflating (RFC 1951) to the end of a content, as far as that goes.

use alloc::vec::Vec;

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::{
    TINFL_FLAG_PARSE_ZLIB_HEADER, TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
};
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

/// The room that a content first has; it doubles as it grows.
const ROOM_BYTES: usize = 32 * 1024;

/// Inflates what is deflated, and tells how that ended and how much of the coded bytes it took.
pub(super) fn deflated(
    coded: &[u8],
    content: &mut Vec<u8>,
    bytes_max: usize,
) -> (TINFLStatus, usize) {
    inflate(coded, content, bytes_max, 0)
}

/// As [`deflated`], of the `zlib` format (RFC 1950).
pub(super) fn zlib(coded: &[u8], content: &mut Vec<u8>, bytes_max: usize) -> (TINFLStatus, usize) {
    inflate(coded, content, bytes_max, TINFL_FLAG_PARSE_ZLIB_HEADER)
}

fn inflate(
    coded: &[u8],
    content: &mut Vec<u8>,
    bytes_max: usize,
    format: u32,
) -> (TINFLStatus, usize) {
    let mut inflator = DecompressorOxide::new();
    let (mut read, mut written) = (0, content.len());
    let flags = TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF | format;
    loop {
        let room = (written + ROOM_BYTES.max(written)).min(bytes_max);
        content.resize(room, 0);
        let (status, took, gave) =
            decompress(&mut inflator, &coded[read..], content, written, flags);
        read += took;
        written += gave;
        if status != TINFLStatus::HasMoreOutput || room >= bytes_max {
            // What is there of content that goes wrong later stays.
            content.truncate(written);
            return (status, read);
        }
    }
}
