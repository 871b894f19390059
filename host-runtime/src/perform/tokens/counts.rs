//! What keys have used of their plans, and what of that is not written to disk yet.

use std::sync::Arc;

use gateway_core::message::Timestamp;
use gateway_core::usage::{Day, Usage, day_of};

use super::names::{ByName, Name, Names};

/// Most counts that are handed out to be written at a time: while they are copied, takes wait.
const BATCH_MAX: usize = 512;

/// One entry for each key of a plan that was ever used.
#[derive(Debug, Default)]
pub(super) struct Counts {
    counted: ByName<Counted>,
    /// Those with `since`.
    unwritten: Vec<Name>,
}

#[derive(Debug)]
struct Counted {
    key: Arc<str>,
    usage: Usage,
    /// The first day whose count is not written.
    since: Option<Day>,
}

/// Counts that are to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unwritten {
    /// `{usagePlanId}/{apiKeyId}`
    pub key: Arc<str>,
    /// Days and requests.
    pub days: Vec<(Day, u32)>,
    /// Days before this one are counted no more.
    pub oldest: Day,
}

impl Counts {
    pub(super) fn new(counted: impl IntoIterator<Item = (String, Usage)>, names: &Names) -> Self {
        let mut counts = Self::default();
        for (key, usage) in counted {
            *counts.usage(names.of(&key), &key) = usage;
        }
        counts
    }

    /// What was counted under a key, by its name.
    pub(super) fn usage(&mut self, name: Name, key: &str) -> &mut Usage {
        let new = || Counted { key: key.into(), usage: Usage::default(), since: None };
        &mut self.counted.entry(name).or_insert_with(new).usage
    }

    pub(super) fn used(&self, name: Name) -> Option<&Usage> {
        self.counted.get(&name).map(|counted| &counted.usage)
    }

    /// What was counted under this name has changed.
    pub(super) fn note(&mut self, name: Name, now: Timestamp) {
        self.unwritten_since(name, day_of(now));
    }

    fn unwritten_since(&mut self, name: Name, day: Day) {
        let Some(counted) = self.counted.get_mut(&name) else { return };
        match &mut counted.since {
            Some(since) => *since = day.min(*since),
            since => {
                *since = Some(day);
                self.unwritten.push(name);
            }
        }
    }

    pub(super) fn unwritten(&mut self) -> Vec<Unwritten> {
        let rest = self.unwritten.len().saturating_sub(BATCH_MAX);
        let names = self.unwritten.split_off(rest);
        let batch = names.into_iter().filter_map(|name| {
            let Counted { key, usage, since } = self.counted.get_mut(&name)?;
            let since = since.take()?;
            let days = usage.days();
            Some(Unwritten {
                key: Arc::clone(key),
                oldest: days.first().map_or(0, |(day, _)| *day),
                days: days.iter().filter(|(day, _)| *day >= since).copied().collect(),
            })
        });
        batch.collect()
    }

    pub(super) fn not_written(&mut self, batch: &[Unwritten], names: &Names) {
        for unwritten in batch {
            let since = unwritten.days.first().map(|(day, _)| *day);
            if let Some(since) = since {
                self.unwritten_since(names.of(&unwritten.key), since);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: u64 = 86_400_000;

    fn count(counts: &mut Counts, names: &Names, key: &str, day: Day) {
        let name = names.of(key);
        counts.usage(name, key).count(day);
        counts.note(name, Timestamp(u64::from(day) * DAY_MS));
    }

    fn days(batch: &[Unwritten], key: &str) -> Vec<(Day, u32)> {
        batch.iter().find(|u| &*u.key == key).map(|u| u.days.clone()).unwrap_or_default()
    }

    #[test]
    fn what_is_handed_out_is_what_changed_since() {
        let names = Names::default();
        let counted = ("p/a".into(), Usage::from_days(vec![(1, 5), (2, 7)]));
        let mut counts = Counts::new([counted], &names);
        assert_eq!(counts.unwritten(), []);
        count(&mut counts, &names, "p/a", 2);
        count(&mut counts, &names, "p/b", 3);
        count(&mut counts, &names, "p/b", 3);
        let batch = counts.unwritten();
        assert_eq!((days(&batch, "p/a"), days(&batch, "p/b")), (vec![(2, 8)], vec![(3, 2)]));
        assert_eq!(counts.unwritten(), []);
        counts.not_written(&batch, &names);
        count(&mut counts, &names, "p/b", 4);
        assert_eq!(days(&counts.unwritten(), "p/b"), [(3, 2), (4, 1)]);
    }

    #[test]
    fn many_are_handed_out_in_parts_and_each_once() {
        let (mut counts, names) = (Counts::default(), Names::default());
        let total = 2 * BATCH_MAX + 10;
        (0..total).for_each(|i| count(&mut counts, &names, &format!("p/{i}"), 1));
        let mut keys = Vec::new();
        loop {
            let batch = counts.unwritten();
            assert!(batch.len() <= BATCH_MAX);
            if batch.is_empty() {
                break;
            }
            keys.extend(batch.into_iter().map(|unwritten| unwritten.key));
        }
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), total);
    }
}
