//! `endpoints`, and the variables that say the same: names that no service has, and values that are no URL.

use std::collections::BTreeSet;

use gateway_core::definition::document::{At, Node};
use gateway_core::definition::openapi::did_you_mean;
use gateway_core::definition::{DefinitionError, Snapshot, Source};
use gateway_core::gateway::signing_name;

use super::functions::each_uri;
use crate::config::{endpoint_variables, refused_endpoint};

/// What AWS's services sign with (Service Authorization Reference, SDK models: `signingName`).
const SIGNING_NAMES: &str = include_str!("endpoints/signing_names.txt");
/// What is asked for besides the services that integrations name.
const OWN: [&str; 9] =
    ["lambda", "sts", "cognito-idp", "s3", "sqs", "events", "kinesis", "states", "appconfig"];

/// An error for each service in `endpoints` that is none of AWS's and that no integration names: its URL would be
/// ignored, and the service that was meant asked at AWS.
pub(super) fn of_nothing(snapshot: &Snapshot, document: &Node) -> Vec<DefinitionError> {
    let Some(endpoints) = At::root(document).get("endpoints") else { return Vec::new() };
    let services = services(snapshot);
    if services.iter().any(|service| service.contains("${")) {
        return Vec::new(); // a stage variable that somebody sets later
    }
    let is_known = |name: &str| known().any(|known| known == name) || services.contains(name);
    let unknown = endpoints.members().filter(|(name, _)| !is_known(name));
    unknown.map(|(name, at)| error(name, &at, &services)).collect()
}

fn error(name: &str, at: &At<'_>, services: &BTreeSet<String>) -> DefinitionError {
    let by_variable = known().find(|known| {
        signing_name(name) == *known
            || endpoint_variables(known).iter().any(|variable| is_called(name, variable))
    });
    let mut names: Vec<&str> = known().collect();
    names.extend(services.iter().map(String::as_str));
    let help = match by_variable {
        Some(known) => format!("did you mean `{known}`?"),
        None => did_you_mean(name, names.into_iter()).unwrap_or_else(|| {
            "services are named by what they sign with: lambda, sqs, states, …".into()
        }),
    };
    DefinitionError::error(at.source(), format!("`{name}` is no signing name of an AWS service"))
        .help(help)
}

/// Whether a variable names the service so: `secrets-manager`, `AWS_ENDPOINT_URL_SECRETS_MANAGER`.
fn is_called(name: &str, variable: &str) -> bool {
    variable.strip_prefix("AWS_ENDPOINT_URL_") == Some(&crate::config::variable_name(name))
}

/// An error for each variable that says where services are, and is no URL.
pub(super) fn of_environment(
    snapshot: &Snapshot,
    set: &dyn Fn(&str) -> Option<String>,
) -> Vec<DefinitionError> {
    let mut services = services(snapshot);
    services.extend(OWN.map(String::from));
    let of_services = services.iter().flat_map(|service| endpoint_variables(service));
    let variables: BTreeSet<String> =
        std::iter::once("AWS_ENDPOINT_URL".into()).chain(of_services).collect();
    let error = |variable: String| {
        let url = set(&variable).filter(|url| !url.is_empty())?;
        let message = format!("the variable `{variable}`: {}", refused_endpoint(&url)?);
        Some(DefinitionError::error(Source::default(), message))
    };
    variables.into_iter().filter_map(error).collect()
}

fn known() -> impl Iterator<Item = &'static str> {
    SIGNING_NAMES.split_ascii_whitespace()
}

/// The services that integrations name, by what they sign with.
fn services(snapshot: &Snapshot) -> BTreeSet<String> {
    let mut services = BTreeSet::new();
    each_uri(snapshot, |uri| {
        let mut parts = uri.split(':');
        if let (Some("arn"), Some("apigateway"), Some(service)) =
            (parts.next(), parts.nth(1), parts.nth(1))
        {
            // After a subdomain of its own, where there is one; a variable has a dot within.
            let own = service.rsplit('.').next().filter(|_| !service.contains("${"));
            let service = own.unwrap_or(service);
            services.insert(signing_name(service).to_owned());
        }
    });
    services
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::snapshot::{Built, Origin, Refused};

    fn build(service: &str, endpoints: &str) -> Result<Built, Refused> {
        let folder = tempfile::tempdir().unwrap();
        let config = format!(
            "apis: [{{id: a, protocol: REST, definition: a.yaml, stages: [{{stageName: s, variables: {{v: quux}}}}]}}]\n\
             endpoints: {{{endpoints}: 'http://127.0.0.1:1'}}\n"
        );
        let api = format!(
            "openapi: 3.0.1\ninfo: {{title: t, version: '1'}}\npaths:\n  /a:\n    get:\n      \
             x-amazon-apigateway-integration: {{type: aws, httpMethod: GET, \
             uri: 'arn:aws:apigateway:eu-west-1:{service}:path/x'}}\n"
        );
        fs::write(folder.path().join("edgeway.yaml"), config).unwrap();
        fs::write(folder.path().join("a.yaml"), api).unwrap();
        Origin::Config(folder.path().join("edgeway.yaml")).build()
    }

    #[test]
    fn an_endpoint_of_no_service_is_an_error() {
        for (name, help) in [
            ("lamda", "did you mean `lambda`?"),
            ("SQS", "did you mean `sqs`?"),
            ("eventbridge", "did you mean `events`?"),
            ("secrets-manager", "did you mean `secretsmanager`?"),
            ("pinpoint", "did you mean `mobiletargeting`?"),
            ("no-such-thing", "services are named by"),
        ] {
            let refused = build("sqs", name).unwrap_err();
            let told = refused.diagnostics.iter().map(ToString::to_string);
            let told: Vec<String> = told.filter(|told| told.contains("no signing name")).collect();
            let [told] = &told[..] else { panic!("{refused:?}") };
            assert!(told.contains("edgeway.yaml:2:"), "{told}");
            assert!(told.contains(&format!("/endpoints/{name}")) && told.contains(help), "{told}");
        }
    }

    #[test]
    fn an_endpoint_of_a_service_that_something_may_ask_for_is_none() {
        for (service, name) in [
            ("sqs", "lambda"),
            ("sqs", "firehose"),
            ("brandnew", "brandnew"),
            ("sub.brandnew", "brandnew"),
            ("pinpoint", "mobiletargeting"),
            ("${stageVariables.v}", "quux"),
            ("${stageVariables.later}", "anything"),
        ] {
            if let Err(refused) = build(service, name) {
                panic!("{service} {name}: {refused:?}");
            }
        }
    }

    #[test]
    fn variables_that_are_no_url_are_errors() {
        let snapshot = build("brandnew", "sqs").unwrap().snapshot;
        let told = |variable: &str, url: &str| {
            let told = of_environment(&snapshot, &|name| (name == variable).then(|| url.into()));
            told.into_iter().map(|error| error.message).collect::<Vec<_>>()
        };
        for variable in ["", "_LAMBDA", "_BRANDNEW", "_SFN", "_COGNITO_IDENTITY_PROVIDER"] {
            let variable = format!("AWS_ENDPOINT_URL{variable}");
            assert_eq!(
                told(&variable, "nonsense"),
                [format!("the variable `{variable}`: `nonsense` is not an http or https URL")]
            );
            assert_eq!(told(&variable, "http://127.0.0.1:4566/").len(), 0);
            assert_eq!(told(&variable, "").len(), 0);
        }
        assert!(told("AWS_ENDPOINT_URL", "fu:hush@h").iter().all(|told| !told.contains("hush")));
        assert_eq!(told("AWS_ENDPOINT_URL_DYNAMODB", "nonsense").len(), 0, "nothing asks for it");
    }
}
