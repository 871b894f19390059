//! Functions, by the Lambda Invoke API.

use gateway_core::effect::{EffectError, FunctionName, InvocationType, InvokeFunction};

use crate::lambda;
use crate::sign::{Credentials, Signing};
use crate::variables::{Variables, endpoint, variable_name};

/// What a streamed answer is.
pub(crate) const EVENT_STREAM: &str = "application/vnd.amazon.eventstream";

/// The `POST` that invokes a function; its content is the event.
#[derive(Debug)]
pub struct Invocation {
    /// That of the function's own variable, else at the Lambda endpoint of the environment, else at AWS.
    pub url: String,
    /// Whether an emulator is asked, which streams without Lambda's events.
    pub is_emulator: bool,
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
        let function = whole(&invoke.function, variables);
        let endpoint = endpoint_of(&function, variables);
        let url = lambda::url(&endpoint, &function, invoke.invocation);
        let fields = fields(invoke, &url, &function.region, variables, date_time)?;
        Ok(Self { url, is_emulator: lambda::is_emulator(&endpoint), fields })
    }
}

/// The variable of an entry of `functions`: `FUNCTION_URL_{NAME}`, `FUNCTION_URL_{NAME}__{QUALIFIER}`. Two lines, for
/// `f:v1` is another one than `f-v1`.
pub fn variable_of(entry: &str) -> String {
    let names = entry.split(':').map(variable_name);
    format!("FUNCTION_URL_{}", names.collect::<Vec<_>>().join("__"))
}

/// The name with the region and the account that it leaves out.
fn whole(function: &FunctionName, variables: &Variables<'_>) -> FunctionName {
    let or = |given: &str, name| {
        if given.is_empty() { variables(name) } else { Some(given.to_owned()) }
    };
    FunctionName {
        region: or(&function.region, "AWS_REGION").unwrap_or_else(|| "us-east-1".into()),
        account_id: or(&function.account_id, "AWS_ACCOUNT_ID").unwrap_or_default(),
        ..function.clone()
    }
}

fn endpoint_of(function: &FunctionName, variables: &Variables<'_>) -> String {
    lambda::entries(function)
        .find_map(|entry| variables(&variable_of(&entry)))
        .or_else(|| endpoint(variables, "LAMBDA"))
        .unwrap_or_else(|| lambda::aws_endpoint(&function.region))
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
    fields.extend(invoke.client_context.iter().map(|c| ("x-amz-client-context", c.to_string())));
    if let Some(credentials) = Credentials::of_call(variables, invoke.credentials.as_deref())? {
        let signing = Signing { credentials, region, service: "lambda", date_time };
        fields.extend(signing.sign("POST", url, &fields, &invoke.payload.0));
    } else if lambda::is_aws(url) {
        let missing = "AWS is not called without AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
        return Err(EffectError::Unavailable(missing.into()));
    }
    // Proxies may write it anew on the way, so it is not signed.
    fields.extend(invoke.trace.iter().map(|trace| ("x-amzn-trace-id", trace.to_string())));
    fields.extend(invoke.invoked_by.iter().flat_map(|api| api.fields()));
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use gateway_core::effect::InvokingApi;

    use super::*;

    fn invoke(invocation: InvocationType) -> InvokeFunction {
        let function = FunctionName {
            region: String::new(),
            account_id: String::new(),
            name: "my-f".into(),
            qualifier: Some("v1".into()),
        };
        InvokeFunction {
            function,
            payload: b"{}".to_vec().into(),
            invocation,
            timeout_ms: 1,
            credentials: None,
            trace: None,
            client_context: None,
            invoked_by: None,
        }
    }

    fn date() -> String {
        "20150830T123600Z".into()
    }

    /// Where a function is asked; variables by name.
    fn url(function: FunctionName, set: &[(&str, &str)]) -> String {
        let invoke = InvokeFunction { function, ..invoke(InvocationType::Event) };
        let variables = |asked: &str| {
            let found = set.iter().find(|(name, _)| *name == asked);
            found.map(|(_, value)| (*value).to_owned())
        };
        Invocation::new(&invoke, &variables, date()).unwrap().url
    }

    #[test]
    fn a_function_has_a_place_of_its_own_or_that_of_all_or_aws() {
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
        assert!(signed.url.ends_with("/response-streaming-invocations?Qualifier=v1"));
        assert!(signed.fields.iter().any(|(name, _)| *name == "authorization"));
        let told = InvokeFunction { client_context: Some("e30=".into()), ..invoke(stream) };
        let told = Invocation::new(&told, &keys, date()).unwrap().fields;
        assert!(told.contains(&("x-amz-client-context", "e30=".into())), "{told:?}");
        let signed = |(name, value): &(&str, String)| {
            *name == "authorization" && value.contains(";x-amz-client-context;")
        };
        assert!(told.iter().any(signed), "{told:?}");
    }

    #[test]
    fn the_entry_of_an_alias_goes_before_that_of_its_function_and_another_functions_is_neither() {
        let of = |qualifier: Option<&str>| FunctionName {
            qualifier: qualifier.map(Into::into),
            ..invoke(InvocationType::Event).function
        };
        let set = [
            ("FUNCTION_URL_MY_F__V1", "http://v1"),
            ("FUNCTION_URL_MY_F", "http://all"),
            ("FUNCTION_URL_MY_F_V2", "http://my-f-v2"),
        ];
        assert!(url(of(Some("v1")), &set).starts_with("http://v1/"));
        assert!(url(of(Some("v2")), &set).starts_with("http://all/"));
        assert!(url(of(None), &set).starts_with("http://all/"));
        assert_eq!(variable_of("my-f:v1"), "FUNCTION_URL_MY_F__V1");
    }

    #[test]
    fn a_traced_request_is_told_to_the_function_beside_what_is_signed() {
        let trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
        let traced = InvokeFunction { trace: Some(trace.into()), ..invoke(InvocationType::Event) };
        let keys = |name: &str| name.starts_with("AWS_").then(|| "k".to_owned());
        let keys = |name: &str| keys(name).filter(|_| !name.contains("ENDPOINT"));
        let made = Invocation::new(&traced, &keys, date()).unwrap();
        assert_eq!(made.fields.last(), Some(&("x-amzn-trace-id", trace.to_owned())));
        let signature = made.fields.iter().find(|(name, _)| *name == "authorization").unwrap();
        assert!(!signature.1.contains("x-amzn-trace-id"), "{}", signature.1);
    }

    #[test]
    fn lambda_is_told_the_api_beside_what_is_signed() {
        let api = InvokingApi { api_id: "a1b2c3".into(), request_id: "r-1".into() };
        let invoke =
            InvokeFunction { invoked_by: Some(api.into()), ..invoke(InvocationType::Event) };
        let keys = |name: &str| name.starts_with("AWS_").then(|| "k".to_owned());
        let keys = |name: &str| keys(name).filter(|_| !name.contains("ENDPOINT"));
        let made = Invocation::new(&invoke, &keys, date()).unwrap();
        let field = |name: &str| made.fields.iter().find(|f| f.0 == name).map(|f| &*f.1);
        assert_eq!(field("x-amzn-apigateway-api-id"), Some("a1b2c3"));
        assert_eq!(field("User-Agent"), Some("AmazonAPIGateway_a1b2c3"));
        assert_eq!(field("Accept"), Some("application/json"));
        assert_eq!(field("x-amzn-lambda-integration-tag"), Some("r-1"));
        assert!(!field("authorization").unwrap().contains("amzn"), "proxies may change them");
    }

    #[test]
    fn an_emulator_is_asked_at_its_own_path() {
        let emulator = "http://127.0.0.1:9000/2015-03-31/functions/function/invocations";
        let function = invoke(InvocationType::Event).function;
        assert_eq!(url(function, &[("FUNCTION_URL_MY_F", emulator)]), emulator);
    }

    #[test]
    fn aws_is_asked_for_the_function_of_the_account_that_was_named() {
        let keys = [("AWS_ACCESS_KEY_ID", "k"), ("AWS_SECRET_ACCESS_KEY", "s")];
        let of = |region: &str, account_id: &str| FunctionName {
            region: region.into(),
            account_id: account_id.into(),
            ..invoke(InvocationType::Event).function
        };
        assert_eq!(
            url(of("cn-north-1", "111122223333"), &keys),
            "https://lambda.cn-north-1.amazonaws.com.cn/2015-03-31/functions/arn%3Aaws-cn%3Alambda%3Acn-north-1%3A111122223333%3Afunction%3Amy-f/invocations?Qualifier=v1"
        );
        let own = [&keys[..], &[("AWS_ACCOUNT_ID", "444455556666")]].concat();
        assert!(url(of("", ""), &own).contains("us-east-1%3A444455556666%3Afunction%3Amy-f/"));
    }
}
