//! What AWS imports of parameters and models and does not look at.
//!
//! "Amazon API Gateway important notes", REST APIs: "For input parameters, only the following attributes are supported:
//! `name`, `in`, `required`, `type`, `description`. Other attributes are ignored"; the validator asks whether what is
//! required is there, and of no type. `discriminator`, `nullable`, `readOnly` and `default` of models "are not
//! supported". Where nothing is validated one warning stands for all: there they are documentation.

use alloc::{format, string::String, vec::Vec};

use super::super::DefinitionError;
use super::super::document::At;
use super::reading::Reading;

/// A parameter of a REST API with constraints; `is_validated`: whether its method looks at parameters.
pub(super) fn warn_of_constraints<'d>(reading: &Reading<'d>, at: &At<'d>, is_validated: bool) {
    let schema = at.get("schema").and_then(|schema| resolved(reading, schema));
    let names = [Some(at), schema.as_ref()].into_iter().flatten().flat_map(constraints);
    let names: Vec<String> = names.collect();
    if names.is_empty() || !is_validated && reading.has_told_of_parameters.replace(true) {
        return;
    }
    let others = if is_validated { "" } else { ", nor at those of other parameters" };
    let message = format!("AWS does not look at {} of a parameter{others}", names.join(", "));
    let help = "whoever takes the request has to check it; a validator asks whether it is there";
    reading.note(DefinitionError::warning(at.source(), message).help(help));
}

/// A parameter that is in no place where AWS knows parameters.
pub(super) fn warn_of_place<'d>(reading: &Reading<'d>, at: &At<'d>, place: &str) {
    let is_required = at.get("required").is_some_and(|at| at.as_bool() == Some(true));
    if reading.is_rest() && is_required && matches!(place, "cookie" | "formData") {
        let message =
            format!("nothing asks whether this is there: AWS ignores parameters `in: {place}`");
        let help = match place {
            "cookie" => "declare the header `Cookie`, and read it in the integration",
            _ => "validate the content by a model (`in: body`), or in the integration",
        };
        reading.note(DefinitionError::warning(at.source(), message).help(help));
    }
}

/// Keywords of a model that change nothing, though whoever wrote them may count on it.
pub(super) fn warn_of_keywords<'d>(
    reading: &Reading<'d>,
    models: impl Iterator<Item = At<'d>>,
    is_validated: bool,
) {
    for model in models {
        let mut found: Vec<(&str, At<'d>)> = Vec::new();
        keywords(&model, &mut found);
        let Some((_, first)) = found.first() else { continue };
        let first = first.clone();
        let mut names: Vec<String> = found.iter().map(|(name, _)| format!("`{name}`")).collect();
        names.sort_unstable();
        names.dedup();
        let others = if is_validated { "" } else { ", nor those of other models" };
        let message = format!("AWS ignores {} of a model{others}", names.join(", "));
        let help =
            "models are draft-4 schemas, where what may be `null` has `type: [string, 'null']`";
        reading.note(DefinitionError::warning(first.source(), message).help(help));
        if !is_validated {
            return;
        }
    }
}

/// What a parameter or its schema says besides what AWS takes; `type: string` is what its exports have everywhere.
fn constraints(at: &At<'_>) -> Vec<String> {
    const NAMES: [&str; 15] = [
        "format",
        "enum",
        "pattern",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "items",
        "minItems",
        "maxItems",
        "uniqueItems",
        "default",
    ];
    let kind = at.get("type").filter(|kind| kind.as_str() != Some("string"));
    let kind = kind.map(|kind| format!("`type: {}`", kind.as_str().unwrap_or_else(|| kind.kind())));
    let others = NAMES.iter().filter(|name| at.get(name).is_some());
    kind.into_iter().chain(others.map(|name| format!("`{name}`"))).collect()
}

/// A schema, or the one that it refers to. What leads nowhere is told of models.
fn resolved<'d>(reading: &Reading<'d>, schema: At<'d>) -> Option<At<'d>> {
    match schema.get("$ref") {
        Some(reference) => reading.root.find(reference.as_str()?.strip_prefix('#')?),
        None => Some(schema),
    }
}

/// Ignored keywords of a schema and of those within it. Names of properties are no keywords.
fn keywords<'d>(schema: &At<'d>, found: &mut Vec<(&'static str, At<'d>)>) {
    for name in ["nullable", "default", "readOnly", "discriminator"] {
        let at = schema.get(name).filter(|at| at.as_bool() != Some(false) || name == "default");
        found.extend(at.map(|at| (name, at)));
    }
    for (name, at) in schema.members() {
        match name {
            "properties" | "patternProperties" | "definitions" => {
                at.members().for_each(|(_, schema)| keywords(&schema, found));
            }
            "allOf" | "anyOf" | "oneOf" => at.items().for_each(|schema| keywords(&schema, found)),
            "items" | "additionalProperties" | "not" => {
                keywords(&at, found);
                at.items().for_each(|schema| keywords(&schema, found));
            }
            _ => {}
        }
    }
}
