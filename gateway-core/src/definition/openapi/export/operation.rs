//! One operation: a REST method or an HTTP route.

use super::*;
use crate::definition::{Method, MethodResponse, RequestParameter};

/// Writes a method or a route.
pub(super) fn write(exported: &Exported<'_>, method: &Method) -> Result<Json, ExportError> {
    let mut operation = Members::default();
    operation.set_if("operationId", method.operation_name.as_deref());
    write_content(exported, method, &mut operation)?;
    let responses = responses(exported, method, &mut operation)?;
    operation.set("responses", responses);
    operation.set_if("security", security::requirement(exported, method));
    if method.resource_path == "$default" {
        operation.set("isDefaultRoute", Json::Bool(true));
    }
    if exported.extensions.apigateway
        && let Some(index) = method.request_validator
        && let Some(validator) = exported.deployment.request_validators.get(index as usize)
    {
        operation.set("x-amazon-apigateway-request-validator", validator.name.as_str());
    }
    if exported.extensions.integrations {
        let integration = integration::write(exported, &method.integration);
        operation.set("x-amazon-apigateway-integration", integration);
    }
    Ok(operation.into_json())
}

/// Parameters, and what content is like.
fn write_content(
    exported: &Exported<'_>,
    method: &Method,
    operation: &mut Members,
) -> Result<(), ExportError> {
    let declared = method.request_parameters.iter().map(|p| parameter(exported, p));
    let mut parameters: Vec<Json> = match exported.is_rest() {
        true => declared.collect(),
        // HTTP APIs have none but their paths', which the specification wants declared.
        false => path_parameters(exported, &method.resource_path),
    };
    let models = &method.request_models;
    let mut body = Members::default();
    if exported.is_swagger() && !models.is_empty() {
        let (_, name) = &models[0];
        if models.iter().any(|(_, other)| other != name) {
            return Err(several_models(method));
        }
        let consumes = models.iter().map(|(media_type, _)| media_type.as_str().into()).collect();
        operation.set("consumes", Json::Array(consumes));
        body.set("in", "body");
        body.set("name", name.as_str());
        body.set("required", Json::Bool(true));
        body.set("schema", models::reference(exported, name));
        parameters.push(body.into_json());
    } else if !models.is_empty() {
        let mut content = Members::default();
        for (media_type, name) in models {
            let mut media = Members::default();
            media.set("schema", models::reference(exported, name));
            content.set(media_type, media.into_json());
        }
        body.set("content", content.into_json());
        body.set("required", Json::Bool(true));
        operation.set("requestBody", body.into_json());
    }
    operation.set_if("parameters", (!parameters.is_empty()).then_some(Json::Array(parameters)));
    Ok(())
}

fn several_models(method: &Method) -> ExportError {
    ExportError(format!(
        "`{} {}` has several models, and Swagger 2.0 one for all media types: export `oas30`",
        method.http_method, method.resource_path
    ))
}

fn parameter(exported: &Exported<'_>, parameter: &RequestParameter) -> Json {
    let mut written = Members::default();
    written.set("name", parameter.name.as_str());
    let location = match parameter.location.as_str() {
        "querystring" => "query",
        location => location,
    };
    written.set("in", location);
    // A path's variable is always there; AWS keeps what was declared.
    if parameter.required || location == "path" {
        written.set("required", Json::Bool(parameter.required));
    }
    string_type(exported, &mut written);
    written.into_json()
}

fn path_parameters(exported: &Exported<'_>, path: &str) -> Vec<Json> {
    let segments = path.split('/').filter_map(|s| s.strip_prefix('{')?.strip_suffix('}'));
    let variable = |segment: &str| RequestParameter {
        location: "path".into(),
        name: segment.trim_end_matches('+').into(),
        required: true,
    };
    segments.map(|segment| parameter(exported, &variable(segment))).collect()
}

/// The method responses: those that are declared, and those that integration responses need.
fn responses(
    exported: &Exported<'_>,
    method: &Method,
    operation: &mut Members,
) -> Result<Json, ExportError> {
    let mut declared = method.responses.clone();
    let needed = method.integration.responses.iter().filter(|r| r.has_method_response);
    for response in needed {
        let status = format!("{}", response.status_code);
        let known = declared.iter().position(|r| r.status_code == status);
        let known = known.or_else(|| declared.iter().position(|r| r.status_code == "default"));
        let at = known.unwrap_or_else(|| {
            let (parameters, models) = Default::default();
            declared.push(MethodResponse { status_code: status, parameters, models });
            declared.len() - 1
        });
        for (target, _) in &response.response_parameters {
            let Some(name) = target.strip_prefix("method.response.header.") else { continue };
            let parameters = &mut declared[at].parameters;
            if !parameters.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                parameters.push(name.into());
            }
        }
    }
    if exported.is_swagger() {
        operation.set_if("produces", produces(method, &declared)?);
    }
    let mut written = Members::default();
    for response in &declared {
        written.set(&response.status_code, method_response(exported, response));
    }
    if written.0.is_empty() && !exported.is_rest() {
        let mut response = Members::default();
        let description = format!("Default response for {}", method.route_key());
        response.set("description", description.as_str());
        written.set("default", response.into_json());
    }
    Ok(written.into_json())
}

/// Swagger 2.0 names the media types of all responses at once, and one model for each response.
fn produces(method: &Method, declared: &[MethodResponse]) -> Result<Option<Json>, ExportError> {
    let mut modelled = declared.iter().map(|r| &r.models).filter(|models| !models.is_empty());
    let Some(first) = modelled.next() else { return Ok(None) };
    let media_types = |models: &[(String, String)]| -> Vec<Json> {
        models.iter().map(|(media_type, _)| media_type.as_str().into()).collect()
    };
    let is_one = |models: &[(String, String)]| models.iter().all(|(_, name)| *name == models[0].1);
    let written = media_types(first);
    let is_said = |models: &Vec<_>| is_one(models) && media_types(models) == written;
    match is_one(first) && modelled.all(is_said) {
        true => Ok(Some(Json::Array(written))),
        false => Err(several_models(method)),
    }
}

fn method_response(exported: &Exported<'_>, declared: &MethodResponse) -> Json {
    let mut response = Members::default();
    response.set("description", format!("{} response", declared.status_code).as_str());
    let mut headers = Members::default();
    for name in &declared.parameters {
        let mut field = Members::default();
        string_type(exported, &mut field);
        headers.set(name, field.into_json());
    }
    response.set_if("headers", headers.into_json_if_any());
    if exported.is_swagger() {
        let model = declared.models.first().map(|(_, name)| models::reference(exported, name));
        response.set_if("schema", model);
    } else {
        let mut content = Members::default();
        for (media_type, name) in &declared.models {
            let mut media = Members::default();
            media.set("schema", models::reference(exported, name));
            content.set(media_type, media.into_json());
        }
        response.set_if("content", content.into_json_if_any());
    }
    response.into_json()
}
