//! What an exchange was told so far, encoded: enough to run it again from the beginning.

/// Something that an exchange was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Told {
    /// In answer to a step: when it was known, in milliseconds since 1970, and an encoded outcome.
    Resumed(u64, Vec<u8>),
    /// While it ran: an encoded time and outcome.
    AtOnce(Vec<u8>),
}

/// An arrival and what followed.
#[derive(Debug)]
pub(super) struct Transcript {
    arrival: Vec<u8>,
    told: Vec<Told>,
    bytes: usize,
    bytes_max: usize,
}

impl Transcript {
    /// Begins with an encoded arrival. Once there is more than `bytes_max` no outcome is kept.
    ///
    /// The arrival always is: it has no content, and its exchange cannot be ended without it.
    pub(super) fn new(arrival: Vec<u8>, bytes_max: usize) -> Self {
        let bytes = arrival.len();
        Self { arrival, told: Vec::new(), bytes, bytes_max }
    }

    /// Adds what the exchange was told.
    pub(super) fn push(&mut self, told: Told) {
        let (Told::Resumed(_, bytes) | Told::AtOnce(bytes)) = &told;
        self.bytes = self.bytes.saturating_add(bytes.len());
        if self.is_complete() {
            self.told.push(told);
        } else {
            self.told = Vec::new();
        }
    }

    /// Adds everything, in order.
    pub(super) fn extend(&mut self, told: Vec<Told>) {
        told.into_iter().for_each(|told| self.push(told));
    }

    /// What the exchange began with.
    pub(super) fn arrival(&self) -> &[u8] {
        &self.arrival
    }

    /// Whether everything is still there.
    pub(super) fn is_complete(&self) -> bool {
        self.bytes <= self.bytes_max
    }

    /// What the exchange was told after its arrival, in order, if everything is still there.
    pub(super) fn read(&self) -> Option<&[Told]> {
        self.is_complete().then_some(&self.told[..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transcript_beyond_its_bound_keeps_the_arrival_alone() {
        let mut transcript = Transcript::new(vec![1; 10], 20);
        transcript.push(Told::Resumed(1, vec![2; 8]));
        transcript.push(Told::AtOnce(vec![2; 2]));
        let told = [Told::Resumed(1, vec![2; 8]), Told::AtOnce(vec![2; 2])];
        assert_eq!(transcript.read(), Some(&told[..]));
        transcript.push(Told::AtOnce(vec![3]));
        assert_eq!(transcript.read(), None);
        assert!(transcript.arrival() == [1; 10] && transcript.told.is_empty());
        transcript.push(Told::Resumed(3, Vec::new()));
        assert_eq!(transcript.read(), None);
    }
}
