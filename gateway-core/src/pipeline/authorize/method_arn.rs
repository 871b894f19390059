//! The ARN of a method as a request asks for it: what policies speak of.

use alloc::string::String;
use alloc::vec::Vec;

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
    /// Of the paths that endpoints may take this one for ([`target::readings`]).
    readings: Vec<String>,
    /// Whether some endpoints are led elsewhere by dot segments.
    has_dot_segments: bool,
}

impl MethodArn {
    pub(super) fn new(of: MethodOf<'_>, context: &Context) -> Self {
        let path = &*context.resource_request_path;
        let path = match of.at.api.protocol {
            // To a REST API `/pets/` is the resource `/pets`.
            Protocol::Rest => path.trim_end_matches('/'),
            Protocol::Http => path,
        };
        let (readings, has_dot_segments) = (target::readings(path), target::has_dot_segments(path));
        let path = path.strip_prefix('/').unwrap_or(path);
        let (stage, verb) = (&of.at.plan.method_arns, &context.http_method);
        let of = |path: &str| alloc::format!("{stage}{verb}/{path}");
        let decoded = target::decode(path);
        Self {
            arn: of(path),
            decoded: path.contains('%').then(|| of(&decoded)),
            readings: readings.iter().map(|path| of(path.trim_start_matches('/'))).collect(),
            has_dot_segments,
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.arn
    }

    /// As messages show it: eight digits of the account are nobody's business.
    pub(super) fn masked(&self) -> String {
        let mut parts: Vec<String> = self.arn.splitn(6, ':').map(Into::into).collect();
        if let Some(account) = parts.get_mut(4)
            && let Some(last) = account.get(8..)
        {
            *account = alloc::format!("********{last}");
        }
        parts.join(":")
    }

    /// What a policy says of it. It allows the path as it was sent, and denies it also as endpoints may
    /// read it: `%61dmin`, `/admin` and `admin;a` are no way around a denial of `admin`. Where the path has dot
    /// segments, that which they lead to must be allowed as well: `public/../secret` is not below `public`
    /// for an endpoint that resolves them.
    pub(super) fn evaluate(&self, policy: &Policy, request: &AccessRequest<'_>) -> Verdict {
        let of = |resource: &str| policy.evaluate(&AccessRequest { resource, ..*request });
        let verdict = of(&self.arn);
        let decoded = self.decoded.as_deref().map(of);
        let readings: Vec<Verdict> = self.readings.iter().map(|arn| of(arn)).collect();
        let mut all =
            [Some(verdict), decoded].into_iter().flatten().chain(readings.iter().copied());
        let is_silent = |of: &Verdict| matches!(of, Verdict::Silent);
        match all.find(|of| matches!(of, Verdict::Denied(_))) {
            Some(denied) => denied,
            None if self.has_dot_segments && readings.iter().any(is_silent) => Verdict::Silent,
            None => verdict,
        }
    }
}
