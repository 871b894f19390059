//! REST methods and HTTP routes.

use alloc::{string::String, vec::Vec};

use serde::{Deserialize, Serialize};

use super::{Integration, Source};

/// A REST method, or an HTTP route.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Method {
    /// `$context.resourceId` (REST).
    pub resource_id: String,
    /// `/products/{productId}`, `/{proxy+}`; `$default` for an HTTP API's default route.
    pub resource_path: String,
    /// `GET`, …, or `ANY`.
    pub http_method: String,
    /// `operationId`, if any.
    pub operation_name: Option<String>,
    /// Who may call.
    pub authorization: Authorization,
    /// Whether an API key is required (REST).
    pub api_key_required: bool,
    /// Declared parameters (REST).
    pub request_parameters: Vec<RequestParameter>,
    /// What answers.
    pub integration: Integration,
    /// Where it stands in the definition.
    pub source: Source,
    /// What content is like: media type, or `$default` → name of a model (REST).
    pub request_models: Vec<(String, String)>,
    /// What is validated: index into `Deployment::request_validators` (REST).
    pub request_validator: Option<u32>,
    /// What is declared of the responses (REST). Nothing is made of it but exports.
    pub responses: Vec<MethodResponse>,
}

/// A declared response of a method.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MethodResponse {
    /// `200`, or `default`.
    pub status_code: String,
    /// The names of its header fields.
    pub parameters: Vec<String>,
    /// Media type → name of a model.
    pub models: Vec<(String, String)>,
}

impl Method {
    /// An open method of a resource, or a route, with nothing else set.
    pub fn new(http_method: &str, resource_path: &str, integration: Integration) -> Self {
        Self {
            resource_id: String::new(),
            resource_path: resource_path.into(),
            http_method: http_method.into(),
            operation_name: None,
            authorization: Authorization::None,
            api_key_required: false,
            request_parameters: Vec::new(),
            integration,
            source: Source::default(),
            request_models: Vec::new(),
            request_validator: None,
            responses: Vec::new(),
        }
    }

    /// `$context.routeKey`: `GET /products`, `$default`.
    pub fn route_key(&self) -> String {
        match self.resource_path.as_str() {
            "$default" => "$default".into(),
            path => alloc::format!("{} {path}", self.http_method),
        }
    }

    /// What usage plans name it by: `/products/GET`, `//GET` for the root.
    pub fn usage_plan_key(&self) -> String {
        self.usage_plan_key_for(&self.http_method)
    }

    /// What usage plans name one of its [`verbs`](Self::verbs) by.
    pub fn usage_plan_key_for(&self, verb: &str) -> String {
        alloc::format!("{}/{verb}", self.resource_path)
    }

    /// What settings of a stage and limits of usage plans may name beside the method itself: those of a REST
    /// API's `ANY` method speak of a verb, as its stages show it on AWS.
    pub fn verbs(&self) -> &'static [&'static str] {
        if self.http_method == "ANY" { &ANY } else { &[] }
    }
}

/// What `ANY` stands for (`PutMethod`, "httpMethod").
pub(crate) const ANY: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// Who may call a method.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub enum Authorization {
    /// Everybody.
    #[default]
    None,
    /// Those who sign with an access key, and whom policies allow it.
    Iam,
    /// Those whom an authorizer lets through.
    Authorizer {
        /// Index into `Deployment::authorizers`.
        authorizer: u32,
        /// Scopes, any one of which suffices; none are needed if empty.
        scopes: Vec<String>,
    },
}

/// A declared request parameter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequestParameter {
    /// `path`, `querystring` or `header`.
    pub location: String,
    /// Its name.
    pub name: String,
    /// Whether it must be there.
    pub required: bool,
}
