//! Writes a deployment as the document that imports to the same deployment again.
//!
//! After AWS's `GetExport` and `ExportApi`: OpenAPI 3.0 or Swagger 2.0, with as many of AWS's
//! extensions as are asked for. It is written from the object model. What API Gateway keeps for
//! people alone (descriptions, documentation, tags) is not in the model, and so
//! not here either.

mod integration;
mod models;
mod operation;
mod security;
mod settings;

use alloc::{format, string::String, vec::Vec};

use super::super::{Api, Deployment, Protocol};
use crate::json::{Json, Object};

/// `exportType`: which specification the document follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExportType {
    /// `oas30`: OpenAPI 3.0.
    #[default]
    Oas30,
    /// `swagger`: Swagger 2.0 (REST).
    Swagger,
}

/// `extensions`: which of AWS's extensions the document has. Only all of them import to the same
/// deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extensions {
    /// `integrations`: `x-amazon-apigateway-integration`.
    pub integrations: bool,
    /// `authorizers`: `x-amazon-apigateway-authorizer`.
    pub authorizers: bool,
    /// `apigateway`: these two and all others.
    pub apigateway: bool,
}

impl Extensions {
    /// `apigateway`
    pub const ALL: Self = Self { integrations: true, authorizers: true, apigateway: true };
}

/// What is exported, and how.
#[derive(Debug, Clone, Copy)]
pub struct Exported<'a> {
    /// The API.
    pub api: &'a Api,
    /// The one of its deployments that the stage serves.
    pub deployment: &'a Deployment,
    /// The stage, which clients' paths begin with.
    pub stage_name: &'a str,
    /// The region of its host name.
    pub region: &'a str,
    /// Which specification.
    pub export_type: ExportType,
    /// Which extensions.
    pub extensions: Extensions,
}

/// What a document of this kind cannot say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportError(pub String);

impl core::fmt::Display for ExportError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.0)
    }
}

impl core::error::Error for ExportError {}

/// Writes the document.
///
/// # Errors
/// What the specification that is asked for has no words for.
pub fn export(exported: &Exported<'_>) -> Result<Json, ExportError> {
    if exported.is_swagger() && !exported.is_rest() {
        return Err(ExportError("an HTTP API is exported as `oas30` alone".into()));
    }
    let mut document = Members::default();
    match exported.is_swagger() {
        true => document.set("swagger", "2.0"),
        false => document.set("openapi", "3.0.1"),
    }
    settings::write_address(exported, &mut document);
    document.set("paths", paths(exported)?);
    let schemas = models::schemas(exported)?;
    let schemes = security::schemes(exported);
    if exported.is_swagger() {
        document.set_if("securityDefinitions", schemes);
        document.set_if("definitions", schemas);
    } else {
        let mut components = Members::default();
        components.set_if("schemas", schemas);
        components.set_if("securitySchemes", schemes);
        document.set_if("components", components.into_json_if_any());
    }
    if exported.extensions.apigateway {
        settings::write_extensions(exported, &mut document)?;
    }
    Ok(document.into_json())
}

fn paths(exported: &Exported<'_>) -> Result<Json, ExportError> {
    let mut paths: Vec<(String, Members)> = Vec::new();
    for method in &exported.deployment.methods {
        let path = match method.resource_path.as_str() {
            // As AWS has it: a path begins with a slash.
            "$default" => "/$default",
            path => path,
        };
        let member = match method.http_method.as_str() {
            "ANY" => "x-amazon-apigateway-any-method".into(),
            verb => verb.to_ascii_lowercase(),
        };
        let operation = operation::write(exported, method)?;
        let at = paths.iter().position(|(known, _)| known == path).unwrap_or_else(|| {
            paths.push((path.into(), Members::default()));
            paths.len() - 1
        });
        paths[at].1.set(&member, operation);
    }
    Ok(Json::Object(paths.into_iter().map(|(path, item)| (path, item.into_json())).collect()))
}

impl Exported<'_> {
    fn is_rest(&self) -> bool {
        self.api.protocol == Protocol::Rest
    }

    fn is_swagger(&self) -> bool {
        self.export_type == ExportType::Swagger
    }
}

/// An object that is being written.
#[derive(Debug, Default)]
struct Members(Vec<(String, Json)>);

impl Members {
    fn set(&mut self, name: &str, value: impl Into<Json>) {
        self.0.push((name.into(), value.into()));
    }

    fn set_if(&mut self, name: &str, value: Option<impl Into<Json>>) {
        if let Some(value) = value {
            self.set(name, value);
        }
    }

    fn into_json(self) -> Json {
        Json::Object(Object::new(self.0))
    }

    fn into_json_if_any(self) -> Option<Json> {
        (!self.0.is_empty()).then(|| self.into_json())
    }
}

/// Names and texts as an object; `None` if there are none.
fn texts(members: &[(String, String)]) -> Option<Json> {
    let all: Object = members.iter().map(|(n, text)| (n.clone(), text.as_str().into())).collect();
    (!all.is_empty()).then_some(Json::Object(all))
}

fn strings(items: &[String]) -> Json {
    Json::Array(items.iter().map(|item| item.as_str().into()).collect())
}

/// What a parameter or a field is like, in the words of the specification: any text.
fn string_type(exported: &Exported<'_>, to: &mut Members) {
    match exported.is_swagger() {
        true => to.set("type", "string"),
        false => {
            to.set("schema", Json::Object([("type".into(), "string".into())].into_iter().collect()))
        }
    }
}
