//! The `gzip` format (RFC 1952).

use alloc::vec::Vec;

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::TINFLStatus;

use super::inflate::{Bounds, deflated};
use super::readings::Decoded;
use super::{DecodeError, failed};

/// Content as one member without a name or a time.
pub(super) fn encode(content: &[u8], level: u8) -> Vec<u8> {
    let deflated = compress_to_vec(content, level);
    let mut coded = Vec::with_capacity(HEADER.len() + deflated.len() + TRAILER_BYTES);
    coded.extend_from_slice(&HEADER);
    coded.extend_from_slice(&deflated);
    coded.extend_from_slice(&crc32(content).to_le_bytes());
    coded.extend_from_slice(&(content.len() as u32).to_le_bytes());
    coded
}

/// What all members stand for, one after the other.
pub(super) fn decode(coded: &[u8], mut bounds: Bounds) -> Result<Vec<u8>, DecodeError> {
    let mut content = Vec::new();
    let mut rest = coded;
    loop {
        let body = header(rest).ok_or(DecodeError::Malformed)?;
        let begun = content.len();
        let (status, read) = deflated(body, &mut content, &mut bounds);
        if status != TINFLStatus::Done {
            return Err(failed(status));
        }
        let after = &body[read..];
        let (trailer, next) =
            after.split_at_checked(TRAILER_BYTES).ok_or(DecodeError::Malformed)?;
        let member = &content[begun..];
        let (crc, size) = (crc32(member).to_le_bytes(), (member.len() as u32).to_le_bytes());
        if trailer[..4] != crc || trailer[4..] != size {
            return Err(DecodeError::Malformed);
        }
        if next.is_empty() {
            return Ok(content);
        }
        rest = next;
    }
}

/// What the members stand for as far as they are there, whatever their checks say. Some programs pass over zeros
/// between members, all over what is behind them.
pub(super) fn decode_beginning(coded: &[u8], bounds: &mut Bounds) -> Decoded {
    let (mut content, mut beside) = (Vec::new(), Vec::new());
    let mut rest = coded;
    while let Some(body) = body(rest) {
        beside.extend_from_slice(&rest[HEADER.len()..rest.len() - body.len()]);
        let (status, read) = deflated(body, &mut content, bounds);
        if status != TINFLStatus::Done {
            return Decoded { content, beside, is_all: false };
        }
        rest = body.get(read + TRAILER_BYTES..).unwrap_or(&[]);
        let zeros = rest.iter().take_while(|byte| **byte == 0).count();
        rest = &rest[zeros..];
    }
    beside.extend_from_slice(rest);
    Decoded { content, beside, is_all: true }
}

/// What follows a member's header; `None` if it has none, or one of a later version.
fn header(coded: &[u8]) -> Option<&[u8]> {
    let flags = coded.get(3)?;
    (flags & 0b1110_0000 == 0).then(|| body(coded)).flatten()
}

/// As [`header`], as programs have it that do not look at flags that are not theirs.
fn body(coded: &[u8]) -> Option<&[u8]> {
    let (fixed, mut rest) = coded.split_at_checked(HEADER.len())?;
    let flags = fixed[3];
    if !fixed.starts_with(&HEADER[..3]) {
        return None;
    }
    if flags & FEXTRA != 0 {
        let (size, after) = rest.split_at_checked(2)?;
        rest = after.get(usize::from(u16::from_le_bytes([size[0], size[1]]))..)?;
    }
    for flag in [FNAME, FCOMMENT] {
        if flags & flag != 0 {
            let end = rest.iter().position(|byte| *byte == 0)?;
            rest = &rest[end + 1..];
        }
    }
    if flags & FHCRC != 0 {
        rest = rest.get(2..)?;
    }
    Some(rest)
}

/// Deflated, without flags or a time, from an unknown system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
const TRAILER_BYTES: usize = 8;
const FHCRC: u8 = 2;
const FEXTRA: u8 = 4;
const FNAME: u8 = 8;
const FCOMMENT: u8 = 16;

/// CRC-32 (ISO 3309), as gzip has it.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| (crc >> 8) ^ TABLE[usize::from(crc as u8 ^ byte)];
    !bytes.iter().fold(!0, step)
}

const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        let mut crc = at as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
            bit += 1;
        }
        table[at] = crc;
        at += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(coded: &[u8], bytes_max: usize) -> Result<Vec<u8>, DecodeError> {
        super::decode(coded, Bounds { bytes_max, blocks_left: 10 })
    }

    #[test]
    fn the_check_is_that_of_the_standard() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(crc32(b""), 0);
    }

    #[test]
    fn headers_may_have_names_and_members_may_follow_each_other() {
        let plain = encode(b"one ", 6);
        let mut named = HEADER.to_vec();
        named[3] = FEXTRA | FNAME | FCOMMENT | FHCRC;
        named.extend_from_slice(b"\x02\0xxname\0comment\0hc");
        named.extend_from_slice(&encode(b"two", 6)[HEADER.len()..]);
        let both = [plain, named].concat();
        assert_eq!(decode(&both, 100).as_deref(), Ok(&b"one two"[..]));
        assert_eq!(decode(&both, 5), Err(DecodeError::TooLarge));
        let garbage = [&both[..], b"garbage"].concat();
        assert_eq!(decode(&garbage, 100), Err(DecodeError::Malformed));
    }

    #[test]
    fn members_have_so_many_blocks_together() {
        assert_eq!(decode(&encode(b"", 6).repeat(10), 100).as_deref(), Ok(&b""[..]));
        assert_eq!(decode(&encode(b"", 6).repeat(11), 100), Err(DecodeError::Malformed));
    }

    #[test]
    fn a_wrong_check_or_length_is_malformed() {
        let coded = encode(b"content", 6);
        for at in [coded.len() - 8, coded.len() - 1] {
            let mut wrong = coded.clone();
            wrong[at] ^= 1;
            assert_eq!(decode(&wrong, 100), Err(DecodeError::Malformed));
        }
    }
}
