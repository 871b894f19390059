//! `MOCK`: the gateway answers by itself.

use alloc::string::{String, ToString};

use super::{EndpointAnswer, misconfigured, read_content};
use crate::exchange::Io;
use crate::gateway::mock::{Mock, status_code};
use crate::gateway::request_templates::Choice;
use crate::gateway_error::GatewayError;
use crate::message::{Content, Fields, Request};
use crate::pipeline::map_request::unsupported;
use crate::pipeline::map_response::CustomAnswer;

/// Answers with the `statusCode` that the request template gives, or the content where it passes
/// through.
pub(super) async fn mock<'g>(
    mock: &'g Mock,
    request: &Request,
    io: &Io,
) -> Result<EndpointAnswer<'g>, GatewayError> {
    let content_type = request.fields.get("content-type");
    let text = match mock.request_templates.choose(content_type) {
        Choice::Template(template) => template.into(),
        Choice::Passthrough => {
            let content = read_content(request, io).await?;
            String::from_utf8_lossy(&content).into_owned()
        }
        Choice::Unsupported => return Err(unsupported(content_type)),
    };
    let status_code = status_code(&text).ok_or_else(|| {
        misconfigured(
            "Unable to parse statusCode. It should be an integer and defined in request template.",
        )
    })?;
    Ok(EndpointAnswer::Custom(CustomAnswer {
        selector: status_code.to_string(),
        fields: Fields::new(),
        content: Content::Empty,
        responses: &mock.responses,
        is_traced: false,
    }))
}
