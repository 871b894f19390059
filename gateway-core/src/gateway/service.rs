//! `AWS` integrations with services, Lambda's own API among them, compiled for a stage.
//!
//! API Gateway REST API Reference, "Integration", `uri`:
//! `arn:aws:apigateway:{region}:{subdomain.service|service}:path|action/{service_api}`.

mod action;
pub(crate) mod s3;

use alloc::{format, string::String};

pub(crate) use self::action::Action;
use super::aws_endpoint::AwsEndpoint;
use super::field_rules::FieldRules;
use super::function::is_invocation;
use super::integration::{IntegrationPlan, credentials, depends_on_stage, timeout_ms};
use super::integration_request::RequestPlan;
use super::integration_response::Responses;
use super::uri::{UriTemplate, fill_stage_variables};
use crate::definition::{Api, Integration, Stage};

/// An `AWS` integration with a service.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) endpoint: AwsEndpoint,
    /// Where requests go, with AWS's own origin.
    pub(crate) uri: UriTemplate,
    /// `action/…`; `None` is `path/…`, which says nothing of the protocol, and S3, whose actions are paths.
    pub(crate) action: Option<Action>,
    pub(crate) credentials: Option<String>,
    pub(crate) request: RequestPlan,
    pub(crate) responses: Responses,
    pub(crate) timeout_ms: u32,
}

impl Service {
    /// The error says what is wrong with the definition, whatever the stage.
    pub(super) fn compile(
        api: &Api,
        stage: &Stage,
        integration: &Integration,
    ) -> Result<IntegrationPlan, String> {
        let Some(uri) = &integration.uri else {
            return Err("an `aws` integration needs a `uri`".into());
        };
        let variables = &stage.variables;
        let (endpoint, template, action) = match parse(&fill_stage_variables(uri, variables)) {
            Ok(parsed) => parsed,
            Err(reason) => return depends_on_stage(uri, stage, format!("`{uri}`: {reason}")),
        };
        Ok(IntegrationPlan::Service(Self {
            endpoint,
            uri: template,
            action,
            credentials: credentials(stage, integration),
            request: RequestPlan::compile(integration, variables, FieldRules::AWS)?,
            responses: Responses::compile(&integration.responses, variables)?,
            timeout_ms: timeout_ms(api.protocol, integration),
        }))
    }
}

/// Whether a URI is that of a service's path or action: an invocation of a function is none, but what else Lambda's own
/// API has is.
pub(crate) fn is_service(uri: &str) -> bool {
    uri.split(':').nth(4).is_some() && !is_invocation(uri)
}

/// Reads a URI in which stage variables are filled in. The error says what is wrong with it.
pub(crate) fn parse(uri: &str) -> Result<(AwsEndpoint, UriTemplate, Option<Action>), String> {
    let mut parts = uri.splitn(6, ':');
    let (Some("arn"), Some(_), Some("apigateway"), Some(region), Some(service), Some(api)) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(FORM.into());
    };
    let whole_name = service;
    let (subdomain, service) = match service.rsplit_once('.') {
        Some((subdomain, service)) => (Some(subdomain), service),
        None => (None, service),
    };
    let (kind, rest) = api.split_once('/').ok_or(FORM)?;
    let action = match kind {
        "path" => None,
        "action" => {
            let name = rest.split(['&', '?']).next().unwrap_or_default();
            if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric()) {
                return Err(format!("`{name}` is no action"));
            }
            if service != "s3" && action::has_none(whole_name) {
                return Err(format!("`{whole_name}` has no actions by name: use `path/…`"));
            }
            Some(Action::new(whole_name, name, &rest[name.len()..]))
        }
        _ => return Err(FORM.into()),
    };
    // Executions that are waited for have a host of their own.
    let host = match &action {
        Some(action) if service == "states" && action.name == "StartSyncExecution" => "sync-states",
        _ => service,
    };
    let endpoint = AwsEndpoint::new(host, subdomain, region)
        .ok_or_else(|| format!("there is no service `{service}` in `{region}`"))?;
    let query = |action: &Action| rest[action.name.len()..].get(1..).unwrap_or_default();
    let target = match &action {
        None => format!("/{}", rest.trim_start_matches('/')),
        Some(action) if service == "s3" => {
            s3::target(&action.name, query(action), subdomain.is_some())?
        }
        Some(action) => match query(action) {
            "" => "/".into(),
            query => format!("/?{query}"),
        },
    };
    let action = action.filter(|_| service != "s3");
    let template =
        UriTemplate::parse(&format!("{}{}{target}", endpoint.origin, endpoint.path_prefix))?;
    Ok((endpoint, template, action))
}

const FORM: &str = "it has the form arn:aws:apigateway:REGION:SERVICE:path/PATH or :action/ACTION";

#[cfg(test)]
mod tests {
    use super::*;

    fn url(uri: &str) -> Result<String, String> {
        let (_, template, _) = parse(uri)?;
        Ok(template.expand(|name| (name == "key").then_some("a/b%20c"), "", "", &[]))
    }

    #[test]
    fn paths_and_actions_become_urls() {
        for (uri, expected) in [
            ("us-east-1:sqs:path/1234/orders", "https://sqs.us-east-1.amazonaws.com/1234/orders"),
            (
                "eu-west-1:s3:path/bucket/{key}?acl",
                "https://s3.eu-west-1.amazonaws.com/bucket/a/b%20c?acl",
            ),
            ("eu-west-1:bucket.s3:path/{key}", "https://s3.eu-west-1.amazonaws.com/bucket/a/b%20c"),
            (
                "r-1:runtime.sagemaker:path//endpoints/e",
                "https://runtime.sagemaker.r-1.amazonaws.com/endpoints/e",
            ),
            (
                "us-east-1:lambda:path/2015-03-31/functions/{key}/configuration",
                "https://lambda.us-east-1.amazonaws.com/2015-03-31/functions/a/b%20c/configuration",
            ),
            ("us-east-1:dynamodb:action/PutItem", "https://dynamodb.us-east-1.amazonaws.com/"),
            (
                "us-east-1:states:action/StartSyncExecution",
                "https://sync-states.us-east-1.amazonaws.com/",
            ),
            (
                "us-east-1:sqs:action/ListQueues&QueueNamePrefix=x",
                "https://sqs.us-east-1.amazonaws.com/?QueueNamePrefix=x",
            ),
            (
                "us-east-1:s3:action/GetObject&Bucket=b&Key={key}",
                "https://s3.us-east-1.amazonaws.com/b/a/b%20c",
            ),
            (
                "us-east-1:b.c.s3:action/GetObject?Key={key}",
                "https://s3.us-east-1.amazonaws.com/b.c/a/b%20c",
            ),
        ] {
            assert_eq!(url(&format!("arn:aws:apigateway:{uri}")).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn what_names_no_service_is_refused() {
        for uri in [
            "https://example.com/",
            "arn:aws:sqs:us-east-1:1234:orders",
            "arn:aws:apigateway:us-east-1:sqs:orders",
            "arn:aws:apigateway:us-east-1:sqs:thing/x",
            "arn:aws:apigateway:us-east-1:sqs:action/",
            "arn:aws:apigateway:us-east-1:sqs:action/a b",
            "arn:aws:apigateway:us-east-1:lambda:action/ListFunctions",
            "arn:aws:apigateway:us-east-1:runtime.sagemaker:action/InvokeEndpoint",
            "arn:aws:apigateway:us-east-1:s3:action/GetObject",
            "arn:aws:apigateway::sqs:path/x",
            "arn:aws:apigateway:us-east-1:evil.example/:path/x",
        ] {
            assert!(parse(uri).is_err(), "{uri}");
        }
    }
}
