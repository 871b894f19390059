//! A snapshot compiled for serving: what [`crate::exchange::Exchange`] decides by.

mod authorizer;
pub(crate) mod aws_endpoint;
mod cache;
mod canary;
mod connection;
mod deployment;
mod domains;
pub(crate) mod expression;
pub(crate) mod field_rules;
pub(crate) mod function;
pub(crate) mod http;
pub(crate) mod http_proxy;
mod integration;
pub(crate) mod integration_request;
pub(crate) mod integration_response;
pub(crate) mod lambda;
pub(crate) mod media;
mod method_settings;
pub(crate) mod mock;
pub(crate) mod parameter_mapping;
mod path_template;
pub(crate) mod request_parameters;
pub(crate) mod request_templates;
pub(crate) mod response_template;
mod routes;
pub(crate) mod service;
pub(crate) mod service_proxy;
mod stage;
pub(crate) mod uri;
mod usage_plans;
mod validation;
mod web_acl;

use alloc::collections::BTreeMap;
use alloc::{string::String, vec::Vec};

pub(crate) use authorizer::{AuthorizerFunction, AuthorizerPlan, IdentitySource, LambdaPlan};
pub use aws_endpoint::signing_name;
pub(crate) use cache::CachePlan;
use cache::StageCache;
use canary::CanaryPlan;
use deployment::DeploymentPlan;
pub(crate) use domains::{Domains, Mapped};
pub(crate) use integration::IntegrationPlan;
pub(crate) use method_settings::Logging;
use method_settings::check_method_settings;
use path_template::PathTemplate;
pub(crate) use response_template::GatewayResponsePlan;
pub(crate) use stage::MethodPlan;
use stage::StagePlan;
pub(crate) use usage_plans::Usable;
use usage_plans::UsagePlans;
pub(crate) use validation::Validation;
pub(crate) use web_acl::WebAclPlan;
pub use web_acl::{CheckedWebAcl, TOKEN_KEY_BYTES_MIN, check_web_acl};

use crate::context::Context;
use crate::definition::{
    Api, DefinitionError, Deployment, EndpointType, Method, Protocol, Snapshot, Source, Stage,
};
use crate::json::Json;
use crate::json_schema::Invalid;
use crate::message::Seed;
use crate::pipeline::UserPool;
use crate::policy::Policy;

/// All APIs, compiled once. Nothing in it changes while it serves.
#[derive(Debug)]
pub struct Gateway {
    pub(crate) snapshot: Snapshot,
    apis: Vec<ApiPlan>,
    by_id: BTreeMap<String, usize>,
    domains: Domains,
    usage_plans: UsagePlans,
    web_acls: Vec<WebAclPlan>,
}

#[derive(Debug)]
struct ApiPlan {
    deployments: Vec<DeploymentPlan>,
    stages: Vec<StagePlan>,
    /// By stage.
    canaries: Vec<Option<CanaryPlan>>,
    by_name: BTreeMap<String, usize>,
    is_private: bool,
}

/// An API's stage, as a request addressed it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StageOf<'g> {
    pub(crate) api: &'g Api,
    pub(crate) stage: &'g Stage,
    pub(crate) deployment: &'g Deployment,
    pub(crate) plan: &'g StagePlan,
    /// `None` at stages without a canary.
    pub(crate) is_canary: Option<bool>,
    compiled: &'g DeploymentPlan,
    snapshot: &'g Snapshot,
}

/// A method of a stage, as a request matched it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MethodOf<'g> {
    pub(crate) at: StageOf<'g>,
    pub(crate) method: &'g Method,
    pub(crate) plan: &'g MethodPlan,
    template: Option<&'g PathTemplate>,
    /// Index into the deployment's methods.
    index: usize,
}

impl Gateway {
    /// Compiles a snapshot: route tables, URI templates, mock responses, access log formats.
    ///
    /// # Errors
    /// Everything in the snapshot that cannot be served, with its place in the definition.
    pub fn compile(snapshot: Snapshot) -> Result<Self, Vec<DefinitionError>> {
        let mut errors = Vec::new();
        let mut by_id = BTreeMap::new();
        let mut apis = Vec::with_capacity(snapshot.apis.len());
        for api in &snapshot.apis {
            if by_id.insert(api.id.to_ascii_lowercase(), apis.len()).is_some() {
                let message = alloc::format!("two APIs have the id `{}`", api.id);
                errors.push(DefinitionError::error(Source::default(), message));
            }
            apis.push(compile_api(&snapshot, api, &mut errors));
        }
        let domains = Domains::compile(&snapshot, &mut errors);
        let usage_plans = UsagePlans::compile(&snapshot, &mut errors);
        let web_acls = WebAclPlan::compile_all(&snapshot, &mut errors);
        match errors.is_empty() {
            true => Ok(Self { snapshot, apis, by_id, domains, usage_plans, web_acls }),
            false => Err(errors),
        }
    }

    /// The index of the API of this id; ids are host names, which have no case.
    pub(crate) fn api(&self, id: &str) -> Option<usize> {
        match self.by_id.get(id) {
            None if id.bytes().any(|b| b.is_ascii_uppercase()) => {
                self.by_id.get(&id.to_ascii_lowercase()).copied()
            }
            found => found.copied(),
        }
    }

    /// Whether an API answers at a private endpoint, or (`None`) at a public one. Private APIs answer
    /// at private endpoints alone, and no others do; an endpoint that nobody knows has none.
    fn is_reached_by(&self, api: usize, vpc_endpoint_id: Option<&str>) -> bool {
        let is_known = self.snapshot.private_endpoint(vpc_endpoint_id).is_some();
        self.apis[api].is_private == is_known && is_known == vpc_endpoint_id.is_some()
    }

    /// Why there is no stage where [`stage`](Self::stage) has found none.
    pub(crate) fn why_no_stage(&self, api: usize, vpc_endpoint_id: Option<&str>) -> &'static str {
        match (self.apis[api].is_private, vpc_endpoint_id) {
            _ if self.is_reached_by(api, vpc_endpoint_id) => "no such stage",
            (true, None) => "the API is private: it answers at private endpoints alone",
            (true, Some(_)) => "there is no such private endpoint",
            (false, _) => "the API is not private: no private endpoint leads to it",
        }
    }

    /// The only API, if there is only one.
    pub(crate) fn only_api(&self) -> Option<usize> {
        (self.apis.len() == 1).then_some(0)
    }

    /// A stage of an API, or the stage as its canary has it, as the seed decides.
    pub(crate) fn stage(
        &self,
        api: usize,
        stage_name: &str,
        vpc_endpoint_id: Option<&str>,
        seed: Seed,
    ) -> Option<StageOf<'_>> {
        if !self.is_reached_by(api, vpc_endpoint_id) {
            return None;
        }
        let compiled = &self.apis[api];
        let index = *compiled.by_name.get(stage_name)?;
        let api = &self.snapshot.apis[api];
        let canary = compiled.canaries[index].as_ref();
        let taken = canary.filter(|canary| canary.takes(seed));
        let (stage, plan) = match taken {
            Some(canary) => (&canary.stage, &canary.plan),
            None => (&api.stages[index], &compiled.stages[index]),
        };
        let deployment = stage.deployment as usize;
        Some(StageOf {
            api,
            stage,
            deployment: &api.deployments[deployment],
            plan,
            is_canary: canary.map(|_| taken.is_some()),
            compiled: &compiled.deployments[deployment],
            snapshot: &self.snapshot,
        })
    }

    /// Whether a caller with this key may call a method; else why not.
    pub(crate) fn find_api_key(
        &self,
        value: &str,
        of: MethodOf<'_>,
    ) -> Result<Usable<'_>, &'static str> {
        self.usage_plans.find(&self.snapshot, value, of)
    }

    /// The web ACL of a stage.
    pub(crate) fn web_acl(&self, stage: &Stage) -> Option<&WebAclPlan> {
        self.web_acl_at(stage.web_acl?)
    }

    /// That of this index.
    pub(crate) fn web_acl_at(&self, index: u32) -> Option<&WebAclPlan> {
        self.web_acls.get(index as usize)
    }

    /// Where a request to a custom domain name goes.
    pub(crate) fn domains(&self) -> &Domains {
        &self.domains
    }
}

impl<'g> StageOf<'g> {
    /// What it was compiled from.
    pub(crate) fn snapshot(self) -> &'g Snapshot {
        self.snapshot
    }

    /// Whether a header field or a query's parameter of this name tells an authorizer who the caller is.
    pub(crate) fn identifies(self, name: &str) -> bool {
        self.compiled.authorizers.iter().any(|plan| {
            plan.identity_headers().any(|header| header.eq_ignore_ascii_case(name))
                || plan.identity_parameters().any(|parameter| parameter == name)
        })
    }

    /// The method that answers, by the path without the stage. `TestInvokeMethod`, whose stage has one alone,
    /// routes nothing: a path that is none of the method's has no parameters.
    pub(crate) fn find_method(self, http_method: &str, path: &str) -> Option<MethodOf<'g>> {
        let found = self.compiled.routes.find(http_method, path);
        let index = match found {
            None if self.stage.is_test_invoke => 0,
            found => found?.route as usize,
        };
        Some(MethodOf {
            at: self,
            method: self.deployment.methods.get(index)?,
            plan: self.plan.methods[index].of_verb(http_method),
            template: found.and(self.compiled.templates[index].as_ref()),
            index,
        })
    }
}

impl<'g> MethodOf<'g> {
    /// Path parameters of the path that matched, percent-encoding untouched.
    pub(crate) fn path_parameters<'a>(
        &self,
        path: &'a str,
    ) -> impl Iterator<Item = (&'g str, &'a str)> + use<'a, 'g> {
        // A trailing slash is no part of a greedy value in a REST API.
        let path = match self.at.api.protocol {
            Protocol::Rest => path.trim_end_matches('/'),
            Protocol::Http => path,
        };
        self.template.into_iter().flat_map(move |template| template.captures(path))
    }

    /// What is validated of its requests.
    pub(crate) fn validation(&self) -> Option<&'g Validation> {
        self.at.compiled.validations.of(self.index)
    }

    /// Whether content satisfies a model.
    pub(crate) fn check(&self, model: usize, value: &Json) -> Result<(), Invalid> {
        self.at.compiled.validations.check(model, value)
    }

    /// The compiled authorizer of this index.
    pub(crate) fn authorizer(&self, index: u32) -> Option<&'g AuthorizerPlan> {
        self.at.compiled.authorizers.get(index as usize)
    }

    /// The API's resource policy.
    pub(crate) fn policy(&self) -> Option<&'g Policy> {
        self.at.compiled.policy.as_ref()
    }

    /// The policy of the private endpoint that a request came by.
    pub(crate) fn endpoint_policy(&self, context: &Context) -> Option<&'g Policy> {
        let id = context.vpc_endpoint_id();
        self.at.snapshot.private_endpoint(id)?.policy.as_ref()
    }

    /// The user pools whose tokens a Cognito authorizer takes at this stage.
    pub(crate) fn user_pools(&self, index: u32) -> &'g [UserPool] {
        self.at.plan.user_pools.get(index as usize).map_or(&[], Vec::as_slice)
    }

    /// The function that a Lambda authorizer asks at this stage.
    pub(crate) fn authorizer_function(&self, index: u32) -> Option<&'g AuthorizerFunction> {
        self.at.plan.authorizer_functions.get(index as usize)?.as_ref()
    }
}

fn compile_api(snapshot: &Snapshot, api: &Api, errors: &mut Vec<DefinitionError>) -> ApiPlan {
    let deployments: Vec<DeploymentPlan> =
        api.deployments.iter().map(|d| DeploymentPlan::compile(snapshot, api, d, errors)).collect();
    let mut by_name = BTreeMap::new();
    let mut stages = Vec::with_capacity(api.stages.len());
    let mut canaries = Vec::with_capacity(api.stages.len());
    for stage in &api.stages {
        if by_name.insert(stage.stage_name.clone(), stages.len()).is_some() {
            let message =
                alloc::format!("API `{}` has two stages named `{}`", api.id, stage.stage_name);
            errors.push(DefinitionError::error(Source::default(), message));
        }
        match api.deployments.get(stage.deployment as usize) {
            Some(deployment) => {
                let cache = StageCache::of(api, stage, &deployment.id, false);
                let cache = cache.as_ref();
                stages.push(StagePlan::compile(snapshot, api, stage, deployment, cache, errors));
                check_method_settings(api, stage, errors);
                canaries.push(CanaryPlan::compile(snapshot, api, stage, cache, errors));
            }
            None => {
                let message = alloc::format!(
                    "stage `{}` of API `{}` serves deployment {}, which does not exist",
                    stage.stage_name,
                    api.id,
                    stage.deployment
                );
                errors.push(DefinitionError::error(Source::default(), message));
            }
        }
    }
    let is_private = api.deployments.iter().any(|d| d.endpoint_type == EndpointType::Private);
    if is_private && snapshot.private_endpoints.is_empty() {
        let message =
            "it is private, and `privateEndpoints` are not configured: nobody could call it";
        errors.push(DefinitionError::error(Source::default(), message));
    }
    ApiPlan { deployments, stages, canaries, by_name, is_private }
}

/// `arn:aws:execute-api:{region}:{account}:{api}/`, which the ARNs of an API's methods begin with.
pub fn api_arn(region: &str, account_id: &str, api_id: &str) -> String {
    let partition = match region.split('-').next() {
        Some("cn") => "aws-cn",
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    };
    alloc::format!("arn:{partition}:execute-api:{region}:{account_id}:{api_id}/")
}

#[cfg(test)]
mod tests;
