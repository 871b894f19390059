//! API keys by digest, and the plans in which each of them calls which stages.

use alloc::{boxed::Box, string::String, vec::Vec};

use super::{MethodOf, MethodPlan};
use crate::bucket::BucketTake;
use crate::definition::{
    DefinitionError, KeyDigest, Severity, Snapshot, Source, UsagePlan, UsagePlanStage,
};
use crate::usage::UsageTake;

/// The keys of a snapshot. A key is found by few looks at memory, however many there are: digests are as good as
/// random, so that how one begins says where it stands.
#[derive(Debug, Default)]
pub(crate) struct UsagePlans {
    /// In the order of digests.
    keys: Vec<KeyPlans>,
    /// As many parts of all digests as there are keys: where the keys of each of them begin, and where the last end.
    starts: Vec<u32>,
}

/// A key, with everything that is asked of it.
#[derive(Debug)]
struct KeyPlans {
    digest: KeyDigest,
    id: Box<str>,
    plans: Plans,
    enabled: bool,
}

/// Indices into the snapshot's plans. Most keys have one.
#[derive(Debug)]
enum Plans {
    One(usize),
    Several(Box<[usize]>),
}

/// A key that may call a method, and the plan by which it does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usable<'g> {
    pub(crate) key_id: &'g str,
    plan: &'g UsagePlan,
    stage: &'g UsagePlanStage,
}

impl UsagePlans {
    /// Sorts keys and finds their plans. A value that two keys have, or a key with two plans for one
    /// stage, leaves open what counts: AWS refuses both.
    pub(super) fn compile(snapshot: &Snapshot, errors: &mut Vec<DefinitionError>) -> Self {
        let mut error = |message: String| {
            errors.push(DefinitionError::error(Source::default(), message));
        };
        let mut by_id: Vec<(&str, usize)> =
            snapshot.api_keys.iter().enumerate().map(|(i, key)| (key.id.as_str(), i)).collect();
        by_id.sort_unstable();
        for pair in by_id.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
            error(alloc::format!("two API keys have the id `{}`", pair[0].0));
        }
        let mut plans_of: Vec<Vec<usize>> = snapshot.api_keys.iter().map(|_| Vec::new()).collect();
        for (index, plan) in snapshot.usage_plans.iter().enumerate() {
            for id in &plan.api_key_ids {
                let Ok(place) = by_id.binary_search_by(|(other, _)| (*other).cmp(id)) else {
                    error(alloc::format!("usage plan `{}`: there is no API key `{id}`", plan.id));
                    continue;
                };
                let plans = &mut plans_of[by_id[place].1];
                let is_shared = |other: &usize| shares_stage(&snapshot.usage_plans[*other], plan);
                if plans.iter().any(is_shared) {
                    error(alloc::format!(
                        "the API key `{id}` has another usage plan for a stage of the usage plan `{}`",
                        plan.id
                    ));
                }
                plans.push(index);
            }
        }
        let keys = snapshot.api_keys.iter().zip(plans_of).map(|(key, plans)| KeyPlans {
            digest: key.digest,
            id: key.id.as_str().into(),
            plans: plans.into(),
            enabled: key.enabled,
        });
        let mut keys: Vec<KeyPlans> = keys.collect();
        keys.sort_unstable_by_key(|key| key.digest);
        for pair in keys.windows(2).filter(|pair| pair[0].digest == pair[1].digest) {
            error(alloc::format!(
                "the API keys `{}` and `{}` have one value",
                pair[0].id,
                pair[1].id
            ));
        }
        for plan in &snapshot.usage_plans {
            let told = plan.check(&snapshot.apis).into_iter();
            errors.extend(told.filter(|error| error.severity == Severity::Error));
        }
        let starts = (0..=keys.len())
            .map(|part| keys.partition_point(|key| key.digest.part_of(keys.len()) < part) as u32);
        Self { starts: starts.collect(), keys }
    }

    fn of_digest(&self, digest: &KeyDigest) -> Option<&KeyPlans> {
        let part = digest.part_of(self.keys.len());
        let (from, to) = (*self.starts.get(part)?, *self.starts.get(part + 1)?);
        self.keys.get(from as usize..to as usize)?.iter().find(|key| key.digest == *digest)
    }

    /// Whether a caller with this key may call a method, and by which plan; else why not.
    pub(super) fn find<'g>(
        &'g self,
        snapshot: &'g Snapshot,
        value: &str,
        of: MethodOf<'_>,
    ) -> Result<Usable<'g>, &'static str> {
        let key = self.of_digest(&KeyDigest::of(value)).ok_or("nobody has this API key")?;
        if !key.enabled {
            return Err("the API key is disabled");
        }
        let (api_id, stage_name) = (&of.at.api.id, &of.at.stage.stage_name);
        let plans = key.plans.indices().iter().map(|index| &snapshot.usage_plans[*index]);
        let mut usable = plans.filter_map(|plan| {
            let is_called = |stage: &&UsagePlanStage| {
                stage.stage_name == *stage_name && stage.api_id.eq_ignore_ascii_case(api_id)
            };
            Some(Usable { key_id: &key.id, plan, stage: plan.api_stages.iter().find(is_called)? })
        });
        usable.next().ok_or("No Usage Plan found for key and API Stage")
    }
}

impl Plans {
    fn indices(&self) -> &[usize] {
        match self {
            Self::One(plan) => core::slice::from_ref(plan),
            Self::Several(plans) => plans,
        }
    }
}

impl From<Vec<usize>> for Plans {
    fn from(plans: Vec<usize>) -> Self {
        match plans[..] {
            [plan] => Self::One(plan),
            _ => Self::Several(plans.into()),
        }
    }
}

fn shares_stage(one: &UsagePlan, other: &UsagePlan) -> bool {
    let is_same = |a: &UsagePlanStage, b: &UsagePlanStage| {
        a.stage_name == b.stage_name && a.api_id.eq_ignore_ascii_case(&b.api_id)
    };
    one.api_stages.iter().any(|a| other.api_stages.iter().any(|b| is_same(a, b)))
}

impl Usable<'_> {
    /// The buckets of this key: its own for each of these methods, then the one for all stages of its plan.
    pub(crate) fn buckets<'m>(
        self,
        methods: impl Iterator<Item = &'m MethodPlan>,
    ) -> impl Iterator<Item = BucketTake> {
        let all = self.plan.throttle.as_ref().map(|limit| BucketTake {
            key: alloc::format!("plan/{}/{}", self.plan.id, self.key_id),
            limit: *limit,
            cost: 1,
        });
        methods.filter_map(move |method| self.bucket_of(method)).chain(all)
    }

    /// Of a method that the plan limits by itself: a verb of an `ANY` method, or all of it.
    fn bucket_of(&self, method: &MethodPlan) -> Option<BucketTake> {
        let (plan, key) = (&self.plan.id, self.key_id);
        let UsagePlanStage { api_id, stage_name, throttle, .. } = self.stage;
        let limited = throttle.get_key_value(&method.usage_plan_key);
        let any = || throttle.get_key_value(method.any_usage_plan_key.as_ref()?);
        let (method, limit) = limited.or_else(any)?;
        let key = alloc::format!("plan/{plan}/{key}/{api_id}/{stage_name}{method}");
        Some(BucketTake { key, limit: *limit, cost: 1 })
    }

    /// What is counted.
    pub(crate) fn usage(&self) -> UsageTake {
        let key = alloc::format!("{}/{}", self.plan.id, self.key_id);
        UsageTake { key, quota: self.plan.quota }
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;
    use crate::definition::ApiKey;

    fn plans(keys: usize) -> UsagePlans {
        let key = |number| ApiKey {
            id: format!("key{number}"),
            name: String::new(),
            digest: KeyDigest::of(&format!("value{number}")),
            enabled: true,
            customer_id: None,
        };
        let api_keys = (0..keys).map(key).collect();
        let snapshot = Snapshot { api_keys, ..Snapshot::new("r", "123456789012", Vec::new()) };
        let mut errors = Vec::new();
        let plans = UsagePlans::compile(&snapshot, &mut errors);
        assert!(errors.is_empty(), "{errors:?}");
        plans
    }

    #[test]
    fn every_key_is_found_and_nobody_elses_however_many_there_are() {
        for count in [0, 1, 2, 3, 100, 1_000] {
            let plans = plans(count);
            for number in 0..count + 100 {
                let found = plans.of_digest(&KeyDigest::of(&format!("value{number}")));
                let expected = (number < count).then(|| format!("key{number}"));
                assert_eq!(found.map(|key| &*key.id), expected.as_deref(), "of {count}");
            }
        }
    }

    #[test]
    fn among_many_keys_few_are_looked_at() {
        let plans = plans(10_000);
        let most = plans.starts.windows(2).map(|part| part[1] - part[0]).max();
        assert!(most < Some(12), "{most:?}");
    }
}
