//! Functions, by the Lambda Invoke API.

use gateway_core::effect::{EffectError, FunctionName, InvocationType, InvokeFunction};

use crate::sign::{Credentials, Signing};
use crate::variables::{Variables, endpoint, variable_name};

/// Largest answer of a synchronous invocation: 6 MB (Lambda quota), with room for its JSON escapes.
pub const ANSWER_BYTES_MAX: usize = 6 * 1024 * 1024 + 64 * 1024;
/// What a streamed answer is.
pub(crate) const EVENT_STREAM: &str = "application/vnd.amazon.eventstream";

/// The `POST` that invokes a function; its content is the event.
#[derive(Debug)]
pub struct Invocation {
    /// `FUNCTION_URL_{NAME}`, else the Lambda endpoint of the environment, else AWS.
    pub url: String,
    /// The header section, with the signature if there are keys to sign with.
    pub fields: Vec<(&'static str, String)>,
}

impl Invocation {
    /// Of the effect.
    ///
    /// # Errors
    /// [`EffectError::Unavailable`] without keys where AWS is called.
    pub fn new(
        invoke: &InvokeFunction,
        variables: &Variables<'_>,
        date_time: String,
    ) -> Result<Self, EffectError> {
        let region = region(&invoke.function, variables);
        let url = url(invoke, &region, variables);
        let fields = fields(invoke, &url, &region, variables, date_time)?;
        Ok(Self { url, fields })
    }
}

fn region(function: &FunctionName, variables: &Variables<'_>) -> String {
    if function.region.is_empty() {
        variables("AWS_REGION").unwrap_or_else(|| "us-east-1".into())
    } else {
        function.region.clone()
    }
}

fn url(invoke: &InvokeFunction, region: &str, variables: &Variables<'_>) -> String {
    let function = &invoke.function;
    let base = variables(&format!("FUNCTION_URL_{}", variable_name(&function.name)))
        .or_else(|| endpoint(variables, "LAMBDA"))
        .unwrap_or_else(|| format!("https://lambda.{region}.amazonaws.com"));
    let base = base.trim_end_matches('/');
    let mut url = match invoke.invocation {
        InvocationType::ResponseStream { .. } => {
            format!("{base}/2021-11-15/functions/{}/response-streaming-invocations", function.name)
        }
        InvocationType::RequestResponse | InvocationType::Event => {
            format!("{base}/2015-03-31/functions/{}/invocations", function.name)
        }
    };
    if let Some(qualifier) = &function.qualifier {
        url.push_str("?Qualifier=");
        url.push_str(qualifier);
    }
    url
}

fn fields(
    invoke: &InvokeFunction,
    url: &str,
    region: &str,
    variables: &Variables<'_>,
    date_time: String,
) -> Result<Vec<(&'static str, String)>, EffectError> {
    let invocation = match invoke.invocation {
        InvocationType::RequestResponse | InvocationType::ResponseStream { .. } => {
            "RequestResponse"
        }
        InvocationType::Event => "Event",
    };
    let mut fields = vec![
        ("content-type", "application/json".to_string()),
        ("x-amz-invocation-type", invocation.to_string()),
    ];
    if let Some(credentials) = Credentials::of_call(variables, invoke.credentials.as_deref())? {
        let signing = Signing { credentials, region, service: "lambda", date_time };
        fields.extend(signing.sign("POST", url, &fields, &invoke.payload.0));
    } else if url.contains(".amazonaws.com/") {
        let missing = "AWS is not called without AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
        return Err(EffectError::Unavailable(missing.into()));
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invoke(invocation: InvocationType) -> InvokeFunction {
        let function = FunctionName {
            region: String::new(),
            account_id: String::new(),
            name: "my-f".into(),
            qualifier: Some("v1".into()),
        };
        let (payload, credentials, trace) = (b"{}".to_vec().into(), None, None);
        InvokeFunction { function, payload, invocation, timeout_ms: 1, credentials, trace }
    }

    #[test]
    fn a_function_has_a_place_of_its_own_or_that_of_all_or_aws() {
        let date = || "20150830T123600Z".to_owned();
        for (name, url) in [
            ("FUNCTION_URL_MY_F", "http://here"),
            ("AWS_ENDPOINT_URL_LAMBDA", "http://here"),
            ("AWS_ENDPOINT_URL", "http://here"),
        ] {
            let variables = |asked: &str| (asked == name).then(|| "http://here/".to_owned());
            let made = Invocation::new(&invoke(InvocationType::Event), &variables, date()).unwrap();
            let path = "/2015-03-31/functions/my-f/invocations?Qualifier=v1";
            assert_eq!(made.url, format!("{url}{path}"));
            assert_eq!(made.fields[1], ("x-amz-invocation-type", "Event".to_owned()));
            assert_eq!(made.fields.len(), 2, "nothing to sign with: {:?}", made.fields);
        }
        let nothing = Invocation::new(&invoke(InvocationType::Event), &|_: &str| None, date());
        assert!(matches!(nothing, Err(EffectError::Unavailable(_))), "{nothing:?}");
        let keys = |name: &str| name.starts_with("AWS_").then(|| "https://k".to_owned());
        let keys = |name: &str| keys(name).filter(|_| !name.contains("ENDPOINT"));
        let stream = InvocationType::ResponseStream { idle_ms: 1 };
        let signed = Invocation::new(&invoke(stream), &keys, date()).unwrap();
        assert!(signed.url.ends_with("/my-f/response-streaming-invocations?Qualifier=v1"));
        assert!(signed.fields.iter().any(|(name, _)| *name == "authorization"));
    }
}
