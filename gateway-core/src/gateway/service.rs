//! `AWS` integrations with services other than Lambda, compiled for a stage.
//!
//! API Gateway REST API Reference, "Integration", `uri`:
//! `arn:aws:apigateway:{region}:{subdomain.service|service}:path|action/{service_api}`.

use alloc::{format, string::String};

use super::aws_endpoint::AwsEndpoint;
use super::field_rules::FieldRules;
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
    /// `action/…`; `None` is `path/…`, which says nothing of the protocol.
    pub(crate) action: Option<Action>,
    pub(crate) credentials: Option<String>,
    pub(crate) request: RequestPlan,
    pub(crate) responses: Responses,
    pub(crate) timeout_ms: u32,
}

/// An action of a service, and how the service is asked for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Action {
    pub(crate) name: String,
    /// The query protocol's `Version`.
    pub(crate) version: Option<&'static str>,
    /// AWS JSON: what stands before the name in `X-Amz-Target`, and the version of the protocol.
    pub(crate) json: Option<(&'static str, &'static str)>,
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
            Err(reason) => return depends_on_stage(uri, format!("`{uri}`: {reason}")),
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

/// Whether a URI is that of Lambda's `Invoke`, or no service's at all.
pub(crate) fn is_lambda(uri: &str) -> bool {
    uri.split(':').nth(4).is_none_or(|service| service == "lambda")
}

/// Reads a URI in which stage variables are filled in. The error says what is wrong with it.
pub(crate) fn parse(uri: &str) -> Result<(AwsEndpoint, UriTemplate, Option<Action>), String> {
    let mut parts = uri.splitn(6, ':');
    let (Some("arn"), Some(_), Some("apigateway"), Some(region), Some(service), Some(api)) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(FORM.into());
    };
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
            Some(Action::new(service, name))
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
    let target = match &action {
        None => format!("/{}", rest.trim_start_matches('/')),
        Some(action) => match rest[action.name.len()..].get(1..) {
            Some(query) if !query.is_empty() => format!("/?{query}"),
            _ => "/".into(),
        },
    };
    let template =
        UriTemplate::parse(&format!("{}{}{target}", endpoint.origin, endpoint.path_prefix))?;
    Ok((endpoint, template, action))
}

const FORM: &str = "it has the form arn:aws:apigateway:REGION:SERVICE:path/PATH or :action/ACTION";

impl Action {
    fn new(service: &str, name: &str) -> Self {
        let json = JSON.iter().find(|(of, ..)| *of == service);
        let version = VERSIONS.iter().find(|(of, _)| *of == service);
        Self {
            name: name.into(),
            version: version.map(|(_, version)| *version),
            json: json.map(|(_, target, version)| (*target, *version)),
        }
    }
}

/// Services that speak AWS JSON: `X-Amz-Target` before the action's name, version of the protocol.
const JSON: [(&str, &str, &str); 30] = [
    ("acm", "CertificateManager", "1.1"),
    ("athena", "AmazonAthena", "1.1"),
    ("codebuild", "CodeBuild_20161006", "1.1"),
    ("codecommit", "CodeCommit_20150413", "1.1"),
    ("codedeploy", "CodeDeploy_20141006", "1.1"),
    ("codepipeline", "CodePipeline_20150709", "1.1"),
    ("cognito-identity", "AWSCognitoIdentityService", "1.1"),
    ("cognito-idp", "AWSCognitoIdentityProviderService", "1.1"),
    ("comprehend", "Comprehend_20171127", "1.1"),
    ("dynamodb", "DynamoDB_20120810", "1.0"),
    ("ecr", "AmazonEC2ContainerRegistry_V20150921", "1.1"),
    ("ecs", "AmazonEC2ContainerServiceV20141113", "1.1"),
    ("events", "AWSEvents", "1.1"),
    ("firehose", "Firehose_20150804", "1.1"),
    ("glue", "AWSGlue", "1.1"),
    ("kinesis", "Kinesis_20131202", "1.1"),
    ("kms", "TrentService", "1.1"),
    ("logs", "Logs_20140328", "1.1"),
    ("organizations", "AWSOrganizationsV20161128", "1.1"),
    ("redshift-data", "RedshiftData", "1.1"),
    ("rekognition", "RekognitionService", "1.1"),
    ("sagemaker", "SageMaker", "1.1"),
    ("secretsmanager", "secretsmanager", "1.1"),
    ("servicediscovery", "Route53AutoNaming_v20170314", "1.1"),
    ("ssm", "AmazonSSM", "1.1"),
    ("states", "AWSStepFunctions", "1.0"),
    ("tagging", "ResourceGroupsTaggingAPI_20170126", "1.1"),
    ("textract", "Textract", "1.1"),
    ("transcribe", "Transcribe", "1.1"),
    ("translate", "AWSShineFrontendService_20170701", "1.1"),
];

/// Services that speak the query protocol: its `Version`.
const VERSIONS: [(&str, &str); 14] = [
    ("autoscaling", "2011-01-01"),
    ("cloudformation", "2010-05-15"),
    ("ec2", "2016-11-15"),
    ("elasticache", "2015-02-02"),
    ("elasticbeanstalk", "2010-12-01"),
    ("elasticloadbalancing", "2015-12-01"),
    ("email", "2010-12-01"),
    ("iam", "2010-05-08"),
    ("monitoring", "2010-08-01"),
    ("rds", "2014-10-31"),
    ("redshift", "2012-12-01"),
    ("sns", "2010-03-31"),
    ("sqs", "2012-11-05"),
    ("sts", "2011-06-15"),
];

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
            ("us-east-1:dynamodb:action/PutItem", "https://dynamodb.us-east-1.amazonaws.com/"),
            (
                "us-east-1:states:action/StartSyncExecution",
                "https://sync-states.us-east-1.amazonaws.com/",
            ),
            (
                "us-east-1:sqs:action/ListQueues&QueueNamePrefix=x",
                "https://sqs.us-east-1.amazonaws.com/?QueueNamePrefix=x",
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
            "arn:aws:apigateway::sqs:path/x",
            "arn:aws:apigateway:us-east-1:evil.example/:path/x",
        ] {
            assert!(parse(uri).is_err(), "{uri}");
        }
    }

    #[test]
    fn tables_are_in_order_and_have_each_service_once() {
        assert!(JSON.is_sorted_by(|a, b| a.0 < b.0));
        assert!(VERSIONS.is_sorted_by(|a, b| a.0 < b.0));
    }
}
