//! Text that claims to be an OpenAPI document.
#![no_main]

#[path = "../../host-runtime/src/document.rs"]
#[allow(dead_code, unused_imports)]
mod document;

use gateway_core::definition::document::Node;
use gateway_core::definition::{Protocol, Severity, json, openapi};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for read in [json::read(text), document::read(text)] {
        match read {
            Ok(document) => import(&document),
            Err(mistake) => assert_eq!(mistake.severity, Severity::Error),
        }
    }
});

fn import(document: &Node) {
    for protocol in [Protocol::Rest, Protocol::Http] {
        match openapi::import(document, protocol, "us-east-1") {
            Ok(imported) => {
                assert!(imported.warnings.iter().all(|w| w.severity != Severity::Error));
            }
            Err(mistakes) => {
                assert!(mistakes.iter().any(|mistake| mistake.severity == Severity::Error));
            }
        }
    }
}
