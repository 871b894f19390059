//! Where functions are invoked: the rules that all hosts share.
//!
//! AWS Lambda API Reference, "Invoke", version 2015-03-31, and "InvokeWithResponseStream", version
//! 2021-11-15.

use gateway_core::effect::{FunctionAnswer, FunctionName, InvocationType};
use gateway_core::target::encode_query;

/// Largest answer of a synchronous invocation: 6 MB (Lambda quota), with room for its JSON escapes.
pub const ANSWER_BYTES_MAX: usize = 6 * 1024 * 1024 + 64 * 1024;

/// The entries of a configuration that are a function's, the first that is there counts: `name:qualifier`, `name`.
pub fn entries(function: &FunctionName) -> impl Iterator<Item = String> {
    let qualified = function.qualifier.as_ref().map(|q| format!("{}:{q}", function.name));
    qualified.into_iter().chain([function.name.clone()])
}

/// Where a function is invoked at an endpoint. `function` has its region.
pub fn url(endpoint: &str, function: &FunctionName, invocation: InvocationType) -> String {
    let endpoint = endpoint.trim_end_matches('/');
    if is_emulator(endpoint) {
        return endpoint.into();
    }
    let mut url = String::from(endpoint);
    let (version, operation) = match invocation {
        InvocationType::ResponseStream { .. } => ("2021-11-15", "response-streaming-invocations"),
        InvocationType::RequestResponse | InvocationType::Event => ("2015-03-31", "invocations"),
    };
    url.extend(["/", version, "/functions/"]);
    // The account may be another's: only the ARN says so. By its name Lambda looks in the caller's own.
    match is_aws(endpoint) && !function.account_id.is_empty() {
        true => {
            encode_query(&arn(&FunctionName { qualifier: None, ..function.clone() }), &mut url);
        }
        false => encode_query(&function.name, &mut url),
    }
    url.extend(["/", operation]);
    if let Some(qualifier) = &function.qualifier {
        url.push_str("?Qualifier=");
        encode_query(qualifier, &mut url);
    }
    url
}

/// The Runtime Interface Emulator of AWS's images knows one function, called `function`: whoever
/// runs it gives its whole path.
pub fn is_emulator(endpoint: &str) -> bool {
    endpoint.trim_end_matches('/').ends_with("/invocations")
}

/// Whether a URL is AWS's own.
pub fn is_aws(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    is_aws_host(host.split(':').next().unwrap_or_default())
}

/// Whether a host is AWS's own.
pub fn is_aws_host(host: &str) -> bool {
    const DOMAINS: [&str; 4] = [".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu", ".api.aws"];
    DOMAINS.iter().any(|domain| host.ends_with(domain))
}

/// AWS's own endpoint in a region.
pub fn aws_endpoint(region: &str) -> String {
    let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
    format!("https://lambda.{region}.amazonaws.com{suffix}")
}

/// The ARN of a function whose region and account are known.
pub fn arn(function: &FunctionName) -> String {
    let FunctionName { region, account_id, name, qualifier } = function;
    let partition = match region.split('-').next() {
        Some("cn") => "aws-cn",
        Some("us") if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    };
    let arn = format!("arn:{partition}:lambda:{region}:{account_id}:function:{name}");
    qualifier.as_ref().map_or(arn.clone(), |qualifier| format!("{arn}:{qualifier}"))
}

/// What Lambda answers for a function whose response is larger than its quota: that is the function's fault, not the
/// client's.
pub fn response_too_large() -> FunctionAnswer {
    let function_error = Some("Unhandled".into());
    let payload = br#"{"errorType":"Function.ResponseSizeTooLarge"}"#.to_vec().into();
    FunctionAnswer {
        status: 200,
        function_error,
        payload,
        request_id: None,
        trace: None,
        content: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let url = |endpoint: &str, qualifier| {
            url(endpoint, &function(qualifier), InvocationType::RequestResponse)
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
    }

    #[test]
    fn a_streamed_answer_is_asked_for_by_an_operation_of_its_own() {
        let streamed = InvocationType::ResponseStream { idle_ms: 1 };
        assert_eq!(
            url("http://127.0.0.1:4566", &function(Some("live")), streamed),
            "http://127.0.0.1:4566/2021-11-15/functions/orders/response-streaming-invocations?Qualifier=live"
        );
    }

    #[test]
    fn an_account_that_nobody_named_is_the_callers_own() {
        let function = FunctionName { account_id: String::new(), ..function(None) };
        let url = url(&aws_endpoint("eu-west-1"), &function, InvocationType::Event);
        assert!(url.ends_with("amazonaws.com/2015-03-31/functions/orders/invocations"), "{url}");
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
    fn aws_is_known_by_the_host_alone() {
        for url in ["https://lambda.r-1.amazonaws.com", "https://u@x.amazonaws.com.cn:443/a"] {
            assert!(is_aws(url), "{url}");
        }
        for url in ["http://h/x.amazonaws.com", "http://h?.amazonaws.com", "http://127.0.0.1:1"] {
            assert!(!is_aws(url), "{url}");
        }
    }
}
