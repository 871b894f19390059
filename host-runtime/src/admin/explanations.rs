//! The accounts of requests that were sent with the `x-edgeway-explain` header.

use http::{HeaderMap, StatusCode, header};
use serde_json::json;

use super::State;
use super::answer::Answer;
use crate::explained;

/// All that are kept, in a line each, the newest first.
pub(super) fn list(state: &State) -> Answer {
    let kept = state.shared.explanations.newest_first();
    let kept: Vec<_> = kept.iter().map(|explained| explained.summary()).collect();
    Answer::json(&json!({ "items": kept }))
}

/// One of them: for tools, or for people where `Accept` asks for plain text.
pub(super) fn get(state: &State, id: &str, headers: &HeaderMap) -> Answer {
    let Some(explained) = state.shared.explanations.get(id) else {
        return Answer::not_found("no account of this request is kept");
    };
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    match accept.is_some_and(|accept| accept.starts_with("text/plain")) {
        true => {
            let current = state.current.borrow();
            Answer::text(StatusCode::OK, explained::text(&current.config, &explained))
        }
        false => Answer::json(&explained.to_json(&state.current.borrow().config)),
    }
}
