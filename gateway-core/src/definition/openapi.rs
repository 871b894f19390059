//! Reads AWS's object model from OpenAPI 3.0 and Swagger 2.0 with `x-amazon-apigateway-*`.

use alloc::{string::String, vec::Vec};

use super::document::Node;
use super::{DefinitionError, Deployment, Protocol};

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
