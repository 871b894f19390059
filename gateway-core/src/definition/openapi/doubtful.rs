//! Integrations that AWS imports, and that do not do what they seem to.

use alloc::{format, string::String, vec::Vec};

use super::super::document::At;
use super::super::{ContentHandling, DefinitionError, Integration, IntegrationType, Method};
use super::integration::invokes_function;
use super::reading::Reading;
use super::template::PASSTHROUGH;
use crate::content_handling::is_binary;
use crate::gateway::field_rules::FieldRules;
use crate::gateway::mock::status_code;

/// What AWS imports although every request, or nearly every one, is answered 500.
pub(super) fn warn_of_failing<'d>(
    reading: &Reading<'d>,
    at: &At<'d>,
    integration_type: IntegrationType,
) {
    let has = |name| at.get(name).is_some_and(|at: At<'_>| at.members().next().is_some());
    let is_proxy =
        matches!(integration_type, IntegrationType::HttpProxy | IntegrationType::AwsProxy);
    if !is_proxy && !has("responses") {
        let message = "every request is answered 500: there is no integration response";
        reading.warning(at, message);
    }
    if integration_type == IntegrationType::Mock && !has("requestTemplates") {
        let message = "a request is answered 500 unless its own content gives a `statusCode`: \
                       there is no request template";
        reading.warning(at, message);
    }
    if integration_type == IntegrationType::Mock {
        warn_of_mock_status(reading, at);
    }
}

/// Request templates of a `MOCK` that say the same of every request, and no status that is an integer.
fn warn_of_mock_status<'d>(reading: &Reading<'d>, at: &At<'d>) {
    for (_, template) in at.get("requestTemplates").iter().flat_map(At::members) {
        let text = template.as_str().unwrap_or(PASSTHROUGH);
        let is_constant = !text.is_empty() && text != PASSTHROUGH && !text.contains(['$', '#']);
        if is_constant && status_code(text).is_none() {
            let message = "every request that this template takes is answered 500: it gives no \
                           integer as `statusCode`";
            let warning = DefinitionError::warning(template.source(), message);
            reading.note(
                warning.help("write `{\"statusCode\": 200}`, without quotes around the number"),
            );
        }
    }
}

/// Templates for content that `binaryMediaTypes` makes binary: preflights of `MOCK` beside `*/*`, above all.
pub(super) fn warn_of_binary(
    reading: &Reading<'_>,
    methods: &[Method],
    binary_media_types: &[String],
) {
    let integrations = methods.iter().map(|method| &method.integration);
    let is_converted =
        |i: &&Integration| i.content_handling == Some(ContentHandling::ConvertToText);
    for integration in integrations.filter(|i| !is_converted(i)) {
        let binary = integration.request_templates.iter().find(|(media_type, template)| {
            !template.is_empty() && is_binary(Some(media_type), binary_media_types)
        });
        let Some((media_type, _)) = binary else { continue };
        let message = format!(
            "requests that the template for `{media_type}` takes are answered 500: \
             `binaryMediaTypes` make their content binary, and a template takes text"
        );
        let warning = DefinitionError::warning(integration.source.clone(), message);
        let help = "`contentHandling: CONVERT_TO_TEXT` gives templates the content in base64";
        reading.note(warning.help(help));
    }
}

/// A route of an HTTP API that AWS imports with a warning alone: its integration is of a type that HTTP
/// APIs have not ("Use OpenAPI definitions for HTTP APIs").
pub(super) fn route_without_proxy<'d>(reading: &Reading<'d>, at: &At<'d>) -> Integration {
    let message =
        "every request is answered 500: an HTTP API has proxy integrations alone, and this is none";
    failing_route(
        reading,
        at,
        message,
        "use `HTTP_PROXY` or `AWS_PROXY`, or import it as a REST API",
    )
}

/// A route of an HTTP API that AWS imports without an integration.
pub(super) fn route_without_integration<'d>(reading: &Reading<'d>, at: &At<'d>) -> Integration {
    let help = "add `x-amazon-apigateway-integration`: `export-api` writes it unless told `--no-include-extensions`";
    failing_route(reading, at, "every request is answered 500: there is no integration", help)
}

/// It is chosen all the same, and nothing stands behind it.
fn failing_route<'d>(reading: &Reading<'d>, at: &At<'d>, why: &str, help: &str) -> Integration {
    let warning = DefinitionError::warning(at.source(), why);
    reading.note(warning.help(help));
    Integration { source: at.source(), ..Integration::default() }
}

/// What AWS takes of a proxy and never looks at. Responses that say nothing but a status stand in its own exports.
pub(super) fn warn_of_ignored<'d>(
    reading: &Reading<'d>,
    at: &At<'d>,
    integration_type: IntegrationType,
) {
    let name = match integration_type {
        IntegrationType::HttpProxy => "HTTP_PROXY",
        IntegrationType::AwsProxy => "AWS_PROXY",
        IntegrationType::Mock | IntegrationType::Http | IntegrationType::Aws => return,
    };
    let warn = |at: &At<'d>, what: &str| {
        let warning =
            DefinitionError::warning(at.source(), format!("{what} of `{name}` have no effect"));
        let other = &name[..name.len() - "_PROXY".len()];
        reading.note(warning.help(format!("only an integration of type `{other}` has them")));
    };
    if let Some(templates) = at.get("requestTemplates").filter(has_template) {
        warn(&templates, "request templates");
    }
    for (_, response) in at.get("responses").iter().flat_map(At::members) {
        if let Some(templates) = response.get("responseTemplates").filter(has_template) {
            warn(&templates, "response templates");
        }
        if let Some(mappings) = response.get("responseParameters").filter(has_members) {
            warn(&mappings, "mappings of integration responses");
        }
    }
    if reading.is_rest() && integration_type == IntegrationType::AwsProxy {
        warn_of_ignored_mappings(at, |mapping| warn(mapping, "mappings of requests"));
    }
}

/// Of a function's proxy: what is a cache key must be mapped, and what cannot be mapped at all is told elsewhere.
fn warn_of_ignored_mappings<'d>(at: &At<'d>, warn: impl Fn(&At<'d>)) {
    let keys: Vec<&str> = at
        .get("cacheKeyParameters")
        .iter()
        .flat_map(At::items)
        .filter_map(|key| key.as_str())
        .collect();
    let ignored =
        at.get("requestParameters").iter().flat_map(At::members).find(|(target, mapping)| {
            let field = target.strip_prefix("integration.request.header.");
            let is_key = keys.iter().any(|key| key == target || mapping.as_str() == Some(key));
            !is_key && !field.is_some_and(|name| FieldRules::AWS.forbids(name))
        });
    if let Some((_, mapping)) = ignored {
        warn(&mapping);
    }
}

fn has_members(at: &At<'_>) -> bool {
    at.members().next().is_some()
}

fn has_template(at: &At<'_>) -> bool {
    let is_template = |at: At<'_>| at.as_str().is_some_and(|t| !t.is_empty() && t != PASSTHROUGH);
    at.members().any(|(_, template)| is_template(template))
}

/// Field names that a REST API's mapping cannot set: AWS takes them, and then answers 500 or leaves
/// them out.
pub(super) fn warn_of_fields<'d>(
    reading: &Reading<'d>,
    at: &At<'d>,
    integration_type: IntegrationType,
) {
    let rules = match integration_type {
        _ if !reading.is_rest() => return,
        IntegrationType::Mock => return,
        IntegrationType::Http | IntegrationType::HttpProxy => FieldRules::HTTP,
        IntegrationType::Aws | IntegrationType::AwsProxy => FieldRules::AWS,
    };
    let Some(mappings) = at.get("requestParameters") else { return };
    for (target, mapping) in mappings.members() {
        let Some(name) = target.strip_prefix("integration.request.header.") else { continue };
        if rules.forbids(name) {
            let message = format!("every request is answered 500: `{name}` cannot be mapped");
            reading.warning(&mapping, message);
        } else if rules.drops(name) {
            reading.warning(&mapping, format!("`{name}` is left out of the request"));
        }
    }
}

/// A function may let the gateway in by its own policy; no other service asks for anything but a role.
pub(super) fn warn_of_role<'d>(
    reading: &Reading<'d>,
    at: &At<'d>,
    integration_type: IntegrationType,
) {
    let is_service = match integration_type {
        IntegrationType::AwsProxy => at.get("integrationSubtype").is_some(),
        _ => integration_type == IntegrationType::Aws && !invokes_function(at, integration_type),
    };
    if is_service && at.get("credentials").is_none() {
        // AWS's words.
        let message = "AWS refuses this: Role ARN must be specified for AWS integrations";
        let refused = DefinitionError::refused(at.source(), message);
        reading.note(refused.help("add `credentials`, the ARN of the role to call with"));
    }
}
