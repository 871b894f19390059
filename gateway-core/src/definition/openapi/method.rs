//! One operation: a REST method or an HTTP route.

use super::super::document::At;
use super::super::{Authorization, DefinitionError, Method, is_of_caller};
use super::doubtful;
use super::integration;
use super::method_responses;
use super::models::Models;
use super::parameters;
use super::paths::ResourcePath;
use super::reading::Reading;
use super::security::{self, Schemes};
use super::validators::Validators;
use alloc::string::String;

/// Where an operation stands.
pub(super) struct Place<'p> {
    pub(super) path: &'p ResourcePath,
    pub(super) http_method: &'static str,
    pub(super) resource_id: &'p str,
}

/// What operations refer to.
pub(super) struct Parts<'p, 'd> {
    pub(super) schemes: &'p Schemes,
    pub(super) validators: &'p Validators,
    pub(super) models: &'p Models<'d>,
}

/// Reads an operation; `item` is the path that it belongs to.
pub(super) fn read<'d>(
    reading: &Reading<'d>,
    item: &At<'d>,
    operation: At<'d>,
    place: &Place<'_>,
    parts: &Parts<'_, 'd>,
) -> Option<Method> {
    let operation = reading.object(operation)?;
    reading.members_ignored(&operation, &MEMBERS);
    if place.path.text == "$default" && place.http_method != "ANY" {
        let help = "write it as `x-amazon-apigateway-any-method`";
        reading.error_with(&operation, "the `$default` route takes every method", help);
    }
    let request_validator = parts.validators.of(reading, &operation);
    let validator = request_validator.map(|at| &parts.validators.validators[at as usize]);
    let is_validated = validator.is_some_and(|v| v.validate_request_parameters);
    let request_parameters = parameters::read(reading, item, &operation, place.path, is_validated);
    let request_models = parts.models.of_request(reading, item, &operation);
    let (authorization, api_key_required) =
        security::authorization(reading, &operation, parts.schemes);
    let operation_name = operation.get("operationId").and_then(|at| reading.string(&at));
    let responses = method_responses::read(reading, &operation, parts.models);
    method_responses::warn_of_missing_models(reading, &operation);
    let integration = match operation.get("x-amazon-apigateway-integration") {
        Some(integration) => {
            if let Some(at) = reading.resolve(integration.clone()) {
                parameters::check_sources(reading, &at, &request_parameters, place.path);
            }
            integration::read(reading, integration, &operation, place.path)?
        }
        None if reading.is_rest() => {
            let help = "add `x-amazon-apigateway-integration`: `get-export` writes it with `--parameters extensions=apigateway`";
            reading.error_with(&operation, "No integration defined for method", help);
            return None;
        }
        None => doubtful::route_without_integration(reading, &operation),
    };
    if integration.credentials.as_deref().is_some_and(is_of_caller)
        && authorization != Authorization::Iam
    {
        let message =
            "every request is answered 500: only a caller who signs has credentials to call with";
        let warning = DefinitionError::warning(integration.source.clone(), message);
        reading.note(warning.help("authorize the method by `AWS_IAM`"));
    }
    Some(Method {
        resource_id: place.resource_id.into(),
        resource_path: place.path.text.clone(),
        http_method: place.http_method.into(),
        operation_name: operation_name.map(String::from),
        authorization,
        api_key_required,
        request_parameters,
        integration,
        source: operation.source(),
        request_models,
        request_validator,
        responses,
    })
}

/// Of both specifications; `isDefaultRoute` is what AWS exports.
const MEMBERS: [&str; 16] = [
    "tags",
    "summary",
    "description",
    "externalDocs",
    "operationId",
    "parameters",
    "requestBody",
    "responses",
    "callbacks",
    "deprecated",
    "security",
    "servers",
    "consumes",
    "produces",
    "schemes",
    "isDefaultRoute",
];
