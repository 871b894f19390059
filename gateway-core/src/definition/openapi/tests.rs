use alloc::string::{String, ToString};
use alloc::{format, vec::Vec};

use super::*;
use crate::definition::json;

mod accepted;
mod conformance;
mod refused;

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
