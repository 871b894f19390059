//! Request ids and trace ids, made from the arrival's seed.

use alloc::string::String;

use base64::{Engine, engine::general_purpose::URL_SAFE};

use crate::message::{Seed, Timestamp};

/// `$context.requestId` of a REST API: a random UUID (RFC 9562 §5.4).
pub fn request_id(seed: Seed) -> String {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&seed.0[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut id = String::with_capacity(36);
    for (i, byte) in bytes.into_iter().enumerate() {
        if matches!(i, 4 | 6 | 8 | 10) {
            id.push('-');
        }
        push_hex(&mut id, [byte]);
    }
    id
}

/// `$context.extendedRequestId`, `x-amz-apigw-id`, and an HTTP API's request id: 11 bytes in base64, of the
/// alphabet for URLs (RFC 4648 §5), as AWS's are.
pub fn extended_request_id(seed: Seed) -> String {
    URL_SAFE.encode(&seed.0[16..27])
}

/// An X-Ray trace id: `1-{seconds, 8 hex}-{24 hex}`.
pub fn trace_root(seed: Seed, now: Timestamp) -> String {
    let mut root = String::with_capacity(35);
    root.push_str("1-");
    push_hex(&mut root, ((now.0 / 1000) as u32).to_be_bytes());
    root.push('-');
    push_hex(&mut root, draw(seed, 1).to_be_bytes());
    push_hex(&mut root, (draw(seed, 2) as u32).to_be_bytes());
    root
}

/// An X-Ray segment id: 16 hex digits.
pub fn trace_parent(seed: Seed) -> String {
    let mut parent = String::with_capacity(16);
    push_hex(&mut parent, call_id(seed).to_be_bytes());
    parent
}

/// The same as a number: the id of the span in which an endpoint is called.
pub fn call_id(seed: Seed) -> u64 {
    draw(seed, 3)
}

/// The ids of an exchange's other spans.
pub fn span_id(seed: Seed, n: u64) -> u64 {
    draw(seed, 8 + n)
}

/// Every request has four such texts: `format!` took a sixth of its time.
fn push_hex<const N: usize>(text: &mut String, bytes: [u8; N]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
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
        assert_eq!(trace_parent(Seed([7; 32])), alloc::format!("{:016x}", draw(Seed([7; 32]), 3)));
    }
}
