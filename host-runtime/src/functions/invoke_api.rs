//! The client of the Lambda Invoke API.
//!
//! AWS Lambda API Reference, "Invoke", version 2015-03-31, and "InvokeWithResponseStream", version
//! 2021-11-15.

use std::time::{Duration, SystemTime};

use gateway_core::effect::{
    EffectError, FunctionAnswer, FunctionName, InvocationType, InvokeFunction,
};
use gateway_core::response_stream::EventStream;
use http::{HeaderMap, Request, header};

use super::stream::{self, Invoked, Parts};
use crate::body::{Body, BodyError};
use crate::credentials::{Credentials, is_aws};
use crate::perform::http::{HttpClient, body_error};
use crate::sigv4::{self, Scope, encode};

/// Largest answer of a synchronous invocation: 6 MB (Lambda quota), with room for its escapes.
const ANSWER_BYTES_MAX: usize = 6 * 1024 * 1024 + 64 * 1024;

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
        let InvokeFunction { payload, invocation, credentials, trace, .. } = effect;
        let mut request = self.request(function, payload.0, invocation)?;
        if let Some(trace) = trace.and_then(|trace| trace.parse().ok()) {
            request.headers_mut().insert("x-amzn-trace-id", trace);
        }
        let role = credentials.as_deref();
        if let Some(keys) = self.credentials.for_endpoint(request.uri(), role, client).await? {
            let scope = Scope { service: "lambda", region: &function.region };
            sigv4::sign(&mut request, &keys, scope, SystemTime::now())?;
        }
        let request = request.map(Body::from);
        let response = client.send(request, Duration::MAX).await?;
        let (head, content) = response.into_parts();
        let answer = FunctionAnswer {
            status: head.status.as_u16(),
            function_error: field(&head.headers, "x-amz-function-error"),
            payload: Vec::new().into(),
            request_id: field(&head.headers, "x-amzn-requestid"),
            content: None,
        };
        let is_streamed = matches!(invocation, InvocationType::ResponseStream { .. });
        if is_streamed && head.status.is_success() && answer.function_error.is_none() {
            return stream::begin(self.parts(&head.headers, content)?, answer).await;
        }
        match content.collect(ANSWER_BYTES_MAX).await {
            Ok(payload) => {
                Ok(FunctionAnswer { payload: Vec::from(payload).into(), ..answer }.into())
            }
            // It is the function's fault, not the client's: told as Lambda tells it.
            Err(BodyError::TooLarge) => Ok(response_too_large().into()),
            Err(error) => Err(body_error(error)),
        }
    }

    /// The parts of a streamed answer. Content that waits for a slow client is not given up.
    fn parts(&self, fields: &HeaderMap, body: Body) -> Result<Parts, EffectError> {
        let media_type = field(fields, "content-type").unwrap_or_default();
        if media_type.starts_with("application/vnd.amazon.eventstream") {
            return Ok(Parts::Events { body, events: EventStream::default() });
        }
        match self.is_emulator() {
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
        let url = self.url(function, invocation);
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

    /// The Runtime Interface Emulator of AWS's images knows one function, called `function`: whoever
    /// runs it gives its whole path.
    fn is_emulator(&self) -> bool {
        self.endpoint.trim_end_matches('/').ends_with("/invocations")
    }

    fn url(&self, function: &FunctionName, invocation: InvocationType) -> String {
        let endpoint = self.endpoint.trim_end_matches('/');
        if self.is_emulator() {
            return endpoint.into();
        }
        let aws = endpoint.parse().is_ok_and(|uri| is_aws(&uri));
        let name = match aws {
            // The account may be another's: only the ARN says so.
            true => arn(&FunctionName { qualifier: None, ..function.clone() }),
            false => function.name.clone(),
        };
        let name = encode(&name);
        let mut url = match invocation {
            InvocationType::ResponseStream { .. } => {
                format!("{endpoint}/2021-11-15/functions/{name}/response-streaming-invocations")
            }
            InvocationType::RequestResponse | InvocationType::Event => {
                format!("{endpoint}/2015-03-31/functions/{name}/invocations")
            }
        };
        if let Some(qualifier) = &function.qualifier {
            url.push_str("?Qualifier=");
            url.push_str(&encode(qualifier));
        }
        url
    }
}

/// What Lambda answers for a function whose response is larger than its quota.
fn response_too_large() -> FunctionAnswer {
    let function_error = Some("Unhandled".into());
    let payload = br#"{"errorType":"Function.ResponseSizeTooLarge"}"#.to_vec().into();
    FunctionAnswer { status: 200, function_error, payload, request_id: None, content: None }
}

/// AWS's own endpoint in a region.
pub(super) fn aws_endpoint(region: &str) -> String {
    let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
    format!("https://lambda.{region}.amazonaws.com{suffix}")
}

/// The ARN of a function whose region and account are known.
pub(super) fn arn(function: &FunctionName) -> String {
    let FunctionName { region, account_id, name, qualifier } = function;
    let partition = match region.split('-').next() {
        Some("cn") => "aws-cn",
        Some("us") if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    };
    let arn = format!("arn:{partition}:lambda:{region}:{account_id}:function:{name}");
    qualifier.as_ref().map_or(arn.clone(), |qualifier| format!("{arn}:{qualifier}"))
}

fn field(fields: &HeaderMap, name: &str) -> Option<String> {
    fields.get(name)?.to_str().ok().map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::Keys;

    fn api<'c>(endpoint: &str, credentials: &'c Credentials) -> InvokeApi<'c> {
        InvokeApi { endpoint: endpoint.into(), credentials }
    }
    fn function(qualifier: Option<&str>) -> FunctionName {
        FunctionName {
            region: "eu-west-1".into(),
            account_id: "111122223333".into(),
            name: "orders".into(),
            qualifier: qualifier.map(Into::into),
        }
    }

    #[test]
    fn aws_is_asked_by_arn_and_others_by_name() {
        let credentials = Credentials::default();
        let url = |endpoint: &str, qualifier| {
            api(endpoint, &credentials).url(&function(qualifier), InvocationType::RequestResponse)
        };
        assert_eq!(
            url(&aws_endpoint("eu-west-1"), Some("$LATEST")),
            "https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-west-1%3A111122223333%3Afunction%3Aorders/invocations?Qualifier=%24LATEST"
        );
        assert_eq!(
            url("http://127.0.0.1:4566/", None),
            "http://127.0.0.1:4566/2015-03-31/functions/orders/invocations"
        );
        let emulator = "http://127.0.0.1:9000/2015-03-31/functions/function/invocations";
        assert_eq!(url(emulator, Some("prod")), emulator);
        let streamed = InvocationType::ResponseStream { idle_ms: 1 };
        assert_eq!(
            api("http://127.0.0.1:4566", &credentials).url(&function(Some("live")), streamed),
            "http://127.0.0.1:4566/2021-11-15/functions/orders/response-streaming-invocations?Qualifier=live"
        );
    }

    #[test]
    fn partitions_have_their_own_arns_and_endpoints() {
        let arn_in = |region: &str| arn(&FunctionName { region: region.into(), ..function(None) });
        assert!(arn_in("cn-north-1").starts_with("arn:aws-cn:lambda:cn-north-1:"));
        assert!(arn_in("us-gov-west-1").starts_with("arn:aws-us-gov:"));
        assert!(arn_in("us-east-1").starts_with("arn:aws:lambda:us-east-1:111122223333:"));
        assert_eq!(aws_endpoint("cn-north-1"), "https://lambda.cn-north-1.amazonaws.com.cn");
    }

    #[test]
    fn every_field_that_tells_lambda_something_is_signed() {
        let credentials = Credentials::default();
        let api = api(&aws_endpoint("eu-west-1"), &credentials);
        let mut request =
            api.request(&function(None), b"{}".to_vec(), InvocationType::Event).unwrap();
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
