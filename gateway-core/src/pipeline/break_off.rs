//! The end of an exchange whose state is lost: what it owes although nothing is left of it.
//!
//! Asks the host for nothing, and reads no template: whatever broke the exchange should not be met
//! again here. What the log does not know any more (who was authorized, what the endpoint said) is `-`.

use alloc::boxed::Box;

use super::inspect::in_own_words;
use super::noted::note_method;
use super::record::record;
use super::respond::{content_length, finish, message};
use super::route::{find_stage, route};
use super::{note_api, note_stage};
use crate::context::{Context, ErrorContext};
use crate::exchange::Io;
use crate::gateway::Gateway;
use crate::gateway_error::{GatewayError, ResponseType};
use crate::message::{Arrival, Response};

/// Answers 500, and records it.
pub(crate) fn break_off(gateway: &Gateway, arrival: &Arrival, io: &Io) -> Response {
    if arrival.inspection.is_some() {
        return in_own_words(500); // the request to the API, if there is to be one, has its own
    }
    let mut context = Context::new(arrival, &gateway.snapshot);
    let (api, addressed) = find_stage(gateway, &context, arrival);
    let protocol = note_api(api, &mut context);
    let at = addressed.ok().map(|addressed| note_stage(addressed, &arrival.request, &mut context));
    if let Some(matched) = at.and_then(|at| route(at, &arrival.request, &context).ok()) {
        note_method(&matched, &mut context);
    }
    let error =
        GatewayError::new(ResponseType::Default5xx, "the exchange was lost").with_status(500);
    context.error = Some(Box::new(ErrorContext {
        response_type: error.response_type,
        message: message(protocol, &error),
        validation_error: error.validation_error.clone(),
        reason: error.reason.clone(),
    }));
    // Without the stage: a gateway response of the definition's own is a template.
    let response = finish(protocol, None, Err(error), &arrival.request, &context, io);
    context.status = response.status;
    context.response_length = content_length(&response);
    record(at, &arrival.request, &context, io);
    response
}
