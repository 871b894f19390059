//! `cacheKeyParameters` of a REST API's integration.
//!
//! "x-amazon-apigateway-integration object": parameters of the method request, or of the integration
//! request that its mappings make. What is neither could never tell two requests apart.

use alloc::{format, string::String, vec::Vec};

use super::super::document::At;
use super::reading::Reading;

/// The parameters by whose values responses are cached. Whether the method declares them is looked
/// at where its mappings are.
pub(super) fn read_key_parameters<'d>(
    reading: &Reading<'d>,
    at: &At<'d>,
    integration: &At<'d>,
) -> Vec<String> {
    let mappings = integration.get("requestParameters");
    let mut read: Vec<String> = Vec::new();
    for parameter in reading.array(at) {
        let Some(text) = reading.string(&parameter) else { continue };
        let help = match place(text) {
            Place::Method => None,
            Place::Integration if mappings.as_ref().is_some_and(|at| at.get(text).is_some()) => {
                None
            }
            Place::Integration => Some("`requestParameters` map nothing to it"),
            Place::None => Some(
                "it is `method.request.querystring|path|header.NAME`, or one that \
                 `requestParameters` map: `integration.request.querystring|path|header.NAME`",
            ),
        };
        match help {
            // AWS's words.
            Some(help) => {
                let message = format!("Invalid cache key parameter specified: {text}");
                reading.error_with(&parameter, message, help);
            }
            None if read.iter().any(|known| known == text) => {}
            None => read.push(text.into()),
        }
    }
    read
}

/// Whether a cache key is a parameter of the method request.
pub(super) fn is_of_method(at: &At<'_>) -> bool {
    at.as_str().is_some_and(|text| matches!(place(text), Place::Method))
}

/// Of which request a parameter is.
enum Place {
    Method,
    Integration,
    None,
}

fn place(text: &str) -> Place {
    let named = |rest: &str, places: &[&str]| {
        let parts = rest.split_once('.');
        parts.is_some_and(|(place, name)| places.contains(&place) && !name.is_empty())
    };
    let of_method = ["header", "multivalueheader", "querystring", "multivaluequerystring", "path"];
    let of_integration = ["header", "querystring", "path"];
    match (text.strip_prefix("method.request."), text.strip_prefix("integration.request.")) {
        (Some(rest), _) if named(rest, &of_method) => Place::Method,
        (_, Some(rest)) if named(rest, &of_integration) => Place::Integration,
        _ => Place::None,
    }
}
