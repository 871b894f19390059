//! `$context.NAME` by its name.

use alloc::borrow::Cow;

use super::{Context, Variable};
use crate::message::Timestamp;

impl Context<'_> {
    /// The value of a variable named without `$context.` (`identity.sourceIp`), if there is one of
    /// that name and its value is known. `now` is what latencies are counted to.
    ///
    /// `error.messageString` has its quotes already.
    pub fn lookup(&self, name: &str, now: Timestamp) -> Option<Cow<'_, str>> {
        Variable::parse(name)?.value(self, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::{AuthorizerContext, ErrorContext, IntegrationContext, example};
    use crate::gateway_error::ResponseType;
    use alloc::{boxed::Box, vec};

    #[test]
    fn what_is_known_is_found_by_its_name() {
        let mut context = example();
        context.error = Some(Box::new(ErrorContext {
            response_type: ResponseType::Default4xx,
            message: Some("a \"b\"".into()),
            validation_error: None,
            reason: "not shown".into(),
        }));
        context.integration =
            Some(IntegrationContext { latency_ms: 7, status: Some(201), ..Default::default() });
        let claims = vec![("cognito:groups".into(), "[a b]".into())];
        context.authorizer =
            AuthorizerContext::Jwt { claims, scopes: Some(vec!["r".into(), "w".into()]) };
        let now = Timestamp(context.request_time.0 + 12);
        for (name, value) in [
            ("accountId", Some("123456789012")),
            ("requestTime", Some("12/Mar/2020:19:03:58 +0000")),
            ("requestTimeEpoch", Some("1584039838390")),
            ("responseLatency", Some("12")),
            ("integrationLatency", Some("7")),
            ("integration.status", Some("201")),
            ("integration.integrationStatus", None),
            ("error.message", Some("a \"b\"")),
            ("error.messageString", Some("\"a \\\"b\\\"\"")),
            ("error.responseType", Some("DEFAULT_4XX")),
            ("authorizer.claims.cognito:groups", Some("[a b]")),
            ("authorizer.claims.sub", None),
            ("authorizer.scopes", Some("[r w]")),
            ("status", None),
            ("identity.userArn", None),
            ("nonsense", None),
        ] {
            assert_eq!(context.lookup(name, now).as_deref(), value, "{name}");
        }
    }
}
