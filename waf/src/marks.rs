//! Which marks a text has, told in one pass: whatever looks for something within reads no text that
//! cannot have it.

/// A set of bytes and kinds of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Marks(u64);

/// The bit of each byte: one for every mark of ASCII, one for all digits and so on, and one for every letter, whatever its
/// case.
const BITS: [u8; 256] = {
    let mut bits = [0; 256];
    let (mut byte, mut marks) = (0, 4);
    while byte < 256 {
        let own = byte as u8;
        bits[byte] = match own {
            b'a'..=b'z' => LETTER + own - b'a',
            b'A'..=b'Z' => LETTER + own - b'A',
            b'0'..=b'9' => 0,
            0 => 1,
            0x80..=0xff => 2,
            0x01..=0x20 | 0x7f => 3,
            _ => {
                marks += 1;
                marks - 1
            }
        };
        byte += 1;
    }
    bits
};
/// Of the first letter.
const LETTER: u8 = 36;

impl Marks {
    pub(crate) const LETTERS: Self = Self(((1 << 26) - 1) << LETTER);
    /// Letters, digits and `_`.
    pub(crate) const WORD: Self = Self::LETTERS.with(Self::any_of(b"0_"));

    /// The marks of a text.
    pub(crate) fn of(text: &[u8]) -> Self {
        Self(text.iter().fold(0, |all, byte| all | 1 << BITS[usize::from(*byte)]))
    }

    /// All of these; a digit, a control and a byte beyond ASCII stand for all of their kind.
    pub(crate) const fn any_of(all: &[u8]) -> Self {
        let (mut marks, mut at) = (0, 0);
        while at < all.len() {
            marks |= 1 << BITS[all[at] as usize];
            at += 1;
        }
        Self(marks)
    }

    /// Those of two texts.
    pub(crate) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether there is one of these.
    pub(crate) const fn has(self, any: Self) -> bool {
        self.0 & any.0 != 0
    }

    /// Whether there is each of these: a text without has none of the words that are made of them.
    pub(crate) const fn has_all(self, all: Self) -> bool {
        all.0 & !self.0 == 0
    }

    /// Whether there is nothing but these.
    pub(crate) const fn is_within(self, all: Self) -> bool {
        self.0 & !all.0 == 0
    }

    /// Whether there is each byte of a text, which may not be there for all that.
    pub(crate) fn may_have(self, text: &[u8]) -> bool {
        text.iter().all(|byte| self.0 >> BITS[usize::from(*byte)] & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_of_ascii_is_told_from_every_other() {
        let marks: [&[u8]; 4] = [b"!", b"'", b"~", b"{"];
        for one in marks {
            for other in marks {
                assert_eq!(Marks::of(one).has(Marks::any_of(other)), one == other);
            }
        }
        assert!(Marks::of(b"aZ_09").is_within(Marks::WORD));
        assert!(!Marks::of(b"a-b").is_within(Marks::WORD));
        assert!(Marks::of(b"").is_within(Marks::WORD));
        assert!(Marks::of(b"a-Z").has_all(Marks::any_of(b"Az")));
        assert!(!Marks::of(b"a-Z").has_all(Marks::any_of(b"b-")));
        assert!(Marks::of(b"Nikto/2").may_have(b"nikto") && !Marks::of(b"no").may_have(b"not"));
        assert!(Marks::of(&[0xbc]).has(Marks::any_of(&[0x80])));
    }
}
