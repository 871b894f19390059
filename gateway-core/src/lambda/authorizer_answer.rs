//! What the answer of a Lambda authorizer's function means.
//!
//! "Output from an API Gateway Lambda authorizer" (REST), "Create an AWS Lambda authorizer: Response
//! format" (HTTP). An answer that is not exactly that grants nothing, and neither does a policy that asks
//! about a key of AWS's that requests do not have here: its denial would deny nobody.

use alloc::{string::String, vec::Vec};

use serde::{Deserialize, Serialize};

use crate::context::ContextValue;
use crate::definition::Protocol;
use crate::effect::FunctionAnswer;
use crate::jwt::Json;
use crate::limits::AUTHORIZER_ANSWER_BYTES_MAX;
use crate::message::Timestamp;
use crate::policy::Policy;

/// What a function granted: what a host remembers of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Grant {
    /// Nobody relies on it from then on, however long a host keeps it.
    pub(crate) until: Timestamp,
    pub(crate) access: Access,
    pub(crate) principal_id: Option<String>,
    pub(crate) context: Vec<(String, ContextValue)>,
    pub(crate) usage_identifier_key: Option<String>,
    /// Whether there was a `context`, empty or not.
    pub(crate) has_context: bool,
}

/// What may be called.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Access {
    /// `isAuthorized`: everything, or nothing.
    Simple(bool),
    /// `policyDocument`: asked anew for each method.
    Policy(Policy),
}

/// A function's answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    Granted(Grant),
    /// The function failed with the word `Unauthorized`.
    Unauthorized,
    /// It failed otherwise, or answered what is no answer. With the reason.
    Failed(String),
}

/// Reads an answer. `is_simple`: `enableSimpleResponses`.
pub(crate) fn read_grant(answer: &FunctionAnswer, protocol: Protocol, is_simple: bool) -> Answer {
    if answer.payload.0.len() > AUTHORIZER_ANSWER_BYTES_MAX {
        return Answer::Failed("the function's answer is too long".into());
    }
    if let Some(kind) = &answer.function_error {
        let error: Json = serde_json::from_slice(&answer.payload.0).unwrap_or(Json::Null);
        let text = |name: &str| error.get(name).and_then(Json::as_str);
        return match (text("errorMessage"), text("errorType").filter(|name| is_type_name(name))) {
            (Some("Unauthorized"), _) => Answer::Unauthorized,
            // Its message is for its own log: it may repeat what the function was given.
            (_, Some(name)) => {
                Answer::Failed(alloc::format!("{kind} error of the function: {name}"))
            }
            _ => Answer::Failed(alloc::format!("{kind} error of the function")),
        };
    }
    if !(200..300).contains(&answer.status) {
        let status = answer.status;
        return Answer::Failed(alloc::format!(
            "Lambda refused the invocation with status {status}"
        ));
    }
    match read(&answer.payload.0, protocol, is_simple) {
        Ok(grant) => Answer::Granted(grant),
        Err(reason) => Answer::Failed(reason),
    }
}

/// `TypeError`, `Runtime.ExitError`
fn is_type_name(name: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b':');
    (1..=64).contains(&name.len()) && name.bytes().all(is_plain)
}

fn read(payload: &[u8], protocol: Protocol, is_simple: bool) -> Result<Grant, String> {
    let answer: Json = serde_json::from_slice(payload)
        .map_err(|error| alloc::format!("the function's answer is no JSON: {error}"))?;
    let access = match is_simple {
        true => match answer.get("isAuthorized") {
            Some(Json::Bool(is_authorized)) => Access::Simple(*is_authorized),
            _ => return Err("`isAuthorized` is missing, or no boolean".into()),
        },
        false => {
            let document = answer.get("policyDocument").ok_or("`policyDocument` is missing")?;
            let policy = Policy::read_known(document);
            Access::Policy(policy.map_err(|error| alloc::format!("policyDocument{error}"))?)
        }
    };
    let principal_id = match answer.get("principalId") {
        Some(Json::String(id)) => Some(id.clone()),
        Some(id @ Json::Number(_)) => Some(id.to_text()),
        None | Some(Json::Null) if is_simple || protocol == Protocol::Http => None,
        _ => return Err("`principalId` is missing, or no string".into()),
    };
    let usage_identifier_key = match answer.get("usageIdentifierKey") {
        Some(Json::String(key)) => Some(key.clone()),
        None | Some(Json::Null) => None,
        _ => return Err("`usageIdentifierKey` is no string".into()),
    };
    let (context, has_context) = match answer.get("context") {
        None | Some(Json::Null) => (Vec::new(), false),
        Some(Json::Object(members)) => (context(members, protocol)?, true),
        _ => return Err("`context` is no object".into()),
    };
    // The caller knows the time.
    let until = Timestamp(0);
    Ok(Grant { until, access, principal_id, context, usage_identifier_key, has_context })
}

/// A REST API takes strings, numbers and booleans alone: "you can't set a JSON object or array".
fn context(
    members: &[(String, Json)],
    protocol: Protocol,
) -> Result<Vec<(String, ContextValue)>, String> {
    let mut context = Vec::with_capacity(members.len());
    for (name, value) in members {
        let value = match value {
            Json::Null => continue,
            Json::String(text) => ContextValue::Text(text.clone()),
            Json::Array(_) | Json::Object(_) if protocol == Protocol::Rest => {
                return Err(alloc::format!("`context.{name}` is an object or an array"));
            }
            other => ContextValue::Json(other.to_text()),
        };
        context.push((name.clone(), value));
    }
    Ok(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(payload: &str) -> FunctionAnswer {
        FunctionAnswer {
            status: 200,
            function_error: None,
            payload: payload.as_bytes().to_vec().into(),
            request_id: None,
            trace: None,
            content: None,
        }
    }

    fn rest(payload: &str) -> Answer {
        read_grant(&answered(payload), Protocol::Rest, false)
    }

    fn http(payload: &str, is_simple: bool) -> Answer {
        read_grant(&answered(payload), Protocol::Http, is_simple)
    }

    const POLICY: &str = r#""policyDocument":{"Version":"2012-10-17","Statement":[]}"#;

    fn is_granted(answer: &Answer) -> bool {
        matches!(answer, Answer::Granted(_))
    }

    #[test]
    fn a_rest_api_takes_a_principal_a_policy_and_flat_context() {
        let Answer::Granted(grant) = rest(&alloc::format!(
            r#"{{"principalId":"jo",{POLICY},"usageIdentifierKey":"k","more":1,
                "context":{{"s":"a","n":1.5,"b":true,"z":null}}}}"#
        )) else {
            panic!()
        };
        assert_eq!(grant.principal_id.as_deref(), Some("jo"));
        assert_eq!(grant.usage_identifier_key.as_deref(), Some("k"));
        let context: Vec<_> = grant.context.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(context, [("s", "a"), ("n", "1.5"), ("b", "true")]);
    }

    #[test]
    fn what_is_no_answer_grants_nothing() {
        for payload in [
            "",
            "null",
            "\"allow\"",
            "true",
            "[]",
            "{}",
            r#"{"principalId":"jo"}"#,
            r#"{"policyDocument":{"Version":"2012-10-17","Statement":[]}}"#,
            r#"{"principalId":null,"policyDocument":{"Statement":[]}}"#,
            r#"{"principalId":"jo","policyDocument":null}"#,
            r#"{"principalId":"jo","policyDocument":"{\"Statement\":[]}"}"#,
            r#"{"principalId":"jo","policyDocument":{}}"#,
            r#"{"principalId":"jo","policyDocument":{"Statement":[{"Effect":"Allow"}]}}"#,
            r#"{"principalId":"jo","policyDocument":{"Statement":[]},"context":[]}"#,
            r#"{"principalId":"jo","policyDocument":{"Statement":[]},"context":{"a":{}}}"#,
            r#"{"principalId":"jo","policyDocument":{"Statement":[]},"context":{"a":[1]}}"#,
            r#"{"principalId":"jo","policyDocument":{"Statement":[]},"usageIdentifierKey":1}"#,
            r#"{"principalId":"jo","principalId":"jane","policyDocument":{"Statement":[]}}"#,
            r#"{"isAuthorized":true}"#,
        ] {
            assert!(matches!(rest(payload), Answer::Failed(_)), "{payload}");
        }
        for payload in ["true", "{}", r#"{"isAuthorized":"true"}"#, r#"{"isAuthorized":null}"#] {
            assert!(matches!(http(payload, true), Answer::Failed(_)), "{payload}");
        }
        assert!(matches!(http(r#"{"isAuthorized":true}"#, false), Answer::Failed(_)));
        let long = alloc::format!(
            r#"{{"principalId":"{}",{POLICY}}}"#,
            "x".repeat(AUTHORIZER_ANSWER_BYTES_MAX)
        );
        assert!(matches!(rest(&long), Answer::Failed(_)));
    }

    #[test]
    fn a_policy_that_asks_about_a_key_of_awss_that_no_request_has_here_is_no_answer() {
        let with = |statement: &str| {
            alloc::format!(
                r#"{{"principalId":"jo","policyDocument":{{"Version":"2012-10-17","Statement":[
                    {{"Effect":"Allow","Action":"*","Resource":"*"}},{{"Effect":"Deny","Action":"*",{statement}}}]}}}}"#
            )
        };
        let of_key = |operator: &str, key: &str, value: &str| {
            with(&alloc::format!(
                r#""Resource":"*","Condition":{{"{operator}":{{"{key}":"{value}"}}}}"#
            ))
        };
        for payload in [
            of_key("Bool", "aws:MultiFactorAuthPresent", "false"),
            of_key("StringEquals", "AWS:PrincipalTag/x", "a"),
            of_key("StringEquals", "aws:UserAgent", "${aws:PrincipalTag/x}"),
            with(r#""Resource":"arn:aws:execute-api:*:*:*/${aws:PrincipalTag/x}""#),
            with(r#""NotResource":["*/a","*/${aws:PrincipalTag/x, 'none'}"]"#),
            with(
                r#""Resource":"*","Condition":{"StringEquals":{"aws:Referer":[5,"${aws:PrincipalTag/x}"]}}"#,
            ),
        ] {
            let Answer::Failed(reason) = rest(&payload) else { panic!("{payload}") };
            assert!(reason.contains("policyDocument/Statement/1/"), "{reason}");
        }
        for payload in [
            of_key("StringEquals", "aws:UserAgent", "${aws:username}"),
            of_key("StringEquals", "aws:RequestedRegion", "eu-west-1"),
            // No request to an API has it, at AWS neither.
            of_key("StringEquals", "s3:prefix", "a"),
        ] {
            assert!(is_granted(&rest(&payload)), "{payload}");
        }
    }

    #[test]
    fn an_http_api_needs_no_principal_and_takes_nested_context() {
        assert!(is_granted(&http(&alloc::format!("{{{POLICY}}}"), false)));
        let Answer::Granted(grant) =
            http(r#"{"isAuthorized":false,"context":{"a":{"b":[1]}}}"#, true)
        else {
            panic!()
        };
        assert_eq!(grant.access, Access::Simple(false));
        assert_eq!(grant.context[0].1, ContextValue::Json(r#"{"b":[1]}"#.into()));
    }

    #[test]
    fn only_the_very_word_is_unauthorized() {
        let failed = |message: &str| {
            let payload = alloc::format!(r#"{{"errorMessage":"{message}","errorType":"Error"}}"#);
            let answer =
                FunctionAnswer { function_error: Some("Unhandled".into()), ..answered(&payload) };
            read_grant(&answer, Protocol::Rest, false)
        };
        assert_eq!(failed("Unauthorized"), Answer::Unauthorized);
        for message in ["unauthorized", "Unauthorized: expired", "Error: Unauthorized", ""] {
            assert!(matches!(failed(message), Answer::Failed(_)), "{message}");
        }
        // A grant in an error is none.
        let error = FunctionAnswer {
            function_error: Some("Handled".into()),
            ..answered(&alloc::format!(r#"{{"principalId":"jo",{POLICY}}}"#))
        };
        assert!(matches!(read_grant(&error, Protocol::Rest, false), Answer::Failed(_)));
        let refused = FunctionAnswer {
            status: 403,
            ..answered(&alloc::format!(r#"{{"principalId":"jo",{POLICY}}}"#))
        };
        assert!(matches!(read_grant(&refused, Protocol::Rest, false), Answer::Failed(_)));
    }
}
