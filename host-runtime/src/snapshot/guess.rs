//! What a definition alone tells of where it was deployed.

mod protocol;

use gateway_core::definition::Protocol;
use gateway_core::definition::document::{At, Node, Value};
use gateway_core::definition::openapi::{BasePathMode, exported_from};

pub(super) use self::protocol::Guess;
pub use self::protocol::guess_protocol;

/// The stage that a definition was exported from, so that its clients' paths stay what they are;
/// `prod` or `$default` where it does not say.
pub(super) fn stage_name(document: &Node, protocol: Protocol, basepath: BasePathMode) -> String {
    let exported = urls(document).into_iter().find_map(|url| stage_of(&url, basepath));
    exported.filter(|name| !name.is_empty()).unwrap_or_else(|| match protocol {
        Protocol::Http => "$default".into(),
        Protocol::Rest => "prod".into(),
    })
}

/// What the ARNs of an API's methods begin with, which its resource policy speaks of.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Deployed {
    pub(super) api_id: Option<String>,
    pub(super) region: Option<String>,
    pub(super) account_id: Option<String>,
}

/// Where a definition was exported from: its own host name says which API of which region, and the
/// resource policy which account.
pub(super) fn deployed(document: &Node) -> Deployed {
    let root = At::root(document);
    let (api_id, region) =
        exported_from(&root).map(|(id, region)| (id.to_owned(), region.to_owned())).unzip();
    let account_id = account_id(&root).or_else(|| only_account(document));
    Deployed { api_id, region, account_id }
}

/// The account in the first ARN of the resource policy that names one.
fn account_id(root: &At<'_>) -> Option<String> {
    let statements = root.get("x-amazon-apigateway-policy")?.get("Statement")?;
    let resources = statements.items().filter_map(|statement| statement.get("Resource"));
    let arns = resources.flat_map(|resource| match resource.as_str() {
        Some(arn) => vec![arn.to_owned()],
        None => resource.items().filter_map(|at| at.as_str().map(str::to_owned)).collect(),
    });
    let account = |arn: String| {
        let account_id = arn.strip_prefix("arn:aws:execute-api:")?.split(':').nth(1)?.to_owned();
        let is_one = account_id.len() == 12 && account_id.bytes().all(|b| b.is_ascii_digit());
        is_one.then_some(account_id)
    };
    arns.into_iter().find_map(account)
}

/// The account that every ARN of the document names that names one: of functions, roles, pools.
fn only_account(document: &Node) -> Option<String> {
    let mut found = None;
    let mut waiting = vec![document];
    while let Some(node) = waiting.pop() {
        match &node.value {
            Value::Array(items) => waiting.extend(items),
            Value::Object(members) => waiting.extend(members.iter().map(|(_, node)| node)),
            Value::String(text) => {
                for account_id in text.split("arn:aws").skip(1).filter_map(account_of_arn) {
                    if found.is_some_and(|found| found != account_id) {
                        return None;
                    }
                    found = Some(account_id);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    found.map(str::to_owned)
}

/// Of what follows `arn:aws`: `:lambda:eu-west-1:123456789012:function:f`.
fn account_of_arn(rest: &str) -> Option<&str> {
    let account_id = rest.split(':').nth(3)?;
    let is_one = account_id.len() == 12 && account_id.bytes().all(|b| b.is_ascii_digit());
    is_one.then_some(account_id)
}

/// Where the definition says that it is served.
fn urls(document: &Node) -> Vec<String> {
    let root = At::root(document);
    let servers = root.get("servers");
    let servers = servers.iter().flat_map(At::items).filter_map(|server| server_url(&server));
    servers.chain(swagger_url(&root)).collect()
}

/// OpenAPI 3.0: the URL, with the default of the one variable that AWS writes.
fn server_url(server: &At<'_>) -> Option<String> {
    let url = server.get("url")?.as_str()?.to_owned();
    let variable = server.get("variables").and_then(|variables| variables.get("basePath"));
    let base_path = variable.and_then(|variable| variable.get("default"));
    let base_path = base_path.as_ref().and_then(At::as_text).unwrap_or_default();
    Some(url.replace("{basePath}", base_path.trim_start_matches('/')))
}

/// Swagger 2.0: `host` and `basePath`.
fn swagger_url(root: &At<'_>) -> Option<String> {
    let text = |name| root.get(name).and_then(|at| at.as_str().map(str::to_owned));
    let base_path = text("basePath").unwrap_or_default();
    Some(format!("https://{}/{}", text("host")?, base_path.trim_start_matches('/')))
}

/// The stage in an API's own URL. Under other hosts the path is a custom domain's base path.
/// Where it is part of resources' paths, only what was split off can be a stage.
fn stage_of(url: &str, basepath: BasePathMode) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let path = match basepath {
        BasePathMode::Ignore => path.trim_end_matches('/'),
        BasePathMode::Prepend => "",
        BasePathMode::Split => path.split('/').next().unwrap_or_default(),
    };
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    (host.contains(".execute-api.") && path.len() <= 128 && path.bytes().all(plain))
        .then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guessed(text: &str, protocol: Protocol) -> String {
        stage_name(&crate::document::read(text).unwrap(), protocol, BasePathMode::Ignore)
    }

    #[test]
    fn the_stage_is_the_one_that_was_exported() {
        let openapi = |base_path: &str| {
            format!(
                "servers: [{{url: 'https://a.execute-api.eu-west-1.amazonaws.com/{{basePath}}', variables: {{basePath: {{default: {base_path}}}}}}}]"
            )
        };
        assert_eq!(guessed(&openapi("dev"), Protocol::Rest), "dev");
        assert_eq!(guessed(&openapi("/dev"), Protocol::Rest), "dev");
        assert_eq!(guessed(&openapi("''"), Protocol::Http), "$default");
        let swagger = "host: a.execute-api.eu-west-1.amazonaws.com\nbasePath: /v1\n";
        assert_eq!(guessed(swagger, Protocol::Rest), "v1");
    }

    #[test]
    fn an_api_keeps_the_names_that_its_resource_policy_has_for_it() {
        let text = "
servers: [{url: 'https://d1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod'}]
x-amazon-apigateway-policy:
  Statement:
    - {Effect: Allow, Resource: 'execute-api:/*'}
    - {Effect: Deny, Resource: ['arn:aws:execute-api:eu-west-1:123456789012:d1b2c3d4e5/*']}
";
        let found = deployed(&crate::document::read(text).unwrap());
        assert_eq!(found.api_id.as_deref(), Some("d1b2c3d4e5"));
        assert_eq!(found.region.as_deref(), Some("eu-west-1"));
        assert_eq!(found.account_id.as_deref(), Some("123456789012"));
        let other = "servers: [{url: 'https://api.example.com/v1'}]";
        assert_eq!(deployed(&crate::document::read(other).unwrap()), Deployed::default());
    }

    #[test]
    fn an_account_is_the_one_that_all_arns_name() {
        let account = |text: &str| deployed(&crate::document::read(text).unwrap()).account_id;
        let uri = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:f/invocations";
        let role = |account_id: &str| format!("arn:aws:iam::{account_id}:role/r");
        let document = |role: &str| format!("a: {{uri: '{uri}', credentials: '{role}'}}");
        assert_eq!(account(&document(&role("123456789012"))).as_deref(), Some("123456789012"));
        assert_eq!(account(&document(&role("210987654321"))), None, "two accounts");
        assert_eq!(account(&document(&role("*"))).as_deref(), Some("123456789012"));
        assert_eq!(account("a: arn:aws:s3:::bucket"), None);
    }

    #[test]
    fn a_base_path_of_resources_is_no_stage() {
        let text = "host: a.execute-api.eu-west-1.amazonaws.com\nbasePath: /dev/a\n";
        let document = crate::document::read(text).unwrap();
        let guessed = |mode| stage_name(&document, Protocol::Rest, mode);
        assert_eq!(guessed(BasePathMode::Prepend), "prod");
        assert_eq!(guessed(BasePathMode::Split), "dev");
    }

    #[test]
    fn what_names_no_stage_leaves_the_usual_one() {
        for text in [
            "openapi: 3.0.1",
            "servers: [{url: /}]",
            "servers: [{url: 'https://api.example.com/v1'}]",
            "servers: [{url: 'https://a.execute-api.eu-west-1.amazonaws.com/a/b'}]",
            "basePath: /v1",
        ] {
            assert_eq!(guessed(text, Protocol::Rest), "prod", "{text}");
            assert_eq!(guessed(text, Protocol::Http), "$default", "{text}");
        }
    }
}
