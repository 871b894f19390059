//! MD5 (RFC 1321), for the transformation of that name alone: it protects nothing.

use alloc::vec::Vec;

const SHIFTS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];

/// The digest as hexadecimal digits.
pub(crate) fn md5_hex(text: &[u8]) -> Vec<u8> {
    let digits = md5(text).into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| b"0123456789abcdef"[digit as usize]).collect()
}

/// The digest.
pub(crate) fn md5(text: &[u8]) -> Vec<u8> {
    let constants = constants();
    let mut padded = text.to_vec();
    padded.push(0x80);
    padded.resize((padded.len() + 8).div_ceil(64) * 64 - 8, 0);
    padded.extend((text.len() as u64).wrapping_mul(8).to_le_bytes());
    let mut state: [u32; 4] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    for block in padded.chunks_exact(64) {
        let mut words = [0_u32; 16];
        for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
            *word = bytes.iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte));
        }
        let [mut a, mut b, mut c, mut d] = state;
        for step in 0..64 {
            let (mixed, word) = match step / 16 {
                0 => ((b & c) | (!b & d), step),
                1 => ((d & b) | (!d & c), 5 * step + 1),
                2 => (b ^ c ^ d, 3 * step + 5),
                _ => (c ^ (b | !d), 7 * step),
            };
            let sum =
                a.wrapping_add(mixed).wrapping_add(constants[step]).wrapping_add(words[word % 16]);
            (a, d, c) = (d, c, b);
            b = b.wrapping_add(sum.rotate_left(SHIFTS[step / 16][step % 4]));
        }
        for (kept, new) in state.iter_mut().zip([a, b, c, d]) {
            *kept = kept.wrapping_add(new);
        }
    }
    state.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// ⌊2³² · |sin(i + 1)|⌋, without a sine at hand: by the addition theorem in fixed point.
fn constants() -> [u32; 64] {
    // sin 1 and cos 1 in 2⁻⁹⁶ would round rightly; f64 has 53 bits of which 32 are used.
    const SIN_1: f64 = 0.841_470_984_807_896_5;
    const COS_1: f64 = 0.540_302_305_868_139_8;
    let mut all = [0; 64];
    let (mut sine, mut cosine) = (SIN_1, COS_1);
    for constant in &mut all {
        *constant = (sine.abs() * 4_294_967_296.0) as u32;
        (sine, cosine) = (sine * COS_1 + cosine * SIN_1, cosine * COS_1 - sine * SIN_1);
    }
    all
}
