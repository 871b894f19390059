//! `FlushStageCache`, `FlushStageAuthorizersCache`, and `ResetAuthorizersCache` of HTTP APIs.

use std::sync::Arc;

use gateway_core::definition::{Protocol, Snapshot};
use gateway_core::effect::CacheName;
use http::StatusCode;

use super::answer::Answer;
use super::{Current, State, stages};
use crate::perform::stage_caches::shared;
use crate::redis::RedisConfig;

/// Forgets the responses that a REST API's stage has cached, its canary's too: on all machines, where
/// they share them.
pub(super) async fn flush_responses(state: &State, api_id: &str, stage_name: &str) -> Answer {
    let Current { settings, snapshot, .. } = state.current.borrow().clone();
    let (api, stage) = match stages::find(&snapshot, api_id, stage_name) {
        Ok(found) => found,
        Err(refused) => return refused,
    };
    let is_shared = |redis: &&Arc<RedisConfig>| redis.stage_caches.is_some();
    let shared = settings.redis.as_ref().filter(is_shared).zip(stage.cache_cluster_bytes);
    if let Some((redis, cluster_bytes)) = shared {
        let (api_id, stage_name) = (api.id.clone(), stage.stage_name.clone());
        let name = CacheName { api_id, stage_name };
        if let Err(reason) = shared::flush(redis, &settings.trust, &name, cluster_bytes).await {
            tracing::error!(reason, "cached responses cannot be forgotten");
            return Answer::unavailable("Redis does not answer");
        }
    }
    state.shared.stage_caches.flush(&api.id, &stage.stage_name);
    tracing::info!(api = api.id, stage = stage_name, "cached responses are forgotten");
    Answer::empty(StatusCode::ACCEPTED)
}

/// Forgets what the Lambda authorizers of a REST API's stage said.
pub(super) fn flush_authorizers(state: &State, api_id: &str, stage_name: &str) -> Answer {
    let current = state.current.borrow();
    match stages::find(&current.snapshot, api_id, stage_name) {
        Ok((api, stage)) => {
            current.settings.authorizations.forget_stage(&api.id, &stage.stage_name);
            tracing::info!(api = api.id, stage = stage_name, "authorizers' results are forgotten");
            Answer::empty(StatusCode::ACCEPTED)
        }
        Err(refused) => refused,
    }
}

/// Forgets what the Lambda authorizers of an HTTP API's stage said.
pub(super) fn reset_authorizers(state: &State, api_id: &str, stage_name: &str) -> Answer {
    let current = state.current.borrow();
    let snapshot: &Snapshot = &current.snapshot;
    let mut apis = snapshot.apis.iter().filter(|api| api.protocol == Protocol::Http);
    let Some(api) = apis.find(|api| api.id.eq_ignore_ascii_case(api_id)) else {
        return Answer::not_found(format!("Invalid API identifier specified {api_id}"));
    };
    if !api.stages.iter().any(|stage| stage.stage_name == stage_name) {
        return Answer::not_found("Unable to find Stage by name provided");
    }
    current.settings.authorizations.forget_stage(&api.id, stage_name);
    tracing::info!(api = api.id, stage = stage_name, "authorizers' results are forgotten");
    Answer::empty(StatusCode::NO_CONTENT)
}
