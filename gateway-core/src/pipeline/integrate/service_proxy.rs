//! `AWS_PROXY` with a service of AWS (HTTP APIs): parameters become its request, which the host signs.
//!
//! A parameter that is mapped and has no value is answered 400, an error of the service's 500: both
//! are recorded from the real service.

mod content;

use alloc::string::ToString;
use alloc::{string::String, vec::Vec};

use super::http_mapping::{Mapped, mapped_values};
use super::{MethodCall, credentials, endpoint_failed, http_proxy, note_request_ids};
use crate::context::IntegrationContext;
use crate::definition::Protocol;
use crate::effect::{Connection, ReadContent, SendRequest};
use crate::exchange::Io;
use crate::gateway::aws_endpoint::AwsEndpoint;
use crate::gateway::parameter_mapping::Value;
use crate::gateway::service_proxy::{Kind, ServiceProtocol, ServiceProxy};
use crate::gateway_error::{GatewayError, ResponseType};
use crate::limits::PAYLOAD_BYTES_MAX;
use crate::message::{Content, EndpointResponse, Fields, OutgoingFields, Response};
use crate::target;

/// A parameter of the action: name, kind, value.
type Given = (&'static str, Kind, String);

/// Calls the action, and answers what the service answered.
pub(super) async fn service_proxy(
    proxy: &ServiceProxy,
    region: &str,
    call: MethodCall<'_>,
    observed: &mut IntegrationContext,
) -> Result<http_proxy::Proxied, GatewayError> {
    let MethodCall { of, context, io, .. } = call;
    let values = proxy.parameters.iter().map(|(_, value)| value).chain(&proxy.region);
    let values: Vec<&Value> = values.collect();
    let mut texts = match mapped_values(&values, call).await? {
        Mapped::All(texts) => texts,
        Mapped::Missing(index) => {
            let name = proxy.parameters.get(index).map_or("Region", |((name, _), _)| name);
            return Err(bad_request(name, "it has no value"));
        }
    };
    let own_region = proxy.region.is_some().then(|| texts.pop()).flatten();
    let region = own_region.as_deref().unwrap_or(region);
    let Some(endpoint) = AwsEndpoint::new(proxy.action.service, None, region) else {
        return Err(bad_request("Region", "it is no region"));
    };
    let given: Vec<Given> = proxy
        .parameters
        .iter()
        .zip(texts)
        .map(|(((name, kind), _), text)| (*name, *kind, text))
        .collect();
    let asked = asked(proxy, &given).map_err(|(name, why)| bad_request(name, why))?;
    let mut fields = asked.fields;
    fields.push("User-Agent", alloc::format!("AmazonAPIGateway_{}", context.api_id));
    fields.push("X-Amzn-Trace-Id", context.trace.to_field());
    let operation = SendRequest {
        method: asked.method.into(),
        url: endpoint.origin + &asked.target,
        connection: Connection::Service {
            signing_name: endpoint.signing_name,
            region: endpoint.region,
            credentials: credentials(proxy.credentials.as_ref(), context)?,
        },
        fields: OutgoingFields::Complete(fields),
        content: if asked.content.is_empty() {
            Content::Empty
        } else {
            Content::Bytes(asked.content.into_bytes())
        },
        timeout_ms: proxy.timeout_ms,
        insecure_skip_verification: false,
        idle_ms: None,
    };
    let answer = io.perform(operation).await;
    let endpoint = answer.map_err(|error| endpoint_failed(error, Protocol::Http))?;
    observed.integration_status = Some(endpoint.status);
    note_request_ids(&endpoint, observed);
    if !(200..300).contains(&endpoint.status) {
        return Err(service_error(endpoint, io).await);
    }
    observed.status = Some(endpoint.status);
    let content_length =
        endpoint.fields.get("content-length").and_then(|length| length.trim().parse().ok());
    Ok(http_proxy::Proxied {
        response: Response {
            status: endpoint.status,
            fields: OutgoingFields::Edited(http_proxy::http_response_fields(&endpoint.fields, of)),
            content: endpoint.content,
        },
        content_length,
        endpoint_fields: endpoint.fields,
    })
}

/// What a service is asked.
struct Asked {
    method: &'static str,
    target: String,
    fields: Fields,
    content: String,
}

/// The request of an action; the error names a parameter, and what is wrong with it.
fn asked(proxy: &ServiceProxy, given: &[Given]) -> Result<Asked, (&'static str, &'static str)> {
    let mut fields = Fields::new();
    match &proxy.action.protocol {
        ServiceProtocol::Query(version) => {
            fields.push("Content-Type", "application/x-www-form-urlencoded");
            Ok(Asked {
                method: "POST",
                target: queue_path(given)?,
                fields,
                content: content::form(proxy.action.name(), version, given)?,
            })
        }
        ServiceProtocol::Json(service, version) => {
            fields.push("Content-Type", alloc::format!("application/x-amz-json-{version}"));
            let action = proxy.action.name();
            fields.push("X-Amz-Target", alloc::format!("{service}.{action}"));
            let content = content::json(action, given)?;
            Ok(Asked { method: "POST", target: "/".into(), fields, content })
        }
        ServiceProtocol::AppConfig => {
            let target = configuration_target(given);
            Ok(Asked { method: "GET", target, fields, content: String::new() })
        }
    }
}

/// Only the path of a queue's URL: requests go to the service, whatever host the URL names.
fn queue_path(given: &[Given]) -> Result<String, (&'static str, &'static str)> {
    let url = given.iter().find(|(_, kind, _)| *kind == Kind::QueueUrl);
    let url = url.map(|(.., url)| url.as_str()).unwrap_or_default();
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (path, query) = rest.find('/').map_or(("", ""), |start| target::split(&rest[start..]));
    if path.len() < 2 || !query.is_empty() {
        return Err(("QueueUrl", "it is no queue's URL"));
    }
    let mut encoded = String::new();
    target::encode_path(path, &mut encoded);
    Ok(encoded)
}

fn configuration_target(given: &[Given]) -> String {
    let mut target = String::new();
    let text = |name: &str| {
        let found = given.iter().find(|(n, ..)| *n == name);
        found.map(|(.., text)| text.as_str())
    };
    for (segment, name) in [
        ("/applications/", "Application"),
        ("/environments/", "Environment"),
        ("/configurations/", "Configuration"),
    ] {
        target.push_str(segment);
        target::encode_query(text(name).unwrap_or_default(), &mut target);
    }
    target.push_str("?client_id=");
    target::encode_query(text("ClientId").unwrap_or_default(), &mut target);
    if let Some(version) = text("ClientConfigurationVersion") {
        target.push_str("&client_configuration_version=");
        target::encode_query(version, &mut target);
    }
    target
}

fn bad_request(name: &str, why: &str) -> GatewayError {
    let reason = alloc::format!("request parameter `{name}`: {why}");
    GatewayError::new(ResponseType::BadRequestParameters, reason)
}

/// What the service said goes into the access log alone.
async fn service_error(endpoint: EndpointResponse, io: &Io) -> GatewayError {
    const SAID_BYTES_MAX: usize = 1024;
    let said = match endpoint.content {
        Content::Held(content) => {
            match io.perform(ReadContent { content, bytes_max: PAYLOAD_BYTES_MAX }).await {
                Ok(bytes) => bytes.0,
                Err(_) => Vec::new(),
            }
        }
        Content::Bytes(bytes) => bytes,
        Content::Empty => Vec::new(),
    };
    let said = String::from_utf8_lossy(&said[..said.len().min(SAID_BYTES_MAX)]).to_string();
    let said = said.replace(|c: char| c.is_control(), " ");
    let reason = alloc::format!("the service answered {}: {said}", endpoint.status);
    GatewayError::new(ResponseType::IntegrationFailure, reason).with_status(500)
}
