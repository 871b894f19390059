//! The command line.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use clap::{Args, Parser, Subcommand, ValueEnum};
use serde_json::Value;

/// Tokens for the Products API on your own machine. For development only.
#[derive(Debug, Parser)]
#[command(name = "products-issuer", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Publish the public key: OpenID discovery and JWKS, at the root and for each user pool
    Serve(ServeArguments),
    /// Print a token that the Products API accepts
    #[command(
        after_help = "Example:\n  curl -H \"Authorization: Bearer $(products-issuer token --for http)\" http://…"
    )]
    Token(TokenArguments),
}

#[derive(Debug, Args)]
pub(crate) struct ServeArguments {
    /// Address to listen on; it must be a loopback address
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9902", value_parser = loopback)]
    pub(crate) listen: SocketAddr,
    /// The issuer named by discovery at the root [default: http://ADDRESS]
    #[arg(long, value_name = "URL")]
    pub(crate) issuer: Option<String>,
    #[command(flatten)]
    pub(crate) key: KeyArguments,
}

#[derive(Debug, Args)]
pub(crate) struct TokenArguments {
    /// The API that the token is for: `rest` makes a Cognito token, `http` an OpenID provider's
    #[arg(long = "for", value_enum, value_name = "API")]
    pub(crate) api: Api,
    /// Subject: the user that the token speaks for
    #[arg(long, value_name = "NAME", default_value = "alice")]
    pub(crate) sub: String,
    /// A scope; may be repeated [default with --for http: products/read and orders/write]
    #[arg(long = "scope", value_name = "SCOPE", value_delimiter = ' ')]
    pub(crate) scopes: Vec<String>,
    /// Audience: the client that the token was issued to
    #[arg(long, value_name = "CLIENT", default_value = "products")]
    pub(crate) audience: String,
    /// With --for http: the issuer, as the authorizer of the definition names it
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9902")]
    pub(crate) issuer: String,
    /// With --for rest: the user pool
    #[arg(long, value_name = "ID", default_value = "us-east-1_Products", value_parser = user_pool)]
    pub(crate) pool: String,
    /// With --for rest: which of Cognito's two tokens
    #[arg(long, value_enum, value_name = "USE", default_value = "id")]
    pub(crate) token_use: TokenUse,
    /// Seconds until it expires; negative for one that has expired already
    #[arg(long, value_name = "SECONDS", default_value_t = 3600, allow_negative_numbers = true)]
    pub(crate) expires_in: i64,
    /// Another claim, NAME=VALUE; the value is JSON or else a text. May be repeated and replaces
    #[arg(long = "claim", value_name = "NAME=VALUE", value_parser = claim)]
    pub(crate) claims: Vec<(String, Value)>,
    #[command(flatten)]
    pub(crate) key: KeyArguments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Api {
    Rest,
    Http,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TokenUse {
    Id,
    Access,
}

#[derive(Debug, Args)]
pub(crate) struct KeyArguments {
    /// File of the signing key, made at the first use [default: target/edgeway/issuer-key.json]
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

impl KeyArguments {
    /// The file of the signing key. `serve` and `token` must agree on it from whatever directory
    /// they are started, so the default is in the target directory that the program stands in.
    pub(crate) fn path(&self) -> PathBuf {
        let default = || {
            let program = std::env::current_exe().unwrap_or_default();
            let target = program.ancestors().find(|folder| folder.ends_with("target"));
            target.unwrap_or(Path::new("target")).join("edgeway").join("issuer-key.json")
        };
        self.key.clone().unwrap_or_else(default)
    }
}

fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr =
        text.parse().map_err(|_| "expected an address such as 127.0.0.1:9902".to_owned())?;
    if address.ip().is_loopback() {
        Ok(address)
    } else {
        Err("this issuer is for development: it listens on loopback addresses only".to_owned())
    }
}

/// `us-east-1_Products`: the region, and a name of letters and digits.
fn user_pool(text: &str) -> Result<String, String> {
    if is_user_pool(text) {
        Ok(text.to_owned())
    } else {
        Err("expected a user pool id such as us-east-1_Products".to_owned())
    }
}

/// Whether this is the id of a user pool.
pub(crate) fn is_user_pool(text: &str) -> bool {
    text.len() <= 55 // Cognito's UserPoolIdType
        && text.split_once('_').is_some_and(|(region, name)| {
            !region.is_empty()
                && !name.is_empty()
                && region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

fn claim(text: &str) -> Result<(String, Value), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => {
            let value =
                serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
            Ok((name.to_owned(), value))
        }
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, String> {
        Arguments::try_parse_from(line.split('|')).map_err(|problem| problem.to_string())
    }

    #[test]
    fn the_command_line_is_consistent() {
        <Arguments as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn it_listens_on_loopback_only() {
        assert!(parse("issuer|serve|--listen|127.0.0.1:0").is_ok());
        assert!(parse("issuer|serve|--listen|[::1]:9902").is_ok());
        assert!(
            parse("issuer|serve|--listen|0.0.0.0:9902")
                .is_err_and(|text| text.contains("loopback addresses only"))
        );
        assert!(parse("issuer|serve|--listen|localhost").is_err());
    }

    #[test]
    fn a_token_is_asked_for_in_one_line() {
        let line = "issuer|token|--for|rest|--scope|a b|--scope|c|--claim|cognito:groups=[\"admin\"]|--claim|n=x|--expires-in|-60";
        let Ok(Arguments { command: Command::Token(token) }) = parse(line) else {
            panic!("it parses")
        };
        assert_eq!(token.scopes, ["a", "b", "c"]);
        assert_eq!(token.claims[0], ("cognito:groups".to_owned(), serde_json::json!(["admin"])));
        assert_eq!(token.claims[1], ("n".to_owned(), serde_json::json!("x")));
        assert_eq!((token.sub.as_str(), token.expires_in), ("alice", -60));
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(parse("issuer|token").is_err_and(|text| text.contains("--for")));
        assert!(parse("issuer|token|--for|rest|--pool|../x_y").is_err());
        assert!(parse("issuer|token|--for|rest|--claim|=1").is_err());
    }
}
