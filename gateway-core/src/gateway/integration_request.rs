//! The integration request of an integration that is no proxy, compiled for a stage.

use alloc::collections::BTreeMap;
use alloc::string::String;

use super::field_rules::FieldRules;
use super::request_parameters::RequestParameters;
use super::request_templates::RequestTemplates;
use crate::definition::{ContentHandling, Integration};

/// How a method request becomes an integration request.
#[derive(Debug)]
pub(crate) struct RequestPlan {
    /// `None` is the client's method.
    pub(crate) http_method: Option<String>,
    pub(crate) parameters: RequestParameters,
    pub(crate) content: ContentPlan,
}

/// How the client's content becomes the integration request's.
#[derive(Debug)]
pub(crate) struct ContentPlan {
    pub(crate) templates: RequestTemplates,
    pub(crate) content_handling: Option<ContentHandling>,
}

impl ContentPlan {
    pub(crate) fn compile(integration: &Integration) -> Self {
        Self {
            templates: RequestTemplates::compile(integration),
            content_handling: integration.content_handling,
        }
    }
}

impl RequestPlan {
    /// The error says what is wrong with the definition.
    pub(crate) fn compile(
        integration: &Integration,
        variables: &BTreeMap<String, String>,
        rules: FieldRules,
    ) -> Result<Self, String> {
        Ok(Self {
            http_method: integration.http_method.clone().filter(|method| method != "ANY"),
            parameters: RequestParameters::compile(integration, variables, rules)?,
            content: ContentPlan::compile(integration),
        })
    }
}
