//! `$context`.

use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

use velocity::{CallError, List, Map, Notation, Object, Value};

use super::{Inputs, Overrides, convert};
use crate::context::{AuthorizerContext, Context};
use crate::message::Timestamp;

/// `$context`: its variables are looked up when a template asks for them.
pub(super) struct ContextObject {
    context: Rc<Context<'static>>,
    now: Timestamp,
    overrides: Overrides,
}

/// A part of `$context` that is a map: `$context.identity`, `$context.error`.
struct Part {
    context: Rc<Context<'static>>,
    now: Timestamp,
    prefix: &'static str,
    names: &'static [&'static str],
}

/// The members that a template sees going through `$context` (recorded from the real service).
const MEMBERS: &[&str] = &[
    "accountId",
    "apiId",
    "deploymentId",
    "domainName",
    "domainPrefix",
    "extendedRequestId",
    "httpMethod",
    "identity",
    "path",
    "protocol",
    "requestId",
    "requestOverride",
    "requestTime",
    "requestTimeEpoch",
    "resourceId",
    "resourcePath",
    "responseOverride",
    "stage",
];

/// Those of `$context.identity`.
const IDENTITY: &[&str] = &[
    "accessKey",
    "accountId",
    "apiKey",
    "apiKeyId",
    "caller",
    "clientCert",
    "cognitoAuthenticationProvider",
    "cognitoAuthenticationType",
    "cognitoIdentityId",
    "cognitoIdentityPoolId",
    "principalOrgId",
    "sourceIp",
    "user",
    "userAgent",
    "userArn",
    "vpcId",
    "vpceId",
];

const ERROR: &[&str] = &["message", "messageString", "responseType", "validationErrorString"];

impl ContextObject {
    pub(super) fn new(inputs: &Inputs<'_>, overrides: &Overrides) -> Self {
        let context = Rc::new(inputs.context.clone().into_owned());
        Self { context, now: inputs.now, overrides: overrides.clone() }
    }

    fn member(&self, name: &str) -> Option<Value> {
        let part = |prefix, names| {
            let (context, now) = (self.context.clone(), self.now);
            Value::Object(Rc::new(Part { context, now, prefix, names }))
        };
        match name {
            "requestOverride" => Some(Value::Map(self.overrides.request.clone())),
            "responseOverride" => Some(Value::Map(self.overrides.response.clone())),
            "identity" => Some(part("identity", IDENTITY)),
            "error" => self.context.error.as_ref().map(|_| part("error", ERROR)),
            "authorizer" => authorizer(&self.context.authorizer),
            name => variable(&self.context, name, self.now),
        }
    }
}

impl Object for ContextObject {
    fn get(&self, name: &str) -> Option<Value> {
        self.member(name)
    }
    fn call(&self, method: &str, arguments: &[Value]) -> Result<Value, CallError> {
        let names: Vec<&str> =
            MEMBERS.iter().copied().filter(|name| self.member(name).is_some()).collect();
        read_only_map(&names, |name| self.member(name), method, arguments)
    }
    fn items(&self) -> Option<Vec<Value>> {
        Some(MEMBERS.iter().filter_map(|name| self.member(name)).collect())
    }
}

impl Part {
    fn member(&self, name: &str) -> Option<Value> {
        variable(&self.context, &alloc::format!("{}.{name}", self.prefix), self.now)
    }
}

impl Object for Part {
    fn get(&self, name: &str) -> Option<Value> {
        self.member(name)
    }
    fn call(&self, method: &str, arguments: &[Value]) -> Result<Value, CallError> {
        read_only_map(self.names, |name| self.member(name), method, arguments)
    }
    fn items(&self) -> Option<Vec<Value>> {
        Some(self.names.iter().filter_map(|name| self.member(name)).collect())
    }
}

fn variable(context: &Context, name: &str, now: Timestamp) -> Option<Value> {
    let text = context.lookup(name, now)?;
    Some(match (name, text.parse()) {
        // A number in the real service too.
        ("requestTimeEpoch", Ok(epoch)) => Value::Integer(epoch),
        _ => Value::from(&*text),
    })
}

/// `$context.authorizer`, absent without one.
fn authorizer(authorizer: &AuthorizerContext) -> Option<Value> {
    let (AuthorizerContext::Jwt { claims, .. } | AuthorizerContext::Cognito { claims }) =
        authorizer
    else {
        return None;
    };
    let map = Map::silent();
    map.put("claims", convert::string_map(claims.iter().map(|(name, value)| (name, value))));
    Some(Value::Map(map))
}

/// The methods of a map that is read.
fn read_only_map(
    names: &[&str],
    member: impl Fn(&str) -> Option<Value>,
    method: &str,
    arguments: &[Value],
) -> Result<Value, CallError> {
    let list = |items| Ok(Value::List(List::new(items, Notation::Java)));
    match (method, arguments) {
        ("get", [Value::String(name)]) => Ok(member(name).unwrap_or_default()),
        ("containsKey", [Value::String(name)]) => Ok(Value::Bool(names.contains(&&**name))),
        ("keySet", []) => list(names.iter().map(|name| Value::from(*name)).collect()),
        ("values", []) => list(names.iter().map(|name| member(name).unwrap_or_default()).collect()),
        ("entrySet", []) => {
            let entries = names.iter().map(|name| {
                let entry = Map::new();
                entry.put("key", *name);
                entry.put("value", member(name).unwrap_or_default());
                Value::Map(entry)
            });
            list(entries.collect())
        }
        ("size", []) => Ok(Value::Integer(names.len() as i64)),
        ("isEmpty", []) => Ok(Value::Bool(names.is_empty())),
        ("toString", []) => Ok(Value::from(String::new())),
        _ => Err(CallError::NoSuchMethod),
    }
}
