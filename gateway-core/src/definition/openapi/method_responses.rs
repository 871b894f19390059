//! `responses` of an operation: the method responses, which integration responses refer to.

use alloc::{format, string::String, vec::Vec};

use super::super::MethodResponse;
use super::super::document::At;
use super::models::Models;
use super::reading::{Dialect, Reading};

/// Reads what a method declares of its responses. An HTTP API ignores all of it.
pub(super) fn read<'d>(
    reading: &Reading<'d>,
    operation: &At<'d>,
    models: &Models<'d>,
) -> Vec<MethodResponse> {
    let responses = operation.get("responses").filter(|_| reading.is_rest());
    let responses = responses.and_then(|at| reading.object(at));
    let all = responses.iter().flat_map(At::members);
    let declared = all.filter(|(status, _)| !status.starts_with("x-"));
    declared
        .filter_map(|(status, at)| {
            let at = reading.resolve(at)?;
            let headers = at.get("headers").and_then(|at| reading.object(at));
            Some(MethodResponse {
                status_code: status.into(),
                parameters: headers
                    .iter()
                    .flat_map(At::members)
                    .map(|(name, _)| name.into())
                    .collect(),
                models: response_models(reading, operation, &at, models),
            })
        })
        .collect()
}

/// Warns of schemas of responses that are not there: AWS imports the operation without them.
pub(super) fn warn_of_missing_models<'d>(reading: &Reading<'d>, operation: &At<'d>) {
    let responses = operation.get("responses");
    for (_, response) in responses.iter().flat_map(At::members) {
        let content = response.get("content");
        let schemas = content.iter().flat_map(At::members).filter_map(|(_, at)| at.get("schema"));
        for schema in schemas.chain(response.get("schema")) {
            let Some(at) = schema.get("$ref") else { continue };
            let Some(reference) = at.as_str() else { continue };
            let Some(pointer) = reference.strip_prefix('#') else { continue };
            if reading.root.find(pointer).is_none() {
                // AWS's words, but for the place, which is told beside it.
                reading.warning(&at, format!("Parse issue: attribute {reference} is missing"));
            }
        }
    }
}

/// What an operation declares of its responses of a status.
pub(super) fn of_status<'d>(
    reading: &Reading<'d>,
    operation: &At<'d>,
    status_code: u16,
) -> Option<At<'d>> {
    let responses = operation.get("responses")?;
    let declared = responses.get(&format!("{status_code}")).or_else(|| responses.get("default"));
    reading.resolve(declared?)
}

/// The models that have names: media type → name.
fn response_models<'d>(
    reading: &Reading<'d>,
    operation: &At<'d>,
    response: &At<'d>,
    models: &Models<'d>,
) -> Vec<(String, String)> {
    let named = |at: At<'d>| models.known_name(&at);
    match reading.dialect {
        Dialect::OpenApi3 => {
            let content = response.get("content").and_then(|at| reading.object(at));
            let media = content.iter().flat_map(At::members);
            media
                .filter_map(|(media, at)| Some((media.into(), named(at.get("schema")?)?)))
                .collect()
        }
        Dialect::Swagger2 => {
            let Some(name) = response.get("schema").and_then(named) else { return Vec::new() };
            let produces = operation.get("produces").or_else(|| reading.root.get("produces"));
            let mut media = produces.map(|at| reading.strings(&at)).unwrap_or_default();
            if media.is_empty() {
                media.push("application/json".into());
            }
            media.into_iter().map(|media| (media, name.clone())).collect()
        }
    }
}
