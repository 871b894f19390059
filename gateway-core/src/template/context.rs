//! `$context`.

use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

use velocity::{CallError, List, Map, Notation, Object, Value};

use super::{Inputs, Overrides};
use crate::context::{AuthorizerContext, Context, ContextValue, NAMES};
use crate::message::Timestamp;

/// `$context`, or a part of it (`$context.identity`): variables are looked up when a template asks for them. It prints
/// nothing itself (recorded from the real service).
pub(super) struct ContextObject {
    context: Rc<Context<'static>>,
    now: Timestamp,
    /// `identity.`; empty for `$context` itself.
    prefix: String,
    /// What `$context` itself has besides.
    overrides: Option<Overrides>,
}

/// The members that a template sees going through `$context` (recorded from the real service).
const MEMBERS: &[&str] = &[
    "accountId",
    "apiId",
    "authorizer",
    "deploymentId",
    "domainName",
    "domainPrefix",
    "error",
    "extendedRequestId",
    "httpMethod",
    "identity",
    "isCanaryRequest",
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

/// Members of `$context.identity` that are there and null where nothing is known of them (recorded likewise).
const IDENTITY: &[&str] = &[
    "accessKey",
    "accountId",
    "caller",
    "cognitoAuthenticationProvider",
    "cognitoAuthenticationType",
    "cognitoIdentityId",
    "cognitoIdentityPoolId",
    "principalOrgId",
    "sourceIp",
    "user",
    "userAgent",
    "userArn",
];

impl ContextObject {
    pub(super) fn new(inputs: &Inputs<'_>, overrides: &Overrides) -> Self {
        Self {
            context: Rc::new(inputs.context.clone().into_owned()),
            now: inputs.now,
            prefix: String::new(),
            overrides: Some(overrides.clone()),
        }
    }

    fn member(&self, name: &str) -> Option<Value> {
        if let Some(overrides) = &self.overrides {
            match name {
                "requestOverride" => return Some(Value::Map(overrides.request())),
                "responseOverride" => return Some(Value::Map(overrides.response())),
                "authorizer" => return authorizer(&self.context.authorizer),
                "error" if self.context.error.is_none() => return None,
                _ => {}
            }
        }
        let full = [&*self.prefix, name].concat();
        if let Some(text) = self.context.lookup(&full, self.now) {
            return Some(match text.parse() {
                // A number in the real service too.
                Ok(epoch) if full == "requestTimeEpoch" => Value::Long(epoch),
                _ => Value::from(&*text),
            });
        }
        if full.starts_with("identity.clientCert") && self.context.client_certificate().is_none() {
            return None;
        }
        let prefix = full + ".";
        NAMES.iter().any(|name| name.starts_with(&prefix)).then(|| {
            let (context, now) = (self.context.clone(), self.now);
            Value::Object(Rc::new(Self { context, now, prefix, overrides: None }))
        })
    }

    /// The names that going through it shows.
    fn names(&self) -> Vec<&'static str> {
        let known = |names: &[&'static str]| -> Vec<&'static str> {
            names.iter().copied().filter(|name| self.member(name).is_some()).collect()
        };
        match &*self.prefix {
            "" => known(MEMBERS),
            "identity." => {
                let mut names = known(&["apiKey", "apiKeyId", "clientCert", "vpcId", "vpceId"]);
                names.extend(IDENTITY);
                names.sort_unstable();
                names
            }
            prefix => {
                let names = NAMES.iter().filter_map(|name| name.strip_prefix(prefix));
                let firsts = names.map(|name| name.split('.').next().unwrap_or(name));
                let mut firsts: Vec<_> = firsts.collect();
                firsts.dedup(); // they are in order
                known(&firsts)
            }
        }
    }
}

impl Object for ContextObject {
    fn get(&self, name: &str) -> Option<Value> {
        self.member(name)
    }

    /// The methods of a map that is read.
    fn call(&self, method: &str, arguments: &[Value]) -> Result<Value, CallError> {
        let list = |items| Ok(Value::List(List::new(items, Notation::Java)));
        let value = |name: &str| self.member(name).unwrap_or_default();
        match (method, arguments) {
            ("get", [Value::String(name)]) => Ok(value(name)),
            ("containsKey", [Value::String(name)]) => {
                Ok(Value::Bool(self.names().contains(&&**name)))
            }
            ("keySet", []) => list(self.names().into_iter().map(Value::from).collect()),
            ("values", []) => list(self.names().into_iter().map(value).collect()),
            ("entrySet", []) => {
                let entries = self.names().into_iter().map(|name| {
                    let entry = Map::new();
                    entry.put("key", name);
                    entry.put("value", value(name));
                    Value::Map(entry)
                });
                list(entries.collect())
            }
            ("size", []) => Ok(Value::Integer(self.names().len() as i32)),
            ("isEmpty", []) => Ok(Value::Bool(self.names().is_empty())),
            ("toString", []) => Ok(Value::from("")),
            _ => Err(CallError::NoSuchMethod),
        }
    }

    fn items(&self) -> Option<Vec<Value>> {
        Some(self.names().into_iter().map(|name| self.member(name).unwrap_or_default()).collect())
    }
}

/// `$context.authorizer`, absent without one. Its values are texts, whatever the authorizer gave.
fn authorizer(authorizer: &AuthorizerContext) -> Option<Value> {
    let map = Map::silent();
    match authorizer {
        // What IAM knows of the caller is `$context.identity`.
        AuthorizerContext::None | AuthorizerContext::Iam(_) | AuthorizerContext::Failed(_) => {
            return None;
        }
        AuthorizerContext::Jwt { claims, .. } | AuthorizerContext::Cognito { claims } => {
            let texts = Map::silent();
            for (name, value) in claims {
                texts.put(&**name, &**value);
            }
            map.put("claims", texts);
        }
        AuthorizerContext::Lambda(lambda) => {
            if let Some(principal_id) = &lambda.principal_id {
                map.put("principalId", &**principal_id);
            }
            for (name, value) in &lambda.members {
                let (ContextValue::Text(text) | ContextValue::Json(text)) = value;
                map.put(&**name, &**text);
            }
        }
    }
    Some(Value::Map(map))
}
