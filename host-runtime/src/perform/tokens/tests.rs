use gateway_core::bucket::Limit;
use gateway_core::definition::{Quota, QuotaPeriod};
use gateway_core::usage::UsageTake;

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
fn this_store_and_the_plainest_one_answer_alike() {
    let (tokens, mut plain) = (Tokens::default(), gateway_core::bucket::Buckets::default());
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut draw = |below: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % below
    };
    let mut now = 20_000 * 86_400_000;
    let mut seen = [0; 3];
    for _ in 0..200_000 {
        now += draw(400) * draw(400);
        let count = 1 + draw(4);
        let buckets = (0..count).map(|_| {
            let which = draw(300);
            let limit = Limit::new([0.0, 0.01, 1.0, 500.0][which as usize % 4], (which % 5) as u32);
            BucketTake { key: format!("bucket/{which}"), limit, cost: 1 }
        });
        let buckets = buckets.collect();
        let quota = Quota { limit: draw(60) as u32, offset: 0, period: QuotaPeriod::Week };
        let key = format!("p/{}", draw(9));
        let usage = (draw(2) == 0).then_some(UsageTake { key, quota: Some(quota) });
        let effect = TakeTokens { buckets, usage };
        let taken = tokens.take(&effect, Timestamp(now));
        assert_eq!(taken, take_all(&effect, Timestamp(now), &mut plain), "{effect:?} at {now}");
        seen[match taken {
            Taken::All => 0,
            Taken::None { .. } => 1,
            Taken::QuotaExceeded => 2,
        }] += 1;
    }
    assert!(seen.iter().all(|times| *times > 1_000), "{seen:?}");
}

#[test]
fn only_what_was_counted_is_to_be_written() {
    let tokens = Tokens::default();
    let quota = Some(Quota { limit: 1, offset: 0, period: QuotaPeriod::Day });
    let usage = Some(UsageTake { key: "p/k".into(), quota });
    let counted = TakeTokens { usage, ..effect("a", 0.0, 9) };
    assert_eq!(tokens.take(&counted, Timestamp(0)), Taken::All);
    let batch = tokens.unwritten();
    assert_eq!(
        batch.iter().map(|u| (&*u.key, &u.days[..])).collect::<Vec<_>>(),
        [("p/k", &[(0, 1)][..])]
    );
    assert_eq!(tokens.take(&counted, Timestamp(0)), Taken::QuotaExceeded);
    assert_eq!(tokens.take(&effect("a", 0.0, 9), Timestamp(0)), Taken::All);
    assert_eq!(tokens.unwritten(), []);
}
