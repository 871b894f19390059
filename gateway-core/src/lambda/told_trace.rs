//! `X-Amzn-Trace-Id` of a REST API's answer whose integration is a function: Lambda's own.
//!
//! Execution logs of AWS have both. "Endpoint response headers" say
//! `root=1-667f45b5-…;parent=49134b43f1fe263b;sampled=0;lineage=b7b1ca60:0`, "Method response headers"
//! `Root=1-667f45b5-…;Parent=49134b43f1fe263b;Sampled=0;lineage=b7b1ca60:0` (2024); since then both are
//! `Root=…;Parent=…;Sampled=0;Lineage=1:99905026:0`. `Lineage` finds recursive invocations: how many functions the request
//! came by, the last of them as a hash, which is nowhere documented, and how often it ran for this request before.

use alloc::{format, string::String};

use crate::context::{AuthorizerContext, Context};
use crate::effect::{FunctionAnswer, FunctionName};

/// What the client is told. Where nobody told one, this is Lambda.
pub(crate) fn told_trace(
    answer: &FunctionAnswer,
    function: &FunctionName,
    context: &Context<'_>,
) -> String {
    answer.trace.as_deref().and_then(spelled).unwrap_or_else(|| {
        let functions = 1 + u8::from(has_asked_authorizer(context));
        format!("{};Lineage={functions}:{:08x}:0", context.trace.to_field(), hash(function))
    })
}

/// The trace that Lambda told, with `Root`, `Parent` and `Sampled` as they are spelled in requests. `None` if it is none.
fn spelled(told: &str) -> Option<String> {
    let is_trace = told.get(..5)?.eq_ignore_ascii_case("root=");
    if !is_trace || told.len() > TRACE_BYTES_MAX || !told.bytes().all(|b| b.is_ascii_graphic()) {
        return None;
    }
    let mut spelled = String::with_capacity(told.len());
    for member in told.split(';') {
        let name = member.split('=').next().unwrap_or_default();
        let known = KNOWN.into_iter().find(|known| known.eq_ignore_ascii_case(name));
        spelled.push_str(if spelled.is_empty() { "" } else { ";" });
        spelled.push_str(known.unwrap_or(name));
        spelled.push_str(&member[name.len()..]);
    }
    Some(spelled)
}

const KNOWN: [&str; 3] = ["Root", "Parent", "Sampled"];

/// More than any that was seen, by far.
const TRACE_BYTES_MAX: usize = 1024;

/// Behind a Lambda authorizer a request came by two functions.
fn has_asked_authorizer(context: &Context<'_>) -> bool {
    matches!(&context.authorizer, AuthorizerContext::Lambda(lambda) if lambda.call.is_some())
}

/// FNV-1a of the function's ARN, in which nothing but these parts differs.
fn hash(function: &FunctionName) -> u32 {
    let parts = [&function.region, &function.account_id, &function.name];
    let bytes = parts.into_iter().flat_map(|part| part.bytes().chain([b':']));
    bytes.fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::{AuthorizerCall, LambdaContext, example};

    fn told(trace: Option<&str>, context: &Context<'_>) -> String {
        let function = FunctionName {
            region: "eu-west-1".into(),
            account_id: "123456789012".into(),
            name: "orders".into(),
            qualifier: Some("live".into()),
        };
        let answer = FunctionAnswer {
            status: 200,
            function_error: None,
            payload: alloc::vec::Vec::new().into(),
            request_id: None,
            trace: trace.map(Into::into),
            content: None,
        };
        told_trace(&answer, &function, context)
    }

    #[test]
    fn what_lambda_told_is_handed_on_as_recorded() {
        for (lambda, client) in [
            (
                "root=1-667f45b5-71fdfde66d813b4ef2cdc1e5;parent=49134b43f1fe263b;sampled=0;lineage=b7b1ca60:0",
                "Root=1-667f45b5-71fdfde66d813b4ef2cdc1e5;Parent=49134b43f1fe263b;Sampled=0;lineage=b7b1ca60:0",
            ),
            (
                "Root=1-67eaea0e-f15344489aeee2e83975df69;Parent=41516638f33e9674;Sampled=0;Lineage=1:99905026:0",
                "Root=1-67eaea0e-f15344489aeee2e83975df69;Parent=41516638f33e9674;Sampled=0;Lineage=1:99905026:0",
            ),
            (
                "root=1-5fa456b2-beda73b8340f62daf4d397fe;sampled=0",
                "Root=1-5fa456b2-beda73b8340f62daf4d397fe;Sampled=0",
            ),
        ] {
            assert_eq!(told(Some(lambda), &example()), client);
        }
    }

    #[test]
    fn where_nobody_told_a_trace_it_is_as_lambdas_are() {
        let own =
            "Root=1-5e6a86de-d1b2d8aea3b0b0ae4a2f2b1c;Parent=53995c3f42cd8ad8;Sampled=0;Lineage=";
        let one = told(None, &example());
        let hash =
            one.strip_prefix(own).and_then(|rest| rest.strip_prefix("1:")?.strip_suffix(":0"));
        let hash = hash.unwrap_or_else(|| panic!("{one}"));
        assert!(
            hash.len() == 8 && hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')),
            "{one}"
        );
        for odd in ["", "1-2-3", "é", "Self=1-2-3", "Root=1-2-3;a\r\nb: c", &"Root=1".repeat(999)]
        {
            assert_eq!(told(Some(odd), &example()), one, "{odd}");
        }
        let mut context = example();
        let call = Some(AuthorizerCall::default());
        context.authorizer =
            AuthorizerContext::Lambda(LambdaContext { call, ..Default::default() });
        assert_eq!(told(None, &context), format!("{own}2:{hash}:0"));
    }
}
