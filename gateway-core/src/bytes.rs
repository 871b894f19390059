//! Texts looked through by their bytes, eight at a time.
//!
//! What a request carries is looked through for what hardly ever stands in it. In a component each turn of a loop looks
//! at the deadline too, which takes as long as the byte itself.

/// How many bytes are looked at before anything is decided.
const AT_ONCE: usize = 8;

/// A one in each byte: times a byte it is that byte everywhere.
pub(crate) const EACH: u64 = u64::from_ne_bytes([1; AT_ONCE]);

/// Where the first byte of this kind stands. As `text.bytes().position(is_sought)`.
pub(crate) fn position(text: &str, is_sought: impl Fn(u8) -> bool) -> Option<usize> {
    let bytes = text.as_bytes();
    let has_it = |chunk: &[u8; AT_ONCE]| chunk.iter().fold(false, |any, b| any | is_sought(*b));
    let (chunks, _) = bytes.as_chunks::<AT_ONCE>();
    let start = chunks.iter().take_while(|chunk| !has_it(chunk)).count() * AT_ONCE;
    let rest = bytes.get(start..)?;
    rest.iter().position(|byte| is_sought(*byte)).map(|at| start + at)
}

/// Where this byte stands first. As `text.bytes().position(|other| other == byte)`.
pub(crate) fn find(text: &str, byte: u8) -> Option<usize> {
    let bytes = text.as_bytes();
    let sought = u64::from(byte) * EACH;
    // What is sought becomes 0, and 0 alone has its highest bit set by the borrow of a one below it.
    let is_absent = |chunk: &[u8; AT_ONCE]| {
        let others = u64::from_ne_bytes(*chunk) ^ sought;
        others.wrapping_sub(EACH) & !others & (0x80 * EACH) == 0
    };
    let (chunks, _) = bytes.as_chunks::<AT_ONCE>();
    let start = chunks.iter().take_while(|chunk| is_absent(chunk)).count() * AT_ONCE;
    let rest = bytes.get(start..)?;
    rest.iter().position(|other| *other == byte).map(|at| start + at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    #[test]
    fn the_first_of_a_kind_is_found_wherever_it_stands() {
        for length in 0..20 {
            let plain: String = "a".repeat(length);
            assert_eq!((position(&plain, |byte| byte == b'?'), find(&plain, b'?')), (None, None));
            for at in 0..length {
                let mut text = plain.clone();
                text.replace_range(at..=at, "?");
                text.push('?');
                assert_eq!(position(&text, |byte| byte == b'?'), Some(at));
                assert_eq!(find(&text, b'?'), Some(at));
            }
        }
    }

    #[test]
    fn no_byte_is_taken_for_another() {
        for byte in 0..0x80 {
            for other in 0..0x80 {
                let text: String = [other; 9].map(char::from).iter().collect();
                assert_eq!(find(&text, byte), (byte == other).then_some(0), "{byte} in {other}");
            }
        }
        assert_eq!(find("gr\u{fc}n, gr\u{fc}n?", b'?'), Some(12));
    }
}
