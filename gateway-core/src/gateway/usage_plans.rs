//! API keys by digest, and the plans in which each of them calls which stages.

use alloc::{string::String, vec::Vec};

use super::MethodOf;
use crate::bucket::{BucketTake, Limit};
use crate::definition::{
    ApiKey, DefinitionError, KeyDigest, Severity, Snapshot, Source, UsagePlan, UsagePlanStage,
};
use crate::usage::UsageTake;

/// The keys of a snapshot.
#[derive(Debug, Default)]
pub(crate) struct UsagePlans {
    /// In the order of digests.
    keys: Vec<KeyPlans>,
}

/// A key, and its plans.
#[derive(Debug)]
struct KeyPlans {
    digest: KeyDigest,
    /// Index into the snapshot's keys.
    key: usize,
    /// Indices into the snapshot's plans.
    plans: Vec<usize>,
}

/// A key that may call a method, and the plan by which it does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usable<'g> {
    pub(crate) key: &'g ApiKey,
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
        let keys = snapshot.api_keys.iter().zip(plans_of).enumerate();
        let keys =
            keys.map(|(key, (api_key, plans))| KeyPlans { digest: api_key.digest, key, plans });
        let mut keys: Vec<KeyPlans> = keys.collect();
        keys.sort_unstable_by_key(|key| key.digest);
        for pair in keys.windows(2).filter(|pair| pair[0].digest == pair[1].digest) {
            let [a, b] = [pair[0].key, pair[1].key].map(|key| &snapshot.api_keys[key].id);
            error(alloc::format!("the API keys `{a}` and `{b}` have one value"));
        }
        for plan in &snapshot.usage_plans {
            let told = plan.check(&snapshot.apis).into_iter();
            errors.extend(told.filter(|error| error.severity == Severity::Error));
        }
        Self { keys }
    }

    /// Whether a caller with this key may call a method, and by which plan; else why not.
    pub(super) fn find<'g>(
        &self,
        snapshot: &'g Snapshot,
        value: &str,
        of: MethodOf<'_>,
    ) -> Result<Usable<'g>, &'static str> {
        let digest = KeyDigest::of(value);
        let place = self.keys.binary_search_by_key(&digest, |key| key.digest);
        let found = &self.keys[place.map_err(|_| "nobody has this API key")?];
        let key = &snapshot.api_keys[found.key];
        if !key.enabled {
            return Err("the API key is disabled");
        }
        let (api_id, stage_name) = (&of.at.api.id, &of.at.stage.stage_name);
        let plans = found.plans.iter().map(|index| &snapshot.usage_plans[*index]);
        let mut usable = plans.filter_map(|plan| {
            let is_called = |stage: &&UsagePlanStage| {
                stage.stage_name == *stage_name && stage.api_id.eq_ignore_ascii_case(api_id)
            };
            Some(Usable { key, plan, stage: plan.api_stages.iter().find(is_called)? })
        });
        usable.next().ok_or("No Usage Plan found for key and API Stage")
    }
}

fn shares_stage(one: &UsagePlan, other: &UsagePlan) -> bool {
    let is_same = |a: &UsagePlanStage, b: &UsagePlanStage| {
        a.stage_name == b.stage_name && a.api_id.eq_ignore_ascii_case(&b.api_id)
    };
    one.api_stages.iter().any(|a| other.api_stages.iter().any(|b| is_same(a, b)))
}

impl Usable<'_> {
    /// The buckets of this key: its own for one method, then the one for all stages of its plan.
    pub(crate) fn buckets(&self, of: MethodOf<'_>) -> impl Iterator<Item = BucketTake> {
        let (plan, key) = (&self.plan.id, &self.key.id);
        let take = |key, limit: &Limit| BucketTake { key, limit: *limit, cost: 1 };
        // A verb of an `ANY` method, or all of it.
        let (verb, any) = (&of.plan.usage_plan_key, &of.plan.any_usage_plan_key);
        let limited = self.stage.throttle.get_key_value(verb);
        let limited = limited.or_else(|| self.stage.throttle.get_key_value(any.as_ref()?));
        let method = limited.map(|(method, limit)| {
            let UsagePlanStage { api_id, stage_name, .. } = self.stage;
            take(alloc::format!("plan/{plan}/{key}/{api_id}/{stage_name}{method}"), limit)
        });
        let all = self.plan.throttle.as_ref();
        let all = all.map(|limit| take(alloc::format!("plan/{plan}/{key}"), limit));
        method.into_iter().chain(all)
    }

    /// What is counted.
    pub(crate) fn usage(&self) -> UsageTake {
        let key = alloc::format!("{}/{}", self.plan.id, self.key.id);
        UsageTake { key, quota: self.plan.quota }
    }
}
