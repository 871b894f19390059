//! What the environment says. Secrets and variables are read alike.

use worker::Env;

/// The text of a variable or secret, if it is there and not empty.
pub(crate) fn text(env: &Env, name: &str) -> Option<String> {
    let secret = env.secret(name).map(|secret| secret.to_string());
    let text = secret.or_else(|_| env.var(name).map(|variable| variable.to_string())).ok()?;
    (!text.is_empty()).then_some(text)
}

/// The part of a variable's name that stands for a function or a VPC link.
pub(crate) fn variable_name(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' })
        .collect()
}

/// Where an AWS service is reached: `AWS_ENDPOINT_URL_{SERVICE}`, else `AWS_ENDPOINT_URL`.
/// AWS SDKs and Tools Reference Guide, "Service-specific endpoints".
pub(crate) fn endpoint(env: &Env, service: &str) -> Option<String> {
    text(env, &format!("AWS_ENDPOINT_URL_{service}")).or_else(|| text(env, "AWS_ENDPOINT_URL"))
}
