//! The client of the Lambda Invoke API.
//!
//! AWS Lambda API Reference, "Invoke", version 2015-03-31, and "InvokeWithResponseStream", version
//! 2021-11-15.

use std::time::{Duration, SystemTime};

use edge_common::lambda;
use gateway_core::effect::{
    EffectError, FunctionAnswer, FunctionName, InvocationType, InvokeFunction,
};
use gateway_core::response_stream::EventStream;
use http::{HeaderMap, HeaderName, Request, header};

use super::stream::{self, Invoked, Parts};
use crate::body::{Body, BodyError};
use crate::credentials::Credentials;
use crate::perform::http::{HttpClient, body_error};
use crate::sigv4::{self, Scope};

/// An endpoint that speaks the Invoke API.
pub(super) struct InvokeApi<'f> {
    /// `https://lambda.us-east-1.amazonaws.com`, or another's.
    pub(super) endpoint: String,
    pub(super) credentials: &'f Credentials,
}

impl InvokeApi<'_> {
    /// Invokes a function whose region and account are known.
    ///
    /// # Errors
    /// As [`EffectError`] says.
    pub(super) async fn invoke(
        &self,
        function: &FunctionName,
        effect: InvokeFunction,
        client: &HttpClient,
    ) -> Result<Invoked, EffectError> {
        let InvokeFunction {
            payload,
            invocation,
            credentials,
            trace,
            client_context,
            invoked_by,
            ..
        } = effect;
        let mut request = self.request(function, payload.0, invocation)?;
        let more = [("x-amzn-trace-id", trace), ("x-amz-client-context", client_context)];
        for (name, value) in more {
            if let Some(value) = value.and_then(|value| value.parse().ok()) {
                request.headers_mut().insert(name, value);
            }
        }
        let role = credentials.as_deref();
        if let Some(keys) = self.credentials.for_endpoint(request.uri(), role, client).await? {
            let scope = Scope { service: "lambda", region: &function.region };
            sigv4::sign(&mut request, &keys, scope, SystemTime::now())?;
        }
        for (name, value) in invoked_by.iter().flat_map(|api| api.fields()) {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), value.parse()) {
                request.headers_mut().insert(name, value);
            }
        }
        let request = request.map(Body::from);
        let response = client.send(request, Duration::MAX).await?;
        let (head, content) = response.into_parts();
        let answer = FunctionAnswer {
            status: head.status.as_u16(),
            function_error: field(&head.headers, "x-amz-function-error"),
            payload: Vec::new().into(),
            request_id: field(&head.headers, "x-amzn-requestid"),
            trace: field(&head.headers, "x-amzn-trace-id"),
            content: None,
        };
        let is_streamed = matches!(invocation, InvocationType::ResponseStream { .. });
        if is_streamed && head.status.is_success() && answer.function_error.is_none() {
            return stream::begin(self.parts(&head.headers, content)?, answer).await;
        }
        match content.collect(lambda::ANSWER_BYTES_MAX).await {
            Ok(payload) => {
                Ok(FunctionAnswer { payload: Vec::from(payload).into(), ..answer }.into())
            }
            Err(BodyError::TooLarge) => Ok(lambda::response_too_large().into()),
            Err(error) => Err(body_error(error)),
        }
    }

    /// The parts of a streamed answer. Content that waits for a slow client is not given up.
    fn parts(&self, fields: &HeaderMap, body: Body) -> Result<Parts, EffectError> {
        let media_type = field(fields, "content-type").unwrap_or_default();
        if media_type.starts_with("application/vnd.amazon.eventstream") {
            return Ok(Parts::Events { body, events: EventStream::default() });
        }
        match lambda::is_emulator(&self.endpoint) {
            true => Ok(Parts::Plain(body)),
            false => {
                let reason = format!("`{media_type}` in place of an event stream");
                Err(EffectError::Malformed(reason))
            }
        }
    }

    fn request(
        &self,
        function: &FunctionName,
        payload: Vec<u8>,
        invocation: InvocationType,
    ) -> Result<Request<Vec<u8>>, EffectError> {
        let url = lambda::url(&self.endpoint, function, invocation);
        let invocation = match invocation {
            InvocationType::RequestResponse | InvocationType::ResponseStream { .. } => {
                "RequestResponse"
            }
            InvocationType::Event => "Event",
        };
        Request::post(&url)
            .header(header::CONTENT_TYPE, "application/json")
            .header("X-Amz-Invocation-Type", invocation)
            .header("X-Amz-Log-Type", "None")
            .body(payload)
            .map_err(|error| EffectError::Unavailable(format!("{url}: {error}")))
    }
}

fn field(fields: &HeaderMap, name: &str) -> Option<String> {
    fields.get(name)?.to_str().ok().map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::Keys;

    #[test]
    fn every_field_that_tells_lambda_something_is_signed() {
        let credentials = Credentials::default();
        let endpoint = lambda::aws_endpoint("eu-west-1");
        let api = InvokeApi { endpoint, credentials: &credentials };
        let function = FunctionName {
            region: "eu-west-1".into(),
            account_id: "111122223333".into(),
            name: "orders".into(),
            qualifier: None,
        };
        let mut request = api.request(&function, b"{}".to_vec(), InvocationType::Event).unwrap();
        let keys = Keys::from_keys("AKIDEXAMPLE", "secret", Some("token".into()));
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_440_938_160);
        let scope = Scope { service: "lambda", region: "eu-west-1" };
        sigv4::sign(&mut request, &keys, scope, now).unwrap();
        let signature = request.headers()["authorization"].to_str().unwrap();
        assert!(
            signature.starts_with(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/eu-west-1/lambda/aws4_request, \
                 SignedHeaders=content-type;host;x-amz-date;x-amz-invocation-type;x-amz-log-type;x-amz-security-token, Signature="
            ),
            "{signature}"
        );
        assert_eq!(request.headers()["x-amz-security-token"], "token");
        assert!(!request.headers().contains_key("host"), "the client writes it as it was signed");
    }
}
