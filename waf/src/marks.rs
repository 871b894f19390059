//! Which marks a text has, told in one pass: whatever looks for something within reads no text that
//! cannot have it.

/// A set of bytes and kinds of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Marks(u64);

/// The bit of each byte: one for every mark of ASCII, one for all letters, one for all digits and so on.
const BITS: [u8; 256] = {
    let mut bits = [0; 256];
    let (mut byte, mut marks) = (0, 6);
    while byte < 256 {
        let own = byte as u8;
        bits[byte] = match own {
            b'a'..=b'z' | b'A'..=b'Z' => 0,
            b'0'..=b'9' => 1,
            b'_' => 2,
            0 => 3,
            0x80..=0xff => 4,
            0x01..=0x20 | 0x7f => 5,
            _ => {
                marks += 1;
                marks - 1
            }
        };
        byte += 1;
    }
    bits
};

impl Marks {
    /// Letters, digits and `_`.
    pub(crate) const WORD: Self = Self::any_of(b"a0_");

    /// The marks of a text.
    pub(crate) fn of(text: &[u8]) -> Self {
        Self(text.iter().fold(0, |all, byte| all | 1 << BITS[usize::from(*byte)]))
    }

    /// All of these; a letter, a digit, a byte beyond ASCII stands for all of its kind.
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

    /// Whether there is nothing but these.
    pub(crate) const fn is_within(self, all: Self) -> bool {
        self.0 & !all.0 == 0
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
        assert!(Marks::of(&[0xbc]).has(Marks::any_of(&[0x80])));
    }
}
