//! Inputs made of others by numbers that only seem to be random.

/// Longest input.
const BYTES_MAX: usize = 4_096;
/// Most changes to one.
const CHANGES_MAX: usize = 6;
/// Bytes that mean something to one target or another.
const TELLING: &[u8] = b"\0\xff\"'{}[]()<>$#@!*.,:;/\\|&=%+-?~^ \t\r\n09azAZ";

/// Marsaglia's xorshift64, always from the same beginning.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new() -> Self {
        Self(0x9E37_79B9_7F4A_7C15)
    }

    /// A number below this one, or 0.
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % end.max(1)
    }

    fn byte(&mut self) -> u8 {
        self.below(256) as u8
    }

    /// Noise.
    pub(super) fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.byte()).collect()
    }

    /// One of them, changed here and there.
    pub(super) fn mutate(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut input = seeds[self.below(seeds.len())].clone();
        for _ in 0..=self.below(CHANGES_MAX) {
            self.change(&mut input, seeds);
        }
        input.truncate(BYTES_MAX);
        input
    }

    fn change(&mut self, input: &mut Vec<u8>, seeds: &[Vec<u8>]) {
        let at = self.below(input.len());
        let end = (at + 1 + self.below(16)).min(input.len());
        let telling = TELLING[self.below(TELLING.len())];
        match self.below(7) {
            0 if !input.is_empty() => input[at] = telling,
            1 if !input.is_empty() => input[at] = self.byte(),
            2 => input.insert(at, telling),
            3 if !input.is_empty() => drop(input.drain(at..end)),
            4 if !input.is_empty() => {
                let again = input[at..end].repeat(1 + self.below(8));
                input.splice(at..at, again);
            }
            5 => {
                let other = &seeds[self.below(seeds.len())];
                let from = self.below(other.len());
                let until = (from + 1 + self.below(32)).min(other.len());
                input.splice(at..at, other[from..until].iter().copied());
            }
            _ => input.truncate(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_are_the_same_every_time_bounded_and_seldom_what_they_were_made_of() {
        let seeds = [b"$.a[0]".to_vec(), Vec::new(), vec![b'x'; BYTES_MAX]];
        let made = || {
            let mut random = Random::new();
            (0..500).map(|_| random.mutate(&seeds)).collect::<Vec<_>>()
        };
        let inputs = made();
        assert_eq!(inputs, made());
        assert!(inputs.iter().all(|input| input.len() <= BYTES_MAX));
        assert!(inputs.iter().filter(|input| seeds.contains(input)).count() < 150);
    }
}
