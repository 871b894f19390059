//! `edgeway explain`: one request, and why it is answered so.

mod curl;
mod form;
mod har;
mod listener;
mod notes;
mod recorded;
mod unsent;

use std::io::Read;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use gateway_core::limits::PAYLOAD_BYTES_MAX;
use serde_json::json;

use curl::CurlArguments;

use super::serve::start_log;
use super::{Import, LISTEN_DEFAULT, count_warnings, print_refused};
use crate::alone::{self, Answered, Asked, Client};
use crate::config::Config;
use crate::explained::{self, Explained};
use crate::settings::Settings;
use crate::snapshot::Origin;

/// Which request, and to what.
#[derive(Debug, Args)]
#[command(override_usage = "\
edgeway explain [OPTIONS] <OPENAPI> <URL>
       edgeway explain [OPTIONS] --config <FILE> <URL>")]
pub(super) struct ExplainArguments {
    #[command(flatten)]
    served: Served,
    /// An OpenAPI definition, unless `--config` is given; and the URL or its path: `/prod/orders?page=2`
    #[arg(value_names = ["OPENAPI", "URL"], num_args = 0..=2)]
    positional: Vec<String>,
    #[command(flatten)]
    request: CurlArguments,
    #[command(flatten)]
    client: ClientArguments,
    /// An HTTP archive that the request is taken from
    #[arg(long, value_name = "FILE", conflicts_with = "request")]
    har: Option<PathBuf>,
    /// Which entry of the archive, from 0
    #[arg(long, value_name = "N", default_value_t = 0, requires = "har")]
    entry: usize,
    /// For people, or for tools
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// Who asks.
#[derive(Debug, Args)]
struct ClientArguments {
    /// The client's address
    #[arg(long, value_name = "ADDRESS", default_value_t = Client::default().ip)]
    source_ip: IpAddr,
    /// The client's country, whatever `geoDatabases` say of its address
    #[arg(long, value_name = "CODE", value_parser = country)]
    country: Option<String>,
    /// The number of the client's autonomous system, whatever `geoDatabases` say of its address
    #[arg(long, value_name = "NUMBER")]
    asn: Option<u32>,
}

/// Two letters (ISO 3166-1).
fn country(code: &str) -> Result<String, String> {
    let is_code = code.len() == 2 && code.bytes().all(|b| b.is_ascii_alphabetic());
    is_code.then(|| code.to_ascii_uppercase()).ok_or_else(|| "two letters: `DE`".into())
}

/// The `User-Agent` where nobody says which: some rules of web ACLs are about requests without one.
const AGENT: &str = concat!("edgeway/", env!("CARGO_PKG_VERSION"));

/// What answers it, unless that is said by position.
#[derive(Debug, Args)]
pub(super) struct Served {
    #[command(flatten)]
    what: What,
    #[command(flatten)]
    import: Import,
}

#[derive(Debug, Args)]
#[group(multiple = false, id = "served")]
struct What {
    /// An OpenAPI definition, by name
    #[arg(long, value_name = "OPENAPI")]
    definition: Option<PathBuf>,
    /// A configuration (edgeway.yaml), YAML or JSON
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Served {
    /// From the options, or from the definition that stands before `rest`, which is what else there may be
    /// by position.
    pub(super) fn origin<'p>(
        &self,
        positional: &'p [String],
        rest: &str,
    ) -> Result<(Origin, &'p [String]), String> {
        let What { definition, config } = &self.what;
        let (by_position, left) = match (definition.is_some() || config.is_some(), positional) {
            (true, left) => (None, left),
            (false, [first, left @ ..]) if left.len() == usize::from(!rest.is_empty()) => {
                (Some(Path::new(first)), left)
            }
            (false, [only]) if names_file(only) => {
                return Err(format!("say what is asked of `{only}`: {rest}, or its path"));
            }
            (false, _) => {
                let what = format!("OPENAPI {rest}");
                return Err(format!("say what answers: `{}`, or `--config FILE`", what.trim_end()));
            }
        };
        let definition = by_position.or(definition.as_deref());
        Ok((self.import.origin(definition, config.as_deref(), LISTEN_DEFAULT), left))
    }
}

/// Whether a text is the name of a definition, not what is asked for.
fn names_file(text: &str) -> bool {
    let endings = [".yaml", ".yml", ".json"];
    !text.contains("://")
        && (endings.iter().any(|e| text.ends_with(e)) || Path::new(text).is_file())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

impl ExplainArguments {
    /// The option that says what is asked for, and what says so by position.
    fn asked_twice(&self) -> Option<(&'static str, &str)> {
        let by = match (&self.har, &self.request.url) {
            (Some(_), _) => "--har",
            (None, Some(_)) => "--url",
            (None, None) => return None,
        };
        let What { definition, config } = &self.served.what;
        let by_name = definition.is_some() || config.is_some();
        let more = self.positional.get(usize::from(!by_name))?.as_str();
        Some((by, more))
    }

    /// Whether a `User-Agent` is sent of which nobody says anything. An archive's request has its own fields.
    fn has_default_agent(&self) -> bool {
        self.har.is_none() && self.request.has_default_agent()
    }
}

/// Answers the request and prints why.
pub(super) fn explain(arguments: &ExplainArguments) -> ExitCode {
    start_log(); // what functions say is a part of why
    let (origin, asked) = match asked(arguments) {
        Ok(asked) => asked,
        Err(reason) => return failed(&reason),
    };
    let built = match origin.build() {
        Ok(built) => built,
        Err(refused) => return print_refused(&refused),
    };
    count_warnings(&built.warnings);
    let settings = Settings::new(&built.config, None);
    let mut asked = recorded::to_the_only_api(asked, &built.snapshot);
    asked.connection.vpc_endpoint_id = listener::private_endpoint(&built.config, &asked.connection);
    let answered = match alone::answer(&built.snapshot, settings, &asked) {
        Ok(answered) => answered,
        Err(error) => return failed(&error.to_string()),
    };
    match arguments.format {
        Format::Text => {
            let has_default_agent = arguments.has_default_agent();
            let text = text(&built.config, &answered.explained, has_default_agent);
            show!("{}", text.trim_end());
        }
        Format::Json => show!("{:#}", to_json(&built.config, &answered)),
    }
    ExitCode::SUCCESS
}

/// The account, and what is to be noted of it.
fn text(config: &Config, explained: &Explained, has_default_agent: bool) -> String {
    let mut text = explained::text(config, explained);
    for note in notes::of(explained, has_default_agent) {
        text.push_str(&format!("\nnote: {note}\n"));
    }
    text
}

pub(super) fn failed(reason: &str) -> ExitCode {
    tell!("error: {reason}");
    ExitCode::FAILURE
}

fn to_json(config: &Config, answered: &Answered) -> serde_json::Value {
    let mut shown = answered.explained.to_json(config);
    shown["headers"] = json!(answered.fields);
    shown["body"] = String::from_utf8_lossy(&answered.content).into();
    shown
}

/// What answers, and the request that the arguments describe.
fn asked(arguments: &ExplainArguments) -> Result<(Origin, Asked), String> {
    let by_name = arguments.har.is_some() || arguments.request.url.is_some();
    let rest = if by_name { "" } else { "URL" };
    if let Some((by, more)) = arguments.asked_twice() {
        return Err(format!("{by} says what is asked for: `{more}` is one request too many"));
    }
    let (origin, left) = arguments.served.origin(&arguments.positional, rest)?;
    let url = match (left, &arguments.request.url) {
        ([url], None) if !by_name => url,
        ([], Some(url)) => url,
        ([], None) if by_name => "",
        ([], None) => return Err("say what is asked for: a URL, or its path".into()),
        ([more, ..], _) => return Err(format!("`{more}`: there is one request")),
    };
    let asked = match &arguments.har {
        Some(file) => har::asked(file, arguments.entry),
        None => arguments.request.asked(url),
    };
    let mut asked = asked?;
    let ClientArguments { source_ip: ip, country, asn } = &arguments.client;
    asked.client = Client { ip: *ip, country: country.clone(), asn: *asn };
    if arguments.has_default_agent() {
        asked.fields.push(("User-Agent".into(), AGENT.into()));
    }
    Ok((origin, asked))
}

/// What a file or pipe holds, if that is no more than a request may.
pub(super) fn read(from: impl Read, name: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut bounded = from.take(u64::from(PAYLOAD_BYTES_MAX) * 2 + 1);
    bounded.read_to_end(&mut bytes).map_err(|error| format!("{name}: {error}"))?;
    match bytes.len() > PAYLOAD_BYTES_MAX as usize * 2 {
        true => Err(format!("{name}: more than 20 MB")),
        false => Ok(bytes),
    }
}

#[cfg(test)]
mod tests;
