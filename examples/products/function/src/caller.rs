//! Who asks, and when, as the gateway tells it.

use lambda_http::{Request, RequestExt, request::RequestContext};
use serde_json::Value;

/// The caller of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The claim `sub` of the token that the gateway has verified, if the route asks for one.
    pub(crate) subject: Option<String>,
    /// When the gateway received the request.
    pub(crate) received_epoch_ms: i64,
}

/// Reads the caller from the request context. The claims stand in `authorizer.claims` under a
/// Cognito authorizer of a REST API, and in `authorizer.jwt.claims` under a JWT authorizer.
pub(crate) fn caller(event: &Request) -> Caller {
    match event.request_context_ref() {
        Some(RequestContext::ApiGatewayV1(context)) => Caller {
            subject: context
                .authorizer
                .fields
                .get("claims")
                .and_then(|claims| claims.get("sub"))
                .and_then(Value::as_str)
                .map(str::to_owned),
            received_epoch_ms: context.request_time_epoch,
        },
        Some(RequestContext::ApiGatewayV2(context)) => Caller {
            subject: context
                .authorizer
                .as_ref()
                .and_then(|authorizer| authorizer.jwt.as_ref())
                .and_then(|jwt| jwt.claims.get("sub"))
                .cloned(),
            received_epoch_ms: context.time_epoch,
        },
        _ => Caller { subject: None, received_epoch_ms: 0 },
    }
}
