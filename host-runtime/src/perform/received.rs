//! How large a header section of an endpoint's answer may be, by whichever version of HTTP it comes.

use gateway_core::effect::EffectError;

use crate::section::Section;

/// Most field lines. Bytes alone would not do: what a line costs here is more than its bytes.
pub(super) const FIELDS_MAX: usize = 1_000;
/// Most bytes of names and values together.
const BYTES_MAX: usize = 128 * 1024;
/// Most bytes of an HTTP/1.1 head that are read: the lines have ends and white space besides.
pub(super) const HEAD_BYTES_MAX: usize = 2 * BYTES_MAX;
/// Largest header list that HTTP/2's own reader takes (RFC 9113 §6.5.2: 32 bytes more for each field). It resets
/// the stream of a larger one without a word of why, so that this is more than is taken.
pub(super) const HEADER_LIST_MAX: u32 = 1024 * 1024;

const TOO_LARGE: &str =
    "the header section of the answer has more than 1,000 fields or 131,072 bytes";

/// Whether the section is one that is passed on.
///
/// # Errors
/// [`too_large`].
pub(super) fn check(section: &Section) -> Result<(), EffectError> {
    let lines = section.iter();
    if lines.len() > FIELDS_MAX {
        return Err(too_large());
    }
    let bytes: usize = lines.map(|(name, value)| name.len() + value.len()).sum();
    if bytes > BYTES_MAX { Err(too_large()) } else { Ok(()) }
}

/// Of an endpoint whose answer has a larger one. It is an answer, and the next one will be like it: neither what
/// 504 says, nor that it may be asked again. AWS calls content that is too large a configuration error, too.
pub(super) fn too_large() -> EffectError {
    EffectError::Misconfigured(TOO_LARGE.into())
}

/// Whether this is [`too_large`]: who answers too much is there.
pub(super) fn is_too_large(error: &EffectError) -> bool {
    matches!(error, EffectError::Misconfigured(reason) if reason == TOO_LARGE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::section::Line;

    #[test]
    fn a_section_has_so_many_fields_and_so_many_bytes() {
        let check = |lines: &[Line<'_>]| check(&Section::copied(lines));
        let mut lines: Vec<Line<'_>> = vec![("a", b"1"); FIELDS_MAX];
        assert_eq!(check(&lines), Ok(()));
        lines.push(("a", b"1"));
        assert_eq!(check(&lines), Err(too_large()));
        let value = vec![b'v'; BYTES_MAX];
        assert_eq!(check(&[("a", &value[1..])]), Ok(()));
        assert_eq!(check(&[("a", &value)]), Err(too_large()));
        assert!(is_too_large(&too_large()));
        assert!(!is_too_large(&EffectError::Misconfigured("its certificate".into())));
    }
}
