//! Lambda functions as integrations name them.

use alloc::string::String;

use crate::effect::FunctionName;

/// What an invocation's path has around the function.
pub(crate) const INVOCATION: (&str, &str) = ("2015-03-31/functions/", "/invocations");
/// What a streaming invocation's path has around the function.
pub(crate) const STREAMING_INVOCATION: (&str, &str) =
    ("2021-11-15/functions/", "/response-streaming-invocations");

/// Whether a URI is that of a function's invocation. Lambda's own API has other paths, which invoke nothing.
pub(crate) fn is_invocation(uri: &str) -> bool {
    let path = uri.split_once(":lambda:path/").map(|(_, path)| path.trim_start_matches('/'));
    let is_within = |path: &str, (start, end)| path.starts_with(start) && path.ends_with(end);
    path.is_some_and(|path| is_within(path, INVOCATION) || is_within(path, STREAMING_INVOCATION))
}

/// Reads a function from an integration's URI, in which stage variables are filled in:
/// `arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{function}/invocations`, or the
/// function's own ARN. The error says what is wrong with it.
pub(crate) fn parse(uri: &str) -> Result<FunctionName, String> {
    parse_invocation(uri, INVOCATION)
}

/// As [`parse`], with a path that is one of these.
pub(crate) fn parse_invocation(
    uri: &str,
    (start, end): (&str, &str),
) -> Result<FunctionName, String> {
    let function = match uri.split_once(":lambda:path/") {
        Some((service, action)) if service.starts_with("arn:") => {
            // AWS accepts `path//2015-03-31/…` as well.
            let function = action.trim_start_matches('/').strip_prefix(start);
            let function = function.and_then(|rest| rest.strip_suffix(end));
            let form = || alloc::format!("its URI does not end in `path/{start}{{function}}{end}`");
            function.ok_or_else(form)?
        }
        _ => uri,
    };
    let name = match function.strip_prefix("arn:") {
        Some(arn) => from_arn(arn)?,
        None => {
            let (name, qualifier) = split_qualifier(function);
            FunctionName { region: String::new(), account_id: String::new(), name, qualifier }
        }
    };
    let is_plain = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_$.".contains(&b))
    };
    match is_plain(&name.name) && name.qualifier.as_deref().is_none_or(is_plain) {
        true => Ok(name),
        false => Err(alloc::format!("`{function}` does not name a Lambda function")),
    }
}

/// `{partition}:lambda:{region}:{account}:function:{name}[:{qualifier}]`
fn from_arn(arn: &str) -> Result<FunctionName, String> {
    let mut parts = arn.splitn(6, ':').skip(1);
    match [(); 5].map(|()| parts.next()) {
        [Some("lambda"), Some(region), Some(account_id), Some("function"), Some(rest)] => {
            let (name, qualifier) = split_qualifier(rest);
            Ok(FunctionName {
                region: region.into(),
                account_id: account_id.into(),
                name,
                qualifier,
            })
        }
        _ => Err(alloc::format!("`arn:{arn}` is not the ARN of a Lambda function")),
    }
}

fn split_qualifier(text: &str) -> (String, Option<String>) {
    match text.split_once(':') {
        Some((name, qualifier)) => (name.into(), Some(qualifier.into())),
        None => (text.into(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_named_by_invocation_paths_arns_and_names() {
        let arn = "arn:aws:lambda:eu-west-1:123456789012:function:orders:live";
        let orders = FunctionName {
            region: "eu-west-1".into(),
            account_id: "123456789012".into(),
            name: "orders".into(),
            qualifier: Some("live".into()),
        };
        for slash in ["/", "//"] {
            let uri = alloc::format!(
                "arn:aws:apigateway:eu-west-1:lambda:path{slash}2015-03-31/functions/{arn}/invocations"
            );
            assert_eq!(parse(&uri), Ok(orders.clone()));
        }
        assert_eq!(parse(arn), Ok(orders));
        let plain =
            parse("arn:aws:apigateway:r:lambda:path/2015-03-31/functions/orders/invocations");
        assert_eq!(plain.unwrap().name, "orders");
    }

    #[test]
    fn only_invocations_invoke() {
        for (path, expected) in [
            ("/2015-03-31/functions/orders/invocations", true),
            ("//2015-03-31/functions/${stageVariables.f}/invocations", true),
            ("/2021-11-15/functions/orders/response-streaming-invocations", true),
            ("/2015-03-31/functions", false),
            ("/2015-03-31/functions/orders/configuration", false),
            ("/2015-03-31/functions/orders/invocations?Qualifier=live", false),
            ("/2015-03-31/event-source-mappings", false),
            ("/2020-06-30/functions/orders/code-signing-config", false),
        ] {
            let uri = alloc::format!("arn:aws:apigateway:eu-west-1:lambda:path{path}");
            assert_eq!(is_invocation(&uri), expected, "{path}");
        }
        assert!(!is_invocation("arn:aws:apigateway:eu-west-1:sqs:path/1/q"));
    }

    #[test]
    fn what_names_no_function_is_refused() {
        for uri in [
            "",
            "http://example.com/",
            "arn:aws:lambda:r:1:function:",
            "arn:aws:lambda:r:1:function:a b",
            "arn:aws:lambda:r:1:function:a:",
            "arn:aws:sqs:r:1:q",
            "arn:aws:apigateway:r:lambda:path/2015-03-31/functions//invocations",
            "arn:aws:apigateway:r:lambda:path/2015-03-31/functions/x",
        ] {
            assert!(parse(uri).is_err(), "{uri}");
        }
    }
}
