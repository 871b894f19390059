//! Web ACLs, distributions and streamed answers, of which no conformance case is recorded: alike by all engines.

use tests::target::Engine;

use super::{answers_of, compare, on_a_runtime, set_up_of};

#[test]
fn a_web_acl_decides_alike_in_component_and_native_engine() {
    compare("web_acl.json", Engine::Native, Engine::Component);
}

#[test]
fn a_web_acl_decides_alike_in_worker_and_native_engine() {
    compare("web_acl.json", Engine::Native, Engine::Worker);
}

#[test]
fn a_distribution_answers_alike_before_component_and_native_engine() {
    compare("distribution.json", Engine::Native, Engine::Component);
}

#[test]
fn a_distribution_answers_alike_in_worker_and_native_host() {
    compare("distribution.json", Engine::Native, Engine::Worker);
}

#[test]
fn streamed_answers_are_alike_by_component_and_native_engine() {
    compare("streamed.json", Engine::Native, Engine::Component);
}

#[test]
fn streamed_answers_are_alike_by_worker_and_native_engine() {
    compare("streamed.json", Engine::Native, Engine::Worker);
}

#[test]
fn a_name_that_nobody_has_is_told_alike_by_component_and_native_engine() {
    compare("nobody_rest.json", Engine::Native, Engine::Component);
    compare("nobody_http.json", Engine::Native, Engine::Component);
}

#[test]
fn a_name_that_nobody_has_is_told_alike_by_worker_and_native_engine() {
    compare("nobody_http.json", Engine::Native, Engine::Worker);
}

/// A REST API's 500 needs to know that it is the name: `fetch` fails as where nobody listens.
#[test]
fn a_worker_is_not_told_why_it_reaches_no_endpoint() {
    let statuses = on_a_runtime(async {
        let setup = set_up_of("nobody_rest.json").await;
        let answers = answers_of(Engine::Worker, &setup).await.unwrap_or_else(|e| panic!("{e}"));
        answers.iter().map(|answer| answer.status).collect::<Vec<_>>()
    });
    assert_eq!(statuses, [504, 504]);
}
