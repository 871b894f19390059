//! `TakeTokens`: all buckets of this process, in memory.

use std::collections::HashMap;
use std::sync::Mutex;

use gateway_core::bucket::{Bucket, BucketStore, BucketTake, Limit, take_all};
use gateway_core::effect::{TakeTokens, Taken};
use gateway_core::message::Timestamp;
use gateway_core::usage::Usage;

/// Most buckets that are remembered.
const BUCKETS_MAX: usize = 1 << 20;
/// Full buckets are looked for whenever this many more are kept than after the last look.
const SWEEP_GROWTH: usize = 4096;

/// The buckets of all threads, behind one lock: a take is all or nothing over all its buckets. It
/// is held for a few hundred nanoseconds of arithmetic, never across a wait.
#[derive(Debug, Default)]
pub struct Tokens(Mutex<Buckets>);

#[derive(Debug, Default)]
struct Buckets {
    by_key: HashMap<String, (Bucket, Limit)>,
    usage: HashMap<String, Usage>,
    sweep_at: usize,
}

impl Tokens {
    /// Takes from every bucket, or from none.
    pub fn take(&self, effect: &TakeTokens, now: Timestamp) -> Taken {
        let mut buckets = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let taken = take_all(effect, now, &mut *buckets);
        buckets.forget_full(now);
        taken
    }
}

impl BucketStore for Buckets {
    fn load(&self, key: &str) -> Option<Bucket> {
        self.by_key.get(key).map(|(bucket, _)| *bucket)
    }

    fn store(&mut self, take: &BucketTake, bucket: Bucket) {
        match self.by_key.get_mut(&take.key) {
            Some(stored) => *stored = (bucket, take.limit),
            None => {
                self.by_key.insert(take.key.clone(), (bucket, take.limit));
            }
        }
    }

    fn usage(&mut self, key: &str) -> &mut Usage {
        if !self.usage.contains_key(key) {
            self.usage.insert(key.into(), Usage::default());
        }
        self.usage.get_mut(key).expect("it is there")
    }
}

impl Buckets {
    /// An absent bucket is a full one, so forgetting a full one changes nothing.
    fn forget_full(&mut self, now: Timestamp) {
        if self.by_key.len() <= self.sweep_at.max(SWEEP_GROWTH) {
            return;
        }
        self.by_key.retain(|_, (bucket, limit)| bucket.full_at(*limit).is_none_or(|at| at > now));
        if self.by_key.len() > BUCKETS_MAX {
            tracing::warn!(
                buckets = self.by_key.len(),
                "too many token buckets: some start full again"
            );
            let mut surplus = self.by_key.len() - BUCKETS_MAX;
            self.by_key.retain(|_, _| {
                let keep = surplus == 0;
                surplus = surplus.saturating_sub(1);
                keep
            });
        }
        self.sweep_at = self.by_key.len() + SWEEP_GROWTH;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effect(key: &str, rate: f64, burst: u32) -> TakeTokens {
        let limit = Limit::new(rate, burst);
        TakeTokens { buckets: vec![BucketTake { key: key.into(), limit, cost: 1 }], usage: None }
    }

    #[test]
    fn two_threads_are_never_granted_one_token_twice() {
        let tokens = Tokens::default();
        let effect = effect("a", 0.0, 1_000);
        let granted: usize = std::thread::scope(|scope| {
            let (tokens, effect) = (&tokens, &effect);
            let taken = move |_: &usize| tokens.take(effect, Timestamp(0)) == Taken::All;
            let threads: Vec<_> =
                (0..4).map(|_| scope.spawn(move || (0..2_000).filter(taken).count())).collect();
            threads.into_iter().map(|t| t.join().unwrap()).sum()
        });
        assert_eq!(granted, 1_000);
    }

    #[test]
    fn full_buckets_are_forgotten_and_others_are_not() {
        let tokens = Tokens::default();
        tokens.take(&effect("slow", 0.0, 2), Timestamp(0));
        for i in 0..2 * SWEEP_GROWTH {
            tokens.take(&effect(&i.to_string(), 1_000.0, 2), Timestamp(10 * i as u64));
        }
        let kept = tokens.0.lock().unwrap().by_key.len();
        assert!(kept <= SWEEP_GROWTH + 2, "{kept} buckets are kept");
        assert_eq!(tokens.take(&effect("slow", 0.0, 2), Timestamp(1 << 40)), Taken::All);
        assert_eq!(
            tokens.take(&effect("slow", 0.0, 2), Timestamp(1 << 40)),
            Taken::None { empty: 0 }
        );
    }
}
