//! `FlushStageCache`, `FlushStageAuthorizersCache`, and `ResetAuthorizersCache` of HTTP APIs.

use gateway_core::definition::{Protocol, Snapshot};
use http::StatusCode;

use super::State;
use super::answer::Answer;
use super::stages;

/// Forgets the responses that a REST API's stage has cached, its canary's too.
pub(super) fn flush_responses(state: &State, api_id: &str, stage_name: &str) -> Answer {
    match stages::find(&state.current.borrow().snapshot, api_id, stage_name) {
        Ok((api, stage)) => {
            state.shared.stage_caches.flush(&api.id, &stage.stage_name);
            tracing::info!(api = api.id, stage = stage_name, "cached responses are forgotten");
            Answer::empty(StatusCode::ACCEPTED)
        }
        Err(refused) => refused,
    }
}

/// Forgets what the Lambda authorizers of a REST API's stage said.
pub(super) fn flush_authorizers(state: &State, api_id: &str, stage_name: &str) -> Answer {
    match stages::find(&state.current.borrow().snapshot, api_id, stage_name) {
        Ok((api, stage)) => {
            state.shared.authorizations.forget_stage(&api.id, &stage.stage_name);
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
    state.shared.authorizations.forget_stage(&api.id, stage_name);
    tracing::info!(api = api.id, stage = stage_name, "authorizers' results are forgotten");
    Answer::empty(StatusCode::NO_CONTENT)
}
