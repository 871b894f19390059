//! DER, as much of it as names and dates of certificates need (X.690 §8, §10).

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OID: u8 = 0x06;
pub(super) const UTC_TIME: u8 = 0x17;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const BMP_STRING: u8 = 0x1e;
pub(super) const TELETEX_STRING: u8 = 0x14;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;
/// A certificate's `[0]`.
pub(super) const VERSION: u8 = 0xa0;

/// A tag and what it holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Element<'d> {
    pub(super) tag: u8,
    pub(super) value: &'d [u8],
}

/// Elements that follow one another.
pub(super) struct Reader<'d>(pub(super) &'d [u8]);

impl<'d> Reader<'d> {
    /// The next element.
    pub(super) fn element(&mut self) -> Option<Element<'d>> {
        let [tag, first, rest @ ..] = self.0 else { return None };
        let (length, rest) = match first {
            0..=0x7f => (usize::from(*first), rest),
            // Nothing that is read here is longer than three bytes can say.
            0x81..=0x83 => {
                let (length, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                (length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), rest)
            }
            _ => return None,
        };
        let (value, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(Element { tag: *tag, value })
    }

    /// What the next element holds, if it has this tag.
    pub(super) fn value(&mut self, tag: u8) -> Option<&'d [u8]> {
        self.element().filter(|element| element.tag == tag).map(|element| element.value)
    }

    /// Passes over the next element if it has this tag.
    pub(super) fn skip_if(&mut self, tag: u8) {
        if self.0.first() == Some(&tag) {
            self.element();
        }
    }
}

impl<'d> Iterator for Reader<'d> {
    type Item = Element<'d>;
    fn next(&mut self) -> Option<Element<'d>> {
        self.element()
    }
}
