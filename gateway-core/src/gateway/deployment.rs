//! A deployment, compiled: routes, authorizers, models and the resource policy.

use alloc::{string::String, vec::Vec};

use super::path_template::PathTemplate;
use super::routes::Routes;
use super::validation::Validations;
use super::{AuthorizerPlan, api_arn};
use crate::definition::{Api, DefinitionError, Deployment, Protocol, Snapshot};
use crate::policy::Policy;

/// What all stages of a deployment share.
#[derive(Debug)]
pub(super) struct DeploymentPlan {
    pub(super) routes: Routes,
    /// By method; `None` for `$default`.
    pub(super) templates: Vec<Option<PathTemplate>>,
    pub(super) authorizers: Vec<AuthorizerPlan>,
    pub(super) validations: Validations,
    /// The resource policy.
    pub(super) policy: Option<Policy>,
}

impl DeploymentPlan {
    /// Compiles what all its stages share.
    pub(super) fn compile(
        snapshot: &Snapshot,
        api: &Api,
        deployment: &Deployment,
        errors: &mut Vec<DefinitionError>,
    ) -> Self {
        let protocol = api.protocol;
        let mut routes = Routes::new(protocol);
        let mut templates = Vec::with_capacity(deployment.methods.len());
        for (index, method) in deployment.methods.iter().enumerate() {
            let error = |message: String| DefinitionError::error(method.source.clone(), message);
            let (template, inserted) = match method.resource_path.as_str() {
                "$default" if protocol == Protocol::Http => {
                    (None, routes.insert_default(index as u32))
                }
                path => match PathTemplate::parse(path) {
                    Ok(template) => {
                        let inserted = routes.insert(&template, &method.http_method, index as u32);
                        (Some(template), inserted)
                    }
                    Err(reason) => {
                        errors.push(error(alloc::format!("resource path `{path}`: {reason}")));
                        (None, Ok(()))
                    }
                },
            };
            if let Err(other) = inserted {
                let other = deployment.methods[other as usize].route_key();
                let message = alloc::format!(
                    "`{}` answers the same requests as `{other}`",
                    method.route_key()
                );
                errors.push(error(message));
            }
            templates.push(template);
        }
        let authorizers =
            deployment.authorizers.iter().map(|a| AuthorizerPlan::compile(a, errors)).collect();
        let validations = Validations::compile(deployment, errors);
        let api_arn = api_arn(&snapshot.region, &snapshot.account_id, &api.id);
        let policy = deployment.policy.clone().map(|policy| policy.for_api(&api_arn));
        Self { routes, templates, authorizers, validations, policy }
    }
}
