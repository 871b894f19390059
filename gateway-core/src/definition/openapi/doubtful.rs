//! Integrations that AWS imports, and that do not do what they seem to.

use alloc::format;

use super::super::document::At;
use super::super::{DefinitionError, Integration, IntegrationType};
use super::integration::invokes_function;
use super::reading::Reading;
use crate::gateway::field_rules::FieldRules;

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
}

/// A route of an HTTP API that AWS imports with a warning alone: its integration is of a type that HTTP
/// APIs have not ("Use OpenAPI definitions for HTTP APIs"), or there is none. The route is chosen all the
/// same, and nothing stands behind it.
pub(super) fn failing_route<'d>(reading: &Reading<'d>, at: &At<'d>) -> Integration {
    let message =
        "every request is answered 500: an HTTP API has proxy integrations alone, and this is none";
    let warning = DefinitionError::warning(at.source(), message);
    reading.note(warning.help("use `HTTP_PROXY` or `AWS_PROXY`, or import it as a REST API"));
    Integration { source: at.source(), ..Integration::default() }
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
