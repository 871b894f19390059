//! `GetStage` and `UpdateStage` of AWS's control plane.

mod json;
mod patch;

use gateway_core::definition::{Api, Protocol, Snapshot, Stage};
use serde::Deserialize;
use tokio::sync::oneshot;

use super::answer::Answer;
use super::{Order, State};
pub(crate) use patch::Operation;

/// A change of a stage.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Patch {
    pub(crate) api_id: String,
    pub(crate) stage_name: String,
    operations: Vec<Operation>,
}

/// What `UpdateStage` is sent.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Update {
    #[serde(default)]
    patch_operations: Vec<Operation>,
}

/// The stage.
pub(super) fn get(state: &State, api_id: &str, stage_name: &str) -> Answer {
    match find(&state.current.borrow().snapshot, api_id, stage_name) {
        Ok((api, stage)) => Answer::json(&json::stage(api, stage)),
        Err(refused) => refused,
    }
}

/// Changes the stage, and answers what it is then.
pub(super) async fn update(
    state: &State,
    api_id: &str,
    stage_name: &str,
    content: &[u8],
) -> Answer {
    if let Err(refused) = find(&state.current.borrow().snapshot, api_id, stage_name) {
        return refused;
    }
    // AWS's clients send no content when there is nothing to change.
    let content = if content.is_empty() { b"{}" } else { content };
    let update = match serde_json::from_slice::<Update>(content) {
        Ok(update) => update,
        Err(error) => return Answer::bad_request(format!("Invalid request input: {error}")),
    };
    let (api_id, stage_name) = (api_id.into(), stage_name.into());
    let patch = Patch { api_id, stage_name, operations: update.patch_operations };
    let (done, answer) = oneshot::channel();
    let gone = || Answer::unavailable("it is going down");
    if state.orders.send(Order { patch, done }).await.is_err() {
        return gone();
    }
    answer.await.unwrap_or_else(|_| gone())
}

impl Patch {
    /// What this makes of a snapshot. All operations are taken over, or none.
    ///
    /// # Errors
    /// What the operator is told.
    pub(crate) fn apply(&self, snapshot: &Snapshot) -> Result<Snapshot, Answer> {
        find(snapshot, &self.api_id, &self.stage_name)?;
        let mut snapshot = snapshot.clone();
        let api = snapshot.apis.iter_mut().find(|api| is_it(api, &self.api_id));
        let api = api.expect("it was found above");
        patch::apply(api, &self.stage_name, &self.operations).map_err(Answer::bad_request)?;
        Ok(snapshot)
    }

    /// The stage, as a snapshot has it.
    pub(crate) fn answer(&self, snapshot: &Snapshot) -> Answer {
        match find(snapshot, &self.api_id, &self.stage_name) {
            Ok((api, stage)) => Answer::json(&json::stage(api, stage)),
            Err(refused) => refused,
        }
    }
}

/// A stage of a REST API.
pub(super) fn find<'s>(
    snapshot: &'s Snapshot,
    api_id: &str,
    stage_name: &str,
) -> Result<(&'s Api, &'s Stage), Answer> {
    let mut apis = snapshot.apis.iter();
    let api = apis.find(|api| is_it(api, api_id));
    let api = api.ok_or_else(|| {
        let account = &snapshot.account_id;
        Answer::not_found(format!("Invalid API identifier specified {account}:{api_id}"))
    })?;
    let stage = api.stages.iter().find(|stage| stage.stage_name == stage_name);
    Ok((api, stage.ok_or_else(|| Answer::not_found("Invalid stage identifier specified"))?))
}

fn is_it(api: &Api, api_id: &str) -> bool {
    api.protocol == Protocol::Rest && api.id.eq_ignore_ascii_case(api_id)
}

#[cfg(test)]
mod tests;
