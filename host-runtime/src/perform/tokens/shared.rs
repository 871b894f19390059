//! Buckets and counts that several machines share, in Redis or Valkey: one round trip for all that
//! a request takes.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use gateway_core::definition::UsagePlan;
use gateway_core::effect::{TakeTokens, Taken};
use gateway_core::limits::USAGE_DAYS_MAX;
use gateway_core::message::Timestamp;
use gateway_core::usage::{Day, Usage, UsageTake, day_of};

use crate::perform::trust::Trust;
use crate::redis::{Command, Health, Redis, RedisConfig, RedisError, Reply, Script};
use crate::usage_store::Counted;

const SCRIPT: &str = include_str!("take_all.lua");
/// How long a bucket stays that is full: an absent one is a full one, but clocks may be set.
const FULL_STAYS_MS: u64 = 1_000;
/// Longest wait for an answer to who makes a report.
const REPORT_MAX: Duration = Duration::from_secs(5);
/// Counts that are asked for together.
const KEYS_AT_A_TIME: usize = 256;

/// What all machines have counted for the keys of a plan.
///
/// # Errors
/// When the server does not answer; in words.
pub(crate) async fn counted(
    config: &Arc<RedisConfig>,
    trust: &Arc<Trust>,
    plan: &UsagePlan,
) -> Result<Counted, String> {
    let patient = RedisConfig { timeout: REPORT_MAX, ..(**config).clone() };
    let health: Arc<Health> = Arc::default();
    let shared = SharedTokens::new(Arc::new(patient), Arc::clone(trust), Arc::clone(&health));
    shared.start();
    let keys = plan.api_key_ids.iter().map(|id| format!("{}/{id}", plan.id));
    let used = shared.used(&keys.collect::<Vec<_>>()).await;
    used.map_err(|error| match (&error, health.reason()) {
        // What is known of the connection tells more than that there is none.
        (RedisError::Away | RedisError::Lost, Some(reason)) => {
            format!("{config:?}, which has the counts, is away: {reason}")
        }
        _ => format!("{config:?}, which has the counts: {error}"),
    })
}

/// The buckets and counts of all machines that share a Redis, as one thread reaches them.
#[derive(Debug)]
pub struct SharedTokens {
    redis: Rc<Redis>,
    script: Script,
}

impl SharedTokens {
    /// Not connected yet.
    pub fn new(config: Arc<RedisConfig>, trust: Arc<Trust>, health: Arc<Health>) -> Self {
        let script = Script::new(SCRIPT);
        Self { redis: Redis::new(config, trust, health, vec![script.load()]), script }
    }

    /// Connects, on a runtime for local tasks.
    pub fn start(&self) {
        self.redis.start();
    }

    /// Takes from every bucket and counts, or does nothing. Buckets go by the server's clock, so that
    /// machines need not agree on the time, unless `at` is given; the day is the machine's.
    ///
    /// # Errors
    /// When the server does not answer. Whether anything was taken is not known then.
    pub async fn take(
        &self,
        effect: &TakeTokens,
        now: Timestamp,
        at: Option<At>,
    ) -> Result<Taken, RedisError> {
        let at = at.unwrap_or(At { now: Timestamp(0), full_stays_ms: FULL_STAYS_MS });
        let (keys, arguments) = self.words(effect, now, at);
        let answer = self.script.run(&self.redis, &keys, &arguments).await;
        let taken = match answer {
            Ok(answer) => taken(&answer).ok_or_else(|| format!("{answer:?}")),
            Err(RedisError::Refused(words)) => Err(words),
            Err(error) => return Err(error),
        };
        // A server that is loading, full, or a replica of another one: as good as away.
        taken.map_err(|words| {
            self.redis.hang_up(&words);
            RedisError::Refused(words)
        })
    }

    /// What was counted under these keys: `{usagePlanId}/{apiKeyId}`.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn used(&self, keys: &[String]) -> Result<Vec<(String, Usage)>, RedisError> {
        let mut counted = Vec::with_capacity(keys.len());
        for keys in keys.chunks(KEYS_AT_A_TIME) {
            let used = futures_util::future::join_all(keys.iter().map(|key| self.used_by(key)));
            for (key, usage) in keys.iter().zip(used.await) {
                counted.push((key.clone(), usage?));
            }
        }
        Ok(counted)
    }

    async fn used_by(&self, key: &str) -> Result<Usage, RedisError> {
        let answer = self.redis.ask(Command::new(["HGETALL", &self.count_key(key)])).await?;
        let texts = answer.texts().ok_or_else(|| RedisError::Refused(format!("{answer:?}")))?;
        let days = texts.chunks_exact(2).filter_map(|pair| {
            // A count beyond what a day can have is as good as the most.
            let used: u64 = pair[1].parse().ok()?;
            Some((pair[0].parse().ok()?, u32::try_from(used).unwrap_or(u32::MAX)))
        });
        Ok(Usage::from_days(days.collect()))
    }

    fn count_key(&self, key: &str) -> String {
        [self.redis.key_prefix(), "usage/", key].concat()
    }

    /// The script's keys and arguments.
    fn words(&self, effect: &TakeTokens, now: Timestamp, at: At) -> (Vec<String>, Vec<String>) {
        let TakeTokens { buckets, usage } = effect;
        let prefix = self.redis.key_prefix();
        let mut keys: Vec<String> =
            buckets.iter().map(|take| [prefix, "bucket/", &take.key].concat()).collect();
        keys.extend(usage.iter().map(|usage| self.count_key(&usage.key)));
        let mut numbers = vec![at.now.0, at.full_stays_ms, buckets.len() as u64];
        for take in buckets {
            let (rate, burst) = (take.limit.rate_microtokens_per_ms, take.limit.burst);
            numbers.extend([rate, burst.into(), take.cost.into()]);
        }
        let numbers = numbers.iter().map(u64::to_string);
        let of_usage = usage.iter().flat_map(|usage| period(usage, day_of(now)));
        (keys, numbers.chain(of_usage).collect())
    }
}

/// Another clock than the server's.
#[derive(Debug, Clone, Copy)]
pub struct At {
    /// The time of all buckets.
    pub now: Timestamp,
    /// How long a bucket stays beyond the moment at which it is full.
    pub full_stays_ms: u64,
}

/// Today, the period, the limit, and most days that are counted.
fn period(usage: &UsageTake, today: Day) -> [String; 5] {
    let period = usage.quota.map(|quota| quota.period_of(today)).unwrap_or(today..today);
    let limit = usage.quota.map_or(-1, |quota| i64::from(quota.limit));
    let numbers =
        [today.into(), period.start.into(), period.end.into(), limit, USAGE_DAYS_MAX as i64];
    numbers.map(|number: i64| number.to_string())
}

fn taken(answer: &Reply) -> Option<Taken> {
    match answer.integers()?[..] {
        [0] => Some(Taken::All),
        [1, empty, wait_ms] => Some(Taken::None {
            empty: empty.try_into().ok()?,
            retry_after_ms: u64::try_from(wait_ms).ok(),
        }),
        [2] => Some(Taken::QuotaExceeded),
        _ => None,
    }
}
