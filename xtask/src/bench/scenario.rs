//! What servers are asked, and what edgeway does for it.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::servers::Server;

/// A load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scenario {
    /// A route to an endpoint, and an access log.
    Plain,
    /// The same with all that guards it: a token of a user pool, which is known after the first time, an API key with a
    /// plan and a quota, and four buckets: the account's, the method's, and the key's two.
    Guarded,
    /// API keys alone, few and many of them, one after the other: what a request costs by how many there are.
    Keys,
}

/// API keys of [`Scenario::Keys`]: few, and many.
pub(crate) const KEYS: [usize; 2] = [10, 100_000];

/// A request as a browser behind a content delivery network sends it; with `Host` that makes 15 fields.
const FIELDS: [(&str, &str); 14] = [
    ("Accept", "application/json, text/plain, */*"),
    ("Accept-Language", "en-GB,en;q=0.9,de;q=0.7"),
    ("Authorization", "Basic YWxpY2U6b3BlbiBzZXNhbWU="),
    ("Cache-Control", "no-cache"),
    ("Cookie", "session=5f2b8a1c9d3e4f60718293a4b5c6d7e8; theme=dark; consent=1"),
    ("Origin", "https://shop.example.com"),
    ("Referer", "https://shop.example.com/products?page=2"),
    ("Sec-Fetch-Dest", "empty"),
    ("Sec-Fetch-Mode", "cors"),
    ("Sec-Fetch-Site", "same-site"),
    (
        "User-Agent",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
    ),
    ("X-Forwarded-For", "203.0.113.7"),
    ("X-Forwarded-Proto", "https"),
    ("X-Request-Id", "01890f5e-7b2c-7a10-9a35-2f1f0e4c8d11"),
];

/// Good until the year 2100. Nobody has the key that it was signed by any more.
const TOKEN: &str = include_str!("guarded/token.txt");
/// Its counterpart.
pub(super) const JWKS: &str = include_str!("guarded/jwks.json");
/// Where the backend has that, for a user pool of this id.
pub(super) const JWKS_PATH: &str = "/us-east-1_Bench/.well-known/jwks.json";
const API_KEY: &str = "0123456789abcdefghijkl";
/// The first of many; the load generator counts on from it.
pub(super) const FIRST_KEY: &str = "00000000000000000000";

impl Scenario {
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "plain" => Some(Self::Plain),
            "guarded" => Some(Self::Guarded),
            "keys" => Some(Self::Keys),
            _ => None,
        }
    }

    /// What every server is sent besides `Host`. Of many keys this is the first.
    pub(crate) fn fields(self) -> Vec<(&'static str, &'static str)> {
        let mut fields = FIELDS.to_vec();
        match self {
            Self::Plain => {}
            Self::Guarded => {
                fields.retain(|(name, _)| *name != "Authorization");
                fields.extend([("Authorization", TOKEN.trim()), ("X-Api-Key", API_KEY)]);
            }
            Self::Keys => fields.push(("X-Api-Key", FIRST_KEY)),
        }
        fields
    }

    /// Guards the definition's method and what is configured for it.
    pub(super) fn guard(
        self,
        keys: usize,
        definition: &mut Value,
        config: &mut Value,
        backend: u16,
    ) {
        match self {
            Self::Plain => {}
            Self::Guarded => guard_by_token_and_key(definition, config, backend),
            Self::Keys => guard_by_keys(keys, definition, config),
        }
    }

    /// Whether edgeway refuses what it should: a guard that lets everybody in would be a fast one.
    pub(crate) fn check_refusals(self, server: &Server) -> Result<()> {
        let another_key = ("X-Api-Key", "another-key-of-somebody".to_owned(), 403);
        let refused = match self {
            Self::Plain => Vec::new(),
            Self::Keys => vec![another_key],
            Self::Guarded => {
                let (signed, signature) =
                    TOKEN.trim().rsplit_once('.').context("a token has three parts")?;
                let another_token = format!("{signed}.A{}", &signature[1..]);
                vec![("Authorization", another_token, 401), another_key]
            }
        };
        for (name, value, status) in &refused {
            let mut fields = self.fields();
            fields.iter_mut().filter(|field| field.0 == *name).for_each(|field| field.1 = value);
            let answer = server.ask(&fields)?;
            if !answer.starts_with(&format!("HTTP/1.1 {status} ")) {
                bail!("{} does not refuse a wrong {name}: {answer}", server.name);
            }
        }
        Ok(())
    }
}

fn guard_by_token_and_key(definition: &mut Value, config: &mut Value, backend: u16) {
    let authorizer = json!({
        "type": "cognito_user_pools",
        "providerARNs": ["arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_Bench"],
    });
    definition["components"]["securitySchemes"] = json!({
        "pool": {
            "type": "apiKey", "name": "Authorization", "in": "header",
            "x-amazon-apigateway-authtype": "cognito_user_pools",
            "x-amazon-apigateway-authorizer": authorizer,
        },
        "key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
    });
    definition["paths"]["/items/{id}"]["get"]["security"] = json!([{"pool": [], "key": []}]);
    let limit = json!({"rateLimit": 10_000_000, "burstLimit": 10_000_000});
    config["endpoints"] = json!({"cognito-idp": format!("http://127.0.0.1:{backend}")});
    config["apis"][0]["stages"][0]["methodSettings"] = json!({
        "*/*": {"throttlingRateLimit": 10_000_000, "throttlingBurstLimit": 10_000_000},
    });
    config["apiKeys"] = json!([{"name": "app", "value": API_KEY}]);
    config["usagePlans"] = json!([{
        "name": "all",
        "apiStages": [{"apiId": "items", "stage": "prod", "throttle": {"/items/{id}/GET": limit}}],
        "throttle": limit,
        "quota": {"limit": 2_000_000_000, "period": "MONTH"},
        "keys": ["app"],
    }]);
}

/// Buckets and counts of all keys stay: none is full again before its key comes again.
fn guard_by_keys(keys: usize, definition: &mut Value, config: &mut Value) {
    definition["components"]["securitySchemes"] =
        json!({"key": {"type": "apiKey", "name": "x-api-key", "in": "header"}});
    definition["paths"]["/items/{id}"]["get"]["security"] = json!([{"key": []}]);
    let limit = json!({"rateLimit": 0.001, "burstLimit": 10_000_000});
    // Short ones: a configuration has 6 MB at most.
    let ids: Vec<String> = (0..keys).map(|key| format!("k{key}")).collect();
    let values = (0..keys).map(|key| format!("{key:020}"));
    config["apiKeys"] =
        ids.iter().zip(values).map(|(id, value)| json!({"id": id, "value": value})).collect();
    config["usagePlans"] = json!([{
        "name": "all",
        "apiStages": [{"apiId": "items", "stage": "prod", "throttle": {"/items/{id}/GET": limit}}],
        "throttle": limit,
        "quota": {"limit": 2_000_000_000, "period": "MONTH"},
        "apiKeyIds": ids,
    }]);
}
