//! A stage's canary, compiled: the same stage with another deployment and other variables.

use alloc::vec::Vec;

use super::cache::StageCache;
use super::stage::StagePlan;
use crate::definition::{Api, DefinitionError, Snapshot, Source, Stage};
use crate::ids;
use crate::message::Seed;

/// A canary.
#[derive(Debug)]
pub(super) struct CanaryPlan {
    percent_traffic_thousandths: u32,
    /// The stage as the canary's requests see it.
    pub(super) stage: Stage,
    pub(super) plan: StagePlan,
}

impl CanaryPlan {
    /// The canary of a stage that has one.
    pub(super) fn compile(
        snapshot: &Snapshot,
        api: &Api,
        stage: &Stage,
        cache: Option<&StageCache>,
        errors: &mut Vec<DefinitionError>,
    ) -> Option<Self> {
        let settings = stage.canary.as_ref()?;
        let stage = stage.as_canary()?;
        let Some(deployment) = api.deployments.get(stage.deployment as usize) else {
            let message = alloc::format!(
                "the canary of stage `{}` of API `{}` serves deployment {}, which does not exist",
                stage.stage_name,
                api.id,
                stage.deployment
            );
            errors.push(DefinitionError::error(Source::default(), message));
            return None;
        };
        let mut own_errors = Vec::new();
        let own_cache = StageCache::of(api, &stage, &deployment.id, true);
        let cache = if settings.use_stage_cache { cache } else { own_cache.as_ref() };
        let plan = StagePlan::compile(snapshot, api, &stage, deployment, cache, &mut own_errors);
        // What is wrong with the stage itself was told when the stage was compiled.
        own_errors.retain(|error| !errors.contains(error));
        errors.append(&mut own_errors);
        let percent_traffic_thousandths = settings.percent_traffic_thousandths;
        Some(Self { percent_traffic_thousandths, stage, plan })
    }

    /// Whether it answers the request of this seed. Shares of 0 and 100 percent are exact.
    pub(super) fn takes(&self, seed: Seed) -> bool {
        ids::traffic_share(seed) < self.percent_traffic_thousandths
    }
}
