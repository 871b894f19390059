//! The definitions of the conformance cases: all are imported, or refused with the reason.

extern crate std;

use std::fs;
use std::path::{Path, PathBuf};
use std::println;

use serde_json::Value as Json;

use super::*;

/// The themes whose definitions need nothing that is not supported yet, but for single cases.
const SERVED: [&str; 10] = [
    "auth/auth_jwt",
    "auth/auth_jwt_event",
    "auth/auth_lambda_request",
    "http/http_cors",
    "http/http_event_v1",
    "http/http_event_v2",
    "http/http_routing",
    "rest/lambda_proxy_response",
    "rest/routing",
    "rest/validation",
];

/// The themes with definitions that AWS refuses.
const REJECTING: [&str; 3] =
    ["http/http_import", "http/http_request_mapping", "http/http_service_integrations"];

pub(super) fn files() -> Vec<PathBuf> {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/conformance/cases");
    let folders = fs::read_dir(cases).into_iter().flatten().flatten();
    let files = folders.flat_map(|folder| fs::read_dir(folder.path()).into_iter().flatten());
    let mut files: Vec<PathBuf> = files.flatten().map(|file| file.path()).collect();
    files.sort();
    files
}

/// A case's definition, with addresses for its placeholders.
pub(super) fn filled(api: &Json) -> String {
    api.to_string()
        .replace("{{HTTP_BACKEND}}", "http://127.0.0.1:8001")
        .replace("{{HTTP_BACKEND_HOST}}", "127.0.0.1:8001")
        .replace("{{DEAD_BACKEND}}", "http://127.0.0.1:1")
        .replace("{{ISSUER}}", "http://127.0.0.1:8002/issuer")
}

#[test]
fn every_conformance_definition_is_imported_or_refused_with_the_reason() {
    for file in files() {
        let name = file.with_extension("");
        let is_served = SERVED.iter().any(|served| name.ends_with(served));
        let cases: Json = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        let (mut accepted, mut refused) = (0, 0);
        for case in cases.as_array().unwrap() {
            let Some(api) = case.get("api") else { continue };
            let text = filled(api);
            let protocol = if case["kind"] == "rest" { Protocol::Rest } else { Protocol::Http };
            let place = format!("{}: {}", name.display(), case["name"]);
            let rejects = case.get("rejects").and_then(Json::as_str);
            let result = import(&document(&text), protocol, "us-east-1");
            // Stages and usage plans are the host's to check.
            let rejects = rejects.filter(|_| REJECTING.iter().any(|file| name.ends_with(file)));
            match (result, rejects) {
                (Ok(_), Some(reason)) => panic!("{place} is to be refused: {reason}"),
                (Err(errors), Some(reason)) => {
                    let told =
                        errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
                    let wanted = regex_lite::Regex::new(reason).unwrap();
                    assert!(wanted.is_match(&told), "{place}: {told} does not tell {reason}");
                }
                (Ok(imported), None) => {
                    accepted += 1;
                    compile(imported, protocol, &place);
                }
                (Err(errors), None) => {
                    refused += 1;
                    for error in errors {
                        let is_told = error.message.contains("not supported yet");
                        assert!(is_told && !is_served, "{place}: {error}");
                    }
                }
            }
        }
        println!("{}: {accepted} imported, {refused} not supported yet", name.display());
    }
}
