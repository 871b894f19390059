//! Content codings between client and gateway, in REST APIs: what comes coded is decoded before
//! anything of it is validated or mapped, and what the method responds is coded at the end.
//!
//! Refuses with UNSUPPORTED_MEDIA_TYPE what is in another coding than it says, or in one that API
//! Gateway does not support, and with REQUEST_TOO_LARGE what stands for more than 10 MB. Asks for
//! `ReadContent`.

use alloc::format;

use super::integrate::{EndpointAnswer, read_content, too_large};
use super::map_response::{map_response, read};
use crate::content_coding::{Coding, DecodeError, Unsupported};
use crate::context::Context;
use crate::definition::{Protocol, ResponseTransferMode};
use crate::exchange::Io;
use crate::gateway::{MethodOf, StageOf};
use crate::gateway_error::{GatewayError, ResponseType};
use crate::limits::PAYLOAD_BYTES_MAX;
use crate::message::{Content, OutgoingFields, Request, Response};

/// Whether a request's content is to be decoded before the method may see it.
pub(super) fn is_coded(at: StageOf<'_>, request: &Request) -> bool {
    at.api.protocol == Protocol::Rest
        && request.content != Content::Empty
        && request.fields.contains("content-encoding")
}

/// The request with its content decoded. `Content-Encoding` stays, as it does on AWS.
pub(super) async fn decode(request: &Request, io: &Io) -> Result<Request, GatewayError> {
    let coding = Coding::of_content(request.fields.all("content-encoding"))
        .map_err(|Unsupported| unsupported("the content coding is not supported"))?;
    let mut decoded = request.clone();
    if let Some(coding) = coding {
        let coded = read_content(request, io).await?;
        let content = coding.decode(&coded, PAYLOAD_BYTES_MAX as usize).map_err(|e| match e {
            DecodeError::Malformed => {
                unsupported(&format!("the content is not in the coding `{}`", coding.name()))
            }
            DecodeError::TooLarge => too_large(),
        })?;
        decoded.content = if content.is_empty() { Content::Empty } else { Content::Bytes(content) };
    }
    Ok(decoded)
}

/// The coding that a method's response may be sent in: the API compresses, and the client asks for it.
pub(super) fn accepted(of: MethodOf<'_>, request: &Request) -> Option<Coding> {
    of.at.deployment.minimum_compression_bytes?;
    // "Response streaming": content encoding is not supported.
    let is_whole = of.method.integration.response_transfer_mode == ResponseTransferMode::Buffered;
    if !is_whole || request.method == "HEAD" {
        return None;
    }
    Coding::accepted(request.fields.all("accept-encoding"))
}

/// Makes the method response, and sends it in a coding if it is long enough and in none yet, as a
/// proxied answer may be.
pub(super) async fn respond(
    coding: Coding,
    answer: EndpointAnswer<'_>,
    of: MethodOf<'_>,
    request: &Request,
    context: &Context<'_>,
    io: &Io,
) -> Result<Response, GatewayError> {
    let mut response = map_response(answer, of, request, context, io).await?;
    let is_coded = context.integration.as_ref().is_some_and(|integration| integration.is_coded);
    let is_coded = is_coded || sets_coding(&response.fields);
    // Part of a content is a part of what it was.
    if is_coded || matches!(response.status, 204 | 206 | 304) {
        return Ok(response);
    }
    let least = of.at.deployment.minimum_compression_bytes.unwrap_or_default().max(1);
    let fits = |length: u64| u64::from(least) <= length && length <= u64::from(PAYLOAD_BYTES_MAX);
    let length = match &response.content {
        Content::Empty => Some(0),
        Content::Bytes(bytes) => Some(bytes.len() as u64),
        Content::Held(_) => context.response_length,
    };
    if length.is_some_and(|length| !fits(length)) {
        return Ok(response);
    }
    let bytes = read(core::mem::take(&mut response.content), io).await?;
    response.content = match fits(bytes.len() as u64) {
        true => {
            response.fields.set("Content-Encoding", coding.name());
            Content::Bytes(coding.encode(&bytes))
        }
        false if bytes.is_empty() => Content::Empty,
        false => Content::Bytes(bytes),
    };
    Ok(response)
}

fn sets_coding(fields: &OutgoingFields) -> bool {
    match fields {
        OutgoingFields::Complete(fields) => fields.contains("content-encoding"),
        // What a proxy's endpoint sent is not among the changes to it.
        OutgoingFields::Edited(_) => false,
    }
}

fn unsupported(reason: &str) -> GatewayError {
    GatewayError::new(ResponseType::UnsupportedMediaType, reason)
}
