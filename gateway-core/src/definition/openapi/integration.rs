//! `x-amazon-apigateway-integration`.

use alloc::{format, string::String, vec::Vec};

use super::super::document::At;
use super::super::{
    ConnectionType, ContentHandling, Integration, IntegrationType, PassthroughBehavior,
    PayloadFormat, ResponseTransferMode,
};
use super::paths::ResourcePath;
use super::reading::Reading;
use super::suggest::did_you_mean;
use super::{
    cache, connection, credentials, doubtful, http_mapping, mapping, responses, subtype, template,
    uri,
};
use crate::gateway::function::is_invocation;
use crate::gateway::service::s3;
use crate::limits::{
    HTTP_INTEGRATION_MS_DEFAULT, INTEGRATION_MS_MAX, INTEGRATION_MS_MIN,
    REST_INTEGRATION_MS_DEFAULT,
};

/// Reads an operation's integration, or the shared one that it refers to.
pub(super) fn read<'d>(
    reading: &Reading<'d>,
    at: At<'d>,
    operation: &At<'d>,
    path: &ResourcePath,
) -> Option<Integration> {
    let at = reading.object(at).and_then(|at| reading.resolve(at))?;
    let at = reading.object(at)?;
    reading.members_ignored(&at, &MEMBERS);
    // What a type that is none may stand for: the other members are read all the same.
    let integration_type = match integration_type(reading, &at).unwrap_or_else(|| guess_type(&at)) {
        found if reading.is_rest() || is_proxy(found) => found,
        _ => return Some(doubtful::route_without_proxy(reading, &at)),
    };
    let is_mock = integration_type == IntegrationType::Mock;
    let is_proxy = is_proxy(integration_type);
    let subtype_at = at.get("integrationSubtype");
    let integration_subtype = subtype_at.as_ref().and_then(|name| subtype::read(reading, name));
    doubtful::warn_of_role(reading, &at, integration_type);
    doubtful::warn_of_fields(reading, &at, integration_type);
    doubtful::warn_of_failing(reading, &at, integration_type);
    doubtful::warn_of_ignored(reading, &at, integration_type);
    let response_transfer_mode = response_transfer_mode(reading, &at, integration_type);
    let is_streamed = response_transfer_mode == ResponseTransferMode::Stream;
    let is_private = connection::is_private(&at);
    let connection_type = connection::read(reading, &at, integration_type);
    let member = |name| at.get(name);
    Some(Integration {
        integration_type,
        http_method: http_method(reading, &at, integration_type),
        // A subtype says what a URI would.
        uri: if is_mock || subtype_at.is_some() {
            None
        } else {
            uri::read(reading, &at, integration_type, is_private, is_streamed, path)
        },
        connection_type: connection_type.unwrap_or(ConnectionType::Internet),
        payload_format: payload_format(reading, &at, integration_type),
        timeout_ms: timeout_ms(reading, &at, is_streamed),
        passthrough_behavior: member("passthroughBehavior")
            .and_then(|at| reading.word(&at, &PASSTHROUGH_BEHAVIORS))
            .unwrap_or_default(),
        content_handling: content_handling(reading, &at, integration_type),
        request_parameters: match &integration_subtype {
            Some(subtype) => subtype::read_parameters(reading, &at, subtype, path),
            None if subtype_at.is_some() => Vec::new(),
            None => member("requestParameters")
                .map(|at| match reading.is_rest() {
                    true => mapping::read_request(reading, &at),
                    false => http_mapping::read_request(reading, &at, path),
                })
                .unwrap_or_default(),
        },
        // Proxies have none: AWS ignores what stands there.
        request_templates: member("requestTemplates")
            .filter(|_| !is_proxy)
            .map(|at| template::read_rendered(reading, &at))
            .unwrap_or_default(),
        responses: member("responses")
            .filter(|_| !is_proxy)
            .map(|at| responses::read(reading, &at, operation))
            .unwrap_or_default(),
        tls_config: connection::read_tls(reading, &at, integration_type, is_private),
        integration_subtype,
        credentials: member("credentials").and_then(|at| credentials::of_integration(reading, &at)),
        response_parameters: member("responseParameters")
            .filter(|_| !reading.is_rest())
            .map(|at| http_mapping::read_response(reading, &at))
            .unwrap_or_default(),
        source: at.source(),
        response_transfer_mode,
        cache_key_parameters: member("cacheKeyParameters")
            .filter(|_| reading.is_rest())
            .map(|parameters| cache::read_key_parameters(reading, &parameters, &at))
            .unwrap_or_default(),
        cache_namespace: member("cacheNamespace")
            .filter(|_| reading.is_rest())
            .and_then(|at| reading.string(&at))
            .map(Into::into),
    })
}

/// "Stream the integration response for your proxy integrations in API Gateway": proxies of REST APIs.
fn response_transfer_mode<'d>(
    reading: &Reading<'d>,
    at: &At<'d>,
    integration_type: IntegrationType,
) -> ResponseTransferMode {
    const MODES: [(&str, ResponseTransferMode); 2] =
        [("BUFFERED", ResponseTransferMode::Buffered), ("STREAM", ResponseTransferMode::Stream)];
    let Some(mode) = at.get("responseTransferMode") else { return ResponseTransferMode::Buffered };
    let found = reading.word(&mode, &MODES).unwrap_or_default();
    if found == ResponseTransferMode::Stream {
        if !reading.is_rest() {
            let help = "leave it out: an HTTP API's proxy passes content on as it comes anyway";
            reading.error_with(&mode, "only REST APIs stream responses", help);
        } else if !is_proxy(integration_type) {
            let help = "use `HTTP_PROXY` or `AWS_PROXY`, or `BUFFERED`";
            reading.error_with(&mode, "only responses of proxies are streamed", help);
        }
        if let Some(keys) = at.get("cacheKeyParameters") {
            reading.warning(&keys, "a streamed response is never cached");
        }
    }
    found
}

fn is_proxy(integration_type: IntegrationType) -> bool {
    matches!(integration_type, IntegrationType::HttpProxy | IntegrationType::AwsProxy)
}

fn integration_type<'d>(reading: &Reading<'d>, at: &At<'d>) -> Option<IntegrationType> {
    reading.word(&reading.required(at, "type")?, &TYPES)
}

/// What an integration without a type that is known was probably meant to be: what its type is nearest
/// to, or what the rest of it looks like.
fn guess_type(at: &At<'_>) -> IntegrationType {
    let has = |name| at.get(name).is_some();
    let text = |name| at.get(name).and_then(|at| at.as_str()).unwrap_or_default();
    let (written, uri) = (text("type").replace('-', "_"), text("uri"));
    let near = did_you_mean(&written, TYPES.iter().map(|(name, _)| *name));
    let named = TYPES
        .iter()
        .find(|(name, _)| near.as_ref().is_some_and(|n| n.contains(&format!("`{name}`"))));
    let is_mapped = has("requestTemplates") || has("responses");
    match named {
        Some((_, found)) => *found,
        None if !has("uri") && !has("integrationSubtype") => IntegrationType::Mock,
        None if uri.contains(":lambda:") && !is_mapped || !has("uri") => IntegrationType::AwsProxy,
        None if uri.starts_with("arn:") => IntegrationType::Aws,
        None if is_mapped => IntegrationType::Http,
        None => IntegrationType::HttpProxy,
    }
}

/// What becomes of the client's content. A function's event holds binary content as base64 anyhow, and
/// an HTTP API knows nothing of it.
fn content_handling<'d>(
    reading: &Reading<'d>,
    at: &At<'d>,
    integration_type: IntegrationType,
) -> Option<ContentHandling> {
    let at = at.get("contentHandling")?;
    let handling = reading.word(&at, &CONTENT_HANDLINGS)?;
    if !reading.is_rest() {
        reading.warning(&at, "`contentHandling` has no effect in an HTTP API");
        return None;
    }
    if integration_type != IntegrationType::AwsProxy {
        return Some(handling);
    }
    if handling == ContentHandling::ConvertToBinary {
        let message = "`contentHandling` has no effect: a function's event is text, and its answer \
                       says what is base64";
        reading.warning(&at, message);
    }
    None
}

/// The method of the integration request. A Lambda function is invoked by POST whatever stands here
/// in an HTTP API; a REST API answers 500 for anything else.
fn http_method<'d>(
    reading: &Reading<'d>,
    at: &At<'d>,
    integration_type: IntegrationType,
) -> Option<String> {
    let Some(method) = at.get("httpMethod") else {
        if reading.is_rest() && integration_type != IntegrationType::Mock {
            let help = match integration_type {
                IntegrationType::AwsProxy => "a Lambda function is invoked by `POST`",
                IntegrationType::Aws => "functions and most actions of services take `POST`",
                _ => "`ANY` is the client's method",
            };
            reading.error_with(at, "`httpMethod` is missing", help);
        }
        return None;
    };
    let http_method = reading.word(&method, &HTTP_METHODS);
    if let Some(other) = http_method.filter(|m| *m != "POST")
        && reading.is_rest()
        && (integration_type == IntegrationType::AwsProxy || invokes_function(at, integration_type))
    {
        let message = format!(
            "every request is answered 500: a Lambda function is invoked by `POST`, not by `{other}`"
        );
        reading.warning(&method, message);
    }
    let uri = at.get("uri").filter(|_| integration_type == IntegrationType::Aws);
    if let Some((action, wanted)) = uri.as_ref().and_then(At::as_str).and_then(s3::method)
        && let Some(other) = http_method.filter(|m| *m != wanted && *m != "ANY")
    {
        let message =
            format!("S3 does `{action}` when it is asked by `{wanted}`, not by `{other}`");
        reading.warning(&method, message);
    }
    http_method.map(Into::into)
}

/// Whether an `aws` integration is one with a Lambda function.
pub(super) fn invokes_function(at: &At<'_>, integration_type: IntegrationType) -> bool {
    let uri = at.get("uri");
    let uri = uri.as_ref().and_then(At::as_str).unwrap_or_default();
    integration_type == IntegrationType::Aws && is_invocation(uri)
}

fn payload_format<'d>(
    reading: &Reading<'d>,
    at: &At<'d>,
    integration_type: IntegrationType,
) -> PayloadFormat {
    let Some(version) = at.get("payloadFormatVersion") else {
        // "Required for HTTP APIs."
        if !reading.is_rest() && is_proxy(integration_type) {
            let message = "AWS wants `payloadFormatVersion` in an HTTP API; 1.0 is taken";
            reading.warning(at, message);
        }
        return PayloadFormat::V1;
    };
    let format = match reading.text(&version) {
        Some("1.0" | "1") => PayloadFormat::V1,
        Some("2.0" | "2") => PayloadFormat::V2,
        Some(other) => {
            let message = format!("there is no payload format `{other}`");
            reading.error_with(&version, message, "it is 1.0 or 2.0");
            return PayloadFormat::V1;
        }
        None => return PayloadFormat::V1,
    };
    // "For all other integrations, 1.0 is the only supported value": a service's subtype is `AWS_PROXY`, too.
    let is_function =
        integration_type == IntegrationType::AwsProxy && at.get("integrationSubtype").is_none();
    if format == PayloadFormat::V2 && (reading.is_rest() || !is_function) {
        let message =
            "payload format 2.0 is of Lambda functions of HTTP APIs; it has no effect here";
        reading.warning(&version, message);
        return PayloadFormat::V1;
    }
    format
}

fn timeout_ms<'d>(reading: &Reading<'d>, at: &At<'d>, is_streamed: bool) -> Option<u32> {
    let most = match reading.is_rest() {
        true if is_streamed => INTEGRATION_MS_MAX,
        // "Integration timeout for edge-optimized APIs": no quota that AWS raises.
        true if reading.is_named_edge.get() => REST_INTEGRATION_MS_DEFAULT,
        true => reading.integration_ms_max,
        false => HTTP_INTEGRATION_MS_DEFAULT,
    };
    let timeout = at.get("timeoutInMillis")?;
    let timeout_ms = reading.integer(&timeout, i64::MIN..=i64::MAX)?;
    let is_within = |most: u32| (INTEGRATION_MS_MIN.into()..=most.into()).contains(&timeout_ms);
    if !is_within(most) {
        let message = format!("{timeout_ms} is not between {INTEGRATION_MS_MIN} and {most}");
        match reading.is_rest() && is_within(INTEGRATION_MS_MAX) {
            true if reading.is_named_edge.get() => reading.error_with(&timeout, message, AT_EDGE),
            true => reading.error_with(&timeout, message, RAISED),
            false => reading.error(&timeout, message),
        }
    }
    timeout_ms.try_into().ok()
}

const RAISED: &str = "raise `account.maximumIntegrationTimeoutInMillis`, as AWS raises the quota";

const AT_EDGE: &str =
    "AWS raises the quota of APIs with the endpoint type `REGIONAL` or `PRIVATE`, not of `EDGE`";

const TYPES: [(&str, IntegrationType); 5] = [
    ("mock", IntegrationType::Mock),
    ("http", IntegrationType::Http),
    ("http_proxy", IntegrationType::HttpProxy),
    ("aws", IntegrationType::Aws),
    ("aws_proxy", IntegrationType::AwsProxy),
];

const HTTP_METHODS: [(&str, &str); 9] = [
    ("ANY", "ANY"),
    ("GET", "GET"),
    ("HEAD", "HEAD"),
    ("POST", "POST"),
    ("PUT", "PUT"),
    ("PATCH", "PATCH"),
    ("DELETE", "DELETE"),
    ("OPTIONS", "OPTIONS"),
    ("x-amazon-apigateway-any-method", "ANY"),
];

const PASSTHROUGH_BEHAVIORS: [(&str, PassthroughBehavior); 3] = [
    ("when_no_match", PassthroughBehavior::WhenNoMatch),
    ("when_no_templates", PassthroughBehavior::WhenNoTemplates),
    ("never", PassthroughBehavior::Never),
];

pub(super) const CONTENT_HANDLINGS: [(&str, ContentHandling); 2] = [
    ("CONVERT_TO_TEXT", ContentHandling::ConvertToText),
    ("CONVERT_TO_BINARY", ContentHandling::ConvertToBinary),
];

/// `description` counts nowhere, and in HTTP APIs neither do `cacheKeyParameters` and `cacheNamespace`.
const MEMBERS: [&str; 22] = [
    "$ref",
    "type",
    "uri",
    "httpMethod",
    "connectionType",
    "connectionId",
    "integrationTarget",
    "integrationSubtype",
    "credentials",
    "description",
    "passthroughBehavior",
    "contentHandling",
    "timeoutInMillis",
    "requestParameters",
    "requestTemplates",
    "responses",
    "responseParameters",
    "responseTransferMode",
    "cacheKeyParameters",
    "cacheNamespace",
    "payloadFormatVersion",
    "tlsConfig",
];
