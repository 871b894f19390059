//! Text that claims to be an OpenAPI document.
#![no_main]

#[path = "../../host-runtime/src/document.rs"]
#[allow(dead_code, unused_imports)]
mod document;

use std::collections::BTreeMap;

use gateway_core::definition::document::Node;
use gateway_core::definition::openapi::{self, Imported};
use gateway_core::definition::{
    Api, DefinitionError, PrivateEndpoint, Protocol, Severity, Snapshot, Stage, json,
};
use gateway_core::gateway::Gateway;
use libfuzzer_sys::fuzz_target;

const REGION: &str = "us-east-1";

fuzz_target!(|text: &str| {
    // YAML breaks lines at carriage returns, too.
    let lines = 1 + text.replace("\r\n", "\n").matches(['\n', '\r']).count();
    for read in [json::read(text), document::read(text)] {
        match read {
            Ok(document) => import(&document, lines),
            Err(mistake) => {
                assert_eq!(mistake.severity, Severity::Error);
                all_are_placed(&[mistake], lines);
            }
        }
    }
});

fn import(document: &Node, lines: usize) {
    for protocol in [Protocol::Rest, Protocol::Http] {
        match openapi::import(document, protocol, REGION) {
            Ok(imported) => {
                assert!(imported.warnings.iter().all(|w| w.severity != Severity::Error));
                all_are_placed(&imported.warnings, lines);
                compile(imported, protocol, lines);
            }
            Err(mistakes) => {
                assert!(mistakes.iter().any(|mistake| mistake.severity == Severity::Error));
                all_are_placed(&mistakes, lines);
            }
        }
    }
}

/// What is imported is served, or it is told where it cannot be.
fn compile(imported: Imported, protocol: Protocol, lines: usize) {
    let stage = Stage {
        stage_name: "test".into(),
        variables: BTreeMap::from([("a".into(), "b".into())]),
        ..Stage::default()
    };
    let api = Api {
        id: "api".into(),
        name: imported.name,
        protocol,
        disable_execute_api_endpoint: imported.disable_execute_api_endpoint,
        deployments: vec![imported.deployment],
        stages: vec![stage],
    };
    let mut snapshot = Snapshot::new(REGION, "000000000000", vec![api]);
    // A definition may be that of a private API: where those are reached is the configuration's to say.
    let vpc_endpoint_id = "vpce-0".into();
    snapshot.private_endpoints.push(PrivateEndpoint { vpc_endpoint_id, vpc_id: None, policy: None });
    if let Err(mistakes) = Gateway::compile(snapshot) {
        all_are_placed(&mistakes, lines);
    }
}

fn all_are_placed(mistakes: &[DefinitionError], lines: usize) {
    for mistake in mistakes {
        let line = mistake.source.line as usize;
        assert!((1..=lines).contains(&line), "line {line} of {lines}: {mistake:?}");
    }
}
