//! The ARN of a method as a request asks for it: what policies speak of.

use alloc::string::String;

use crate::context::Context;
use crate::definition::Protocol;
use crate::gateway::MethodOf;
use crate::policy::{AccessRequest, Policy, Verdict};
use crate::target;

/// `arn:aws:execute-api:{region}:{account}:{api}/{stage}/{VERB}/{path}`, with the path that was asked
/// for, not the resource's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MethodArn {
    arn: String,
    /// Without percent-encoding, where there is some.
    decoded: Option<String>,
}

impl MethodArn {
    pub(super) fn new(of: MethodOf<'_>, context: &Context) -> Self {
        let path = &*context.resource_request_path;
        let path = match of.at.api.protocol {
            // To a REST API `/pets/` is the resource `/pets`.
            Protocol::Rest => path.trim_end_matches('/'),
            Protocol::Http => path,
        };
        let path = path.strip_prefix('/').unwrap_or(path);
        let (stage, verb) = (&of.at.plan.method_arns, &context.http_method);
        let decoded = path.contains('%').then(|| target::decode(path));
        Self {
            arn: alloc::format!("{stage}{verb}/{path}"),
            decoded: decoded.map(|path| alloc::format!("{stage}{verb}/{path}")),
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.arn
    }

    /// As messages show it: eight digits of the account are nobody's business.
    pub(super) fn masked(&self) -> String {
        let mut parts: alloc::vec::Vec<String> = self.arn.splitn(6, ':').map(Into::into).collect();
        if let Some(account) = parts.get_mut(4)
            && let Some(last) = account.get(8..)
        {
            *account = alloc::format!("********{last}");
        }
        parts.join(":")
    }

    /// What a policy says of it. It allows the path as it was sent, and denies it also as whoever
    /// decodes it reads it: `%61dmin` is no way around a denial of `admin`.
    pub(super) fn evaluate(&self, policy: &Policy, request: &AccessRequest<'_>) -> Verdict {
        let of = |resource| policy.evaluate(&AccessRequest { resource, ..*request });
        match (of(&self.arn), &self.decoded) {
            (verdict @ Verdict::Denied(_), _) | (verdict, None) => verdict,
            (verdict, Some(decoded)) => match of(decoded) {
                denied @ Verdict::Denied(_) => denied,
                _ => verdict,
            },
        }
    }
}
