//! Request ids and trace ids, made from the arrival's seed.

use alloc::string::String;

use base64::{Engine, engine::general_purpose::URL_SAFE};

use crate::bytes::EACH;
use crate::message::{Seed, Timestamp};

/// `$context.requestId` of a REST API: a random UUID (RFC 9562 §5.4).
pub fn request_id(seed: Seed) -> String {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&seed.0[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits = words(bytes).map(hex);
    let digits = digits.as_flattened();
    let mut id = [b'-'; 36];
    id[..8].copy_from_slice(&digits[..8]);
    id[9..13].copy_from_slice(&digits[8..12]);
    id[14..18].copy_from_slice(&digits[12..16]);
    id[19..23].copy_from_slice(&digits[16..20]);
    id[24..].copy_from_slice(&digits[20..]);
    ascii(&id).into()
}

/// 128 bits, the highest first.
fn words(bytes: [u8; 16]) -> [u32; 4] {
    let all = u128::from_be_bytes(bytes);
    [all >> 96, all >> 64, all >> 32, all].map(|shifted| shifted as u32)
}

/// `$context.extendedRequestId`, `x-amz-apigw-id`, and an HTTP API's request id: 11 bytes in base64, of the
/// alphabet for URLs (RFC 4648 §5), as AWS's are.
pub fn extended_request_id(seed: Seed) -> String {
    URL_SAFE.encode(&seed.0[16..27])
}

/// An X-Ray trace id: `1-{seconds, 8 hex}-{24 hex}`.
pub fn trace_root(seed: Seed, now: Timestamp) -> String {
    let random = draw(seed, 1);
    let numbers = [(random >> 32) as u32, random as u32, draw(seed, 2) as u32];
    let mut root = *b"1-________-________________________";
    root[2..10].copy_from_slice(&hex((now.0 / 1000) as u32));
    root[11..].copy_from_slice(numbers.map(hex).as_flattened());
    ascii(&root).into()
}

/// An X-Ray segment id: 16 hex digits.
pub fn trace_parent(seed: Seed) -> String {
    let id = call_id(seed);
    ascii([(id >> 32) as u32, id as u32].map(hex).as_flattened()).into()
}

/// The same as a number: the id of the span in which an endpoint is called.
pub fn call_id(seed: Seed) -> u64 {
    draw(seed, 3)
}

/// The ids of an exchange's other spans.
pub fn span_id(seed: Seed, n: u64) -> u64 {
    draw(seed, 8 + n)
}

/// The eight digits of a number. Every request has four such texts: `format!` took a sixth of its time, a
/// digit at a time still a fortieth.
fn hex(number: u32) -> [u8; 8] {
    // A digit to a byte, in three steps: the upper half of each piece moves up.
    let halves = (u64::from(number) | u64::from(number) << 16) & 0x0000_ffff_0000_ffff;
    let bytes = (halves | halves << 8) & 0x00ff_00ff_00ff_00ff;
    let digits = (bytes | bytes << 4) & (0x0f * EACH);
    // 10 and more have the fifth bit once 6 is added; their letters begin 39 places behind the digits.
    let is_letter = ((digits + 6 * EACH) >> 4) & EACH;
    (digits + u64::from(b'0') * EACH + is_letter * 39).to_be_bytes()
}

fn ascii(digits: &[u8]) -> &str {
    core::str::from_utf8(digits).unwrap_or_default()
}

/// Where a request falls when traffic is shared out: 0 to 99,999, evenly.
pub fn traffic_share(seed: Seed) -> u32 {
    (draw(seed, 4) % 100_000) as u32
}

/// The `n`th number from the seed's last 16 bytes (SplitMix64's finaliser; uniqueness matters here, not secrecy).
fn draw(seed: Seed, n: u64) -> u64 {
    let (mut a, mut b) = ([0; 8], [0; 8]);
    a.copy_from_slice(&seed.0[16..24]);
    b.copy_from_slice(&seed.0[24..]);
    let mut z = (u64::from_le_bytes(a) ^ u64::from_le_bytes(b).rotate_left(17))
        .wrapping_add(n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_the_shapes_that_aws_gives_them() {
        let seed = Seed(core::array::from_fn(|i| i as u8 * 7));
        assert_eq!(request_id(seed), "00070e15-1c23-4a31-b83f-464d545b6269");
        assert_eq!(extended_request_id(seed).len(), 16);
        assert_eq!(extended_request_id(Seed([0xfb; 32])), "-_v7-_v7-_v7-_s=");
        let root = trace_root(seed, Timestamp(1_700_000_000_000));
        assert!(root.starts_with("1-6553f100-") && root.len() == 35);
        assert_eq!(trace_parent(seed).len(), 16);
        for number in [0, 0x0123_4567, 0x89ab_cdef, 0x9a90_a9af, u32::MAX] {
            assert_eq!(ascii(&hex(number)), alloc::format!("{number:08x}"));
        }
        assert_eq!(trace_parent(Seed([7; 32])), alloc::format!("{:016x}", draw(Seed([7; 32]), 3)));
    }
}
