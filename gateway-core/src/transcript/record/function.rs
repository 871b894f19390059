//! A function's invocation as it goes over the wire.

use alloc::string::{String, ToString};

use crate::effect::{FunctionAnswer, FunctionName, InvocationType, InvokeFunction};
use crate::gateway::function::{INVOCATION, STREAMING_INVOCATION};
use crate::transcript::Pairs;

/// What an invocation says beside its event; the host signs it.
pub(super) fn invocation_fields(invoke: &InvokeFunction) -> Pairs {
    let invocation = match invoke.invocation {
        InvocationType::Event => "Event",
        InvocationType::RequestResponse | InvocationType::ResponseStream { .. } => {
            "RequestResponse"
        }
    };
    let mut fields = pairs([
        ("Content-Type", "application/json"),
        ("X-Amz-Invocation-Type", invocation),
        ("X-Amz-Log-Type", "None"),
    ]);
    let others =
        [("X-Amzn-Trace-Id", &invoke.trace), ("X-Amz-Client-Context", &invoke.client_context)];
    let others = others.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?)));
    fields.extend(others.map(|(name, value)| (name.into(), value.into())));
    let api = invoke.invoked_by.iter().flat_map(|api| api.fields());
    fields.extend(api.map(|(name, value)| (name.into(), value)));
    fields
}

/// What Lambda said beside a function's answer, as far as it is known.
pub(super) fn function_answer_fields(answer: &FunctionAnswer) -> Pairs {
    let mut fields = pairs([("Content-Type", "application/json")]);
    if answer.content.is_none() {
        fields.push(("Content-Length".into(), answer.payload.0.len().to_string()));
    }
    let known = [
        ("x-amzn-RequestId", &answer.request_id),
        ("X-Amz-Function-Error", &answer.function_error),
        ("X-Amzn-Trace-Id", &answer.trace),
    ];
    let known = known.iter().filter_map(|(name, value)| Some(((*name).into(), (*value).clone()?)));
    fields.extend(known);
    fields
}

fn pairs<const N: usize>(fields: [(&str, &str); N]) -> Pairs {
    fields.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
}

/// The Invoke API's URL of a function.
pub(super) fn invocation_url(function: &FunctionName, invocation: InvocationType) -> String {
    let FunctionName { region, account_id, name, qualifier } = function;
    let qualifier = qualifier.as_ref().map(|q| alloc::format!(":{q}")).unwrap_or_default();
    let (start, end) = match invocation {
        InvocationType::ResponseStream { .. } => STREAMING_INVOCATION,
        InvocationType::RequestResponse | InvocationType::Event => INVOCATION,
    };
    match region.is_empty() {
        true => alloc::format!("{name}{qualifier}"),
        false => alloc::format!(
            "https://lambda.{region}.amazonaws.com/{start}arn:aws:lambda:{region}:{account_id}:function:{name}{qualifier}{end}"
        ),
    }
}
