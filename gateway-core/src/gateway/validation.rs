//! What of a method's requests is validated.

use alloc::{string::String, vec::Vec};

use super::media;
use crate::context::Context;
use crate::definition::{DefinitionError, Deployment, Method};
use crate::json::{self, Json};
use crate::json_schema::{Invalid, Schemas};
use crate::message::Request;
use crate::message::field_names::INVISIBLE_TO_REST;
use crate::target;

/// The validations of a deployment: one for each method that has any, and the models of all.
#[derive(Debug)]
pub(crate) struct Validations {
    schemas: Option<Schemas>,
    methods: Vec<Option<Validation>>,
}

/// What of a method's requests is validated.
#[derive(Debug)]
pub(crate) struct Validation {
    /// In the order in which AWS lists what is missing: fields, path, query, each by name.
    required: Vec<(Location, String)>,
    /// Media type → index of the model.
    models: Vec<(String, usize)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Location {
    Header,
    Path,
    QueryString,
}

impl Validations {
    /// Compiles the models if anything is validated against them.
    pub(super) fn compile(deployment: &Deployment, errors: &mut Vec<DefinitionError>) -> Self {
        let methods: Vec<Option<Validation>> =
            deployment.methods.iter().map(|m| Validation::compile(deployment, m, errors)).collect();
        let is_used = methods.iter().flatten().any(|validation| !validation.models.is_empty());
        let schemas = if is_used { compile_models(deployment, errors) } else { None };
        Self { schemas, methods }
    }

    /// What is validated of a method's requests.
    pub(crate) fn of(&self, method: usize) -> Option<&Validation> {
        self.methods.get(method)?.as_ref()
    }

    /// Whether a value satisfies a model.
    pub(crate) fn check(&self, model: usize, value: &Json) -> Result<(), Invalid> {
        match &self.schemas {
            Some(schemas) => schemas.validate(model, value),
            // Not compiled: nothing satisfies what is not known.
            None => Err(Invalid { messages: Vec::new() }),
        }
    }
}

fn compile_models(deployment: &Deployment, errors: &mut Vec<DefinitionError>) -> Option<Schemas> {
    let mut schemas = Vec::with_capacity(deployment.models.len());
    for model in &deployment.models {
        match json::read(&model.schema) {
            Ok(schema) => schemas.push((model.name.as_str(), schema)),
            Err(error) => {
                let message = alloc::format!("model `{}`: {error}", model.name);
                errors.push(DefinitionError::error(model.source.clone(), message));
                return None;
            }
        }
    }
    let named: Vec<(&str, &Json)> = schemas.iter().map(|(name, schema)| (*name, schema)).collect();
    let compiled = Schemas::compile(&named);
    compiled
        .map_err(|wrong| {
            errors.extend(wrong.iter().map(|error| {
                let model = &deployment.models[error.model];
                let message = alloc::format!("model `{}`: {error}", model.name);
                DefinitionError::error(model.source.clone(), message)
            }));
        })
        .ok()
}

impl Validation {
    fn compile(
        deployment: &Deployment,
        method: &Method,
        errors: &mut Vec<DefinitionError>,
    ) -> Option<Self> {
        let mut error = |message: String| {
            errors.push(DefinitionError::error(method.source.clone(), message));
        };
        let index = method.request_validator?;
        let Some(validator) = deployment.request_validators.get(index as usize) else {
            error(alloc::format!("there is no request validator {index}"));
            return None;
        };
        let mut required = Vec::new();
        let parameters = method.request_parameters.iter().filter(|p| p.required);
        for parameter in parameters.filter(|_| validator.validate_request_parameters) {
            let location = match parameter.location.as_str() {
                "header" => Location::Header,
                "path" => Location::Path,
                "querystring" => Location::QueryString,
                other => {
                    error(alloc::format!("`{other}` is no location of a parameter"));
                    continue;
                }
            };
            required.push((location, parameter.name.clone()));
        }
        required.sort();
        let mut models = Vec::new();
        let request_models = method.request_models.iter();
        for (media_type, name) in request_models.filter(|_| validator.validate_request_body) {
            match deployment.models.iter().position(|model| model.name == *name) {
                Some(model) => models.push((media_type.clone(), model)),
                None => error(alloc::format!("Invalid model identifier specified: {name}")),
            }
        }
        (!required.is_empty() || !models.is_empty()).then_some(Self { required, models })
    }

    /// The names of required parameters that a request lacks, or has without a value.
    pub(crate) fn missing(&self, request: &Request, context: &Context) -> Vec<&str> {
        let is_there = |(location, name): &&(Location, String)| match location {
            Location::Header if context.adds(name) => true,
            Location::Header => {
                let values = request.fields.all(name).filter(|value| !value.trim().is_empty());
                !INVISIBLE_TO_REST.contains(name) && values.count() > 0
            }
            Location::Path => {
                context.path_parameters.iter().any(|(n, value)| n == name && !value.is_empty())
            }
            Location::QueryString => target::query_parameters(&context.raw_query)
                .any(|(n, value)| n == *name && !value.trim().is_empty()),
        };
        let missing = self.required.iter().filter(|parameter| !is_there(parameter));
        missing.map(|(_, name)| name.as_str()).collect()
    }

    /// The model for content of a type: its own, else that of `$default`. Content of a type that
    /// has none is not validated.
    pub(crate) fn model(&self, content_type: Option<&str>) -> Option<usize> {
        let given = content_type.filter(|given| !given.is_empty()).unwrap_or("application/json");
        let model = |name: &str| {
            let found = self.models.iter().find(|(media, _)| media.eq_ignore_ascii_case(name));
            found.map(|(_, model)| *model)
        };
        model(given).or_else(|| model(media::essence(given))).or_else(|| model("$default"))
    }
}
