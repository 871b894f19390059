//! What is asked of a policy.

use alloc::borrow::Cow;
use core::net::IpAddr;

use super::Principal;
use crate::message::Timestamp;
use crate::time;

/// An action on a resource, and what condition keys say of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AccessRequest<'a> {
    /// `execute-api:Invoke`
    pub(crate) action: &'a str,
    /// The ARN of the method, with the path that was asked for.
    pub(crate) resource: &'a str,
    pub(crate) principal: Principal<'a>,
    pub(crate) now: Timestamp,
    pub(crate) source_ip: &'a str,
    pub(crate) is_secure: bool,
    pub(crate) user_agent: Option<&'a str>,
    pub(crate) referer: Option<&'a str>,
    /// The VPC, and the endpoint in it, that a private API is reached by.
    pub(crate) vpc: Option<&'a str>,
    pub(crate) vpc_endpoint: Option<&'a str>,
}

/// The value of a condition key.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value<'a> {
    Text(Cow<'a, str>),
    Time(Timestamp),
    Boolean(bool),
}

/// The keys that have a value here, in lower case ("AWS condition keys that can be used in API
/// Gateway resource policies").
const KEYS: [&str; 19] = [
    "aws:currenttime",
    "aws:epochtime",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principaltype",
    "aws:referer",
    "aws:requestedregion",
    "aws:securetransport",
    "aws:sourceip",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:useragent",
    "aws:userid",
    "aws:username",
    "aws:vpcsourceip",
    "cognito-identity.amazonaws.com:amr",
    "cognito-identity.amazonaws.com:aud",
    "cognito-identity.amazonaws.com:sub",
];

/// Whether a key (in lower case) may have a value here. To a policy, any other is one that the
/// request does not have.
pub(super) fn is_condition_key(key: &str) -> bool {
    KEYS.contains(&key)
}

impl<'a> AccessRequest<'a> {
    /// The value of a key in lower case; `None` where the request has none.
    pub(super) fn value(&self, key: &str) -> Option<Value<'a>> {
        let text = |text: &'a str| Value::Text(text.into());
        let identity = match self.principal {
            Principal::Anonymous => None,
            Principal::Iam(identity) => Some(identity),
        };
        let cognito = || identity?.cognito.as_ref();
        // Within a VPC the address is one of its own: AWS then has it under the other key alone.
        let is_public = self.vpc.is_none() && self.vpc_endpoint.is_none();
        Some(match key {
            "aws:currenttime" | "aws:epochtime" => Value::Time(self.now),
            "aws:principalaccount" => text(identity?.account_id()),
            "aws:principalarn" => Value::Text(identity?.principal_arn()),
            "aws:principalorgid" => text(identity?.organization_id.as_deref()?),
            "aws:principaltype" => text(identity.map_or("Anonymous", |i| i.principal_type())),
            "aws:referer" => text(self.referer?),
            // An API is called where it stands.
            "aws:requestedregion" => text(self.resource.split(':').nth(3)?),
            "aws:securetransport" => Value::Boolean(self.is_secure),
            "aws:sourceip" if is_public => text(self.source_ip),
            "aws:sourcevpc" => text(self.vpc?),
            "aws:sourcevpce" => text(self.vpc_endpoint?),
            "aws:useragent" => text(self.user_agent?),
            "aws:userid" => text(&identity?.user_id),
            "aws:username" => text(identity?.username()?),
            "aws:vpcsourceip" if !is_public => text(self.source_ip),
            // The one of its values that is no provider.
            "cognito-identity.amazonaws.com:amr" => text(&cognito()?.authentication_type),
            "cognito-identity.amazonaws.com:aud" => text(&cognito()?.identity_pool_id),
            "cognito-identity.amazonaws.com:sub" => text(&cognito()?.identity_id),
            _ => return None,
        })
    }
}

impl Value<'_> {
    pub(super) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Time(at) => time::iso8601_seconds(*at).into(),
            Self::Boolean(true) => "true".into(),
            Self::Boolean(false) => "false".into(),
        }
    }

    pub(super) fn time(&self) -> Option<Timestamp> {
        match self {
            Self::Time(at) => Some(*at),
            Self::Text(text) => time::from_iso8601(text),
            Self::Boolean(_) => None,
        }
    }

    /// Of a point in time: seconds since 1970.
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Time(at) => Some((at.0 / 1000) as f64),
            Self::Text(text) => text.parse().ok(),
            Self::Boolean(_) => None,
        }
    }

    pub(super) fn ip(&self) -> Option<IpAddr> {
        if let Self::Text(text) = self { text.parse().ok() } else { None }
    }
}
