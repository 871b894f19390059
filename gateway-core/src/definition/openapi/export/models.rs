//! Models, with references in the spelling of the specification.

use super::*;
use crate::json;

/// `components.schemas` or `definitions`; `None` if there are no models.
pub(super) fn schemas(exported: &Exported<'_>) -> Result<Option<Json>, ExportError> {
    let mut written = Vec::new();
    for model in &exported.deployment.models {
        let schema = json::read(&model.schema)
            .map_err(|error| ExportError(format!("the model `{}`: {error}", model.name)))?;
        written.push((model.name.clone(), respelled(exported, schema, false)));
    }
    Ok((!written.is_empty()).then(|| Json::Object(Object::new(written))))
}

/// A reference to a model.
pub(super) fn reference(exported: &Exported<'_>, name: &str) -> Json {
    let mut reference = Members::default();
    reference.set("$ref", format!("{}{name}", prefix(exported)).as_str());
    reference.into_json()
}

const PREFIXES: [&str; 2] = ["#/components/schemas/", "#/definitions/"];

fn prefix(exported: &Exported<'_>) -> &'static str {
    PREFIXES[usize::from(exported.is_swagger())]
}

/// A schema with its references where this specification keeps models. `has_names`: its members are
/// named by whoever wrote it.
fn respelled(exported: &Exported<'_>, schema: Json, has_names: bool) -> Json {
    match schema {
        Json::Array(items) => {
            Json::Array(items.into_iter().map(|item| respelled(exported, item, false)).collect())
        }
        Json::Object(object) => {
            let respell = |(name, value): (String, Json)| {
                let written = match (name.as_str(), &value) {
                    ("$ref", Json::String(text)) if !has_names => {
                        let rest = PREFIXES.iter().find_map(|known| text.strip_prefix(known));
                        let text = rest.map(|rest| format!("{}{rest}", prefix(exported)));
                        text.map_or_else(|| value.clone(), Json::String)
                    }
                    // Content, not schemas.
                    ("enum" | "default" | "example" | "examples", _) if !has_names => value,
                    ("properties" | "patternProperties" | "definitions", _) if !has_names => {
                        respelled(exported, value, true)
                    }
                    _ => respelled(exported, value, false),
                };
                (name, written)
            };
            Json::Object(object.into_members().into_iter().map(respell).collect())
        }
        scalar => scalar,
    }
}
