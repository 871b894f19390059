//! The record as it stands when a request arrives.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::OnceCell;

use super::{AuthorizerContext, Context, PrivateOrigin, Trace};
use crate::definition::Snapshot;
use crate::message::{Arrival, Fields, Seed, Timestamp};
use crate::{ids, target};

impl<'a> Context<'a> {
    /// What is known before anything is decided.
    pub fn new(arrival: &'a Arrival, snapshot: &'a Snapshot) -> Self {
        let request = &arrival.request;
        let (path, query) = target::split(&request.target);
        let domain_name = domain_name(request.fields.get("host").unwrap_or_default());
        Self {
            request_id: ids::request_id(arrival.seed),
            extended_request_id: ids::extended_request_id(arrival.seed),
            request_time: arrival.now,
            http_method: request.method.as_str().into(),
            protocol: request.version,
            scheme: arrival.scheme,
            port: arrival.port,
            path: path.into(),
            raw_query: query.into(),
            domain_prefix: target::split_before(domain_name, b'.').0.into(),
            domain_name: domain_name.into(),
            source_ip: arrival.source_ip.as_str().into(),
            private_origin: arrival.vpc_endpoint_id.as_ref().map(|id| {
                let known = snapshot.private_endpoint(Some(id));
                let vpc_id = known.and_then(|endpoint| endpoint.vpc_id.clone());
                Box::new(PrivateOrigin { vpc_endpoint_id: id.clone(), vpc_id })
            }),
            tls: arrival.tls.as_ref().map(Cow::Borrowed),
            is_mutual_tls: false,
            user_agent: request.fields.get("user-agent").map(Into::into),
            trace: Trace::complete(&request.fields, arrival.seed, arrival.now),
            is_traced: false,
            ends_trace_state: false,
            is_test_invoke: false,
            account_id: snapshot.account_id.as_str().into(),
            api_id: "".into(),
            stage: "".into(),
            deployment_id: "".into(),
            endpoint_type: None,
            is_canary_request: None,
            base_path_matched: None,
            resource_id: "".into(),
            operation_name: None,
            resource_path: "".into(),
            route_key: "".into(),
            path_parameters: Vec::new(),
            resource_request_path: "".into(),
            has_method_metrics: false,
            authorizer: AuthorizerContext::None,
            authorizer_use: None,
            api_key: None,
            error: None,
            integration: None,
            overrides: OnceCell::new(),
            cache: None,
            waf: None,
            phases: None,
            status: 0,
            request_length: request
                .fields
                .get("content-length")
                .and_then(|length| length.trim().parse().ok())
                .unwrap_or(0),
            response_length: None,
        }
    }
}

impl<'a> Trace<'a> {
    /// The client's `X-Amzn-Trace-Id` with what it lacks: a new root, a new parent, and `Sampled`,
    /// which is 1 if the client gave the parent.
    fn complete(fields: &'a Fields, seed: Seed, now: Timestamp) -> Self {
        let given = fields.get("x-amzn-trace-id");
        let member = |name: &str| Self::member(given?, name);
        let parent = member("Parent");
        let sampled = member("Sampled").unwrap_or(if parent.is_some() { "1" } else { "0" });
        Self {
            root: member("Root").map_or_else(|| ids::trace_root(seed, now).into(), Cow::Borrowed),
            sampled: sampled.into(),
            parent: parent.map_or_else(|| ids::trace_parent(seed).into(), Cow::Borrowed),
        }
    }

    /// What the client gave under this name.
    pub(crate) fn given(fields: &'a Fields, name: &str) -> Option<&'a str> {
        Self::member(fields.get("x-amzn-trace-id")?, name)
    }

    fn member(given: &'a str, name: &str) -> Option<&'a str> {
        let mut members = given.split(';').filter_map(|m| m.trim().split_once('='));
        members.find(|(n, value)| *n == name && is_plain(value)).map(|(_, value)| value)
    }

    /// As the field's value.
    pub fn to_field(&self) -> String {
        self.parts().concat()
    }

    /// As the field's value, in texts that follow one another.
    pub(crate) fn parts(&self) -> [&str; 6] {
        ["Root=", &self.root, ";Parent=", &self.parent, ";Sampled=", &self.sampled]
    }
}

/// Trace ids travel on to endpoints: nothing but ids is taken over from the client.
fn is_plain(value: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    !value.is_empty() && value.len() <= 128 && value.bytes().all(plain)
}

/// A `Host` field without its port.
fn domain_name(host: &str) -> &str {
    match host.bytes().rposition(|byte| byte == b':').map(|at| host.split_at(at)) {
        Some((name, port)) if port[1..].bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Field;

    fn trace(value: &str) -> String {
        let fields: Fields = [Field::new("X-Amzn-Trace-Id", value)].into_iter().collect();
        Trace::complete(&fields, Seed([7; 32]), Timestamp(1_700_000_000_000)).to_field()
    }

    #[test]
    fn given_members_of_a_trace_id_are_kept_and_the_others_are_made() {
        let root = "Root=1-3152b799-8954dae64eda91bc9a23a7e8";
        let given = alloc::format!("{root};Parent=7fa8c0f79203be72");
        assert_eq!(trace(&given), alloc::format!("{given};Sampled=1"));
        assert_eq!(
            trace(&alloc::format!("{given};Sampled=0;odd")),
            alloc::format!("{given};Sampled=0")
        );
        let made = trace(root);
        assert!(
            made.starts_with(&alloc::format!("{root};Parent=")) && made.ends_with(";Sampled=0")
        );
        assert!(trace("").starts_with("Root=1-6553f100-"));
        assert!(!trace("Root=a\r\nb").contains('\n'));
    }

    #[test]
    fn a_host_loses_its_port_only() {
        assert_eq!(domain_name("a.example:8080"), "a.example");
        assert_eq!(domain_name("[::1]:80"), "[::1]");
        assert_eq!(domain_name("[::1]"), "[::1]");
    }
}
