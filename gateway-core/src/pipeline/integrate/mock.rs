//! `MOCK`: the gateway answers by itself.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};

use super::{EndpointAnswer, MethodCall, misconfigured};
use crate::apart::apart;
use crate::gateway::mock::{Mock, status_code};
use crate::gateway_error::GatewayError;
use crate::message::{Content, Fields};
use crate::pipeline::map_request::{map_content, mapped_bytes};
use crate::pipeline::map_response::CustomAnswer;
use crate::template::Overrides;

/// Answers with the `statusCode` that the request template gives, or the content where it passes
/// through. Mappings have no effect.
pub(super) async fn mock<'g>(
    mock: &'g Mock,
    call: MethodCall<'_>,
) -> Result<EndpointAnswer<'g>, GatewayError> {
    let overrides = call.context.overrides.get_or_init(Overrides::default).clone();
    let content = map_content(&mock.request, None, call, &overrides).await?;
    let content = mapped_bytes(content, call).await?;
    let text = match core::str::from_utf8(&content) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => apart(|| String::from_utf8_lossy(&content)),
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
        trace: None,
        overrides,
    }))
}
