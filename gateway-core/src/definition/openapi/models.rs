//! Models of REST APIs: `components.schemas`, `definitions`, and what operations say of their content.

use alloc::{borrow::ToOwned, format, string::String, vec::Vec};
use core::cell::RefCell;

use super::super::document::At;
use super::super::{DefinitionError, Model};
use super::ignored;
use super::reading::{Dialect, Reading};
use crate::json::Json;
use crate::json_schema::Schemas;
use crate::limits::MODELS_BYTES_MAX;

/// The models that a definition names, and those that operations give without a name.
pub(super) struct Models<'d> {
    models: RefCell<Vec<(String, At<'d>)>>,
}

impl<'d> Models<'d> {
    /// Reads the models that have names.
    pub(super) fn read(reading: &Reading<'d>) -> Self {
        let mut models = Vec::new();
        let schemas = match reading.dialect {
            _ if !reading.is_rest() => None,
            Dialect::OpenApi3 => reading.root.find("/components/schemas"),
            Dialect::Swagger2 => reading.root.get("definitions"),
        };
        for (name, at) in schemas.and_then(|at| reading.object(at)).iter().flat_map(At::members) {
            if !name.bytes().all(|b| b.is_ascii_alphanumeric()) {
                // AWS's words.
                reading.error(&at, format!("Model name must be alphanumeric: {name}"));
            }
            models.push((name.to_owned(), at));
        }
        Self { models: RefCell::new(models) }
    }

    /// The models of an operation's content: media type → name.
    pub(super) fn of_request(
        &self,
        reading: &Reading<'d>,
        item: &At<'d>,
        operation: &At<'d>,
    ) -> Vec<(String, String)> {
        match reading.dialect {
            _ if !reading.is_rest() => Vec::new(),
            Dialect::OpenApi3 => {
                let body = operation.get("requestBody").and_then(|body| reading.resolve(body));
                let content = body.and_then(|body| body.get("content"));
                let content = content.and_then(|content| reading.object(content));
                let media = content.iter().flat_map(At::members);
                let schemas = media.filter_map(|(media, at)| Some((media, at.get("schema")?)));
                schemas.filter_map(|(m, at)| Some((m.into(), self.name(reading, at)?))).collect()
            }
            Dialect::Swagger2 => {
                let Some(schema) = body_schema(reading, item, operation) else { return Vec::new() };
                let Some(name) = self.name(reading, schema) else { return Vec::new() };
                let consumes = operation.get("consumes").or_else(|| reading.root.get("consumes"));
                let mut media = consumes.map(|at| reading.strings(&at)).unwrap_or_default();
                if media.is_empty() {
                    media.push("application/json".into());
                }
                media.into_iter().map(|media| (media, name.clone())).collect()
            }
        }
    }

    /// The name of the model that a schema refers to.
    pub(super) fn known_name(&self, schema: &At<'d>) -> Option<String> {
        let name = model_name(schema.get("$ref")?.as_str()?)?;
        let models = self.models.borrow();
        models.iter().any(|(known, _)| known == name).then(|| name.into())
    }

    /// The name of the model that a schema is; one without a name is given one, as AWS does.
    fn name(&self, reading: &Reading<'d>, schema: At<'d>) -> Option<String> {
        let schema = reading.object(schema)?;
        let mut models = self.models.borrow_mut();
        if let Some(reference) = schema.get("$ref") {
            let name = model_name(reading.string(&reference)?);
            if let Some(name) = name.filter(|name| models.iter().any(|(known, _)| known == name)) {
                return Some(name.into());
            }
            let target = reading.resolve(schema)?;
            // Somewhere else in the document.
            return models.iter().find(|(_, at)| at.pointer == target.pointer).map_or_else(
                || {
                    let text = reference.as_str().unwrap_or_default();
                    reading
                        .error(&reference, format!("Invalid model identifier specified: {text}"));
                    None
                },
                |(name, _)| Some(name.clone()),
            );
        }
        let mut number = models.len();
        let name = loop {
            let name = format!("MODEL{number:06x}");
            if models.iter().all(|(known, _)| *known != name) {
                break name;
            }
            number += 1;
        };
        models.push((name.clone(), schema));
        Some(name)
    }

    /// All models; their schemas are right. `is_used`: whether content is validated.
    pub(super) fn finish(self, reading: &Reading<'d>, is_used: bool) -> Vec<Model> {
        let models = self.models.into_inner();
        let schemas: Vec<Json> = models.iter().map(|(_, at)| at.node.to_json()).collect();
        let named: Vec<(&str, &Json)> = models
            .iter()
            .zip(&schemas)
            .map(|((name, _), schema)| (name.as_str(), schema))
            .collect();
        for error in Schemas::compile(&named).err().unwrap_or_default() {
            let at = &models[error.model].1;
            let at = at.find(&error.pointer).unwrap_or_else(|| at.clone());
            let message = format!("Invalid model schema specified: {}", error.reason);
            // What only Edgeway cannot do is no matter where nothing is validated.
            match error.is_unsupported && !is_used {
                true => reading.warning(&at, message),
                false => reading.note(DefinitionError::error(at.source(), message)),
            }
        }
        refuse_oversized(reading, &models, &schemas);
        ignored::warn_of_keywords(reading, models.iter().map(|(_, at)| at.clone()), is_used);
        let model = |((name, at), schema): (&(String, At<'d>), &Json)| Model {
            name: name.clone(),
            schema: schema.to_text(),
            source: at.source(),
        };
        models.iter().zip(&schemas).map(model).collect()
    }
}

/// Notes the model that is one too many for the quota.
fn refuse_oversized<'d>(reading: &Reading<'d>, models: &[(String, At<'d>)], schemas: &[Json]) {
    let mut bytes = 0;
    let is_beyond = |schema: &Json| {
        bytes += schema.to_text().len();
        bytes > MODELS_BYTES_MAX
    };
    let Some(first) = schemas.iter().position(is_beyond) else { return };
    let message =
        format!("AWS refuses this: an API's models have {MODELS_BYTES_MAX} bytes at most");
    let refused = DefinitionError::refused(models[first].1.source(), message);
    reading.note(refused.help("leave models out that nothing is validated by"));
}

/// The schema of the parameter that is the body (Swagger 2.0): the operation's own, or its path's.
fn body_schema<'d>(reading: &Reading<'d>, item: &At<'d>, operation: &At<'d>) -> Option<At<'d>> {
    let parameters = [operation, item].into_iter().filter_map(|at| at.get("parameters"));
    parameters.flat_map(|at| at.items()).find_map(|at| {
        // A reference that leads nowhere is told where parameters are read.
        let at = match at.get("$ref").and_then(|at| at.as_str()) {
            Some(reference) => reading.root.find(reference.strip_prefix('#')?)?,
            None => at,
        };
        (at.get("in")?.as_str() == Some("body")).then(|| at.get("schema")).flatten()
    })
}

/// The model that a reference names, however it is written.
fn model_name(reference: &str) -> Option<&str> {
    let name = reference
        .strip_prefix("#/components/schemas/")
        .or_else(|| reference.strip_prefix("#/definitions/"))
        .or_else(|| {
            let host = reference.strip_prefix("https://apigateway.")?;
            Some(host.split_once("/models/")?.1)
        })?;
    (!name.contains(['/', '#'])).then_some(name)
}
