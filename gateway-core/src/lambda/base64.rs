//! Base64 as functions write it.

use alloc::vec::Vec;

use ::base64::Engine;
use ::base64::alphabet;
use ::base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The bytes, or `None` if this is not base64. Padding may be missing, and line breaks may stand
/// in it: several languages' encoders wrap lines (RFC 2045 §6.8).
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    if text.bytes().any(|b| b.is_ascii_whitespace()) {
        let text: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
        return LENIENT.decode(text).ok();
    }
    LENIENT.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_and_lines_are_as_the_function_likes_and_the_alphabet_is_not() {
        for text in ["aGVsbG8=", "aGVsbG8", "aGVs\r\nbG8=\n"] {
            assert_eq!(decode(text).as_deref(), Some(&b"hello"[..]), "{text}");
        }
        assert_eq!(decode("").as_deref(), Some(&b""[..]));
        for text in ["a", "aGVsbG8=x", "a-_b", "not base64!"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
