//! What an exchange was told so far, encoded: enough to run it again from the beginning.

/// When it was known, in milliseconds since 1970, and an encoded outcome.
pub(super) type Told = (u64, Vec<u8>);

/// An arrival and the outcomes that followed.
#[derive(Debug)]
pub(super) struct Transcript {
    arrival: Vec<u8>,
    outcomes: Vec<Told>,
    bytes: usize,
    bytes_max: usize,
}

impl Transcript {
    /// Begins with an encoded arrival. Once there is more than `bytes_max` no outcome is kept.
    ///
    /// The arrival always is: it has no content, and its exchange cannot be ended without it.
    pub(super) fn new(arrival: Vec<u8>, bytes_max: usize) -> Self {
        let bytes = arrival.len();
        Self { arrival, outcomes: Vec::new(), bytes, bytes_max }
    }

    /// Adds an encoded outcome and when it was known.
    pub(super) fn push(&mut self, now_ms: u64, outcome: Vec<u8>) {
        self.bytes = self.bytes.saturating_add(outcome.len());
        if self.is_complete() {
            self.outcomes.push((now_ms, outcome));
        } else {
            self.outcomes = Vec::new();
        }
    }

    /// What the exchange began with.
    pub(super) fn arrival(&self) -> &[u8] {
        &self.arrival
    }

    /// Whether everything is still there.
    pub(super) fn is_complete(&self) -> bool {
        self.bytes <= self.bytes_max
    }

    /// The arrival, and the outcomes in order, if everything is still there.
    pub(super) fn read(&self) -> Option<(&[u8], &[Told])> {
        self.is_complete().then_some((&self.arrival[..], &self.outcomes[..]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transcript_beyond_its_bound_keeps_the_arrival_alone() {
        let mut transcript = Transcript::new(vec![1; 10], 20);
        transcript.push(1, vec![2; 10]);
        assert_eq!(transcript.read(), Some((&[1; 10][..], &[(1, vec![2; 10])][..])));
        transcript.push(2, vec![3]);
        assert_eq!(transcript.read(), None);
        assert!(transcript.arrival() == [1; 10] && transcript.outcomes.is_empty());
        transcript.push(3, Vec::new());
        assert_eq!(transcript.read(), None);
    }
}
