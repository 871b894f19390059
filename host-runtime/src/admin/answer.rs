//! What the operator is told, in the shapes of AWS's control plane.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    status: StatusCode,
    error_type: Option<&'static str>,
    content_type: &'static str,
    location: Option<String>,
    content: Bytes,
}

const TEXT: &str = "text/plain; charset=utf-8";
/// Prometheus's exposition format.
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";
const XML: &str = "text/xml";
const JSON: &str = "application/json";
/// AWS's JSON protocol, as WAF's control plane speaks it.
const JSON_PROTOCOL: &str = "application/x-amz-json-1.1";

impl Answer {
    pub(crate) fn text(status: StatusCode, text: impl Into<Bytes>) -> Self {
        let content = text.into();
        Self { status, error_type: None, content_type: TEXT, location: None, content }
    }

    pub(crate) fn metrics(text: String) -> Self {
        Self { content_type: METRICS, ..Self::text(StatusCode::OK, text) }
    }

    /// As CloudFront's control plane speaks.
    pub(crate) fn xml(status: StatusCode, text: String) -> Self {
        Self { content_type: XML, ..Self::text(status, text) }
    }

    /// Of what was made, with where it is.
    pub(crate) fn at(self, location: String) -> Self {
        Self { location: Some(location), ..self }
    }

    pub(crate) fn json(value: &serde_json::Value) -> Self {
        Self { content_type: JSON, ..Self::text(StatusCode::OK, value.to_string()) }
    }

    pub(crate) fn of_json_protocol(value: &serde_json::Value) -> Self {
        Self { content_type: JSON_PROTOCOL, ..Self::json(value) }
    }

    pub(crate) fn error_of_json_protocol(error_type: &'static str, message: &str) -> Self {
        let value = serde_json::json!({"__type": error_type, "Message": message});
        let status = StatusCode::BAD_REQUEST;
        Self { error_type: Some(error_type), status, ..Self::of_json_protocol(&value) }
    }

    pub(crate) fn empty(status: StatusCode) -> Self {
        Self::text(status, Bytes::new())
    }

    pub(crate) fn bad_request(message: impl AsRef<str>) -> Self {
        Self::error(StatusCode::BAD_REQUEST, "BadRequestException", message)
    }

    pub(crate) fn not_found(message: impl AsRef<str>) -> Self {
        Self::error(StatusCode::NOT_FOUND, "NotFoundException", message)
    }

    pub(crate) fn forbidden(error_type: &'static str, message: &str) -> Self {
        Self::error(StatusCode::FORBIDDEN, error_type, message)
    }

    pub(crate) fn unavailable(message: &str) -> Self {
        Self::error(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailableException", message)
    }

    pub(crate) fn method_not_allowed() -> Self {
        let message = "this call has another method";
        Self::error(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowedException", message)
    }

    fn error(status: StatusCode, error_type: &'static str, message: impl AsRef<str>) -> Self {
        let body = serde_json::json!({"message": message.as_ref()});
        Self { error_type: Some(error_type), status, ..Self::json(&body) }
    }

    pub(crate) fn into_response(self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(self.content));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        // What an operator sees is nobody else's.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(error_type) = self.error_type {
            headers.insert("x-amzn-errortype", HeaderValue::from_static(error_type));
        }
        if let Some(location) = self.location.and_then(|at| HeaderValue::try_from(at).ok()) {
            headers.insert(header::LOCATION, location);
        }
        response
    }

    #[cfg(test)]
    pub(crate) fn told(&self) -> (u16, &'static str, String) {
        let text = String::from_utf8_lossy(&self.content).into_owned();
        (self.status.as_u16(), self.error_type.unwrap_or_default(), text)
    }
}
