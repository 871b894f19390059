//! A stage of a deployment, compiled: what differs from stage to stage of each method.

use alloc::boxed::Box;
use alloc::{string::String, vec::Vec};

use super::authorizer::AuthorizerFunction;
use super::cache::{CachePlan, StageCache};
use super::method_settings::{
    Logging, MethodSettings, has_method_metrics, method_logging, method_throttle, verbs_named,
};
use super::parameter_mapping::ResponseMappings;
use super::{GatewayResponsePlan, IntegrationPlan, api_arn, authorizer, connection};
use crate::access_log::Format;
use crate::bucket::Limit;
use crate::definition::{Api, DefinitionError, Deployment, Method, Snapshot, Source, Stage};
use crate::pipeline::UserPool;

/// A stage: stage variables filled in, settings resolved.
#[derive(Debug)]
pub(crate) struct StagePlan {
    pub(super) methods: Vec<MethodPlan>,
    pub(crate) gateway_responses: Vec<GatewayResponsePlan>,
    /// `arn:aws:execute-api:{region}:{account}:{api}/{stage}/`, which ARNs of methods begin with.
    pub(crate) method_arns: String,
    /// By authorizer; `None` where there is no function to ask.
    pub(super) authorizer_functions: Vec<Option<AuthorizerFunction>>,
    /// By authorizer.
    pub(super) user_pools: Vec<Vec<UserPool>>,
    /// Destination and format.
    pub(crate) access_log: Option<(String, Format)>,
}

/// A method or route at a stage.
#[derive(Debug)]
pub(crate) struct MethodPlan {
    pub(crate) route_key: String,
    pub(crate) integration: IntegrationPlan,
    /// HTTP APIs: what changes the endpoint's response, by its status.
    pub(crate) response_mappings: ResponseMappings,
    /// The bucket of this method and its limit, if the stage sets one.
    pub(crate) throttle: Option<(String, Limit)>,
    /// What usage plans name it by.
    pub(crate) usage_plan_key: String,
    /// What they name all verbs by, of the plan of one.
    pub(crate) any_usage_plan_key: Option<String>,
    /// Whether its metrics are counted by themselves too.
    pub(crate) has_metrics: bool,
    /// `None` where the stage logs nothing of it.
    pub(crate) logging: Option<Logging>,
    /// `None` where the stage caches nothing of it. Few methods are, so it takes little room.
    pub(crate) cache: Option<Box<CachePlan>>,
    /// Of an `ANY` method: the verbs that settings or usage plans name.
    by_verb: Vec<(&'static str, MethodPlan)>,
}

impl StagePlan {
    /// Compiles a stage with the deployment that it serves.
    pub(super) fn compile(
        snapshot: &Snapshot,
        api: &Api,
        stage: &Stage,
        deployment: &Deployment,
        cache: Option<&StageCache>,
        errors: &mut Vec<DefinitionError>,
    ) -> Self {
        let at = At { snapshot, api, stage, deployment, cache };
        let api_arn = api_arn(&snapshot.region, &snapshot.account_id, &api.id);
        let methods = deployment.methods.iter().map(|method| {
            errors.extend(connection::unknown_link(snapshot, api, stage, method));
            MethodPlan::compile(at, method, errors)
        });
        let methods = methods.collect();
        let gateway_responses = deployment.gateway_responses.iter().filter_map(|response| {
            let compiled = GatewayResponsePlan::compile(response, &stage.variables);
            compiled.map_err(|m| errors.push(DefinitionError::error(Source::default(), m))).ok()
        });
        let gateway_responses = gateway_responses.collect();
        Self {
            methods,
            gateway_responses,
            method_arns: alloc::format!("{api_arn}{}/", stage.stage_name),
            authorizer_functions: authorizer_functions(stage, deployment, errors),
            user_pools: deployment
                .authorizers
                .iter()
                .map(|authorizer| authorizer::user_pools(&authorizer.kind, &stage.variables))
                .collect(),
            access_log: compile_access_log(api, stage, errors),
        }
    }
}

/// What methods are compiled from.
#[derive(Clone, Copy)]
struct At<'s> {
    snapshot: &'s Snapshot,
    api: &'s Api,
    stage: &'s Stage,
    deployment: &'s Deployment,
    cache: Option<&'s StageCache>,
}

impl MethodPlan {
    /// The plan for requests by an HTTP method.
    pub(crate) fn of_verb(&self, http_method: &str) -> &Self {
        let own = self.by_verb.iter().find(|(verb, _)| *verb == http_method);
        own.map_or(self, |(_, plan)| plan)
    }

    fn compile(at: At<'_>, method: &Method, errors: &mut Vec<DefinitionError>) -> Self {
        let known = errors.len();
        let mut plan = Self::compile_verb(at, method, None, errors);
        let is_sound = errors.len() == known;
        let verbs = verbs_named(at.snapshot, at.api, at.stage, method);
        plan.by_verb = verbs
            .into_iter()
            .map(|verb| {
                let mut own_errors = Vec::new();
                let plan = Self::compile_verb(at, method, Some(verb), &mut own_errors);
                // What is wrong with all of the method is told once.
                errors.extend(own_errors.into_iter().filter(|_| is_sound));
                (verb, plan)
            })
            .collect();
        plan
    }

    fn compile_verb(
        at: At<'_>,
        method: &Method,
        verb: Option<&str>,
        errors: &mut Vec<DefinitionError>,
    ) -> Self {
        let At { snapshot, api, stage, deployment, cache } = at;
        let error = |message| DefinitionError::error(method.integration.source.clone(), message);
        let integration = IntegrationPlan::compile(snapshot, api, stage, deployment, method);
        let integration = integration.unwrap_or_else(|message| {
            errors.push(error(message));
            IntegrationPlan::Misconfigured(String::new())
        });
        let response_mappings =
            ResponseMappings::compile(&method.integration.response_parameters, &stage.variables);
        let response_mappings = response_mappings.unwrap_or_else(|message| {
            errors.push(error(message));
            ResponseMappings::default()
        });
        let settings = MethodSettings::of(api, stage, method, verb);
        let cached = CachePlan::compile(cache, &settings, method, &stage.variables);
        let cached = cached.unwrap_or_else(|message| {
            errors.push(error(message));
            None
        });
        let usage_plan_key = method.usage_plan_key_for(verb.unwrap_or(&method.http_method));
        let any_usage_plan_key = verb.map(|_| method.usage_plan_key());
        Self {
            route_key: method.route_key(),
            integration,
            response_mappings,
            throttle: method_throttle(api, stage, method, verb),
            has_metrics: has_method_metrics(&settings),
            logging: method_logging(&settings),
            cache: cached.map(Box::new),
            usage_plan_key,
            any_usage_plan_key,
            by_verb: Vec::new(),
        }
    }
}

/// A mistake in a URI with stage variables concerns one stage alone: there the authorizer lets
/// nobody through.
fn authorizer_functions(
    stage: &Stage,
    deployment: &Deployment,
    errors: &mut Vec<DefinitionError>,
) -> Vec<Option<AuthorizerFunction>> {
    let functions =
        deployment.authorizers.iter().map(|authorizer| {
            match authorizer::function_of(&authorizer.kind, &stage.variables)? {
                Ok(function) => Some(function),
                Err(reason) => {
                    let message = alloc::format!("authorizer `{}`: {reason}", authorizer.name);
                    if !authorizer.has_stage_variables() {
                        errors.push(DefinitionError::error(authorizer.source.clone(), message));
                    }
                    None
                }
            }
        });
    functions.collect()
}

fn compile_access_log(
    api: &Api,
    stage: &Stage,
    errors: &mut Vec<DefinitionError>,
) -> Option<(String, Format)> {
    let settings = stage.access_log_settings.as_ref()?;
    match Format::compile(&settings.format) {
        Ok(format) => Some((settings.destination.clone(), format)),
        Err(reason) => {
            let message = alloc::format!(
                "access log format of stage `{}` of API `{}`: {reason}",
                stage.stage_name,
                api.id
            );
            let source = stage.source_of(&["accessLogSettings", "format"]);
            errors.push(DefinitionError::error(source, message));
            None
        }
    }
}
