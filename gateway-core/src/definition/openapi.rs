//! Reads AWS's object model from OpenAPI 3.0 and Swagger 2.0 with `x-amazon-apigateway-*`.
//!
//! Every mistake is told at once, with its JSON pointer and line. What API Gateway knows and Edgeway
//! does not do yet is refused (`unsupported.rs` has the list); what AWS ignores is ignored, with a
//! warning where somebody may have meant something by it. `basePath` and `servers` are ignored, as
//! AWS's import does unless it is told otherwise ([`BasePathMode`]).

mod authorizer;
mod base_path;
mod cache;
mod connection;
mod cors;
mod credentials;
mod doubtful;
mod export;
mod exported_from;
mod extensions;
mod gateway_responses;
mod http_mapping;
mod ignored;
mod integration;
mod intrinsics;
mod lambda_authorizer;
mod mapping;
mod method;
mod method_responses;
mod models;
mod parameters;
mod paths;
mod policy;
mod reading;
mod resource_id;
mod responses;
mod security;
mod settings;
mod subtype;
mod suggest;
mod template;
mod unsupported;
mod uri;
mod validators;

use alloc::{format, string::String, vec::Vec};

pub use self::base_path::BasePathMode;
pub use self::export::{ExportError, ExportType, Exported, Extensions, export};
pub use self::exported_from::exported_from;
pub use self::intrinsics::{is_template, unresolved, with_unresolved};
use self::method::Parts;
use self::models::Models;
use self::reading::{Dialect, Reading};
use self::security::Schemes;
pub use self::suggest::did_you_mean;
use self::validators::Validators;
use super::document::{At, Node};
use super::{DefinitionError, Deployment, Protocol, Severity};
use crate::limits::REST_INTEGRATION_MS_DEFAULT;

/// A definition as an OpenAPI document gives it.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// `info.title`.
    pub name: String,
    /// `x-amazon-apigateway-endpoint-configuration.disableExecuteApiEndpoint`.
    pub disable_execute_api_endpoint: bool,
    /// The deployment; its id is for the caller to give.
    pub deployment: Deployment,
    /// What is served, but probably not meant.
    pub warnings: Vec<DefinitionError>,
}

/// How a document is imported.
#[derive(Debug, Clone, Copy)]
pub struct Options<'d> {
    /// Completes what a document leaves out of ARNs.
    pub region: &'d str,
    /// What becomes of its base path.
    pub basepath: BasePathMode,
    /// AWS's quota "maximum integration timeout": the longest `timeoutInMillis` of a REST API's
    /// integration whose response is not streamed.
    pub integration_ms_max: u32,
}

impl<'d> Options<'d> {
    /// As AWS imports unless it is told otherwise.
    pub fn new(region: &'d str) -> Self {
        let integration_ms_max = REST_INTEGRATION_MS_DEFAULT;
        Self { region, basepath: BasePathMode::Ignore, integration_ms_max }
    }
}

/// Imports a document as an API of this kind. `region` completes what a document leaves out of ARNs.
///
/// Fails with everything that is wrong, in the order of the document, warnings left out.
pub fn import(
    document: &Node,
    protocol: Protocol,
    region: &str,
) -> Result<Imported, Vec<DefinitionError>> {
    import_with(document, protocol, Options::new(region)).map_err(|mut told| {
        told.retain(|told| told.severity == Severity::Error);
        told
    })
}

/// Imports a document as [`import`] does, with other options. Where it fails, what is doubtful besides
/// follows what is wrong.
pub fn import_with(
    document: &Node,
    protocol: Protocol,
    options: Options<'_>,
) -> Result<Imported, Vec<DefinitionError>> {
    let root = At::root(document);
    let (dialect, mistake) = dialect(&root, protocol).map_err(|error| alloc::vec![error])?;
    let functions = unresolved(&root);
    let reading = Reading::new(root, dialect, protocol, options);
    mistake.into_iter().for_each(|mistake| reading.note(mistake));
    extensions::check(&reading);
    let settings = settings::read(&reading);
    security::check_top_level(&reading);
    let schemes = Schemes::read(&reading);
    let validators = Validators::read(&reading);
    let models = Models::read(&reading);
    let base_path = base_path::read(&reading, options.basepath);
    let parts = Parts { schemes: &schemes, validators: &validators, models: &models };
    let methods = paths::read(&reading, &base_path, &parts);
    doubtful::warn_of_binary(&reading, &methods, &settings.binary_media_types);
    let validates_body = methods.iter().any(|method| {
        let validator = method.request_validator.map(|at| &validators.validators[at as usize]);
        !method.request_models.is_empty() && validator.is_some_and(|v| v.validate_request_body)
    });
    let deployment = Deployment {
        id: String::new(),
        version: settings.version,
        methods,
        authorizers: schemes.authorizers,
        gateway_responses: gateway_responses::read(&reading),
        cors: cors::read(&reading),
        binary_media_types: settings.binary_media_types,
        api_key_source: settings.api_key_source,
        endpoint_type: settings.endpoint_type,
        minimum_compression_bytes: settings.minimum_compression_bytes,
        models: models.finish(&reading, validates_body),
        request_validators: validators.validators,
        policy: policy::read(&reading),
    };
    let (errors, warnings) = reading.finish();
    let errors = with_unresolved(functions, errors);
    if !errors.is_empty() {
        return Err([errors, warnings].concat());
    }
    Ok(Imported {
        name: settings.name,
        disable_execute_api_endpoint: settings.disable_execute_api_endpoint,
        deployment,
        warnings,
    })
}

/// Which specification the document follows, if this kind of API can be imported from it; and what is
/// wrong with how it says so, where it is plain all the same which one is meant.
fn dialect(
    root: &At<'_>,
    protocol: Protocol,
) -> Result<(Dialect, Option<DefinitionError>), DefinitionError> {
    let refused = |at: &At<'_>, message: String| DefinitionError::error(at.source(), message);
    // The rest of what is no API's document at all is not worth telling.
    let is_api = root.get("paths").is_some();
    let mistaken = |dialect, error| if is_api { Ok((dialect, Some(error))) } else { Err(error) };
    if !root.is_object() {
        return Err(refused(root, format!("expected an OpenAPI document, found {}", root.kind())));
    }
    if let Some(at) = root.get("swagger") {
        return match (at.as_text(), protocol) {
            (Some("2.0"), Protocol::Rest) => Ok((Dialect::Swagger2, None)),
            (Some("2.0"), Protocol::Http) => {
                let message = "an HTTP API is imported from OpenAPI 3.0, not from Swagger 2.0";
                Err(refused(&at, message.into()))
            }
            (_, Protocol::Rest) => {
                mistaken(Dialect::Swagger2, refused(&at, "only Swagger 2.0 is known".into()))
            }
            _ => Err(refused(&at, "only Swagger 2.0 is known".into())),
        };
    }
    let Some(at) = root.get("openapi") else {
        if is_template(root) {
            return Err(intrinsics::template(root));
        }
        let help = "it begins with `openapi: 3.0.1` or `swagger: \"2.0\"`";
        let message = "not an OpenAPI document: neither `openapi` nor `swagger` is there";
        let error = refused(root, message.into()).help(help);
        // A slip of the pen is told as a member that is not known.
        let is_near = |known| {
            let mut names =
                root.members().map(|(name, _)| name).filter(|name| !name.starts_with("x-"));
            names.any(|name| did_you_mean(name, core::iter::once(known)).is_some())
        };
        if is_api && is_near("openapi") {
            return Ok((Dialect::OpenApi3, None));
        }
        if is_api && is_near("swagger") && protocol == Protocol::Rest {
            return Ok((Dialect::Swagger2, None));
        }
        let is_swagger = ["definitions", "securityDefinitions", "basePath"];
        let is_swagger = is_swagger.iter().any(|name| root.get(name).is_some());
        return match is_swagger && protocol == Protocol::Rest {
            true => mistaken(Dialect::Swagger2, error),
            false => mistaken(Dialect::OpenApi3, error),
        };
    };
    match at.as_text() {
        Some(version) if version == "3.0" || version.starts_with("3.0.") => {
            Ok((Dialect::OpenApi3, None))
        }
        Some(version) => {
            let message = format!("API Gateway imports OpenAPI 3.0, not {version}");
            mistaken(Dialect::OpenApi3, refused(&at, message))
        }
        None => {
            let message = format!("expected a string, found {}", at.kind());
            mistaken(Dialect::OpenApi3, refused(&at, message))
        }
    }
}

#[cfg(test)]
mod tests;
