//! Whether a request has what its method requires: parameters first, then content by its model. Coded
//! content is decoded before.
//!
//! Refuses with BAD_REQUEST_PARAMETERS, BAD_REQUEST_BODY, and what decoding and reading the content may
//! fail with. Asks for `ReadContent` where there is a model for the content's type, or a coding.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::ToString;
use core::pin::pin;

use super::content_coding::{decode, is_coded};
use super::integrate::read_content;
use super::map_request::content_type;
use super::throttle::Admitted;
use super::trace;
use crate::apart::Apart;
use crate::context::Context;
use crate::exchange::Io;
use crate::gateway::{MethodOf, Validation};
use crate::gateway_error::{GatewayError, ResponseType};
use crate::json::{self, Json, Object};
use crate::message::{Content, Request};

/// A request that its method may be invoked with.
#[derive(Debug)]
pub(super) struct MethodRequest<'g, 'r> {
    pub(super) of: MethodOf<'g>,
    /// With content that was read already where it was decoded or validated.
    pub(super) request: Cow<'r, Request>,
}

/// Validates what the method's request validator says.
pub(super) async fn validate<'g, 'r>(
    admitted: Admitted<'g>,
    request: &'r Request,
    context: &Context<'_>,
    io: &Io,
) -> Result<MethodRequest<'g, 'r>, GatewayError> {
    let of = admitted.of;
    let request = match is_coded(of.at, request) {
        // In a box, as all that few requests need.
        true => Cow::Owned(Apart(Box::pin(decode(request, io))).await?),
        false => Cow::Borrowed(request),
    };
    let unread = MethodRequest { of, request };
    let Some(validation) = of.validation() else {
        trace::rule(&of.method.source, io, || "nothing of the request is validated".into());
        return Ok(unread);
    };
    Apart(pin!(check(validation, unread, context, io))).await
}

async fn check<'g, 'r>(
    validation: &Validation,
    unread: MethodRequest<'g, 'r>,
    context: &Context<'_>,
    io: &Io,
) -> Result<MethodRequest<'g, 'r>, GatewayError> {
    let (of, request) = (unread.of, &*unread.request);
    let missing = validation.missing(request, context);
    if !missing.is_empty() {
        let names = alloc::format!("[{}]", missing.join(", "));
        let message = alloc::format!("Missing required request parameters: {names}");
        let error = GatewayError::new(ResponseType::BadRequestParameters, message.clone());
        return Err(error.with_message(message).with_validation_error(names));
    }
    let content_type = content_type(request, context);
    let Some(model) = validation.model(content_type) else {
        let rule = || "all required parameters are there; no model is for the content".into();
        trace::rule(&of.method.source, io, rule);
        return Ok(unread);
    };
    let bytes = read_content(request, io).await?;
    let wrong = match bytes.trim_ascii() {
        // Content that is not there is validated as an object without members.
        [] => of.check(model, &Json::Object(Object::default())),
        _ => match json::read_bytes(&bytes) {
            Ok(value) => of.check(model, &value),
            Err(error) => return Err(invalid(content_type, &alloc::format!("[{error}]"))),
        },
    };
    wrong.map_err(|wrong| invalid(content_type, &wrong.to_string()))?;
    let rule = || "all required parameters are there; the content is as its model has it".into();
    trace::rule(&of.method.source, io, rule);
    let mut read = unread.request.into_owned();
    read.content = if bytes.is_empty() { Content::Empty } else { Content::Bytes(bytes) };
    Ok(MethodRequest { of, request: Cow::Owned(read) })
}

fn invalid(content_type: Option<&str>, wrong: &str) -> GatewayError {
    let content_type = content_type.unwrap_or("application/json");
    let reason = alloc::format!(
        "Request body does not match model schema for content type {content_type}: {wrong}"
    );
    GatewayError::new(ResponseType::BadRequestBody, reason).with_validation_error(wrong)
}
