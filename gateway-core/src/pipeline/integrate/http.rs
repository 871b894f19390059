//! `HTTP`: the endpoint sees a request that mappings and templates made.

use alloc::string::ToString;

use super::{EndpointAnswer, MethodCall, send};
use crate::context::{Context, IntegrationContext};
use crate::effect::SendRequest;
use crate::gateway::http::Http;
use crate::gateway::integration_response::Responses;
use crate::gateway_error::GatewayError;
use crate::message::{EndpointResponse, OutgoingFields};
use crate::pipeline::map_request::map_request;
use crate::pipeline::map_response::CustomAnswer;
use crate::template::Overrides;

/// Sends the integration request.
pub(super) async fn http<'g>(
    http: &'g Http,
    call: MethodCall<'_>,
    observed: &mut IntegrationContext,
) -> Result<EndpointAnswer<'g>, GatewayError> {
    let mapped = map_request(&http.request, call).await?;
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
        idle_ms: None,
    };
    let endpoint = send(operation, call, observed).await?;
    Ok(custom_answer(endpoint, &http.responses, mapped.overrides, call.context))
}

/// What an endpoint answered, for one of these integration responses to be made of.
pub(super) fn custom_answer<'g>(
    endpoint: EndpointResponse,
    responses: &'g Responses,
    overrides: Overrides,
    context: &Context<'_>,
) -> EndpointAnswer<'g> {
    EndpointAnswer::Custom(CustomAnswer {
        selector: endpoint.status.to_string(),
        fields: endpoint.fields,
        content: endpoint.content,
        responses,
        trace: Some(context.trace.to_field()),
        overrides,
    })
}
