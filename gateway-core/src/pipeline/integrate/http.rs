//! `HTTP`: the endpoint sees a request that mappings and templates made.

use alloc::string::ToString;

use super::{EndpointAnswer, endpoint_failed};
use crate::context::{Context, IntegrationContext};
use crate::definition::Protocol;
use crate::effect::SendRequest;
use crate::exchange::Io;
use crate::gateway::MethodOf;
use crate::gateway::http::Http;
use crate::gateway_error::GatewayError;
use crate::message::{OutgoingFields, Request};
use crate::pipeline::map_request::map_request;
use crate::pipeline::map_response::CustomAnswer;

/// Sends the integration request.
pub(super) async fn http<'g>(
    http: &'g Http,
    of: MethodOf<'_>,
    request: &Request,
    context: &Context<'_>,
    observed: &mut IntegrationContext,
    io: &Io,
) -> Result<EndpointAnswer<'g>, GatewayError> {
    let mapped = map_request(&http.request, of, request, context, io).await?;
    let parameter = |name: &str| {
        let found = mapped.path.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| value.as_str())
    };
    let operation = SendRequest {
        url: http.uri.expand(parameter, "", "", &mapped.query),
        method: mapped.http_method,
        connection: http.connection.clone(),
        fields: OutgoingFields::Complete(mapped.fields),
        content: mapped.content,
        timeout_ms: http.timeout_ms,
        insecure_skip_verification: http.insecure_skip_verification,
    };
    let endpoint =
        io.perform(operation).await.map_err(|error| endpoint_failed(error, Protocol::Rest))?;
    observed.integration_status = Some(endpoint.status);
    observed.status = Some(endpoint.status);
    observed.request_id = endpoint.fields.get("x-amzn-requestid").map(Into::into);
    Ok(EndpointAnswer::Custom(CustomAnswer {
        selector: endpoint.status.to_string(),
        fields: endpoint.fields,
        content: endpoint.content,
        responses: &http.responses,
        is_traced: true,
        overrides: mapped.overrides,
    }))
}
