//! `AWS` with a service: mappings and templates make its request, which the host signs.

use alloc::string::String;

use super::http::custom_answer;
use super::{EndpointAnswer, MethodCall, credentials, send};
use crate::context::IntegrationContext;
use crate::effect::{Connection, SendRequest};
use crate::gateway::service::{Action, Service};
use crate::gateway_error::GatewayError;
use crate::message::{Content, OutgoingFields};
use crate::pipeline::map_request::{IntegrationRequest, map_request};

/// Calls the service.
pub(super) async fn service<'g>(
    service: &'g Service,
    call: MethodCall<'_>,
    observed: &mut IntegrationContext,
) -> Result<EndpointAnswer<'g>, GatewayError> {
    let mut mapped = map_request(&service.request, call).await?;
    if let Some(action) = &service.action {
        let has_parameters = !mapped.query.is_empty() || service.uri.has_query();
        ask_for(action, has_parameters, call, &mut mapped);
    }
    // A signature is for the host that is asked.
    mapped.fields.remove("host");
    let operation = SendRequest {
        url: url(service, &mapped),
        method: mapped.http_method,
        connection: Connection::Service {
            signing_name: service.endpoint.signing_name.clone(),
            region: service.endpoint.region.clone(),
            credentials: credentials(service.credentials.as_ref(), call.context)?,
        },
        fields: OutgoingFields::Complete(mapped.fields),
        content: mapped.content,
        timeout_ms: service.timeout_ms,
        insecure_skip_verification: false,
        idle_ms: None,
    };
    let endpoint = send(operation, call, observed).await?;
    Ok(custom_answer(endpoint, &service.responses, mapped.overrides, call.context))
}

/// Says which action is meant: to a service of AWS JSON by `X-Amz-Target`, to others by the query
/// protocol, which the former understand too where there are parameters, mapped or in the URI, and no content.
fn ask_for(
    action: &Action,
    has_parameters: bool,
    call: MethodCall<'_>,
    mapped: &mut IntegrationRequest,
) {
    let MethodCall { request, context, .. } = call;
    let has_content = mapped.content != Content::Empty;
    if let Some((service, version)) = action.json
        && (has_content || !has_parameters)
    {
        if !mapped.fields.contains("x-amz-target") {
            mapped.fields.push("X-Amz-Target", alloc::format!("{service}.{}", action.name));
        }
        // The client's is of no use to the service; one that is mapped is meant.
        let own = mapped.fields.get("content-type");
        let takes_clients = !matches!(&*context.http_method, "GET" | "HEAD" | "OPTIONS");
        let is_clients = takes_clients && own == request.fields.get("content-type");
        let is_clients = is_clients || own.is_none();
        if is_clients {
            let content_type = alloc::format!("application/x-amz-json-{version}");
            mapped.fields.set("Content-Type", content_type);
        }
        if !has_content {
            mapped.content = Content::Bytes(b"{}".to_vec());
        }
        return;
    }
    let is_given = |name: &str| mapped.query.iter().any(|(n, _)| n == name);
    let (has_action, has_version) =
        (is_given("Action"), action.names_version || is_given("Version"));
    if let Some(version) = action.version.filter(|_| !has_version) {
        mapped.query.insert(0, ("Version".into(), version.into()));
    }
    if !has_action {
        mapped.query.insert(0, ("Action".into(), action.name.clone()));
    }
}

fn url(service: &Service, mapped: &IntegrationRequest) -> String {
    let parameter = |name: &str| {
        let found = mapped.path.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| value.as_str())
    };
    let url = service.uri.expand(parameter, "", "", &mapped.query);
    if service.endpoint.signing_name != "s3" {
        return url;
    }
    let origin = service.endpoint.origin.len();
    let path_end = url.find('?').unwrap_or(url.len());
    alloc::format!("{}{}{}", &url[..origin], strict(&url[origin..path_end]), &url[path_end..])
}

/// A path in which all but unreserved characters is encoded: S3 signs it so, however it came.
fn strict(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len());
    for c in path.chars() {
        match c {
            'A'..='Z' | 'a'..='z' | '0'..='9' | '-' | '.' | '_' | '~' | '/' | '%' => {
                encoded.push(c)
            }
            other => {
                let mut bytes = [0; 4];
                for byte in other.encode_utf8(&mut bytes).bytes() {
                    encoded.push_str(&alloc::format!("%{byte:02X}"));
                }
            }
        }
    }
    encoded
}
