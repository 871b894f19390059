//! `/healthz`, `/readyz`, `/metrics`: open to everybody who reaches the listener.

use std::fmt::Write;
use std::sync::atomic::Ordering::Relaxed;

use http::{Method, StatusCode};

use super::State;
use super::answer::Answer;
use crate::perform::metrics::describe;

/// The answer, if this is one of the calls.
pub(super) fn answer(state: &State, method: &Method, path: &str) -> Option<Answer> {
    let answer = match path {
        "/healthz" => || Answer::text(StatusCode::OK, "ok\n"),
        "/readyz" => return readable(method, || ready(state)),
        "/metrics" => return readable(method, || metrics(state)),
        _ => return None,
    };
    readable(method, answer)
}

fn readable(method: &Method, answer: impl FnOnce() -> Answer) -> Option<Answer> {
    Some(match *method {
        Method::GET | Method::HEAD => answer(),
        _ => Answer::text(StatusCode::METHOD_NOT_ALLOWED, "GET it\n"),
    })
}

fn ready(state: &State) -> Answer {
    match state.ready.load(Relaxed) {
        true => Answer::text(StatusCode::OK, "ready\n"),
        false => Answer::text(StatusCode::SERVICE_UNAVAILABLE, "going down\n"),
    }
}

fn metrics(state: &State) -> Answer {
    let dropped_lines = state.shared.access_log.dropped_lines();
    let content_bytes = state.shared.memory.held();
    let mut text = state.shared.metrics.to_text(dropped_lines, content_bytes);
    let known = state.shared.verified.known.load(Relaxed);
    let name = "known_signatures_total";
    describe(&mut text, name, "Tokens whose signature had been verified before.", "counter");
    let _ = writeln!(text, "edgeway_{name} {known}");
    state.shared.tokens.write_metrics(&mut text);
    state.shared.load.write_metrics(&mut text);
    state.shared.stage_caches.write_metrics(&mut text);
    state.shared.edge_cache.write_metrics(&mut text);
    state.shared.acme.write_metrics(&mut text);
    state.current.borrow().settings.tls.write_metrics(&mut text);
    Answer::metrics(text)
}
