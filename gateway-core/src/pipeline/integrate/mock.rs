//! `MOCK`: the gateway answers by itself.

use alloc::string::String;

use super::{EndpointAnswer, misconfigured, read_content};
use crate::exchange::Io;
use crate::gateway::mock::{Mock, Rendered, status_code};
use crate::gateway_error::{GatewayError, ResponseType};
use crate::message::Request;

/// The `statusCode` that the request template gives, or the content where it passes through.
pub(super) async fn mock<'g>(
    mock: &'g Mock,
    request: &Request,
    io: &Io,
) -> Result<EndpointAnswer<'g>, GatewayError> {
    let status_code = match mock.request_templates.render(request.fields.get("content-type")) {
        Rendered::Template(status_code) => status_code,
        Rendered::Passthrough => {
            let content = read_content(request, io).await?;
            status_code(&String::from_utf8_lossy(&content))
        }
        Rendered::Unsupported => {
            let reason = "no request template for this content type";
            return Err(GatewayError::new(ResponseType::UnsupportedMediaType, reason));
        }
    };
    let status_code = status_code.ok_or_else(|| {
        misconfigured(
            "Unable to parse statusCode. It should be an integer and defined in request template.",
        )
    })?;
    Ok(EndpointAnswer::Status(status_code, &mock.responses))
}
