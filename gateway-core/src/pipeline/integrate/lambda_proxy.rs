//! `AWS_PROXY` with a Lambda function: the request becomes its event, its answer the response.

use super::http_mapping::RequestSource;
use super::{MethodCall, credentials, endpoint_failed, read_content};
use crate::context::IntegrationContext;
use crate::definition::{PayloadFormat, Protocol};
use crate::effect::{EffectError, InvocationType, InvokeFunction};
use crate::gateway::expression::Sources;
use crate::gateway::lambda::LambdaProxy;
use crate::gateway_error::{GatewayError, ResponseType};
use crate::lambda::{
    AnswerInput, EventInput, answer_stream, answer_v1, answer_v2, event_v1, event_v2, refused,
    told_trace,
};
use crate::limits::EVENT_BYTES_MAX;
use crate::message::Response;
use crate::pipeline::map_request::forbidden;

/// Invokes the function and reads its answer.
pub(super) async fn lambda_proxy(
    proxy: &LambdaProxy,
    call: MethodCall<'_>,
    observed: &mut IntegrationContext,
) -> Result<Response, GatewayError> {
    let MethodCall { of, request, context, io } = call;
    let protocol = of.at.api.protocol;
    // REST APIs know format 1.0 alone.
    let format = match protocol {
        Protocol::Rest => PayloadFormat::V1,
        Protocol::Http => proxy.payload_format,
    };
    if let Some(parameters) = &proxy.parameters {
        let fields = &request.fields;
        let sources = Sources { fields, context, now: io.now(), body: None, response: None };
        parameters.check(&sources).map_err(forbidden)?;
    }
    let payload = {
        // What the event is made of takes no memory while the function runs.
        let body = read_content(request, io).await?;
        let mapped = match proxy.request_mappings.is_empty() {
            true => None,
            false => {
                let reads_body = proxy.request_mappings.reads_body();
                let source = RequestSource::read(reads_body, call).await?;
                Some(source.mapped_request(&proxy.request_mappings))
            }
        };
        let (event_request, event_context) =
            mapped.as_ref().map_or((request, context), |(request, context)| (request, context));
        let event = EventInput {
            protocol,
            context: event_context,
            request: event_request,
            body: &body,
            binary_media_types: &of.at.deployment.binary_media_types,
            stage_variables: &of.at.stage.variables,
        };
        match format {
            PayloadFormat::V1 => event_v1(&event),
            PayloadFormat::V2 => event_v2(&event),
        }
    };
    if payload.len() >= EVENT_BYTES_MAX {
        let reason = "the event is larger than a function may be handed";
        return Err(GatewayError::new(ResponseType::RequestTooLarge, reason));
    }
    let operation = InvokeFunction {
        function: proxy.function.clone(),
        payload: payload.into(),
        invocation: match proxy.idle_ms {
            Some(idle_ms) => InvocationType::ResponseStream { idle_ms },
            None => InvocationType::RequestResponse,
        },
        timeout_ms: proxy.timeout_ms,
        credentials: credentials(proxy.credentials.as_ref(), context)?,
        trace: context.function_trace(),
        client_context: None,
        invoked_by: (protocol == Protocol::Rest).then(|| context.invoking_api()),
    };
    let answer = io.perform(operation).await.map_err(|error| match error {
        // The event was sent whole: it is the answer that is too large, and that is no fault of the client's.
        EffectError::TooLarge => refused(protocol, 502, "the function answered more than 6 MB"),
        error => endpoint_failed(error, protocol),
    })?;
    observed.integration_status = Some(answer.status);
    observed.request_id.clone_from(&answer.request_id);
    if proxy.idle_ms.is_some() {
        let mut response = answer_stream(&answer)?;
        observed.status = Some(response.status);
        response.fields.set("X-Amzn-Trace-Id", told_trace(&answer, &proxy.function, context));
        return Ok(response);
    }
    let input = AnswerInput {
        protocol,
        answer: &answer,
        accept: request.fields.get("accept"),
        binary_media_types: &of.at.deployment.binary_media_types,
    };
    let mut response = match format {
        PayloadFormat::V1 => answer_v1(&input)?,
        PayloadFormat::V2 => answer_v2(&input)?,
    };
    observed.status = Some(response.status);
    if protocol == Protocol::Rest {
        response.fields.set("X-Amzn-Trace-Id", told_trace(&answer, &proxy.function, context));
    }
    Ok(response)
}
