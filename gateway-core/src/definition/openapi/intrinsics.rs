//! CloudFormation in a document: templates, and functions that only CloudFormation can evaluate.

use alloc::collections::BTreeSet;
use alloc::{format, vec::Vec};

use super::super::DefinitionError;
use super::super::document::{At, Value};
use crate::limits::DEFINITION_ERRORS_MAX;

/// Every function of CloudFormation in a document (`{"Fn::Sub": …}`, `{"Ref": …}`; YAML's `!Sub` is
/// read as the former), with its place. What else is wrong there only follows from it.
pub fn unresolved(root: &At<'_>) -> Vec<DefinitionError> {
    let mut found = Vec::new();
    walk(root, false, &mut found);
    found
}

/// What [`unresolved`] found among the other mistakes, in the order of the document. What only follows
/// from it is left out: mistakes of the functions' own places.
pub fn with_unresolved(
    functions: Vec<DefinitionError>,
    mut errors: Vec<DefinitionError>,
) -> Vec<DefinitionError> {
    let places: BTreeSet<&str> = functions.iter().map(|f| f.source.pointer.as_str()).collect();
    let follows = |error: &DefinitionError| {
        let pointer = error.source.pointer.as_str();
        let ends = pointer.match_indices('/').map(|(end, _)| end).chain([pointer.len()]);
        ends.into_iter().any(|end| places.contains(&pointer[..end]))
    };
    errors.retain(|error| !follows(error));
    errors.extend(functions);
    errors.sort_by_key(|error| error.source.line);
    errors.truncate(DEFINITION_ERRORS_MAX);
    errors
}

/// Whether a document is a CloudFormation or SAM template.
pub fn is_template(root: &At<'_>) -> bool {
    let is_known = |name| root.get(name).is_some();
    !is_known("openapi")
        && !is_known("swagger")
        && (is_known("AWSTemplateFormatVersion")
            || root.get("Resources").is_some_and(|at| at.is_object()))
}

/// The mistake of giving a template for a definition, where its API's definition stands.
pub(super) fn template(root: &At<'_>) -> DefinitionError {
    let resources = root.get("Resources");
    let mut bodies = resources.iter().flat_map(At::members).filter_map(|(_, resource)| {
        let properties = resource.get("Properties")?;
        properties.get("DefinitionBody").or_else(|| properties.get("Body")).filter(At::is_object)
    });
    let place = bodies.next().or_else(|| resources.clone()).unwrap_or_else(|| root.clone());
    let message = "this is a CloudFormation template, not an OpenAPI document";
    DefinitionError::error(place.source(), message).help(EXPORT)
}

/// `has_names`: the members are named by whoever wrote it.
fn walk(at: &At<'_>, has_names: bool, found: &mut Vec<DefinitionError>) {
    if let Some(function) = function(at).filter(|_| !has_names) {
        let message = format!("`{function}` is not resolved: only CloudFormation knows its value");
        found.push(DefinitionError::error(at.source(), message).help(EXPORT));
        return;
    }
    for (name, member) in at.members() {
        // Examples of content may hold anything.
        if has_names || !matches!(name, "example" | "examples" | "enum" | "const") {
            walk(&member, !has_names && name == "properties", found);
        }
    }
    for item in at.items() {
        walk(&item, false, found);
    }
}

/// The function that an object stands for.
fn function<'d>(at: &At<'d>) -> Option<&'d str> {
    let Value::Object(members) = &at.node.value else { return None };
    match &members[..] {
        [(name, node)] if name == "Ref" && matches!(node.value, Value::String(_)) => Some(name),
        _ => members.iter().map(|(name, _)| name.as_str()).find(|name| name.starts_with("Fn::")),
    }
}

/// What to do about it.
pub(super) const EXPORT: &str = "deploy it and export the API: `aws apigateway get-export --parameters \
     extensions=apigateway …` or `aws apigatewayv2 export-api …`";
