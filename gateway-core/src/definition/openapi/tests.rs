use alloc::string::{String, ToString};
use alloc::{format, vec::Vec};

use super::*;
use crate::definition::{Api, Snapshot, Stage, json};
use crate::gateway::Gateway;

mod accepted;
mod accepted_exports;
mod conformance;
mod exported;
mod ignored;
mod refused;
mod refused_integrations;
mod refused_mappings;
mod refused_security;
mod unexpected;
mod warned;

fn document(text: &str) -> Node {
    json::read(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn imported(text: &str, protocol: Protocol) -> Imported {
    import(&document(text), protocol, "eu-west-1").unwrap_or_else(|errors| {
        panic!("{}\n{text}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })
}

/// Each mistake as `line pointer: message`.
fn mistakes(text: &str, protocol: Protocol) -> Vec<String> {
    let errors = import(&document(text), protocol, "eu-west-1").expect_err(text);
    let show =
        |e: &DefinitionError| format!("{} {}: {}", e.source.line, e.source.pointer, e.message);
    errors.iter().map(show).collect()
}

/// A REST API of one path.
fn rest(path: &str, item: &str) -> String {
    format!(
        "{{\"openapi\": \"3.0.1\", \"info\": {{\"title\": \"t\", \"version\": \"1\"}}, \"paths\": {{\n\"{path}\": {item}}}}}"
    )
}

/// The mistakes of a REST API's `/a`, told from the second line on.
#[track_caller]
fn check(item: &str, expected: &[&str]) {
    assert_eq!(mistakes(&rest("/a", item), Protocol::Rest), expected, "{item}");
}

#[track_caller]
fn check_integration(integration: &str, expected: &[&str]) {
    let at = "/paths/~1a/get/x-amazon-apigateway-integration";
    let expected: Vec<String> = expected.iter().map(|e| e.replacen('@', at, 1)).collect();
    let item = format!("{{\"get\":\n{{\"x-amazon-apigateway-integration\": {integration}}}}}");
    assert_eq!(mistakes(&rest("/a", &item), Protocol::Rest), expected, "{integration}");
}

/// An HTTP API with further members at the top, one a line.
fn http(members: &str, item: &str) -> String {
    format!(
        "{{\"openapi\": \"3.0.1\", \"info\": {{\"title\": \"t\"}}, \"paths\": {{\"/a\": {item}}},\n{members}}}"
    )
}

const FUNCTION: &str = "arn:aws:lambda:eu-west-1:123456789012:function:f";

/// What is imported can be served: no later step finds a mistake whose line nobody knows any more.
fn compile(imported: Imported, protocol: Protocol, place: &str) {
    let stage = Stage { stage_name: "test".into(), ..Stage::default() };
    let api = Api {
        id: "api".into(),
        name: imported.name,
        protocol,
        disable_execute_api_endpoint: imported.disable_execute_api_endpoint,
        deployments: alloc::vec![imported.deployment],
        stages: alloc::vec![stage],
    };
    let snapshot = Snapshot::new("us-east-1", "000000000000", alloc::vec![api]);
    if let Err(errors) = Gateway::compile(snapshot) {
        panic!("{place}: {errors:?}");
    }
}
